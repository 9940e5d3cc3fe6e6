//! Where gas goes, by the recorder: parts worked out by hand, and sums that leave nothing out.

use super::*;
use crate::chain::{host_steps, HostStep};
use crate::exec::{HostUse, Profile, ProgramProfile};

/// Asserts that the parts of every frame add up to its gas, and all frames to the transaction's.
#[track_caller]
fn assert_adds_up(outcome: &Outcome) {
    assert!(!outcome.frames.is_empty());
    let mut all = outcome.intrinsic_gas();
    for frame in &outcome.frames {
        let Profile {
            children, program, ..
        } = &frame.profile;
        assert_eq!(
            frame.profile.own() + children,
            frame.gas_used,
            "frame of {} {:?}",
            frame.to,
            frame.profile
        );
        assert_eq!(program.is_some(), frame.is_stylus);
        if let Some(program) = program {
            assert_eq!(frame.profile.evm, 0);
            // A program that started has a price; its ink comes to whole gas.
            assert_eq!(program.ink() % program.ink_price.max(1), 0, "{program:?}");
        }
        all += frame.profile.own();
    }
    assert_eq!(all, outcome.gas_used + outcome.gas_refunded);
}

fn program_of(outcome: &Outcome, frame: usize) -> &ProgramProfile {
    outcome.frames[frame].profile.program.as_ref().unwrap()
}

/// A program that writes slot 0 and calls the account whose address stands at byte 64.
fn writer(callee: Address) -> String {
    let address: String = callee.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!(
        r#"(module
            (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
            (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
            (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
            (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 63) "\01{address}")
            (func (export "user_entrypoint") (param i32) (result i32)
                (call $cache (i32.const 0) (i32.const 32))
                (call $flush (i32.const 0))
                (call $static (i32.const 64) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 96))))"#
    )
}

/// PUSH1 1, PUSH1 2, ADD, STOP: nine gas.
const NINE: [u8; 6] = [0x60, 1, 0x60, 2, 0x01, 0x00];

#[test]
fn each_part_of_a_program_is_what_the_table_says() {
    let mut chain = Chain::new();
    let callee = chain.deploy(&NINE);
    let program = chain.wat(&writer(callee));
    let outcome = chain.send(Some(program), 0, vec![]);
    assert_eq!(outcome.status, Status::Success);
    assert_adds_up(&outcome);

    let code_hash = chain.state.account(program).unwrap().code_hash;
    let record = chain.state.program(code_hash).unwrap();
    let spent = program_of(&outcome, 0);
    // 69 units of 128 and 11 of 32 at the least; it was never cached.
    assert_eq!(
        spent.init,
        69 * 128 + u64::from(record.init_cost) + 11 * 32 + u64::from(record.cached_cost)
    );
    // One page of the two that are free.
    assert_eq!(spent.memory, 0);
    // Four blocks: (const, const, call), (const, call), (four i32.const and one i64.const, call), (end).
    assert_eq!(
        spent.opcodes,
        4 * 2_450 + (2 + 3_800) + (1 + 3_800) + (5 + 3_800) + 1
    );
    let hosts: Vec<_> = spent
        .hosts
        .iter()
        .map(|(name, host)| (*name, *host))
        .collect();
    let used = |ink, gas| HostUse { calls: 1, ink, gas };
    assert_eq!(
        hosts,
        [
            // A call: 8,400 + 59,673 + 3 pointers of 5,040; reading no bytes, twice 16,381. A cold account.
            (
                "static_call_contract",
                used(8_400 + 59_673 + 3 * 5_040 + 2 * 16_381, 2_600)
            ),
            // Two pointers; the first eight writes to the cache are free.
            ("storage_cache_bytes32", used(8_400 + 2 * 5_040, 0)),
            // Zero to one in a cold slot.
            ("storage_flush_cache", used(8_400 + 59_673, 20_000 + 2_100)),
        ]
    );
    // 21,209 ink of opcodes and 202,508 of host functions leave 6,283 of the last gas.
    assert_eq!(spent.opcodes + spent.host_ink(), 223_717);
    assert_eq!(spent.rounding, 6_283);
    assert_eq!((spent.output, spent.forfeited), (0, 0));
    assert_eq!(outcome.frames[0].profile.children, 9);
    assert_eq!(outcome.frames[1].profile.evm, 9);
    assert_eq!(outcome.intrinsic_gas(), 21_000);
}

