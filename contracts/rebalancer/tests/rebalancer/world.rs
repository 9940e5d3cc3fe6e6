//! A treasury of three assets, each smallest unit of which is worth 1e-18, so that amounts are values.

use alloy_primitives::{Address, U256};
use ballast_interfaces::{answers::Answers, clock, constants::limit};
use ballast_mocks::modules::{MockOracle, MockPolicy};
use ballast_rebalancer::{types::*, Rebalancer};
use motsu::prelude::*;
use stylus_sdk::{
    abi::Bytes,
    prelude::*,
    storage::{StorageAddress, StorageBytes, StorageMap, StorageU256, StorageVec},
};

pub const NOW: u64 = 1_800_000_000;
pub const A: Address = Address::repeat_byte(0xa1);
pub const B: Address = Address::repeat_byte(0xb1);
pub const C: Address = Address::repeat_byte(0xc1);
pub const KEEPER: Address = Address::repeat_byte(0x4e);
pub const FILLER: Address = Address::repeat_byte(0xf1);
pub const NONCE: u64 = 7;
pub const RAMP: u64 = 1_800;
pub const HOLD: u64 = 3_600;

pub fn n(x: u64) -> U256 {
    U256::from(x)
}

/// Whole units of value.
pub fn e18(x: u64) -> U256 {
    n(x) * U256::from(10u8).pow(n(18))
}

/// A vault that says it sold and bought what it was told to say.
#[storage]
pub struct ScriptedVault {
    tokens: StorageVec<StorageAddress>,
    held: StorageMap<Address, StorageU256>,
    sold: StorageVec<StorageU256>,
    bought: StorageVec<StorageU256>,
    reason: StorageBytes,
    amounts: StorageVec<StorageU256>,
    leasts: StorageVec<StorageU256>,
    filler: StorageAddress,
    data: StorageBytes,
}

// SAFETY: the mock is only ever used as a top-level contract.
unsafe impl TopLevelStorage for ScriptedVault {}

fn fill(to: &mut StorageVec<StorageU256>, from: Vec<U256>) {
    while to.pop().is_some() {}
    for x in from {
        to.push(x);
    }
}

fn all(from: &StorageVec<StorageU256>) -> Vec<U256> {
    (0..from.len()).filter_map(|i| from.get(i)).collect()
}

#[public]
impl ScriptedVault {
    pub fn set_held(&mut self, token: Address, held: U256) {
        if (0..self.tokens.len()).all(|i| self.tokens.get(i) != Some(token)) {
            self.tokens.push(token);
        }
        self.held.setter(token).set(held);
    }

    /// What `execute` answers; nothing means: all sold, at the price of the leasts.
    pub fn set_result(&mut self, sold: Vec<U256>, bought: Vec<U256>) {
        fill(&mut self.sold, sold);
        fill(&mut self.bought, bought);
    }

    pub fn set_reason(&mut self, reason: Bytes) {
        self.reason.set_bytes(reason.as_ref());
    }

    pub fn last(&self) -> (Vec<U256>, Vec<U256>, Address, Bytes) {
        let data = self.data.get_bytes().into();
        (
            all(&self.amounts),
            all(&self.leasts),
            self.filler.get(),
            data,
        )
    }

    pub fn holdings(&self) -> Answers<(Vec<Address>, Vec<U256>)> {
        Answers(
            (0..self.tokens.len())
                .filter_map(|i| self.tokens.get(i))
                .map(|t| (t, self.held.get(t)))
                .unzip(),
        )
    }

    pub fn execute(
        &mut self,
        _sells: Vec<Address>,
        _buys: Vec<Address>,
        amounts: Vec<U256>,
        leasts: Vec<U256>,
        filler: Address,
        data: Bytes,
    ) -> Result<Answers<(Vec<U256>, Vec<U256>)>, Vec<u8>> {
        let reason = self.reason.get_bytes();
        if !reason.is_empty() {
            return Err(reason);
        }
        let mut result = (all(&self.sold), all(&self.bought));
        if result.0.is_empty() {
            result = (amounts.clone(), leasts.clone());
        }
        fill(&mut self.amounts, amounts);
        fill(&mut self.leasts, leasts);
        self.filler.set(filler);
        self.data.set_bytes(data.as_ref());
        Ok(Answers(result))
    }
}

