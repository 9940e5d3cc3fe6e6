//! Traces.

use super::dispatch::Answer;
use super::error::RpcError;
use super::eth::tag;
use super::format;
use super::params::Params;
use crate::chain::{host_steps, CallFrame, Chain, MinedBlock, PrestateConfig};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::B256;
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use serde::de::DeserializeOwned;
use serde::Deserialize;
use serde_json::{json, Value};

/// What a trace shall show.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Options {
    tracer: Option<String>,
    tracer_config: Option<Value>,
    state_overrides: Option<StateOverride>,
    block_overrides: Option<BlockOverrides>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CallConfig {
    only_top_call: bool,
    with_log: bool,
}

enum Tracer {
    /// go-ethereum's tree of calls.
    Calls(CallConfig),
    /// go-ethereum's accounts and slots.
    Prestate(PrestateConfig),
    /// Nitro's host functions.
    Stylus,
}

impl Options {
    fn tracer(&self) -> Result<Tracer, RpcError> {
        match self.tracer.as_deref() {
            Some("callTracer") => Ok(Tracer::Calls(self.config()?)),
            Some("prestateTracer") => {
                let config: PrestateConfig = self.config()?;
                if config.diff_mode && config.include_empty {
                    return Err(RpcError::invalid_params(
                        "cannot use diffMode with includeEmpty",
                    ));
                }
                Ok(Tracer::Prestate(config))
            }
            Some("stylusTracer") => Ok(Tracer::Stylus),
            other => Err(RpcError::invalid_params(format_args!(
                "no tracer {}: there are callTracer, prestateTracer and stylusTracer",
                other.unwrap_or("of single opcodes")
            ))),
        }
    }

    fn config<T: DeserializeOwned + Default>(&self) -> Result<T, RpcError> {
        self.tracer_config.clone().map_or_else(
            || Ok(T::default()),
            |config| {
                serde_json::from_value(config).map_err(|problem| {
                    RpcError::invalid_params(format_args!("invalid tracerConfig: {problem}"))
                })
            },
        )
    }
}

pub(crate) fn transaction(chain: &Chain, p: &mut Params) -> Answer {
    let hash = p.next("hash")?;
    let options: Options = p.optional("options")?.unwrap_or_default();
    let trace = trace(chain, hash, &options.tracer()?)?;
    trace.ok_or_else(|| RpcError::refused("transaction not found"))
}

pub(crate) fn block_by_number(chain: &Chain, p: &mut Params) -> Answer {
    let tag: BlockNumberOrTag = p.next("block")?;
    block(chain, chain.block(tag.into()), p)
}

pub(crate) fn block_by_hash(chain: &Chain, p: &mut Params) -> Answer {
    let hash: B256 = p.next("hash")?;
    block(chain, chain.block(hash.into()), p)
}

/// Every transaction of a block.
fn block(chain: &Chain, block: Option<&MinedBlock>, p: &mut Params) -> Answer {
    let options: Options = p.optional("options")?.unwrap_or_default();
    let tracer = options.tracer()?;
    let block = block.ok_or_else(|| RpcError::refused("block not found"))?;
    let traces = block.transactions.iter().map(|mined| {
        let hash = mined.receipt.transaction_hash;
        let result = trace(chain, hash, &tracer)?;
        Ok(json!({ "txHash": hash, "result": result }))
    });
    traces.collect()
}

fn trace(chain: &Chain, hash: B256, tracer: &Tracer) -> Result<Option<Value>, RpcError> {
    let shown = match tracer {
        Tracer::Calls(config) => chain
            .trace_transaction(hash)?
            .map(|trace| show(trace, config)),
        Tracer::Prestate(config) => chain.prestate(hash, *config)?.map(format::value),
        Tracer::Stylus => chain
            .profile(hash)?
            .map(|outcome| format::value(host_steps(&outcome))),
    };
    shown.transpose()
}

pub(crate) fn call(chain: &Chain, p: &mut Params) -> Answer {
    let request: TransactionRequest = p.next("request")?;
    let at = tag(p)?;
    let mut options: Options = p.optional("options")?.unwrap_or_default();
    let tracer = options.tracer()?;
    let (state, block) = (
        options.state_overrides.take(),
        options.block_overrides.take(),
    );
    match tracer {
        Tracer::Calls(config) => show(chain.trace_call(&request, at, state, block)?, &config),
        Tracer::Prestate(config) => {
            format::value(chain.prestate_call(&request, at, state, block, config)?)
        }
        Tracer::Stylus => {
            let outcome = chain.profile_call(&request, at, state, block)?;
            format::value(host_steps(&outcome))
        }
    }
}

fn show(mut trace: CallFrame, config: &CallConfig) -> Answer {
    if config.only_top_call {
        trace.calls.clear();
    }
    if !config.with_log {
        drop_logs(&mut trace);
    }
    format::value(trace)
}

fn drop_logs(frame: &mut CallFrame) {
    frame.logs.clear();
    frame.calls.iter_mut().for_each(drop_logs);
}
