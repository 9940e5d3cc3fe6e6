//! Questions about other accounts.
//!
//! # Source
//! go-ethereum of Nitro v3.10.0, `core/vm/operations_acl_arbitrum.go`: touching an account costs 2,600
//! gas or 100; looking at its code costs 700 more for each 24,576 bytes that code may have.

use crate::{
    evm::answers,
    price::*,
    program::Program,
    scene::{Scene, ALICE},
};
use alloy::primitives::{address, b256, keccak256, Address, B256, U256};
use devnode::exec::precompiles::ARB_SYS;

const NOBODY: Address = address!("000000000000000000000000000000000000dead");
const CODE: u64 = 700;

const BALANCE: &str = "(call $account_balance (i32.const 64) (i32.const 128))";
const HASH: &str = "(call $account_codehash (i32.const 64) (i32.const 128))";
const SIZE: &str = "(i32.store (i32.const 128) (call $account_code_size (i32.const 64)))";
const SIZE_INK: u64 = 2 * ONE + CALL + API_ONLY + 825;

fn code(offset: i32, size: i32) -> String {
    format!(
        "(i32.store (i32.const 128) (call $account_code (i32.const 64) (i32.const {offset})
            (i32.const {size}) (i32.const 1024)))"
    )
}

const CODE_INK: u64 = 5 * ONE + CALL + API_ONLY + 825;

fn probe(code: &str, who: Address) -> Program {
    Program::probe(code).data(64, who)
}

#[test]
fn a_balance_costs_the_access() {
    let mut scene = Scene::new();
    scene.state.set_balance(NOBODY, U256::from(12_345));
    let reading = scene.probe(&probe(BALANCE, NOBODY));
    assert_eq!(reading.ink, calling(2) + API_TWO + COLD_ACCOUNT * GAS);
    assert_eq!(reading.word(128), U256::from(12_345));
    let reading = scene.probe(&probe(BALANCE, NOBODY).setup(BALANCE));
    assert_eq!(reading.ink, calling(2) + API_TWO + WARM * GAS);
}

