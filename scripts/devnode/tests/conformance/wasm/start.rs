//! What starting a program costs: by what its module contains, scaled by the chain's parameters, less
//! if it is cached or was entered lately in the same block.

use super::INTRINSIC;
use crate::price::{GAS, HEAD, ONE};
use crate::program::Program;
use crate::scene::{compress, Scene};
use alloy::{
    primitives::{Address, Bytes},
    sol_types::SolCall,
};
use devnode::exec::{
    precompiles::{arb_wasm::ArbWasm, ARB_WASM},
    pricing::Params,
    simulate, Message, Status,
};

/// A module of which everything that decides the price is known:
/// - 401 functions, which have 400 * 3 + 2 parameters and results;
/// - five globals, to which metering adds four;
/// - a data segment of 100 bytes, and before them one byte for its kind, three for where it goes, and
///   one for how many they are: 105;
/// - an element segment of three, likewise: 8;
/// - one page.
pub(super) fn known() -> Vec<u8> {
    let text = format!(
        r#"(module
            (type $t (func (param i32 i64) (result i64)))
            (memory (export "memory") 1 1)
            (table 3 funcref)
            (elem (i32.const 0) 0 0 0)
            {} {}
            (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0))
            (data (i32.const 0) "{}"))"#,
        "(global i32 (i32.const 1))".repeat(5),
        "(func (type $t) (local.get 1))".repeat(400),
        "x".repeat(100),
    );
    wat::parse_str(text).unwrap()
}

/// What starting [`known`] costs when it is cached, but for the minimum: 401 * 0.1342, 1,202 * 0.00089,
/// 9 * 1.628, (105 + 8) * 0.75244 and 5, each rounded down, and 0.00122 a byte.
fn cached(wasm: &[u8]) -> u64 {
    53 + 1 + 14 + 85 + 5 + wasm.len() as u64 * 122 / 100_000
}

/// What is added if it is not: 401 * 8.252, 1,202 * 1.059, and 0.1286 a byte.
fn uncached(wasm: &[u8]) -> u64 {
    3_309 + 1_272 + wasm.len() as u64 * 1_286 / 10_000
}

/// Gas of running `known`: `i32.const` and `end`, rounded up.
const RUNNING: u64 = (HEAD + 2 * ONE).div_ceil(GAS);

#[test]
fn the_first_call_in_a_block_pays_both_prices_the_next_one_pays_the_cached() {
    let wasm = known();
    let mut scene = Scene::new();
    let program = scene.install(&wasm);
    // The least is 69 * 128 and 11 * 32.
    let low = 352 + cached(&wasm);
    let high = 8_832 + uncached(&wasm) + low;
    let first = scene.call(program, []);
    assert_eq!(first.gas_used, INTRINSIC + high + RUNNING);
    let second = scene.call(program, []);
    assert_eq!(second.gas_used, INTRINSIC + low + RUNNING);
    assert_eq!(quoted(&mut scene, program), (high, low));
}

#[test]
fn parameters_scale_both_prices_and_set_the_least() {
    let wasm = known();
    let mut scene = Scene::new();
    let program = scene.install(&wasm);
    let params = Params {
        min_init_gas: 3,
        min_cached_init_gas: 2,
        // 34 % and 150 %.
        init_cost_scalar: 17,
        cached_cost_scalar: 75,
        ..scene.state.params()
    };
    scene.state.set_params(params).unwrap();
    let low = 2 * 32 + (cached(&wasm) * 150).div_ceil(100);
    let high = 3 * 128 + (uncached(&wasm) * 34).div_ceil(100) + low;
    assert_eq!(quoted(&mut scene, program), (high, low));
    let first = scene.call(program, []);
    assert_eq!(first.gas_used, INTRINSIC + high + RUNNING);
    let second = scene.call(program, []);
    assert_eq!(second.gas_used, INTRINSIC + low + RUNNING);
}

#[test]
fn too_little_gas_to_start_is_all_gone() {
    let wasm = known();
    let mut scene = Scene::new();
    let program = scene.install(&wasm);
    let start = 8_832 + uncached(&wasm) + 352 + cached(&wasm);
    for (gas_limit, runs) in [
        (INTRINSIC + start - 1, false),
        (INTRINSIC + start, false),
        (INTRINSIC + start + RUNNING, true),
    ] {
        scene.block.l2_number += 1;
        let message = scene.message(program, Bytes::new());
        let outcome = scene.run(&Message {
            gas_limit,
            ..message
        });
        assert_eq!(outcome.is_success(), runs, "{gas_limit}");
        assert_eq!(outcome.gas_used, gas_limit);
    }
}

/// What the chain says that starting costs: in full, and cached.
fn quoted(scene: &mut Scene, program: Address) -> (u64, u64) {
    let call = ArbWasm::programInitGasCall { program };
    let message = scene.message(ARB_WASM, call.abi_encode());
    let output = simulate(&scene.state, &scene.block, &message)
        .unwrap()
        .output;
    let answer = ArbWasm::programInitGasCall::abi_decode_returns(&output).unwrap();
    (answer.gas, answer.gasWhenCached)
}