#[test]
fn nothing_is_recorded_unless_asked_for_and_nothing_costs_more_when_it_is() {
    let mut chain = Chain::new();
    let callee = chain.deploy(&NINE);
    let program = chain.wat(&writer(callee));
    let traced = chain.message(Some(program), 0, vec![]);
    let plain = Message {
        trace: false,
        ..traced.clone()
    };
    let traced = simulate(&chain.state, &chain.block, &traced).unwrap();
    let plain = simulate(&chain.state, &chain.block, &plain).unwrap();
    assert!(plain.frames.is_empty());
    assert_eq!(traced.frames.len(), 2);
    assert_eq!(plain.gas_used, traced.gas_used);
}

#[test]
fn parts_add_up_however_frames_end() {
    let mut chain = Chain::new();
    let one = chain.scripted();
    let other = chain.wat(&writer(one));
    let evm = chain.deploy(&forwarder(0xf1, one));
    let script = Script::new;
    let inner = || script().store(1, 2).flush(true).log(1, &[7; 40]).load(1);
    let cases: Vec<(&str, Script)> = vec![
        ("returns", inner()),
        ("reverts", inner().end(1)),
        ("exits early", inner().exit_early(0)),
        ("traps", inner().trap()),
        (
            "runs out of ink",
            inner().call_with(Kind::Call, one, 0, 100_000, script().spin()),
        ),
        (
            "runs out of stack",
            inner().call_with(Kind::Call, one, 0, 9_000_000, script().recurse()),
        ),
        ("grows", inner().grow(5)),
        ("through EVM code", inner().call(Kind::Call, evm, inner())),
        ("borrowed", inner().call(Kind::Delegate, one, inner())),
        (
            "statically",
            inner().call(Kind::Static, one, script().load(1)),
        ),
        (
            "writes statically",
            inner().call_with(Kind::Static, one, 0, 500_000, inner()),
        ),
        (
            "sends value",
            inner().call_with(Kind::Call, evm, 5, 1_000_000, script().who()),
        ),
        (
            "sends value to nobody",
            inner().call_with(Kind::Call, Address::repeat_byte(9), 5, 0, vec![]),
        ),
        (
            "sends what it has not",
            inner().call_with(Kind::Call, evm, 1 << 60, 1_000_000, vec![]),
        ),
        (
            "too little to start",
            inner().call_with(Kind::Call, other, 0, 300, vec![]),
        ),
        ("another program", inner().call(Kind::Call, other, vec![])),
        (
            "a precompile",
            inner().call(Kind::Call, ARB_WASM, vec![1, 2, 3, 4]),
        ),
        (
            "Ethereum's own",
            inner().call(Kind::Call, Address::with_last_byte(4), vec![9; 100]),
        ),
        ("creates", inner().create(3, None, &init_code(&NINE))),
        ("creates at", inner().create(0, Some(8), &init_code(&NINE))),
        ("creates in vain", inner().create(0, None, &[0xfe])),
        ("looks", inner().account(evm)),
    ];
    for (name, script) in cases {
        for to in [one, evm] {
            let message = chain.message(Some(to), 100, script.clone().into());
            let outcome = simulate(&chain.state, &chain.block, &message).unwrap();
            println!("{name}: {:?}", outcome.status);
            assert_adds_up(&outcome);
        }
    }
}

#[test]
fn what_a_failed_program_did_not_spend_is_forfeited() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let outcome = chain.send(Some(program), 0, Script::new().recurse().into());
    assert_adds_up(&outcome);
    let spent = program_of(&outcome, 0);
    assert_eq!(outcome.frames[0].gas_used, outcome.frames[0].gas_limit);
    let gas = spent.init + (spent.ink() / 10_000);
    assert_eq!(spent.forfeited, outcome.frames[0].gas_limit - gas);
    assert!(spent.forfeited > 0);
}

