//! What a contract's refusal means, and what to do about it: one sentence and one next step for every error of every program.

mod fillers;
mod oracle;
mod outside;
mod policy;
mod rebalancer;
mod vault;

use std::sync::LazyLock;

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{Address, B256, U256},
};

use crate::{
    abi,
    errors::{Decoder, Found},
    words::{self, Names},
};

/// Of an error: its name, what it means, what to do. `{argument:unit}` stands for a value in human units,
/// `{argument:unit other}` for one that is counted in the token `other`.
type Entry = (&'static str, &'static str, &'static str);

/// What a refusal means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// One sentence, with the values.
    pub sentence: String,
    /// One step.
    pub next: String,
}

static DECODER: LazyLock<Decoder> = LazyLock::new(|| {
    // The committed interfaces are compiled in; a test reads every one of them.
    Decoder::new(&abi::committed().unwrap_or_default())
});

/// Says of revert data what it means; nothing where nobody knows.
pub fn of(data: &[u8], names: &Names) -> Option<Advice> {
    match DECODER.find(data) {
        Some(found) => ours(&found, names),
        None => outside::of(data),
    }
}

fn entry(name: &str) -> Option<&'static Entry> {
    [
        vault::ENTRIES,
        policy::ENTRIES,
        oracle::ENTRIES,
        rebalancer::ENTRIES,
        fillers::ENTRIES,
    ]
    .into_iter()
    .flatten()
    .find(|entry| entry.0 == name)
}

fn ours(found: &Found, names: &Names) -> Option<Advice> {
    let (_, sentence, next) = entry(&found.name)?;
    // Whoever called another contract hands on its advice where there is some.
    let inner = found.values.iter().find_map(|(_, value)| match value {
        DynSolValue::Bytes(data) => of(data, names),
        _ => None,
    });
    Some(Advice {
        sentence: fill(sentence, found, names),
        next: inner.map_or_else(|| fill(next, found, names), |inner| inner.next),
    })
}

/// Writes the values into a template; what names no argument stays as it is, which a test finds.
fn fill(template: &str, found: &Found, names: &Names) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((hole, after)) = after.split_once('}') else {
            return out + "{" + after;
        };
        match value(hole, found, names) {
            Some(text) => out.push_str(&text),
            None => out.push_str(&format!("{{{hole}}}")),
        }
        rest = after;
    }
    out + rest
}

fn value(hole: &str, found: &Found, names: &Names) -> Option<String> {
    let (argument, unit) = hole.split_once(':')?;
    let (unit, other) = unit.split_once(' ').unwrap_or((unit, ""));
    let value = found.value(argument)?;
    let number = || -> Option<U256> { value.as_uint().map(|(number, _)| number) };
    let token = || -> Option<Address> { found.value(other)?.as_address() };
    Some(match unit {
        "account" => value.as_address()?.to_string(),
        "token" => words::token(value.as_address()?, names),
        "amount" => words::amount(number()?, token()?, names),
        "price" => words::price(number()?, token()?, names),
        "bps" => words::percent_bps(number()?),
        "share" => match value {
            DynSolValue::Int(number, _) => words::signed_percent_wad(*number),
            _ => words::percent_wad(number()?),
        },
        "usd" => format!("${}", words::usd(number()?)),
        "shares" => words::decimal(number()?, 18),
        "time" => words::time(number()?),
        "span" => words::span(number()?),
        "number" => match value {
            DynSolValue::Int(number, _) => number.to_string(),
            _ => words::grouped(&number()?.to_string()),
        },
        "reason" => words::reason(number()?).to_owned(),
        "mode" => words::mode(number()?).to_owned(),
        "limit" => words::limit(number()?, U256::ZERO).0,
        "of" => words::limit(found.value(other)?.as_uint()?.0, number()?).1,
        "role" => role(value)?,
        "hash" => B256::from_slice(value.as_fixed_bytes()?.0).to_string(),
        "error" => match value.as_bytes()? {
            [] => "it gave no reason".into(),
            data => match of(data, names) {
                Some(advice) => advice.sentence.trim_end_matches('.').to_owned(),
                None => DECODER.decode(data),
            },
        },
        _ => return None,
    })
}

fn role(value: &DynSolValue) -> Option<String> {
    let role = B256::from_slice(value.as_fixed_bytes()?.0);
    Some(match role {
        B256::ZERO => "governor".into(),
        role if role == alloy::primitives::keccak256("GUARDIAN_ROLE") => "guardian".into(),
        role => format!("role {role}"),
    })
}

#[cfg(test)]
mod tests {
    use alloy::{json_abi::Error, sol_types::SolError};

    use super::*;
    use crate::abi::{rebalancer::Rebalancer, vault::Vault};

