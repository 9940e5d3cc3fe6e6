//! What a program refused to tell, in words.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use ballast::{
    abi::{Lens, Oracle, Policy, Rebalancer, Vault},
    client::Refusal,
    words::{self, Names},
};
use serde::Serialize;

use crate::state::refused;

/// What is not known now, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Untold {
    /// Everything that one refusal hides.
    pub what: Vec<String>,
    /// Why, in words.
    pub message: String,
    /// What to do.
    pub next: Option<String>,
}

/// Bits of a part below its selector.
const SUBJECT_BITS: usize = 160;

/// The selector of a part, and the token that it is of.
fn split(part: U256) -> ([u8; 4], Address) {
    let word = B256::from(part);
    let mut selector = [0; 4];
    selector.copy_from_slice(&word[8..12]);
    (selector, Address::from_word(word))
}

/// Whether a part hides the value of what is held.
pub(crate) fn hides_value(part: U256) -> bool {
    let hides = [
        Vault::holdingsCall::SELECTOR,
        Policy::rulesCall::SELECTOR,
        Policy::assetRuleCall::SELECTOR,
        Oracle::latestCall::SELECTOR,
        Lens::totalBasketValueCall::SELECTOR,
    ];
    hides.contains(&split(part).0)
}

/// Whether a part is what a rebalance would see.
pub(crate) fn is_assessment(part: U256) -> bool {
    split(part).0 == Rebalancer::assessCall::SELECTOR
}

/// Whether the answer to `C` without arguments was refused.
pub(crate) fn is_refused<C: SolCall>(refusals: &[(U256, Refusal)]) -> bool {
    let part = U256::from(u32::from_be_bytes(C::SELECTOR)) << SUBJECT_BITS;
    refusals.iter().any(|(refused, _)| *refused == part)
}

/// What a part tells.
fn name(part: U256, names: &Names) -> String {
    let (selector, subject) = split(part);
    let of = |what: &str| format!("{what} {}", words::token(subject, names));
    match selector {
        Vault::holdingsCall::SELECTOR => "what is held".into(),
        Vault::totalClaimsCall::SELECTOR => of("claims on"),
        Vault::absorptionCall::SELECTOR => of("what is absorbed of"),
        Vault::totalSupplyCall::SELECTOR => "the supply".into(),
        Vault::feesCall::SELECTOR
        | Vault::pendingFeesCall::SELECTOR
        | Vault::accruedFeesCall::SELECTOR => "fees".into(),
        Vault::supplyCapCall::SELECTOR => "the supply cap".into(),
        Vault::mintPausedUntilCall::SELECTOR => "whether minting is paused".into(),
        Policy::rulesCall::SELECTOR => "what a rebalance aims at".into(),
        Policy::targetsCall::SELECTOR => "the targets".into(),
        Policy::assetRuleCall::SELECTOR => of("the mode of"),
        Policy::weightOfCall::SELECTOR => of("the weights of"),
        Policy::limitCall::SELECTOR => "the limits".into(),
        Policy::guardianActCall::SELECTOR => "acts of the guardian".into(),
        Policy::pausedUntilCall::SELECTOR => "whether rebalancing is paused".into(),
        Policy::modulesCall::SELECTOR | Policy::pendingModulesCall::SELECTOR => {
            "the modules".into()
        }
        Oracle::latestCall::SELECTOR => of("the price of"),
        Oracle::pendingOfCall::SELECTOR => of("changes of the feed of"),
        Lens::totalBasketValueCall::SELECTOR => "the sum of the values".into(),
        Rebalancer::assessCall::SELECTOR => {
            "distance, effective bands and whether a rebalance is due".into()
        }
        Rebalancer::stateCall::SELECTOR => "rebalances so far".into(),
        Rebalancer::budgetsLeftCall::SELECTOR => "what is left of the budgets".into(),
        Rebalancer::auctionCall::SELECTOR => "the auction".into(),
        selector => format!("what 0x{:08x} answers", u32::from_be_bytes(selector)),
    }
}

/// All of it, one entry for each refusal that differs; a NAV that is not known stands before what hides it.
pub(crate) fn told(refusals: &[(U256, Refusal)], nav_known: bool, names: &Names) -> Vec<Untold> {
    let mut groups: Vec<(&Refusal, Vec<String>)> = Vec::new();
    let mut hidden = !nav_known;
    for (part, refusal) in refusals {
        let place = groups
            .iter()
            .position(|(known, _)| known.data == refusal.data);
        let place = place.unwrap_or_else(|| {
            groups.push((refusal, Vec::new()));
            groups.len() - 1
        });
        let what = &mut groups[place].1;
        if hidden && hides_value(*part) {
            what.insert(0, "NAV".into());
            hidden = false;
        }
        let name = name(*part, names);
        if !what.contains(&name) {
            what.push(name);
        }
    }
    let say = |(refusal, what): (&Refusal, Vec<String>)| {
        let why = refused(refusal, names);
        Untold {
            what,
            message: why.message,
            next: why.next,
        }
    };
    groups.into_iter().map(say).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(selector: [u8; 4], subject: Address) -> U256 {
        let subject = U256::from_be_slice(subject.as_slice());
        (U256::from(u32::from_be_bytes(selector)) << SUBJECT_BITS) | subject
    }

    fn refusal(data: &[u8]) -> Refusal {
        Refusal {
            data: data.to_vec().into(),
            words: format!("{data:?}"),
        }
    }

    #[test]
    fn one_refusal_is_told_once_with_everything_that_it_hides() {
        let token = Address::repeat_byte(0x77);
        let names = Names::from([(token, ("WETH".to_owned(), 18))]);
        let refusals = [
            (part(Oracle::latestCall::SELECTOR, token), refusal(&[1])),
            (
                part(Policy::limitCall::SELECTOR, Address::ZERO),
                refusal(&[2]),
            ),
            (part(Policy::limitCall::SELECTOR, token), refusal(&[2])),
            (
                part(Rebalancer::auctionCall::SELECTOR, Address::ZERO),
                refusal(&[1]),
            ),
            (part([1, 2, 3, 4], Address::ZERO), refusal(&[3])),
        ];
        let all = told(&refusals, false, &names);
        let what: Vec<Vec<&str>> = all
            .iter()
            .map(|untold| untold.what.iter().map(String::as_str).collect())
            .collect();
        assert_eq!(
            what,
            [
                vec!["NAV", "the price of WETH", "the auction"],
                vec!["the limits"],
                vec!["what 0x01020304 answers"],
            ]
        );
        assert_eq!(all[0].message, "[1]");
        let known = told(&refusals, true, &names);
        assert_eq!(known[0].what, ["the price of WETH", "the auction"]);
        assert!(is_refused::<Rebalancer::auctionCall>(&refusals));
        assert!(!is_refused::<Rebalancer::stateCall>(&refusals));
    }
}
