//! The node itself: what it is, starting anew, its state as bytes.

use super::dispatch::{Answer, CLIENT_VERSION};
use super::error::RpcError;
use super::format::quantity;
use super::params::Params;
use crate::chain::{Chain, BLOCK_GAS_LIMIT};
use alloy::primitives::{hex, Bytes};
use serde_json::{json, Value};

pub(crate) fn info(chain: &Chain) -> Answer {
    let latest = chain.latest();
    Ok(json!({
        "currentBlockNumber": quantity(latest.number()),
        "currentBlockTimestamp": latest.header.timestamp,
        "currentBlockHash": latest.hash,
        "hardFork": "prague",
        "transactionOrder": "fifo",
        "environment": {
            "baseFee": quantity(chain.base_fee()),
            "chainId": chain.chain_id(),
            "gasLimit": quantity(BLOCK_GAS_LIMIT),
            "gasPrice": quantity(chain.base_fee()),
        },
        "forkConfig": {},
    }))
}

pub(crate) fn metadata(chain: &Chain) -> Answer {
    let latest = chain.latest();
    Ok(json!({
        "clientVersion": CLIENT_VERSION,
        "chainId": chain.chain_id(),
        "instanceId": chain.block(0.into()).map(|genesis| genesis.hash),
        "latestBlockNumber": latest.number(),
        "latestBlockHash": latest.hash,
        "forkedNetwork": null,
        "snapshots": {},
    }))
}

pub(crate) fn reset(chain: &mut Chain, p: &mut Params) -> Answer {
    let options: Option<Value> = p.optional("options")?;
    if options.is_some_and(|options| options.get("forking").is_some_and(|f| !f.is_null())) {
        return Err(RpcError::invalid_params(
            "invalid argument 0 (options): this chain forks no other, 'forking' must be left out",
        ));
    }
    chain.reset();
    Ok(Value::Null)
}

pub(crate) fn dump(chain: &Chain) -> Answer {
    Ok(json!(hex::encode_prefixed(chain.dump())))
}

pub(crate) fn load(chain: &mut Chain, p: &mut Params) -> Answer {
    let dump: Bytes = p.next("dump")?;
    chain.load(&dump).map_err(RpcError::refused)?;
    Ok(json!(true))
}
