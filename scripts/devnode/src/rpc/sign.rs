//! Signing for the development accounts.

use super::dispatch::Answer;
use super::format;
use super::params::Params;
use crate::chain::{Chain, ChainError};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{hex, Address, Bytes};
use alloy::rpc::types::TransactionRequest;
use serde_json::json;

/// `eth_sign` takes the account first, `personal_sign` last.
pub(crate) fn eth_sign(chain: &Chain, p: &mut Params) -> Answer {
    let account: Address = p.next("address")?;
    let message: Bytes = p.next("message")?;
    sign(chain, account, &message)
}

pub(crate) fn personal_sign(chain: &Chain, p: &mut Params) -> Answer {
    let message: Bytes = p.next("message")?;
    let account: Address = p.next("address")?;
    sign(chain, account, &message)
}

fn sign(chain: &Chain, account: Address, message: &[u8]) -> Answer {
    let signature = chain.sign_message(account, message)?;
    Ok(json!(hex::encode_prefixed(signature.as_bytes())))
}

pub(crate) fn transaction(chain: &Chain, p: &mut Params) -> Answer {
    let request: TransactionRequest = p.next("request")?;
    let signed = chain.prepare(request)?;
    if !chain.accounts().contains(&signed.signer()) {
        return Err(ChainError::UnknownAccount(signed.signer()).into());
    }
    let raw = hex::encode_prefixed(signed.encoded_2718());
    Ok(json!({ "raw": raw, "tx": format::value(signed.inner())? }))
}
