//! Everybody calls everything: what may happen to the configuration, whoever is hostile (inv_18, inv_19, inv_20, inv_27).

use std::{cell::Cell, collections::BTreeMap};

use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE, MODULE_DELAY_S},
};
use ballast_mocks::feeds::MockAnswer;
use ballast_policy::{types::Error, words::Limits};
use motsu::prelude::*;
use proptest::prelude::*;

use crate::{bps, set_limit::table, token, u, World, DAY, T0};

const GOVERNOR: u8 = 0;
const GUARDIAN: u8 = 1;

/// What a call is about, with numbers that mean what its handler makes of them.
#[derive(Clone, Copy, Debug)]
struct Act {
    /// 0 governor, 1 guardian, 2 stranger, 3 one that is to be the next guardian.
    who: u8,
    what: u8,
    a: u8,
    b: u64,
    /// Seconds that pass before.
    pass: u64,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let pass = prop_oneof![3 => 0u64..DAY, 2 => 0u64..20 * DAY];
    // A ramp is held by the guardian alone, while one runs, and once in 28 days: asked for more often than the rest.
    let what = prop_oneof![3 => 0u8..18, 1 => Just(4)];
    let act =
        (0u8..4, what, any::<u8>(), any::<u64>(), pass).prop_map(|(who, what, a, b, pass)| Act {
            who,
            what,
            a,
            b,
            pass,
        });
    prop::collection::vec(act, 1..60)
}

/// Everything that is configured, as anybody can read it.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    owner: Address,
    successor: (Address, U256),
    /// Of guardian and candidate: held, queued from.
    guards: [(bool, U256); 2],
    modules: (Address, Address, Address),
    queued: (Address, Address, U256),
    limits: Vec<U256>,
    modes: Vec<U256>,
    bounds: Vec<(U256, U256)>,
    targets: (Vec<Address>, Vec<U256>, Vec<U256>, U256, U256),
    weights: Vec<U256>,
    paused_until: U256,
    governed: U256,
}

struct Stage {
    w: World,
    others: [Contract<MockAnswer>; 2],
}

impl Stage {
    fn new() -> Self {
        let w = World::new();
        w.targets(
            &[(token(0), 4_000), (token(1), 3_500), (token(2), 2_500)],
            0,
            0,
        );
        // Set-up is over: only the owner governs.
        w.policy
            .sender(w.setup)
            .renounce_role(DEFAULT_ADMIN_ROLE, w.setup)
            .motsu_unwrap();
        let others = [Contract::from_tag("one"), Contract::from_tag("two")];
        for (rebalancer, oracle) in others.iter().zip(others.iter().rev()) {
            w.made_for(rebalancer, oracle.address());
        }
        Self { w, others }
    }

    fn who(&self, who: u8) -> Address {
        let w = &self.w;
        match who {
            GOVERNOR => w.owner,
            GUARDIAN => w.guardian,
            2 => w.stranger,
            _ => self.candidate(),
        }
    }

    fn candidate(&self) -> Address {
        Address::from_tag("candidate")
    }

    fn look(&self) -> Seen {
        let w = &self.w;
        let p = || w.policy.sender(w.stranger);
        let tokens: Vec<Address> = (0..3).map(token).collect();
        let guard = |who| {
            let held = p().has_role(GUARDIAN_ROLE, who);
            (held, p().pending_grant(GUARDIAN_ROLE, who))
        };
        let queued = p().pending_modules();
        let rule = |t: &Address| p().asset_rule(*t).motsu_unwrap();
        let targets = p().targets().motsu_unwrap().0;
        let weight = |t: &Address| p().weight_of(*t).motsu_unwrap().0;
        Seen {
            owner: p().owner(),
            successor: (p().pending_owner(), p().ownership_accepted_from()),
            guards: [guard(w.guardian), guard(self.candidate())],
            modules: p().modules(),
            queued: (queued.0, queued.1, queued.4),
            limits: table().iter().map(|l| w.limit(l.0)).collect(),
            modes: tokens.iter().map(|t| rule(t).0).collect(),
            bounds: tokens.iter().map(|t| (rule(t).4, rule(t).5)).collect(),
            targets: (targets.0, targets.1, targets.2, targets.3, targets.4),
            weights: tokens.iter().map(weight).collect(),
            paused_until: p().paused_until(),
            governed: w.expected(),
        }
    }

