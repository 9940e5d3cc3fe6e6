//! What is sent: an action as target and calldata.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol,
    sol_types::SolCall,
};
use ballast::{
    abi::{Oracle, Rebalancer},
    suite::Suite,
};
use ballast_math::{mul_div::mul_div_down, MathError, D36};

use crate::{
    config::{Config, Mode},
    state::{Market, Offer, State},
    strategy::Action,
};

sol! {
    /// What the keeper's own filler must understand: only its owner may say so.
    #[allow(missing_docs)]
    #[derive(Debug)]
    interface IKeeperFiller {
        function run(address rebalancer, address vault, bytes calldata rebalance) external;
        function withdraw(address token) external;
    }
}

/// Parts of ten thousand by which a trade may do worse than it was quoted.
const TOLERANCE_BPS: u64 = 10;

/// A call to be simulated, and perhaps sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Who is called.
    pub to: Address,
    /// With what.
    pub data: Bytes,
}

/// The call that `action` is.
///
/// # Errors
/// [`MathError`] for an offer that is not of this market.
pub fn call_of(
    config: &Config,
    suite: &Suite,
    state: &State,
    market: Option<&Market>,
    action: &Action,
) -> Result<Call, MathError> {
    let rebalancer = |data: Vec<u8>| Call {
        to: suite.rebalancer,
        data: data.into(),
    };
    Ok(match action {
        Action::Open => rebalancer(Rebalancer::openCall {}.abi_encode()),
        Action::Close => rebalancer(Rebalancer::closeCall {}.abi_encode()),
        Action::Settle => rebalancer(Rebalancer::settleCall {}.abi_encode()),
        Action::Observe(tokens) => Call {
            to: suite.oracle,
            data: Oracle::observeCall {
                tokens: tokens.clone(),
            }
            .abi_encode()
            .into(),
        },
        Action::Rebalance(offer) => {
            let market = market.ok_or(MathError::LengthMismatch)?;
            let call = rebalance(config, state, market, offer)?.abi_encode();
            match (config.mode, config.venues.own_filler) {
                (Mode::OwnFiller, Some(to)) => Call {
                    to,
                    data: IKeeperFiller::runCall {
                        rebalancer: suite.rebalancer,
                        vault: suite.vault,
                        rebalance: call.into(),
                    }
                    .abi_encode()
                    .into(),
                },
                _ => rebalancer(call),
            }
        }
    })
}

/// The rebalance that takes `offer`.
///
/// Through a public filler, which leaves with the vault whatever the venue pays, the quote is the keeper's own bound besides
/// the treasury's: what became worse in between is refused on chain.
///
/// # Errors
/// As [`call_of`].
pub fn rebalance(
    config: &Config,
    state: &State,
    market: &Market,
    offer: &Offer,
) -> Result<Rebalancer::rebalanceCall, MathError> {
    let (mut sells, mut buys) = (Vec::new(), Vec::new());
    let (mut mosts, mut leasts, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for leg in &offer.legs {
        sells.push(market.asset(leg.sell)?.token);
        buys.push(market.asset(leg.buy)?.token);
        mosts.push(match offer.share_bps {
            10_000 => U256::MAX,
            _ => leg.amount,
        });
        leasts.push(U256::ZERO);
        rates.push(match config.mode {
            Mode::OwnFiller => U256::ZERO,
            Mode::PublicFiller => {
                let kept = U256::from(10_000 - TOLERANCE_BPS);
                let worse = mul_div_down(leg.bought, kept, U256::from(10_000))?;
                // D36{buy tok/sell tok} = {buy tok} · D36 / {sell tok}
                mul_div_down(worse, D36, leg.amount)?
            }
        });
    }
    Ok(Rebalancer::rebalanceCall {
        sells,
        buys,
        mosts,
        leasts,
        minRatesD36: rates,
        filler: offer.way.filler,
        data: offer.way.data.clone(),
        deadline: U256::from(state.now.saturating_add(config.trade.deadline_s)),
        policyNonce: state.policy_nonce,
    })
}
