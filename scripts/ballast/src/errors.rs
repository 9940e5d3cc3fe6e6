//! Turns revert data into words, through every wrapper that carries another contract's bytes.

use std::collections::BTreeMap;

use alloy::{
    dyn_abi::{DynSolValue, JsonAbiExt},
    json_abi::{Error as AbiError, JsonAbi},
    primitives::hex,
    sol_types::{Panic, Revert, SolError},
};

/// An error that an interface names, with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The error's name.
    pub name: String,
    /// Name and value of each argument.
    pub values: Vec<(String, DynSolValue)>,
}

impl Found {
    /// The value of an argument.
    pub fn value(&self, argument: &str) -> Option<&DynSolValue> {
        let mut values = self.values.iter();
        values.find_map(|(name, value)| (name == argument).then_some(value))
    }
}

/// Decodes the errors of every interface it was given.
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    by_selector: BTreeMap<[u8; 4], AbiError>,
}

impl Decoder {
    /// A decoder of all errors in `interfaces`.
    pub fn new<'a>(interfaces: impl IntoIterator<Item = &'a JsonAbi>) -> Self {
        let by_selector = interfaces
            .into_iter()
            .flat_map(|abi| abi.errors())
            .map(|error| (error.selector().0, error.clone()))
            .collect();
        Self { by_selector }
    }

    /// The error that `data` carries, if one of the interfaces names it.
    pub fn find(&self, data: &[u8]) -> Option<Found> {
        let (selector, body) = data.split_first_chunk::<4>()?;
        let error = self.by_selector.get(selector)?;
        let values = error.abi_decode_input(body).ok()?;
        let names = error.inputs.iter().map(|input| input.name.clone());
        Some(Found {
            name: error.name.clone(),
            values: names.zip(values).collect(),
        })
    }

    /// `Name(argument: value, …)`; inner errors in `bytes` arguments are decoded too.
    pub fn decode(&self, data: &[u8]) -> String {
        let Some((selector, body)) = data.split_first_chunk::<4>() else {
            return if data.is_empty() {
                "no reason given".into()
            } else {
                hex::encode_prefixed(data)
            };
        };
        if let Ok(revert) = Revert::abi_decode(data) {
            return format!("Error({:?})", revert.reason);
        }
        if let Ok(panic) = Panic::abi_decode(data) {
            return format!("Panic({})", panic.code);
        }
        let Some(error) = self.by_selector.get(selector) else {
            return hex::encode_prefixed(data);
        };
        let Ok(values) = error.abi_decode_input(body) else {
            return format!("{}({})", error.name, hex::encode_prefixed(body));
        };
        let words: Vec<_> = error
            .inputs
            .iter()
            .zip(&values)
            .map(|(input, value)| match input.name.as_str() {
                "" => self.word(value),
                name => format!("{name}: {}", self.word(value)),
            })
            .collect();
        format!("{}({})", error.name, words.join(", "))
    }

    fn word(&self, value: &DynSolValue) -> String {
        match value {
            DynSolValue::Bytes(inner) => self.decode(inner),
            DynSolValue::Address(a) => a.to_string(),
            DynSolValue::Uint(n, _) => n.to_string(),
            DynSolValue::Int(n, _) => n.to_string(),
            DynSolValue::FixedBytes(b, size) => hex::encode_prefixed(&b[..*size]),
            DynSolValue::Bool(b) => b.to_string(),
            DynSolValue::String(s) => format!("{s:?}"),
            other => format!("{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::sol;

    sol! {
        error Outer(address filler, bytes reason);
        error Inner(uint256 got, uint256 least);
    }

    fn decoder() -> Decoder {
        let abi = JsonAbi::parse([
            "error Outer(address filler, bytes reason)",
            "error Inner(uint256 got, uint256 least)",
        ])
        .unwrap();
        Decoder::new([&abi])
    }

    #[test]
    fn decode_names_the_error_inside_its_wrapper() {
        let inner = Inner {
            got: "7".parse().unwrap(),
            least: "9".parse().unwrap(),
        }
        .abi_encode();
        let data = Outer {
            filler: Default::default(),
            reason: inner.into(),
        }
        .abi_encode();
        assert_eq!(
            decoder().decode(&data),
            "Outer(filler: 0x0000000000000000000000000000000000000000, reason: Inner(got: 7, least: 9))"
        );
    }

    #[test]
    fn decode_tells_solidity_reasons_unknown_errors_and_silence_apart() {
        let reason = Revert::from("Too little received").abi_encode();
        assert_eq!(decoder().decode(&reason), "Error(\"Too little received\")");
        assert_eq!(decoder().decode(&[]), "no reason given");
        assert_eq!(decoder().decode(&[1, 2, 3, 4, 5]), "0x0102030405");
        assert_eq!(decoder().decode(&[1, 2]), "0x0102");
    }
}
