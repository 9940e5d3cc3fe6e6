//! Changes as people type them: `limit MAX_SLIPPAGE_BPS=0.4%`, `mode WETH sell-only`, `pause-rebalance +3d`.
//!
//! A bare number is what the contract takes. With a unit it is said otherwise: `0.4%` and `40bps`; `90s`, `30min`, `2h`, `3d`
//! and `+3d` from now; `$250` in WAD; `1.5WETH` in the token's smallest unit; `none` and `max`.

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{keccak256, utils::parse_units, Address, B256, U256},
};
use anyhow::Result;

use crate::{
    book::Book,
    change::Change,
    interfaces::Interfaces,
    problem::problem,
    setters::{self, Setter},
};

/// What may stand between the digits of a number.
const SEPARATORS: &str = "., _+-";

/// Reads what was typed.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    /// Who is who.
    pub book: &'a Book,
    /// What there is to call.
    pub interfaces: &'a Interfaces,
    /// The chain's time, seconds.
    pub now: u64,
}

impl Typed<'_> {
    /// The changes that the words of one setter mean; several for several limits. Not for `targets`.
    ///
    /// # Errors
    /// A [`crate::problem::Problem`]: an unknown setter, name or unit, an argument too many or missing.
    pub fn changes(&self, name: &str, words: &[String]) -> Result<Vec<Change>> {
        let Some(setter) = setters::named(name) else {
            let names: Vec<_> = setters::SETTERS.iter().map(|s| s.name).collect();
            return Err(problem!(
                "there is no change {name:?}; there are {}",
                names.join(", ")
            ));
        };
        match setter.function {
            "setLimit" => self.limits(setter, words),
            _ => Ok(vec![self.change(setter, words)?]),
        }
    }

    fn limits(&self, setter: &'static Setter, words: &[String]) -> Result<Vec<Change>> {
        if words.is_empty() {
            return Err(problem!(
                "limit needs NAME=VALUE; names are {}",
                setters::LIMITS.join(", ")
            ));
        }
        let limit = |word: &String| -> Result<Change> {
            let Some((name, value)) = word.split_once('=') else {
                return Err(problem!("{word:?} is no limit: write NAME=VALUE"));
            };
            let id = limit_id(name)?;
            let value = self.number(setters::LIMITS[id], value)?;
            Ok(Change {
                setter,
                arguments: vec![uint(U256::from(id)), uint(value)],
                value: U256::ZERO,
            })
        };
        words.iter().map(limit).collect()
    }

    fn change(&self, setter: &'static Setter, words: &[String]) -> Result<Change> {
        let function = self.interfaces.function(setter.module, setter.function)?;
        let wanted: Vec<_> = function.inputs.iter().map(|i| i.name.as_str()).collect();
        let usage = || format!("{} takes {}", setter.name, wanted.join(", "));
        let mut given: Vec<Option<&str>> = vec![None; wanted.len()];
        let mut value = U256::ZERO;
        for word in words {
            if let Some((name, text)) = word.split_once('=') {
                if plain(name) == "value" && !wanted.contains(&"value") {
                    value = number(text)?;
                    continue;
                }
                let place = wanted.iter().position(|w| plain(w) == plain(name));
                match place.and_then(|place| given.get_mut(place)) {
                    Some(slot @ None) => *slot = Some(text),
                    Some(Some(_)) => return Err(problem!("{name} is given twice")),
                    None => return Err(problem!("{} has no {name}: {}", setter.name, usage())),
                }
            } else {
                let slot = given.iter_mut().find(|slot| slot.is_none());
                match slot {
                    Some(slot) => *slot = Some(word),
                    None => return Err(problem!("{word:?} is one too many: {}", usage())),
                }
            }
        }
        let mut arguments = Vec::new();
        for (input, text) in function.inputs.iter().zip(given) {
            let Some(text) = text else {
                return Err(problem!("{} is missing: {}", input.name, usage()));
            };
            arguments.push(self.value(&input.name, &input.ty, text)?);
        }
        Ok(Change {
            setter,
            arguments,
            value,
        })
    }

    fn value(&self, name: &str, kind: &str, text: &str) -> Result<DynSolValue> {
        if let Some(kind) = kind.strip_suffix("[]") {
            let items = text.split(',').filter(|item| !item.is_empty());
            let items: Result<Vec<_>> = items.map(|item| self.value(name, kind, item)).collect();
            return Ok(DynSolValue::Array(items?));
        }
        Ok(match kind {
            "address" => DynSolValue::Address(self.account(text)?),
            "bytes32" => DynSolValue::FixedBytes(word(name, text)?, 32),
            _ => uint(self.number(name, text)?),
        })
    }

    /// An address, or the name of one: a program of the record, a role, a token.
    ///
    /// # Errors
    /// Nobody has that name, or two tokens have.
    pub fn account(&self, text: &str) -> Result<Address> {
        if let Ok(address) = text.parse() {
            return Ok(address);
        }
        let record = &self.book.record;
        match text {
            "none" | "nobody" => return Ok(Address::ZERO),
            "owner" => return Ok(record.roles.owner),
            "guardian" => return Ok(record.roles.guardian),
            _ => {}
        }
        let tokens: Vec<_> = self
            .book
            .tokens
            .iter()
            .filter(|token| token.symbol.eq_ignore_ascii_case(text))
            .collect();
        match tokens.as_slice() {
            [token] => return Ok(token.address),
            [first, second, ..] => {
                return Err(problem!(
                    "two tokens call themselves {text}: {} and {}; name one by its address",
                    first.address,
                    second.address
                ))
            }
            [] => {}
        }
        if let Ok(program) = record.program(text) {
            return Ok(program.address);
        }
        let known: Vec<_> = self.book.tokens.iter().map(|t| t.symbol.as_str()).collect();
        Err(problem!(
            "nobody is called {text}: the treasury knows {}; anything else is named by its address",
            known.join(", ")
        ))
    }

    /// A number in the unit that its name says, or in one that stands with it.
    ///
    /// # Errors
    /// It is none, or its unit is not one of its kind.
    pub fn number(&self, name: &str, text: &str) -> Result<U256> {
        let bps = name.ends_with("Bps") || name.ends_with("_BPS");
        let wad = name.ends_with("Wad") || name.ends_with("_WAD");
        let time = matches!(name, "until" | "start");
        let seconds =
            name.ends_with("_S") || matches!(name, "duration" | "heartbeat" | "grace" | "window");
        match (name, text) {
            ("mode", "normal") => return Ok(U256::ZERO),
            ("mode", "sell-only") => return Ok(U256::ONE),
            ("mode", "quarantined") => return Ok(U256::from(2)),
            ("mode", _) => {
                return Err(problem!(
                    "{text:?} is no mode: normal, sell-only, quarantined"
                ))
            }
            ("cap", "none") | (_, "max") => return Ok(U256::MAX),
            (_, "none") => return Ok(U256::ZERO),
            _ => {}
        }
        if bps {
            if let Some(part) = text.strip_suffix('%') {
                return decimal(part, 2, text);
            }
            return number(text.strip_suffix("bps").unwrap_or(text));
        }
        if time {
            if let Some(later) = text.strip_prefix('+') {
                return Ok(U256::from(self.now).saturating_add(duration(later)?));
            }
            return number(text);
        }
        if seconds {
            return duration(text);
        }
        if let (true, Some(dollars)) = (wad, text.strip_prefix('$')) {
            return decimal(dollars, 18, text);
        }
        if let Some(amount) = text.strip_suffix("shares") {
            return decimal(amount, 18, text);
        }
        // What is a number by itself has no unit, whatever the tokens call themselves.
        number(text).or_else(|plain| self.amount(text)?.ok_or(plain))
    }

    /// An amount of a listed token, by the symbol behind it; none where there is none.
    fn amount(&self, text: &str) -> Result<Option<U256>> {
        let mut readings = Vec::new();
        let mut fault = None;
        for token in &self.book.tokens {
            let symbol = token.symbol.as_str();
            // A token chooses its name: one that could be a part of the number is no unit.
            let is_unit = symbol.contains(|c: char| !c.is_ascii_digit() && !SEPARATORS.contains(c));
            let Some(amount) = text.strip_suffix(symbol).filter(|_| is_unit) else {
                continue;
            };
            match decimal(amount, token.decimals, text) {
                Ok(units) if !readings.contains(&units) => readings.push(units),
                Ok(_) => {}
                Err(error) => fault = Some(error),
            }
        }
        match (readings.as_slice(), fault) {
            ([units], _) => Ok(Some(*units)),
            ([], Some(fault)) => Err(fault),
            ([], None) => Ok(None),
            _ => Err(problem!(
                "{text:?} is a different amount of two tokens: write it in the smallest unit"
            )),
        }
    }
}

