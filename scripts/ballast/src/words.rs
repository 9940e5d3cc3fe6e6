//! Values as people read them: percents, dollars, times, amounts of a token.

use std::collections::BTreeMap;

use alloy::primitives::{Address, I256, U256};

/// Symbol and decimals of tokens, as far as they are known.
pub type Names = BTreeMap<Address, (String, u8)>;

/// Names of the policy's limits by id, with what they count.
pub const LIMITS: [(&str, Counts); 16] = [
    ("MAX_SLIPPAGE_BPS", Counts::Bps),
    ("COOLDOWN_S", Counts::Seconds),
    ("SLICE_COOLDOWN_S", Counts::Seconds),
    ("MIN_PROGRESS_BPS", Counts::Bps),
    ("MIN_NOTIONAL_WAD", Counts::Value),
    ("MIN_DRIFT_BPS", Counts::Bps),
    ("MAX_TURNOVER_BPS", Counts::Bps),
    ("RAMP_S", Counts::Seconds),
    ("HOLD_S", Counts::Seconds),
    ("LOSS_BUDGET_BPS", Counts::Bps),
    ("LOSS_PERIOD_S", Counts::Seconds),
    ("YEARLY_LOSS_BPS", Counts::Bps),
    ("TURNOVER_BUDGET_BPS", Counts::Bps),
    ("TURNOVER_PERIOD_S", Counts::Seconds),
    ("SCHEDULE_INTERVAL_S", Counts::Seconds),
    ("BAND_STRESS_CAP_BPS", Counts::Bps),
];

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Parts of 10,000.
    Bps,
    /// Seconds.
    Seconds,
    /// Value, WAD.
    Value,
}

impl Counts {
    /// A value of this kind in words.
    pub fn say(self, value: U256) -> String {
        match self {
            Self::Bps => percent_bps(value),
            Self::Seconds => span(value),
            Self::Value => format!("${}", usd(value)),
        }
    }
}

/// A limit's name and its value in words; the bare numbers of an unknown id.
pub fn limit(id: U256, value: U256) -> (String, String) {
    match usize::try_from(id).ok().and_then(|id| LIMITS.get(id)) {
        Some((name, counts)) => ((*name).to_owned(), counts.say(value)),
        None => (format!("limit {id}"), value.to_string()),
    }
}

/// Bps as percent with two places; the greatest number stands for no bound.
pub fn percent_bps(bps: U256) -> String {
    if bps == U256::MAX {
        return "without bound".into();
    }
    let hundred = U256::from(100);
    format!("{}.{:02} %", bps / hundred, bps % hundred)
}

/// A part of one in WAD as percent with four places, rounded down, without trailing noughts.
pub fn percent_wad(wad: U256) -> String {
    // {1e-4 %} = {wad} / {wad/1e-6}
    let parts = wad / U256::from(10).pow(U256::from(12));
    format!("{} %", decimal(parts, 4))
}

/// WAD dollars with cents, and commas between thousands; rounded down.
pub fn usd(wad: U256) -> String {
    let cents = wad / U256::from(10).pow(U256::from(16));
    let hundred = U256::from(100);
    format!(
        "{}.{:02}",
        grouped(&(cents / hundred).to_string()),
        (cents % hundred).to::<u64>()
    )
}

/// Digits with commas between thousands.
pub fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// An amount with `decimals` places, without trailing noughts.
pub fn decimal(amount: U256, decimals: u8) -> String {
    let text = amount.to_string();
    let places = usize::from(decimals);
    let padded = format!("{text:0>width$}", width = places + 1);
    let (whole, part) = padded.split_at(padded.len() - places);
    match part.trim_end_matches('0') {
        "" => whole.to_owned(),
        part => format!("{whole}.{part}"),
    }
}

/// An amount of a token: with its symbol where that is known, otherwise in smallest units.
pub fn amount(amount: U256, token: Address, names: &Names) -> String {
    match names.get(&token) {
        Some((symbol, decimals)) => format!("{} {symbol}", decimal(amount, *decimals)),
        None => format!("{} smallest units", grouped(&amount.to_string())),
    }
}

/// A token by its symbol, otherwise by its address.
pub fn token(token: Address, names: &Names) -> String {
    match names.get(&token) {
        Some((symbol, _)) => symbol.clone(),
        None => token.to_string(),
    }
}

/// A D36 price as dollars of a whole token where its decimals are known, otherwise of a smallest unit, six significant digits.
pub fn price(price_d36: U256, token: Address, names: &Names) -> String {
    match names.get(&token) {
        // {value/token} = {value/unit · 1e36} * 10^decimals / 1e36, and value is a WAD of dollars: 54 places.
        Some((_, decimals)) => format!(
            "${}",
            significant(price_d36, 54 - i32::from(*decimals).min(54))
        ),
        None => format!("${} a smallest unit", significant(price_d36, 54)),
    }
}

/// A dollar price of a whole token for a program: a number in decimal notation.
pub fn price_number(price_d36: U256, decimals: u8) -> String {
    decimal(price_d36, 54u8.saturating_sub(decimals))
}

