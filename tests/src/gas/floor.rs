//! The floor: a script that holds the same tokens and makes the same calls to others, and nothing else.

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{Address, Bytes, U256},
    sol,
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use ballast::{
    abi::ISwapRouter02,
    local::{self, address},
};
use devnode::exec::{Frame, Outcome};

use super::{treasury::Treasury, Run};
use crate::Theatre;

sol! {
    /// `tests/fixtures/src/Floor.sol`.
    #[allow(missing_docs)]
    interface Script {
        struct Trade {
            address sell;
            address buy;
            uint24 fee;
            uint256 amount;
            uint256 least;
        }

        function prices() external view;
        function rebalance(Trade[] calldata trades) external;
        function mint(uint256[] calldata amounts) external;
        function redeem(uint256[] calldata amounts) external;
    }

    #[allow(missing_docs)]
    interface Measuring {
        function balanceOf(address account) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
    }
}

/// What Ballast asks tokens besides, because it trusts nobody: the floor does without.
pub const SELF_DEFENCE: [[u8; 4]; 2] = [
    Measuring::balanceOfCall::SELECTOR,
    Measuring::allowanceCall::SELECTOR,
];

/// A script and its filler.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    /// Holds the tokens.
    pub script: Address,
    /// Trades what it is sent.
    pub hand: Address,
}

/// A call that leaves a treasury: to a token, a feed or an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// Who was called.
    pub to: Address,
    /// With what.
    pub input: Bytes,
}

impl Floor {
    /// Deploys the script of a stage's feeds and tokens, with as much of each token as the vault holds.
    pub async fn deploy(theatre: &Theatre) -> Result<Self> {
        let list = |of: fn(&local::stage::Member) -> Address| {
            DynSolValue::Array(theatre.members.iter().map(|m| address(of(m))).collect())
        };
        let args = [
            address(theatre.uniswap.router),
            address(theatre.sequencer),
            list(|m| m.token),
            list(|m| m.feed),
        ];
        let from = theatre.cast.deployer;
        let script =
            local::deploy(&theatre.client, &theatre.artifacts, from, "Floor", &args).await?;
        for (member, held) in theatre.members.iter().zip(theatre.held().await?) {
            theatre.grant(member, script, held).await?;
        }
        Ok(Self {
            script,
            // The first contract of a contract has nonce 1.
            hand: script.create(1),
        })
    }

    /// The swaps of a rebalance, once more from here: same tokens, same amounts, same bounds.
    pub async fn rebalance(&self, treasury: &Treasury, of: &Run) -> Result<Run> {
        let ours: Vec<_> = treasury.programs();
        let mut trades = Vec::new();
        for call in external(&of.outcome, &ours) {
            if call.to != treasury.uniswap.router {
                continue;
            }
            let params = ISwapRouter02::exactInputSingleCall::abi_decode(&call.input)?.params;
            trades.push(Script::Trade {
                sell: params.tokenIn,
                buy: params.tokenOut,
                fee: params.fee,
                amount: params.amountIn,
                least: params.amountOutMinimum,
            });
        }
        let from = treasury.cast.keeper;
        self.send(treasury, from, Script::rebalanceCall { trades })
            .await
    }

    /// Takes `amounts` of all tokens from a depositor.
    pub async fn mint(
        &self,
        treasury: &Treasury,
        from: Address,
        amounts: Vec<U256>,
    ) -> Result<Run> {
        self.send(treasury, from, Script::mintCall { amounts })
            .await
    }

    /// Gives a depositor `amounts` of all tokens.
    pub async fn redeem(
        &self,
        treasury: &Treasury,
        from: Address,
        amounts: Vec<U256>,
    ) -> Result<Run> {
        self.send(treasury, from, Script::redeemCall { amounts })
            .await
    }

    /// Reads all feeds.
    pub async fn prices(&self, treasury: &Treasury) -> Result<Run> {
        self.send(treasury, treasury.cast.keeper, Script::pricesCall {})
            .await
    }

    async fn send<C: SolCall>(&self, treasury: &Treasury, from: Address, call: C) -> Result<Run> {
        let receipt = treasury
            .client
            .send(from, self.script, call)
            .await
            .context("the floor's script")?;
        Run::of(treasury, receipt)
    }
}

/// Calls by one of `ours` to anybody else, in order.
pub fn external(outcome: &Outcome, ours: &[Address]) -> Vec<External> {
    let is_ours = |frame: &Frame| ours.contains(&frame.to);
    let mut open: Vec<bool> = Vec::new();
    let mut calls = Vec::new();
    for frame in &outcome.frames {
        open.truncate(frame.depth);
        if open.last() == Some(&true) && !is_ours(frame) {
            calls.push(External {
                to: frame.to,
                input: frame.input.clone(),
            });
        }
        open.push(is_ours(frame));
    }
    calls
}
