//! From values to places, and where the ticks stand.

use crate::format::{civil, unix, MONTHS};
use crate::frame::{Axis, Kind};

/// A stretch of values laid on a stretch of places.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
    /// Between two ticks of a linear scale.
    step: f64,
    from: f64,
    to: f64,
}

/// A labelled place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) label: String,
}

impl Scale {
    /// Lays all of `values` on `from..to`, the ends moved out to whole ticks unless it is time.
    pub(crate) fn new(axis: &Axis, values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let usable = |v: &f64| v.is_finite() && (axis.kind != Kind::Log || *v > 0.0);
        let (mut low, mut high) = values
            .chain(axis.include.iter().copied())
            .filter(usable)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
                (l.min(v), h.max(v))
            });
        if low > high {
            (low, high) = if axis.kind == Kind::Log {
                (1.0, 10.0)
            } else {
                (0.0, 1.0)
            };
        }
        if low == high {
            (low, high) = match axis.kind {
                Kind::Log => (low / 2.0, high * 2.0),
                Kind::Time => (low - 1_800.0, high + 1_800.0),
                Kind::Linear if low == 0.0 => (0.0, 1.0),
                Kind::Linear => (low - low.abs() * 0.1, high + high.abs() * 0.1),
            };
        }
        let step = step(high - low, 6.0);
        match axis.kind {
            Kind::Linear => {
                low = (low / step + 1e-9).floor() * step;
                high = (high / step - 1e-9).ceil() * step;
            }
            Kind::Log => (low, high) = (low / 1.06, high * 1.06),
            Kind::Time => {}
        }
        Self {
            kind: axis.kind,
            low,
            high,
            step,
            from,
            to,
        }
    }

    /// Where `value` stands; none for what the scale cannot show.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        let part = match self.kind {
            Kind::Log if value <= 0.0 => return None,
            Kind::Log => (value / self.low).ln() / (self.high / self.low).ln(),
            _ => (value - self.low) / (self.high - self.low),
        };
        part.is_finite()
            .then(|| self.from + part.clamp(-0.02, 1.02) * (self.to - self.from))
    }

    /// The ticks, written as the axis says.
    pub(crate) fn ticks(&self, axis: &Axis) -> Vec<Tick> {
        let values: Vec<(f64, String)> = match self.kind {
            Kind::Linear => {
                let step = self.step;
                let count = ((self.high - self.low) / step).round().min(50.0);
                (0..=count as u32)
                    .map(|n| {
                        let value = self.low + f64::from(n) * step;
                        // −0 and what is left of rounding are zero.
                        let value = if value.abs() < step * 1e-6 {
                            0.0
                        } else {
                            value
                        };
                        (value, axis.format.write(value, step))
                    })
                    .collect()
            }
            Kind::Log => self.log_ticks(axis),
            Kind::Time => time_ticks(self.low, self.high),
        };
        values
            .into_iter()
            .filter_map(|(value, label)| {
                let at = self.place(value)?;
                Some(Tick { at, label })
            })
            .collect()
    }

    fn log_ticks(&self, axis: &Axis) -> Vec<(f64, String)> {
        let decades = (self.high / self.low).log10();
        let parts: &[f64] = if decades > 3.0 {
            &[1.0]
        } else {
            &[1.0, 2.0, 5.0]
        };
        let first = self.low.log10().floor() as i32;
        let last = self.high.log10().ceil() as i32;
        (first..=last)
            .flat_map(|power| parts.iter().map(move |p| p * 10f64.powi(power)))
            .filter(|v| (self.low..=self.high).contains(v))
            .map(|v| (v, axis.format.write(v, v)))
            .collect()
    }
}

/// A round number of which about `count` fit into `span`.
fn step(span: f64, count: f64) -> f64 {
    let raw = (span / count).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(raw.log10().floor());
    let part = raw / power;
    let round = match part {
        p if p <= 1.0 => 1.0,
        p if p <= 2.0 => 2.0,
        p if p <= 5.0 => 5.0,
        _ => 10.0,
    };
    round * power
}

