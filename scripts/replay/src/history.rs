//! Prices over time, from CSV.
//!
//! The first column is `unix_seconds`, the END of the bar, so that reading a row at its time does not look ahead. Every
//! other column is a series of prices in USD under its own name; a file with the one column `price_usd` is a series
//! named as the file up to its first `_`, in capitals: `btc_usd_1h.csv` is `BTC`.

use std::{collections::BTreeMap, path::Path};

use crate::problem::Problem;

/// Decimals of a price here, as of Chainlink's USD feeds.
pub const DECIMALS: u32 = 8;
/// A dollar.
pub const DOLLAR: u64 = 100_000_000;

/// Prices of several assets at the same moments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// Seconds since 1970, ascending.
    pub times: Vec<u64>,
    /// By name, as many as there are moments; USD with 8 decimals, none of them zero.
    pub series: BTreeMap<String, Vec<u64>>,
}

/// The rows of one file.
type Rows = BTreeMap<u64, Vec<u64>>;

impl History {
    /// Reads files and keeps the moments that all of them know.
    ///
    /// # Errors
    /// [`Problem`] with file and line.
    pub fn read<P: AsRef<Path>>(files: &[P]) -> Result<Self, Problem> {
        let mut found: Vec<(Vec<String>, Rows)> = Vec::new();
        for file in files {
            let file = file.as_ref();
            let (names, rows) = read(file)?;
            let known = |name: &&String| found.iter().any(|(names, _)| names.contains(name));
            if let Some(name) = names.iter().find(known) {
                return Err(Problem::at(
                    file,
                    1,
                    format!("{name} is in another file too"),
                ));
            }
            found.push((names, rows));
        }
        let mut history = Self::default();
        let Some((_, first)) = found.first() else {
            return Ok(history);
        };
        let everywhere = |time: &&u64| found.iter().all(|(_, rows)| rows.contains_key(*time));
        history.times = first.keys().filter(everywhere).copied().collect();
        for (names, rows) in &found {
            for (place, name) in names.iter().enumerate() {
                let price = |time| rows.get(time).and_then(|row| row.get(place)).copied();
                let prices = history.times.iter().filter_map(price).collect();
                history.series.insert(name.clone(), prices);
            }
        }
        Ok(history)
    }

    /// The moments from `from` until `to`, both included.
    pub fn between(&self, from: u64, to: u64) -> Self {
        let kept = |time: u64| (from..=to).contains(&time);
        let pick = |prices: &Vec<u64>| {
            let all = self.times.iter().zip(prices);
            all.filter(|(t, _)| kept(**t)).map(|(_, p)| *p).collect()
        };
        Self {
            times: self.times.iter().copied().filter(|t| kept(*t)).collect(),
            series: self
                .series
                .iter()
                .map(|(n, p)| (n.clone(), pick(p)))
                .collect(),
        }
    }
}

fn read(file: &Path) -> Result<(Vec<String>, Rows), Problem> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Problem::of(file, format!("cannot be read: {error}")))?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        let what = match error.kind() {
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => format!("{len} fields where the header has {expected_len}"),
            _ => error.to_string(),
        };
        Problem::at(file, line, what)
    };
    let header = reader.headers().map_err(broken)?.clone();
    let names = names(file, &header)?;
    let mut rows = Rows::new();
    let mut last = None;
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |place: usize| record.get(place).unwrap_or_default();
        let time: u64 = field(0).parse().map_err(|_| {
            let what = format!("{:?} is no time in whole seconds", field(0));
            Problem::at(file, line, what)
        })?;
        if last.is_some_and(|last| time <= last) {
            let what = format!("time {time} does not come after the row before");
            return Err(Problem::at(file, line, what));
        }
        last = Some(time);
        let mut prices = Vec::with_capacity(names.len());
        for place in 1..=names.len() {
            let what = |why| format!("{:?} is no price: {why}", field(place));
            prices.push(price(field(place)).map_err(|why| Problem::at(file, line, what(why)))?);
        }
        rows.insert(time, prices);
    }
    if rows.is_empty() {
        return Err(Problem::of(file, "there are no prices in it"));
    }
    Ok((names, rows))
}

/// What the columns after the first are called.
fn names(file: &Path, header: &csv::StringRecord) -> Result<Vec<String>, Problem> {
    let names: Vec<String> = header.iter().skip(1).map(String::from).collect();
    if header.get(0) != Some("unix_seconds") || names.is_empty() {
        let what = "the header must be unix_seconds and the names of one or more series";
        return Err(Problem::at(file, 1, what));
    }
    if names == ["price_usd"] {
        let stem = file
            .file_stem()
            .and_then(|s| s.to_str())
            .unwrap_or_default();
        let name = stem.split('_').next().unwrap_or_default();
        return Ok(vec![name.to_uppercase()]);
    }
    for (place, name) in names.iter().enumerate() {
        if name.is_empty() || names.iter().take(place).any(|n| n == name) {
            let what = format!("column {} has no name of its own: {name:?}", place + 2);
            return Err(Problem::at(file, 1, what));
        }
    }
    Ok(names)
}

/// USD with 8 decimals of a plain decimal number.
///
/// # Errors
/// Why it is none.
pub fn price(text: &str) -> Result<u64, &'static str> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return Err("not a plain decimal number");
    }
    if part.len() > DECIMALS as usize {
        return Err("more than 8 decimals");
    }
    let whole: u64 = whole.parse().map_err(|_| "too large")?;
    let part: u64 = format!("{part:0<8}").parse().map_err(|_| "too large")?;
    let price = whole.checked_mul(DOLLAR).and_then(|w| w.checked_add(part));
    match price {
        None | Some(1_000_000_000_000_000_000..) => Err("too large"),
        Some(0) => Err("not above zero"),
        Some(price) => Ok(price),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_to_the_last_digit_or_refused() {
        assert_eq!(price("0.00005"), Ok(5_000));
        assert_eq!(price("7195.23"), Ok(719_523_000_000));
        assert_eq!(price("1"), Ok(DOLLAR));
        for (text, why) in [
            ("", "not a plain decimal number"),
            ("-1", "not a plain decimal number"),
            ("1e5", "not a plain decimal number"),
            ("nan", "not a plain decimal number"),
            ("1.234567891", "more than 8 decimals"),
            ("0.0", "not above zero"),
            ("10000000000", "too large"),
            ("99999999999999999999999", "too large"),
        ] {
            assert_eq!(price(text), Err(why), "{text}");
        }
    }
}