/// The id of a limit by its name, in any spelling, or by its number.
fn limit_id(name: &str) -> Result<usize> {
    let by_number = name.parse().ok().filter(|id| *id < setters::LIMITS.len());
    let spelled = |limit: &&str| {
        let full = plain(limit);
        let short = limit.rsplit_once('_').map(|(short, _)| plain(short));
        full == plain(name) || short.as_deref() == Some(plain(name).as_str())
    };
    by_number
        .or_else(|| setters::LIMITS.iter().position(spelled))
        .ok_or_else(|| {
            problem!(
                "there is no limit {name}; there are {}",
                setters::LIMITS.join(", ")
            )
        })
}

/// Without case, dashes and underlines.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '-' | '_'));
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

fn uint(number: U256) -> DynSolValue {
    DynSolValue::Uint(number, 256)
}

fn word(name: &str, text: &str) -> Result<B256> {
    match (name, text) {
        ("role", "governor" | "admin") | ("id", "none") => Ok(B256::ZERO),
        ("role", "guardian") => Ok(keccak256("GUARDIAN_ROLE")),
        _ => text
            .parse()
            .map_err(|_| problem!("{text:?} is no {name}: 32 bytes in hexadecimal are one")),
    }
}

/// A whole number, with `_` or `,` between thousands if one likes.
///
/// # Errors
/// It is none.
pub fn number(text: &str) -> Result<U256> {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    digits
        .parse()
        .ok()
        .filter(|_| !digits.is_empty() && !digits.starts_with('+'))
        .ok_or_else(|| problem!("{text:?} is no whole number"))
}

