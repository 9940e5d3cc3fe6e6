//! A filler that is as honest as it is told to be, a stand-in for SwapRouter02, and a plain token for both.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256, U512};
use ballast_interfaces::{erc20, erc20::ALL_GAS, raw};
use stylus_sdk::{
    abi::Bytes,
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageBytes, StorageMap, StorageU256},
    ArbResult,
};

const BPS: u64 = 10_000;

/// ⌈a · b / d⌉, or `None` where it does not fit: a mock may not panic.
fn mul_div_up(a: U256, b: U256, d: U256) -> Option<U256> {
    if d.is_zero() {
        return None;
    }
    let product = U512::from(a).checked_mul(U512::from(b))?;
    let quotient = product.div_ceil(U512::from(d));
    U256::try_from_be_slice(quotient.to_be_bytes::<64>().get(32..)?)
        .filter(|q| U512::from(*q) == quotient)
}

/// An ERC-20 without surprises, mintable by anybody.
#[storage]
pub struct PlainToken {
    balances: StorageMap<Address, StorageU256>,
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
    decimals: StorageU256,
    refuses_approvals: StorageBool,
    refuses_transfers: StorageBool,
    keeps_allowances: StorageBool,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for PlainToken {}

#[public]
impl PlainToken {
    /// Gives `amount` to `to`.
    pub fn mint(&mut self, to: Address, amount: U256) {
        let balance = self.balances.get(to);
        self.balances.setter(to).set(balance.saturating_add(amount));
    }

    /// Sets what `decimals` answers.
    pub fn set_decimals(&mut self, decimals: U256) {
        self.decimals.set(decimals);
    }

    /// Makes every approval, or every transfer, answer `false`.
    pub fn set_refusals(&mut self, approvals: bool, transfers: bool) {
        self.refuses_approvals.set(approvals);
        self.refuses_transfers.set(transfers);
    }

    /// Makes every approval of nothing answer `false`.
    pub fn set_keeps_allowances(&mut self, keeps: bool) {
        self.keeps_allowances.set(keeps);
    }

    /// As ERC-20's.
    pub fn decimals(&self) -> U256 {
        self.decimals.get()
    }

    /// As ERC-20's.
    pub fn balance_of(&self, account: Address) -> U256 {
        self.balances.get(account)
    }

    /// As ERC-20's.
    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.getter(owner).get(spender)
    }

    /// As ERC-20's.
    pub fn approve(&mut self, spender: Address, amount: U256) -> bool {
        let kept = self.keeps_allowances.get() && amount.is_zero();
        if kept || self.refuses_approvals.get() {
            return false;
        }
        let owner = self.vm().msg_sender();
        self.allowances.setter(owner).setter(spender).set(amount);
        true
    }

    /// As ERC-20's, answering `false` where another would revert.
    pub fn transfer(&mut self, to: Address, amount: U256) -> bool {
        let from = self.vm().msg_sender();
        !self.refuses_transfers.get() && self.shift(from, to, amount)
    }

    /// As ERC-20's, answering `false` where another would revert.
    pub fn transfer_from(&mut self, from: Address, to: Address, amount: U256) -> bool {
        let spender = self.vm().msg_sender();
        let Some(left) = self.allowance(from, spender).checked_sub(amount) else {
            return false;
        };
        if self.refuses_transfers.get() || !self.shift(from, to, amount) {
            return false;
        }
        self.allowances.setter(from).setter(spender).set(left);
        true
    }
}

impl PlainToken {
    fn shift(&mut self, from: Address, to: Address, amount: U256) -> bool {
        let Some(left) = self.balances.get(from).checked_sub(amount) else {
            return false;
        };
        self.balances.setter(from).set(left);
        let balance = self.balances.get(to);
        self.balances.setter(to).set(balance.saturating_add(amount));
        true
    }
}