/// One call of `rebalance`, to be varied.
#[derive(Clone)]
pub struct Ask {
    pub sells: Vec<Address>,
    pub buys: Vec<Address>,
    pub mosts: Vec<U256>,
    pub leasts: Vec<U256>,
    pub min_rates: Vec<U256>,
    pub deadline: U256,
    pub policy_nonce: U256,
}

impl Ask {
    /// Sells at most so much each, with no other wish.
    pub fn new(trades: &[(Address, Address, U256)]) -> Self {
        let k = trades.len();
        Self {
            sells: trades.iter().map(|t| t.0).collect(),
            buys: trades.iter().map(|t| t.1).collect(),
            mosts: trades.iter().map(|t| t.2).collect(),
            leasts: vec![U256::ZERO; k],
            min_rates: vec![U256::ZERO; k],
            deadline: n(NOW),
            policy_nonce: n(NONCE),
        }
    }

    /// The same, with no deadline.
    pub fn ever(mut self) -> Self {
        self.deadline = U256::MAX;
        self
    }

    /// Everything that is useful: 100 of A for B, 100 of A for C.
    pub fn all() -> Self {
        Self::new(&[(A, B, U256::MAX), (A, C, U256::MAX)])
    }

    /// Half of it: 100 of A for B.
    pub fn half() -> Self {
        Self::new(&[(A, B, U256::MAX)])
    }
}

pub struct World {
    pub vault: Contract<ScriptedVault>,
    pub policy: Contract<MockPolicy>,
    pub oracle: Contract<MockOracle>,
    pub rebalancer: Contract<Rebalancer>,
}

impl World {
    /// A holds 700 and should hold 500, B 200 of 300, C 100 of 200; bands of 5 %, allowed slippage 50 bps.
    pub fn new() -> Self {
        let w = Self {
            vault: Contract::new(),
            policy: Contract::new(),
            oracle: Contract::new(),
            rebalancer: Contract::new(),
        };
        clock::set(NOW);
        for (token, held, weight_percent) in [(A, 700, 50), (B, 200, 30), (C, 100, 20)] {
            w.hold(token, e18(held));
            w.price(token, U256::from(10u8).pow(n(36)));
            w.weigh(token, weight_percent, 500);
        }
        for (id, value) in [
            (limit::MAX_SLIPPAGE_BPS, n(50)),
            (limit::COOLDOWN_S, n(3_600)),
            (limit::SLICE_COOLDOWN_S, n(60)),
            (limit::MIN_PROGRESS_BPS, n(1_000)),
            (limit::MIN_NOTIONAL_WAD, e18(10)),
            (limit::MIN_DRIFT_BPS, n(100)),
            (limit::MAX_TURNOVER_BPS, n(10_000)),
            // No auction, and budgets that do not bind, where they are not the subject.
            (limit::RAMP_S, n(0)),
            (limit::HOLD_S, n(3_600)),
            (limit::LOSS_BUDGET_BPS, n(500)),
            (limit::LOSS_PERIOD_S, n(604_800)),
            (limit::YEARLY_LOSS_BPS, n(1_000)),
            (limit::TURNOVER_BUDGET_BPS, n(100_000)),
            (limit::TURNOVER_PERIOD_S, n(2_592_000)),
            (limit::BAND_STRESS_CAP_BPS, n(30_000)),
        ] {
            w.limit(id, value);
        }
        w.set_state(0, false);
        w.rebalancer.sender(KEEPER).constructor(
            w.vault.address(),
            w.policy.address(),
            w.oracle.address(),
        );
        w
    }

    pub fn hold(&self, token: Address, held: U256) {
        self.vault.sender(KEEPER).set_held(token, held);
    }

