//! 1,024 frames below the first, of whatever kind.

use crate::{
    evm::{answers, asm},
    price::*,
    program::{word, Program},
    scene::Scene,
};
use alloy::primitives::{Address, U256};
use devnode::exec::Message;

/// Calls the EVM to `depth`, and `target` from there: success, and what came back.
fn from_depth(scene: &mut Scene, depth: u64, target: Address) -> (bool, Vec<u8>) {
    let ladder = scene.evm(asm(&format!(
        "0 CALLDATALOAD DUP1 ISZERO @top JUMPI
         1 SWAP1 SUB 0 MSTORE
         0 0 32 0 0 ADDRESS GAS CALL POP
         RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 RETURN
         top:
         0 0 0 0 0 {target} GAS CALL 0 MSTORE
         RETURNDATASIZE 0 32 RETURNDATACOPY RETURNDATASIZE 32 ADD 0 RETURN"
    )));
    let message = Message {
        // Every frame keeps a 64th: (64 / 63) ^ 1,024 is ten million.
        gas_limit: 1 << 44,
        trace: false,
        ..scene.message(ladder, word(depth).to_vec())
    };
    let outcome = scene.run(&message);
    assert!(outcome.is_success(), "{:?}", outcome.status);
    let success = U256::from_be_slice(&outcome.output[..32]);
    (success == U256::from(1), outcome.output[32..].to_vec())
}

#[test]
fn a_program_runs_1024_frames_below_the_first_and_not_one_further() {
    let mut scene = Scene::new();
    let program = scene.program(&Program::new(
        "(i32.store (i32.const 0) (i32.const 0x01020304))
         (call $write_result (i32.const 0) (i32.const 4))
         (i32.const 0)",
    ));
    // The ladder's last frame is at `depth`, the program one below.
    let answer = vec![4, 3, 2, 1];
    assert_eq!(from_depth(&mut scene, 1_023, program), (true, answer));
    assert_eq!(from_depth(&mut scene, 1_024, program), (false, vec![]));
}

#[test]
fn a_program_at_the_limit_cannot_call_and_gets_its_gas_back() {
    let mut scene = Scene::new();
    let leaf = scene.evm(answers(1));
    let other = scene.program(&Program::new("(i32.const 0)"));
    for callee in [leaf, other] {
        for (name, value, constants) in [
            ("call_contract", "(i32.const 128)", 6),
            ("delegate_call_contract", "", 5),
            ("static_call_contract", "", 5),
        ] {
            let probe = Program::probe(format!(
                "(i32.store (i32.const 256) (call ${name} (i32.const 64) (i32.const 0) (i32.const 0)
                    {value} (i64.const -1) (i32.const 260)))"
            ))
            .data(64, callee)
            .data(260, [0xff; 4]);
            let program = scene.program(&probe);
            let (success, data) = from_depth(&mut scene, 1_022, program);
            assert!(success);
            assert_eq!(data[256], 0, "{name}");
            let (success, data) = from_depth(&mut scene, 1_023, program);
            assert!(success);
            assert_eq!(data[256..264], [2, 0, 0, 0, 0, 0, 0, 0], "{name}");
            let ink = u64::from_le_bytes(data[0xff8..].try_into().unwrap()) - crate::program::BARE;
            let expected =
                calling(constants + 1) + API_THREE + 2 * read(0) + 825 + COLD_ACCOUNT * GAS;
            assert_eq!(ink, expected, "{name}");
        }
    }
}

#[test]
fn a_program_at_the_limit_cannot_create_and_pays_for_the_attempt() {
    let mut scene = Scene::new();
    let probe = Program::probe(
        "(call $create1 (i32.const 64) (i32.const 1) (i32.const 96) (i32.const 128) (i32.const 160))",
    )
    .data(128, [0xff; 36]);
    let program = scene.program(&probe);
    let (_, data) = from_depth(&mut scene, 1_023, program);
    assert_eq!(data[128..148], [0; 20]);
    assert_eq!(data[160..164], [0; 4]);
    let ink = u64::from_le_bytes(data[0xff8..].try_into().unwrap()) - crate::program::BARE;
    assert_eq!(ink, calling(5) + API_THREE + 2 * read(1) + 32_000 * GAS);
}

#[test]
fn programs_alone_nest_as_deep_as_their_pages_allow() {
    // Calls itself with the rest of its gas and returns how often that worked; a page each.
    let program = Program::new(
        "(call $contract_address (i32.const 0))
         (if (i32.eqz (call $call_contract (i32.const 0) (i32.const 64) (i32.const 0)
                (i32.const 64) (i64.const -1) (i32.const 128)))
            (then (drop (call $read_return_data (i32.const 32) (i32.const 0) (i32.const 4)))))
         (i32.store (i32.const 32) (i32.add (i32.load (i32.const 32)) (i32.const 1)))
         (call $write_result (i32.const 32) (i32.const 4))
         (i32.const 0)",
    );
    let mut scene = Scene::new();
    let program = scene.program(&program);
    let message = Message {
        gas_limit: 1 << 44,
        trace: false,
        ..scene.message(program, [])
    };
    // 128 pages may be open; the 129th frame is refused.
    assert_eq!(scene.run(&message).output, 128u32.to_le_bytes().to_vec());
}
