//! What a proposal may come as.

use alloy::primitives::{hex, keccak256, Address, Bytes, U256};
use anyhow::Result;
use serde_json::Value;

use super::warnings::{is_deceptive, Id, Warning};
use crate::{book::Book, carriers::safe, interfaces::Call, problem::problem};

/// A proposal as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// Calldata without a target.
    Calldata(Bytes),
    /// A batch of Safe's Transaction Builder.
    Safe(Vec<Call>),
    /// A list of actions, as Aragon's app writes it.
    Actions(Vec<Call>),
    /// One call with its target.
    Call(Call),
}

impl Document {
    /// What it is, in words.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Calldata(_) => "calldata",
            Self::Safe(_) => "a batch of Safe's Transaction Builder",
            Self::Actions(_) => "a list of actions",
            Self::Call(_) => "a call",
        }
    }

    /// Reads `text`.
    ///
    /// # Errors
    /// It is nothing of the kind.
    pub fn read(text: &str, book: &Book, found: &mut Vec<Warning>) -> Result<Self> {
        let text = text.trim();
        if text.starts_with(['{', '[']) {
            let value: Value =
                serde_json::from_str(text).map_err(|error| problem!("this is no JSON: {error}"))?;
            return Self::of_json(&value, book, found);
        }
        let digits: String = text.split_whitespace().collect();
        match hex::decode(&digits) {
            Ok(data) if data.len() >= 4 => Ok(Self::Calldata(data.into())),
            Ok(data) => Err(problem!(
                "{} bytes are too few for calldata: it begins with 4 that name a function",
                data.len()
            )),
            Err(error) => Err(problem!(
                "this is neither JSON nor calldata in hexadecimal: {error}"
            )),
        }
    }

    fn of_json(value: &Value, book: &Book, found: &mut Vec<Warning>) -> Result<Self> {
        if let Some(transactions) = value.get("transactions") {
            check_batch(value, book, found);
            return Ok(Self::Safe(calls(transactions, found)?));
        }
        match value.get("actions").unwrap_or(value) {
            list @ Value::Array(_) => Ok(Self::Actions(calls(list, found)?)),
            one => Ok(Self::Call(call(one, "1", found)?)),
        }
    }
}

fn check_batch(batch: &Value, book: &Book, found: &mut Vec<Warning>) {
    let mut warn = |id, message: String| found.push(Warning::new(id, "", message));
    let told = batch.pointer("/meta/checksum").and_then(Value::as_str);
    let told = told.unwrap_or_default();
    let real = safe::checksum(batch).to_string();
    if !told.is_empty() && !told.eq_ignore_ascii_case(&real) {
        warn(
            Id::ChecksumMismatch,
            format!("the checksum is {told}, and that of the content is {real}: it was edited"),
        );
    }
    let chain = match batch.get("chainId") {
        Some(Value::String(chain)) => chain.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    if chain != book.record.chain_id.to_string() {
        warn(
            Id::WrongChain,
            format!(
                "the batch is for chain {chain:?}, the treasury on chain {}",
                book.record.chain_id
            ),
        );
    }
    for field in ["/meta/name", "/meta/description"] {
        if batch
            .pointer(field)
            .and_then(Value::as_str)
            .is_some_and(is_deceptive)
        {
            warn(
                Id::DeceptiveText,
                format!("{field} hides or turns characters"),
            );
        }
    }
}

fn calls(list: &Value, found: &mut Vec<Warning>) -> Result<Vec<Call>> {
    let Value::Array(items) = list else {
        return Err(problem!("the list of calls is no list"));
    };
    let numbered = items.iter().enumerate();
    numbered
        .map(|(index, item)| call(item, &(index + 1).to_string(), found))
        .collect()
}

fn call(item: &Value, path: &str, found: &mut Vec<Warning>) -> Result<Call> {
    let text = |field: &str| item.get(field).and_then(Value::as_str);
    let to: Address = text("to")
        .and_then(|to| to.parse().ok())
        .ok_or_else(|| problem!("call {path} does not say whom it calls"))?;
    let value = match item.get("value") {
        None | Some(Value::Null) => U256::ZERO,
        Some(Value::String(value)) => value
            .parse()
            .map_err(|_| problem!("call {path}: {value:?} is no amount of wei"))?,
        Some(Value::Number(value)) => U256::from(value.as_u64().unwrap_or(u64::MAX)),
        Some(_) => return Err(problem!("call {path}: its value is no amount of wei")),
    };
    let data: Bytes = match text("data") {
        None | Some("") => Bytes::new(),
        Some(data) => data
            .parse()
            .map_err(|_| problem!("call {path}: its data is not hexadecimal"))?,
    };
    let operation = item.get("operation");
    if operation.is_some_and(|o| o.as_u64().unwrap_or(0) == 1 || o.as_str() == Some("1")) {
        found.push(Warning::new(
            Id::Delegatecall,
            path,
            format!("the code at {to} runs as the Safe itself"),
        ));
    }
    check_method(item, &data, path, found);
    Ok(Call { to, value, data })
}

/// The builder encodes `contractMethod` where there is no calldata, and shows it where there is.
fn check_method(item: &Value, data: &[u8], path: &str, found: &mut Vec<Warning>) {
    let Some(method) = item.get("contractMethod").filter(|m| m.is_object()) else {
        return;
    };
    let name = method
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let inputs = method.get("inputs").and_then(Value::as_array);
    let kinds = inputs.into_iter().flatten().map(|input| {
        input
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
    });
    let signature = format!("{name}({})", kinds.collect::<Vec<_>>().join(","));
    if data.get(..4) != Some(&keccak256(&signature)[..4]) {
        found.push(Warning::new(
            Id::WordsDiffer,
            path,
            format!("it says {signature}, which its calldata is not"),
        ));
    }
}