/// Round moments between two others, at most a dozen.
fn time_ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;
    let span = high - low;
    let (low, high) = (low.ceil() as i64, high.floor() as i64);
    let fits = |seconds: i64| span / seconds as f64 <= 8.0;
    let steps = [HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY];
    if let Some(step) = steps.into_iter().find(|s| fits(*s)) {
        let first = low.div_euclid(step) * step;
        return (0..12)
            .map(|n| first + n * step)
            .filter(|t| (low..=high).contains(t))
            .map(|t| {
                let (_, month, day) = civil(t);
                let month = MONTHS.get(month as usize - 1).copied().unwrap_or_default();
                let hour = t.rem_euclid(DAY) / HOUR;
                let label = if step < DAY {
                    format!("{day} {month} {hour:02}:00")
                } else {
                    format!("{day} {month}")
                };
                (t as f64, label)
            })
            .collect();
    }
    let months = [1, 2, 3, 6, 12, 24, 60, 120]
        .into_iter()
        .find(|m| fits(m * 30 * DAY + m * 10 * HOUR))
        .unwrap_or(600);
    let (year, month, _) = civil(low);
    let first = (year * 12 + i64::from(month) - 1).div_euclid(months) * months;
    (0..12)
        .map(|n| first + n * months)
        .filter_map(|m| {
            let (year, month) = (m.div_euclid(12), m.rem_euclid(12));
            let name = MONTHS.get(usize::try_from(month).ok()?)?;
            let t = unix(year, u32::try_from(month).ok()? + 1, 1);
            let label = if months % 12 == 0 {
                year.to_string()
            } else {
                format!("{name} {year}")
            };
            (low..=high).contains(&t).then_some((t as f64, label))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;

    fn labels(kind: Kind, values: &[f64]) -> Vec<String> {
        let axis = Axis::new("", kind, Format::Plain);
        let scale = Scale::new(&axis, values.iter().copied(), 0.0, 600.0);
        scale.ticks(&axis).into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn ticks_are_round_and_hold_every_value() {
        assert_eq!(
            labels(Kind::Linear, &[0.0, 97.0]),
            ["0", "20", "40", "60", "80", "100"]
        );
        assert_eq!(
            labels(Kind::Linear, &[-3.0, 3.0]),
            ["−3", "−2", "−1", "0", "1", "2", "3"]
        );
        assert_eq!(
            labels(Kind::Log, &[1.0, 100.0]),
            ["1", "2", "5", "10", "20", "50", "100"]
        );
    }

    #[test]
    fn time_is_told_in_hours_days_months_or_years() {
        let start = unix(2020, 3, 12) as f64;
        let within = |days: f64| labels(Kind::Time, &[start, start + days * 86_400.0]);
        assert_eq!(within(0.25)[1], "12 Mar 01:00");
        assert_eq!(within(5.0)[1], "13 Mar");
        assert_eq!(within(300.0)[0], "May 2020");
        assert_eq!(within(2_000.0), ["2021", "2022", "2023", "2024", "2025"]);
    }

    #[test]
    fn law_no_stretch_of_values_makes_too_many_ticks_or_none() {
        for kind in [Kind::Linear, Kind::Log, Kind::Time] {
            for power in -6..10 {
                for factor in [1.0, 1.1, 1.7, 2.3, 4.9, 9.99] {
                    let span = factor * 10f64.powi(power);
                    for start in [0.0, 1.0, 1.6e9] {
                        let n = labels(kind, &[start, start + span]).len();
                        assert!(n <= 22, "{kind:?} {start} {span}: {n}");
                        if kind == Kind::Linear {
                            assert!(n >= 2, "{start} {span}: {n}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn law_the_ticks_of_a_linear_scale_are_evenly_spaced_from_end_to_end() {
        for (low, high) in [
            (0.004, 0.032),
            (0.0, 97.0),
            (-3.0, 3.1),
            (1e6, 1.5e6),
            (0.1, 0.7),
        ] {
            let axis = Axis::new("", Kind::Linear, Format::Plain);
            let scale = Scale::new(&axis, [low, high].into_iter(), 0.0, 600.0);
            let places: Vec<f64> = scale.ticks(&axis).iter().map(|t| t.at).collect();
            let gap = 600.0 / (places.len() - 1) as f64;
            for (n, at) in places.iter().enumerate() {
                assert!(
                    (at - gap * n as f64).abs() < 1e-6,
                    "{low} to {high}: {places:?}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_shown_has_no_place() {
        let axis = Axis::new("", Kind::Log, Format::Plain);
        let scale = Scale::new(&axis, [1.0, f64::NAN, -4.0, 100.0].into_iter(), 0.0, 1.0);
        assert_eq!(scale.place(0.0), None);
        assert_eq!(scale.place(f64::NAN), None);
        assert!(scale.place(10.0).is_some_and(|at| (at - 0.5).abs() < 1e-9));
    }
}
