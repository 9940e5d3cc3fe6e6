//! Several calls of one account in one `eth_call`, each seeing what those before it did, on the present state.
//!
//! The account's code is replaced, for that call alone, by a few instructions that make the calls they are given. So the
//! real programs see the owner itself as their caller, whether it is a timelock, a Safe or anything else, and nothing is
//! sent. Every node that knows state overrides can do so: plain JSON-RPC, no fork.

use alloy::{
    primitives::{Address, Bytes, U256},
    providers::Provider,
    rpc::types::{
        state::{AccountOverride, StateOverride},
        TransactionRequest,
    },
};
use anyhow::{ensure, Context, Result};
use ballast::client::Client;

use crate::interfaces::Call;

/// Reads `to (20) | value (32) | length (4) | calldata` again and again, makes the call, and answers
/// `success (32) | length (32) | data` of each.
const INTERPRETER: [u8; 74] = [
    0x5f, 0x5f, // o = 0, i = 0
    0x5b, // 2: the next call
    0x36, 0x81, 0x10, 0x15, 0x60, 0x46, 0x57, // at the end of the calldata: to the end
    0x80, 0x60, 0x34, 0x01, 0x35, 0x60, 0xe0, 0x1c, // length
    0x80, 0x82, 0x60, 0x38, 0x01, 0x84, 0x37, // its calldata to o
    0x5f, 0x5f, 0x82, 0x85, // nothing is kept; from o, so long
    0x85, 0x60, 0x14, 0x01, 0x35, // value
    0x86, 0x35, 0x60, 0x60, 0x1c, // who
    0x5a, 0xf1, // call
    0x83, 0x52, // success to o
    0x3d, 0x83, 0x60, 0x20, 0x01, 0x52, // length to o + 32
    0x3d, 0x5f, 0x84, 0x60, 0x40, 0x01, 0x3e, // data to o + 64
    0x01, 0x60, 0x38, 0x01, // i += 56 + length
    0x90, 0x3d, 0x01, 0x60, 0x40, 0x01, 0x90, // o += 64 + length of the answer
    0x60, 0x02, 0x56, // again
    0x5b, 0x50, 0x5f, 0xf3, // the end: answer all
];

/// How one call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Whether it succeeded.
    pub ok: bool,
    /// What it returned, or why it reverted.
    pub data: Bytes,
}

/// Makes `calls` as `actor`, one after the other, and forgets them. A call that reverts changes nothing, and the next is made.
///
/// # Errors
/// The node does not answer, or knows no state overrides.
pub async fn play(client: &Client, actor: Address, calls: &[Call]) -> Result<Vec<Ended>> {
    let mut input = Vec::new();
    let mut wei = U256::ZERO;
    for call in calls {
        input.extend_from_slice(call.to.as_slice());
        input.extend_from_slice(&call.value.to_be_bytes::<32>());
        let length = u32::try_from(call.data.len()).context("calldata of gigabytes")?;
        input.extend_from_slice(&length.to_be_bytes());
        input.extend_from_slice(&call.data);
        wei = wei.saturating_add(call.value);
    }
    let balance = client.provider.get_balance(actor).await?;
    let account = AccountOverride {
        code: Some(INTERPRETER.to_vec().into()),
        // Whoever executes sends along what the calls need.
        balance: Some(balance.saturating_add(wei)),
        ..AccountOverride::default()
    };
    let request = TransactionRequest::default()
        .to(actor)
        .input(Bytes::from(input).into());
    let overrides: StateOverride = [(actor, account)].into_iter().collect();
    let answer = client
        .provider
        .call(request)
        .overrides(overrides)
        .await
        .context("the node did not simulate the calls: it must know state overrides in eth_call")?;
    split(&answer, calls.len())
}

fn split(mut rest: &[u8], wanted: usize) -> Result<Vec<Ended>> {
    let mut ended = Vec::with_capacity(wanted);
    while let Some((head, tail)) = rest.split_first_chunk::<64>() {
        let length = usize::try_from(U256::from_be_slice(&head[32..])).unwrap_or(usize::MAX);
        let data = tail
            .get(..length)
            .context("the node cut the simulation's answer")?;
        ended.push(Ended {
            ok: head[31] == 1,
            data: data.to_vec().into(),
        });
        rest = &tail[length..];
    }
    ensure!(
        ended.len() == wanted && rest.is_empty(),
        "the node answered {} of {wanted} simulated calls: it must know state overrides in eth_call",
        ended.len()
    );
    Ok(ended)
}
