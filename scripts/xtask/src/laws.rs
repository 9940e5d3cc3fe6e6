//! `cargo xtask laws`: the laws of the formulas at any number of cases.

use anyhow::Result;

use crate::sh;

/// Runs every law of `math` at `cases` cases from `seed`, optimised.
pub(crate) fn laws(cases: u32, seed: u64) -> Result<()> {
    let mut cargo = sh::cargo(&sh::contracts(), "test");
    cargo
        .args(["--locked", "--package", "ballast-math", "--test", "laws"])
        // Of the profile that every other test has only the optimisation differs.
        .env("CARGO_PROFILE_TEST_OPT_LEVEL", "3")
        .env("CARGO_PROFILE_TEST_DEBUG", "0")
        .env("PROPTEST_CASES", cases.to_string())
        .env("PROPTEST_RNG_SEED", seed.to_string());
    sh::run(
        &mut cargo,
        "the law and the case that breaks it stand above",
    )
}
