//! Bars beside each other, each with its target and the band around it.

use crate::frame::{Axis, Caption, Frame, Sample, LEFT, RIGHT};
use crate::lines::{empty_note, fill_sample};
use crate::scale::Scale;
use crate::svg::{escaped, width, Anchor};
use crate::theme::colour;

/// One bar.
#[derive(Debug, Clone, Default)]
pub struct Bar {
    /// What it is called.
    pub name: String,
    /// How long it is.
    pub value: f64,
    /// Where it should end, if that is known.
    pub target: Option<f64>,
    /// How far from the target it may be, if that is known.
    pub band: Option<f64>,
}

/// Horizontal bars: shares of a whole against their targets.
#[derive(Debug, Clone, Default)]
pub struct Bars {
    /// Its words.
    pub caption: Caption,
    /// What the length means.
    pub axis: Axis,
    /// The bars, from above.
    pub bars: Vec<Bar>,
}

/// Height of a bar and of the room between two.
const THICK: f64 = 18.0;
const PITCH: f64 = 32.0;

impl Bars {
    /// The chart.
    pub fn svg(&self) -> String {
        let mut samples = vec![fill_sample("now", 0)];
        if self.bars.iter().any(|b| b.target.is_some()) {
            samples.push(Sample {
                name: "target".into(),
                markup:
                    "<line x1=\"9\" x2=\"9\" y1=\"-7\" y2=\"7\" class=\"axis\" stroke-width=\"2\"/>"
                        .into(),
            });
        }
        if self.bars.iter().any(|b| b.band.is_some()) {
            samples.push(Sample {
                name: "band".into(),
                markup: "<path d=\"M0 -5V5M0 0H18M18 -5V5\" class=\"axis\"/>".into(),
            });
        }
        let count = u32::try_from(self.bars.len()).unwrap_or(u32::MAX);
        let height = 78.0 + 46.0 + PITCH * f64::from(count.max(2));
        let mut frame = Frame::open(&self.caption, &samples, height);
        let widest = self.bars.iter().map(|b| width(&b.name));
        let left = (widest.fold(0.0, f64::max) + 24.0).clamp(LEFT, 240.0);
        let ends = self.bars.iter().flat_map(|b| {
            let target = b.target.unwrap_or(b.value);
            [b.value, target, target + b.band.unwrap_or(0.0)]
        });
        let axis = self.axis.clone().including(0.0);
        let scale = Scale::new(&axis, ends, left, RIGHT);
        for tick in scale.ticks(&axis) {
            frame
                .svg
                .line((tick.at, frame.top), (tick.at, frame.bottom), "grid");
            frame
                .svg
                .text(tick.at, frame.bottom + 17.0, Anchor::Middle, &tick.label);
        }
        let middle = (left + RIGHT) / 2.0;
        frame
            .svg
            .text(middle, frame.bottom + 36.0, Anchor::Middle, &axis.label);
        for (n, bar) in self.bars.iter().enumerate() {
            let y = frame.top + PITCH * (f64::from(u32::try_from(n).unwrap_or(u32::MAX)) + 0.5);
            draw(&mut frame, &scale, bar, left, y);
        }
        empty_note(&mut frame, self.bars.is_empty());
        frame.close()
    }
}

fn draw(frame: &mut Frame, scale: &Scale, bar: &Bar, left: f64, y: f64) {
    frame.svg.text(left - 8.0, y + 4.0, Anchor::End, &bar.name);
    if let Some(end) = scale.place(bar.value) {
        let (top, wide) = (y - THICK / 2.0, (end - left).max(0.0));
        frame.svg.raw(&format!(
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{THICK:.1}\" class=\"fill\" fill=\"{}\"><title>{}</title></rect>",
            colour(0),
            escaped(&bar.name)
        ));
    }
    let Some(target) = bar.target else { return };
    if let Some(at) = scale.place(target) {
        let half = THICK / 2.0 + 3.0;
        frame.svg.raw(&format!(
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{:.1}\" y2=\"{:.1}\" class=\"axis\" stroke-width=\"2\"/>",
            y - half,
            y + half
        ));
    }
    let ends = bar.band.and_then(|band| {
        let low = scale.place((target - band).max(0.0))?;
        Some((low, scale.place(target + band)?))
    });
    if let Some((low, high)) = ends {
        let (top, bottom) = (y - 5.0, y + 5.0);
        frame.svg.raw(&format!(
            "<path d=\"M{low:.1} {top:.1}V{bottom:.1}M{low:.1} {y:.1}H{high:.1}M{high:.1} {top:.1}V{bottom:.1}\" class=\"axis\"/>"
        ));
    }
}
