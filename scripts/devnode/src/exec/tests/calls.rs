//! Calls in both directions.

use super::*;

#[test]
fn a_program_sees_who_calls_it_and_with_what() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let outcome = chain.send(Some(program), 5, Script::new().who().number().into());
    let expected = [
        ALICE.as_slice(),
        program.as_slice(),
        ALICE.as_slice(),
        &word(5),
        &77u64.to_le_bytes(),
    ]
    .concat();
    assert_eq!(outcome.output, expected);
    assert_eq!(chain.state.balance(program), U256::from(5));
}

#[test]
fn evm_calls_a_program_that_calls_evm() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let outer = chain.deploy(&forwarder(0xf1, program));
    let inner = chain.deploy(&forwarder(0xf1, program));
    let script = Script::new()
        .who()
        .call_with(Kind::Call, inner, 3, u64::MAX, Script::new().who());
    let outcome = chain.send(Some(outer), 7, script.into());
    let expected = [
        outer.as_slice(),
        program.as_slice(),
        ALICE.as_slice(),
        &word(7),
        &[0],
        inner.as_slice(),
        program.as_slice(),
        ALICE.as_slice(),
        &word(3),
    ]
    .concat();
    assert_eq!(outcome.output, expected);
    let stylus: Vec<bool> = outcome.frames.iter().map(|frame| frame.is_stylus).collect();
    assert_eq!(stylus, [false, true, false, true]);
    let depths: Vec<usize> = outcome.frames.iter().map(|frame| frame.depth).collect();
    assert_eq!(depths, [0, 1, 2, 3]);
    // 7 in, of which 3 went out and came back.
    assert_eq!(chain.state.balance(program), U256::from(7));
}

#[test]
fn delegatecall_keeps_sender_value_and_address() {
    let mut chain = Chain::new();
    let library = chain.scripted();
    let proxy = chain.deploy(&forwarder(0xf4, library));
    let write = Script::new().who().store(1, 42).flush(false);
    let outcome = chain.send(Some(proxy), 9, write.into());
    let expected = [
        ALICE.as_slice(),
        proxy.as_slice(),
        ALICE.as_slice(),
        &word(9),
    ]
    .concat();
    assert_eq!(outcome.output, expected);
    assert_eq!(chain.state.storage(proxy, U256::from(1)), U256::from(42));
    assert_eq!(chain.state.storage(library, U256::from(1)), U256::ZERO);
    assert_eq!(chain.state.balance(proxy), U256::from(9));

    // The same out of a program: it acts as its caller does.
    let inner = Script::new().who().store(2, 43).flush(false);
    let outcome = chain.send(
        Some(proxy),
        1,
        Script::new().call(Kind::Delegate, library, inner).into(),
    );
    let expected = [
        &[0],
        ALICE.as_slice(),
        proxy.as_slice(),
        ALICE.as_slice(),
        &word(1),
    ]
    .concat();
    assert_eq!(outcome.output, expected);
    assert_eq!(chain.state.storage(proxy, U256::from(2)), U256::from(43));
}

#[test]
fn a_reverting_callee_is_rolled_back_and_its_data_returned() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let other = chain.deploy(&forwarder(0xf1, program));
    let doomed = Script::new()
        .store(1, 1)
        .flush(false)
        .log(0, b"lost")
        .who()
        .end(1);
    let script = Script::new()
        .store(2, 2)
        .flush(false)
        .log(0, b"kept")
        .call_with(Kind::Call, other, 4, u64::MAX, doomed);
    let outcome = chain.send(Some(program), 4, script.into());
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(outcome.output[0], 2);
    assert_eq!(&outcome.output[1..21], other.as_slice());
    assert_eq!(chain.state.storage(program, U256::from(1)), U256::ZERO);
    assert_eq!(chain.state.storage(program, U256::from(2)), U256::from(2));
    assert_eq!(chain.state.balance(program), U256::from(4));
    let logs: Vec<&[u8]> = outcome
        .logs
        .iter()
        .map(|log| log.data.data.as_ref())
        .collect();
    assert_eq!(logs, [b"kept"]);
}

#[test]
fn a_reverting_program_leaves_nothing() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let script = Script::new()
        .store(1, 1)
        .flush(false)
        .log(0, b"lost")
        .number()
        .end(1);
    let outcome = chain.send(Some(program), 3, script.into());
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(outcome.output, 77u64.to_le_bytes().to_vec());
    assert_eq!(outcome.logs, []);
    assert_eq!(chain.state.storage(program, U256::from(1)), U256::ZERO);
    assert_eq!(chain.state.balance(program), U256::ZERO);
}

