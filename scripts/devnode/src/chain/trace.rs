//! The tree of calls of a transaction, as go-ethereum's `callTracer` draws it.

use super::error::{revert_reason, ChainError};
use super::prestate::{prestate, Prestate, PrestateConfig};
use super::simulate::{halt_reason, run};
use super::Chain;
use crate::exec::{self, Emitted, Frame, FrameKind, Message, Mode, Outcome, State};
use alloy::eips::BlockId;
use alloy::primitives::{Address, Bytes, B256, U256, U64};
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use serde::Serialize;

/// One call and the calls it made.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallFrame {
    /// Opcode that entered it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Caller.
    pub from: Address,
    /// Callee, or the contract created.
    pub to: Address,
    /// Wei sent along; none where the opcode has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<U256>,
    /// Gas given.
    pub gas: U64,
    /// Gas used, by its calls too.
    pub gas_used: U64,
    /// Calldata or init code.
    pub input: Bytes,
    /// Return or revert data, or the code created.
    #[serde(skip_serializing_if = "bytes_are_empty")]
    pub output: Bytes,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The text of its `Error(string)` or `Panic(uint256)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revert_reason: Option<String>,
    /// Calls it made, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallFrame>,
    /// Events it emitted, in order; none if it or a caller of it failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<CallLog>,
}

/// An event in the call that emitted it.
#[derive(Clone, Debug, Serialize)]
pub struct CallLog {
    /// The contract that emitted it.
    pub address: Address,
    /// Its topics.
    pub topics: Vec<B256>,
    /// Its data.
    pub data: Bytes,
    /// Calls that the emitting one had made before.
    pub position: U64,
}

/// A message that was run on `before` with every frame recorded.
struct Traced {
    before: State,
    message: Message,
    outcome: Outcome,
}

impl Chain {
    /// Runs a mined transaction again on the state it was run on, and returns its calls; `None` if
    /// there is no such transaction.
    ///
    /// # Errors
    /// [`ChainError::StateNotKept`] if the transaction is too far back.
    pub fn trace_transaction(&self, hash: B256) -> Result<Option<CallFrame>, ChainError> {
        let replayed = self.replay(hash)?;
        Ok(replayed.map(|traced| tree(&traced.message, traced.outcome)))
    }

    /// Runs a mined transaction again and returns its outcome with every frame: what each spent its
    /// gas on stands in [`Frame::profile`], the host functions it called in [`Frame::host_calls`].
    ///
    /// # Errors
    /// [`ChainError::StateNotKept`] if the transaction is too far back.
    pub fn profile(&self, hash: B256) -> Result<Option<Outcome>, ChainError> {
        Ok(self.replay(hash)?.map(|traced| traced.outcome))
    }

    /// Runs a mined transaction again and tells what it found or changed.
    ///
    /// # Errors
    /// [`ChainError::StateNotKept`] if the transaction is too far back.
    pub fn prestate(
        &self,
        hash: B256,
        config: PrestateConfig,
    ) -> Result<Option<Prestate>, ChainError> {
        let replayed = self.replay(hash)?;
        Ok(replayed.map(|traced| prestate(&traced.before, &traced.outcome, config)))
    }

    fn replay(&self, hash: B256) -> Result<Option<Traced>, ChainError> {
        let Some((block, mined)) = self.ledger.transaction(hash) else {
            return Ok(None);
        };
        let oldest = self.before.keys().next().copied().unwrap_or_default();
        let not_kept = ChainError::StateNotKept {
            block: block.number(),
            oldest,
        };
        let mut state = self.before.get(&block.number()).ok_or(not_kept)?.clone();
        let env = block.env(self.chain_id());
        let run = |state: &mut State, message: &Message| {
            exec::transact(state, &env, message, Mode::Commit)
                .map_err(|error| ChainError::from_executor(message.from, error))
        };
        let earlier = block
            .transactions
            .iter()
            .take_while(|other| other.receipt.transaction_hash != hash);
        for other in earlier {
            run(&mut state, &other.message)?;
        }
        let message = Message {
            trace: true,
            ..mined.message.clone()
        };
        let before = state.clone();
        let outcome = run(&mut state, &message)?;
        Ok(Some(Traced {
            before,
            message,
            outcome,
        }))
    }

    /// Runs a call as [`Chain::call`] does and returns its outcome with every frame, as
    /// [`Chain::profile`] does for a transaction.
    ///
    /// # Errors
    /// [`ChainError`] if it cannot be run at all; a call that fails is an outcome too.
    pub fn profile_call(
        &self,
        request: &TransactionRequest,
        at: BlockId,
        state: Option<StateOverride>,
        block: Option<BlockOverrides>,
    ) -> Result<Outcome, ChainError> {
        Ok(self.traced_call(request, at, state, block)?.outcome)
    }

    /// Runs a call as [`Chain::call`] does and returns its calls.
    ///
    /// # Errors
    /// [`ChainError`] if it cannot be run at all; a call that fails is a trace with an error.
    pub fn trace_call(
        &self,
        request: &TransactionRequest,
        at: BlockId,
        state: Option<StateOverride>,
        block: Option<BlockOverrides>,
    ) -> Result<CallFrame, ChainError> {
        let traced = self.traced_call(request, at, state, block)?;
        Ok(tree(&traced.message, traced.outcome))
    }

    /// Runs a call as [`Chain::call`] does and tells what it found or would change.
    ///
    /// # Errors
    /// [`ChainError`] if it cannot be run at all.
    pub fn prestate_call(
        &self,
        request: &TransactionRequest,
        at: BlockId,
        state: Option<StateOverride>,
        block: Option<BlockOverrides>,
        config: PrestateConfig,
    ) -> Result<Prestate, ChainError> {
        let traced = self.traced_call(request, at, state, block)?;
        Ok(prestate(&traced.before, &traced.outcome, config))
    }

    fn traced_call(
        &self,
        request: &TransactionRequest,
        at: BlockId,
        state: Option<StateOverride>,
        block: Option<BlockOverrides>,
    ) -> Result<Traced, ChainError> {
        let (mut state, env) = self.scene(at, state, block)?;
        let message = Message {
            trace: true,
            ..self.call_message(request, &state, &env)?
        };
        let outcome = run(&mut state, &env, &message)?;
        Ok(Traced {
            before: state,
            message,
            outcome,
        })
    }
}

/// Folds frames in order of entry into a tree.
fn tree(message: &Message, outcome: Outcome) -> CallFrame {
    // The open frames from the root down; a frame closes when one at its depth or above follows.
    let mut open: Vec<CallFrame> = Vec::new();
    for frame in outcome.frames {
        close(&mut open, frame.depth.max(1));
        open.push(call_frame(frame));
    }
    close(&mut open, 1);
    let mut root = open.pop().unwrap_or_else(|| empty_root(message));
    root.gas = U64::from(message.gas_limit);
    root.gas_used = U64::from(outcome.gas_used);
    drop_failed_logs(&mut root, false);
    root
}

/// Takes away the events of calls that failed, or whose caller did.
fn drop_failed_logs(frame: &mut CallFrame, caller_failed: bool) {
    let failed = caller_failed || frame.error.is_some();
    if failed {
        frame.logs.clear();
    }
    for call in &mut frame.calls {
        drop_failed_logs(call, failed);
    }
}

/// Closes frames until `depth` are open.
fn close(open: &mut Vec<CallFrame>, depth: usize) {
    while open.len() > depth {
        let Some(done) = open.pop() else { return };
        if let Some(parent) = open.last_mut() {
            parent.calls.push(done);
        }
    }
}

fn call_frame(frame: Frame) -> CallFrame {
    let reverted = frame
        .error
        .is_some()
        .then(|| revert_reason(&frame.output))
        .flatten();
    CallFrame {
        kind: opcode(frame.kind),
        from: frame.from,
        to: frame.to,
        value: (frame.kind != FrameKind::StaticCall).then_some(frame.value),
        gas: U64::from(frame.gas_limit),
        gas_used: U64::from(frame.gas_used),
        input: frame.input,
        output: frame.output,
        error: frame.error.map(|reason| halt_reason(&reason)),
        revert_reason: reverted,
        calls: Vec::new(),
        logs: frame.logs.into_iter().map(call_log).collect(),
    }
}

fn call_log(emitted: Emitted) -> CallLog {
    let Emitted { log, calls } = emitted;
    CallLog {
        address: log.address,
        topics: log.topics().to_vec(),
        data: log.data.data,
        position: U64::from(calls),
    }
}

fn empty_root(message: &Message) -> CallFrame {
    CallFrame {
        kind: if message.to.is_some() {
            "CALL"
        } else {
            "CREATE"
        },
        from: message.from,
        to: message.to.unwrap_or_default(),
        value: Some(message.value),
        gas: U64::ZERO,
        gas_used: U64::ZERO,
        input: message.data.clone(),
        output: Bytes::new(),
        error: None,
        revert_reason: None,
        calls: Vec::new(),
        logs: Vec::new(),
    }
}

fn opcode(kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Call => "CALL",
        FrameKind::CallCode => "CALLCODE",
        FrameKind::DelegateCall => "DELEGATECALL",
        FrameKind::StaticCall => "STATICCALL",
        FrameKind::Create => "CREATE",
        FrameKind::Create2 => "CREATE2",
    }
}

fn bytes_are_empty(bytes: &Bytes) -> bool {
    bytes.is_empty()
}
