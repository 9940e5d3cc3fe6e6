//! Automation: `checkUpkeep`, `performUpkeep` and `checker`.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{sol, SolCall};
use ballast_interfaces::clock;
use ballast_rebalancer::types::*;
use motsu::prelude::*;
use stylus_sdk::abi::Bytes;

use crate::world::*;

sol! {
    function performUpkeep(bytes performData);
}

/// A filler and the fee of a pool.
fn data() -> Vec<u8> {
    [FILLER.as_slice(), &[0x00, 0x0b, 0xb8]].concat()
}

fn needed(w: &World) -> bool {
    let given = Bytes::from(data());
    let (needed, passed_on) = w
        .rebalancer
        .sender(KEEPER)
        .check_upkeep(given.clone())
        .unwrap()
        .0;
    assert_eq!(passed_on.as_ref(), given.as_ref());
    let (can, payload) = w
        .rebalancer
        .sender(KEEPER)
        .checker(given.clone())
        .unwrap()
        .0;
    assert_eq!(can, needed);
    let call = performUpkeepCall {
        performData: data().into(),
    };
    assert_eq!(payload.as_ref(), call.abi_encode());
    needed
}

fn perform(w: &World, data: Vec<u8>) -> Result<(), Error> {
    w.rebalancer
        .sender(KEEPER)
        .perform_upkeep(data.into())
        .motsu_res()
}

#[motsu::test]
fn an_upkeep_opens_and_then_trades_the_whole_plan() {
    let w = World::with_ramp();
    assert!(needed(&w));
    perform(&w, data()).unwrap();
    assert_eq!((w.opened_at(), w.times().0), (n(NOW), n(0)));
    clock::set(NOW + RAMP);
    assert!(needed(&w));
    let wanted = w.rebalancer.sender(KEEPER).plan().unwrap().0;
    perform(&w, data()).unwrap();
    let (amounts, leasts, filler, told) = w.vault.sender(KEEPER).last();
    assert_eq!((amounts, leasts), (wanted.2, wanted.3));
    assert_eq!(filler, FILLER);
    // The same for each of the two trades.
    assert_eq!(told.as_ref(), [0x00, 0x0b, 0xb8, 0x00, 0x0b, 0xb8]);
    assert_eq!(w.times().0, n(1));
    assert_eq!(w.opened_at(), n(0));
    assert!(!needed(&w), "it rests");
}

#[motsu::test]
fn an_upkeep_without_an_auction_trades_at_once() {
    let w = World::new();
    perform(&w, data()).unwrap();
    assert_eq!(w.times().0, n(1));
}

#[motsu::test]
fn an_upkeep_without_an_auction_is_refused_inside_the_bands() {
    let w = World::new();
    // A drifts by 5 %, its band: there is something to trade, and nothing due.
    w.hold(A, e18(550));
    w.hold(B, e18(270));
    w.hold(C, e18(180));
    let refused = RebalanceNotEligible {
        worstDriftBps: n(500),
        bandBps: n(500),
    };
    assert!(!needed(&w));
    assert_eq!(perform(&w, data()), Err(Error::Own(refused.into())));
    // A millionth of a unit of value more.
    w.hold(A, e18(550) + n(1_000_000_000_000));
    w.hold(B, e18(270) - n(1_000_000_000_000));
    perform(&w, data()).unwrap();
}

#[motsu::test]
fn an_upkeep_is_not_needed_where_it_would_be_refused() {
    let w = World::with_ramp();
    w.set_state(NOW + 1, false);
    assert!(!needed(&w), "paused");
    assert_eq!(
        perform(&w, data()),
        Err(Error::Own(RebalancePaused { until: n(NOW + 1) }.into()))
    );
    w.set_state(0, false);
    assert!(needed(&w));
    w.price(C, n(0));
    assert!(!needed(&w), "not priced");
    w.price(C, U256::from(10u8).pow(n(36)));
    w.balance();
    assert!(!needed(&w), "nothing due");
    let refused = perform(&w, data()).unwrap_err();
    assert!(matches!(
        refused,
        Error::Own(Refusal::RebalanceNotEligible(_))
    ));
}

#[motsu::test]
fn an_upkeep_must_name_a_filler() {
    let w = World::new();
    for short in [vec![], vec![1; 19]] {
        let refused = RebalanceUpkeepData {
            length: U256::from(short.len()),
            min: n(20),
        };
        assert_eq!(perform(&w, short.clone()), Err(Error::Own(refused.into())));
        let answer = w.rebalancer.sender(KEEPER).check_upkeep(short.into());
        assert!(!answer.unwrap().0 .0);
    }
    // Nothing to tell is fine.
    perform(&w, Address::repeat_byte(7).to_vec()).unwrap();
    let (_, _, filler, told) = w.vault.sender(KEEPER).last();
    assert_eq!((filler, told.len()), (Address::repeat_byte(7), 0));
}
