//! `fill`: reverts first, then what the caller receives and what is left behind.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used
)] // tests may panic

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolError;
use ballast_filler_uniswap_v3::UniswapV3Filler;
use ballast_interfaces::filling::*;
use ballast_mocks::fillers::{router_mode, MockRouter, PlainToken};
use motsu::prelude::*;

const FEE_LOW: [u8; 3] = [0x00, 0x01, 0xf4];
const FEE_HIGH: [u8; 3] = [0x00, 0x27, 0x10];

fn n(x: u64) -> U256 {
    U256::from(x)
}

/// {buyTok/sellTok} · 1e36, as a whole number of buy units a sell unit.
fn rate(whole: u64) -> U256 {
    n(whole) * U256::from(10u8).pow(n(36))
}

/// One trade's route: the first pool's fee, and each token on the way with the fee of the pool after it.
fn route(fee: [u8; 3], hops: &[(Address, [u8; 3])]) -> Vec<u8> {
    let mut data = vec![hops.len() as u8];
    data.extend(fee);
    for (token, fee) in hops {
        data.extend(token.as_slice());
        data.extend(fee);
    }
    data
}

struct World {
    filler: Contract<UniswapV3Filler>,
    router: Contract<MockRouter>,
    sell: Contract<PlainToken>,
    buy: Contract<PlainToken>,
    caller: Address,
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
        world.set_pool(FEE_LOW, 3);
        world
            .buy
            .sender(c)
            .mint(world.router.address(), n(1_000_000));
        world.sell.sender(c).mint(world.filler.address(), n(amount));
        world
    }

    fn set_pool(&self, fee: [u8; 3], whole: u64) {
        self.set_pool_between(self.sell.address(), self.buy.address(), fee, whole);
    }

    fn set_pool_between(&self, sell: Address, buy: Address, fee: [u8; 3], whole: u64) {
        let fee = U256::try_from_be_slice(&fee).unwrap();
        self.router
            .sender(self.caller)
            .set_rate(sell, buy, fee, rate(whole));
    }

    fn set_mode(&self, mode: u64) {
        self.router.sender(self.caller).set_mode(n(mode));
    }

    /// Each trade through one pool of its fee.
    fn fill(&self, amounts: &[u64], leasts: &[u64], fees: &[[u8; 3]]) -> Result<(), Error> {
        let routes: Vec<Vec<u8>> = fees.iter().map(|fee| route(*fee, &[])).collect();
        self.fill_along(amounts, leasts, routes.concat())
    }

    fn fill_along(&self, amounts: &[u64], leasts: &[u64], data: Vec<u8>) -> Result<(), Error> {
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

    fn sell_of(&self, who: Address) -> U256 {
        self.sell.sender(who).balance_of(who)
    }

    fn bought(&self) -> U256 {
        self.buy.sender(self.caller).balance_of(self.caller)
    }

    fn allowance(&self) -> U256 {
        self.sell
            .sender(self.caller)
            .allowance(self.filler.address(), self.router.address())
    }
}

fn swap_failed(index: u64, reason: &[u8]) -> Error {
    FillerSwapFailed {
        index: n(index),
        reason: reason.to_vec().into(),
    }
    .into()
}

#[motsu::test]
fn constructor_keeps_the_router(filler: Contract<UniswapV3Filler>, alice: Address) {
    filler.sender(alice).constructor(alice);
    assert_eq!(filler.sender(alice).router(), alice);
}

#[motsu::test]
fn fill_reverts_when_arrays_differ_in_length() {
    let w = World::new(100);
    let call = |buys: usize, amounts: usize, leasts: usize| {
        w.filler
            .sender(w.caller)
            .fill(
                vec![w.sell.address(); 2],
                vec![w.buy.address(); buys],
                vec![n(1); amounts],
                vec![n(0); leasts],
                vec![0; 8].into(),
            )
            .motsu_res()
    };
    for (buys, amounts, leasts, len) in [(1, 2, 2, 1), (2, 3, 2, 3), (2, 2, 0, 0)] {
        let refused = FillerLengthMismatch { a: n(len), b: n(2) };
        assert_eq!(call(buys, amounts, leasts), Err(refused.into()));
    }
}

