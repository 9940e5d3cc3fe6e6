//! Random sequences of calls: what must hold after each of them.

use std::cell::Cell;

use alloy_primitives::{Address, U256};
use ballast_interfaces::{clock, constants::limit::LIMIT_COUNT};
use motsu::prelude::*;
use proptest::prelude::*;

use crate::{bps, set_limit::table, token, u, World, DAY, T0};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Up to eight distinct tokens of ten, with weights that add up to 10,000.
fn targets() -> impl Strategy<Value = Vec<(u8, u64)>> {
    (
        prop::collection::btree_set(0u8..10, 1..8),
        prop::collection::vec(0u64..=10_000, 8),
    )
        .prop_map(|(tokens, mut cuts)| {
            cuts.truncate(tokens.len() - 1);
            cuts.sort_unstable();
            cuts.push(10_000);
            let mut before = 0;
            tokens
                .into_iter()
                .zip(cuts)
                .map(|(t, cut)| {
                    let weight = cut - before;
                    before = cut;
                    (t, weight)
                })
                .collect()
        })
}

/// The ramp as a sum of fractions, written down without the library: floor of each token's line.
struct Slow {
    from: Vec<u128>,
    to: Vec<u128>,
    start: u128,
    end: u128,
}

impl Slow {
    fn floors(&self, now: u64) -> Vec<u128> {
        let now = u128::from(now);
        if now >= self.end {
            return self.to.clone();
        }
        let gone = now.saturating_sub(self.start);
        let span = (self.end - self.start).max(1);
        self.from
            .iter()
            .zip(&self.to)
            .map(|(f, t)| (f * (span - gone) + t * gone) / span)
            .collect()
    }
}

/// Invariant 18, with targets replaced in the middle of ramps, waits and jumps.
#[test]
fn inv_18_prop_effective_weights_are_the_whole_at_every_moment() {
    let step = (
        targets(),
        prop_oneof![3 => Just(0u64), 1 => 1u64..3],
        prop_oneof![1 => Just(4 * DAY), 4 => 4 * DAY..30 * DAY],
        prop::collection::btree_set(0u64..8 * DAY, 1..5),
    );
    let remainders = Cell::new(0);
    proptest!(config(128), |(steps in prop::collection::vec(step, 1..6))| {
        let w = World::new();
        let all: Vec<Address> = (0..10).map(token).collect();
        for t in &all {
            w.list(*t);
        }
        let mut now = T0;
        let mut effective = vec![0u128; 10];
        for (n, (wanted, wait, duration, looks)) in steps.into_iter().enumerate() {
            let named: Vec<(Address, u64)> = wanted.iter().map(|(t, b)| (token(*t), *b)).collect();
            let start = now + wait * DAY;
            // The first targets may be of any length, the later ones have to be slow enough.
            let duration = if n == 0 { duration - 4 * DAY } else { duration };
            w.targets(&named, if wait == 0 { 0 } else { start }, duration);
            let mut to = vec![0u128; 10];
            for (t, b) in &wanted {
                to[usize::from(*t)] = u128::from(*b) * u128::from(crate::BPS_IN_WAD);
            }
            let slow = Slow {
                from: if n == 0 { to.clone() } else { effective.clone() },
                to,
                start: start.into(),
                end: (start + duration).into(),
            };
            let begin = now;
            for look in std::iter::once(0).chain(looks) {
                now = begin + look;
                clock::set(now);
                let weights = w.weights(&all);
                let sum = weights.iter().fold(U256::ZERO, |a, b| a + *b);
                prop_assert_eq!(sum, bps(10_000), "inv_18");

                // All of the remainder is in one place, and that is one of the largest targets.
                let floors = slow.floors(now);
                let remainder = u128::from(crate::WAD) - floors.iter().sum::<u128>();
                prop_assert!(remainder < 10);
                let above: Vec<usize> = (0..10)
                    .filter(|i| weights[*i] != U256::from(floors[*i]))
                    .collect();
                prop_assert_eq!(above.len(), usize::from(remainder > 0));
                for i in above {
                    prop_assert_eq!(slow.to[i], *slow.to.iter().max().unwrap());
                    prop_assert_eq!(weights[i], U256::from(floors[i] + remainder));
                    remainders.set(remainders.get() + 1);
                }

                if look == 0 && n > 0 && start + duration > now {
                    let before: Vec<U256> = effective.iter().map(|e| U256::from(*e)).collect();
                    prop_assert_eq!(&weights, &before, "setting targets moves nothing");
                }
                effective = weights.iter().map(|w| w.to()).collect();
            }
        }
    });
    assert!(
        remainders.get() > 100,
        "the rounding was hardly exercised: {}",
        remainders.get()
    );
}