/// A filler with knobs: everything that a filler may do wrong, one knob each, all of them off at first.
///
/// It pays from its own balance: mint to it what it is to pay with. `pay_bps` of 10,000 is honest.
#[storage]
pub struct MockFiller {
    prices: StorageMap<Address, StorageU256>,
    pay_bps: StorageU256,
    return_bps: StorageU256,
    gift_token: StorageAddress,
    gift: StorageU256,
    call_target: StorageAddress,
    call_data: StorageBytes,
    called: StorageU256,
    call_succeeded: StorageBool,
    call_answer: StorageBytes,
    reason: StorageBytes,
    fills: StorageU256,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for MockFiller {}

#[public]
impl MockFiller {
    /// Sets the price at which it trades a token, on any scale common to all.
    pub fn set_price(&mut self, token: Address, price: U256) {
        self.prices.setter(token).set(price);
    }

    /// Sets what share of the fair amount it pays, and what share of the sell tokens it sends back unsold, bps.
    pub fn set_shares(&mut self, pay_bps: U256, return_bps: U256) {
        self.pay_bps.set(pay_bps);
        self.return_bps.set(return_bps);
    }

    /// Makes it send `amount` of `token` to its caller besides.
    pub fn set_gift(&mut self, token: Address, amount: U256) {
        self.gift_token.set(token);
        self.gift.set(amount);
    }

    /// Makes it call `target` with `data` before it trades; zero for no call.
    pub fn set_call(&mut self, target: Address, data: Bytes) {
        self.call_target.set(target);
        self.call_data.set_bytes(data.as_ref());
    }

    /// Makes it revert with these bytes, unless there are none.
    pub fn set_reason(&mut self, reason: Bytes) {
        self.reason.set_bytes(reason.as_ref());
    }

    /// Whether the last call of [`Self::set_call`] succeeded, and what it answered.
    pub fn call_result(&self) -> (bool, Bytes) {
        (
            self.call_succeeded.get(),
            self.call_answer.get_bytes().into(),
        )
    }

    /// How often the call of [`Self::set_call`] was made.
    pub fn called(&self) -> U256 {
        self.called.get()
    }

    /// How often it was asked to fill.
    pub fn fills(&self) -> U256 {
        self.fills.get()
    }

