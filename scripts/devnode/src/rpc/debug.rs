//! Traces.

use super::dispatch::Answer;
use super::error::RpcError;
use super::eth::tag;
use super::format;
use super::params::Params;
use crate::chain::{host_steps, CallFrame, Chain};
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use serde::Deserialize;

/// What a trace shall show.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Options {
    tracer: Option<String>,
    tracer_config: TracerConfig,
    state_overrides: Option<StateOverride>,
    block_overrides: Option<BlockOverrides>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TracerConfig {
    only_top_call: bool,
    with_log: bool,
}

/// Nitro's tracer of host functions.
const STYLUS_TRACER: &str = "stylusTracer";

impl Options {
    fn shows_host_functions(&self) -> bool {
        self.tracer.as_deref() == Some(STYLUS_TRACER)
    }
}

pub(crate) fn transaction(chain: &Chain, p: &mut Params) -> Answer {
    let hash = p.next("hash")?;
    let options = options(p)?;
    let missing = || RpcError::refused("transaction not found");
    if options.shows_host_functions() {
        let outcome = chain.profile(hash)?.ok_or_else(missing)?;
        return format::value(host_steps(&outcome));
    }
    let trace = chain.trace_transaction(hash)?;
    show(trace.ok_or_else(missing)?, &options)
}

pub(crate) fn call(chain: &Chain, p: &mut Params) -> Answer {
    let request: TransactionRequest = p.next("request")?;
    let at = tag(p)?;
    let mut options = options(p)?;
    let (state, block) = (
        options.state_overrides.take(),
        options.block_overrides.take(),
    );
    if options.shows_host_functions() {
        let outcome = chain.profile_call(&request, at, state, block)?;
        return format::value(host_steps(&outcome));
    }
    show(chain.trace_call(&request, at, state, block)?, &options)
}

fn options(p: &mut Params) -> Result<Options, RpcError> {
    let options: Options = p.optional("options")?.unwrap_or_default();
    if !matches!(
        options.tracer.as_deref(),
        Some("callTracer" | STYLUS_TRACER)
    ) {
        return Err(RpcError::refused(
            "the tracers here are callTracer and stylusTracer",
        ));
    }
    if options.tracer_config.with_log {
        return Err(RpcError::refused(
            "callTracer shows no logs here: withLog must be false",
        ));
    }
    Ok(options)
}

fn show(mut trace: CallFrame, options: &Options) -> Answer {
    if options.tracer_config.only_top_call {
        trace.calls.clear();
    }
    format::value(trace)
}
