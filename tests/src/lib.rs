//! What the end-to-end tests share: a stage on an embedded chain, governance in one step, refusals in words.

pub mod differential;
pub mod gas;
pub mod invariants;
mod judge;
pub mod proxy;
mod raise;
mod scenarios;
pub mod soak;

use std::ops::{Deref, DerefMut};

use alloy::{
    primitives::{Address, Bytes, U256},
    sol,
    sol_types::SolCall,
};
use anyhow::{bail, Context, Result};
use ballast::{
    abi::{Policy, Rebalancer, Vault, IERC20},
    keeper::{self, Plan},
    local::{
        self, chain,
        embedded::Node,
        stage::{Listing, Member, Setting, Stage},
    },
};

pub use ballast::local::ground::Mode;
pub use judge::{assert_backed, assert_good, assert_no_allowance, MAX_SLIPPAGE_BPS};
pub use raise::{prepare, raise, Prepared};

/// Seconds since 1970 at which every test's chain begins.
pub const GENESIS: u64 = 1_700_000_000;

sol! {
    /// Uniswap's quoter, which tells what a pool would pay.
    #[allow(missing_docs)]
    interface IQuoter {
        struct Single {
            address tokenIn;
            address tokenOut;
            uint256 amountIn;
            uint24 fee;
            uint160 sqrtPriceLimitX96;
        }
        function quoteExactInputSingle(Single memory params) external returns (uint256 amountOut, uint160 sqrtPriceX96After, uint32 initializedTicksCrossed, uint256 gasEstimate);
    }

    /// A filler that pays from its own inventory, or does not; its modes stand in its source.
    #[allow(missing_docs)]
    interface IHostileFiller {
        function configure(uint8 mode, uint256 bps) external;
        function setPayments(uint256[] calldata payments) external;
        function setReentry(address target, bytes calldata data, bool bubble) external;
        function fills() external view returns (uint256);
        function attempts() external view returns (uint256);
        function lastSuccess() external view returns (bool);
        function lastReturn() external view returns (bytes memory);
    }

    /// A token that misbehaves when told to; its modes stand in its source.
    #[allow(missing_docs)]
    interface IRevertingToken {
        function setTransferMode(uint8 mode) external;
        function setBalanceMode(uint8 mode) external;
        function setFeeBps(uint256 bps) external;
        function setBlocked(address account, bool isBlocked) external;
        function slash(address account, uint256 amount) external;
        function trueBalanceOf(address account) external view returns (uint256);
    }

    /// A token that calls out when it moves.
    #[allow(missing_docs)]
    interface IReentrantToken {
        function arm(address target, bytes calldata data, bool bubble) external;
        function disarm() external;
        function attempts() external view returns (uint256);
        function lastSuccess() external view returns (bool);
        function lastReturn() external view returns (bytes memory);
    }

    /// Pyth as its readers see it; anybody sets its prices.
    #[allow(missing_docs)]
    interface IMockPyth {
        function setPrice(bytes32 id, int64 price, uint64 conf, int32 expo, uint256 publishTime) external;
    }

    /// Calls others with little gas or statically.
    #[allow(missing_docs)]
    interface IEvilCaller {
        event Called(address indexed target, bool success, bytes returned);
        function callWithGas(address target, bytes calldata data, uint256 gasLimit) external returns (bool success, bytes memory returned);
        function staticProbe(address target, bytes calldata data) external view returns (bool success, bytes memory returned);
    }
}

/// A stage and the chain it stands on.
#[derive(Debug)]
pub struct Theatre {
    stage: Stage,
    /// The chain.
    pub node: Node,
}

impl Deref for Theatre {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl DerefMut for Theatre {
    fn deref_mut(&mut self) -> &mut Stage {
        &mut self.stage
    }
}

/// An account without code that nobody acts for.
pub const NOBODY: Address = alloy::primitives::address!("00000000000000000000000000000000000b0b0b");

/// Limits without an auction: the greatest slippage at once, where the ramp is not the subject.
pub fn at_once() -> Vec<(u64, U256)> {
    vec![(limit::RAMP_S, U256::ZERO)]
}

/// Ids of limits, as the specification lists them.
pub mod limit {
    /// Rest after a rebalance that ends the trigger, seconds.
    pub const COOLDOWN_S: u64 = 1;
    /// Length of an opening's ramp, seconds.
    pub const RAMP_S: u64 = 7;
    /// Interval of the schedule, seconds.
    pub const SCHEDULE_INTERVAL_S: u64 = 14;
}

/// Four assets of the usual decimals, 1,000,000 USD, no market.
pub fn four_assets() -> Setting {
    Setting {
        listings: vec![
            Listing::new("WETH", 18, "2000", 400_000),
            Listing::new("WBTC", 8, "40000", 300_000),
            Listing::new("USDC", 6, "1", 200_000),
            Listing::new("LINK", 18, "15", 100_000),
        ],
        depth_usd: None,
        limits: at_once(),
    }
}

/// One token per entry, all of `contract`, worth `seed_usd` each.
pub fn tokens_of(contract: &'static str, decimals: &[u8], seed_usd: u64) -> Setting {
    let listing =
        |(i, d): (usize, &u8)| Listing::new(&format!("T{i}"), *d, "5", seed_usd).of(contract);
    Setting {
        listings: decimals.iter().enumerate().map(listing).collect(),
        depth_usd: None,
        limits: at_once(),
    }
}

impl Theatre {
    /// Calls `to` as the DAO's timelock: a vote that has passed.
    pub async fn govern<C: SolCall + Clone>(&self, to: Address, call: C) -> Result<()> {
        chain::send_as(&self.client, self.governor, to, call)
            .await
            .map(drop)
    }

