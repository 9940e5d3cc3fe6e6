//! Functions that tell the program a fact.

use crate::{
    price::*,
    program::{word, Program, READING},
    scene::{Scene, ALICE, GAS_LIMIT},
};
use alloy::primitives::{address, Address, U256};
use devnode::exec::Message;

const COINBASE: Address = address!("00000000000000000000000000000000c01bba5e");

/// A chain on which no two facts are alike, and a message to the probe.
fn scene(probe: &Program) -> (Scene, Message) {
    let mut scene = Scene::new();
    let program = scene.program(probe);
    scene.block.basefee = 7;
    scene.block.coinbase = COINBASE;
    let message = Message {
        value: U256::from(5),
        gas_price: 9,
        ..scene.message(program, [])
    };
    (scene, message)
}

#[test]
fn functions_that_return_a_number_cost_the_base() {
    for (function, fact) in [
        ("chainid", 412_346),
        ("block_gas_limit", 1 << 50),
        // The parent chain's number, not the chain's own, which is 1,000.
        ("block_number", 77),
        ("block_timestamp", 1_700_000_000),
    ] {
        let probe = Program::probe(format!("(i64.store (i32.const 0) (call ${function}))"));
        let (mut scene, message) = scene(&probe);
        let reading = scene.probe_with(&message);
        // `i64.store` 950.
        assert_eq!(reading.ink, calling(1) + BASE + 950, "{function}");
        assert_eq!(reading.i64(0), fact, "{function}");
    }
    for (function, fact) in [
        ("tx_ink_price", 10_000),
        ("msg_reentrant", 0),
        ("return_data_size", 0),
    ] {
        let probe = Program::probe(format!("(i32.store (i32.const 0) (call ${function}))"));
        let (mut scene, message) = scene(&probe);
        let reading = scene.probe_with(&message);
        // `i32.store` 825.
        assert_eq!(reading.ink, calling(1) + BASE + 825, "{function}");
        assert_eq!(reading.i32(0), fact, "{function}");
    }
}

#[test]
fn functions_that_write_a_word_cost_the_base_and_a_pointer() {
    for (function, fact) in [("block_basefee", 7), ("tx_gas_price", 9), ("msg_value", 5)] {
        let probe = Program::probe(format!("(call ${function} (i32.const 64))"));
        let (mut scene, message) = scene(&probe);
        let reading = scene.probe_with(&message);
        assert_eq!(reading.ink, calling(1) + ONE_PTR, "{function}");
        assert_eq!(reading.word(64), U256::from(fact), "{function}");
    }
}

#[test]
fn functions_that_write_an_address_cost_the_base_and_a_pointer() {
    for function in [
        "msg_sender",
        "tx_origin",
        "contract_address",
        "block_coinbase",
    ] {
        let probe = Program::probe(format!("(call ${function} (i32.const 64))")).data(84, [0xab]);
        let (mut scene, message) = scene(&probe);
        let fact = match function {
            "contract_address" => message.to.unwrap(),
            "block_coinbase" => COINBASE,
            _ => ALICE,
        };
        let reading = scene.probe_with(&message);
        assert_eq!(reading.ink, calling(1) + ONE_PTR, "{function}");
        assert_eq!(reading.bytes(64, 20), fact, "{function}");
        // Twenty bytes, no more.
        assert_eq!(reading.bytes(84, 1), [0xab], "{function}");
    }
}

#[test]
fn the_meter_shows_what_is_left_after_paying_for_the_look() {
    let code = |function: &str| {
        format!(
            "(i64.store (i32.const 0) (call ${function}))
             (i64.store (i32.const 8) (local.get $before))"
        )
    };
    // From the first reading to the second: `local.set`, the address of the result, the call.
    let between = LOCAL_SET + calling(1) + BASE;
    let reading = Scene::new().probe(&Program::probe(code("evm_ink_left")));
    assert_eq!(reading.i64(0), reading.i64(8) - between);
    let reading = Scene::new().probe(&Program::probe(code("evm_gas_left")));
    assert_eq!(reading.i64(0), (reading.i64(8) - between) / GAS);
    for function in ["evm_ink_left", "evm_gas_left"] {
        let reading = Scene::new().probe(&Program::probe(format!("(drop (call ${function}))")));
        assert_eq!(reading.ink, CALL + BASE + DROP, "{function}");
        assert_ne!(reading.i64(READING), 0);
    }
}

#[test]
fn a_program_starts_with_all_gas_but_what_starting_costs() {
    let program = Program::new(
        "(i64.store (i32.const 0) (call $evm_ink_left))
         (call $write_result (i32.const 0) (i32.const 8))
         (i32.const 0)",
    );
    assert!(program.wasm().len() < 820);
    let mut scene = Scene::new();
    let address = scene.program(&program);
    scene.ok(address, []);
    let output = scene.ok(address, []);
    let ink = u64::from_le_bytes(output.as_ref().try_into().unwrap());
    // The first block is paid for, its head included, and then the host function.
    let given = GAS_LIMIT - INTRINSIC - START;
    assert_eq!(ink, given * GAS - HEAD - ONE - CALL_OP - BASE);
}

#[test]
fn sender_value_and_address_follow_the_kind_of_call() {
    // Writes sender, address, origin and value, one after the other.
    let library = Program::new(
        "(call $msg_sender (i32.const 0)) (call $contract_address (i32.const 20))
         (call $tx_origin (i32.const 40)) (call $msg_value (i32.const 60))
         (call $write_result (i32.const 0) (i32.const 92))
         (i32.const 0)",
    );
    let mut scene = Scene::new();
    let library = scene.program(&library);
    let kinds = [
        ("(call $call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 96))", 3),
        ("(call $delegate_call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 96))", 11),
        ("(call $static_call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 96))", 0),
    ];
    for (call, value) in kinds {
        let caller = Program::new(format!(
            "(call $read_args (i32.const 0))
             (if {call} (then unreachable))
             (drop (call $read_return_data (i32.const 128) (i32.const 0) (i32.const 92)))
             (call $write_result (i32.const 128) (i32.const 92))
             (i32.const 0)"
        ));
        let caller = scene.program(&caller);
        let mut data = [0u8; 64];
        data[..20].copy_from_slice(library.as_slice());
        data[63] = 3;
        let message = Message {
            value: U256::from(11),
            ..scene.message(caller, data.to_vec())
        };
        let output = scene.run(&message).output;
        let (sender, acting) = match value {
            11 => (ALICE, caller),
            _ => (caller, library),
        };
        assert_eq!(&output[..20], sender.as_slice(), "{call}");
        assert_eq!(&output[20..40], acting.as_slice(), "{call}");
        assert_eq!(&output[40..60], ALICE.as_slice(), "{call}");
        assert_eq!(
            U256::from_be_slice(&output[60..]),
            U256::from(value),
            "{call}"
        );
    }
}

#[test]
fn callcode_makes_the_caller_its_own_sender() {
    let mut scene = Scene::new();
    let program = scene.program(&Program::new(
        "(call $msg_sender (i32.const 0)) (call $contract_address (i32.const 20))
         (call $msg_value (i32.const 40))
         (call $write_result (i32.const 0) (i32.const 72))
         (i32.const 0)",
    ));
    let caller = scene.evm(crate::evm::asm(&format!(
        "72 0 0 0 3 {program} GAS CALLCODE POP 72 0 RETURN"
    )));
    scene.state.set_balance(caller, U256::from(3));
    let expected = [caller.as_slice(), caller.as_slice(), &word(3)].concat();
    assert_eq!(scene.ok(caller, []), expected);
    assert_eq!(scene.state.balance(caller), U256::from(3));
}
