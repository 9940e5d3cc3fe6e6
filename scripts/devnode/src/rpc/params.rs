//! Positional parameters.

use super::error::RpcError;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The parameters of a request, taken from the front.
pub(crate) struct Params {
    values: std::vec::IntoIter<Value>,
    position: usize,
}

impl Params {
    pub(crate) fn new(params: Value) -> Result<Self, RpcError> {
        let values = match params {
            Value::Null => Vec::new(),
            Value::Array(values) => values,
            _ => return Err(RpcError::invalid_params("non-array args")),
        };
        Ok(Self {
            values: values.into_iter(),
            position: 0,
        })
    }

    /// The next parameter, which must be there.
    pub(crate) fn next<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, RpcError> {
        let position = self.position;
        self.optional(name)?.ok_or_else(|| {
            RpcError::invalid_params(format_args!(
                "missing value for required argument {position} ({name})"
            ))
        })
    }

    /// The next parameter, if it is there and not null.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, RpcError> {
        let position = self.position;
        self.position += 1;
        match self.values.next() {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value).map(Some).map_err(|problem| {
                RpcError::invalid_params(format_args!(
                    "invalid argument {position} ({name}): {problem}"
                ))
            }),
        }
    }
}

/// A number given as a JSON number, a decimal string or a hex string.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number(pub(crate) u64);

impl<'de> serde::Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        match Value::deserialize(deserializer)? {
            Value::Number(number) => number
                .as_u64()
                .map(Self)
                .ok_or_else(|| D::Error::custom("not a 64-bit quantity")),
            Value::String(text) => {
                let parsed = match text.strip_prefix("0x") {
                    Some("") => Ok(0),
                    Some(digits) => u64::from_str_radix(digits, 16),
                    None => text.parse(),
                };
                parsed.map(Self).map_err(D::Error::custom)
            }
            other => Err(D::Error::custom(format_args!("not a quantity: {other}"))),
        }
    }
}
