//! How a treasury is set up, step by step: programs in their order, then the calls that wire and fill them.
//!
//! A step says what it does and, once the programs before it have addresses, with which arguments or call. Whoever
//! drives it decides how: [`crate::suite`] sends one after the other, a deployment records each and can go on later.

use std::collections::BTreeMap;

use alloy::{
    primitives::{keccak256, Address, B256, U256},
    sol_types::SolCall,
};
use anyhow::{Context, Result};

use crate::{
    abi::{Oracle, Policy, Vault, IERC20},
    stylus::arguments,
    suite::{Asset, Config, Fees, Filler, Seed, Volatility},
};

/// The programs that every treasury has, in the order in which their constructors need one another.
pub const CORE: [&str; 6] = [
    "policy",
    "vault",
    "oracle",
    "rebalancer",
    "filler-uniswap-v3",
    "lens",
];

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Puts a program on the chain.
    Program(&'static str),
    /// Calls what stands there.
    Call(Call),
}

/// A call of the set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Names the vault's rebalancer.
    Rebalancer,
    /// Names the policy's modules.
    Modules,
    /// Names the sequencer's uptime feed, and the seconds for which nothing is priced after it came back.
    Sequencer(Address, u64),
    /// Lists an asset in the vault.
    List(Asset),
    /// Gives a listed asset its price.
    Feed(Asset),
    /// Watches the volatility of an asset.
    Volatility(Address, Volatility),
    /// Sets a limit, by id.
    Limit(u64, U256),
    /// Caps the supply.
    SupplyCap(U256),
    /// Sets the fees.
    Fees(Fees),
    /// Lets the vault take what the seed needs of a token.
    Approve(Address, U256),
    /// Mints the first shares.
    Seed(Seed),
    /// Gives up the setup role: from then on only the owner governs.
    HandOver,
}

/// Where the programs are, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses(BTreeMap<String, Address>);

impl Addresses {
    /// Notes where a program is.
    pub fn insert(&mut self, program: &str, address: Address) {
        self.0.insert(program.into(), address);
    }

    /// Where a program is.
    ///
    /// # Errors
    /// It is nowhere yet.
    pub fn of(&self, program: &str) -> Result<Address> {
        let found = self.0.get(program).copied();
        found.with_context(|| format!("{program} is not deployed"))
    }
}

impl Filler {
    /// The program's name.
    pub fn program(&self) -> &'static str {
        match self {
            Self::Call => "filler-call",
            Self::UniswapV2(_) => "filler-uniswap-v2",
            Self::BalancerV2(_) => "filler-balancer-v2",
        }
    }
}

impl Config {
    /// Every step but the last, which is [`Call::HandOver`].
    pub fn steps(&self) -> Vec<Step> {
        let programs = CORE
            .into_iter()
            .chain(self.fillers.iter().map(Filler::program));
        let mut steps: Vec<_> = programs.map(Step::Program).collect();
        steps.extend(self.calls().into_iter().map(Step::Call));
        steps
    }

    fn calls(&self) -> Vec<Call> {
        let mut calls = vec![Call::Rebalancer, Call::Modules];
        calls.extend(
            self.sequencer
                .map(|(feed, grace)| Call::Sequencer(feed, grace)),
        );
        for asset in &self.assets {
            calls.extend(asset.calls());
        }
        calls.extend(
            self.limits
                .iter()
                .map(|(id, value)| Call::Limit(*id, *value)),
        );
        calls.extend(self.supply_cap.map(Call::SupplyCap));
        calls.extend(self.fees.map(Call::Fees));
        if let Some(seed) = &self.seed {
            let wanted = self.assets.iter().zip(&seed.amounts);
            let taken = wanted.filter(|(_, amount)| !amount.is_zero());
            calls.extend(taken.map(|(asset, amount)| Call::Approve(asset.token, *amount)));
            calls.push(Call::Seed(seed.clone()));
        }
        calls
    }

    /// A program's salt: with its code and arguments it decides the address.
    pub fn salt(&self, program: &str) -> B256 {
        keccak256(format!("ballast/{}/{program}", self.salt))
    }

