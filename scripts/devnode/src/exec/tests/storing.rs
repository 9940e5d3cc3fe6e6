//! Storage: the cache, the flush, and their prices.

use super::*;

/// Ink in a gas.
const GAS_INK: u64 = 10_000;

#[test]
fn what_is_not_flushed_is_lost() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    assert_eq!(
        chain.ok(program, Script::new().store(1, 5).load(1).into()),
        word(5).to_vec()
    );
    assert_eq!(chain.state.storage(program, U256::from(1)), U256::ZERO);
    chain.ok(program, Script::new().store(1, 5).flush(false).into());
    assert_eq!(chain.state.storage(program, U256::from(1)), U256::from(5));
}

#[test]
fn a_callee_does_not_see_what_is_not_flushed() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let look = Script::new().load(1);
    let script = Script::new()
        .store(1, 5)
        .call(Kind::Call, program, look.clone())
        .flush(false)
        .call(Kind::Call, program, look);
    let expected = [&[0][..], &word(0), &[0], &word(5)].concat();
    assert_eq!(chain.ok(program, script.into()), expected);
}

#[test]
fn a_cached_slot_hides_what_a_callee_wrote_until_cleared() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let write = Script::new().store(1, 6).flush(false);
    let script = Script::new()
        .load(1)
        .call(Kind::Call, program, write)
        .load(1)
        .flush(true)
        .load(1);
    let expected = [&word(0)[..], &[0], &word(0), &word(6)].concat();
    assert_eq!(chain.ok(program, script.into()), expected);
}

#[test]
fn transient_storage_is_shared_by_frames_and_ends_with_the_transaction() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let script = Script::new().transient_store(1, 5).call(
        Kind::Call,
        program,
        Script::new().transient_load(1),
    );
    assert_eq!(
        chain.ok(program, script.into()),
        [&[0][..], &word(5)].concat()
    );
    assert_eq!(
        chain.ok(program, Script::new().transient_load(1).into()),
        word(0).to_vec()
    );
}

/// Ink of `what` between two readings of `evm_ink_left`, less what two readings alone are apart.
fn ink_of(chain: &Chain, program: Address, before: Script, what: Script) -> u64 {
    let measure = |script: Script| {
        let output = chain
            .peek(program, [before.0.clone(), script.0].concat())
            .output;
        let at = |index: usize| u64::from_le_bytes(output[index..index + 8].try_into().unwrap());
        at(output.len() - 16) - at(output.len() - 8)
    };
    let ink = measure(Script::new().ink().push(what.0[0], &[&what.0[1..]]).ink());
    ink - measure(Script::new().ink().ink())
}

#[test]
fn writing_costs_what_sstore_costs_and_is_shared_with_the_evm() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    let flush_after = |before: Script| ink_of(&chain, program, before, Script::new().flush(false));
    // Interpreting the command and the host function itself: the same every time.
    let idle = flush_after(Script::new());
    // Cold, from zero: 2,100 + 20,000.
    assert_eq!(
        flush_after(Script::new().store(1, 5)) - idle,
        22_100 * GAS_INK
    );
    // Warm by a read, from zero.
    assert_eq!(
        flush_after(Script::new().load(1).store(1, 5)) - idle,
        20_000 * GAS_INK
    );
    // Dirty: written before in this transaction.
    assert_eq!(
        flush_after(Script::new().store(1, 5).flush(true).store(1, 6)) - idle,
        100 * GAS_INK
    );
    // What the chain has already: known, so not written at all.
    assert_eq!(flush_after(Script::new().load(1).store(1, 0)) - idle, 0);
    // The same not knowing: written for nothing, cold.
    assert_eq!(
        flush_after(Script::new().store(1, 0)) - idle,
        2_200 * GAS_INK
    );

    chain.ok(program, Script::new().store(1, 5).flush(false).into());
    let flush_after = |before: Script| ink_of(&chain, program, before, Script::new().flush(false));
    // From one value to another: 5,000 in all when cold.
    assert_eq!(
        flush_after(Script::new().store(1, 6)) - idle,
        5_000 * GAS_INK
    );
    assert_eq!(
        flush_after(Script::new().load(1).store(1, 6)) - idle,
        2_900 * GAS_INK
    );
}

#[test]
fn clearing_a_slot_is_refunded() {
    let mut chain = Chain::new();
    let program = chain.scripted();
    chain.ok(program, Script::new().store(1, 5).flush(false).into());
    let outcome = chain.send(
        Some(program),
        0,
        Script::new().store(1, 0).flush(false).into(),
    );
    assert_eq!(outcome.gas_refunded, 4_800);
    // Through a callee all the same, and not if it fails.
    chain.ok(program, Script::new().store(1, 5).flush(false).into());
    let clear = Script::new().store(1, 0).flush(false);
    let fails = Script::new().call(Kind::Call, program, clear.clone().end(1));
    assert_eq!(chain.send(Some(program), 0, fails.into()).gas_refunded, 0);
    let works = Script::new().call(Kind::Call, program, clear);
    assert_eq!(
        chain.send(Some(program), 0, works.into()).gas_refunded,
        4_800
    );
}