#[motsu::test]
fn fill_reverts_when_data_is_not_the_routes() {
    let w = World::new(100);
    let token = Address::repeat_byte(0x77);
    w.set_pool_between(w.sell.address(), token, FEE_LOW, 2);
    w.set_pool_between(token, w.buy.address(), FEE_HIGH, 5);
    let one = route(FEE_LOW, &[]);
    let two = route(FEE_LOW, &[(token, FEE_HIGH)]);
    // (data, wanted): nothing, cut in a fee, cut in a hop, a byte too many, a route too many
    let cases = [
        (vec![], 1),
        (one[..3].to_vec(), 4),
        (two[..26].to_vec(), 27),
        ([one.clone(), vec![0]].concat(), 4),
        ([two, one].concat(), 27),
    ];
    for (data, wanted) in cases {
        let given = n(data.len() as u64);
        let refused = FillerDataLength {
            given,
            wanted: n(wanted),
        };
        assert_eq!(w.fill_along(&[100], &[0], data), Err(refused.into()));
    }
}

#[motsu::test]
fn fill_reverts_with_the_routers_words() {
    let w = World::new(100);
    assert_eq!(
        w.fill(&[100], &[301], &[FEE_LOW]),
        Err(swap_failed(0, b"Too little received"))
    );
    w.fill(&[100], &[300], &[FEE_LOW]).unwrap();
}

#[motsu::test]
fn fill_reverts_with_the_index_of_the_trade_and_undoes_the_others() {
    let w = World::new(100);
    // There is no pool with the other fee.
    let refused = w.fill(&[40, 60], &[0, 0], &[FEE_LOW, FEE_HIGH]);
    assert_eq!(refused, Err(swap_failed(1, b"no pool")));
    assert_eq!(w.bought(), n(0), "inv 14");
    assert_eq!(w.sell_of(w.filler.address()), n(100), "inv 14");
}

#[motsu::test]
fn fill_cuts_the_routers_words() {
    let w = World::new(100);
    w.set_mode(router_mode::LONG_REVERT);
    let refused = w.fill(&[100], &[0], &[FEE_LOW]).unwrap_err();
    assert_eq!(refused, swap_failed(0, &[0xab; REASON_MAX]));
    let data: Vec<u8> = refused.into();
    assert_eq!(data[..4], FillerSwapFailed::SELECTOR);
    assert_eq!(data.len(), 4 + 3 * 32 + REASON_MAX);
}

#[motsu::test]
fn fill_reverts_when_the_router_has_no_code() {
    let w = World::new(100);
    w.set_mode(router_mode::EMPTY);
    assert_eq!(w.fill(&[100], &[0], &[FEE_LOW]), Err(swap_failed(0, b"")));
}

#[motsu::test]
fn inv_16_fill_reverts_when_an_allowance_would_be_left_behind() {
    let w = World::new(100);
    w.set_mode(router_mode::HALF);
    w.sell.sender(w.caller).set_keeps_allowances(true);
    let token = w.sell.address();
    assert_eq!(
        w.fill(&[100], &[0], &[FEE_LOW]),
        Err(FillerApproveFailed { token }.into())
    );
    w.sell.sender(w.caller).set_keeps_allowances(false);
    w.fill(&[100], &[0], &[FEE_LOW]).unwrap();
}

#[motsu::test]
fn fill_reverts_when_the_token_refuses_approval() {
    let w = World::new(100);
    w.sell.sender(w.caller).set_refusals(true, false);
    let token = w.sell.address();
    assert_eq!(
        w.fill(&[100], &[0], &[FEE_LOW]),
        Err(FillerApproveFailed { token }.into())
    );
}