#[test]
fn a_code_hash_costs_the_access_and_no_look_at_the_code() {
    let mut scene = Scene::new();
    let contract = scene.evm(answers(1));
    scene.state.set_balance(NOBODY, U256::from(1));
    let empty = b256!("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    let nothing = address!("00000000000000000000000000000000000ff1ce");
    for (who, hash) in [
        (contract, keccak256(answers(1))),
        (NOBODY, empty),
        (nothing, B256::ZERO),
        // Arbitrum's precompiles have one byte of code.
        (ARB_SYS, keccak256([0xfe])),
    ] {
        let access = if who == ARB_SYS { WARM } else { COLD_ACCOUNT };
        let reading = scene.probe(&probe(HASH, who));
        assert_eq!(reading.ink, calling(2) + API_TWO + access * GAS, "{who}");
        assert_eq!(reading.bytes(128, 32), hash, "{who}");
        let reading = scene.probe(&probe(HASH, who).setup(HASH));
        assert_eq!(reading.ink, calling(2) + API_TWO + WARM * GAS, "{who}");
    }
}

#[test]
fn a_code_size_costs_the_access_and_a_look_at_the_code() {
    let mut scene = Scene::new();
    let contract = scene.evm(vec![0; 24_576]);
    for (who, size, access) in [
        (contract, 24_576, COLD_ACCOUNT),
        (NOBODY, 0, COLD_ACCOUNT),
        (ALICE, 0, WARM),
        (ARB_SYS, 1, WARM),
    ] {
        let reading = scene.probe(&probe(SIZE, who));
        assert_eq!(reading.ink, SIZE_INK + (CODE + access) * GAS, "{who}");
        assert_eq!(reading.i32(128), size, "{who}");
    }
}

#[test]
fn code_costs_the_access_a_look_and_a_copy_of_all_of_it() {
    let bytes: Vec<u8> = (1..=100).collect();
    // Offset, size asked for; paid for are all 100 bytes.
    for (offset, size) in [
        (0, 100),
        (0, 10),
        (90, 20),
        (99, -1),
        (100, 1),
        (-1, -1),
        (5, 0),
    ] {
        let mut scene = Scene::new();
        let contract = scene.evm(bytes.clone());
        let reading = scene.probe(&probe(&code(offset, size), contract));
        let case = format!("{offset} {size}");
        let gas = (COLD_ACCOUNT + CODE) * GAS;
        assert_eq!(reading.ink, CODE_INK + write(100) + gas, "{case}");
        let expected: Vec<u8> = bytes
            .iter()
            .copied()
            .skip(offset as u32 as usize)
            .take(size as u32 as usize)
            .collect();
        assert_eq!(reading.i32(128) as usize, expected.len(), "{case}");
        assert_eq!(reading.bytes(1_024, expected.len()), expected, "{case}");
        assert_eq!(reading.bytes(1_024 + expected.len(), 1), [0], "{case}");
    }
}

#[test]
fn a_program_sees_a_programs_code_as_it_is_deployed() {
    let mut scene = Scene::new();
    let program = scene.program(&Program::new("(i32.const 0)"));
    let code_ = scene.state.code(program);
    let reading = scene.probe(&probe(&code(0, 1_000), program));
    assert_eq!(reading.bytes(1_024, code_.len()), code_.as_ref());
    assert_eq!(reading.bytes(1_024, 4), [0xef, 0xf0, 0x00, 0x00]);
}

#[test]
fn code_looked_at_last_is_at_hand_unless_it_is_none() {
    let mut scene = Scene::new();
    let contract = scene.evm(answers(1));
    let len = answers(1).len() as u64;
    // Neither access nor look: not even by the other function.
    for setup in [SIZE, &code(0, 1)] {
        let reading = scene.probe(&probe(SIZE, contract).setup(setup));
        assert_eq!(reading.ink, SIZE_INK, "{setup}");
        let reading = scene.probe(&probe(&code(0, 1), contract).setup(setup));
        assert_eq!(reading.ink, CODE_INK + write(len), "{setup}");
    }
    // A hash or a balance is no look.
    for setup in [HASH, BALANCE] {
        let reading = scene.probe(&probe(SIZE, contract).setup(setup));
        assert_eq!(reading.ink, SIZE_INK + (CODE + WARM) * GAS, "{setup}");
    }
    // Only the last one, and no code is not kept.
    let other = "(drop (call $account_code_size (i32.const 96)))";
    let reading = scene.probe(&probe(SIZE, contract).setup(SIZE).setup(other));
    assert_eq!(reading.ink, SIZE_INK, "an account without code in between");
    let reading = scene.probe(&probe(SIZE, NOBODY).setup(SIZE));
    assert_eq!(reading.ink, SIZE_INK + (CODE + WARM) * GAS);
    let second = scene.evm(answers(2));
    let probe = probe(SIZE, contract)
        .data(96, second)
        .setup(SIZE)
        .setup(other);
    assert_eq!(scene.probe(&probe).ink, SIZE_INK + (CODE + WARM) * GAS);
}

#[test]
fn some_accounts_are_warm_from_the_start() {
    let mut scene = Scene::new();
    let coinbase = address!("00000000000000000000000000000000c01bba5e");
    let listed = address!("0000000000000000000000000000000000115fed");
    let low = |last: u16| Address::from_word(U256::from(last).into());
    for (who, warm) in [
        (ALICE, true),
        (coinbase, true),
        (listed, true),
        (NOBODY, false),
        // Ethereum's precompiles up to BLS12-381, and P-256.
        (low(0x01), true),
        (low(0x11), true),
        (low(0x12), false),
        (low(0x100), true),
        // Arbitrum's.
        (low(0x64), true),
        (low(0x71), true),
        (low(0x74), true),
        (low(0x75), false),
    ] {
        let program = scene.program(&probe(BALANCE, who));
        let mut message = scene.message(program, []);
        message.access_list = vec![(listed, vec![])];
        let block = std::mem::take(&mut scene.block);
        scene.block = devnode::exec::Block {
            coinbase,
            ..block.clone()
        };
        let reading = scene.probe_with(&message);
        scene.block = block;
        let access = if warm { WARM } else { COLD_ACCOUNT };
        assert_eq!(reading.ink, calling(2) + API_TWO + access * GAS, "{who}");
    }
    // The program itself.
    let own = "(call $contract_address (i32.const 64))";
    let reading = scene.probe(&probe(BALANCE, NOBODY).setup(own));
    assert_eq!(reading.ink, calling(2) + API_TWO + WARM * GAS);
}

#[test]
fn access_by_a_frame_that_reverts_does_not_warm() {
    let mut scene = Scene::new();
    let doomed = Program::new(format!("{BALANCE} (i32.const 1)")).data(64, NOBODY);
    let doomed = scene.program(&doomed);
    let call = "(drop (call $call_contract (i32.const 96) (i32.const 0) (i32.const 0)
        (i32.const 200) (i64.const -1) (i32.const 252)))";
    let probe = probe(BALANCE, NOBODY).data(96, doomed).setup(call);
    let reading = scene.probe(&probe);
    assert_eq!(reading.ink, calling(2) + API_TWO + COLD_ACCOUNT * GAS);
}