#[test]
fn a_trap_reverts_without_data_and_returns_gas() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let outcome = chain.send(Some(program), 0, Script::new().who().trap().into());
    assert_eq!(outcome.status, Status::Revert);
    assert!(outcome.output.is_empty());
    assert!(outcome.gas_used < 100_000, "{}", outcome.gas_used);
    assert!(outcome.reason.unwrap().contains("unreachable"));
}

#[test]
fn running_out_of_ink_or_stack_takes_all_gas() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    for script in [Script::new().spin(), Script::new().recurse()] {
        let mut message = chain.message(Some(program), 0, script.into());
        message.gas_limit = 3_000_000;
        let outcome = transact(&mut chain.state, &chain.block, &message, Mode::Commit).unwrap();
        assert!(
            matches!(outcome.status, Status::Halt(_)),
            "{:?}",
            outcome.status
        );
        assert_eq!(outcome.gas_used, 3_000_000);
    }
}

#[test]
fn a_callee_that_runs_out_of_gas_costs_its_gas_alone() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let script = Script::new()
        .call_with(Kind::Call, program, 0, 50_000, Script::new().spin())
        .number();
    let outcome = chain.send(Some(program), 0, script.into());
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(outcome.output, [&[2u8][..], &77u64.to_le_bytes()].concat());
    assert_eq!(outcome.frames[1].gas_used, 50_000);
}

#[test]
fn exit_early_ends_at_once_with_the_result_written() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let outcome = chain.send(
        Some(program),
        0,
        Script::new().number().exit_early(0).trap().into(),
    );
    assert_eq!((outcome.status, outcome.output.len()), (Status::Success, 8));
    let outcome = chain.send(
        Some(program),
        0,
        Script::new().number().exit_early(7).trap().into(),
    );
    assert_eq!((outcome.status, outcome.output.len()), (Status::Revert, 8));
}

#[test]
fn a_static_frame_cannot_write_log_create_or_pay() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let writes = [
        Script::new().store(1, 1).flush(false),
        Script::new().transient_store(1, 1),
        Script::new().log(0, b"x"),
        Script::new().create(0, None, &[0x00]),
        // Static as well one call further down.
        Script::new()
            .call(Kind::Call, program, Script::new().store(1, 1).flush(false))
            .trap(),
    ];
    for write in writes {
        let outcome = chain.send(
            Some(program),
            0,
            Script::new().call(Kind::Static, program, write).into(),
        );
        assert_eq!(outcome.status, Status::Success);
        assert_eq!(outcome.output, [2].to_vec());
    }
    // Paying fails the call, not the caller.
    let pay = Script::new().call_with(Kind::Call, ALICE, 1, u64::MAX, []);
    let outcome = chain.send(
        Some(program),
        10,
        Script::new().call(Kind::Static, program, pay).into(),
    );
    assert_eq!(outcome.output, [0, 2].to_vec());
    // Reading is allowed, and so is flushing what is clean.
    let read = Script::new()
        .load(1)
        .store(1, 0)
        .flush(false)
        .transient_load(1);
    let outcome = chain.send(
        Some(program),
        0,
        Script::new().call(Kind::Static, program, read).into(),
    );
    assert_eq!(outcome.output, [0u8; 65].to_vec());
}

#[test]
fn a_program_entered_again_knows_it_but_not_a_library() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let back = chain.deploy(&forwarder(0xf1, program));
    let script = Script::new()
        .reentrant()
        .call(Kind::Call, back, Script::new().reentrant())
        .call(Kind::Call, program, Script::new().reentrant())
        .call(Kind::Delegate, program, Script::new().reentrant())
        .reentrant();
    let outcome = chain.send(Some(program), 0, script.into());
    assert_eq!(outcome.output, [0, 0, 1, 0, 1, 0, 0, 0].to_vec());

    // Behind a proxy it is the proxy's address that counts.
    let proxy = chain.deploy(&forwarder(0xf4, program));
    let script = Script::new()
        .reentrant()
        .call(Kind::Call, program, Script::new().reentrant())
        .call(Kind::Call, proxy, Script::new().reentrant());
    let outcome = chain.send(Some(proxy), 0, script.into());
    assert_eq!(outcome.output, [0, 0, 0, 0, 1].to_vec());
}