fn significant(value: U256, places: i32) -> String {
    let digits = value.to_string();
    let kept: String = digits.chars().take(6).collect();
    let kept = match kept.trim_end_matches('0') {
        "" => return "0".into(),
        some => some,
    };
    let exponent = digits.len() as i32 - kept.len() as i32 - places;
    let Ok(kept) = kept.parse::<U256>() else {
        return digits;
    };
    match exponent {
        0.. => grouped(&format!("{kept}{}", "0".repeat(exponent as usize))),
        -18..=-1 => {
            let text = decimal(kept, exponent.unsigned_abs() as u8);
            match text.split_once('.') {
                Some((whole, part)) => format!("{}.{part}", grouped(whole)),
                None => grouped(&text),
            }
        }
        _ => format!("{kept}e{exponent}"),
    }
}

/// A signed part of one in WAD as percent.
pub fn signed_percent_wad(wad: I256) -> String {
    let sign = if wad.is_negative() { "-" } else { "+" };
    format!("{sign}{}", percent_wad(wad.unsigned_abs()))
}

/// Seconds as the two largest units: `2 d 3 h`.
pub fn span(seconds: U256) -> String {
    let Ok(seconds) = u64::try_from(seconds) else {
        return "for ever".into();
    };
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, name) in units {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(format!("{count} {name}"));
        }
    }
    match parts.is_empty() {
        true => "0 s".into(),
        false => parts[..parts.len().min(2)].join(" "),
    }
}

/// Seconds since 1970 as date and time of UTC; 0 is never, and what is beyond the year 9999 is for ever.
pub fn time(seconds: U256) -> String {
    let Some(seconds) = u64::try_from(seconds).ok().filter(|s| *s < 253_402_300_800) else {
        return "for ever".into();
    };
    if seconds == 0 {
        return "never".into();
    }
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute) = (seconds / 3_600 % 24, seconds / 60 % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// Year, month and day of a number of days since 1970 in the Gregorian calendar.
///
/// # Source
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

/// Why a rebalance is due, by its code.
pub fn reason(code: U256) -> &'static str {
    match u64::try_from(code) {
        Ok(1) => "band",
        Ok(2) => "targets pending",
        Ok(3) => "schedule",
        _ => "none",
    }
}

/// What may be done with an asset, by its code.
pub fn mode(code: U256) -> &'static str {
    match u64::try_from(code) {
        Ok(0) => "normal",
        Ok(1) => "sell-only",
        Ok(2) => "quarantined",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        // `date -u -d @…`
        for (seconds, text) in [
            (0u64, "never"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_700_000_000, "2023-11-14 22:13 UTC"),
            (4_107_542_399, "2100-02-28 23:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
            (253_402_300_800, "for ever"),
        ] {
            assert_eq!(time(U256::from(seconds)), text);
        }
        assert_eq!(time(U256::MAX), "for ever");
    }

    #[test]
    fn spans_are_their_two_largest_units() {
        for (seconds, text) in [
            (0u64, "0 s"),
            (59, "59 s"),
            (3_600, "1 h"),
            (90_061, "1 d 1 h"),
            (172_800, "2 d"),
        ] {
            assert_eq!(span(U256::from(seconds)), text);
        }
    }

    #[test]
    fn parts_are_percents_and_values_dollars() {
        let wad = |n: u64| U256::from(n) * U256::from(10).pow(U256::from(14));
        assert_eq!(percent_bps(U256::from(5)), "0.05 %");
        assert_eq!(percent_bps(U256::from(10_000)), "100.00 %");
        assert_eq!(percent_wad(wad(125)), "1.25 %");
        assert_eq!(percent_wad(U256::ZERO), "0 %");
        assert_eq!(usd(wad(12_345_678_900)), "1,234,567.89");
        assert_eq!(decimal(U256::from(1_500_000), 6), "1.5");
        assert_eq!(decimal(U256::from(7), 0), "7");
        let down = I256::try_from(-125_000_000_000_000_000i128).unwrap_or_default();
        assert_eq!(signed_percent_wad(down), "-12.5 %");
    }

    #[test]
    fn prices_are_of_whole_tokens_where_their_decimals_are_known() {
        let at = Address::repeat_byte(1);
        let ten = U256::from(10);
        // 2,000 dollars, 18 decimals: 2000 * 1e18 (WAD) * 1e36 / 1e18.
        let price_d36 = U256::from(2_000) * ten.pow(U256::from(36));
        let names = Names::from([(at, ("WETH".to_owned(), 18))]);
        assert_eq!(price(price_d36, at, &names), "$2,000");
        assert_eq!(
            price(price_d36, at, &Names::new()),
            "$0.000000000000002 a smallest unit"
        );
        // 1.0001 dollars, 6 decimals.
        let price_d36 = U256::from(10_001) * ten.pow(U256::from(44));
        let names = Names::from([(at, ("USDC".to_owned(), 6))]);
        assert_eq!(price(price_d36, at, &names), "$1.0001");
        assert_eq!(price_number(price_d36, 6), "1.0001");
    }
}
