//! Pages of memory: two are free in a transaction; each further one that is opened costs 1,000 gas; and
//! having p pages open for the first time in a transaction costs floor(31,874,000 ^ (p / 128)) in all.

use super::INTRINSIC;
use crate::price::{BASE, DROP, GAS, HEAD, LOCAL_GET, ONE};
use crate::program::{Program, BARE, READING};
use crate::scene::Scene;
use alloy::primitives::{Address, Bytes};
use devnode::exec::{pricing::Params, simulate, Frame, Message, Outcome, Status};

/// More than the whole memory costs, and than a transaction may have: these are calls that nobody keeps.
const PLENTY: u64 = 200_000_000;

/// floor(31,874,000 ^ (pages / 128)), in gas.
fn ramp(pages: u16) -> u64 {
    (31_874_000f64.ln() / 128.0).exp().powi(pages.into()) as u64
}

/// Gas for pages when `open` are in use, and `ever` were at most: by the published formula.
fn price(new: u64, open: u64, ever: u64) -> u64 {
    let after = open + new;
    let most = ever.max(after);
    if most <= 2 {
        return 0;
    }
    let linear = after.saturating_sub(2) - open.saturating_sub(2);
    1_000 * linear + ramp(most as u16) - ramp(ever as u16)
}

/// A probe that grows its one page by the number in its calldata.
fn grower() -> Program {
    Program::probe("(i32.store (i32.const 64) (memory.grow (i32.load (i32.const 0))))")
        .setup("(call $read_args (i32.const 0))")
        .memory("1")
}

/// Ink of that probe but for what the pages cost: two addresses, a load, the opcode and a store.
const GROWING: u64 = 2 * ONE + 670 + 8_050 + 825;

fn with_plenty(scene: &Scene, to: Address, data: impl Into<Bytes>) -> Outcome {
    let message = Message {
        gas_limit: PLENTY,
        ..scene.message(to, data)
    };
    simulate(&scene.state, &scene.block, &message).unwrap()
}

/// Runs a probe that is deployed, for its ink.
fn probe(scene: &Scene, program: Address, data: impl Into<Bytes>) -> (u64, Bytes) {
    let outcome = with_plenty(scene, program, data);
    assert!(outcome.is_success(), "{:?}", outcome.status);
    let reading: [u8; 8] = outcome.output[READING..][..8].try_into().unwrap();
    (u64::from_le_bytes(reading) - BARE, outcome.output)
}

fn i32_at(memory: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(memory[at..at + 4].try_into().unwrap())
}

fn grow(scene: &Scene, program: Address, pages: u32) -> (u64, u32) {
    let (ink, memory) = probe(scene, program, pages.to_le_bytes().to_vec());
    (ink, i32_at(&memory, 64))
}

#[test]
fn the_ramp_is_what_is_published() {
    // Figures of the published table.
    let known = [
        (0, 1),
        (5, 1),
        (6, 2),
        (17, 9),
        (32, 75),
        (64, 5_645),
        (100, 727_880),
        (127, 27_849_408),
        (128, 31_873_999),
    ];
    for (pages, gas) in known {
        assert_eq!(ramp(pages), gas, "{pages}");
    }
}

#[test]
fn growing_costs_pages_and_ramp() {
    let mut scene = Scene::new();
    let program = scene.program(&grower());
    for pages in 1..=127u16 {
        // One page is open already; one more is free.
        let gas = 1_000 * (u64::from(pages) - 1) + ramp(pages + 1) - ramp(1);
        let expected = (GROWING + gas * GAS, 1);
        assert_eq!(grow(&scene, program, pages.into()), expected, "{pages}");
    }
}

