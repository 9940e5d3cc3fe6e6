//! How things are priced: what the governor sets, what waits, what anybody may note.

use alloy::primitives::{Address, B256, U256};
use ballast::{abi::Oracle, local::stage::HEARTBEAT_S};

use super::{CONFIGURED, DAY};
use crate::invariants::{
    books::DELAY_S,
    prices::PYTH_ID,
    stand::{NEW, RATIO, SPARE, TWICE},
    world::{Go, World},
};

/// Heartbeat, least and greatest answer, lag of the aggregator at a place.
fn parameters(w: &World<'_>, i: usize) -> [U256; 4] {
    let first = w.stand.answers[i].into_raw();
    let hundred = U256::from(100);
    let heartbeat = U256::from(HEARTBEAT_S);
    [heartbeat, first / hundred, first * hundred, U256::from(50)]
}

/// An asset priced by its own aggregator.
pub(super) fn single(w: &World<'_>, i: usize) -> Oracle::setFeedCall {
    let [heartbeat, least, most, lag] = parameters(w, i);
    Oracle::setFeedCall {
        token: w.stand.assets[i].token,
        feed: w.stand.aggregators[i],
        heartbeat,
        minAnswer: least,
        maxAnswer: most,
        lagBps: lag,
    }
}

/// Feeds and parameters of one, or of the ratio and what it is a ratio to.
fn composite(w: &World<'_>) -> (Vec<Address>, Vec<U256>) {
    let places = [RATIO, 0];
    let feeds = places.iter().map(|i| w.stand.aggregators[*i]).collect();
    let all = places.iter().flat_map(|i| parameters(w, *i)).collect();
    (feeds, all)
}

pub(super) fn observe(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let from = w.depositor();
    // One of them is watched.
    let tokens = vec![w.random.pick(&w.stand.assets[..2]).token];
    w.tell(format!("{from} observes"));
    w.act(from, w.oracle(), Oracle::observeCall { tokens })?;
    w.check(&before, &was, CONFIGURED)
}

/// What is set at once.
pub(super) fn list(w: &mut World<'_>) -> Go {
    if w.random.one_in(2) {
        w.wake()?;
    }
    let (before, was) = w.before();
    let subjects = w.feeds_in_force()?;
    let (governor, oracle) = (w.governor, w.oracle());
    let i = match w.random.one_in(2) {
        true => NEW,
        false => w.random.index(w.stand.assets.len()),
    };
    let token = w.stand.assets[i].token;
    let what = w.random.below(10);
    w.tell(format!("how asset {i} is priced, {what}"));
    match what {
        0 | 1 => {
            let call = single(w, i);
            w.act(governor, oracle, call)?;
        }
        2 | 3 => {
            let (feeds, parameters) = composite(w);
            let call = Oracle::setCompositeFeedCall {
                token,
                feeds,
                parameters,
                maxGrowthBps: U256::from(w.random.within(2_000, 6_000)),
            };
            w.act(governor, oracle, call)?;
        }
        4 => {
            w.act(governor, oracle, Oracle::removeFeedCall { token })?;
        }
        5 => {
            let call = second(w, TWICE);
            w.act(governor, oracle, call)?;
        }
        6 => {
            let reference = w.random.within(0, 20_000);
            let most = reference * w.random.within(0, 12);
            let call = Oracle::setVolatilityCall {
                token,
                referenceBps: U256::from(reference),
                maxBps: U256::from(most),
            };
            w.act(governor, oracle, call)?;
        }
        7 => {
            let feed = match w.random.one_in(3) {
                true => w.stand.aggregators[0],
                false => w.stand.stage.sequencer,
            };
            let grace = U256::from(w.random.within(600, 2 * DAY / 24));
            w.act(
                governor,
                oracle,
                Oracle::setSequencerFeedCall { feed, grace },
            )?;
        }
        8 => {
            let from = w.depositor();
            w.act(from, oracle, Oracle::pinPhaseCall { token })?;
        }
        _ => {
            let from = w.depositor();
            w.act(from, oracle, Oracle::reportFeedCall { token })?;
        }
    }
    w.check(&before, &was, CONFIGURED)?;
    let after = w.feeds_in_force()?;
    w.check_pending(&subjects, &after)
}

/// Pyth, within some bps.
fn second(w: &mut World<'_>, i: usize) -> Oracle::setSecondSourceCall {
    Oracle::setSecondSourceCall {
        token: w.stand.assets[i].token,
        source: w.stand.pyth,
        id: PYTH_ID,
        window: U256::from(HEARTBEAT_S),
        maxConfidenceBps: U256::from(w.random.within(20, 1_000)),
        limitBps: U256::from(w.random.within(60, 2_000)),
    }
}

/// What waits for its delay.
pub(super) fn replace(w: &mut World<'_>) -> Go {
    let i = *w.random.pick(&[0, 0, NEW, TWICE]);
    let token = w.stand.assets[i].token;
    let pending = Oracle::pendingOfCall { token };
    let waits = !w.ask(w.oracle(), pending)?.is_empty();
    let what = w.random.below(8);
    if waits && what > 1 && !w.random.one_in(4) {
        w.pass(DELAY_S);
        w.wake()?;
    }
    let (before, was) = w.before();
    let subjects = w.feeds_in_force()?;
    let (governor, oracle) = (w.governor, w.oracle());
    w.tell(format!("another feed of asset {i}, {what}"));
    if what == 0 {
        let from = match w.random.below(3) {
            0 => governor,
            1 => w.guardian()?,
            _ => w.depositor(),
        };
        w.act(from, oracle, Oracle::cancelChangeCall { token })?;
    } else if waits && what > 1 {
        let from = w.depositor();
        w.act(from, oracle, Oracle::activateCall { token })?;
    } else if i == TWICE {
        let none = w.random.one_in(3);
        let asked = second(w, i);
        let call = Oracle::queueSecondSourceCall {
            token,
            source: if none { Address::ZERO } else { asked.source },
            id: if none { B256::ZERO } else { asked.id },
            window: asked.window,
            maxConfidenceBps: asked.maxConfidenceBps,
            limitBps: asked.limitBps,
        };
        w.act(governor, oracle, call)?;
    } else {
        let place = if i == 0 {
            *w.random.pick(&[0, SPARE])
        } else {
            i
        };
        let alone = (
            vec![w.stand.aggregators[place]],
            parameters(w, place).to_vec(),
        );
        let (feeds, parameters) = match i == NEW && w.random.one_in(2) {
            true => composite(w),
            false => alone,
        };
        let growth = if feeds.len() == 2 { 5_000 } else { 0 };
        let call = Oracle::queueFeedCall {
            token,
            feeds,
            parameters,
            maxGrowthBps: U256::from(growth),
        };
        w.act(governor, oracle, call)?;
    }
    w.check(&before, &was, CONFIGURED)?;
    let after = w.feeds_in_force()?;
    w.check_pending(&subjects, &after)
}
