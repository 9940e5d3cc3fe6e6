//! What was decided and is not in force yet, and what the guardian holds for a while.

use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, U256};
use ballast_interfaces::{clock, constants::limit};
use stylus_sdk::{abi::Bytes, function_selector, prelude::*};

use crate::{
    asking::{Asking, Question, Words},
    encoded::Encoded,
    Lens,
};

/// What [`Lens::pending`] answers.
pub type Pending = Encoded<(
    Vec<Address>,
    Vec<U256>,
    Vec<U256>,
    Vec<Address>,
    Vec<U256>,
    Vec<U256>,
    Vec<Address>,
    Vec<U256>,
    Vec<U256>,
    Vec<Address>,
    Vec<U256>,
    Vec<U256>,
    Vec<Bytes>,
)>;

/// Places in what `oracle.pendingOf` answers.
mod change {
    /// 1: of the second source.
    pub(super) const KIND: usize = 0;
    /// From when it may be activated, seconds.
    pub(super) const READY_AT: usize = 1;
    /// The feed as it will be.
    pub(super) const FEED: usize = 3;
    /// The second source as it will be: the tenth of the entry's details, which follow nine words.
    pub(super) const SECOND: usize = 18;
}

/// Subjects of the guardian's acts that are no limits, as the specification numbers them: a held ramp, a pause.
const HELD_RAMP: U256 = U256::from_limbs([u64::MAX - 1, u64::MAX, u64::MAX, u64::MAX]);
const PAUSE: U256 = U256::MAX;

impl Lens {
    /// Asks everybody.
    #[inline(never)]
    pub(crate) fn pending_of(&self) -> Pending {
        let (vault, policy, oracle) = (self.vault.get(), self.policy.get(), self.oracle.get());
        let mut asking = Asking::new(self);
        let holdings = asking.holdings(vault, function_selector!("holdings"));
        let (tokens, _) = holdings.unwrap_or_default();

        let n = tokens.len();
        let (mut kinds, mut ready) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let mut sources = Vec::with_capacity(n);
        let (mut rests, mut ends) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for token in &tokens {
            let answer = asking.ask(&Question {
                to: oracle,
                selector: function_selector!("pendingOf", Address),
                arguments: &[*token],
                lists: &[0],
                numbers: 0,
            });
            let change = answer.as_ref().map(|words| words.list(0));
            let of = |place| {
                change
                    .and_then(|c| c.get(place))
                    .copied()
                    .unwrap_or_default()
            };
            let source = match of(change::KIND).is_zero() {
                true => change::FEED,
                false => change::SECOND,
            };
            kinds.push(of(change::KIND));
            ready.push(of(change::READY_AT));
            sources.push(of(source));

            let absorption = function_selector!("absorption", Address);
            let absorption = asking.numbers_of(vault, absorption, *token, 2);
            let of = |place| absorption.as_ref().map_or(U256::ZERO, |a| a.number(place));
            rests.push(of(0));
            ends.push(of(1));
        }

        let mut acts = Vec::with_capacity(limit::LIMIT_COUNT);
        let limits = (0..limit::LIMIT_COUNT).map(U256::from);
        for subject in limits.chain([HELD_RAMP, PAUSE]) {
            let act = function_selector!("guardianAct", U256);
            let act = asking.numbers_of(policy, act, subject, 3);
            acts.push(act.map(|act| act.number(1)).unwrap_or_default());
        }

        let targets = asking.targets(policy);
        let of_targets = |place| targets.as_ref().map(|t| t.list(place)).unwrap_or_default();
        let fees = asking.numbers(vault, function_selector!("pendingFees"), 5);
        let now_fees = asking.numbers(vault, function_selector!("fees"), 4);
        let modules = asking.numbers(policy, function_selector!("pendingModules"), 5);
        let owner = asking.numbers(policy, function_selector!("owner"), 1);
        let successor = asking.numbers(policy, function_selector!("pendingOwner"), 1);
        let mut accounts = Vec::with_capacity(6);
        for (answer, place) in [
            (&owner, 0),
            (&successor, 0),
            (&now_fees, 0),
            (&fees, 0),
            (&modules, 0),
            (&modules, 1),
        ] {
            accounts.push(number(answer, place));
        }
        let accepted = function_selector!("ownershipAcceptedFrom");
        let mut numbers = vec![
            U256::from(clock::now(self.vm())),
            asking.number(policy, accepted),
        ];
        for (answer, place) in [
            (&fees, 4),
            (&fees, 1),
            (&fees, 2),
            (&fees, 3),
            (&modules, 4),
            (&modules, 2),
            (&modules, 3),
            (&targets, 3),
            (&targets, 4),
            (&targets, 5),
        ] {
            numbers.push(number(answer, place));
        }
        let columns: [&[U256]; 12] = [
            &tokens,
            &kinds,
            &ready,
            &sources,
            &rests,
            &ends,
            of_targets(0),
            of_targets(1),
            &acts,
            &accounts,
            &numbers,
            &asking.parts,
        ];
        Encoded::new(&columns, &asking.refusals)
    }
}

/// A number of an answer; 0 when refused.
fn number(answer: &Option<Words>, place: usize) -> U256 {
    answer.as_ref().map_or(U256::ZERO, |a| a.number(place))
}