    /// As every filler's.
    pub fn fill(
        &mut self,
        sells: Vec<Address>,
        buys: Vec<Address>,
        amounts: Vec<U256>,
        _leasts: Vec<U256>,
        _data: Bytes,
    ) -> Result<(), Vec<u8>> {
        let caller = self.vm().msg_sender();
        let fills = self.fills.get();
        self.fills.set(fills.wrapping_add(U256::from(1)));
        let reason = self.reason.get_bytes();
        if !reason.is_empty() {
            return Err(reason);
        }
        let target = self.call_target.get();
        if !target.is_zero() {
            let called = self.called.get();
            self.called.set(called.wrapping_add(U256::from(1)));
            let result = raw::call(target, &self.call_data.get_bytes(), ALL_GAS, 1024);
            self.call_succeeded.set(result.is_ok());
            self.call_answer.set_bytes(result.unwrap_or_else(|e| e));
        }
        let gift = self.gift.get();
        if !gift.is_zero() && !erc20::transfer(self.gift_token.get(), caller, gift, ALL_GAS) {
            return Err(b"gift".to_vec());
        }
        let (pay, back) = (self.pay_bps.get(), self.return_bps.get());
        for ((sell, buy), amount) in sells.iter().zip(&buys).zip(&amounts) {
            let (ps, pb) = (self.prices.get(*sell), self.prices.get(*buy));
            let rest = mul_div_up(*amount, back, U256::from(BPS)).ok_or_else(Vec::new)?;
            let used = amount.saturating_sub(rest);
            let fair = mul_div_up(used, ps, pb).ok_or_else(Vec::new)?;
            let paid = mul_div_up(fair, pay, U256::from(BPS)).ok_or_else(Vec::new)?;
            if !rest.is_zero() && !erc20::transfer(*sell, caller, rest, ALL_GAS) {
                return Err(b"rest".to_vec());
            }
            if !paid.is_zero() && !erc20::transfer(*buy, caller, paid, ALL_GAS) {
                return Err(b"paid".to_vec());
            }
        }
        Ok(())
    }
}

/// How a [`MockRouter`] answers.
pub mod router_mode {
    /// As SwapRouter02.
    pub const HONEST: u64 = 0;
    /// Takes half of what it may, and pays for that.
    pub const HALF: u64 = 1;
    /// Reverts with 4 kB.
    pub const LONG_REVERT: u64 = 2;
    /// Does nothing and answers nothing, as an address without code.
    pub const EMPTY: u64 = 3;
    /// Reverts with the words `STF`.
    pub const REVERT: u64 = 4;
    /// Takes everything, sends half of it back, and pays for the other half.
    pub const REFUND: u64 = 5;
}

/// `exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))` of SwapRouter02.
const EXACT_INPUT_SINGLE: [u8; 4] = [0x04, 0xe4, 0x5a, 0xaf];
/// `exactInput((bytes,address,uint256,uint256))` of SwapRouter02.
const EXACT_INPUT: [u8; 4] = [0xb8, 0x58, 0x18, 0x3f];
/// `swapExactTokensForTokens(uint256,uint256,address[],address,uint256)` of UniswapV2Router02.
const SWAP_EXACT_TOKENS: [u8; 4] = [0x38, 0xed, 0x17, 0x39];
/// `swap((bytes32,uint8,address,address,uint256,bytes),(address,bool,address,bool),uint256,uint256)` of Balancer's V2 Vault.
const SWAP: [u8; 4] = [0x52, 0xbb, 0xbe, 0x29];

/// A stand-in for the routers of Uniswap V3 and V2 and Balancer's vault, at one rate a pool; pays from its own balance.
///
/// Answered by the fallback, because the SDK hashes struct arguments to another selector.
#[storage]
pub struct MockRouter {
    /// sell, buy, fee → {buyTok/sellTok} · 1e36. A pair of V2 has fee 0, a pool of Balancer's its id.
    rates: StorageMap<Address, StorageMap<Address, StorageMap<U256, StorageU256>>>,
    mode: StorageU256,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for MockRouter {}

#[public]
impl MockRouter {
    /// Opens a pool with this rate, {buyTok/sellTok} · 1e36.
    pub fn set_rate(&mut self, sell: Address, buy: Address, fee: U256, rate_d36: U256) {
        self.rates
            .setter(sell)
            .setter(buy)
            .setter(fee)
            .set(rate_d36);
    }

    /// Sets how it answers: see [`router_mode`].
    pub fn set_mode(&mut self, mode: U256) {
        self.mode.set(mode);
    }