#[motsu::test]
fn fill_reverts_when_the_rest_cannot_be_returned() {
    let w = World::new(100);
    // The router answers as if it had traded, and takes nothing.
    w.sell.sender(w.caller).set_refusals(false, true);
    let answering: Contract<ballast_mocks::feeds::MockAnswer> = Contract::new();
    answering.sender(w.caller).set_answer(vec![0; 32].into());
    w.filler.sender(w.caller).constructor(answering.address());
    let token = w.sell.address();
    assert_eq!(
        w.fill(&[100], &[0], &[FEE_LOW]),
        Err(FillerReturnFailed { token }.into())
    );
}

#[motsu::test]
fn fill_sends_what_was_bought_to_the_caller() {
    let w = World::new(100);
    w.fill(&[100], &[300], &[FEE_LOW]).unwrap();
    assert_eq!(w.bought(), n(300));
    assert_eq!(w.sell_of(w.filler.address()), n(0));
    assert_eq!(w.sell_of(w.router.address()), n(100));
    assert_eq!(w.allowance(), n(0), "inv 16");
}

#[motsu::test]
fn fill_takes_each_trade_to_the_pool_of_its_fee() {
    let w = World::new(100);
    w.set_pool(FEE_HIGH, 7);
    w.fill(&[40, 60], &[120, 420], &[FEE_LOW, FEE_HIGH])
        .unwrap();
    assert_eq!(w.bought(), n(40 * 3 + 60 * 7));
    assert_eq!(w.allowance(), n(0), "inv 16");
}

#[motsu::test]
fn fill_takes_a_trade_along_its_path(weth: Contract<PlainToken>, dai: Contract<PlainToken>) {
    let w = World::new(100);
    let (sell, buy) = (w.sell.address(), w.buy.address());
    let (weth, dai) = (weth.address(), dai.address());
    w.set_pool_between(sell, weth, FEE_HIGH, 2);
    w.set_pool_between(weth, dai, FEE_LOW, 5);
    w.set_pool_between(dai, buy, FEE_HIGH, 7);
    let path = route(FEE_HIGH, &[(weth, FEE_LOW), (dai, FEE_HIGH)]);
    // Beside a trade through one pool, in both orders.
    let data = [path.clone(), route(FEE_LOW, &[])].concat();
    w.fill_along(&[10, 20], &[700, 60], data).unwrap();
    assert_eq!(w.bought(), n(700 + 60));
    let data = [route(FEE_LOW, &[]), path.clone()].concat();
    w.fill_along(&[20, 10], &[60, 700], data).unwrap();
    assert_eq!(w.bought(), n(2 * 760));
    assert_eq!(w.allowance(), n(0), "inv 16");
    let refused = w.fill_along(&[10], &[701], path);
    assert_eq!(refused, Err(swap_failed(0, b"Too little received")));
}

#[motsu::test]
fn fill_returns_what_the_router_did_not_take() {
    let w = World::new(100);
    w.set_mode(router_mode::HALF);
    w.fill(&[60, 40], &[0, 0], &[FEE_LOW, FEE_LOW]).unwrap();
    assert_eq!(w.bought(), n(50 * 3));
    assert_eq!(w.sell_of(w.caller), n(50));
    assert_eq!(w.sell_of(w.filler.address()), n(0));
    assert_eq!(w.allowance(), n(0), "inv 16");
}

#[motsu::test]
fn fill_does_not_count_a_donation_as_unsold() {
    let w = World::new(100);
    w.sell.sender(w.caller).mint(w.filler.address(), n(1_000));
    w.fill(&[100], &[300], &[FEE_LOW]).unwrap();
    assert_eq!(w.sell_of(w.caller), n(0));
    // Whoever calls next may trade it.
    w.fill(&[1_000], &[3_000], &[FEE_LOW]).unwrap();
    assert_eq!(w.bought(), n(3_300));
}

#[motsu::test]
fn fill_passes_over_a_trade_of_nothing() {
    let w = World::new(100);
    w.fill(&[0], &[0], &[FEE_HIGH]).unwrap();
    assert_eq!(w.sell_of(w.filler.address()), n(100));
}