    pub fn price(&self, token: Address, price_d36: U256) {
        self.oracle.sender(KEEPER).set_price(token, price_d36);
    }

    pub fn weigh(&self, token: Address, percent: u64, band_bps: u64) {
        let wad = e18(percent) / n(100);
        self.policy
            .sender(KEEPER)
            .set_weight(token, wad, n(band_bps));
    }

    pub fn limit(&self, id: usize, value: U256) {
        self.policy.sender(KEEPER).set_limit(U256::from(id), value);
    }

    pub fn set_state(&self, paused_until: u64, pending: bool) {
        self.set_policy(NONCE, paused_until, pending);
    }

    pub fn set_policy(&self, nonce: u64, paused_until: u64, pending: bool) {
        self.policy
            .sender(KEEPER)
            .set_state(n(nonce), n(paused_until), n(pending.into()));
    }

    /// What the vault will say it measured.
    pub fn script(&self, sold: &[U256], bought: &[U256]) {
        self.vault
            .sender(KEEPER)
            .set_result(sold.to_vec(), bought.to_vec());
    }

    /// [`World::new`] with a ramp of half an hour, lags of 30, 20 and 10 bps, and a hold of an hour.
    pub fn with_ramp() -> Self {
        let w = Self::new();
        w.limit(limit::RAMP_S, n(RAMP));
        for (token, lag_bps) in [(A, 30), (B, 20), (C, 10)] {
            w.mood(token, lag_bps, U256::ZERO);
        }
        w
    }

    pub fn mood(&self, token: Address, lag_bps: u64, stress_wad: U256) {
        self.oracle
            .sender(KEEPER)
            .set_mood(token, n(lag_bps), stress_wad);
    }

    /// Within its bands, by far.
    pub fn balance(&self) {
        for (token, held) in [(A, 500), (B, 300), (C, 200)] {
            self.hold(token, e18(held));
        }
    }

    pub fn open(&self) -> Result<U256, Error> {
        self.rebalancer.sender(KEEPER).open().motsu_res()
    }

    pub fn close(&self) -> Result<(), Error> {
        self.rebalancer.sender(KEEPER).close().motsu_res()
    }

    /// When the opening that holds was made.
    pub fn opened_at(&self) -> U256 {
        self.rebalancer.sender(KEEPER).auction().unwrap().0
    }

    /// The rebalances that were logged.
    pub fn reports(&self) -> Vec<RebalanceExecuted> {
        use alloy_sol_types::SolEvent;
        let logs = self.rebalancer.all_events();
        logs.iter()
            .filter_map(|log| RebalanceExecuted::decode_log_data(log, true).ok())
            .collect()
    }

    pub fn settled(&self) -> U256 {
        self.policy.sender(KEEPER).settled()
    }

    /// Nonce, last, next.
    pub fn times(&self) -> (U256, U256, U256) {
        let (nonce, last, next, ..) = self.rebalancer.sender(KEEPER).state().unwrap();
        (nonce, last, next)
    }

    pub fn ask(&self, ask: Ask) -> Result<(Vec<U256>, Vec<U256>), Error> {
        self.rebalancer
            .sender(KEEPER)
            .rebalance(
                ask.sells,
                ask.buys,
                ask.mosts,
                ask.leasts,
                ask.min_rates,
                FILLER,
                vec![0xda].into(),
                ask.deadline,
                ask.policy_nonce,
            )
            .map(|answers| answers.0)
            .motsu_res()
    }

    #[track_caller]
    pub fn refuses(&self, ask: Ask, refusal: impl Into<Refusal>) {
        assert_eq!(self.ask(ask), Err(Error::Own(refusal.into())));
        assert_eq!(self.times(), (n(0), n(0), n(0)), "inv 14");
    }

    #[track_caller]
    pub fn accepts(&self, ask: Ask) {
        assert!(self.ask(ask).is_ok());
        assert_eq!(self.times().0, n(1));
    }
}
