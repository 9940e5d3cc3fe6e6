//! Transient storage.

use crate::{
    evm::asm,
    price::*,
    program::{word, Program},
    scene::Scene,
};
use alloy::primitives::U256;

const LOAD: &str = "(call $transient_load_bytes32 (i32.const 64) (i32.const 192))";
const STORE: &str = "(call $transient_store_bytes32 (i32.const 64) (i32.const 96))";

fn probe(code: &str) -> Program {
    Program::probe(code).data(64, word(9)).data(96, word(5))
}

#[test]
fn a_load_and_a_store_cost_a_hundred_gas_each_time() {
    for setup in ["", LOAD, STORE] {
        let expected = calling(2) + API_TWO + 100 * GAS;
        let mut scene = Scene::new();
        let reading = scene.probe(&probe(LOAD).setup(setup));
        assert_eq!(reading.ink, expected, "{setup}");
        let value = if setup == STORE { 5 } else { 0 };
        assert_eq!(reading.word(192), U256::from(value), "{setup}");
        let reading = scene.probe(&probe(STORE).setup(setup));
        assert_eq!(reading.ink, expected, "{setup}");
    }
}

#[test]
fn it_ends_with_the_transaction_and_is_no_storage() {
    let mut scene = Scene::new();
    let program = scene.program(&probe(&format!("{LOAD} {STORE}")));
    for _ in 0..2 {
        let message = scene.message(program, []);
        assert_eq!(scene.probe_with(&message).word(192), U256::ZERO);
    }
    assert_eq!(scene.state.storage(program, U256::from(9)), U256::ZERO);
}

#[test]
fn it_belongs_to_the_acting_address_and_is_shared_with_evm_code_there() {
    // The EVM proxy stores 7 under 9 and lends itself to the program, which reads that and stores 5;
    // then the proxy returns what it reads.
    let mut scene = Scene::new();
    let program = scene.program(&probe(&format!("{LOAD} {STORE}")));
    let proxy = scene.evm(asm(&format!(
        "7 9 TSTORE
         4096 0 0 0 {program} GAS DELEGATECALL POP
         0 0 0 0 0 {program} GAS CALL POP
         9 TLOAD 0 MSTORE 32 0 RETURN"
    )));
    assert_eq!(scene.ok(proxy, []), word(5).to_vec());
    let proxy = scene.evm(asm(&format!(
        "7 9 TSTORE 4096 0 0 0 {program} GAS DELEGATECALL POP 32 192 RETURN"
    )));
    assert_eq!(scene.ok(proxy, []), word(7).to_vec());
}

#[test]
fn it_is_undone_with_the_frame_that_wrote_it() {
    let mut scene = Scene::new();
    let body = format!("{STORE} (i32.const 1)");
    let doomed = scene.program(&Program::new(body).data(64, word(9)).data(96, word(5)));
    let proxy = scene.evm(asm(&format!(
        "0 0 0 0 {doomed} GAS DELEGATECALL 0 MSTORE 9 TLOAD 32 MSTORE 64 0 RETURN"
    )));
    assert_eq!(scene.ok(proxy, []), [word(0), word(0)].concat());
}
