//! `pay_for_memory_grow` called by hand.

use crate::{
    price::*,
    program::Program,
    scene::{Reading, Scene},
};
use devnode::exec::{Message, Outcome, Status};

fn pay(pages: i64) -> String {
    format!("(call $pay_for_memory_grow (i32.const {pages}))")
}

fn run(code: &str, setup: &str) -> Reading {
    let mut scene = Scene::new();
    let program = scene.program(&Program::probe(code).setup(setup));
    let message = Message {
        gas_limit: 100_000_000,
        ..scene.message(program, [])
    };
    scene.probe_with(&message)
}

#[test]
fn no_pages_cost_the_base() {
    assert_eq!(run(&pay(0), "").ink, calling(1) + BASE);
}

#[test]
fn pages_cost_gas_alone_once_two_are_open() {
    // Pages paid for before, pages paid for, gas. One page is open from the start, the ramp of p pages
    // is floor(31,874,000 ^ (p / 128)).
    for (before, pages, gas) in [
        (0, 1, 0),
        (0, 2, 1_000),
        (1, 1, 1_000),
        // From a ramp of 1 to one of 2.
        (0, 5, 4_000 + 1),
        // To 17.
        (0, 20, 19_000 + 16),
        (20, 1, 1_000 + 2),
        (0, 127, 126_000 + 31_873_999 - 1),
    ] {
        let setup = if before == 0 {
            String::new()
        } else {
            pay(before)
        };
        let reading = run(&pay(pages), &setup);
        assert_eq!(reading.ink, calling(1) + gas * GAS, "{before} {pages}");
    }
}

#[test]
fn paying_does_not_grow_memory() {
    let code = format!("{} (i32.store (i32.const 0) (memory.size))", pay(3));
    assert_eq!(run(&code, "").i32(0), 1);
}

#[test]
fn pages_paid_for_by_hand_count_for_the_frames_inside() {
    let mut scene = Scene::new();
    let leaf = scene.program(&Program::new("(i32.const 0)"));
    let call = "(drop (call $call_contract (i32.const 64) (i32.const 0) (i32.const 0)
        (i32.const 96) (i64.const -1) (i32.const 128)))";
    let bare = calling(6) + API_THREE + 2 * read(0) + DROP;
    let leaf_gas = WARM + START + gas(HEAD + 2 * ONE);
    // One page here and one there are free; a second one here is not, once the leaf opens its own.
    for (pages, extra) in [(0, 0), (1, 1_000)] {
        let probe = Program::probe(call)
            .setup(call)
            .setup(&pay(pages))
            .data(64, leaf);
        let reading = scene.probe(&probe);
        assert_eq!(reading.ink, bare + (leaf_gas + extra) * GAS, "{pages}");
    }
}

#[test]
fn beyond_the_limit_all_gas_is_gone() {
    for pages in [128, 65_535, 65_536, -1] {
        let mut scene = Scene::new();
        let program = scene.program(&Program::new(format!("{} (i32.const 0)", pay(pages))));
        let message = Message {
            gas_limit: 1 << 40,
            ..scene.message(program, [])
        };
        let Outcome {
            status, gas_used, ..
        } = scene.run(&message);
        assert!(matches!(status, Status::Halt(_)), "{pages}: {status:?}");
        assert_eq!(gas_used, 1 << 40, "{pages}");
    }
}