    /// A program's constructor arguments, when `setup` deploys it and those before it stand at `at`; none where it
    /// has no constructor.
    ///
    /// # Errors
    /// A program that it names is nowhere yet, or the name is of none.
    pub fn arguments(
        &self,
        program: &str,
        setup: Address,
        at: &Addresses,
    ) -> Result<Option<Vec<u8>>> {
        let venue = |filler: &Filler| match filler {
            Filler::Call => None,
            Filler::UniswapV2(venue) | Filler::BalancerV2(venue) => Some(arguments((*venue,))),
        };
        Ok(Some(match program {
            "policy" => arguments((self.owner, self.guardian, setup)),
            "vault" => arguments((self.name.clone(), self.symbol.clone(), at.of("policy")?)),
            "oracle" => arguments((at.of("policy")?,)),
            "rebalancer" => arguments((at.of("vault")?, at.of("policy")?, at.of("oracle")?)),
            "filler-uniswap-v3" => arguments((self.router,)),
            "lens" => arguments((
                at.of("vault")?,
                at.of("policy")?,
                at.of("oracle")?,
                at.of("rebalancer")?,
            )),
            other => {
                let filler = self.fillers.iter().find(|filler| filler.program() == other);
                return Ok(venue(
                    filler.with_context(|| format!("no program {other} here"))?,
                ));
            }
        }))
    }
}

impl Asset {
    /// Lists it and gives it a price.
    pub fn calls(&self) -> Vec<Call> {
        let mut calls = vec![Call::List(self.clone()), Call::Feed(self.clone())];
        calls.extend(
            self.volatility
                .map(|watched| Call::Volatility(self.token, watched)),
        );
        calls
    }
}

impl Call {
    /// Whom it calls and with what, when `setup` sends it and the programs stand at `at`.
    ///
    /// # Errors
    /// A program that it names is nowhere yet.
    pub fn encode(&self, setup: Address, at: &Addresses) -> Result<(Address, Vec<u8>)> {
        let (policy, vault, oracle) = ("policy", "vault", "oracle");
        let (to, data) = match self {
            Self::Rebalancer => {
                let rebalancer = at.of("rebalancer")?;
                (vault, Vault::setRebalancerCall { rebalancer }.abi_encode())
            }
            Self::Modules => {
                let call = Policy::setModulesCall {
                    vault: at.of(vault)?,
                    oracle: at.of(oracle)?,
                    rebalancer: at.of("rebalancer")?,
                };
                (policy, call.abi_encode())
            }
            Self::Sequencer(feed, grace) => {
                let (feed, grace) = (*feed, U256::from(*grace));
                (
                    oracle,
                    Oracle::setSequencerFeedCall { feed, grace }.abi_encode(),
                )
            }
            Self::List(asset) => {
                let call = Vault::listAssetCall {
                    token: asset.token,
                    minHolding: asset.min_holding,
                };
                (vault, call.abi_encode())
            }
            Self::Feed(asset) => {
                let call = Oracle::setFeedCall {
                    token: asset.token,
                    feed: asset.feed,
                    heartbeat: U256::from(asset.heartbeat),
                    minAnswer: asset.min_answer,
                    maxAnswer: asset.max_answer,
                    lagBps: U256::from(asset.lag_bps),
                };
                (oracle, call.abi_encode())
            }
            Self::Volatility(token, watched) => {
                let call = Oracle::setVolatilityCall {
                    token: *token,
                    referenceBps: U256::from(watched.reference_bps),
                    maxBps: U256::from(watched.max_bps),
                };
                (oracle, call.abi_encode())
            }
            Self::Limit(id, value) => {
                let (id, value) = (U256::from(*id), *value);
                (policy, Policy::setLimitCall { id, value }.abi_encode())
            }
            Self::SupplyCap(cap) => (vault, Vault::setSupplyCapCall { cap: *cap }.abi_encode()),
            Self::Fees(fees) => {
                let call = Vault::setFeesCall {
                    recipient: fees.recipient,
                    managementBps: U256::from(fees.management_bps),
                    mintBps: U256::from(fees.mint_bps),
                    redeemBps: U256::from(fees.redeem_bps),
                };
                (vault, call.abi_encode())
            }
            Self::Approve(token, amount) => {
                let (spender, amount) = (at.of(vault)?, *amount);
                let data = IERC20::approveCall { spender, amount }.abi_encode();
                return Ok((*token, data));
            }
            Self::Seed(seed) => {
                let call = Vault::seedCall {
                    shares: seed.shares,
                    receiver: seed.receiver,
                    amounts: seed.amounts.clone(),
                };
                (vault, call.abi_encode())
            }
            Self::HandOver => {
                let call = Policy::renounceRoleCall {
                    role: B256::ZERO,
                    confirmation: setup,
                };
                (policy, call.abi_encode())
            }
        };
        Ok((at.of(to)?, data))
    }
}
