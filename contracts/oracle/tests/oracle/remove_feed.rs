use alloy_primitives::{Address, U256};
use ballast_interfaces::constants::DEFAULT_ADMIN_ROLE;
use ballast_mocks::feeds::MockAnswer;
use ballast_oracle::{types::*, Oracle};
use motsu::prelude::*;

use crate::{u, World, HEARTBEAT, MAX, MIN};

fn remove(w: &World) -> Result<(), Error> {
    w.oracle
        .sender(w.owner)
        .remove_feed(w.token.address())
        .motsu_res()
}

#[test]
fn remove_feed_reverts_for_anybody_but_the_governor() {
    let w = World::new();
    let err = w
        .oracle
        .sender(w.stranger)
        .remove_feed(w.token.address())
        .motsu_unwrap_err();
    assert_eq!(
        err,
        OracleUnauthorized {
            caller: w.stranger,
            role: DEFAULT_ADMIN_ROLE
        }
        .into()
    );
}

#[test]
fn remove_feed_reverts_without_one() {
    let w = World::bare();
    assert_eq!(
        remove(&w),
        Err(OracleNoFeed {
            token: w.token.address()
        }
        .into())
    );
}

#[test]
fn remove_feed_reverts_while_the_token_has_weight_or_is_to_get_some() {
    let w = World::new();
    let in_use = |weight: u64| {
        Err(OracleAssetInUse {
            token: w.token.address(),
            weightWad: u(weight),
        }
        .into())
    };
    let token = w.token.address();
    w.policy.sender(w.owner).set_weight(token, u(1), u(100));
    assert_eq!(remove(&w), in_use(1));
    w.policy.sender(w.owner).set_target(token, u(0));
    assert_eq!(remove(&w), in_use(1));
    w.policy.sender(w.owner).set_weight(token, u(0), u(100));
    w.policy.sender(w.owner).set_target(token, u(7));
    assert_eq!(remove(&w), in_use(7));
    assert!(w.price().is_ok());
}

#[test]
fn remove_feed_takes_no_answer_for_all_of_the_weight() {
    let w = World::bare();
    // A policy that answers one word to everything: enough for a role, too little for two weights.
    let policy = Contract::<MockAnswer>::new();
    policy
        .sender(w.owner)
        .set_answer(U256::from(1).to_be_bytes_vec().into());
    let oracle = Contract::<Oracle>::new();
    oracle
        .sender(w.owner)
        .constructor(policy.address())
        .motsu_unwrap();
    let token = w.token.address();
    oracle
        .sender(w.owner)
        .set_feed(token, w.feed.address(), u(HEARTBEAT), u(MIN), u(MAX), u(0))
        .motsu_unwrap();
    let err = oracle.sender(w.owner).remove_feed(token).motsu_unwrap_err();
    assert_eq!(
        err,
        OracleAssetInUse {
            token,
            weightWad: U256::MAX
        }
        .into()
    );
}

#[test]
fn remove_feed_forgets_everything_about_it() {
    let w = World::new();
    remove(&w).unwrap();
    let token = w.token.address();
    assert!(!w.oracle.sender(w.stranger).is_priced(token));
    assert_eq!(w.price(), Err(OracleNoFeed { token }.into()));
    w.oracle.assert_emitted(&FeedRemoved {
        token,
        feed: w.feed.address(),
    });
    // And another may take its place.
    assert_eq!(w.set_feed_with(u(7), u(MIN), u(MAX), u(1)), Ok(()));
    let (feed, heartbeat, _, _, lag, _, _) =
        w.oracle.sender(w.stranger).feed_of(token).motsu_unwrap();
    assert_eq!((feed, heartbeat, lag), (w.feed.address(), u(7), u(1)));
    assert_ne!(feed, Address::ZERO);
}
