//! `fill`: reverts first, then what the caller receives and what is left behind.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used
)] // tests may panic

use alloy_primitives::{address, Address, U256};
use alloy_sol_types::{sol, SolCall, SolError};
use ballast_filler_call::{types::*, CallFiller, ALL_LEFT, NO_PATCH};
use ballast_interfaces::filling::{
    FillerApproveFailed, FillerDataLength, FillerLengthMismatch, FillerReturnFailed, REASON_MAX,
};
use ballast_mocks::{
    feeds::MockAnswer,
    fillers::{router_mode, MockRouter, PlainToken},
};
use motsu::prelude::*;

sol! {
    function exactInputSingle((address,address,uint24,address,uint256,uint256,uint160) params);
    function approve(address spender, uint256 amount);
    function transfer(address to, uint256 amount);
    function transferFrom(address from, address to, uint256 amount);
    function fill(address[] sells, address[] buys, uint256[] amounts, uint256[] leasts, bytes data);
}

const FEE: u64 = 500;
const HALF: u16 = 0x8000;
const THIRD: u16 = 0x5555;
/// Where the amount stands in `exactInputSingle`.
const AMOUNT: usize = 4 + 4 * 32;
const THIEF: Address = Address::repeat_byte(0xee);

fn n(x: u64) -> U256 {
    U256::from(x)
}

/// One call of the list.
#[derive(Clone)]
struct Call {
    trade: u8,
    share: u16,
    target: Address,
    spender: Address,
    patch: usize,
    calldata: Vec<u8>,
}

fn encode(calls: &[Call]) -> Vec<u8> {
    let mut data = Vec::new();
    for c in calls {
        data.push(c.trade);
        data.extend(c.share.to_be_bytes());
        data.extend(c.target);
        data.extend(c.spender);
        data.extend((c.patch as u16).to_be_bytes());
        data.extend((c.calldata.len() as u16).to_be_bytes());
        data.extend(&c.calldata);
    }
    data
}

struct World {
    filler: Contract<CallFiller>,
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
        let rate = n(3) * n(10).pow(n(36));
        let (sell, buy) = (world.sell.address(), world.buy.address());
        world.router.sender(c).set_rate(sell, buy, n(FEE), rate);
        world
            .buy
            .sender(c)
            .mint(world.router.address(), n(1_000_000));
        world.sell.sender(c).mint(world.filler.address(), n(amount));
        world
    }

    /// The router's own call, with an amount that is written over.
    fn swap_to(&self, recipient: Address) -> Call {
        let call = exactInputSingleCall {
            params: (
                self.sell.address(),
                self.buy.address(),
                FEE.try_into().unwrap(),
                recipient,
                U256::MAX,
                n(0),
                Default::default(),
            ),
        };
        // The SDK's mock knows the selector of SwapRouter02, which has a struct there.
        let mut calldata = vec![0x04, 0xe4, 0x5a, 0xaf];
        calldata.extend(&call.abi_encode()[4..]);
        Call {
            trade: 0,
            share: ALL_LEFT as u16,
            target: self.router.address(),
            spender: self.router.address(),
            patch: AMOUNT,
            calldata,
        }
    }

    fn swap(&self) -> Call {
        self.swap_to(self.filler.address())
    }

    fn fill(&self, amounts: &[u64], calls: &[Call]) -> Result<(), Error> {
        self.fill_with(amounts, encode(calls))
    }

    fn fill_with(&self, amounts: &[u64], data: Vec<u8>) -> Result<(), Error> {
        let k = amounts.len();
        self.filler
            .sender(self.caller)
            .fill(
                vec![self.sell.address(); k],
                vec![self.buy.address(); k],
                amounts.iter().map(|a| n(*a)).collect(),
                vec![n(0); k],
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
        let filler = self.filler.address();
        for token in [&self.sell, &self.buy] {
            assert_eq!(token.sender(filler).balance_of(filler), n(0));
            for spender in [self.router.address(), THIEF] {
                let allowance = token.sender(filler).allowance(filler, spender);
                assert_eq!(allowance, n(0), "inv 16");
            }
        }
    }
}

fn forbidden(index: u64, target: Address) -> Result<(), Error> {
    Err(FillerTargetForbidden {
        index: n(index),
        target,
    }
    .into())
}

#[motsu::test]
fn fill_reverts_when_arrays_differ_in_length() {
    let w = World::new(100);
    let refused = w
        .filler
        .sender(w.caller)
        .fill(
            vec![w.sell.address(); 2],
            vec![w.buy.address(); 2],
            vec![n(1); 2],
            vec![n(0)],
            vec![].into(),
        )
        .motsu_res();
    assert_eq!(
        refused,
        Err(FillerLengthMismatch { a: n(1), b: n(2) }.into())
    );
}

#[motsu::test]
fn fill_reverts_when_data_ends_inside_a_call() {
    let w = World::new(100);
    let whole = encode(&[w.swap()]);
    for (cut, wanted) in [(1, 3), (20, 23), (45, 47), (46, 47), (100, 275), (274, 275)] {
        let refused = FillerDataLength {
            given: n(cut),
            wanted: n(wanted),
        };
        let data = whole[..cut as usize].to_vec();
        assert_eq!(w.fill_with(&[100], data), Err(refused.into()), "{cut}");
    }
    w.fill_with(&[100], whole).unwrap();
}

