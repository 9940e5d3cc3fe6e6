//! 256-bit arithmetic and hashing.

use crate::{
    price::*,
    program::{word, Program},
    scene::{Reading, Scene},
};
use alloy::primitives::{b256, keccak256, U256};

/// Runs a function on the words at 64, 96 and 128.
fn run(call: &str, operands: &[U256]) -> Reading {
    let mut probe = Program::probe(format!("(call {call})"));
    for (at, operand) in (64..).step_by(32).zip(operands) {
        probe = probe.data(at, operand.to_be_bytes::<32>());
    }
    Scene::new().probe(&probe)
}

fn int(value: u64) -> U256 {
    U256::from(value)
}

#[test]
fn math_div_divides_without_sign_and_by_zero_gives_zero() {
    let cases = [
        (int(7), int(2), int(3)),
        (int(7), int(0), int(0)),
        (int(0), int(7), int(0)),
        (U256::MAX, int(1), U256::MAX),
        // Minus one is the greatest number, not minus one.
        (U256::MAX, int(2), U256::MAX >> 1),
        (int(1), U256::MAX, int(0)),
    ];
    for (a, b, expected) in cases {
        let reading = run("$math_div (i32.const 64) (i32.const 96)", &[a, b]);
        // The base, three pointers, a division.
        assert_eq!(reading.ink, calling(2) + BASE + 3 * PTR + 20_000);
        assert_eq!(reading.word(64), expected, "{a} / {b}");
        assert_eq!(reading.word(96), b);
    }
}

#[test]
fn math_mod_takes_the_remainder_without_sign_and_by_zero_gives_zero() {
    let cases = [
        (int(7), int(4), int(3)),
        (int(7), int(0), int(0)),
        (U256::MAX, int(10), int(5)),
        (int(3), U256::MAX, int(3)),
    ];
    for (a, b, expected) in cases {
        let reading = run("$math_mod (i32.const 64) (i32.const 96)", &[a, b]);
        assert_eq!(reading.ink, calling(2) + BASE + 3 * PTR + 20_000);
        assert_eq!(reading.word(64), expected, "{a} % {b}");
    }
}

#[test]
fn math_pow_wraps_and_costs_by_the_bytes_of_the_exponent() {
    let cases = [
        // exponent bytes: 33 of them for 32 significant ones, one for none.
        (int(3), int(0), int(1), 1),
        (int(0), int(0), int(1), 1),
        (int(3), int(5), int(243), 2),
        (int(2), int(255), U256::ONE << 255, 2),
        (int(2), int(256), int(0), 3),
        (int(1), int(65_535), int(1), 3),
        (int(1), int(65_536), int(1), 4),
        // Three to the power of 2^256 is one, so this is the inverse of three: 0xaa..ab.
        (
            int(3),
            U256::MAX,
            U256::from_be_bytes([0xaa; 32]) + int(1),
            33,
        ),
        // Minus one, squared.
        (U256::MAX, int(2), int(1), 2),
    ];
    for (base, exponent, expected, bytes) in cases {
        let reading = run("$math_pow (i32.const 64) (i32.const 96)", &[base, exponent]);
        assert_eq!(
            reading.ink,
            calling(2) + BASE + 3 * PTR + 3_000 + 17_500 * bytes,
            "{base} ^ {exponent}"
        );
        assert_eq!(reading.word(64), expected, "{base} ^ {exponent}");
    }
}

#[test]
fn math_add_mod_and_mul_mod_do_not_wrap_in_between() {
    let adds = [
        (int(5), int(6), int(4), int(3)),
        (int(5), int(6), int(0), int(0)),
        // 2^256 - 1 + 2 = 2^256 + 1, which is 2 modulo 2^256 - 1.
        (U256::MAX, int(2), U256::MAX, int(2)),
        // 2 * (2^256 - 1) modulo 10 = 2 * 5.
        (U256::MAX, U256::MAX, int(10), int(0)),
    ];
    for (a, b, modulus, expected) in adds {
        let call = "$math_add_mod (i32.const 64) (i32.const 96) (i32.const 128)";
        let reading = run(call, &[a, b, modulus]);
        // The base, four pointers, an addition modulo.
        assert_eq!(reading.ink, calling(3) + BASE + 4 * PTR + 21_000);
        assert_eq!(reading.word(64), expected, "({a} + {b}) % {modulus}");
        assert_eq!((reading.word(96), reading.word(128)), (b, modulus));
    }
    let muls = [
        (int(5), int(6), int(4), int(2)),
        (int(5), int(6), int(0), int(0)),
        // (2^256 - 1)^2 modulo 2^256 - 2: 1.
        (U256::MAX, U256::MAX, U256::MAX - int(1), int(1)),
        // 5 * 5 modulo 10.
        (U256::MAX, U256::MAX, int(10), int(5)),
    ];
    for (a, b, modulus, expected) in muls {
        let call = "$math_mul_mod (i32.const 64) (i32.const 96) (i32.const 128)";
        let reading = run(call, &[a, b, modulus]);
        // The base, four pointers, a multiplication modulo.
        assert_eq!(reading.ink, calling(3) + BASE + 4 * PTR + 24_100);
        assert_eq!(reading.word(64), expected, "({a} * {b}) % {modulus}");
    }
}

#[test]
fn operands_may_be_one_and_the_same() {
    let reading = run(
        "$math_mul_mod (i32.const 64) (i32.const 64) (i32.const 64)",
        &[int(9)],
    );
    assert_eq!(reading.word(64), int(0));
    let reading = run("$math_div (i32.const 64) (i32.const 64)", &[int(9)]);
    assert_eq!(reading.word(64), int(1));
}

#[test]
fn native_keccak256_costs_by_the_word_beyond_two() {
    for (length, words) in [
        (0, 0),
        (1, 0),
        (32, 0),
        (64, 0),
        (65, 1),
        (96, 1),
        (97, 2),
        (3_200, 98),
    ] {
        let data: Vec<u8> = (0..length).map(|index| index as u8).collect();
        let probe = Program::probe(format!(
            "(call $native_keccak256 (i32.const 512) (i32.const {length}) (i32.const 64))"
        ))
        .data(512, &data[..data.len().min(3_000)])
        .data(3_512, &data[data.len().min(3_000)..]);
        let reading = Scene::new().probe(&probe);
        // No base and no pointers besides.
        assert_eq!(
            reading.ink,
            calling(3) + 121_800 + 21_000 * words,
            "{length}"
        );
        assert_eq!(reading.bytes(64, 32), keccak256(&data), "{length}");
    }
    let empty = b256!("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    let probe =
        Program::probe("(call $native_keccak256 (i32.const 0) (i32.const 0) (i32.const 64))");
    assert_eq!(Scene::new().probe(&probe).bytes(64, 32), empty);
    // In place.
    let probe =
        Program::probe("(call $native_keccak256 (i32.const 64) (i32.const 32) (i32.const 64))")
            .data(64, word(1));
    assert_eq!(Scene::new().probe(&probe).bytes(64, 32), keccak256(word(1)));
}