    /// Sets targets for all assets, in the vault's order, effective now.
    pub async fn set_targets(&self, weights_bps: &[u64], band_bps: u64) -> Result<()> {
        let call = self.targets_call(weights_bps, band_bps).await?;
        self.govern(self.suite.policy, call).await
    }

    /// The call that sets these targets.
    pub async fn targets_call(
        &self,
        weights_bps: &[u64],
        band_bps: u64,
    ) -> Result<Policy::setTargetsCall> {
        let nonce = self
            .client
            .call(self.suite.policy, Policy::governanceNonceCall {})
            .await?;
        Ok(Policy::setTargetsCall {
            tokens: self.members.iter().map(|m| m.token).collect(),
            weightsBps: weights_bps.iter().map(|w| U256::from(*w)).collect(),
            bandsBps: weights_bps.iter().map(|_| U256::from(band_bps)).collect(),
            start: U256::ZERO,
            duration: U256::ZERO,
            expectedNonce: nonce,
        })
    }

    /// A hostile filler with plenty of every asset, in `mode`.
    pub async fn hostile_filler(&self, mode: u8, bps: u64) -> Result<Address> {
        let from = self.cast.stranger;
        let filler =
            local::deploy(&self.client, &self.artifacts, from, "HostileFiller", &[]).await?;
        for member in &self.members {
            let amount = member.amount(local::stage::usd(10_000_000))?;
            self.grant(member, filler, amount).await?;
        }
        let call = IHostileFiller::configureCall {
            mode,
            bps: U256::from(bps),
        };
        self.client.send(from, filler, call).await?;
        Ok(filler)
    }

    /// The plan now; an error if there is none.
    pub async fn plan(&self) -> Result<Plan> {
        match keeper::plan(&self.client, &self.suite).await? {
            Ok(plan) => Ok(plan),
            Err(refusal) => bail!("no plan: {refusal}"),
        }
    }

    /// The call that executes `plan` through `filler`.
    pub async fn call_of(&self, plan: &Plan, filler: Address) -> Result<Rebalancer::rebalanceCall> {
        keeper::rebalance_call(&self.client, &self.suite, plan, filler, Bytes::new()).await
    }

    /// Executes `call` as the keeper; an error with the reason if refused.
    pub async fn rebalance(&self, call: Rebalancer::rebalanceCall) -> Result<keeper::Executed> {
        match keeper::execute(&self.client, &self.suite, self.cast.keeper, call).await? {
            Ok(done) => Ok(done),
            Err(refusal) => bail!("rebalance refused: {refusal}"),
        }
    }

    /// The reason for which `call` is refused; an error if it is not.
    pub async fn refusal<C: SolCall + Clone>(
        &self,
        from: Address,
        to: Address,
        call: C,
    ) -> Result<String> {
        match self.client.try_call(from, to, call).await? {
            Ok(_) => bail!("{} was not refused", C::SIGNATURE),
            Err(refusal) => Ok(refusal.words),
        }
    }

    /// Why a rebalance is refused.
    pub async fn rebalance_refusal(&self, call: Rebalancer::rebalanceCall) -> Result<String> {
        self.refusal(self.cast.keeper, self.suite.rebalancer, call)
            .await
    }

    /// Recorded holdings, in the vault's order.
    pub async fn held(&self) -> Result<Vec<U256>> {
        let answer = self
            .client
            .call(self.suite.vault, Vault::holdingsCall {})
            .await?;
        let (_, held) = answer.into();
        Ok(held)
    }

    /// Share supply.
    pub async fn supply(&self) -> Result<U256> {
        self.client
            .call(self.suite.vault, Vault::totalSupplyCall {})
            .await
    }

    /// Balance of an asset.
    pub async fn balance(&self, member: &Member, account: Address) -> Result<U256> {
        self.client
            .call(member.token, IERC20::balanceOfCall { account })
            .await
    }

    /// A new test token that nothing knows of yet.
    pub async fn unlisted_token(&self, symbol: &str, decimals: u8) -> Result<Address> {
        let listing = Listing::new(symbol, decimals, "1", 0);
        local::token(&self.client, &self.artifacts, self.cast.stranger, &listing).await
    }

    /// The asset with index `i`.
    pub fn asset(&self, i: usize) -> Result<&Member> {
        self.members.get(i).with_context(|| format!("no asset {i}"))
    }

    /// Panics unless inv_01 and inv_16 hold: balances cover holdings, no allowance to `spender`.
    pub async fn assert_sound(&self, spender: Address) -> Result<()> {
        let vault = self.suite.vault;
        for (member, held) in self.members.iter().zip(self.held().await?) {
            let balance = self.balance(member, vault).await?;
            assert!(
                balance >= held,
                "inv_01: {} holds {balance} of {held}",
                member.symbol
            );
            let call = IERC20::allowanceCall {
                owner: vault,
                spender,
            };
            let allowance = self.client.call(member.token, call).await?;
            assert_eq!(allowance, U256::ZERO, "inv_16: {}", member.symbol);
        }
        Ok(())
    }
}

/// Panics unless `words` names `error`.
#[track_caller]
pub fn assert_refused(words: &str, error: &str) {
    assert!(
        words.contains(error),
        "refused with {words}, not with {error}"
    );
}