#[test]
fn logs_carry_address_topics_and_data_in_order() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let first = [&word(1)[..], &word(2), b"data"].concat();
    let script = Script::new().log(2, &first).log(0, b"");
    let outcome = chain.send(Some(program), 0, script.into());
    assert_eq!(outcome.logs.len(), 2);
    assert_eq!(outcome.logs[0].address, program);
    assert_eq!(outcome.logs[0].topics(), [word(1), word(2)]);
    assert_eq!(outcome.logs[0].data.data, b"data".to_vec());
    assert!(outcome.logs[1].topics().is_empty());
    // More than four topics, or fewer bytes than topics, is a failure.
    for (topics, data) in [(5, vec![0; 160]), (1, vec![0; 31])] {
        let outcome = chain.send(Some(program), 0, Script::new().log(topics, &data).into());
        assert_eq!(outcome.status, Status::Revert);
    }
}

#[test]
fn a_program_creates_contracts() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let init = init_code(&forwarder(0xf1, ALICE));
    let outcome = chain.send(
        Some(program),
        8,
        Script::new().create(3, None, &init).into(),
    );
    let created = Address::from_slice(&outcome.output[..20]);
    assert_eq!(created, program.create(1));
    assert_eq!(chain.state.code(created), forwarder(0xf1, ALICE));
    assert_eq!(chain.state.balance(created), U256::from(3));

    let outcome = chain.send(
        Some(program),
        0,
        Script::new().create(0, Some(9), &init).into(),
    );
    let created = Address::from_slice(&outcome.output[..20]);
    assert_eq!(created, program.create2_from_code(word(9), &init));

    // PUSH1 1, PUSH0, REVERT: one byte of revert data, and no address.
    let outcome = chain.send(
        Some(program),
        0,
        Script::new().create(0, None, &[0x60, 1, 0x5f, 0xfd]).into(),
    );
    assert_eq!(outcome.output, [0u8; 22].to_vec());
}

#[test]
fn calls_nest_to_the_limit_and_no_further() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    // EVM and program in turns: the program calls its forwarder, which calls the program with the
    // rest of the calldata. 64 levels of script, then as deep as the EVM goes by itself.
    let back = chain.deploy(&forwarder(0xf1, program));
    let mut script = Script::new().number();
    for _ in 0..6 {
        script = Script::new().call(Kind::Call, back, script);
    }
    let outcome = chain.send(Some(program), 0, script.into());
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(
        outcome.output,
        [&[0u8; 6][..], &77u64.to_le_bytes()].concat()
    );
    assert_eq!(outcome.frames.len(), 13);
    assert_eq!(outcome.frames.last().unwrap().depth, 12);

    // A program that calls itself until it is refused, and returns how often that worked.
    let deep = chain.wat(
        r#"(module
            (import "vm_hooks" "contract_address" (func $me (param i32)))
            (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
            (import "vm_hooks" "read_return_data" (func $read (param i32 i32 i32) (result i32)))
            (import "vm_hooks" "write_result" (func $write (param i32 i32)))
            (memory (export "memory") 0 0)
            (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#,
    );
    assert!(chain.peek(deep, vec![]).is_success());
    let deep = chain.wat(
        r#"(module
            (import "vm_hooks" "contract_address" (func $me (param i32)))
            (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
            (import "vm_hooks" "read_return_data" (func $read (param i32 i32 i32) (result i32)))
            (import "vm_hooks" "write_result" (func $write (param i32 i32)))
            (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32)
                (call $me (i32.const 0))
                (if (i32.eqz (call $call (i32.const 0) (i32.const 64) (i32.const 0) (i32.const 64) (i64.const -1) (i32.const 128)))
                    (then (drop (call $read (i32.const 32) (i32.const 0) (i32.const 4)))))
                (i32.store (i32.const 32) (i32.add (i32.load (i32.const 32)) (i32.const 1)))
                (call $write (i32.const 32) (i32.const 4))
                (i32.const 0)))"#,
    );
    // Every level keeps a 64th; the ramp of memory stops it at 128 pages unless it has gas for all.
    let mut message = chain.message(Some(deep), 0, vec![]);
    message.gas_limit = 1 << 44;
    message.trace = false;
    let outcome = simulate(&chain.state, &chain.block, &message).unwrap();
    assert_eq!(outcome.output, 128u32.to_le_bytes().to_vec());
}
