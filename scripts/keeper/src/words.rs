//! Reasons in words.

use std::fmt::{Display, Formatter, Result};

use alloy::primitives::{
    utils::{format_ether, format_units},
    I256, U256,
};

use crate::strategy::Why;

/// {value} as dollars and cents.
fn usd(value: U256) -> String {
    let cents = value / U256::from(10).pow(U256::from(16));
    let hundred = U256::from(100);
    format!("${}.{:02}", cents / hundred, (cents % hundred).to::<u64>())
}

/// The same with a sign.
fn signed_usd(value: I256) -> String {
    match value.is_negative() {
        true => format!("-{}", usd(value.unsigned_abs())),
        false => usd(value.unsigned_abs()),
    }
}

impl Display for Why {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::InFlight => f.write_str("a transaction of ours is not mined yet"),
            Self::NodeBehind { block, acted_in } => write!(
                f,
                "the node is behind: it answers for block {block}, our last transaction is in {acted_in}"
            ),
            Self::TooManyReverts { reverted, max } => {
                write!(f, "{reverted} of our transactions reverted today, at most {max} are borne")
            }
            Self::Unpriced { refusal } => write!(f, "there are no validated prices: {refusal}"),
            Self::Paused { until } => write!(f, "rebalancing is paused until {until}"),
            Self::NotDue => f.write_str("no rebalance is due"),
            Self::Resting { until } => write!(f, "the last rebalance rests until {until}"),
            Self::NoOffer => f.write_str("no venue quotes what the plan trades"),
            Self::OpeningEnds { until } => write!(f, "the opening is void at {until}: too soon"),
            Self::TooEarly { pays_at } => write!(
                f,
                "it does not pay yet; if the venues stay as they are, it does at {pays_at}"
            ),
            Self::DoesNotPay { best, bound } => write!(
                f,
                "it would not pay at the end of the ramp either: {} at best, wanted {}",
                signed_usd(*best),
                usd(*bound)
            ),
            Self::GasPrice { price, max } => {
                let gwei = |wei: U256| format_units(wei, "gwei").unwrap_or_default();
                write!(f, "gas costs {} gwei, at most {} is paid", gwei(*price), gwei(*max))
            }
            Self::L1Fee { fee, max } => {
                write!(f, "L1 data would cost {}, at most {} is paid", usd(*fee), usd(*max))
            }
            Self::Fee { fee, max } => {
                write!(f, "the transaction would cost {}, at most {} is paid", usd(*fee), usd(*max))
            }
            Self::GasBudget { spent, max } => write!(
                f,
                "with this the day's gas would be {}, the budget is {}",
                usd(*spent),
                usd(*max)
            ),
            Self::Purse { balance, needed } => write!(
                f,
                "the account has {} ether and needs {}",
                format_ether(*balance),
                format_ether(*needed)
            ),
            Self::Refused { refusal } => write!(f, "refused: {refusal}"),
            Self::Moved => f.write_str("the market moved while the transaction was simulated"),
            Self::Arithmetic => f.write_str("a number of the state does not fit"),
        }
    }
}
