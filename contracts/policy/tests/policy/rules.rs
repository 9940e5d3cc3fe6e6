use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::limit::{self, LIMIT_COUNT},
};
use ballast_mocks::modules::MockCaller;
use motsu::prelude::*;

use crate::{bps, token, u, World, DAY, T0};

#[test]
fn rules_of_a_new_policy_give_no_weight() {
    let w = World::bare();
    let (weights, bands, modes, floors, limits, nonce, paused, flags) = w
        .policy
        .sender(w.stranger)
        .rules(vec![token(0), Address::ZERO])
        .motsu_unwrap()
        .0;
    assert_eq!(weights, [u(0), u(0)]);
    assert_eq!(bands, [u(0), u(0)]);
    assert_eq!(modes, [u(0), u(0)]);
    assert_eq!(floors, [u(0), u(0)]);
    assert_eq!(limits.len(), LIMIT_COUNT);
    assert_eq!((nonce, paused, flags), (u(0), u(0), u(0)));
}

#[test]
fn rules_answer_in_the_order_asked_duplicates_and_strangers_included() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    w.targets(&[(token(1), 7_000), (token(2), 3_000)], 0, 8 * DAY);
    clock::set(T0 + 4 * DAY);
    let asked = [
        token(2),
        token(9),
        token(0),
        token(2),
        token(1),
        Address::ZERO,
    ];
    assert_eq!(
        w.weights(&asked),
        [bps(1_500), u(0), bps(5_000), bps(1_500), bps(3_500), u(0)]
    );
}

#[test]
fn inv_18_rules_say_the_same_about_a_token_whatever_else_is_asked() {
    let w = World::new();
    let all = [token(0), token(1), token(2)];
    w.targets(
        &[(token(0), 3_333), (token(1), 3_333), (token(2), 3_334)],
        0,
        0,
    );
    // Weights that no second of this ramp divides evenly.
    w.targets(
        &[(token(0), 1_001), (token(1), 4_500), (token(2), 4_499)],
        0,
        7 * DAY + 11,
    );
    for t in [T0 + 1, T0 + 12_347, T0 + 3 * DAY + 7, T0 + 7 * DAY + 10] {
        clock::set(t);
        let together = w.weights(&all);
        let reversed = w.weights(&[token(2), token(1), token(0)]);
        for i in 0..3 {
            assert_eq!(w.weights(&all[i..=i]), [together[i]]);
            assert_eq!(reversed[2 - i], together[i]);
            let (now, target) = w.policy.sender(w.stranger).weight_of(all[i]).motsu_unwrap();
            assert_eq!(now, together[i]);
            assert_eq!(target, [bps(1_001), bps(4_500), bps(4_499)][i]);
        }
        let sum: U256 = together.iter().fold(U256::ZERO, |a, b| a + *b);
        assert_eq!(sum, bps(10_000), "inv_18 at {t}");
    }
}

#[test]
fn rules_tell_nonce_pause_and_pending() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    w.policy
        .sender(w.guardian)
        .pause_rebalance(u(T0 + 5))
        .motsu_unwrap();
    w.policy
        .sender(w.owner)
        .set_limit(u(0), u(1))
        .motsu_unwrap();
    let (.., nonce, paused, flags) = w.policy.sender(w.stranger).rules(vec![]).motsu_unwrap().0;
    assert_eq!((nonce, paused, flags), (u(2), u(T0 + 5), u(1)));
}

#[test]
fn weight_of_tells_a_weight_that_is_still_to_come() {
    let w = World::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    w.targets(&[(token(1), 10_000)], T0 + DAY, 4 * DAY);
    let of = |i| {
        w.policy
            .sender(w.stranger)
            .weight_of(token(i))
            .motsu_unwrap()
    };
    assert_eq!(of(0), (bps(10_000), u(0)));
    assert_eq!(of(1), (u(0), bps(10_000)));
    assert_eq!(of(2), (u(0), u(0)));
}

/// The head of `(uint256[],uint256[],uint256[],uint256[],uint256[],uint256,uint256,uint256)` as Solidity writes it.
#[test]
fn rules_are_encoded_as_solidity_does() {
    let w = World::new();
    let caller = Contract::<MockCaller>::new();
    w.targets(&[(token(0), 10_000)], 0, 0);
    let mut data = alloy_primitives::keccak256("rules(address[])")[..4].to_vec();
    for word in [u(32), u(1), U256::from_be_bytes(token(0).into_word().0)] {
        data.extend_from_slice(&word.to_be_bytes::<32>());
    }
    let answer = caller
        .sender(w.stranger)
        .forward(w.policy.address(), data.into())
        .motsu_unwrap();
    let word = |i: usize| U256::from_be_slice(&answer[32 * i..32 * i + 32]);
    // Eight words of head, then [1, weight], [1, band], [1, mode], [1, floor], [16, limits].
    assert_eq!([word(0), word(1), word(2)], [u(256), u(320), u(384)]);
    assert_eq!([word(3), word(4)], [u(448), u(512)]);
    assert_eq!([word(5), word(6), word(7)], [u(1), u(0), u(1)]);
    assert_eq!([word(8), word(9)], [u(1), bps(10_000)]);
    assert_eq!([word(10), word(11)], [u(1), u(500)]);
    assert_eq!([word(12), word(13)], [u(1), u(0)]);
    assert_eq!([word(14), word(15)], [u(1), u(0)]);
    assert_eq!([word(16), word(17)], [u(16), u(50)]);
    assert_eq!(answer.len(), 32 * (17 + 16));
}

/// What an opening is held against, besides the nonce.
fn paused_until(w: &World) -> U256 {
    let (.., paused, _) = w.policy.sender(w.stranger).rules(vec![]).motsu_unwrap().0;
    paused
}

#[test]
fn inv_27_the_end_of_a_guardians_act_shows_in_the_rules_as_a_pause_that_ended() {
    type Act = fn(&World);
    let acts: [Act; 3] = [
        |w| {
            let ramp_s = u(limit::RAMP_S as u64);
            let mut guardian = w.policy.sender(w.guardian);
            guardian.set_limit(ramp_s, u(DAY)).motsu_unwrap();
        },
        |w| {
            let mut guardian = w.policy.sender(w.guardian);
            guardian.set_mode(token(1), u(1)).motsu_unwrap();
        },
        |w| {
            let mut guardian = w.policy.sender(w.guardian);
            guardian.set_mode(token(1), u(2)).motsu_unwrap();
        },
    ];
    for act in acts {
        let w = World::new();
        w.targets(&[(token(0), 5_000), (token(1), 5_000)], 0, 0);
        act(&w);
        let end = T0 + 14 * DAY;
        clock::set(end - 1);
        assert_eq!(paused_until(&w), u(0));
        clock::set(end);
        assert_eq!(paused_until(&w), u(end));
        // A pause that ended later is what shows; one that has not ended shows whatever ended before.
        clock::set(end + 1);
        let pause = |until| {
            let mut guardian = w.policy.sender(w.guardian);
            guardian.pause_rebalance(u(until)).motsu_unwrap();
        };
        pause(end + 60);
        assert_eq!(paused_until(&w), u(end + 60));
        clock::set(end + 3_600);
        assert_eq!(paused_until(&w), u(end + 60));
        clock::set(T0);
    }
}
