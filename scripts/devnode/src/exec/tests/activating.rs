//! Deployment, activation, and the end of it.

use super::*;
use crate::exec::{
    precompiles::{arb_wasm_cache::ArbWasmCache, ARB_WASM_CACHE},
    pricing,
};
use alloy::sol_types::{SolError, SolEvent};

const EMPTY: &str = r#"(module
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;

fn code_hash(chain: &Chain, address: Address) -> alloy::primitives::B256 {
    chain.state.account(address).unwrap().code_hash
}

#[test]
fn only_programs_may_start_with_ef() {
    let mut chain = Chain::new();
    for code in [
        &[0xEF, 0x00][..],
        &[0xEF, 0xF0, 0x00],
        &[0xEF, 0xF0, 0x03, 0x00],
        &[0xEF],
    ] {
        let outcome = chain.send(None, 0, init_code(code));
        assert_eq!(
            outcome.status,
            Status::Halt("CreateContractStartingWithEF".into()),
            "{code:?}"
        );
        assert_eq!(outcome.gas_used, GAS);
    }
    for code in [
        &[0xEF, 0xF0, 0x00, 0x00][..],
        &[0xEF, 0xF0, 0x01],
        &[0xEF, 0xF0, 0x02, 0x00],
    ] {
        let address = chain.deploy(code);
        assert_eq!(chain.state.code(address), code.to_vec());
    }
    // No more than 24,576 bytes.
    let outcome = chain.send(None, 0, init_code(&vec![0; 24_577]));
    assert_eq!(
        outcome.status,
        Status::Halt("CreateContractSizeLimit".into())
    );
}

#[test]
fn a_program_that_was_not_activated_takes_all_gas() {
    let mut chain = Chain::new();
    let program = chain.deploy(&compress(&wat::parse_str(EMPTY).unwrap()));
    let outcome = chain.send(Some(program), 0, vec![]);
    assert_eq!(outcome.status, Status::Halt("ProgramNotActivated()".into()));
    assert_eq!(outcome.gas_used, GAS);
    let asked = ArbWasm::programVersionCall { program }.abi_encode();
    let answer = chain.peek(ARB_WASM, asked);
    assert_eq!(answer.status, Status::Revert);
    assert_eq!(answer.output, ArbWasm::ProgramNotActivated {}.abi_encode());
}

#[test]
fn activation_charges_records_and_announces() {
    let mut chain = Chain::new();
    let wasm = wat::parse_str(EMPTY).unwrap();
    let program = chain.deploy(&compress(&wasm));
    let before = chain.state.balance(ALICE);
    let outcome = chain.activate(program);
    assert!(outcome.is_success());
    let (version, fee) = {
        let answer = ArbWasm::activateProgramCall::abi_decode_returns(&outcome.output).unwrap();
        (answer.version, answer.dataFee)
    };
    assert_eq!(version, 3);
    // 512,000 + 996 + 22 + 6.2628 a byte, at the least price raised by the demand it makes:
    // e^(0.0239) in basis points.
    let bytes = 512_000 + 996 + 22 + wasm.len() as u64 * 62_628 / 10_000;
    let bips = 10_000 * bytes / 21_360_419;
    assert_eq!(bips, 240);
    assert_eq!(fee, U256::from(82_928_201 * 10_242 / 10_000 * bytes));
    assert_eq!(before - chain.state.balance(ALICE), fee);

    let event = ArbWasm::ProgramActivated::decode_log(&outcome.logs[0]).unwrap();
    assert_eq!(event.codehash, code_hash(&chain, program));
    assert_eq!(
        (event.program, event.version, event.dataFee),
        (program, 3, fee)
    );
    // The fixed charge; 28 gas a microsecond of work: 2,217 for the page, some for the code.
    assert!(outcome.gas_used > 21_000 + 1_659_168 + 28 * 2_217);
    assert!(outcome.gas_used < 21_000 + 1_659_168 + 28 * 2_217 + 100_000);

    let record = chain.state.program(code_hash(&chain, program)).unwrap();
    assert_eq!(
        (record.version, record.footprint, record.cached),
        (3, 1, false)
    );
    // A second activation has nothing to do.
    let outcome = chain.activate(program);
    assert_eq!(outcome.output, ArbWasm::ProgramUpToDate {}.abi_encode());
    // The same code elsewhere is active at once.
    let twin = chain.deploy(&compress(&wasm));
    assert!(chain.send(Some(twin), 0, vec![]).is_success());
}

