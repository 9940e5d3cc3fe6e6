//! What the formulas take on this machine: `cargo xtask bench`.

use alloy::primitives::U256;
use ballast_math::{
    mul_div::mul_div_down,
    plan::{plan, Snapshot},
    BPS, WAD,
};
use divan::{black_box, Bencher};

fn main() {
    divan::main();
}

#[divan::bench]
fn mul_div() -> U256 {
    // Both products need 512 bits.
    mul_div_down(black_box(U256::MAX), black_box(WAD), black_box(U256::MAX)).expect("d is not 0")
}

/// All trades of a basket whose halves change places by a quarter of their weight.
#[divan::bench(args = [2, 10, 32])]
fn plan_of_assets(bencher: Bencher<'_, '_>, n: u64) {
    let size = n as usize;
    let held = vec![WAD * U256::from(1_000u64); size];
    let prices = vec![ballast_math::D36; size];
    let even = WAD / U256::from(n);
    let mut weights: Vec<U256> = (0..n)
        .map(|i| match (i < n / 2, even / U256::from(4u64)) {
            (true, shift) => even - shift,
            (false, shift) => even + shift,
        })
        .collect();
    let rest = WAD - weights.iter().skip(1).sum::<U256>();
    weights[0] = rest;
    let snapshot = Snapshot {
        held: &held,
        prices: &prices,
        weights: &weights,
    };
    let made = plan(&snapshot, BPS, U256::ZERO).expect("a plan");
    assert!(!made.trades.is_empty(), "nothing to plan");
    bencher.bench_local(|| plan(black_box(&snapshot), BPS, U256::ZERO));
}
