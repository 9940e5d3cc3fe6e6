//! The guardian, who only tightens.

use alloy::primitives::U256;
use ballast::abi::{Policy, Vault};

use super::{govern::limit_call, CONFIGURED, DAY};
use crate::invariants::world::{Go, World};

pub(super) fn guard(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let guardian = w.guardian()?;
    let policy = w.stand.stage.suite.policy;
    let limits = w.limits()?;
    let until = U256::from(w.now() + w.random.within(0, 16 * DAY));
    match w.random.below(5) {
        0 | 1 => {
            let call = limit_call(w)?;
            w.tell(format!("guardian sets limit {} to {}", call.id, call.value));
            w.act(guardian, policy, call)?;
        }
        2 => {
            w.tell("guardian holds the targets".to_owned());
            w.act(guardian, policy, Policy::holdTargetsCall {})?;
        }
        3 => {
            w.tell(format!("guardian rests rebalancing until {until}"));
            w.act(guardian, policy, Policy::pauseRebalanceCall { until })?;
        }
        _ => {
            w.tell(format!("guardian rests minting until {until}"));
            w.act(guardian, w.vault(), Vault::pauseMintCall { until })?;
        }
    }
    w.check(&before, &was, CONFIGURED)?;
    w.check_limits(&limits, true)
}