#[test]
fn activation_wants_its_fee_and_code_that_is_a_program() {
    let mut chain = Chain::new();
    let program = chain.deploy(&compress(&wat::parse_str(EMPTY).unwrap()));
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let outcome = chain.send(Some(ARB_WASM), 1, data.clone());
    assert_eq!(outcome.status, Status::Revert);
    let error = ArbWasm::ProgramInsufficientValue::abi_decode(&outcome.output).unwrap();
    assert_eq!(error.have, U256::from(1));
    // Nothing of it stays.
    assert_eq!(chain.state.program(code_hash(&chain, program)), None);
    assert!(error.want > U256::from(10u64.pow(13)));

    let plain = chain.deploy(&forwarder(0xf1, ALICE));
    assert_eq!(
        chain.activate(plain).output,
        ArbWasm::ProgramNotWasm {}.abi_encode()
    );
    assert_eq!(
        chain.activate(ALICE).output,
        ArbWasm::ProgramNotWasm {}.abi_encode()
    );
    // Not enough gas: all of it is gone.
    let mut message = chain.message(Some(ARB_WASM), 10u64.pow(17), data);
    message.gas_limit = 1_600_000;
    let outcome = transact(&mut chain.state, &chain.block, &message, Mode::Commit).unwrap();
    assert_eq!((outcome.is_success(), outcome.gas_used), (false, 1_600_000));
}

