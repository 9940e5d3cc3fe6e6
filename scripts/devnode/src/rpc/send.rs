//! Sending transactions.

use super::dispatch::Answer;
use super::params::Params;
use crate::chain::Chain;
use alloy::primitives::Bytes;
use alloy::rpc::types::TransactionRequest;
use serde_json::json;

pub(crate) fn raw(chain: &mut Chain, p: &mut Params) -> Answer {
    let raw: Bytes = p.next("raw")?;
    Ok(json!(chain.send_raw(&raw)?))
}

pub(crate) fn request(chain: &mut Chain, p: &mut Params) -> Answer {
    let request: TransactionRequest = p.next("request")?;
    Ok(json!(chain.send(request)?))
}
