//! Storage: the cache of the frame, and what reaches the chain.

use crate::{
    price::*,
    program::{nops, repeat, word, Program},
    scene::{Reading, Scene},
};
use alloy::primitives::{Address, U256};
use devnode::exec::Status;

/// The key stands at 64, the words 1, 2 and 0 at 96, 128 and 160.
fn probe(code: impl Into<String>) -> Program {
    Program::probe(code)
        .data(64, word(KEY))
        .data(96, word(1))
        .data(128, word(2))
}

const KEY: u64 = 0x5107;
const LOAD: &str = "(call $storage_load_bytes32 (i32.const 64) (i32.const 192))";
const FLUSH: &str = "(call $storage_flush_cache (i32.const 0))";
const CLEAR: &str = "(call $storage_flush_cache (i32.const 1))";
/// Burns about 138,000 gas by hashing, so that refunds stay below a fifth of what is used.
const BURN: &str = "(loop $burn
    (call $native_keccak256 (i32.const 0) (i32.const 32768) (i32.const 192))
    (br_if $burn (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64))))";

fn cache(value: u64) -> String {
    let at = [160, 96, 128][usize::try_from(value).unwrap()];
    format!("(call $storage_cache_bytes32 (i32.const 64) (i32.const {at}))")
}

/// A chain with the probe on it and `value` in its slot.
fn scene(probe: &Program, value: u64) -> (Scene, Address) {
    let mut scene = Scene::new();
    let program = scene.program(probe);
    if value != 0 {
        scene
            .state
            .set_storage(program, U256::from(KEY), U256::from(value));
    }
    (scene, program)
}

fn read(probe: &Program, value: u64) -> Reading {
    let (mut scene, program) = scene(probe, value);
    let message = scene.message(program, []);
    scene.probe_with(&message)
}

/// What a flush costs that has something to write, without the gas of writing it.
const FLUSHING: u64 = ONE + CALL + API_ONLY;
const LOADING: u64 = 2 * ONE + CALL + TWO_PTR;

#[test]
fn a_load_costs_a_cold_read_and_the_way_to_the_chain() {
    let reading = read(&probe(LOAD), 7);
    assert_eq!(reading.ink, LOADING + (COLD_SLOT + MISS) * GAS);
    assert_eq!(reading.word(192), U256::from(7));
}

#[test]
fn a_load_of_a_warm_slot_costs_a_warm_read() {
    // Warm by an earlier miss: the cache is dropped in between.
    let reading = read(&probe(LOAD).setup(LOAD).setup(CLEAR), 7);
    assert_eq!(reading.ink, LOADING + (WARM + MISS) * GAS);
    // Warm by the transaction's access list.
    let (mut scene, program) = scene(&probe(LOAD), 7);
    let mut message = scene.message(program, []);
    message.access_list = vec![(program, vec![word(KEY).into()])];
    let reading = scene.probe_with(&message);
    assert_eq!(reading.ink, LOADING + (WARM + MISS) * GAS);
}

#[test]
fn a_load_of_what_is_cached_costs_no_gas() {
    for setup in [LOAD.to_owned(), cache(2)] {
        let reading = read(&probe(LOAD).setup(&setup), 7);
        assert_eq!(reading.ink, LOADING);
    }
    // And shows what was written last, though the chain does not have it.
    let reading = read(&probe(LOAD).setup(&cache(2)), 7);
    assert_eq!(reading.word(192), U256::from(2));
}

#[test]
fn reads_of_the_cache_cost_more_as_they_go_on() {
    for count in [1u64, 32, 33, 128, 129, 140] {
        let reading = read(&probe(repeat(count, LOAD)), 7);
        // 32 free, the next 96 at 2 gas, all others at 10.
        let reads = count.clamp(32, 128) - 32;
        let more = count.max(128) - 128;
        let inside = count * LOADING + (COLD_SLOT + MISS + 2 * reads + 10 * more) * GAS;
        assert_eq!(reading.ink, repeating(count, inside), "{count}");
    }
}

#[test]
fn dropping_the_cache_does_not_make_reads_cheap_again() {
    let reading = read(&probe(LOAD).setup(&repeat(32, LOAD)).setup(CLEAR), 7);
    assert_eq!(reading.ink, LOADING + (2 + WARM + MISS) * GAS);
}