#[test]
fn what_nitro_refuses_is_refused_by_name() {
    let memory = r#"(memory (export "memory") 1 1)"#;
    let entry = r#"(func (export "user_entrypoint") (param i32) (result i32) (i32.const 0))"#;
    let body = |code: &str| format!("(module {memory} {entry} (func {code}))");
    let cases: Vec<(String, &str)> = vec![
        (
            format!("(module {memory})"),
            "missing export with name user_entrypoint",
        ),
        (format!("(module {entry})"), "missing memory export"),
        (
            format!("(module (memory 1 1) {entry})"),
            "missing memory with export name",
        ),
        (
            format!(r#"(module {memory} (func (export "user_entrypoint")))"#),
            "wrong type for user_entrypoint",
        ),
        (
            format!(r#"(module {memory} (global (export "user_entrypoint") i32 (i32.const 0)))"#),
            "must be a function",
        ),
        (body("(drop (f32.const 1))"), "opcode not supported"),
        (
            body("(drop (f64.add (f64.const 1) (f64.const 2)))"),
            "opcode not supported",
        ),
        (body("(drop (ref.null func))"), "failed to parse wasm"),
        (
            body("(drop (v128.const i64x2 0 0))"),
            "failed to parse wasm",
        ),
        (
            body("(result i32 i32) (i32.const 0) (i32.const 0)"),
            "failed to parse wasm",
        ),
        (
            format!(r#"(module {memory} {entry} (func $s) (start $s))"#),
            "start functions not allowed",
        ),
        (
            format!(r#"(module (import "env" "now" (func)) {memory} {entry})"#),
            "missing import now from env",
        ),
        (
            format!(r#"(module (import "vm_hooks" "launch" (func)) {memory} {entry})"#),
            "missing import launch",
        ),
        (
            format!(r#"(module (import "vm_hooks" "msg_value" (func)) {memory} {entry})"#),
            "wrong type for import msg_value",
        ),
        (
            format!(r#"(module (import "vm_hooks" "m" (memory 1)) {entry})"#),
            "unsupported import kind",
        ),
        (
            format!(r#"(module (memory (export "memory") 1) {entry})"#),
            "missing import pay_for_memory_grow",
        ),
        (
            format!(r#"(module (memory (export "memory") 129 129) {entry})"#),
            "memory exceeds limit: 129 > 128",
        ),
        (
            format!(r#"(module {memory} {entry} (func (export "stylus_x")))"#),
            "reserved symbol stylus_x",
        ),
        (
            format!(
                r#"(module (import "vm_hooks" "msg_value" (func (param i32))) {memory} {entry}
                (func (export "my__msg_value")))"#
            ),
            "exports an import with the same name msg_value",
        ),
        (
            format!("(module {memory} {entry} (global f32 (f32.const 1)))"),
            "Non-constant global initializer",
        ),
        (
            format!(
                "(module {memory} {entry} {})",
                "(data (i32.const 0) \"\")".repeat(129)
            ),
            "too many wasm datas: 129 > 128",
        ),
        (
            format!(
                "(module {memory} {entry} (func (local {})))",
                "i32 ".repeat(349)
            ),
            "too many wasm locals: 349 > 348",
        ),
        (
            format!("(module {memory} {entry} {})", "(func)".repeat(4_096)),
            "too many wasm functions: 4097 > 4096",
        ),
        (
            format!("(module {memory} {entry} (table 4097 funcref))"),
            "too many wasm table entries",
        ),
        (
            body(&"(nop)".repeat(65_530)),
            "too many wasm opcodes in func body",
        ),
        (
            body(&format!(
                "{}{}",
                "(i32.const 0)".repeat(4_097),
                "(drop)".repeat(4_097)
            )),
            "too many values on the stack",
        ),
    ];
    for (text, reason) in cases {
        let mut chain = Chain::new();
        let wasm = wat::parse_str(&text).unwrap();
        let program = chain.deploy(&compress(&wasm));
        let outcome = chain.activate(program);
        let Status::Halt(why) = outcome.status else {
            panic!("accepted: {text}")
        };
        assert!(why.contains(reason), "{why}");
        assert_eq!(outcome.gas_used, GAS);
    }
}

#[test]
fn a_data_count_section_is_refused() {
    let mut wasm = wat::parse_str(EMPTY).unwrap();
    let code = wasm.iter().position(|byte| *byte == 10).unwrap();
    // The code section is the last one with id 10; find it by walking.
    let mut at = 8;
    while wasm[at] != 10 {
        at += 2 + wasm[at + 1] as usize;
    }
    assert!(at >= code);
    wasm.splice(at..at, [12, 1, 0]);
    let mut chain = Chain::new();
    let program = chain.deploy(&compress(&wasm));
    let outcome = chain.activate(program);
    let Status::Halt(why) = outcome.status else {
        panic!("accepted")
    };
    assert!(
        why.contains("unsupported section type DataCountSection"),
        "{why}"
    );
}

#[test]
fn damaged_code_is_refused_and_gas_returned() {
    let mut chain = Chain::new();
    let wasm = wat::parse_str(EMPTY).unwrap();
    let mut with_dictionary = compress(&wasm);
    with_dictionary[3] = 9;
    let cases: [(Vec<u8>, &str); 4] = [
        (with_dictionary, "unsupported dictionary type: 9"),
        (
            [&[0xEF, 0xF0, 0, 0][..], &[0xff; 40]].concat(),
            "failed decompression",
        ),
        (
            [&[0xEF, 0xF0, 1][..], &brotlied(&wasm)].concat(),
            "activate the root program instead",
        ),
        (compress(&vec![0; 262_145]), "failed decompression"),
    ];
    for (code, reason) in cases {
        let program = chain.deploy(&code);
        let outcome = chain.activate(program);
        assert_eq!(outcome.status, Status::Revert);
        assert!(outcome.output.is_empty());
        assert!(outcome.gas_used < 2_000_000);
        let why = outcome.reason.unwrap();
        assert!(why.contains(reason), "{why}");
    }
}

#[test]
fn a_program_in_fragments_runs() {
    let mut chain = Chain::new();
    let wasm = wat::parse_str(include_str!("script.wat")).unwrap();
    let compressed = brotlied(&wasm);
    let (first, second) = compressed.split_at(compressed.len() / 2);
    let mut root = vec![0xEF, 0xF0, 0x02, 0x00];
    root.extend((wasm.len() as u32).to_be_bytes());
    for piece in [first, second] {
        let fragment = chain.deploy(&[&activation::FRAGMENT[..], piece].concat());
        root.extend(fragment.as_slice());
        // A fragment is no contract.
        assert!(!chain.send(Some(fragment), 0, vec![]).is_success());
    }
    let program = chain.deploy(&root);
    let outcome = chain.activate(program);
    assert!(outcome.is_success(), "{:?}", outcome.reason);
    assert_eq!(
        chain.ok(program, Script::new().number().into()),
        77u64.to_le_bytes().to_vec()
    );

    // A length that is not the right one, an account that is no fragment, too many of them.
    let mut wrong = root.clone();
    wrong[7] ^= 1;
    let stranger = [&root[..8], ALICE.as_slice()].concat();
    let many = [&root[..], &root[8..], &root[8..28]].concat();
    for (code, reason) in [
        (wrong, "decompress"),
        (stranger, "no fragment at"),
        (many, "exceeds limit of 4"),
    ] {
        let program = chain.deploy(&code);
        let outcome = chain.activate(program);
        assert_eq!(outcome.status, Status::Revert);
        let why = outcome.reason.unwrap();
        assert!(why.contains(reason), "{why}");
    }
}

#[test]
fn an_activation_expires_and_can_be_renewed() {
    const DAY: u64 = 86_400;
    let mut chain = Chain::new();
    let program = chain.wat(EMPTY);
    let hash = code_hash(&chain, program);
    let left = ArbWasm::programTimeLeftCall { program }.abi_encode();
    let seconds = |chain: &Chain| {
        let output = chain.peek(ARB_WASM, left.clone()).output;
        ArbWasm::programTimeLeftCall::abi_decode_returns(&output).unwrap()
    };
    let whole = seconds(&chain);
    assert!(whole <= 365 * DAY && whole > 365 * DAY - 3_600);

    let keepalive = ArbWasm::codehashKeepaliveCall { codehash: hash }.abi_encode();
    chain.block.timestamp += 30 * DAY;
    let outcome = chain.send(Some(ARB_WASM), 10u64.pow(17), keepalive.clone());
    assert_eq!(
        outcome.output[..4],
        ArbWasm::ProgramKeepaliveTooSoon::SELECTOR
    );
    chain.block.timestamp += 2 * DAY;
    let outcome = chain.send(Some(ARB_WASM), 10u64.pow(17), keepalive.clone());
    assert!(outcome.is_success());
    assert!(seconds(&chain) > 365 * DAY - 3_600);

    chain.block.timestamp += 366 * DAY;
    let outcome = chain.send(Some(program), 0, vec![]);
    let Status::Halt(why) = outcome.status else {
        panic!("ran")
    };
    assert!(why.starts_with("ProgramExpired("), "{why}");
    let outcome = chain.send(Some(ARB_WASM), 10u64.pow(17), keepalive);
    assert_eq!(outcome.output[..4], ArbWasm::ProgramExpired::SELECTOR);
    // Anyone may activate it again.
    assert!(chain.activate(program).is_success());
    assert!(chain.send(Some(program), 0, vec![]).is_success());
}

#[test]
fn a_program_of_another_version_needs_an_upgrade() {
    let mut chain = Chain::new();
    let program = chain.wat(EMPTY);
    let hash = code_hash(&chain, program);
    let slot = crate::exec::arbos::slot(crate::exec::arbos::Record::Program, hash);
    let mut word: [u8; 32] = chain
        .state
        .storage(crate::exec::arbos::ARBOS, slot)
        .to_be_bytes();
    word[1] = 2;
    chain
        .state
        .set_storage(crate::exec::arbos::ARBOS, slot, U256::from_be_bytes(word));
    let outcome = chain.send(Some(program), 0, vec![]);
    assert_eq!(
        outcome.status,
        Status::Halt("ProgramNeedsUpgrade(2, 3)".into())
    );
    assert!(chain.activate(program).is_success());
    assert!(chain.send(Some(program), 0, vec![]).is_success());
}

#[test]
fn a_cached_program_pays_the_cached_price() {
    let mut chain = Chain::new();
    let program = chain.wat(EMPTY);
    let hash = code_hash(&chain, program);
    let cost = |chain: &mut Chain| {
        chain.block.l2_number += 1;
        chain.send(Some(program), 0, vec![]).gas_used
    };
    let asked = ArbWasm::programInitGasCall { program }.abi_encode();
    let gas = ArbWasm::programInitGasCall::abi_decode_returns(&chain.peek(ARB_WASM, asked).output)
        .unwrap();
    let uncached = cost(&mut chain);
    assert_eq!(uncached, 21_000 + gas.gas + 1);
    let add = ArbWasmCache::cacheProgramCall { addr: program }.abi_encode();
    let outcome = chain.send(Some(ARB_WASM_CACHE), 0, add);
    let event = ArbWasmCache::UpdateProgramCache::decode_log(&outcome.logs[0]).unwrap();
    assert_eq!(
        (event.manager, event.codehash, event.cached),
        (ALICE, hash, true)
    );
    assert_eq!(cost(&mut chain), 21_000 + gas.gasWhenCached + 1);
    let evict = ArbWasmCache::evictCodehashCall { codehash: hash }.abi_encode();
    assert!(chain.send(Some(ARB_WASM_CACHE), 0, evict).is_success());
    assert_eq!(cost(&mut chain), uncached);
}

#[test]
fn precompiles_answer_and_have_code() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    for address in crate::exec::precompiles::ADDRESSES {
        assert_eq!(chain.state.code(address), [0xfe].to_vec());
    }
    let output = chain.ok(program, Script::new().account(ARB_WASM).into());
    assert_eq!(output[..4], 1u32.to_le_bytes());
    let price = chain.peek(ARB_WASM, ArbWasm::inkPriceCall {}.abi_encode());
    assert_eq!(
        price.output,
        word(pricing::PARAMS.ink_price.into()).to_vec()
    );
    // From a program, as a contract's view.
    let ask = ArbWasm::programVersionCall { program }.abi_encode();
    let output = chain.ok(
        program,
        Script::new().call(Kind::Static, ARB_WASM, ask).into(),
    );
    assert_eq!(output, [&[0][..], &word(3)].concat());
    // An unknown selector takes all gas and reverts.
    let outcome = chain.send(Some(ARB_WASM), 0, vec![1, 2, 3, 4]);
    assert_eq!((outcome.status, outcome.gas_used), (Status::Revert, GAS));
}
