//! `fill`: reverts first, then what the caller receives and what is left behind.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used
)] // tests may panic

use alloy_primitives::{Address, U256};
use ballast_filler_balancer_v2::BalancerV2Filler;
use ballast_interfaces::filling::*;
use ballast_mocks::fillers::{router_mode, MockRouter, PlainToken};
use motsu::prelude::*;

fn n(x: u64) -> U256 {
    U256::from(x)
}

struct World {
    filler: Contract<BalancerV2Filler>,
    router: Contract<MockRouter>,
    sell: Contract<PlainToken>,
    buy: Contract<PlainToken>,
    caller: Address,
}

const POOL: u8 = 0x11;
const OTHER: u8 = 0x22;

/// One trade's route: the id of its pool.
fn route(pool: u8) -> Vec<u8> {
    vec![pool; 32]
}

impl World {
    /// A pool that pays 3 for 1; `amount` has arrived at the filler.
    fn new(amount: u64) -> Self {
        let world = Self {
            filler: Contract::new(),
            router: Contract::new(),
            sell: Contract::new(),
            buy: Contract::new(),
            caller: Address::repeat_byte(0xca),
        };
        let c = world.caller;
        world.filler.sender(c).constructor(world.router.address());
        world.set_pool(POOL, 3);
        world
            .buy
            .sender(c)
            .mint(world.router.address(), n(1_000_000));
        world.sell.sender(c).mint(world.filler.address(), n(amount));
        world
    }

    fn set_pool(&self, pool: u8, whole: u64) {
        let rate = n(whole) * n(10).pow(n(36));
        let (sell, buy) = (self.sell.address(), self.buy.address());
        self.router
            .sender(self.caller)
            .set_rate(sell, buy, U256::from_be_bytes([pool; 32]), rate);
    }

    fn fill(&self, amounts: &[u64], leasts: &[u64], data: Vec<u8>) -> Result<(), Error> {
        let k = amounts.len();
        self.filler
            .sender(self.caller)
            .fill(
                vec![self.sell.address(); k],
                vec![self.buy.address(); k],
                amounts.iter().map(|a| n(*a)).collect(),
                leasts.iter().map(|a| n(*a)).collect(),
                data.into(),
            )
            .motsu_res()
    }

    fn set_mode(&self, mode: u64) {
        self.router.sender(self.caller).set_mode(n(mode));
    }

    fn sell_of(&self, who: Address) -> U256 {
        self.sell.sender(who).balance_of(who)
    }

    fn bought(&self) -> U256 {
        self.buy.sender(self.caller).balance_of(self.caller)
    }

    fn assert_nothing_left(&self) {
        assert_eq!(self.sell_of(self.filler.address()), n(0));
        let (filler, router) = (self.filler.address(), self.router.address());
        let allowance = self.sell.sender(self.caller).allowance(filler, router);
        assert_eq!(allowance, n(0), "inv 16");
    }
}

#[motsu::test]
fn constructor_keeps_the_venue(filler: Contract<BalancerV2Filler>, alice: Address) {
    filler.sender(alice).constructor(alice);
    assert_eq!(filler.sender(alice).venue(), alice);
}

#[motsu::test]
fn fill_reverts_when_data_is_not_an_id_a_trade() {
    let w = World::new(100);
    for given in [0, 31, 33, 64] {
        let refused = FillerDataLength {
            given: n(given),
            wanted: n(32),
        };
        let data = vec![POOL; given as usize];
        assert_eq!(w.fill(&[100], &[0], data), Err(refused.into()));
    }
}

#[motsu::test]
fn fill_reverts_with_the_routers_words_and_undoes_the_other_trades() {
    let w = World::new(100);
    let refused = w.fill(&[40, 60], &[120, 181], [route(POOL), route(POOL)].concat());
    let wanted = FillerSwapFailed {
        index: n(1),
        reason: b"Too little received".to_vec().into(),
    };
    assert_eq!(refused, Err(wanted.into()));
    assert_eq!(w.bought(), n(0), "inv 14");
    assert_eq!(w.sell_of(w.filler.address()), n(100), "inv 14");
}

#[motsu::test]
fn fill_takes_each_trade_to_its_pool() {
    let w = World::new(30);
    w.set_pool(OTHER, 7);
    let data = [route(OTHER), route(POOL)].concat();
    w.fill(&[10, 20], &[70, 60], data).unwrap();
    assert_eq!(w.bought(), n(130));
    w.assert_nothing_left();
}

#[motsu::test]
fn fill_returns_what_the_router_did_not_take_and_passes_over_nothing() {
    let w = World::new(100);
    w.set_mode(router_mode::HALF);
    let data = [route(POOL), route(POOL)].concat();
    w.fill(&[100, 0], &[0, 1], data).unwrap();
    assert_eq!(w.bought(), n(150));
    assert_eq!(w.sell_of(w.caller), n(50));
    w.assert_nothing_left();
}
