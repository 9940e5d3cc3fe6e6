//! What must hold, by number: the lines of docs/invariants.md.

/// The invariants; number i stands at place i − 1.
pub const INVARIANTS: [&str; 28] = [
    "balances cover holdings and claims; donations change nothing",
    "shares add up to the supply, which keeps its locked minimum",
    "at fixed prices nobody gains without a rebalance",
    "mint and redeem leave each share at least what it had, asset by asset",
    "and not a unit more than rounding asks",
    "shares are never minted for nothing",
    "splitting a call never pays",
    "a donation never pays",
    "NAV falls by at most what is allowed of the value sold",
    "what was bought is worth what was sold, less what is allowed, by measured balances",
    "losses in any window stay within the budgets",
    "a rebalance brings the holdings closer and crosses no target",
    "a rebalance happens only when it may",
    "what is refused changes nothing",
    "a rebalance touches no other token and no share",
    "the vault grants no allowance",
    "the vault calls tokens, its modules and the filler only, and delegates to nobody",
    "weights add up to one",
    "only the governor loosens, the guardian tightens, others change nothing",
    "floors and ceilings hold; pending changes never come sooner",
    "only a price that may be believed is used",
    "in-kind redemption always pays what can move",
    "what must not be bought is not bought",
    "a filler keeps no more than is allowed",
    "the lock is open after every transaction and closed within one",
    "nothing is initialised twice",
    "every guardian act ends",
    "gas stays within the table",
];

/// A law that did not hold.
#[derive(Debug, Clone)]
pub struct Broken {
    /// Its number.
    pub invariant: usize,
    /// What was found.
    pub found: String,
}

/// How often each law was checked.
#[derive(Debug, Clone, Default)]
pub struct Checks {
    counts: [u64; INVARIANTS.len()],
}

impl Checks {
    /// Checks invariant `number`, counted from 1.
    ///
    /// # Errors
    /// [`Broken`] with `found` unless it `holds`.
    pub(crate) fn that(
        &mut self,
        number: usize,
        holds: bool,
        found: impl FnOnce() -> String,
    ) -> Result<(), Broken> {
        if let Some(count) = self.counts.get_mut(number - 1) {
            *count += 1;
        }
        match holds {
            true => Ok(()),
            false => Err(Broken {
                invariant: number,
                found: found(),
            }),
        }
    }

    /// How often invariant `number` was checked.
    pub fn of(&self, number: usize) -> u64 {
        self.counts.get(number - 1).copied().unwrap_or_default()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine += theirs;
        }
    }
}