#[test]
fn writes_of_the_cache_cost_more_as_they_go_on() {
    for count in [1u64, 8, 9, 64, 65, 70] {
        let reading = read(&probe(repeat(count, &cache(1))), 7);
        // 8 free, the next 56 at 7 gas, all others at 10.
        let writes = count.clamp(8, 64) - 8;
        let more = count.max(64) - 64;
        let inside = count * (2 * ONE + CALL + TWO_PTR) + (7 * writes + 10 * more) * GAS;
        assert_eq!(reading.ink, repeating(count, inside), "{count}");
    }
}

#[test]
fn a_flush_of_nothing_costs_its_base() {
    for setup in [String::new(), LOAD.into(), format!("{}{FLUSH}", cache(1))] {
        for flush in [FLUSH, CLEAR] {
            assert_eq!(read(&probe(flush).setup(&setup), 7).ink, FLUSHING);
        }
    }
    // Written as it was read.
    let same = probe(FLUSH).setup(LOAD).setup(&cache(1));
    assert_eq!(read(&same, 1).ink, FLUSHING);
    // Changed and changed back.
    let same = same.setup(&cache(2)).setup(&cache(1));
    assert_eq!(read(&same, 1).ink, FLUSHING);
}

/// EIP-2200 as EIP-2929 and EIP-3529 left it: what the slot has before the transaction, what an
/// earlier flush put there, what is written now, gas of writing, gas refunded by it.
const WRITES: &[(u64, Option<u64>, u64, u64, i64)] = &[
    // First touched here.
    (0, None, 1, 2_100 + 20_000, 0),
    (0, None, 0, 2_100 + 100, 0),
    (1, None, 2, 5_000, 0),
    (1, None, 1, 2_100 + 100, 0),
    (1, None, 0, 5_000, 4_800),
    // Written a second time.
    (0, Some(1), 2, 100, 0),
    (0, Some(1), 0, 100, 20_000 - 100),
    (1, Some(2), 0, 100, 4_800),
    (1, Some(2), 1, 100, 5_000 - 2_100 - 100),
    (1, Some(0), 2, 100, -4_800),
    (1, Some(0), 1, 100, -4_800 + 5_000 - 2_100 - 100),
    // As it is already, which the cleared cache does not know.
    (0, Some(1), 1, 100, 0),
    (1, Some(0), 0, 100, 0),
];

#[test]
fn a_flush_costs_what_writing_the_slot_costs_in_the_evm() {
    for &(original, current, new, gas, refund) in WRITES {
        let mut program = probe(FLUSH).setup(BURN);
        let mut before = 0;
        if let Some(current) = current {
            program = program.setup(&cache(current)).setup(CLEAR);
            before = if current == 0 && original != 0 {
                4_800
            } else {
                0
            };
        }
        let program = program.setup(&cache(new));
        let (mut scene, address) = scene(&program, original);
        let message = scene.message(address, []);
        let reading = scene.probe_with(&message);
        let case = format!("{original} {current:?} {new}");
        assert_eq!(reading.ink, FLUSHING + gas * GAS, "{case}");
        let refunded = i64::try_from(reading.outcome.gas_refunded).unwrap();
        assert_eq!(refunded, before + refund, "{case}");
        let stored = scene.state.storage(address, U256::from(KEY));
        assert_eq!(stored, U256::from(new), "{case}");
    }
}

#[test]
fn a_flush_must_be_paid_for_to_the_gas() {
    // Two slots, none of which was ever written: 0 and, 32 bytes further on, 1.
    let writes = 2 * (2_100 + 20_000);
    let body = format!(
        "(i32.store8 (i32.const 95) (i32.const 1))
         (call $storage_cache_bytes32 (i32.const 32) (i32.const 64))
         (call $storage_cache_bytes32 (i32.const 64) (i32.const 64))
         {FLUSH}
         (i32.const 0)"
    );
    // Up to the flush, its base included, and what is left of a gas to end with.
    let before = HEAD + 2 * ONE + 825 + 2 * (2 * ONE + CALL + TWO_PTR) + FLUSHING - HEAD;
    let rest = HEAD + 2 * ONE;
    let fill = (before + rest).next_multiple_of(GAS) - before - rest;
    for (left, enough) in [(writes, true), (writes - 1, false), (2_100, false)] {
        let program = Program::new(&body).setup(&nops(fill));
        let mut scene = Scene::new();
        let address = scene.program(&program);
        // Run once to be recent, without enough to write.
        let mut message = scene.message(address, []);
        message.gas_limit = INTRINSIC + 20_000;
        scene.run(&message);
        message.gas_limit = INTRINSIC + program.start() + (before + rest + fill) / GAS + left;
        let outcome = scene.run(&message);
        assert_eq!(outcome.is_success(), enough, "{left}");
        assert_eq!(outcome.gas_used, message.gas_limit, "{left}");
        let one = U256::from(u8::from(enough));
        assert_eq!(scene.state.storage(address, U256::ZERO), one, "{left}");
        assert_eq!(scene.state.storage(address, U256::from(1)), one, "{left}");
    }
}

