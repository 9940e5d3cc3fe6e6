//! Numbers and moments as people read them.

/// How the numbers of an axis are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// As they are.
    #[default]
    Plain,
    /// A share of one, as per cent.
    Percent,
    /// US dollars, shortened: `$1.2M`.
    Dollars,
    /// Seconds, as minutes, hours or days where these are whole.
    Duration,
}

impl Format {
    /// `value`, with as many decimals as tell it from its neighbour `step` away.
    pub(crate) fn write(self, value: f64, step: f64) -> String {
        let sign = if value < 0.0 { "−" } else { "" };
        let size = value.abs();
        match self {
            Self::Plain => format!("{sign}{}", grouped(size, decimals(step))),
            Self::Percent => format!("{sign}{}%", grouped(size * 100.0, decimals(step * 100.0))),
            Self::Dollars => {
                let (scale, letter) = match size.max(step.abs()) {
                    s if s >= 1e9 => (1e9, "B"),
                    s if s >= 1e6 => (1e6, "M"),
                    s if s >= 1e4 => (1e3, "k"),
                    _ => (1.0, ""),
                };
                let digits = grouped(size / scale, decimals(step / scale));
                format!("{sign}${digits}{letter}")
            }
            Self::Duration => {
                let (scale, letter) = match size {
                    s if s >= 86_400.0 && s % 86_400.0 == 0.0 => (86_400.0, "d"),
                    s if s >= 3_600.0 && s % 3_600.0 == 0.0 => (3_600.0, "h"),
                    s if s >= 60.0 && s % 60.0 == 0.0 => (60.0, "min"),
                    _ => (1.0, "s"),
                };
                format!("{sign}{} {letter}", grouped(size / scale, 0))
            }
        }
    }
}

/// Decimals that numbers `step` apart need.
fn decimals(step: f64) -> usize {
    let step = step.abs();
    (0..6)
        .find(|d| {
            let shifted = step * 10f64.powi(*d);
            shifted >= 1.0 && (shifted - shifted.round()).abs() < 1e-6
        })
        .map_or(if step >= 1.0 { 1 } else { 3 }, |d| {
            usize::try_from(d).unwrap_or_default()
        })
}

/// With commas between thousands.
fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = match text.split_once('.') {
        Some((whole, rest)) => (whole, format!(".{rest}")),
        None => (text.as_str(), String::new()),
    };
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + &rest
}

/// Year, month and day of a moment, UTC.
/// # Source
/// Howard Hinnant, `civil_from_days`.
pub(crate) fn civil(unix_s: i64) -> (i64, u32, u32) {
    let z = unix_s.div_euclid(86_400) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    let small = |n: i64| u32::try_from(n).unwrap_or_default();
    (year, small(month), small(day))
}

/// The first second of a day, UTC; the inverse of [`civil`].
pub(crate) fn unix(year: i64, month: u32, day: u32) -> i64 {
    let (month, day) = (i64::from(month), i64::from(day));
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    (era * 146_097 + doe - 719_468) * 86_400
}

pub(crate) const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Year and month of a moment, UTC.
pub fn month(unix_s: i64) -> (i64, u32) {
    let (year, month, _) = civil(unix_s);
    (year, month)
}

/// The first second of a day written as `2020-03-12`, UTC; none for what is no day.
pub fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-');
    let mut next = || parts.next()?.parse::<u32>().ok();
    let start = unix(i64::from(next()?), next()?, next()?);
    (date(start) == text).then_some(start)
}

/// A day as `2020-03-12`, UTC.
pub fn date(unix_s: i64) -> String {
    let (year, month, day) = civil(unix_s);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_decimals_that_tell_them_apart() {
        assert_eq!(Format::Plain.write(1_234_567.0, 1.0), "1,234,567");
        assert_eq!(Format::Plain.write(-0.25, 0.05), "−0.25");
        assert_eq!(Format::Percent.write(0.5, 0.1), "50%");
        assert_eq!(Format::Percent.write(0.025, 0.005), "2.5%");
        assert_eq!(Format::Dollars.write(1_500_000.0, 500_000.0), "$1.5M");
        assert_eq!(Format::Dollars.write(900.0, 100.0), "$900");
        assert_eq!(Format::Duration.write(1_800.0, 600.0), "30 min");
        assert_eq!(Format::Duration.write(90.0, 1.0), "90 s");
        assert_eq!(Format::Duration.write(7_200.0, 1.0), "2 h");
    }

    #[test]
    fn days_are_those_of_the_calendar_and_back() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(1_583_971_200), "2020-03-12");
        assert_eq!(date(951_782_400), "2000-02-29");
        assert_eq!(parse_date("2020-03-12"), Some(1_583_971_200));
        assert_eq!(month(1_583_971_200), (2020, 3));
        for no_day in [
            "2021-02-29",
            "2020-3-1",
            "2020-13-01",
            "yesterday",
            "2020-01-01x",
            "",
        ] {
            assert_eq!(parse_date(no_day), None, "{no_day}");
        }
        for day in (-200_000..200_000).step_by(17) {
            let (year, month, date) = civil(day * 86_400 + 5);
            assert_eq!(unix(year, month, date), day * 86_400);
        }
    }
}
