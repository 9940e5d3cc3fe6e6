//! `fill`: reverts first, then what the caller receives and what is left behind.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used
)] // tests may panic

use alloy_primitives::{Address, U256};
use ballast_filler_uniswap_v2::UniswapV2Filler;
use ballast_interfaces::filling::*;
use ballast_mocks::fillers::{router_mode, MockRouter, PlainToken};
use motsu::prelude::*;

fn n(x: u64) -> U256 {
    U256::from(x)
}

struct World {
    filler: Contract<UniswapV2Filler>,
    router: Contract<MockRouter>,
    sell: Contract<PlainToken>,
    buy: Contract<PlainToken>,
    caller: Address,
}

/// One trade's route: the tokens between its ends.
fn route(between: &[Address]) -> Vec<u8> {
    let mut data = vec![between.len() as u8];
    data.extend(between.iter().flat_map(|token| token.to_vec()));
    data
}

impl World {
    /// A pair that pays 3 for 1; `amount` has arrived at the filler.
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
        world.set_pair(world.sell.address(), world.buy.address(), 3);
        world
            .buy
            .sender(c)
            .mint(world.router.address(), n(1_000_000));
        world.sell.sender(c).mint(world.filler.address(), n(amount));
        world
    }

    fn set_pair(&self, sell: Address, buy: Address, whole: u64) {
        let rate = n(whole) * n(10).pow(n(36));
        self.router
            .sender(self.caller)
            .set_rate(sell, buy, n(0), rate);
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
fn constructor_keeps_the_router(filler: Contract<UniswapV2Filler>, alice: Address) {
    filler.sender(alice).constructor(alice);
    assert_eq!(filler.sender(alice).router(), alice);
}

#[motsu::test]
fn fill_reverts_when_data_is_not_the_routes() {
    let w = World::new(100);
    let token = Address::repeat_byte(0x77);
    w.set_pair(w.sell.address(), token, 2);
    w.set_pair(token, w.buy.address(), 5);
    let two = route(&[token]);
    let cases = [
        (vec![], 1),
        (two[..20].to_vec(), 21),
        ([route(&[]), vec![0]].concat(), 1),
    ];
    for (data, wanted) in cases {
        let refused = FillerDataLength {
            given: n(data.len() as u64),
            wanted: n(wanted),
        };
        assert_eq!(w.fill(&[100], &[0], data), Err(refused.into()));
    }
}

#[motsu::test]
fn fill_reverts_with_the_routers_words_and_undoes_the_other_trades() {
    let w = World::new(100);
    let refused = w.fill(&[40, 60], &[120, 181], [route(&[]), route(&[])].concat());
    let wanted = FillerSwapFailed {
        index: n(1),
        reason: b"Too little received".to_vec().into(),
    };
    assert_eq!(refused, Err(wanted.into()));
    assert_eq!(w.bought(), n(0), "inv 14");
    assert_eq!(w.sell_of(w.filler.address()), n(100), "inv 14");
}

#[motsu::test]
fn fill_takes_each_trade_along_its_path(weth: Contract<PlainToken>, dai: Contract<PlainToken>) {
    let w = World::new(30);
    let (weth, dai) = (weth.address(), dai.address());
    w.set_pair(w.sell.address(), weth, 2);
    w.set_pair(weth, dai, 5);
    w.set_pair(dai, w.buy.address(), 7);
    let data = [route(&[weth, dai]), route(&[])].concat();
    w.fill(&[10, 20], &[700, 60], data).unwrap();
    assert_eq!(w.bought(), n(760));
    w.assert_nothing_left();
}

#[motsu::test]
fn fill_returns_what_the_router_did_not_take_and_passes_over_nothing() {
    let w = World::new(100);
    w.set_mode(router_mode::HALF);
    let data = [route(&[]), route(&[])].concat();
    w.fill(&[100, 0], &[0, 1], data).unwrap();
    assert_eq!(w.bought(), n(150));
    assert_eq!(w.sell_of(w.caller), n(50));
    w.assert_nothing_left();
}