#[test]
fn growing_page_by_page_costs_as_much_as_at_once() {
    let code = "(local.set $i (i32.const 126))
        (loop $more
            (drop (memory.grow (i32.const 1)))
            (br_if $more (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))";
    let mut scene = Scene::new();
    let program = scene.program(&Program::probe(code).memory("1"));
    let (ink_used, _) = probe(&scene, program, []);
    // 127 pages, of which 125 are paid for: 125,000 and 27,849,408 - 1 gas.
    let turn = ONE + 8_050 + DROP + (LOCAL_GET + ONE + 70 + 75) + 765 + HEAD;
    let ink = (ONE + 210 + ONE + HEAD) + 126 * turn + (ONE + HEAD);
    assert_eq!(ink_used, ink + (125_000 + 27_849_407) * GAS);
}

#[test]
fn growing_by_nothing_costs_one_host_function() {
    let mut scene = Scene::new();
    let program = scene.program(&grower());
    assert_eq!(grow(&scene, program, 0), (GROWING + BASE, 1));
}

#[test]
fn more_than_128_pages_take_all_gas() {
    let mut scene = Scene::new();
    let program = scene.program(&grower());
    for pages in [128u32, 129, 65_534, 65_535, 65_536, 65_537, u32::MAX] {
        let outcome = with_plenty(&scene, program, pages.to_le_bytes().to_vec());
        assert_eq!(
            outcome.status,
            Status::Halt("OutOfGas(Basic)".into()),
            "{pages}"
        );
        assert_eq!(outcome.gas_used, PLENTY, "{pages}");
    }
}

#[test]
fn growth_beyond_the_modules_own_limit_is_refused_after_it_was_paid_for() {
    let mut scene = Scene::new();
    let program = scene.program(
        &Program::probe(
            "(i32.store (i32.const 64) (memory.grow (i32.const 3)))
             (i32.store (i32.const 68) (memory.size))
             (i32.store (i32.const 72) (memory.grow (i32.const 1)))
             (i32.store (i32.const 76) (memory.size))",
        )
        .memory("1 2"),
    );
    let message = scene.message(program, Bytes::new());
    let reading = scene.probe_with(&message);
    let results = [64, 68, 72, 76].map(|at| reading.i32(at));
    assert_eq!(results, [u32::MAX, 1, 1, 2]);
    // Four pages count as open after the first, though one is; five after the second: three beyond
    // the free ones. Five pages are still on the flat of the ramp.
    let opcodes = 2 * (2 * ONE + 8_050 + 825) + 2 * (ONE + 3_000 + 825);
    assert_eq!(reading.ink, opcodes + 3_000 * GAS);
}

#[test]
fn memory_of_fixed_size_is_never_paid_for_and_never_grows() {
    let code = "(i32.store (i32.const 64) (memory.grow (i32.const 1)))
        (i32.store (i32.const 68) (memory.grow (i32.const 0)))";
    let reading = Scene::new().probe(&Program::probe(code).memory("1 1"));
    assert_eq!([reading.i32(64), reading.i32(68)], [u32::MAX, 1]);
    assert_eq!(reading.ink, 2 * (2 * ONE + 8_050 + 825));
}

/// A chain on which nothing is paid for starting but pages.
fn pages_only() -> Scene {
    let mut scene = Scene::new();
    let params = Params {
        min_init_gas: 0,
        min_cached_init_gas: 0,
        init_cost_scalar: 0,
        cached_cost_scalar: 0,
        ..scene.state.params()
    };
    scene.state.set_params(params).unwrap();
    scene
}

#[test]
fn pages_at_the_start_are_paid_for_at_the_start() {
    let mut scene = pages_only();
    // 17 pages is what Rust's default stack makes of the smallest program: 15,000 and 8 gas.
    for (pages, gas) in [
        (0, 0),
        (1, 0),
        (2, 0),
        (3, 1_000),
        (6, 4_001),
        (17, 15_008),
        (128, 126_000 + 31_873_998),
    ] {
        let program = Program::new("(i32.const 0)").memory(&format!("{pages} {pages}"));
        let program = scene.program(&program);
        let outcome = with_plenty(&scene, program, []);
        // The one block of the program costs less than a gas, which is rounded up.
        assert_eq!(outcome.gas_used, INTRINSIC + gas + 1, "{pages}");
    }
}

/// A program of so many pages that calls the accounts in its calldata one after the other, with no
/// data, and returns the statuses: zero, or two for any failure.
fn caller(pages: u32) -> Program {
    Program::new(
        "(call $read_args (i32.const 0))
         (loop $next
            (if (i32.lt_u (local.get $at) (local.get $len)) (then
                (i32.store8 (i32.add (i32.const 1024) (local.get $i))
                    (call $call_contract (local.get $at) (i32.const 20) (i32.const 0)
                        (i32.const 2048) (i64.const -1) (i32.const 2080)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (local.set $at (i32.add (local.get $at) (i32.const 20)))
                (br $next))))
         (call $write_result (i32.const 1024) (local.get $i))
         (i32.const 0)",
    )
    .locals("(local $at i32) (local $i i32)")
    .memory(&format!("{pages} {pages}"))
}

fn used(frames: &[Frame]) -> Vec<u64> {
    frames.iter().skip(1).map(|frame| frame.gas_used).collect()
}

#[test]
fn nested_programs_give_pages_back_but_the_most_there_ever_were_stays() {
    let mut scene = pages_only();
    let outer = scene.program(&caller(1));
    let twenty = scene.program(&Program::new("(i32.const 0)").memory("20 20"));
    let two = scene.program(&Program::new("(i32.const 0)").memory("2 2"));
    let thirty = scene.program(&Program::new("(i32.const 0)").memory("30 30"));
    let calls = [two, twenty, twenty, two, thirty].concat();
    let outcome = with_plenty(&scene, outer, calls);
    assert_eq!(outcome.output, vec![0; 5]);
    let expected = [
        // Three open: one paid for.
        price(2, 1, 1),
        // 21 open: 19 paid for, and the ramp up to 21: 17 - 1.
        price(20, 1, 3),
        // Given back, so to be paid for again, but not the ramp.
        price(20, 1, 21),
        price(2, 1, 21),
        // The ramp goes on where it had got to: from 21 to 31.
        price(30, 1, 21),
    ];
    assert_eq!(expected, [1_000, 19_016, 19_000, 1_000, 29_000 + 65 - 17]);
    let rounded: Vec<u64> = expected.iter().map(|gas| gas + 1).collect();
    assert_eq!(used(&outcome.frames), rounded);
}

#[test]
fn pages_grown_are_given_back_too_also_by_what_fails() {
    let mut scene = pages_only();
    let outer = scene.program(&caller(1));
    let grows = "(drop (memory.grow (i32.const 9)))";
    let grower = Program::new(format!("{grows} (i32.const 0)")).memory("1");
    let failing = Program::new(format!("{grows} (unreachable)")).memory("1");
    let (grower, failing) = (scene.program(&grower), scene.program(&failing));
    let calls = [failing, grower, grower].concat();
    let outcome = with_plenty(&scene, outer, calls);
    assert_eq!(outcome.output, vec![2, 0, 0]);
    // The second page is free. Growing to eleven pays for nine, and the first time for the ramp:
    // floor(31,874,000 ^ (11 / 128)) is 4. Ink of the block: one gas at most after the whole gas.
    let first = price(9, 2, 2);
    assert_eq!((price(1, 1, 1), first, price(9, 2, 11)), (0, 9_003, 9_000));
    // A constant, the growth, `drop`, a constant or `unreachable`, `end`: 10,512 ink, two gas.
    let ink = HEAD + ONE + 8_050 + DROP + 2 * ONE;
    assert_eq!(ink.div_ceil(GAS), 2);
    assert_eq!(used(&outcome.frames), [first + 2, 9_000 + 2, 9_000 + 2]);
}

#[test]
fn the_programs_of_a_call_chain_have_128_pages_together() {
    let mut scene = pages_only();
    let outer = scene.program(&caller(100));
    let just = scene.program(&Program::new("(i32.const 0)").memory("28 28"));
    let over = scene.program(&Program::new("(i32.const 0)").memory("29 29"));
    let outcome = with_plenty(&scene, outer, [just, over].concat());
    assert_eq!(outcome.output, vec![0, 2]);
    let [_, inside, beyond] = outcome.frames.as_slice() else {
        panic!("{:?}", outcome.frames)
    };
    // 28 pages, and the ramp from 100 to 128.
    assert_eq!(inside.gas_used, 28_000 + 31_873_999 - 727_880 + 1);
    assert_eq!(beyond.gas_used, beyond.gas_limit);
}

#[test]
fn a_lower_limit_of_the_chain_holds_for_starting_and_for_growing() {
    let mut scene = pages_only();
    let outer = scene.program(&caller(4));
    let six = scene.program(&Program::new("(i32.const 0)").memory("6 6"));
    let seven = scene.program(&Program::new("(i32.const 0)").memory("7 7"));
    let grows = |pages: u32| {
        let code = format!("(drop (memory.grow (i32.const {pages}))) (i32.const 0)");
        Program::new(code).memory("1")
    };
    let (five, many) = (scene.program(&grows(5)), scene.program(&grows(6)));
    let params = Params {
        page_limit: 10,
        ..scene.state.params()
    };
    scene.state.set_params(params).unwrap();
    let outcome = with_plenty(&scene, outer, [six, seven, five, many].concat());
    assert_eq!(outcome.output, vec![0, 2, 0, 2]);
    // None at all but for the ramp.
    let params = Params {
        page_limit: 0,
        ..params
    };
    scene.state.set_params(params).unwrap();
    let outcome = with_plenty(&scene, outer, [six, seven, five, many].concat());
    assert_eq!(outcome.output, vec![0; 4]);
}