    /// The routers' calls, and nothing else.
    #[fallback]
    pub fn fallback(&mut self, calldata: &[u8]) -> ArbResult {
        match self.mode.get().wrapping_to::<u64>() {
            router_mode::EMPTY => return Ok(Vec::new()),
            router_mode::REVERT => return Err(b"STF".to_vec()),
            router_mode::LONG_REVERT => return Err(alloc::vec![0xab; 4096]),
            _ => {}
        }
        let swap = Swap::read(calldata)?;
        let this = self.vm().contract_address();
        let payer = self.vm().msg_sender();
        let half = swap.most >> 1;
        let (taken, back) = match self.mode.get().wrapping_to::<u64>() {
            router_mode::HALF => (half, U256::ZERO),
            router_mode::REFUND => (swap.most, half),
            _ => (swap.most, U256::ZERO),
        };
        let mut out = taken.saturating_sub(back);
        let scale = U256::from(10u8).wrapping_pow(U256::from(36u8));
        for (sell, buy, pool) in &swap.pools {
            let rate = self.rates.getter(*sell).getter(*buy).get(*pool);
            if rate.is_zero() {
                return Err(b"no pool".to_vec());
            }
            out = mul_div_up(out, rate, scale).ok_or_else(Vec::new)?;
        }
        if out < swap.least {
            return Err(b"Too little received".to_vec());
        }
        let (Some((sell, ..)), Some((_, buy, _))) = (swap.pools.first(), swap.pools.last()) else {
            return Err(b"path".to_vec());
        };
        if !erc20::transfer_from(*sell, payer, this, taken, ALL_GAS)
            || !(back.is_zero() || erc20::transfer(*sell, payer, back, ALL_GAS))
            || !erc20::transfer(*buy, swap.recipient, out, ALL_GAS)
        {
            return Err(b"STF".to_vec());
        }
        Ok(out.to_be_bytes::<32>().to_vec())
    }
}

/// What a router is asked for.
struct Swap {
    /// sell, buy, fee
    pools: Vec<(Address, Address, U256)>,
    recipient: Address,
    most: U256,
    least: U256,
}

impl Swap {
    /// Reads the one encoding that an honest caller sends, and refuses every other.
    fn read(calldata: &[u8]) -> Result<Self, Vec<u8>> {
        let wrong = || b"arguments".to_vec();
        let (selector, arguments) = calldata.split_at_checked(4).ok_or_else(wrong)?;
        let words: Vec<U256> = arguments
            .chunks_exact(32)
            .filter_map(U256::try_from_be_slice)
            .collect();
        let is = |place: usize, value: u64| words.get(place) == Some(&U256::from(value));
        if arguments.len() % 32 != 0 {
            return Err(wrong());
        }
        match (<[u8; 4]>::try_from(selector), words.as_slice()) {
            (Ok(EXACT_INPUT_SINGLE), [sell, buy, fee, recipient, most, least, limit])
                if limit.is_zero() =>
            {
                Ok(Self {
                    pools: alloc::vec![(account(*sell), account(*buy), *fee)],
                    recipient: account(*recipient),
                    most: *most,
                    least: *least,
                })
            }
            (Ok(EXACT_INPUT), [_, _, recipient, most, least, length, ..])
                if is(0, 0x20) && is(1, 0x80) =>
            {
                let length = length.wrapping_to::<usize>();
                if arguments.len() != length.next_multiple_of(32).wrapping_add(192) {
                    return Err(wrong());
                }
                let path = arguments.get(192..).and_then(|p| p.get(..length));
                Ok(Self {
                    pools: pools(path.ok_or_else(wrong)?).ok_or_else(wrong)?,
                    recipient: account(*recipient),
                    most: *most,
                    least: *least,
                })
            }
            (Ok(SWAP_EXACT_TOKENS), [most, least, _, recipient, deadline, length, path @ ..])
                if is(2, 0xa0) && *deadline == U256::MAX && *length == U256::from(path.len()) =>
            {
                Ok(Self {
                    pools: path
                        .windows(2)
                        .filter_map(|pair| match pair {
                            [sell, buy] => Some((account(*sell), account(*buy), U256::ZERO)),
                            _ => None,
                        })
                        .collect(),
                    recipient: account(*recipient),
                    most: *most,
                    least: *least,
                })
            }
            (
                Ok(SWAP),
                [_, _, inner, recipient, outer, least, deadline, pool, kind, sell, buy, most, _, user],
            ) if is(0, 0xe0)
                && is(12, 0xc0)
                && *deadline == U256::MAX
                && [inner, outer, kind, user].iter().all(|w| w.is_zero()) =>
            {
                Ok(Self {
                    pools: alloc::vec![(account(*sell), account(*buy), *pool)],
                    recipient: account(*recipient),
                    most: *most,
                    least: *least,
                })
            }
            _ => Err(b"selector".to_vec()),
        }
    }
}

fn account(word: U256) -> Address {
    Address::from_word(word.to_be_bytes().into())
}

/// The pools of a path of V3: token, fee, token, fee, token.
fn pools(path: &[u8]) -> Option<Vec<(Address, Address, U256)>> {
    let mut pools = Vec::new();
    let (first, mut rest) = path.split_at_checked(20)?;
    let mut sell = Address::from_slice(first);
    while !rest.is_empty() {
        let (hop, after) = rest.split_at_checked(23)?;
        let buy = Address::from_slice(hop.get(3..)?);
        pools.push((sell, buy, U256::try_from_be_slice(hop.get(..3)?)?));
        (sell, rest) = (buy, after);
    }
    Some(pools)
}
