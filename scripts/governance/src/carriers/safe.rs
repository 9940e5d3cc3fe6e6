//! Safe: a document for its Transaction Builder, and what a Safe makes of it.

use alloy::{
    primitives::{keccak256, Address, Bytes, B256, U256},
    sol_types::SolCall,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Letter, Timelock};
use crate::interfaces::{Call, IMultiSend};

/// The version of the Transaction Builder whose format this is.
const BUILDER: &str = "1.16.5";

/// A batch as Safe's Transaction Builder reads and writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// Version of the format.
    pub version: String,
    /// The chain, in decimal.
    pub chain_id: String,
    /// Milliseconds since 1970.
    pub created_at: u64,
    /// About the batch.
    pub meta: Meta,
    /// What is done, in order.
    pub transactions: Vec<Transaction>,
}

/// What a batch says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Its name, which the checksum leaves out.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who wrote it.
    pub tx_builder_version: String,
    /// The Safe it is for; empty for any.
    pub created_from_safe_address: String,
    /// Who made it; empty for nobody.
    pub created_from_owner_address: String,
    /// Keccak-256 of everything else.
    pub checksum: String,
}

/// One transaction of a batch, by its calldata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// Who is called.
    pub to: Address,
    /// Wei, in decimal.
    pub value: String,
    /// Calldata.
    pub data: Bytes,
    /// A function that the builder encodes itself; none, since the calldata is there.
    pub contract_method: Option<Value>,
    /// Its arguments.
    pub contract_inputs_values: Option<Value>,
}

/// What a Safe is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BySafe {
    /// To be dropped into the Transaction Builder.
    pub batch: Batch,
    /// When the Safe proposes to a timelock: the batch that executes the operation after its delay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub later: Option<Batch>,
}

impl Letter {
    /// The batch, on the programs or on the timelock; `safe` is named in it if it is known.
    pub fn by_safe(&self, through: Option<&Timelock>, safe: Option<Address>) -> BySafe {
        let later = through.map(|timelock| {
            let call = Call {
                to: timelock.address,
                value: self
                    .calls
                    .iter()
                    .fold(U256::ZERO, |sum, call| sum + call.value),
                data: self.by_timelock(timelock).execute,
            };
            self.batch(&[call], safe, "execute after the delay: ")
        });
        BySafe {
            batch: self.batch(&self.told(through), safe, ""),
            later,
        }
    }

    fn batch(&self, calls: &[Call], safe: Option<Address>, prefix: &str) -> Batch {
        let transactions = calls.iter().map(|call| Transaction {
            to: call.to,
            value: call.value.to_string(),
            data: call.data.clone(),
            contract_method: None,
            contract_inputs_values: None,
        });
        let mut batch = Batch {
            version: "1.0".into(),
            chain_id: self.chain_id.to_string(),
            created_at: self.created_at.saturating_mul(1000),
            meta: Meta {
                name: "Ballast".into(),
                description: format!("{prefix}{}", self.description),
                tx_builder_version: BUILDER.into(),
                created_from_safe_address: safe.map(|safe| safe.to_string()).unwrap_or_default(),
                created_from_owner_address: String::new(),
                checksum: String::new(),
            },
            transactions: transactions.collect(),
        };
        if let Ok(document) = serde_json::to_value(&batch) {
            batch.meta.checksum = checksum(&document).to_string();
        }
        batch
    }
}

/// The checksum of a batch's document, whatever else stands in it.
///
/// # Source
/// Safe's Transaction Builder, `checksum.ts`: objects as their sorted keys and then each value with a comma, the name
/// of the batch `null`, the checksum left out.
pub fn checksum(document: &Value) -> B256 {
    let mut document = document.clone();
    if let Some(meta) = document.get_mut("meta").and_then(Value::as_object_mut) {
        meta.remove("checksum");
        meta.insert("name".into(), Value::Null);
    }
    let mut text = String::new();
    spell(&document, &mut text);
    keccak256(text)
}

