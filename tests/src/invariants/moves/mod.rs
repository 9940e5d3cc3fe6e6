//! What everybody may do, at random.

mod aside;
mod feeds;
mod fees;
mod govern;
mod guards;
mod market;
mod outsider;
mod queue;
mod shares;
mod shortfall;
mod splits;
mod trade;
mod verdict;

pub(crate) use shares::Permit;

use alloy::primitives::{Address, U256};
use devnode::exec::State;

use super::{
    laws::Excuse,
    world::{Go, View, World},
};

/// A move, and how often it is made beside the others.
type Move = (&'static str, u64, fn(&mut World<'_>) -> Go);

/// All moves.
pub(crate) const MOVES: [Move; 39] = [
    ("mint", 8, shares::mint),
    ("redeem", 8, shares::redeem),
    ("transfer shares", 3, shares::transfer),
    ("allowances", 4, shares::allowances),
    ("donate", 3, shares::donate),
    ("collect a claim", 3, aside::collect),
    ("redirect a claim", 2, aside::redirect),
    ("list or delist", 4, aside::list),
    ("make a pocket", 3, aside::pocket),
    ("collect from a pocket", 4, aside::collect_pocket),
    ("announce to absorb", 3, aside::announce),
    ("absorb", 4, aside::absorb),
    ("set fees", 3, fees::set),
    ("fees that wait", 2, fees::next),
    ("accrue fees", 3, fees::accrue),
    ("supply cap", 2, fees::cap),
    ("rebalance", 18, trade::rebalance),
    ("rebalance, a slice", 6, trade::slice),
    ("rebalance, hostile filler", 6, trade::misfill),
    ("rebalance, senseless", 3, trade::senseless),
    ("upkeep", 4, trade::upkeep),
    ("open", 3, trade::open),
    ("close", 3, trade::close),
    ("settle", 2, trade::settle),
    ("observe", 2, feeds::observe),
    ("market", 14, market::market),
    ("faulty feed", 5, market::faults),
    ("push a pool", 4, market::push),
    ("odd token", 4, market::odd),
    ("mark an asset", 4, govern::mark),
    ("governor", 7, govern::govern),
    ("guardian", 4, guards::guard),
    ("wind down", 1, govern::wind_down),
    ("modules", 3, queue::modules),
    ("roles", 3, queue::roles_move),
    ("ownership", 2, queue::ownership),
    ("how it is priced", 5, feeds::list),
    ("another feed", 5, feeds::replace),
    ("outsider", 4, outsider::outsider),
];

pub(crate) const NONE: Excuse = Excuse {
    odd: false,
    traded: false,
    configured: false,
    pocketed: None,
};
pub(crate) const CONFIGURED: Excuse = Excuse {
    configured: true,
    ..NONE
};
pub(crate) const TRADED: Excuse = Excuse {
    traded: true,
    ..NONE
};
pub(crate) const DAY: u64 = 86_400;

impl World<'_> {
    pub(crate) fn depositor(&mut self) -> Address {
        let all = self.stand.depositors();
        *self.random.pick(all)
    }

    /// Somebody who holds shares, with the place in the list of those who may.
    pub(crate) fn some_holder(&mut self) -> (usize, Address) {
        let i = self.random.index(self.stand.acting);
        (i, self.stand.holders[i])
    }

    /// How everything looks when the next transaction comes, and the state that it finds.
    pub(crate) fn before(&self) -> (View, State) {
        let view = self.view.at(self.chain.next_timestamp());
        (view, self.chain.state().clone())
    }

    pub(crate) fn shares_of(&self, who: Address) -> U256 {
        let place = self.holder(who);
        place.map_or(U256::ZERO, |i| self.books.shares[i])
    }

    pub(crate) fn count(&mut self, done: bool) {
        let counts = self.counts.entry(self.kind).or_default();
        match done {
            true => counts.done += 1,
            false => counts.refused += 1,
        }
    }

    /// What the odd token's modes excuse.
    pub(crate) fn odd_excuse(&self) -> Excuse {
        Excuse {
            odd: self.odd != (0, 0),
            ..NONE
        }
    }

    /// Lets so many seconds pass and a block be made.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.chain.increase_time(seconds);
        self.chain.mine();
    }
}
