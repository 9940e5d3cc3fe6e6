//! Refusals of contracts that are not ours: Solidity's reasons and panics, with those of the venues explained.

use alloy::sol_types::{Panic, Revert, SolError};

use super::Advice;

/// A venue's or token's reason, what it means, what to do.
const REASONS: &[(&str, &str, &str)] = &[
    ("Too little received", "the venue would pay less than the least asked for", QUOTE),
    ("UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT", "the venue would pay less than the least asked for", QUOTE),
    ("BAL#507", "the venue would pay less than the least asked for", QUOTE),
    ("Too much requested", "the venue would take more than the most allowed", QUOTE),
    ("SPL", "the pool's price is beyond the limit of the swap already", QUOTE),
    ("UniswapV2Library: INSUFFICIENT_LIQUIDITY", "the pool is empty", ROUTE),
    ("UniswapV2: INSUFFICIENT_LIQUIDITY", "the pool holds less than the swap would take out", ROUTE),
    ("AS", "the swap is of nothing", ROUTE),
    ("IIA", "the pool received less than the swap owes: the token takes a fee on transfers", ROUTE),
    ("LOK", "the pool is in the middle of another swap, or was never initialised", ROUTE),
    ("STF", "the venue could not take the token: balance or allowance is too small, or the token refuses", ROUTE),
    ("TF", "a token refused a transfer", ROUTE),
    ("TransferHelper: TRANSFER_FROM_FAILED", "the venue could not take the token: balance or allowance is too small, or the token refuses", ROUTE),
    ("Transaction too old", "the deadline given to the venue has passed", QUOTE),
    ("UniswapV2Router: EXPIRED", "the deadline given to the venue has passed", QUOTE),
    ("BAL#508", "the deadline given to the venue has passed", QUOTE),
    ("ERC20: insufficient allowance", "an allowance is too small", APPROVE),
    ("ERC20: transfer amount exceeds allowance", "an allowance is too small", APPROVE),
    ("ERC20: transfer amount exceeds balance", "a balance is too small", FUND),
    ("SafeERC20: low-level call failed", "a token refused a transfer", FUND),
];

const QUOTE: &str =
    "quote the venue and plan again: the price moved, or the pool is too thin for the amount";
const ROUTE: &str = "take another route or venue, or trade less";
const APPROVE: &str = "approve exactly what the command asks for, then run it again";
const FUND: &str = "fund the account, then run the command again";

/// Says what a reason or a panic means.
pub(super) fn of(data: &[u8]) -> Option<Advice> {
    if let Ok(revert) = Revert::abi_decode(data) {
        let known = REASONS.iter().find(|(reason, ..)| *reason == revert.reason);
        return Some(match known {
            Some((reason, meaning, next)) => Advice {
                sentence: format!("A contract outside of Ballast refuses: {meaning} ({reason})."),
                next: (*next).into(),
            },
            None => Advice {
                sentence: format!("A contract outside of Ballast refuses: {:?}.", revert.reason),
                next: "look the reason up in that contract's documentation; a venue that keeps refusing can be replaced by another route".into(),
            },
        });
    }
    let panic = Panic::abi_decode(data).ok()?;
    Some(Advice {
        sentence: format!(
            "A contract outside of Ballast failed: {}.",
            panic.kind().map_or("unknown panic", |kind| kind.as_str())
        ),
        next: "take another route or venue; the fault is in that contract, or in what it was given"
            .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_and_panics_are_told() {
        let said = |reason: &str| of(&Revert::from(reason).abi_encode()).unwrap();
        assert!(said("STF").sentence.contains("(STF)"));
        assert!(said("hello").sentence.contains("\"hello\""));
        let panic = Panic::from(alloy::sol_types::PanicKind::UnderOverflow).abi_encode();
        assert!(of(&panic).unwrap().sentence.contains("overflow"));
    }
}
