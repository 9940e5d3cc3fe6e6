//! `cargo xtask guards`: every guard of the programs deleted in turn, and the tests that notice.

mod seeds;
mod yard;

use std::collections::BTreeSet;

use anyhow::{bail, ensure, Result};

use crate::sh;
use seeds::Seed;
use yard::{Gated, Yard};

/// A package whose guards stand between somebody and money.
struct Package {
    name: &'static str,
    /// Under `contracts/`.
    folder: &'static str,
    /// Whose tests are to notice, in this order.
    judges: &'static [&'static str],
}

const REBALANCER: &str = "ballast-rebalancer";
const VAULT: &str = "ballast-vault";
const ORACLE: &str = "ballast-oracle";
const POLICY: &str = "ballast-policy";
const MATH: &str = "ballast-math";
const FILLERS: [&str; 2] = ["ballast-filler-call", "ballast-filler-uniswap-v3"];

const PACKAGES: [Package; 7] = [
    Package {
        name: REBALANCER,
        folder: "rebalancer",
        judges: &[REBALANCER],
    },
    Package {
        name: VAULT,
        folder: "vault",
        judges: &[VAULT],
    },
    Package {
        name: ORACLE,
        folder: "oracle",
        judges: &[ORACLE],
    },
    Package {
        name: POLICY,
        folder: "policy",
        judges: &[POLICY],
    },
    Package {
        name: MATH,
        folder: "math",
        judges: &[MATH, REBALANCER],
    },
    // What several programs use has its tests there.
    Package {
        name: "ballast-interfaces",
        folder: "interfaces",
        judges: &["ballast-interfaces", POLICY, FILLERS[1], FILLERS[0]],
    },
    Package {
        name: FILLERS[0],
        folder: "fillers/call",
        judges: &[FILLERS[0]],
    },
];

/// Of guards of gas.
const UNMETERED: &str = "natively nothing is metered; on compiled WASM nobody_can_starve_a_redemption_into_claims sweeps the gas";

/// Guards whose absence the native tests cannot see: name, file, function, reason.
const EXCUSED: [(&str, &str, &str, &str); 6] = [
    (
        "RebalanceOvershoot",
        "rebalancer/src/trades.rs",
        "judge",
        "trades are clamped to the targets before",
    ),
    (
        "RebalanceTurnoverBudgetSpent",
        "rebalancer/src/lib.rs",
        "spend",
        "what is sent was held to the budget before, and no more than that can be sold",
    ),
    (
        "require_size(&scene)",
        "rebalancer/src/lib.rs",
        "perform_upkeep",
        "math::plan holds what it plans to the same limits",
    ),
    (
        "VaultGasTooLow",
        "vault/src/exits.rs",
        "require_gas",
        UNMETERED,
    ),
    (
        "require_gas(BALANCE_GAS)",
        "vault/src/exits.rs",
        "send",
        UNMETERED,
    ),
    (
        "require_gas(TRANSFER_GAS)",
        "vault/src/exits.rs",
        "send",
        UNMETERED,
    ),
];

/// What became of a seed.
enum End {
    /// The first test that failed.
    Killed(String),
    /// The program cannot be written without the guard.
    Needed,
    /// Nothing failed.
    Survived,
}

/// Deletes each guard whose name contains `filter`, or whose package does, and runs the tests that should notice.
pub(crate) fn guards(filter: Option<&str>) -> Result<()> {
    let yard = Yard::new()?;
    let mut chosen: Vec<(&Package, Seed)> = Vec::new();
    for package in &PACKAGES {
        let wanted = |seed: &Seed| match filter {
            Some(filter) => package.name.contains(filter) || seed.name.contains(filter),
            None => true,
        };
        let seeds = yard.seeds(package.folder)?.into_iter().filter(wanted);
        chosen.extend(seeds.map(|seed| (package, seed)));
    }
    ensure!(
        !chosen.is_empty(),
        "no guard's name and no package contains {:?}",
        filter.unwrap_or_default()
    );
    let judges: BTreeSet<&str> = chosen
        .iter()
        .flat_map(|(package, _)| package.judges)
        .copied()
        .collect();
    sh::say(format!(
        "{} guards, and the tests of {}",
        chosen.len(),
        Vec::from_iter(judges.iter().copied()).join(", ")
    ));
    let seeds: Vec<&Seed> = chosen.iter().map(|(_, seed)| seed).collect();
    let gated = yard.gate(&seeds, &judges)?;
    for judge in &judges {
        if let Some(test) = gated.run(&[judge], None)? {
            bail!("{test} fails as it is: `cd contracts && cargo test -p {judge}`");
        }
    }
    let (mut passed, mut failed) = (0, 0);
    for (number, (package, seed)) in chosen.iter().enumerate() {
        let end = judge(&yard, &gated, number, package, seed)?;
        let place = format!("{}:{}", seed.file, seed.line);
        let this = (seed.name.as_str(), seed.file.as_str(), seed.within.as_str());
        let excuse = EXCUSED
            .iter()
            .find(|(name, file, within, _)| (*name, *file, *within) == this);
        let (sound, told) = match (&end, excuse) {
            (End::Killed(test), _) => (true, format!("killed by {test}")),
            (End::Needed, _) => (true, "the compiler wants it".to_owned()),
            (End::Survived, Some((.., why))) => (true, format!("excused: {why}")),
            (End::Survived, None) => (false, "SURVIVED".to_owned()),
        };
        println!("{:<36} {place:<34} {told}", seed.name);
        match sound {
            true => passed += 1,
            false => failed += 1,
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("nothing noticed that the guards marked SURVIVED were gone: each needs a test");
    }
    Ok(())
}

/// Deletes one guard and runs its judges.
fn judge(yard: &Yard, gated: &Gated, number: usize, package: &Package, seed: &Seed) -> Result<End> {
    if gated.has(number) {
        return Ok(match gated.run(package.judges, Some(number))? {
            Some(test) => End::Killed(test),
            None => End::Survived,
        });
    }
    // It cannot be left to a variable: it goes for good, and all is compiled again.
    yard.without(seed, || {
        let Some(planted) = yard.compile(package.judges)? else {
            return Ok(End::Needed);
        };
        Ok(match planted.run(package.judges, None)? {
            Some(test) => End::Killed(test),
            None => End::Survived,
        })
    })
}