fn spell(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                spell(item, text);
            }
            text.push(']');
        }
        Value::Object(fields) => spell_fields(fields, text),
        other => text.push_str(&other.to_string()),
    }
}

fn spell_fields(fields: &Map<String, Value>, text: &mut String) {
    // As JavaScript sorts: by UTF-16.
    let mut keys: Vec<_> = fields.keys().collect();
    keys.sort_by_key(|key| key.encode_utf16().collect::<Vec<_>>());
    text.push('{');
    text.push_str(
        &Value::from(keys.iter().map(|key| key.as_str()).collect::<Vec<_>>()).to_string(),
    );
    for key in keys {
        if let Some(value) = fields.get(key) {
            spell(value, text);
        }
        text.push(',');
    }
    text.push('}');
}

/// The calls of a batch as MultiSend reads them: operation (1), target (20), value (32), length (32), calldata.
pub fn packed(calls: &[Call]) -> Bytes {
    let mut data = Vec::new();
    for call in calls {
        data.push(0);
        data.extend_from_slice(call.to.as_slice());
        data.extend_from_slice(&call.value.to_be_bytes::<32>());
        data.extend_from_slice(&U256::from(call.data.len()).to_be_bytes::<32>());
        data.extend_from_slice(&call.data);
    }
    data.into()
}

/// The calldata by which a Safe makes them through MultiSend.
pub fn multi_send(calls: &[Call]) -> Bytes {
    let call = IMultiSend::multiSendCall {
        transactions: packed(calls),
    };
    call.abi_encode().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A batch that the Transaction Builder 1.18.2 itself wrote.
    fn exported() -> Value {
        json!({
            "version": "1.0",
            "chainId": "1",
            "createdAt": 1_761_326_849_944u64,
            "meta": {
                "name": "Transactions Batch",
                "description": "",
                "txBuilderVersion": "1.18.2",
                "createdFromSafeAddress": "0xA77DE01e157f9f57C7c4A326eeE9C4874D0598b6",
                "createdFromOwnerAddress": "",
                "checksum": "0x8b5032f716845c8b08bab3d63dbd9ba92e056f3557793cd041e59b84e16aa989"
            },
            "transactions": [{
                "to": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
                "value": "0",
                "data": null,
                "contractMethod": {
                    "inputs": [
                        { "internalType": "address", "name": "spender", "type": "address" },
                        { "internalType": "uint256", "name": "value", "type": "uint256" }
                    ],
                    "name": "approve",
                    "payable": false
                },
                "contractInputsValues": {
                    "spender": "0x474e5Ded6b5D078163BFB8F6dBa355C3aA5478C8",
                    "value": "100000000000"
                }
            }]
        })
    }

    #[test]
    fn the_checksum_is_the_transaction_builders() {
        let mut document = exported();
        let told = document["meta"]["checksum"].as_str().unwrap().to_owned();
        assert_eq!(checksum(&document).to_string(), told);
        document["meta"]["name"] = "another name".into();
        assert_eq!(checksum(&document).to_string(), told);
        document["transactions"][0]["value"] = "1".into();
        assert_ne!(checksum(&document).to_string(), told);
    }

    #[test]
    fn a_batch_carries_its_own_checksum() {
        let letter = Letter {
            chain_id: 42_161,
            calls: vec![Call {
                to: Address::repeat_byte(7),
                value: U256::from(3),
                data: vec![1, 2, 3, 4].into(),
            }],
            description: "words".into(),
            created_at: 1_700_000_000,
        };
        let batch = letter.by_safe(None, None).batch;
        let document = serde_json::to_value(&batch).unwrap();
        assert_eq!(checksum(&document).to_string(), batch.meta.checksum);
        assert_eq!(serde_json::from_value::<Batch>(document).unwrap(), batch);
    }
}