proptest! {
    #![proptest_config(config(64))]

    /// Invariants 19, 20 and 27 over random acts of governor, guardian and stranger.
    #[test]
    fn inv_19_prop_the_guardian_never_loosens_and_limits_stay_in_range(
        acts in prop::collection::vec((0u8..3, 0u64..16, any::<u64>(), 0u64..20 * DAY), 1..40)
    ) {
        let w = World::new();
        let table = table();
        let mut governed: Vec<U256> = table.iter().map(|l| l.1).collect();
        let mut now = T0;
        for (who, id, seed, pass) in acts {
            now += pass;
            clock::set(now);
            let (_, _, floor, ceiling, down) = table[id as usize];
            // Mostly inside, sometimes outside of the range.
            let span = ceiling - floor + u(10);
            let value = (floor + U256::from(seed) * span / U256::from(u64::MAX)).saturating_sub(u(5));
            let by = [w.owner, w.guardian, w.stranger][usize::from(who)];
            let before: Vec<U256> = (0..16).map(|i| w.limit(i)).collect();
            let nonce = w.nonce();
            let ok = w.policy.sender(by).set_limit(u(id), value).motsu_res().is_ok();
            let after: Vec<U256> = (0..16).map(|i| w.limit(i)).collect();
            for (i, (_, _, floor, ceiling, _)) in table.iter().enumerate() {
                prop_assert!(*floor <= after[i] && after[i] <= *ceiling, "inv_20");
                if !ok || i != id as usize {
                    prop_assert_eq!(before[i], after[i]);
                }
            }
            prop_assert_eq!(w.nonce(), nonce + u(ok.into()));
            let i = id as usize;
            match who {
                0 => prop_assert_eq!(ok, floor <= value && value <= ceiling),
                1 => {
                    // Of the schedule, none is the tightest.
                    let rank = |x: U256| if id == 14 && x.is_zero() { U256::MAX } else { x };
                    let (old, new) = (rank(before[i]), rank(after[i]));
                    let tighter = if down { new < old } else { new > old };
                    prop_assert!(!ok || tighter, "inv_19");
                    if ok {
                        let (since, until, from) = w.policy.sender(w.owner).guardian_act(u(id));
                        prop_assert!(until <= since + u(14 * DAY) && until > u(now), "inv_27");
                        prop_assert_eq!(from, until + (until - since), "inv_27");
                    }
                }
                _ => prop_assert!(!ok, "inv_19"),
            }
            if who == 0 && ok {
                governed[i] = value;
            }
            // Whatever the guardian did, in 14 days the governor's word stands again.
            clock::set(now + 14 * DAY);
            let settled: Vec<U256> = (0..16).map(|i| w.limit(i)).collect();
            prop_assert_eq!(&settled, &governed, "inv_27");
            let rules = w.policy.sender(w.stranger).rules(vec![]).motsu_unwrap().0.4;
            prop_assert_eq!(&rules, &settled);
            prop_assert_eq!(rules.len(), LIMIT_COUNT);
            clock::set(now);
        }
    }

    /// Invariant 27: of any stretch of time the guardian alone can pause at most half, and 14 days more.
    #[test]
    fn inv_27_prop_the_guardians_pauses_end_and_rest(
        tries in prop::collection::vec((0u64..6 * DAY, 0u64..16 * DAY), 1..60)
    ) {
        let w = World::new();
        let mut now = T0;
        let mut paused = 0;
        let mut until = 0;
        for (pass, length) in tries {
            let next = now + pass;
            paused += next.min(until).saturating_sub(now);
            now = next;
            clock::set(now);
            let ok = w.policy.sender(w.guardian).pause_rebalance(u(now + length)).motsu_res().is_ok();
            let new = w.policy.sender(w.stranger).paused_until();
            if ok {
                prop_assert_eq!(new, u(now + length));
                prop_assert!(now + length >= until, "never earlier");
                until = now + length;
            } else {
                prop_assert_eq!(new, u(until));
            }
            prop_assert!(until <= now + 14 * DAY);
            prop_assert!(2 * paused <= (now - T0) + 14 * DAY, "paused {} of {}", paused, now - T0);
        }
    }
}