    /// Makes one call.
    fn act(&self, act: Act, now: u64) -> Result<(), Error> {
        let w = &self.w;
        let by = self.who(act.who);
        let p = || w.policy.sender(by);
        let token = token(act.a % 3);
        let other = |i: u8| self.others[usize::from(i % 2)].address();
        let until = u(now + act.b % (20 * DAY));
        match act.what {
            0 => {
                let table = table();
                let (id, _, floor, ceiling, _) = table[usize::from(act.a) % table.len()];
                let span = ceiling - floor + u(1);
                p().set_limit(u(id), floor + u(act.b) % span).motsu_res()
            }
            1 => p().set_mode(token, u(act.b % 3)).motsu_res(),
            2 => p()
                .set_asset_bounds(token, u(act.b % 10_001), u(act.b))
                .motsu_res(),
            3 => {
                let shift = act.b % 4_000;
                let weights = [4_000 - shift, 3_500, 2_500 + shift];
                let duration = 2 * DAY + act.b % (40 * DAY);
                // The test VM rolls back to the last call that ended.
                let expected = w.expected();
                p().set_targets(
                    (0..3).map(crate::token).collect(),
                    weights.map(u).to_vec(),
                    vec![u(500); 3],
                    u(0),
                    u(duration),
                    expected,
                )
                .motsu_res()
            }
            4 => p().hold_targets().motsu_res(),
            5 => p().pause_rebalance(until).motsu_res(),
            6 => p().unpause_rebalance().motsu_res(),
            7 => p()
                .queue_modules(other(act.a), other(act.a.wrapping_add(1)))
                .motsu_res(),
            8 => p().execute_modules().motsu_res(),
            9 => p().cancel_modules().motsu_res(),
            10 => p().grant_role(GUARDIAN_ROLE, self.candidate()).motsu_res(),
            11 => p()
                .execute_grant(GUARDIAN_ROLE, self.candidate())
                .motsu_res(),
            12 => p()
                .cancel_grant(GUARDIAN_ROLE, self.candidate())
                .motsu_res(),
            13 => p().revoke_role(GUARDIAN_ROLE, self.candidate()).motsu_res(),
            14 => p().transfer_ownership(w.stranger).motsu_res(),
            // The successor would be another governor: here it never comes.
            15 => p().transfer_ownership(Address::ZERO).motsu_res(),
            16 => p()
                .set_modules(w.vault.address(), other(0), other(1))
                .motsu_res(),
            _ => p().settle_targets().motsu_res(),
        }
    }
}

/// Which of what is configured lies looser after than before, apart from the governor's own word.
fn assert_not_looser(before: &Seen, after: &Seen, now: u64) -> Result<(), TestCaseError> {
    for (i, (id, _, _, _, down)) in table().into_iter().enumerate() {
        let (was, is) = (before.limits[i], after.limits[i]);
        prop_assert!(
            if down { is <= was } else { is >= was },
            "inv_19: limit {}",
            id
        );
    }
    for (was, is) in before.modes.iter().zip(&after.modes) {
        prop_assert!(is >= was, "inv_19: a mode");
    }
    prop_assert!(
        after.paused_until >= before.paused_until || after.paused_until == u(now),
        "inv_19: the pause"
    );
    prop_assert!(
        after.targets.4 >= before.targets.4,
        "inv_20: a ramp ends earlier"
    );
    prop_assert_eq!(&after.weights, &before.weights, "a weight jumped");
    prop_assert_eq!(&after.bounds, &before.bounds);
    prop_assert_eq!(&after.targets.1, &before.targets.1);
    prop_assert_eq!(
        after.governed,
        before.governed,
        "inv_19: a proposal is stale"
    );
    prop_assert_eq!(after.owner, before.owner);
    prop_assert_eq!(after.successor, before.successor);
    Ok(())
}

