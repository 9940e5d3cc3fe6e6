//! The host functions a transaction called, as Nitro's `stylusTracer` draws them.
//!
//! # Source
//! Nitro v3.10.0, `execution/gethexec/stylus_tracer.go`.

use crate::exec::{Frame, FrameKind, HostCall, Outcome};
use alloy::primitives::{Address, Bytes};
use serde::Serialize;

/// One call of a host function, or of EVM code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostStep {
    /// Name of the host function; that of an EVM call starts with `evm_`.
    pub name: String,
    /// What it was given.
    pub args: Bytes,
    /// What it gave.
    pub outs: Bytes,
    /// Ink left before.
    pub start_ink: u64,
    /// Ink left after.
    pub end_ink: u64,
    /// Of a call: the contract called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Of a call: what the callee did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<HostStep>>,
}

/// The steps of an outcome's outermost frame; each call holds those of its callee.
pub fn host_steps(outcome: &Outcome) -> Vec<HostStep> {
    if outcome.frames.is_empty() {
        return Vec::new();
    }
    steps(&outcome.frames, 0)
}

fn steps(frames: &[Frame], index: usize) -> Vec<HostStep> {
    let mut entered = children(frames, index);
    let mut out = Vec::new();
    for call in &frames[index].host_calls {
        let callee = call.frame.filter(|frame| entered.contains(frame));
        entered.retain(|frame| Some(*frame) != callee);
        let nests = call.name.ends_with("call_contract");
        if let (Some(callee), false) = (callee, nests) {
            out.push(evm(frames, callee));
        }
        out.push(host(frames, call, callee.filter(|_| nests)));
    }
    out.extend(entered.into_iter().map(|callee| evm(frames, callee)));
    out
}

/// The frames that this one entered, by their places.
fn children(frames: &[Frame], index: usize) -> Vec<usize> {
    let depth = frames[index].depth;
    (index + 1..frames.len())
        .take_while(|other| frames[*other].depth > depth)
        .filter(|other| frames[*other].depth == depth + 1)
        .collect()
}

fn host(frames: &[Frame], call: &HostCall, callee: Option<usize>) -> HostStep {
    HostStep {
        name: call.name.to_owned(),
        args: call.args.clone(),
        outs: call.outs.clone(),
        start_ink: call.start_ink,
        end_ink: call.end_ink,
        address: callee.map(|callee| frames[callee].to),
        steps: callee.map(|callee| steps(frames, callee)),
    }
}

fn evm(frames: &[Frame], callee: usize) -> HostStep {
    let name = match frames[callee].kind {
        FrameKind::Call => "evm_call_contract",
        FrameKind::DelegateCall => "evm_delegate_call_contract",
        FrameKind::StaticCall => "evm_static_call_contract",
        FrameKind::Create => "evm_create1",
        FrameKind::Create2 => "evm_create2",
        // Nitro's tracer has no name for it.
        FrameKind::CallCode => "",
    };
    HostStep {
        name: name.to_owned(),
        args: Bytes::new(),
        outs: Bytes::new(),
        start_ink: 0,
        end_ink: 0,
        address: Some(frames[callee].to),
        steps: Some(steps(frames, callee)),
    }
}
