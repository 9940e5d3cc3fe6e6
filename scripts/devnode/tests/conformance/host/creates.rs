//! Creation of contracts.

use crate::{
    evm::asm,
    price::*,
    program::{word, Program},
    scene::{init_code, Reading, Scene},
};
use alloy::primitives::{Address, U256};
use devnode::exec::{Message, Outcome, Status};

/// The new address, and the length of revert data.
const CREATED: usize = 256;
const LENGTH: usize = 280;

#[derive(Clone, Copy)]
enum Kind {
    One,
    Two,
}

impl Kind {
    const ALL: [Self; 2] = [Self::One, Self::Two];

    /// Creates from the init code at 2,048 with the value at 64 and the salt at 96.
    fn code(self, len: u64) -> String {
        let (name, salt) = match self {
            Self::One => ("create1", ""),
            Self::Two => ("create2", "(i32.const 96)"),
        };
        format!(
            "(call ${name} (i32.const 2048) (i32.const {len}) (i32.const 64) {salt}
                (i32.const {CREATED}) (i32.const {LENGTH}))"
        )
    }

    /// Ink of it, and the gas of creating, without what the init code uses.
    fn ink(self, len: u64) -> u64 {
        match self {
            Self::One => calling(5) + API_THREE + 2 * read(len) + 32_000 * GAS,
            Self::Two => {
                let hash = 6 * len.div_ceil(32);
                calling(6) + API_FOUR + 2 * read(len) + (32_000 + hash) * GAS
            }
        }
    }
}

/// Gas of [`init_code`] for up to 32 bytes: two pushes of constants and `DUP1` at 3 each, `PUSH0` at 2,
/// a copy of a word into a word of memory at 3 each, `PUSH0` at 2.
const INIT: u64 = 3 * 3 + 2 + 3 + 3 + 3 + 2;

fn probe(kind: Kind, init: &[u8], value: u64) -> Program {
    Program::probe(kind.code(init.len() as u64))
        .data(64, word(value))
        .data(96, word(77))
        .data(LENGTH as u32, [0xff; 4])
        .data(2_048, init)
}

/// What the probe did, the probe's address, and the chain.
fn run(kind: Kind, init: &[u8], value: u64, balance: u64) -> (Reading, Address, Scene) {
    let mut scene = Scene::new();
    let program = scene.program(&probe(kind, init, value));
    scene.state.set_balance(program, U256::from(balance));
    let message = scene.message(program, []);
    (scene.probe_with(&message), program, scene)
}

#[test]
fn a_creation_costs_its_init_code_twice_read_its_run_and_its_deposit() {
    for kind in Kind::ALL {
        for len in [0u64, 1, 5, 32] {
            let code: Vec<u8> = (1..=len as u8).collect();
            let init = init_code(&code);
            let (reading, program, scene) = run(kind, &init, 3, 10);
            // Nothing to copy, no memory needed.
            let init_gas = if len == 0 { INIT - 6 } else { INIT };
            let gas = init_gas + 200 * len;
            assert_eq!(reading.ink, kind.ink(init.len() as u64) + gas * GAS);
            let expected = match kind {
                // The first nonce of a contract is one.
                Kind::One => program.create(1),
                Kind::Two => program.create2_from_code(word(77), &init),
            };
            assert_eq!(reading.bytes(CREATED, 20), expected);
            assert_eq!(reading.i32(LENGTH), 0);
            assert_eq!(scene.state.code(expected), code);
            assert_eq!(scene.state.balance(expected), U256::from(3));
            assert_eq!(scene.state.balance(program), U256::from(7));
            assert_eq!(scene.state.nonce(program), 2);
        }
    }
}

#[test]
fn hashing_init_code_costs_by_the_word() {
    // `STOP`, and zeros: 33 bytes are two words.
    for (len, words) in [(32, 1), (33, 2), (320, 10)] {
        let (reading, ..) = run(Kind::Two, &vec![0; len], 0, 0);
        let expected = calling(6) + API_FOUR + 2 * read(len as u64) + (32_000 + 6 * words) * GAS;
        assert_eq!(reading.ink, expected, "{len}");
    }
}

#[test]
fn a_reverting_creation_gives_no_address_but_its_data() {
    for kind in Kind::ALL {
        let init = asm("7 0 MSTORE 32 0 REVERT");
        let (reading, program, scene) = run(kind, &init, 3, 10);
        // Two pushes of a number, two of zero, `MSTORE` and its word.
        let gas = 2 * 3 + 2 * 2 + 3 + 3;
        assert_eq!(reading.ink, kind.ink(init.len() as u64) + gas * GAS);
        assert_eq!(reading.bytes(CREATED, 20), Address::ZERO);
        assert_eq!(reading.i32(LENGTH), 32);
        assert_eq!(scene.state.balance(program), U256::from(10));
        // The attempt counts all the same.
        assert_eq!(scene.state.nonce(program), 2);
    }
}

