//! One change: a setter with its arguments, as calldata and back.

use alloy::{
    dyn_abi::{DynSolValue, JsonAbiExt},
    primitives::{Address, Bytes, U256},
};
use anyhow::{Context, Result};

use crate::{
    book::Book,
    interfaces::{self, Interfaces, Module},
    setters::{self, Setter},
    words,
};

/// A setter with its arguments.
#[derive(Debug, Clone)]
pub struct Change {
    /// What is called.
    pub setter: &'static Setter,
    /// In the function's order.
    pub arguments: Vec<DynSolValue>,
    /// Wei that goes with it.
    pub value: U256,
}

impl PartialEq for Change {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.setter, other.setter)
            && self.arguments == other.arguments
            && self.value == other.value
    }
}

impl Change {
    /// The calldata.
    ///
    /// # Errors
    /// Arguments that are not the function's.
    pub fn encode(&self, interfaces: &Interfaces) -> Result<Bytes> {
        let Setter {
            module, function, ..
        } = self.setter;
        let function = interfaces.function(*module, function)?;
        let data = function.abi_encode_input(&self.arguments);
        Ok(data
            .with_context(|| format!("arguments of {}", function.signature()))?
            .into())
    }

    /// Reads calldata of `module`; whether it is written in the one usual way comes with it.
    pub fn decode(
        module: Module,
        data: &[u8],
        value: U256,
        interfaces: &Interfaces,
    ) -> Option<(Self, bool)> {
        let selector = *data.first_chunk::<4>()?;
        let function = interfaces.by_selector(module, selector)?;
        let setter = setters::of(module, &function.name)?;
        let read = interfaces::read(function, data)?;
        let change = Self {
            setter,
            arguments: read.arguments,
            value,
        };
        Some((change, read.canonical))
    }

    /// Arguments with their names.
    pub fn named<'a>(
        &'a self,
        interfaces: &'a Interfaces,
    ) -> impl Iterator<Item = (&'a str, &'a DynSolValue)> {
        let function = interfaces.function(self.setter.module, self.setter.function);
        let inputs = function.map(|f| f.inputs.as_slice()).unwrap_or_default();
        let names = inputs.iter().map(|input| input.name.as_str());
        names.zip(&self.arguments)
    }

    /// What it does, in a sentence.
    pub fn sentence(&self, book: &Book, interfaces: &Interfaces) -> String {
        if let Some(sentence) = self.particular(book) {
            return sentence;
        }
        let arguments: Vec<_> = self
            .named(interfaces)
            .map(|(name, value)| format!("{name} {}", words::value(name, value, book)))
            .collect();
        match arguments.is_empty() {
            true => capital(self.setter.title),
            false => format!("{}: {}", capital(self.setter.title), arguments.join(", ")),
        }
    }

    /// The sentences that deserve better than names and values.
    fn particular(&self, book: &Book) -> Option<String> {
        match (self.setter.function, self.arguments.as_slice()) {
            ("setLimit", [id, value]) => {
                let name = words::limit(id.as_uint()?.0);
                let value = words::value(&name, value, book);
                Some(format!("Set the limit {name} to {value}"))
            }
            ("setMode", [token, mode]) => {
                let token = book.called(token.as_address()?);
                Some(format!("Make {token} {}", words::mode(mode.as_uint()?.0)))
            }
            ("setTargets", [tokens, weights, _, start, duration, _]) => {
                let list = |value: &DynSolValue| value.as_array().map(<[DynSolValue]>::to_vec);
                let (tokens, weights) = (list(tokens)?, list(weights)?);
                let parts: Vec<_> = tokens
                    .iter()
                    .zip(&weights)
                    .filter_map(|(token, weight)| {
                        let token = book.called(token.as_address()?);
                        Some(format!("{token} {}", words::percent(weight.as_uint()?.0)))
                    })
                    .collect();
                let when = match start.as_uint()?.0 {
                    start if start.is_zero() => "from its execution".to_owned(),
                    start => format!("from {}", words::moment(start)),
                };
                let over = match duration.as_uint()?.0 {
                    zero if zero.is_zero() => "at once".to_owned(),
                    duration => format!("over {}", words::duration(duration)),
                };
                Some(format!(
                    "Set the targets {}, {over} {when}",
                    parts.join(", ")
                ))
            }
            _ => None,
        }
    }

    /// The program that is called.
    ///
    /// # Errors
    /// The record does not name it.
    pub fn to(&self, book: &Book) -> Result<Address> {
        book.module(self.setter.module)
    }
}

pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
