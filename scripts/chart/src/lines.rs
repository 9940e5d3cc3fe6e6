//! Lines and stacks over time, or over anything else.

use crate::frame::{Axis, Caption, Frame, Sample, HEIGHT, LEFT, RIGHT};
use crate::scale::Scale;
use crate::svg::{escaped, Anchor};
use crate::theme::colour;

/// How a line is drawn, so that lines differ without their colours too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stroke {
    /// In one piece.
    #[default]
    Solid,
    /// In long pieces.
    Dashed,
    /// In short pieces.
    Dotted,
}

impl Stroke {
    fn attribute(self) -> &'static str {
        match self {
            Self::Solid => "",
            Self::Dashed => " stroke-dasharray=\"7 4\"",
            Self::Dotted => " stroke-dasharray=\"2 3\"",
        }
    }
}

/// A line, or a layer of a stack.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// What it is called.
    pub name: String,
    /// Where and how much, by ascending place; a value that is no finite number interrupts the line.
    pub points: Vec<(f64, f64)>,
    /// How it is drawn.
    pub stroke: Stroke,
    /// Which of the theme's colours it has, from 0; its place among the series if not said.
    pub colour: Option<usize>,
}

impl Series {
    /// A solid line.
    pub fn new(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Self {
            name: name.into(),
            points,
            ..Self::default()
        }
    }

    /// The same in a colour of its own, so that it has one in several charts.
    pub fn coloured(self, colour: usize) -> Self {
        Self {
            colour: Some(colour),
            ..self
        }
    }

    /// The same, drawn otherwise.
    pub fn stroked(self, stroke: Stroke) -> Self {
        Self { stroke, ..self }
    }
}

/// A stretch of the x axis that is shaded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Its first place.
    pub from: f64,
    /// Its last place.
    pub to: f64,
}

/// Several lines in one frame.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// Its words.
    pub caption: Caption,
    /// What goes to the right.
    pub x: Axis,
    /// What goes up.
    pub y: Axis,
    /// The lines.
    pub series: Vec<Series>,
    /// Levels drawn across, such as a limit, and what they are called.
    pub levels: Vec<(String, f64)>,
    /// What is shaded, and what that is called.
    pub shaded: Option<(String, Vec<Range>)>,
}

impl Lines {
    /// The chart.
    pub fn svg(&self) -> String {
        let mut samples: Vec<Sample> = self
            .series
            .iter()
            .enumerate()
            .map(|(n, s)| line_sample(&s.name, s.colour.unwrap_or(n), s.stroke))
            .collect();
        samples.extend(self.levels.iter().map(|(name, _)| Sample {
            name: name.clone(),
            markup: "<line x2=\"18\" class=\"mark\"/>".into(),
        }));
        samples.extend(self.shaded.iter().map(|(name, _)| Sample {
            name: name.clone(),
            markup: "<rect y=\"-6\" width=\"18\" height=\"12\" class=\"range\"/>".into(),
        }));
        let mut frame = Frame::open(&self.caption, &samples, HEIGHT);
        let points = || self.series.iter().flat_map(|s| s.points.iter());
        let x = Scale::new(&self.x, points().map(|p| p.0), LEFT, RIGHT);
        let levels = self.levels.iter().map(|(_, value)| *value);
        let y = Scale::new(
            &self.y,
            points().map(|p| p.1).chain(levels),
            frame.bottom,
            frame.top,
        );
        for range in self.shaded.iter().flat_map(|(_, ranges)| ranges) {
            shade(&mut frame, &x, *range);
        }
        frame.axes((&self.x, &x), (&self.y, &y));
        for (_, value) in &self.levels {
            if let Some(at) = y.place(*value) {
                frame.svg.line((LEFT, at), (RIGHT, at), "mark");
            }
        }
        for (n, series) in self.series.iter().enumerate() {
            let placed = series
                .points
                .iter()
                .map(|(px, py)| Some((x.place(*px)?, y.place(*py)?)));
            let path = path(&thinned(placed));
            frame.svg.raw(&format!(
                "<path d=\"{path}\" class=\"line\" stroke=\"{}\"{}><title>{}</title></path>",
                colour(series.colour.unwrap_or(n)),
                series.stroke.attribute(),
                escaped(&series.name)
            ));
        }
        empty_note(&mut frame, points().next().is_none());
        frame.close()
    }
}

/// Layers on top of each other: parts of a whole over time. All layers have the first one's places.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    /// Its words.
    pub caption: Caption,
    /// What goes to the right.
    pub x: Axis,
    /// What goes up.
    pub y: Axis,
    /// The layers, from below.
    pub layers: Vec<Series>,
}

