//! Gas that must be left before a host function begins, whatever it then costs.

use crate::{
    price::*,
    program::{nops, Program},
    scene::Scene,
};
use devnode::exec::{Message, Status};

/// Function, constants, base, gas required. The address is zero, which takes the fees and is warm; the
/// slot is cold.
const REQUIREMENTS: &[(&str, u64, u64, u64)] = &[
    // A cold read, the most that the cache takes, leaving the program.
    (
        "$storage_load_bytes32 (i32.const 64) (i32.const 96)",
        2,
        TWO_PTR,
        2_100 + 10 + 5,
    ),
    // What EIP-2200 wants to be left, the most that the cache takes.
    (
        "$storage_cache_bytes32 (i32.const 64) (i32.const 96)",
        2,
        TWO_PTR,
        2_300 + 10,
    ),
    ("$storage_flush_cache (i32.const 0)", 1, API_ONLY, 2_300),
    (
        "$account_balance (i32.const 64) (i32.const 96)",
        2,
        API_TWO,
        2_600,
    ),
    (
        "$account_codehash (i32.const 64) (i32.const 96)",
        2,
        API_TWO,
        2_600,
    ),
    ("$account_code_size (i32.const 64)", 1, API_ONLY, 2_600),
    (
        "$account_code (i32.const 64) (i32.const 0) (i32.const 0) (i32.const 96)",
        4,
        API_ONLY,
        2_600,
    ),
];

#[test]
fn what_is_required_must_be_left_to_the_unit() {
    for &(call, constants, base, required) in REQUIREMENTS {
        // Ink before the check: the first block and the base.
        let ink = HEAD + constants * ONE + CALL_OP + base;
        let fill = ink.next_multiple_of(GAS) - ink;
        let drop = if call.contains("account_code") && !call.contains("hash") {
            "drop"
        } else {
            ""
        };
        for (fill, enough) in [(fill, true), (fill + 1, false)] {
            let program =
                Program::new(format!("(call {call}) {drop} (i32.const 0)")).setup(&nops(fill));
            let mut scene = Scene::new();
            let address = scene.program(&program);
            scene.ok(address, []);
            let limit = INTRINSIC + program.start() + ink.div_ceil(GAS) + required;
            let outcome = scene.run(&Message {
                gas_limit: limit,
                ..scene.message(address, [])
            });
            if enough {
                assert_eq!(outcome.status, Status::Success, "{call}");
                assert!(outcome.gas_used < limit, "{call}");
            } else {
                assert!(matches!(outcome.status, Status::Halt(_)), "{call}");
                assert_eq!(outcome.gas_used, limit, "{call}");
            }
        }
    }
}
