//! What lies in the vault beyond what it owes, airdrops and gifts, taken into the holding over time.
//!
//! ```text
//! announceAbsorb() -> ABSORB_DELAY_S -> absorb() -> ABSORB_STREAM_S, flowing into the holding second by second
//! ```
//!
//! | bits | 0–127 | 128–191 | 192–255 |
//! |---|---|---|---|
//! | slot | rest that has not flowed yet | when it last flowed, s | when all has flowed, s |
//! | announced | 0 | 0 | from when it may be absorbed, s |
//!
//! Views count what has flowed by now; what goes out books it first. Nobody gains by coming just before: what
//! an hour brings is what was absorbed times an hour over `ABSORB_STREAM_S`.

use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::{clock, constants::MODULE_DELAY_S, slot::Word};
use ballast_math::stream::flowed_down;
use stylus_sdk::prelude::*;

use crate::{
    assets::require_listed,
    books::{Entry, MAX_HELD},
    slots::{add, sub},
    types::*,
    Vault,
};

/// How long an announcement waits before anybody may absorb, seconds.
pub const ABSORB_DELAY_S: u64 = MODULE_DELAY_S;

/// How long what was absorbed takes to flow into the holding, seconds.
pub const ABSORB_STREAM_S: u64 = 7 * 24 * 60 * 60;

/// What was absorbed of one token and has not flowed yet.
#[derive(Clone, Copy, Default)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Stream {
    /// {tok}, at most [`MAX_HELD`].
    pub(crate) rest: U256,
    /// When it last flowed, seconds.
    pub(crate) last: u64,
    /// When all has flowed or, without a rest, from when there may be one: {s}.
    pub(crate) end: u64,
}

impl Word for Stream {
    fn from_slot(word: B256) -> Self {
        let [a, b, last, end] = U256::from_slot(word).into_limbs();
        let rest = U256::from_limbs([a, b, 0, 0]);
        Self { rest, last, end }
    }

    fn to_slot(self) -> B256 {
        let [a, b, ..] = self.rest.into_limbs();
        U256::from_limbs([a, b, self.last, self.end]).to_slot()
    }
}

impl Vault {
    /// What has flowed since the stream last did and `held` has room for: {tok}.
    fn flowed(&self, stream: &Stream, held: U256) -> Answer<U256> {
        let now = clock::now(self.vm());
        let flowed = flowed_down(stream.rest, stream.last, stream.end, now)?;
        // {tok} = {tok} - {tok}
        Ok(flowed.min(MAX_HELD.saturating_sub(held)))
    }

    /// What is held of a token whose record is `entry`, with what has flowed in by now: {tok}.
    pub(crate) fn held_now(&self, token: Address, entry: Entry) -> Answer<U256> {
        if !entry.more {
            return Ok(entry.held);
        }
        let stream = self.asset(token).stream.get();
        // {tok} = {tok} + {tok}
        add(entry.held, self.flowed(&stream, entry.held)?)
    }

    /// Books what has flowed in by now, and answers what is held.
    pub(crate) fn touch(&mut self, token: Address, place: usize) -> Answer<U256> {
        let entry = self.entry(place);
        if !entry.more {
            return Ok(entry.held);
        }
        let stream = self.asset(token).stream.get();
        let flowed = self.flowed(&stream, entry.held)?;
        if flowed.is_zero() {
            return Ok(entry.held);
        }
        // {tok} = {tok} - {tok}; {tok} = {tok} + {tok}
        let rest = sub(stream.rest, flowed)?;
        let held = add(entry.held, flowed)?;
        let mut next = Stream::default();
        if !rest.is_zero() {
            let last = clock::now(self.vm());
            next = Stream {
                rest,
                last,
                ..stream
            };
        }
        self.asset_mut(token).stream.set(next);
        self.set_held(place, token, held)?;
        let more = !rest.is_zero() || !self.asset(token).claims.get().is_zero();
        self.set_more(place, more)?;
        Ok(held)
    }

    /// Starts the delay; a new announcement starts it anew.
    #[inline(never)]
    pub(crate) fn announce(&mut self, token: Address) -> Answer<()> {
        let roster = self.roster();
        let place = require_listed(&roster, token)?;
        self.require_all_flowed(token, place)?;
        let end = clock::now(self.vm()).saturating_add(ABSORB_DELAY_S);
        self.asset_mut(token).stream.set(Stream {
            end,
            ..Stream::default()
        });
        self.tell(AbsorbAnnounced {
            token,
            readyAt: U256::from(end),
        });
        Ok(())
    }

    /// Lets what lies in the vault beyond what it owes flow into the holding from now on.
    ///
    /// # Source
    /// Invariants 1 and 3.
    #[inline(never)]
    pub(crate) fn absorb_stray(&mut self, token: Address) -> Answer<U256> {
        let roster = self.roster();
        let place = require_listed(&roster, token)?;
        self.require_all_flowed(token, place)?;
        let ready = self.asset(token).stream.get().end;
        if ready == 0 {
            return Err(VaultNothingPending {}.into());
        }
        let now = clock::now(self.vm());
        if now < ready {
            return Err(VaultNotReady {
                now: U256::from(now),
                readyAt: U256::from(ready),
            }
            .into());
        }
        let balance = self.balance_of_vault(token)?;
        self.require_distinct(&roster, token, balance)?;
        // What a shortfall left unpaid is no gift when it comes back: {tok} = {tok} + {tok}
        let owed = add(
            self.owed(token, Some(place))?,
            self.asset(token).later.get(),
        )?;
        // {tok} = {tok} - {tok}, as far as the books have room
        let room = MAX_HELD.saturating_sub(self.entry(place).held);
        let amount = balance.saturating_sub(owed).min(room);
        if amount.is_zero() {
            return Err(VaultNothingToAbsorb {
                token,
                balance,
                owed,
            }
            .into());
        }
        let end = now.saturating_add(ABSORB_STREAM_S);
        self.asset_mut(token).stream.set(Stream {
            rest: amount,
            last: now,
            end,
        });
        self.set_more(place, true)?;
        self.tell(Absorbed {
            token,
            amount,
            end: U256::from(end),
        });
        Ok(amount)
    }

    /// What has not flowed by now, and when all has; or when there may be something to flow.
    pub(crate) fn absorption_of(&self, token: Address) -> Answer<(U256, U256)> {
        let stream = self.asset(token).stream.get();
        let flowed = self.flowed(&stream, U256::ZERO)?;
        // {tok} = {tok} - {tok}
        Ok((sub(stream.rest, flowed)?, U256::from(stream.end)))
    }

    /// Books what has flowed; refuses while there is a rest.
    fn require_all_flowed(&mut self, token: Address, place: usize) -> Answer<()> {
        self.touch(token, place)?;
        let stream = self.asset(token).stream.get();
        if !stream.rest.is_zero() {
            return Err(VaultAbsorbing {
                token,
                end: U256::from(stream.end),
            }
            .into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_stream_has_bits_of_its_own() {
        let none = Stream::default();
        let one = U256::from(1u64);
        let cases: [(Stream, U256); 3] = [
            (
                Stream {
                    rest: MAX_HELD,
                    ..none
                },
                (one << 127) - one,
            ),
            (
                Stream {
                    last: u64::MAX,
                    ..none
                },
                U256::from(u64::MAX) << 128,
            ),
            (
                Stream {
                    end: u64::MAX,
                    ..none
                },
                U256::from(u64::MAX) << 192,
            ),
        ];
        for (stream, word) in cases {
            assert_eq!(stream.to_slot(), word.to_slot());
            assert_eq!(Stream::from_slot(word.to_slot()), stream);
        }
    }
}
