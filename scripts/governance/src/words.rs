//! Numbers as people say them: by the name of what they measure.

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{utils::format_units, Address, U256},
};

use crate::{
    book::{self, Book},
    setters,
};

const DAY: u64 = 24 * 60 * 60;
const HOUR: u64 = 60 * 60;

/// A value by the name that the interface gives it.
pub fn value(name: &str, value: &DynSolValue, book: &Book) -> String {
    match value {
        DynSolValue::Address(address) => book.called(*address),
        DynSolValue::FixedBytes(word, 32) if name == "role" => book::role(*word),
        DynSolValue::FixedBytes(word, size) => {
            alloy::primitives::hex::encode_prefixed(&word[..*size])
        }
        DynSolValue::Uint(number, _) => number_of(name, *number, book),
        DynSolValue::Int(number, _) => number.to_string(),
        DynSolValue::Bool(true) => "yes".into(),
        DynSolValue::Bool(false) => "no".into(),
        DynSolValue::Bytes(bytes) => alloy::primitives::hex::encode_prefixed(bytes),
        DynSolValue::String(text) => format!("{text:?}"),
        DynSolValue::Array(items) | DynSolValue::FixedArray(items) | DynSolValue::Tuple(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|item| self::value(name, item, book))
                .collect();
            format!("[{}]", items.join(", "))
        }
        other => format!("{other:?}"),
    }
}

fn number_of(name: &str, number: U256, book: &Book) -> String {
    match name {
        "baseFeed" | "feed" | "secondSource" => book.called(Address::from_word(number.into())),
        _ => measure(name, number),
    }
}

/// A number in the unit that its name says.
pub fn measure(name: &str, number: U256) -> String {
    let ends = |end: &str| name.ends_with(end);
    match name {
        "mode" | "governedMode" => return mode(number),
        "supplyCap" | "cap" | "shares" | "totalSupply" => return shares(number),
        "secondId" => return format!("{number:#066x}"),
        "floorD36" if number.is_zero() => return "none".into(),
        _ => {}
    }
    if ends("Bps") || ends("_BPS") {
        return percent(number);
    }
    if ends("Wad") || ends("_WAD") {
        return units(number, 18);
    }
    if ends("ntil")
        || ends("At")
        || ends("From")
        || matches!(name, "start" | "end" | "pendingGrant")
    {
        return moment(number);
    }
    if ends("_S")
        || matches!(
            name,
            "duration" | "heartbeat" | "baseHeartbeat" | "grace" | "window" | "secondWindow"
        )
    {
        return duration(number);
    }
    number.to_string()
}

/// bps as percent, exactly.
pub fn percent(bps: U256) -> String {
    format!("{} %", units(bps, 2))
}

/// A number with a decimal point, without zeros at its end.
pub fn units(number: U256, decimals: u8) -> String {
    let text = format_units(number, decimals).unwrap_or_else(|_| number.to_string());
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Seconds in the greatest units that say them exactly.
pub fn duration(seconds: U256) -> String {
    let Ok(seconds) = u64::try_from(seconds) else {
        return format!("{seconds} s");
    };
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (unit, length) in [("d", DAY), ("h", HOUR), ("min", 60), ("s", 1)] {
        if rest >= length {
            parts.push(format!("{} {unit}", rest / length));
            rest %= length;
        }
    }
    match parts.is_empty() {
        true => "0 s".into(),
        false => parts.join(" "),
    }
}

/// Seconds since 1970 as a date, UTC.
pub fn moment(seconds: U256) -> String {
    let Ok(seconds) = u64::try_from(seconds) else {
        return "for ever".into();
    };
    if seconds == 0 {
        return "never".into();
    }
    // As in Hinnant's days_from_civil, backwards.
    let days = seconds / DAY + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    if year > 9_999 {
        return "for ever".into();
    }
    let clock = seconds % DAY;
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC ({seconds})",
        clock / HOUR,
        clock % HOUR / 60,
        clock % 60
    )
}

/// What may be done with an asset.
pub fn mode(number: U256) -> String {
    match number.saturating_to::<u64>() {
        0 => "normal".into(),
        1 => "sell-only".into(),
        2 => "quarantined".into(),
        other => format!("mode {other}"),
    }
}

fn shares(number: U256) -> String {
    match number >= U256::from(u128::MAX) {
        true => "no cap".into(),
        false => format!("{} shares", units(number, 18)),
    }
}

/// A limit's name.
pub fn limit(id: U256) -> String {
    usize::try_from(id)
        .ok()
        .and_then(|id| setters::LIMITS.get(id))
        .map_or_else(|| format!("unknown limit {id}"), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates() {
        // Known from calendars: the day before a leap day's morrow, and the end of a century.
        for (seconds, date) in [
            (951_782_400u64, "2000-02-29 00:00:00"),
            (1_709_251_199, "2024-02-29 23:59:59"),
            (1_709_251_200, "2024-03-01 00:00:00"),
            (4_107_542_399, "2100-02-28 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
            (1, "1970-01-01 00:00:01"),
        ] {
            assert_eq!(
                moment(U256::from(seconds)),
                format!("{date} UTC ({seconds})")
            );
        }
        assert_eq!(moment(U256::ZERO), "never");
        assert_eq!(moment(U256::from(1u64) << 40), "for ever");
        assert_eq!(moment(U256::MAX), "for ever");
    }

    #[test]
    fn durations_and_parts_are_exact() {
        assert_eq!(duration(U256::from(90_061)), "1 d 1 h 1 min 1 s");
        assert_eq!(duration(U256::from(1_800)), "30 min");
        assert_eq!(duration(U256::ZERO), "0 s");
        assert_eq!(percent(U256::from(4_005)), "40.05 %");
        assert_eq!(percent(U256::from(50)), "0.5 %");
        assert_eq!(percent(U256::from(10_000)), "100 %");
        assert_eq!(units(U256::from(10), 0), "10");
    }
}
