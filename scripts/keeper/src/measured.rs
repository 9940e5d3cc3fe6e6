//! What offers were measured to take, and which one is made once it is known.

use crate::{
    config::Config,
    execute::Gas,
    state::{Offer, State},
    strategy::{self, Action, Decision, Why},
};

/// Offers of one decision that were simulated, and what they take.
#[derive(Debug, Clone, Default)]
pub struct Measured(Vec<(Offer, Gas)>);

/// What follows from a decision with what is measured so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// This offer is the best, and takes so much.
    Make(Box<Offer>, Gas),
    /// This one seems to be the best, and was not simulated yet.
    Measure(Box<Offer>),
    /// None is made.
    Wait(Why),
}

impl Measured {
    /// Notes what `offer` takes.
    pub fn note(&mut self, offer: &Offer, gas: Gas) {
        self.0.push((offer.clone(), gas));
    }

    /// Decides with what was measured in the place of what was assumed.
    ///
    /// An offer is made only with gas of its own, so that two of nearly the same worth do not take turns for ever, each the
    /// better one as long as the other alone was measured.
    pub fn choose(&self, config: &Config, state: &State, mut offers: Vec<Offer>) -> Choice {
        for offer in &mut offers {
            if let Some(gas) = self.of(offer).or_else(|| self.of_more(offer)) {
                (offer.gas, offer.l1_gas) = (gas.all, gas.l1);
            }
        }
        match strategy::decide(config, state, &offers) {
            Decision::Act(Action::Rebalance(offer)) => match self.of(&offer) {
                Some(gas) => Choice::Make(offer, gas),
                None => Choice::Measure(offer),
            },
            // Something moved while it was simulated: the next turn sees it whole.
            Decision::Act(_) => Choice::Wait(Why::Moved),
            Decision::Wait(why) => Choice::Wait(why),
        }
    }

    fn of(&self, offer: &Offer) -> Option<Gas> {
        let is_it = |known: &Offer| known.share_bps == offer.share_bps && known.way == offer.way;
        let mut found = self.0.iter().rev();
        found.find(|(known, _)| is_it(known)).map(|(_, gas)| *gas)
    }

    /// No part of the plan takes more than a larger one by the same way.
    fn of_more(&self, offer: &Offer) -> Option<Gas> {
        let is_more = |known: &Offer| known.share_bps > offer.share_bps && known.way == offer.way;
        let more = self.0.iter().filter(|(known, _)| is_more(known));
        more.map(|(_, gas)| *gas).min_by_key(|gas| gas.all)
    }
}
