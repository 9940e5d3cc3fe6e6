//! EVM code as text, for the other side of a call.

use std::collections::HashMap;

const OPCODES: &[(&str, u8)] = &[
    ("STOP", 0x00),
    ("ADD", 0x01),
    ("SUB", 0x03),
    ("ISZERO", 0x15),
    ("CLZ", 0x1e),
    ("ADDRESS", 0x30),
    ("BALANCE", 0x31),
    ("CALLER", 0x33),
    ("CALLVALUE", 0x34),
    ("CALLDATALOAD", 0x35),
    ("CALLDATASIZE", 0x36),
    ("CALLDATACOPY", 0x37),
    ("RETURNDATASIZE", 0x3d),
    ("RETURNDATACOPY", 0x3e),
    ("POP", 0x50),
    ("MSTORE", 0x52),
    ("SLOAD", 0x54),
    ("SSTORE", 0x55),
    ("JUMP", 0x56),
    ("JUMPI", 0x57),
    ("GAS", 0x5a),
    ("JUMPDEST", 0x5b),
    ("TLOAD", 0x5c),
    ("TSTORE", 0x5d),
    ("DUP1", 0x80),
    ("SWAP1", 0x90),
    ("CALL", 0xf1),
    ("CALLCODE", 0xf2),
    ("RETURN", 0xf3),
    ("DELEGATECALL", 0xf4),
    ("STATICCALL", 0xfa),
    ("REVERT", 0xfd),
    ("INVALID", 0xfe),
];

/// Assembles mnemonics; a number, decimal or `0x`, is pushed by the shortest push, `@name` pushes the
/// place of the label `name:`, which is a `JUMPDEST`.
///
/// # Panics
/// At a word that is none of these.
pub(crate) fn asm(text: &str) -> Vec<u8> {
    let mut code = Vec::new();
    let mut labels = HashMap::new();
    let mut uses = Vec::new();
    for word in text.split_whitespace() {
        if let Some(label) = word.strip_suffix(':') {
            labels.insert(label, code.len());
            code.push(0x5b);
        } else if let Some(label) = word.strip_prefix('@') {
            uses.push((code.len() + 1, label));
            code.extend([0x61, 0, 0]);
        } else if let Some(hex) = word.strip_prefix("0x") {
            push(&mut code, &hex::decode(hex).unwrap());
        } else if let Ok(number) = word.parse::<u64>() {
            push(&mut code, &number.to_be_bytes());
        } else {
            let known = OPCODES.iter().find(|(name, _)| *name == word);
            code.push(known.unwrap_or_else(|| panic!("no opcode {word}")).1);
        }
    }
    for (at, label) in uses {
        let place = u16::try_from(labels[label]).unwrap().to_be_bytes();
        code[at..at + 2].copy_from_slice(&place);
    }
    code
}

fn push(code: &mut Vec<u8>, bytes: &[u8]) {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = &bytes[zeros..];
    code.push(0x5f + u8::try_from(bytes.len()).unwrap());
    code.extend_from_slice(bytes);
}

/// Code that uses so much gas and stops: `JUMPDEST` costs one.
pub(crate) fn burns(gas: usize) -> Vec<u8> {
    vec![0x5b; gas]
}

/// Code that returns the 32-byte word `value`, at a cost of [`ANSWER_GAS`].
pub(crate) fn answers(value: u64) -> Vec<u8> {
    asm(&format!("{value} 0 MSTORE 32 0 RETURN"))
}

/// Two pushes, one of zero, `MSTORE` and a word of memory, two more pushes.
pub(crate) const ANSWER_GAS: u64 = 3 + 2 + 3 + 3 + 3 + 2;

/// Code that reverts with the 32-byte word `value`, at a cost of [`ANSWER_GAS`].
pub(crate) fn refuses(value: u64) -> Vec<u8> {
    asm(&format!("{value} 0 MSTORE 32 0 REVERT"))
}

/// Code that returns the gas it was given but for the two that `GAS` costs itself.
pub(crate) fn tells_gas() -> Vec<u8> {
    asm("GAS 0 MSTORE 32 0 RETURN")
}

/// What [`tells_gas`] costs in all.
pub(crate) const TELLS_GAS: u64 = 2 + 2 + 3 + 3 + 3 + 2;