impl Stack {
    /// The chart.
    pub fn svg(&self) -> String {
        let samples: Vec<Sample> = self
            .layers
            .iter()
            .enumerate()
            .map(|(n, s)| fill_sample(&s.name, n))
            .collect();
        let mut frame = Frame::open(&self.caption, &samples, HEIGHT);
        let places: Vec<f64> = self
            .layers
            .first()
            .map(|l| l.points.iter().map(|p| p.0).collect())
            .unwrap_or_default();
        // tops[k][i]: the sum of the first k layers at place i
        let mut tops = vec![vec![0.0; places.len()]];
        for layer in &self.layers {
            let below = tops.last().cloned().unwrap_or_default();
            let values = layer
                .points
                .iter()
                .map(|p| p.1)
                .chain(std::iter::repeat(0.0));
            let top = below.iter().zip(values).map(|(b, v)| b + v.max(0.0));
            tops.push(top.collect());
        }
        let x = Scale::new(&self.x, places.iter().copied(), LEFT, RIGHT);
        let y = Scale::new(
            &self.y,
            tops.iter().flatten().copied(),
            frame.bottom,
            frame.top,
        );
        // One place a pixel's column, the same in every layer.
        let mut kept: Vec<(usize, f64)> = Vec::new();
        for (n, place) in places.iter().enumerate() {
            let Some(at) = x.place(*place) else { continue };
            match kept.last_mut() {
                Some(last) if last.1.floor() == at.floor() => *last = (n, at),
                _ => kept.push((n, at)),
            }
        }
        let edge = |values: &[f64]| -> Vec<(f64, f64)> {
            let placed = kept
                .iter()
                .filter_map(|(n, at)| Some((*at, y.place(*values.get(*n)?)?)));
            placed.collect()
        };
        let mut areas = String::new();
        for (n, pair) in tops.windows(2).enumerate() {
            let [below, above] = pair else { continue };
            let mut outline = edge(above);
            outline.extend(edge(below).into_iter().rev());
            let path = path(&outline.into_iter().map(Some).collect::<Vec<_>>());
            let name = self.layers.get(n).map(|l| escaped(&l.name));
            areas.push_str(&format!(
                "<path d=\"{path}Z\" class=\"fill\" fill=\"{}\"><title>{}</title></path>\n",
                colour(n),
                name.unwrap_or_default()
            ));
        }
        frame.svg.raw(&areas);
        frame.axes((&self.x, &x), (&self.y, &y));
        empty_note(&mut frame, places.is_empty());
        frame.close()
    }
}

pub(crate) fn fill_sample(name: &str, place: usize) -> Sample {
    Sample {
        name: name.into(),
        markup: format!(
            "<rect y=\"-6\" width=\"18\" height=\"12\" class=\"fill\" fill=\"{}\"/>",
            colour(place)
        ),
    }
}

pub(crate) fn line_sample(name: &str, place: usize, stroke: Stroke) -> Sample {
    Sample {
        name: name.into(),
        markup: format!(
            "<line x2=\"18\" class=\"line\" stroke=\"{}\"{}/>",
            colour(place),
            stroke.attribute()
        ),
    }
}

pub(crate) fn empty_note(frame: &mut Frame, is_empty: bool) {
    if is_empty {
        let middle = ((LEFT + RIGHT) / 2.0, (frame.top + frame.bottom) / 2.0);
        frame
            .svg
            .text(middle.0, middle.1, Anchor::Middle, "no data");
    }
}

fn shade(frame: &mut Frame, x: &Scale, range: Range) {
    let (Some(from), Some(to)) = (x.place(range.from), x.place(range.to)) else {
        return;
    };
    let (top, height) = (frame.top, frame.bottom - frame.top);
    // What is shorter than a pixel is to be seen too.
    let wide = (to - from).max(1.0);
    frame.svg.raw(&format!(
        "<rect x=\"{from:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{height:.1}\" class=\"range\"/>"
    ));
}

/// Of each pixel's column the first, lowest, highest and last point: the same picture from a small file.
fn thinned(points: impl Iterator<Item = Option<(f64, f64)>>) -> Vec<Option<(f64, f64)>> {
    let mut out = Vec::new();
    let mut column: Vec<(f64, f64)> = Vec::new();
    for point in points {
        match point {
            Some(point) => {
                if column
                    .first()
                    .is_some_and(|first| first.0.floor() != point.0.floor())
                {
                    flush(&mut column, &mut out);
                }
                column.push(point);
            }
            None => {
                flush(&mut column, &mut out);
                if out.last().is_some_and(Option::is_some) {
                    out.push(None);
                }
            }
        }
    }
    flush(&mut column, &mut out);
    out
}

fn flush(column: &mut Vec<(f64, f64)>, out: &mut Vec<Option<(f64, f64)>>) {
    let by_height = |a: &(usize, &(f64, f64)), b: &(usize, &(f64, f64))| a.1 .1.total_cmp(&b.1 .1);
    let places = || column.iter().enumerate();
    let mut kept: Vec<usize> = [
        places().next(),
        places().min_by(by_height),
        places().max_by(by_height),
        places().next_back(),
    ]
    .into_iter()
    .flatten()
    .map(|(place, _)| place)
    .collect();
    kept.sort_unstable();
    kept.dedup();
    out.extend(kept.into_iter().map(|place| column.get(place).copied()));
    column.clear();
}

/// The commands of a path; it begins anew after a gap.
fn path(points: &[Option<(f64, f64)>]) -> String {
    let mut out = String::new();
    let mut draws = false;
    for point in points {
        match point {
            Some((x, y)) => {
                out.push_str(&format!("{}{x:.1} {y:.1}", if draws { "L" } else { "M" }));
                draws = true;
            }
            None => draws = false,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_thinning_keeps_every_columns_extremes_and_ends() {
        let points: Vec<(f64, f64)> = (0..10_000)
            .map(|n| {
                let n = f64::from(n);
                (n * 0.05, (n * n * 0.37).sin() * 100.0)
            })
            .collect();
        let kept: Vec<_> = thinned(points.iter().copied().map(Some))
            .into_iter()
            .flatten()
            .collect();
        assert!(kept.len() <= 4 * 501, "{}", kept.len());
        for column in 0..500 {
            let of = |all: &[(f64, f64)]| {
                let here = all.iter().filter(|p| p.0.floor() == f64::from(column));
                here.fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p.1), h.max(p.1)))
            };
            assert_eq!(of(&points), of(&kept), "column {column}");
        }
        assert_eq!(kept.first(), points.first());
        assert_eq!(kept.last(), points.last());
    }

    #[test]
    fn a_gap_interrupts_the_line() {
        let gap = [Some((0.0, 1.0)), None, Some((5.0, 2.0)), Some((9.0, 3.0))];
        assert_eq!(path(&gap), "M0.0 1.0M5.0 2.0L9.0 3.0");
    }
}