#[motsu::test]
fn fill_reverts_for_a_trade_that_there_is_not() {
    let w = World::new(100);
    let call = Call {
        trade: 1,
        ..w.swap()
    };
    let refused = FillerUnknownTrade {
        index: n(0),
        trade: n(1),
        trades: n(1),
    };
    assert_eq!(w.fill(&[100], &[call]), Err(refused.into()));
}

#[motsu::test]
fn fill_reverts_when_the_amount_does_not_fit_into_the_calldata() {
    let w = World::new(100);
    let length = w.swap().calldata.len();
    for patch in [length - 31, length, 0xfffe] {
        let refused = FillerPatchOutside {
            index: n(0),
            patch: U256::from(patch),
            length: U256::from(length),
        };
        let call = Call { patch, ..w.swap() };
        assert_eq!(w.fill(&[100], &[call]), Err(refused.into()));
    }
}

#[motsu::test]
fn fill_reverts_with_the_targets_words_and_undoes_the_other_calls() {
    let w = World::new(100);
    let mut half = w.swap();
    half.share = HALF;
    // Promises itself more than the pool pays: at the place of the least amount.
    let mut greedy = w.swap();
    greedy.calldata[AMOUNT + 32..AMOUNT + 64].copy_from_slice(&n(151).to_be_bytes::<32>());
    let refused = FillerCallFailed {
        index: n(1),
        target: w.router.address(),
        reason: b"Too little received".to_vec().into(),
    };
    assert_eq!(w.fill(&[100], &[half, greedy]), Err(refused.into()));
    assert_eq!(w.bought(), n(0), "inv 14");
    assert_eq!(w.sell_of(w.filler.address()), n(100), "inv 14");
}

#[motsu::test]
fn fill_cuts_the_targets_words() {
    let w = World::new(100);
    w.set_mode(router_mode::LONG_REVERT);
    let refused = w.fill(&[100], &[w.swap()]).unwrap_err();
    let data: Vec<u8> = refused.into();
    assert_eq!(data[..4], FillerCallFailed::SELECTOR);
    assert_eq!(data.len(), 4 + 4 * 32 + REASON_MAX);
}

#[motsu::test]
fn fill_calls_nobody_who_keeps_allowances_nor_itself_nor_nobody(
    victim: Address,
    other: Contract<PlainToken>,
) {
    let w = World::new(100);
    let filler = w.filler.address();
    // Somebody approved the filler although nobody needs to.
    w.sell.sender(victim).mint(victim, n(1_000));
    w.sell.sender(victim).approve(filler, U256::MAX);
    let theft = transferFromCall {
        from: victim,
        to: THIEF,
        amount: n(1_000),
    };
    let allowance = approveCall {
        spender: THIEF,
        amount: U256::MAX,
    };
    let away = transferCall {
        to: THIEF,
        amount: n(100),
    };
    let again = fillCall {
        sells: vec![],
        buys: vec![],
        amounts: vec![],
        leasts: vec![],
        data: vec![].into(),
    };
    let cases = [
        (w.sell.address(), theft.abi_encode()),
        (w.sell.address(), allowance.abi_encode()),
        (w.sell.address(), away.abi_encode()),
        (w.buy.address(), allowance.abi_encode()),
        // A token of no trade: its allowances outlive the call as well.
        (other.address(), allowance.abi_encode()),
        (filler, again.abi_encode()),
        (THIEF, vec![]),
        (address!("000000000022D473030F116dDEE9F6B43aC78BA3"), vec![]),
    ];
    for (target, calldata) in cases {
        let call = Call {
            target,
            patch: NO_PATCH,
            calldata,
            ..w.swap()
        };
        let first = w.fill(&[100], std::slice::from_ref(&call));
        assert_eq!(first, forbidden(0, target));
        // Not behind an honest call either.
        let mut half = w.swap();
        half.share = HALF;
        assert_eq!(w.fill(&[100], &[half, call]), forbidden(1, target));
    }
    assert_eq!(w.sell_of(victim), n(1_000));
    assert_eq!(w.sell_of(THIEF), n(0));
    assert_eq!(other.sender(filler).allowance(filler, THIEF), n(0));
}

#[motsu::test]
fn fill_reverts_when_the_token_refuses_approval() {
    let w = World::new(100);
    w.sell.sender(w.caller).set_refusals(true, false);
    let token = w.sell.address();
    assert_eq!(
        w.fill(&[100], &[w.swap()]),
        Err(FillerApproveFailed { token }.into())
    );
}

#[motsu::test]
fn fill_reverts_when_the_rest_cannot_be_returned(idle: Contract<MockAnswer>) {
    let w = World::new(100);
    w.sell.sender(w.caller).set_refusals(false, true);
    let token = w.sell.address();
    let call = Call {
        target: idle.address(),
        ..w.swap()
    };
    assert_eq!(
        w.fill(&[100], &[call]),
        Err(FillerReturnFailed { token }.into())
    );
}