fn decimal(part: &str, decimals: u8, whole: &str) -> Result<U256> {
    let digits: String = part
        .trim()
        .chars()
        .filter(|c| !matches!(c, ',' | '_'))
        .collect();
    let places = digits.split_once('.').map_or(0, |(_, after)| after.len());
    if digits.is_empty() || digits.starts_with('-') || places > usize::from(decimals) {
        return Err(problem!(
            "{whole:?} is no amount with at most {decimals} decimal places"
        ));
    }
    let parsed = parse_units(&digits, decimals).ok();
    parsed
        .map(|units| units.get_absolute())
        .ok_or_else(|| problem!("{whole:?} is no amount"))
}

/// Percent as bps: `30`, `30%`, `12.5`.
///
/// # Errors
/// It is no number, or finer than a bp.
pub fn percent(text: &str) -> Result<U256> {
    decimal(text.strip_suffix('%').unwrap_or(text), 2, text)
}

/// Seconds, or a number with `s`, `min`, `h`, `d` or `w`.
///
/// # Errors
/// It is neither.
pub fn duration(text: &str) -> Result<U256> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1u64,
        "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        other => return Err(problem!("{other:?} is no unit of time: s, min, h, d, w")),
    };
    number(digits)?
        .checked_mul(U256::from(unit))
        .ok_or_else(|| problem!("{text:?} is too long"))
}