/// Random calls of every setter by every role, with time passing: what each role can change, and when.
#[test]
fn inv_19_prop_nobody_loosens_what_is_not_theirs_and_nothing_comes_early() {
    let counts = Cell::new([[0u32; 2]; 18]);
    let executed = Cell::new(0);
    let config = ProptestConfig {
        cases: 160,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(acts in acts())| {
        let stage = Stage::new();
        let mut now = T0;
        // When each thing that waits was last queued.
        let mut queued_at: BTreeMap<&str, u64> = BTreeMap::new();
        for act in acts {
            now += act.pass;
            clock::set(now);
            let before = stage.look();
            let sum = before.weights.iter().fold(U256::ZERO, |a, b| a + *b);
            prop_assert_eq!(sum, bps(10_000), "inv_18");
            let result = stage.act(act, now);
            let after = stage.look();
            let mut seen = counts.get();
            seen[usize::from(act.what)][usize::from(result.is_ok())] += 1;
            counts.set(seen);
            if result.is_err() {
                prop_assert_eq!(&after, &before, "inv_14: {:?}", act);
                continue;
            }

            // Inv_20: whatever takes effect was queued a whole delay ago.
            if after.modules != before.modules {
                prop_assert!(now >= queued_at["modules"] + MODULE_DELAY_S, "inv_19: modules");
                executed.set(executed.get() + 1);
            }
            for i in 0..2 {
                if after.guards[i].0 && !before.guards[i].0 {
                    prop_assert!(now >= queued_at["grant"] + MODULE_DELAY_S, "inv_19: a guardian");
                    executed.set(executed.get() + 1);
                }
            }
            if act.what == 7 {
                queued_at.insert("modules", now);
                prop_assert_eq!(after.queued.2, u(now + MODULE_DELAY_S));
            }
            if act.what == 10 && after.guards[1].1 != before.guards[1].1 {
                queued_at.insert("grant", now);
            }
            // Inv_20: what waits never becomes due earlier.
            for (was, is) in [(before.queued.2, after.queued.2), (before.guards[1].1, after.guards[1].1), (before.successor.1, after.successor.1)] {
                prop_assert!(is.is_zero() || is >= was, "inv_20");
            }

            let is_guardian = act.who == GUARDIAN || act.who == 3 && before.guards[1].0;
            match act.who {
                GOVERNOR => {}
                _ => {
                    assert_not_looser(&before, &after, now)?;
                    // Inv_19: anybody may execute what is due, and change nothing else; the guardian only tightens.
                    let anybodys = matches!(act.what, 8 | 11);
                    prop_assert!(anybodys || is_guardian, "inv_19: {:?}", act);
                    if anybodys {
                        prop_assert_eq!(&after.limits, &before.limits);
                    } else {
                        prop_assert!(matches!(act.what, 0 | 1 | 4 | 5 | 9 | 12), "inv_19: {:?}", act);
                    }
                    // It keeps its role no longer than the governor wants, and gives nobody one.
                    prop_assert!(!after.guards[1].0 || before.guards[1].0 || anybodys);
                    prop_assert_eq!(after.guards[0].0, before.guards[0].0);
                }
            }
            if is_guardian {
                // Inv_27: in 14 days everything that a guardian did is over, but for a governor's own word.
                clock::set(now + 14 * DAY);
                let later = stage.look();
                for (i, (id, ..)) in table().into_iter().enumerate() {
                    let governed = stage.governed(id);
                    prop_assert_eq!(later.limits[i], governed, "inv_27: limit {}", id);
                }
                for (i, mode) in later.modes.iter().enumerate() {
                    let rule = stage.w.policy.sender(stage.w.stranger).asset_rule(token(i as u8)).motsu_unwrap();
                    prop_assert_eq!(*mode, rule.1, "inv_27: the governor's mode");
                }
                clock::set(now);
            }
        }
    });
    for (what, [refused, done]) in counts.get().into_iter().enumerate() {
        assert!(refused > 0, "call {what} was never refused");
        // Modules are named once, and only the rebalancer settles.
        let may_pass = !matches!(what, 16 | 17);
        assert_eq!(done > 0, may_pass, "call {what} passed {done} times");
    }
    assert!(executed.get() > 5, "{} were executed", executed.get());
}

impl Stage {
    /// A limit as the governor set it, whatever a guardian made of it: read from the mandate.
    fn governed(&self, id: u64) -> U256 {
        use ballast_interfaces::data_account;
        use ballast_policy::{mandate::Mandate, words::Head};
        use stylus_sdk::prelude::*;
        let vm = self.w.policy.sender(self.w.owner);
        let head = Head::from_word(U256::from_be_bytes(vm.vm().storage_load_bytes32(u(6)).0));
        let limits: Limits = Mandate::decode(&data_account::read(head.mandate))
            .unwrap()
            .limits;
        U256::from(limits.get(id as usize))
    }
}