#[motsu::test]
fn fill_writes_the_amount_in_and_sweeps_what_was_bought() {
    let w = World::new(100);
    w.fill(&[100], &[w.swap()]).unwrap();
    assert_eq!(w.bought(), n(300));
    assert_eq!(w.sell_of(w.router.address()), n(100));
    w.assert_nothing_left();
}

#[motsu::test]
fn fill_leaves_calldata_alone_when_told_so() {
    let w = World::new(100);
    let mut call = Call {
        patch: NO_PATCH,
        ..w.swap()
    };
    call.calldata[AMOUNT..AMOUNT + 32].copy_from_slice(&n(60).to_be_bytes::<32>());
    w.fill(&[100], &[call]).unwrap();
    assert_eq!(w.bought(), n(180));
    assert_eq!(w.sell_of(w.caller), n(40));
    w.assert_nothing_left();
}

#[motsu::test]
fn fill_takes_proceeds_that_go_straight_to_the_caller() {
    let w = World::new(100);
    w.fill(&[100], &[w.swap_to(w.caller)]).unwrap();
    assert_eq!(w.bought(), n(300));
    w.assert_nothing_left();
}

#[motsu::test]
fn fill_returns_what_was_not_taken_and_what_was_given_back() {
    for mode in [router_mode::HALF, router_mode::REFUND] {
        let w = World::new(100);
        w.set_mode(mode);
        w.fill(&[100], &[w.swap()]).unwrap();
        assert_eq!(w.bought(), n(150));
        assert_eq!(w.sell_of(w.caller), n(50));
        w.assert_nothing_left();
    }
}

#[motsu::test]
fn fill_without_calls_returns_everything() {
    let w = World::new(100);
    w.fill(&[60, 40], &[]).unwrap();
    assert_eq!(w.sell_of(w.caller), n(100));
    w.assert_nothing_left();
}

#[motsu::test]
fn fill_shares_a_trade_among_calls() {
    let w = World::new(101);
    let share = |trade: u8, share: u16| Call {
        trade,
        share,
        ..w.swap()
    };
    // 1/3 of 100 rounded up, then what is left of it; the other trade for itself. The last finds nothing left.
    let calls = [
        share(0, THIRD),
        share(1, ALL_LEFT as u16),
        share(0, ALL_LEFT as u16),
        share(0, HALF),
    ];
    w.fill(&[100, 1], &calls).unwrap();
    assert_eq!(w.bought(), n(303));
    w.assert_nothing_left();
    // Shares that are not the whole leave a rest.
    let w = World::new(100);
    let quarter = Call {
        share: 0x4000,
        ..w.swap()
    };
    w.fill(&[100], &[quarter.clone(), quarter]).unwrap();
    assert_eq!(w.bought(), n(150));
    assert_eq!(w.sell_of(w.caller), n(50));
    w.assert_nothing_left();
}

/// Shares are of the whole trade and rounded up, whatever its size.
#[motsu::test]
fn fill_shares_amounts_of_any_size() {
    for (amount, share, taken) in [
        (1, 1, 1),
        (65_536, 1, 1),
        (65_537, 1, 2),
        (3, HALF, 2),
        (1 << 40, HALF, 1 << 39),
        ((1 << 40) + 1, HALF, (1 << 39) + 1),
        (1 << 40, ALL_LEFT as u16 - 1, (1 << 40) - (1 << 25)),
    ] {
        let w = World::new(amount);
        w.buy.sender(w.caller).mint(w.router.address(), n(u64::MAX));
        let call = Call { share, ..w.swap() };
        w.fill(&[amount], &[call]).unwrap();
        assert_eq!(w.sell_of(w.router.address()), n(taken), "{amount} {share}");
        assert_eq!(w.sell_of(w.caller), n(amount - taken));
        w.assert_nothing_left();
    }
}

#[motsu::test]
fn fill_does_not_count_a_donation_as_unsold_or_bought() {
    let w = World::new(100);
    let filler = w.filler.address();
    w.sell.sender(w.caller).mint(filler, n(1_000));
    w.buy.sender(w.caller).mint(filler, n(5));
    w.fill(&[60, 40], &[w.swap()]).unwrap();
    assert_eq!(w.sell_of(w.caller), n(40));
    assert_eq!(w.bought(), n(180));
    assert_eq!(w.sell_of(filler), n(1_000));
    assert_eq!(w.buy.sender(filler).balance_of(filler), n(5));
    // Whoever calls next may trade it.
    w.fill(&[1_000], &[w.swap()]).unwrap();
    assert_eq!(w.bought(), n(3_180));
}

#[motsu::test]
fn fill_sweeps_a_token_that_two_trades_buy_once() {
    let w = World::new(100);
    let other = Call {
        trade: 1,
        ..w.swap()
    };
    w.fill(&[60, 40], &[w.swap(), other]).unwrap();
    assert_eq!(w.bought(), n(300));
    w.assert_nothing_left();
}