#[test]
fn a_slot_that_was_read_is_warm_and_known_when_it_is_written() {
    for (original, new, gas) in [(0, 1, 20_000), (1, 2, 2_900), (1, 0, 2_900)] {
        let program = probe(FLUSH).setup(LOAD).setup(&cache(new));
        assert_eq!(read(&program, original).ink, FLUSHING + gas * GAS);
    }
}

#[test]
fn a_flush_writes_each_slot_that_changed_once() {
    // Slots 0 to 9, each written twice; slot 3 is read and written as it was.
    let program = Program::probe(FLUSH)
        .setup("(call $storage_load_bytes32 (i32.const 192) (i32.const 800))
            (loop $again
                (call $storage_cache_bytes32 (i32.mul (local.get $i) (i32.const 64)) (i32.const 704))
                (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                    (i32.const 10))))
            (local.set $i (i32.const 0))
            (loop $again
                (call $storage_cache_bytes32 (i32.mul (local.get $i) (i32.const 64)) (i32.const 736))
                (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                    (i32.const 10))))")
        .data(704, word(1))
        .data(736, word(2));
    let program = (0..10).fold(program, |program, slot| {
        program.data(u32::try_from(slot).unwrap() * 64, word(slot))
    });
    let mut scene = Scene::new();
    let address = scene.program(&program);
    scene
        .state
        .set_storage(address, U256::from(3), U256::from(2));
    let message = scene.message(address, []);
    let reading = scene.probe_with(&message);
    assert_eq!(reading.ink, FLUSHING + 9 * (2_100 + 20_000) * GAS);
    for slot in 0..10 {
        assert_eq!(
            scene.state.storage(address, U256::from(slot)),
            U256::from(2)
        );
    }
}

#[test]
fn what_is_not_flushed_is_lost() {
    let (mut scene, address) = scene(&probe(cache(2)), 1);
    scene.ok(address, []);
    assert_eq!(scene.state.storage(address, U256::from(KEY)), U256::from(1));
}

#[test]
fn what_is_flushed_is_undone_when_the_program_reverts() {
    let body = format!("{} {FLUSH} (i32.const 1)", cache(2));
    let program = Program::new(body).data(64, word(KEY)).data(128, word(2));
    let (mut scene, address) = scene(&program, 1);
    let outcome = scene.call(address, []);
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(outcome.gas_refunded, 0);
    assert_eq!(scene.state.storage(address, U256::from(KEY)), U256::from(1));
}

#[test]
fn the_cache_belongs_to_the_frame() {
    // Calls itself once, with one byte: the inner frame reads, writes 2 and flushes. The outer one
    // has read before, and sees the old value until it drops its cache.
    let program = Program::new(format!(
        "(if (result i32) (local.get $len)
            (then {write} {FLUSH} (i32.const 0))
            (else
                {LOAD}
                (call $contract_address (i32.const 256))
                (drop (call $call_contract (i32.const 256) (i32.const 0) (i32.const 1)
                    (i32.const 160) (i64.const -1) (i32.const 300)))
                {LOAD}
                (call $storage_load_bytes32 (i32.const 64) (i32.const 320))
                {CLEAR}
                (call $storage_load_bytes32 (i32.const 64) (i32.const 352))
                (call $write_result (i32.const 320) (i32.const 64))
                (i32.const 0)))",
        write = cache(2)
    ))
    .data(64, word(KEY))
    .data(128, word(2));
    let (mut scene, address) = scene(&program, 1);
    let expected = [word(1), word(2)].concat();
    assert_eq!(scene.ok(address, []), expected);
}
