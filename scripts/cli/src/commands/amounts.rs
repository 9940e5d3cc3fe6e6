//! What mint and redeem share: shares as they are typed, tolerances, a view of every token.

use alloy::{
    primitives::{utils::parse_units, Address, U256},
    sol_types::SolCall,
};
use ballast::client::Client;
use clap::Args;

use crate::failure::{Kind, OfKind, Outcome};

/// A whole in bps.
const WHOLE: u64 = 10_000;

/// How far holdings may move between the preview and the transaction.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Tolerance {
    /// How far amounts may move before it is mined, bps
    #[arg(long = "tolerance", value_name = "BPS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(0..=WHOLE))]
    bps: u64,
}

impl Tolerance {
    /// The most for an amount: ⌈amount · (1 + tolerance)⌉.
    pub(crate) fn above(self, amount: U256) -> U256 {
        let whole = U256::from(WHOLE);
        let part = amount.saturating_mul(U256::from(self.bps)).div_ceil(whole);
        amount.saturating_add(part)
    }

    /// The least for an amount: ⌊amount · (1 − tolerance)⌋.
    pub(crate) fn below(self, amount: U256) -> U256 {
        let kept = U256::from(WHOLE - self.bps.min(WHOLE));
        amount.saturating_mul(kept) / U256::from(WHOLE)
    }
}

/// Whole shares as they are typed, more than none.
pub(crate) fn parse_shares(text: &str) -> Result<U256, String> {
    let text = text.trim();
    // It would cut what is beyond.
    if text
        .split_once('.')
        .is_some_and(|(_, part)| part.len() > 18)
    {
        return Err("a share has 18 decimals".into());
    }
    let parsed = parse_units(text, 18).map_err(|error| error.to_string())?;
    match parsed.is_negative() || parsed.is_zero() {
        true => Err("name more than 0 shares".into()),
        false => Ok(parsed.get_absolute()),
    }
}

/// A view of every token, side by side; nothing of one that does not answer.
pub(crate) async fn all<C>(
    client: &Client,
    tokens: &[Address],
    call: impl Fn(Address) -> C,
) -> Outcome<Vec<Option<C::Return>>>
where
    C: SolCall + Send + 'static,
    C::Return: Send,
{
    let calls = tokens.iter().map(|token| (*token, call(*token))).collect();
    client.try_all(calls).await.kind(Kind::Chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tolerances_widen_against_nobody_by_a_unit() {
        let of = |bps| Tolerance { bps };
        let n = U256::from;
        assert_eq!(of(50).above(n(10_000)), n(10_050));
        assert_eq!(of(50).above(n(1)), n(2));
        assert_eq!(of(0).above(n(7)), n(7));
        assert_eq!(of(50).below(n(10_000)), n(9_950));
        assert_eq!(of(50).below(n(1)), n(0));
        assert_eq!(of(10_000).below(n(7)), n(0));
    }

    #[test]
    fn shares_are_whole_ones_with_decimals() {
        assert_eq!(
            parse_shares("1.5").unwrap(),
            U256::from(1_500_000_000_000_000_000u64)
        );
        for bad in ["0", "-1", "", "all", "1.0000000000000000001"] {
            assert!(parse_shares(bad).is_err(), "{bad}");
        }
    }
}