    fn example(error: &Error) -> Found {
        let values = error.inputs.iter().map(|input| {
            let kind = input.ty.as_str();
            let value = match kind {
                "address" => DynSolValue::Address(Address::repeat_byte(7)),
                "bytes32" => DynSolValue::FixedBytes(B256::ZERO, 32),
                "bytes" => DynSolValue::Bytes(vec![1, 2, 3, 4]),
                "int256" => DynSolValue::Int(alloy::primitives::I256::MINUS_ONE, 256),
                _ => DynSolValue::Uint(U256::from(7), 256),
            };
            (input.name.clone(), value)
        });
        Found {
            name: error.name.clone(),
            values: values.collect(),
        }
    }

    #[test]
    fn every_error_of_every_program_has_advice() {
        let interfaces = abi::committed().unwrap();
        let mut missing = Vec::new();
        let mut known = std::collections::BTreeSet::new();
        for error in interfaces.iter().flat_map(|abi| abi.errors()) {
            known.insert(error.name.clone());
            let Some(advice) = ours(&example(error), &Names::new()) else {
                missing.push(error.name.clone());
                continue;
            };
            for text in [&advice.sentence, &advice.next] {
                assert!(!text.is_empty(), "{}", error.name);
                assert!(!text.contains(['{', '}']), "{}: {text}", error.name);
            }
            assert!(advice.sentence.ends_with('.'), "{}", advice.sentence);
            assert!(!advice.next.ends_with('.'), "{}", advice.next);
        }
        assert!(missing.is_empty(), "no advice on {missing:?}");
        let all = [
            vault::ENTRIES,
            policy::ENTRIES,
            oracle::ENTRIES,
            rebalancer::ENTRIES,
            fillers::ENTRIES,
        ];
        let mut told = std::collections::BTreeSet::new();
        for (name, ..) in all.into_iter().flatten() {
            assert!(known.contains(*name), "no program has {name}");
            assert!(told.insert(name), "{name} is told twice");
        }
    }

    #[test]
    fn every_value_of_an_error_is_told() {
        for error in abi::committed()
            .unwrap()
            .iter()
            .flat_map(|abi| abi.errors())
        {
            let (_, sentence, next) = entry(&error.name).unwrap();
            for input in &error.inputs {
                let hole = format!("{{{}:", input.name);
                assert!(
                    sentence.contains(&hole) || next.contains(&hole),
                    "{} does not tell {}",
                    error.name,
                    input.name
                );
            }
        }
    }

    #[test]
    fn values_are_told_in_human_units() {
        let cooldown = Rebalancer::RebalanceCooldown {
            now: U256::from(1_700_000_000),
            nextAt: U256::from(1_700_003_600),
        };
        let advice = of(&cooldown.abi_encode(), &Names::new()).unwrap();
        assert!(
            advice.sentence.contains("2023-11-14 23:13 UTC"),
            "{advice:?}"
        );
        let drift = Rebalancer::RebalanceNotEligible {
            worstDriftBps: U256::from(37),
            bandBps: U256::from(100),
        };
        let advice = of(&drift.abi_encode(), &Names::new()).unwrap();
        assert!(
            advice.sentence.contains("0.37 %") && advice.sentence.contains("1.00 %"),
            "{advice:?}"
        );
    }

    #[test]
    fn a_venues_own_words_are_found_inside_their_wrappers() {
        use alloy::sol_types::Revert;
        let venue = Revert::from("Too little received").abi_encode();
        let filler = crate::abi::filler::Filler::FillerSwapFailed {
            index: U256::ZERO,
            reason: venue.into(),
        };
        let vault = Vault::VaultFillerFailed {
            filler: Address::repeat_byte(9),
            reason: filler.abi_encode().into(),
        };
        let advice = of(&vault.abi_encode(), &Names::new()).unwrap();
        assert!(
            advice.sentence.contains("less than the least"),
            "{advice:?}"
        );
        assert!(advice.next.contains("quote"), "{advice:?}");
        // What nobody knows is shown as it came.
        let vault = Vault::VaultFillerFailed {
            filler: Address::repeat_byte(9),
            reason: vec![1, 2, 3, 4, 5].into(),
        };
        let advice = of(&vault.abi_encode(), &Names::new()).unwrap();
        assert!(advice.sentence.contains("0x0102030405"), "{advice:?}");
        assert_eq!(of(&[1, 2, 3, 4, 5], &Names::new()), None);
        assert_eq!(of(&[], &Names::new()), None);
    }

    #[test]
    fn tokens_that_are_known_are_named() {
        let token = Address::repeat_byte(3);
        let above = Vault::VaultAmountAboveMax {
            token,
            amount: U256::from(1_500_000),
            max: U256::from(1_000_000),
        };
        let names = Names::from([(token, ("USDC".to_owned(), 6))]);
        let advice = of(&above.abi_encode(), &names).unwrap();
        assert!(
            advice.sentence.contains("1.5 USDC") && advice.sentence.contains("1 USDC"),
            "{advice:?}"
        );
    }
}