fn step(name: &str, args: impl Into<Vec<u8>>, outs: impl Into<Vec<u8>>) -> HostStep {
    HostStep {
        name: name.into(),
        args: Bytes::from(args.into()),
        outs: Bytes::from(outs.into()),
        start_ink: 0,
        end_ink: 0,
        address: None,
        steps: None,
    }
}

/// The same without ink.
fn inkless(steps: Vec<HostStep>) -> Vec<HostStep> {
    let bare = |step: HostStep| HostStep {
        start_ink: 0,
        end_ink: 0,
        steps: step.steps.map(inkless),
        ..step
    };
    steps.into_iter().map(bare).collect()
}

#[test]
fn host_functions_are_shown_as_nitros_tracer_shows_them() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let evm = chain.deploy(&forwarder(0xfa, program));
    let args = Vec::from(Script::new().store(7, 8).flush(true).load(7).call(
        Kind::Static,
        evm,
        Script::new().number(),
    ));
    let inner = Vec::from(Script::new().number());
    let outcome = chain.send(Some(program), 0, args.clone());
    assert_eq!(outcome.status, Status::Success);

    let number = 77u64;
    let length = |len: usize| (len as u32).to_be_bytes();
    let innermost = vec![
        step("user_entrypoint", length(inner.len()), []),
        step("read_args", [], inner.clone()),
        step("block_number", [], number.to_be_bytes()),
        // As it lies in memory.
        step("write_result", number.to_le_bytes(), []),
        step("user_returned", [], [0; 4]),
    ];
    let through = HostStep {
        address: Some(program),
        steps: Some(innermost),
        ..step("evm_static_call_contract", [], [])
    };
    let returned = number.to_le_bytes();
    let call = HostStep {
        address: Some(evm),
        steps: Some(vec![through]),
        ..step(
            "static_call_contract",
            [evm.as_slice(), &[0xff; 8], &inner].concat(),
            [0, 0, 0, 8, 0],
        )
    };
    let expected = vec![
        step("user_entrypoint", length(args.len()), []),
        step("read_args", [], args),
        step("storage_cache_bytes32", [word(7), word(8)].concat(), []),
        step("storage_flush_cache", [1], []),
        step("storage_load_bytes32", word(7), word(8)),
        call,
        step("return_data_size", [], length(8)),
        step(
            "read_return_data",
            [length(0), length(8)].concat(),
            returned,
        ),
        step(
            "write_result",
            [word(8).as_slice(), &[0], &returned].concat(),
            [],
        ),
        step("user_returned", [], [0; 4]),
    ];
    assert_eq!(inkless(host_steps(&outcome)), expected);
}

#[test]
fn a_step_shows_the_ink_before_and_after() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let outcome = chain.send(Some(program), 0, Script::new().store(1, 1).into());
    let steps = host_steps(&outcome);
    let cache = steps
        .iter()
        .find(|step| step.name == "storage_cache_bytes32");
    let cache = cache.unwrap();
    assert_eq!(cache.start_ink - cache.end_ink, 8_400 + 2 * 5_040);
    let gas = outcome.frames[0].gas_limit - program_of(&outcome, 0).init;
    assert_eq!(steps[0].start_ink, gas * 10_000);
}

#[test]
fn a_creation_is_a_step_of_its_own_before_the_host_function() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let init = init_code(&NINE);
    let outcome = chain.send(
        Some(program),
        0,
        Script::new().create(0, Some(8), &init).into(),
    );
    let steps = inkless(host_steps(&outcome));
    let created = program.create2(word(8), alloy::primitives::keccak256(&init));
    let at = steps
        .iter()
        .position(|step| step.name == "create2")
        .unwrap();
    assert_eq!(
        steps[at],
        step(
            "create2",
            [word(0).as_slice(), &word(8), &init].concat(),
            [created.as_slice(), &[0; 4]].concat()
        )
    );
    assert_eq!(
        steps[at - 1],
        HostStep {
            address: Some(created),
            steps: Some(vec![]),
            ..step("evm_create2", [], [])
        }
    );
}