#[test]
fn the_data_of_a_reverting_creation_may_be_read_and_that_of_a_creation_not() {
    for (end, data) in [("REVERT", 7), ("RETURN", 0)] {
        let init = asm(&format!("7 0 MSTORE 32 0 {end}"));
        let code = format!(
            "{} (drop (call $read_return_data (i32.const 512) (i32.const 0) (i32.const 32)))",
            Kind::One.code(init.len() as u64)
        );
        let probe = Program::probe(code).data(2_048, init);
        assert_eq!(
            Scene::new().probe(&probe).word(512),
            U256::from(data),
            "{end}"
        );
    }
}

#[test]
fn a_failing_creation_takes_all_gas_but_a_64th_and_gives_no_data() {
    for kind in Kind::ALL {
        // Invalid opcode, code that starts with 0xef, code too large.
        for init in [
            asm("INVALID"),
            init_code(&[0xef, 0x01]),
            asm(&format!("{} 0 RETURN", 24_577)),
        ] {
            let len = init.len() as u64;
            let program = Program::probe(format!(
                "{} (i64.store (i32.const 512) (local.get $before))",
                kind.code(len)
            ))
            .data(64, word(0))
            .data(LENGTH as u32, [0xff; 4])
            .data(2_048, init);
            let reading = Scene::new().probe(&program);
            // What is left once the ink of the call is paid, and then the gas of creating.
            let base = match kind {
                Kind::One => 32_000,
                Kind::Two => 32_000 + 6 * len.div_ceil(32),
            };
            let ink = reading.i64(512) - LOCAL_SET - (kind.ink(len) - base * GAS);
            let left = ink / GAS - base;
            let lost = left - left / 64;
            let expected = kind.ink(len) + lost * GAS + ONE + LOCAL_GET + 950;
            assert_eq!(reading.ink, expected);
            assert_eq!(reading.bytes(CREATED, 20), Address::ZERO);
            assert_eq!(reading.i32(LENGTH), 0);
        }
    }
}

#[test]
fn value_that_is_not_there_fails_the_creation_at_the_price_of_the_attempt() {
    for kind in Kind::ALL {
        let init = init_code(&[0]);
        let (reading, program, scene) = run(kind, &init, 11, 10);
        assert_eq!(reading.ink, kind.ink(init.len() as u64));
        assert_eq!(reading.bytes(CREATED, 20), Address::ZERO);
        assert_eq!(reading.i32(LENGTH), 0);
        assert_eq!(scene.state.nonce(program), 1);
    }
}

#[test]
fn init_code_may_be_longer_than_the_evm_allows_and_costs_nothing_by_the_word() {
    // EIP-3860 limits the opcodes to 49,152 bytes; programs are not.
    let (reading, program, scene) = run(Kind::One, &vec![0; 60_000], 0, 0);
    assert_eq!(reading.ink, Kind::One.ink(60_000));
    assert_eq!(reading.bytes(CREATED, 20), program.create(1));
    assert_eq!(scene.state.nonce(program.create(1)), 1);
}

/// A program that creates with no gas to spare, or in a static frame: fails by itself.
fn fails(outcome: &Outcome) {
    assert_eq!(outcome.status, Status::Revert);
    assert!(outcome.output.is_empty());
}

#[test]
fn a_creation_that_cannot_be_paid_for_fails_the_program_and_leaves_the_gas() {
    for kind in Kind::ALL {
        let mut scene = Scene::new();
        let program = scene.program(&probe(kind, &[0], 0));
        scene.call(program, []);
        let outcome = scene.run(&Message {
            gas_limit: INTRINSIC + 30_000,
            ..scene.message(program, [])
        });
        fails(&outcome);
        // Far from all of it.
        assert!(outcome.gas_used < INTRINSIC + 2_000, "{}", outcome.gas_used);
    }
}

#[test]
fn an_address_that_is_taken_fails_the_creation_and_takes_the_gas() {
    let init = init_code(&[1]);
    let twice = format!("{0} {0}", Kind::Two.code(init.len() as u64));
    let program = Program::probe(twice).data(96, word(77)).data(2_048, &init);
    let mut scene = Scene::new();
    let program = scene.program(&program);
    let message = scene.message(program, []);
    let reading = scene.probe_with(&message);
    assert_eq!(reading.bytes(CREATED, 20), Address::ZERO);
    let left = message.gas_limit - reading.outcome.gas_used;
    assert!(left < message.gas_limit / 60, "{left}");
}
