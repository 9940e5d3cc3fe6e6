//! Traces.

use super::dispatch::Answer;
use super::error::RpcError;
use super::eth::tag;
use super::format;
use super::params::Params;
use crate::chain::{CallFrame, Chain};
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

pub(crate) fn transaction(chain: &Chain, p: &mut Params) -> Answer {
    let hash = p.next()?;
    let options = options(p)?;
    let trace = chain.trace_transaction(hash)?;
    show(
        trace.ok_or_else(|| RpcError::refused("transaction not found"))?,
        &options,
    )
}

pub(crate) fn call(chain: &Chain, p: &mut Params) -> Answer {
    let request: TransactionRequest = p.next()?;
    let at = tag(p)?;
    let mut options = options(p)?;
    let (state, block) = (
        options.state_overrides.take(),
        options.block_overrides.take(),
    );
    show(chain.trace_call(&request, at, state, block)?, &options)
}

fn options(p: &mut Params) -> Result<Options, RpcError> {
    let options: Options = p.optional()?.unwrap_or_default();
    if options.tracer.as_deref() != Some("callTracer") {
        return Err(RpcError::refused("the only tracer here is callTracer"));
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
