//! `NodeInterface`: what the node tells `eth_call` and `eth_estimateGas`, and no contract.
//!
//! # Source
//! Nitro v3.10.0, `execution/nodeinterface/node_interface.go` and `virtual_contracts.go`. Gas is counted
//! as for a precompile, without what a transaction pays to start. The base fee is the block's.

use super::error::ChainError;
use super::simulate::{fee_cap, CALL_GAS_CAP};
use super::Chain;
use crate::exec::arbos::{posting, Field};
use crate::exec::pricing::{activation, posting::ESTIMATE_COST_BPS};
use crate::exec::{Block as Env, Message, Posted, State};
use alloy::eips::BlockId;
use alloy::hex;
use alloy::primitives::{address, Address, Bytes, TxKind, U256};
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use alloy::sol;
use alloy::sol_types::{SolInterface, SolValue};
use NodeInterface::NodeInterfaceCalls as Calls;

/// Where `NodeInterface` is reached; the account has no code.
const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");
/// Where Nitro's debugging interface is reached, which is not there on this chain.
const NODE_INTERFACE_DEBUG: Address = address!("00000000000000000000000000000000000000c9");

sol! {
    interface NodeInterface {
        function gasEstimateComponents(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function gasEstimateL1Component(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function nitroGenesisBlock() external pure returns (uint256 number);
        function blockL1Num(uint64 l2BlockNum) external view returns (uint64 l1BlockNum);
        function l2BlockRangeForL1(uint64 blockNum) external view returns (uint64 firstBlock, uint64 lastBlock);
        function estimateRetryableTicket(address sender, uint256 deposit, address to, uint256 l2CallValue, address excessFeeRefundAddress, address callValueRefundAddress, bytes data) external;
        function constructOutboxProof(uint64 size, uint64 leaf) external view returns (bytes32 send, bytes32 root, bytes32[] proof);
        function findBatchContainingBlock(uint64 blockNum) external view returns (uint64 batch);
        function getL1Confirmations(bytes32 blockHash) external view returns (uint64 confirmations);
        function legacyLookupMessageBatchProof(uint256 batchNum, uint64 index) external view returns (bytes32[] proof, uint256 path, address l2Sender, address l1Dest, uint256 l2Block, uint256 l1Block, uint256 timestamp, uint256 amount, bytes calldataForL1);
    }
}

/// What is answered, and the gas that takes.
pub(crate) struct Answer {
    pub(crate) data: Bytes,
    pub(crate) gas: u64,
}

/// True if the node itself is asked.
pub(crate) fn is_asked(request: &TransactionRequest) -> bool {
    request.to == Some(TxKind::Call(NODE_INTERFACE))
}

impl Chain {
    /// What `NodeInterface` answers `request` on the state after the block `at`.
    ///
    /// # Errors
    /// [`ChainError::Reverted`] without data, as Nitro has it, but with the reason.
    pub(crate) fn node_interface(
        &self,
        request: &TransactionRequest,
        at: BlockId,
        state: Option<StateOverride>,
        block: Option<BlockOverrides>,
    ) -> Result<Answer, ChainError> {
        let (state, env) = self.scene(at, state, block)?;
        let input = request.input.input().cloned().unwrap_or_default();
        let method = decode(&input)?;
        let is_payable = matches!(
            method,
            Calls::gasEstimateComponents(_) | Calls::gasEstimateL1Component(_)
        );
        if let Some(value) = request.value.filter(|wei| !is_payable && !wei.is_zero()) {
            return Err(refused(format!(
                "this method of NodeInterface takes no value, {value} wei are sent"
            )));
        }
        let (data, reads) = match method {
            Calls::gasEstimateComponents(call) => {
                let inner = inner(request, call.to, call.contractCreation, call.data);
                (self.components(&inner, call.to, at, (&state, &env))?, 6)
            }
            Calls::gasEstimateL1Component(call) => {
                let inner = inner(request, call.to, call.contractCreation, call.data);
                (l1_component(&inner, (&state, &env)), 5)
            }
            // Nothing came before this chain.
            Calls::nitroGenesisBlock(_) => (U256::ZERO.abi_encode(), 0),
            Calls::blockL1Num(call) => (self.l1_height(call.l2BlockNum)?.abi_encode(), 1),
            Calls::l2BlockRangeForL1(call) => (self.l1_range(call.blockNum)?.abi_encode(), 1),
            other => return Err(no_parent(other.selector())),
        };
        let words = (input.len().saturating_sub(4)).div_ceil(32) + data.len() / 32;
        let gas = reads * activation::ARBOS_READ + words as u64 * activation::COPY_WORD;
        let limit = request.gas.unwrap_or(CALL_GAS_CAP).min(CALL_GAS_CAP);
        if gas > limit {
            return Err(refused(format!(
                "this method of NodeInterface takes {gas} gas, the limit is {limit}"
            )));
        }
        Ok(Answer {
            data: data.into(),
            gas,
        })
    }

    /// The estimate, what of it goes for posting, the base fee and the parent chain's price.
    fn components(
        &self,
        inner: &TransactionRequest,
        to: Address,
        at: BlockId,
        (state, env): (&State, &Env),
    ) -> Result<Vec<u8>, ChainError> {
        if [NODE_INTERFACE, NODE_INTERFACE_DEBUG].contains(&to) {
            return Err(refused(format!(
                "{to} is no account on the chain: there is nothing to estimate"
            )));
        }
        // Overrides do not reach the estimate, as in Nitro.
        let gas = self
            .estimate_gas(inner, Some(at), None, None)
            .map_err(|error| refused(format!("there is no estimate: {error}")))?;
        let posted = posting::charge(state, env, &message(inner, env, Posted::Estimate));
        let price = state.arbos(Field::L1_PRICE);
        Ok((gas, posted.gas, U256::from(env.basefee), price).abi_encode())
    }

    /// The height of the parent chain in a block's header.
    fn l1_height(&self, number: u64) -> Result<u64, ChainError> {
        let block = self.block(number.into()).ok_or_else(|| {
            let latest = self.latest().number();
            refused(format!(
                "there is no block {number}: the latest is {latest}"
            ))
        })?;
        Ok(block.l1_number)
    }

    /// The first and the last block at a height of the parent chain.
    fn l1_range(&self, height: u64) -> Result<(u64, u64), ChainError> {
        let latest = self.latest();
        let blocks = self.ledger.range(0, latest.number())?;
        // Heights never fall from block to block.
        let first = blocks.partition_point(|block| block.l1_number < height) as u64;
        let after = blocks.partition_point(|block| block.l1_number <= height) as u64;
        if first == after {
            return Err(refused(format!(
                "no block is at height {height} of the parent chain: the latest, {}, is at {}",
                latest.number(),
                latest.l1_number
            )));
        }
        Ok((first, after - 1))
    }
}

fn decode(input: &[u8]) -> Result<Calls, ChainError> {
    // Validated, so that a number too wide for its type is refused and not cut.
    Calls::abi_decode_validate(input).map_err(|why| {
        let selector = hex::encode_prefixed(&input[..input.len().min(4)]);
        refused(format!(
            "NodeInterface does not understand {selector}: {why}; this chain has no parent chain"
        ))
    })
}

fn no_parent(selector: [u8; 4]) -> ChainError {
    let name = Calls::name_by_selector(selector).unwrap_or("the method");
    let selector = hex::encode_prefixed(selector);
    refused(format!(
        "NodeInterface cannot answer {name} ({selector}): this chain has no parent chain"
    ))
}

fn refused(reason: String) -> ChainError {
    ChainError::Reverted {
        data: Bytes::new(),
        reason: Some(reason),
    }
}

/// The request that is asked about: the sender, value and prices of the one that asks.
fn inner(
    asked: &TransactionRequest,
    to: Address,
    creates: bool,
    data: Bytes,
) -> TransactionRequest {
    TransactionRequest {
        to: (!creates).then_some(TxKind::Call(to)),
        input: data.into(),
        access_list: None,
        ..asked.clone()
    }
}

/// What posting `inner` is priced by.
fn message(inner: &TransactionRequest, env: &Env, posted: Posted) -> Message {
    Message {
        from: inner.from.unwrap_or_default(),
        to: inner.to.and_then(|kind| kind.to().copied()),
        value: inner.value.unwrap_or_default(),
        data: inner.input.input().cloned().unwrap_or_default(),
        gas_price: match fee_cap(inner) {
            0 => 0,
            _ => u128::from(env.basefee),
        },
        // A made-up limit stands in for none.
        gas_limit: 0,
        posted,
        ..Message::default()
    }
}

/// The gas for posting, padded for a rising price but not for congestion, the base fee and the
/// parent chain's price.
fn l1_component(inner: &TransactionRequest, (state, env): (&State, &Env)) -> Vec<u8> {
    let price = state.arbos(Field::L1_PRICE);
    let basefee = U256::from(env.basefee);
    let units = posting::charge(state, env, &message(inner, env, Posted::Call)).units;
    let fee = posting::bps(price.saturating_mul(U256::from(units)), ESTIMATE_COST_BPS);
    let gas: u64 = fee.checked_div(basefee).unwrap_or_default().saturating_to();
    (gas, basefee, price).abi_encode()
}