/// A program unlike any of another number.
fn numbered(scene: &mut Scene, number: usize) -> Address {
    scene.program(&Program::new(format!(
        "{} (i32.const 0)",
        "(nop)".repeat(number)
    )))
}

/// Calls a program, and tells whether it paid the cached price.
fn was_recent(scene: &mut Scene, program: Address) -> bool {
    let (high, low) = quoted(scene, program);
    let paid = scene.call(program, []).gas_used - INTRINSIC - RUNNING;
    assert!(
        paid == high || paid == low,
        "{paid} is neither {high} nor {low}"
    );
    paid == low
}

#[test]
fn the_32_programs_entered_last_in_a_block_pay_the_cached_price() {
    let mut scene = Scene::new();
    let programs: Vec<Address> = (0..33).map(|number| numbered(&mut scene, number)).collect();
    for program in &programs[..32] {
        assert!(!was_recent(&mut scene, *program));
    }
    // The first is still there, and now the latest.
    assert!(was_recent(&mut scene, programs[0]));
    // One more makes the second the 33rd to last.
    assert!(!was_recent(&mut scene, programs[32]));
    assert!(was_recent(&mut scene, programs[2]));
    assert!(!was_recent(&mut scene, programs[1]));
    // Which made the fourth go.
    assert!(!was_recent(&mut scene, programs[3]));
    assert!(was_recent(&mut scene, programs[0]));
    // The next block knows none.
    scene.block.l2_number += 1;
    assert!(!was_recent(&mut scene, programs[0]));
    assert!(was_recent(&mut scene, programs[0]));
}

#[test]
fn the_length_of_the_list_is_a_parameter() {
    let mut scene = Scene::new();
    let [a, b, c] = [0, 1, 2].map(|number| numbered(&mut scene, number));
    let mut length = |block_cache_size| {
        let params = Params {
            block_cache_size,
            ..scene.state.params()
        };
        scene.state.set_params(params).unwrap();
        scene.block.l2_number += 1;
        [a, b, a, c, a, b].map(|program| was_recent(&mut scene, program))
    };
    assert_eq!(length(2), [false, false, true, false, true, false]);
    assert_eq!(length(3), [false, false, true, false, true, true]);
    // A list of no length holds one program all the same.
    assert_eq!(length(0), [false; 6]);
    let params = Params {
        block_cache_size: 0,
        ..scene.state.params()
    };
    scene.state.set_params(params).unwrap();
    assert!(was_recent(&mut scene, b));
}

#[test]
fn a_program_is_recent_by_its_code_wherever_it_is_and_however_it_ended() {
    let mut scene = Scene::new();
    // Elsewhere.
    let program = numbered(&mut scene, 0);
    let wasm = Program::new(" (i32.const 0)").wasm();
    let twin = scene.deploy(&compress(&wasm));
    assert_ne!(program, twin);
    assert!(!was_recent(&mut scene, program));
    assert!(was_recent(&mut scene, twin));

    // With too little gas to start.
    let program = numbered(&mut scene, 1);
    let message = scene.message(program, Bytes::new());
    let outcome = scene.run(&Message {
        gas_limit: INTRINSIC + 100,
        ..message
    });
    assert!(matches!(outcome.status, Status::Halt(_)));
    assert!(was_recent(&mut scene, program));

    // With a revert.
    let failing = scene.program(&Program::new("(unreachable)"));
    let (high, low) = quoted(&mut scene, failing);
    for paid in [high, low] {
        let outcome = scene.call(failing, []);
        assert_eq!(outcome.status, Status::Revert);
        assert_eq!(outcome.gas_used, INTRINSIC + paid + RUNNING);
    }

    // In a call that nobody keeps, it is not.
    let program = numbered(&mut scene, 2);
    let (high, _) = quoted(&mut scene, program);
    let message = scene.message(program, Bytes::new());
    for _ in 0..2 {
        let outcome = simulate(&scene.state, &scene.block, &message).unwrap();
        assert_eq!(outcome.gas_used, INTRINSIC + high + RUNNING);
    }
    assert!(!was_recent(&mut scene, program));
}

#[test]
fn the_second_call_within_a_transaction_is_recent() {
    let mut scene = Scene::new();
    let callee = numbered(&mut scene, 0);
    let caller = scene.program(&Program::new(
        "(call $read_args (i32.const 0))
         (drop (call $call_contract (i32.const 0) (i32.const 20) (i32.const 0) (i32.const 64)
            (i64.const -1) (i32.const 96)))
         (drop (call $call_contract (i32.const 0) (i32.const 20) (i32.const 0) (i32.const 64)
            (i64.const -1) (i32.const 96)))
         (i32.const 0)",
    ));
    let outcome = scene.call(caller, callee.to_vec());
    let (high, low) = quoted(&mut scene, callee);
    let used: Vec<u64> = outcome.frames.iter().map(|frame| frame.gas_used).collect();
    assert_eq!(used[1..], [high + RUNNING, low + RUNNING]);
}
