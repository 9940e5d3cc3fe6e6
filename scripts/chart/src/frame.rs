//! What all charts share: words, axes, a legend.

use crate::format::Format;
use crate::scale::Scale;
use crate::svg::{escaped, width, Anchor, Svg};
use crate::theme;

/// What a chart is called and what it shows.
#[derive(Debug, Clone, Default)]
pub struct Caption {
    /// An id that nothing else in the page begins with; what is not a letter, a digit or `-` is left out of it.
    pub id: String,
    /// A few words.
    pub title: String,
    /// A sentence that says what is to be seen, for those who cannot see it.
    pub description: String,
}

impl Caption {
    /// A caption.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            description: description.into(),
        }
    }
}

/// How values become places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// In proportion.
    #[default]
    Linear,
    /// By their logarithm; what is not above zero is left out.
    Log,
    /// Seconds since 1970, written as days.
    Time,
}

/// An axis.
#[derive(Debug, Clone, Default)]
pub struct Axis {
    /// What it measures.
    pub label: String,
    /// How values become places.
    pub kind: Kind,
    /// How its numbers are written.
    pub format: Format,
    /// Values that it shows whatever the data are.
    pub include: Vec<f64>,
}

impl Axis {
    /// An axis that shows what the data need.
    pub fn new(label: impl Into<String>, kind: Kind, format: Format) -> Self {
        Self {
            label: label.into(),
            kind,
            format,
            include: Vec::new(),
        }
    }

    /// Time, without a label: its ticks say what it is.
    pub fn time() -> Self {
        Self::new("", Kind::Time, Format::Plain)
    }

    /// The same, showing `value` whatever the data are.
    pub fn including(mut self, value: f64) -> Self {
        self.include.push(value);
        self
    }
}

/// A sample beside its name in the legend.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    /// Markup of about 18 by 10 around the origin's right.
    pub(crate) markup: String,
}

pub(crate) const WIDTH: f64 = 720.0;
pub(crate) const HEIGHT: f64 = 340.0;
pub(crate) const LEFT: f64 = 66.0;
pub(crate) const RIGHT: f64 = 700.0;

/// The part of a chart in which data are drawn.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) svg: Svg,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Frame {
    /// Opens a chart of a height: words, paper, legend.
    pub(crate) fn open(caption: &Caption, samples: &[Sample], height: f64) -> Self {
        let mut svg = Svg::default();
        let id: String = caption
            .id
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        let (title, description) = (escaped(&caption.title), escaped(&caption.description));
        svg.raw(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {WIDTH} {height}\" \
             width=\"{WIDTH}\" height=\"{height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">"
        ));
        svg.raw(&format!("<title id=\"{id}-title\">{title}</title>"));
        svg.raw(&format!("<desc id=\"{id}-desc\">{description}</desc>"));
        svg.raw(&format!("<style>{}</style>", theme::STYLE));
        svg.raw(&format!(
            "<rect width=\"{WIDTH}\" height=\"{height}\" class=\"paper\"/>"
        ));
        svg.raw(&format!(
            "<text x=\"16\" y=\"24\" class=\"head\">{title}</text>"
        ));
        let top = legend(&mut svg, samples);
        Self {
            svg,
            top,
            bottom: height - 46.0,
        }
    }

    /// Draws grid and numbers of both axes.
    pub(crate) fn axes(&mut self, x: (&Axis, &Scale), y: (&Axis, &Scale)) {
        let (top, bottom) = (self.top, self.bottom);
        for tick in y.1.ticks(y.0) {
            self.svg.line((LEFT, tick.at), (RIGHT, tick.at), "grid");
            self.svg
                .text(LEFT - 6.0, tick.at + 4.0, Anchor::End, &tick.label);
        }
        let mut free_from = f64::NEG_INFINITY;
        for tick in x.1.ticks(x.0) {
            self.svg
                .line((tick.at, bottom), (tick.at, bottom + 4.0), "axis");
            // A label that would touch its neighbour is left out; its tick stays.
            let half = width(&tick.label) / 2.0;
            if tick.at - half > free_from && tick.at + half <= WIDTH {
                self.svg
                    .text(tick.at, bottom + 17.0, Anchor::Middle, &tick.label);
                free_from = tick.at + half + 6.0;
            }
        }
        self.svg.line((LEFT, bottom), (RIGHT, bottom), "axis");
        if !x.0.label.is_empty() {
            let middle = (LEFT + RIGHT) / 2.0;
            self.svg
                .text(middle, bottom + 36.0, Anchor::Middle, &x.0.label);
        }
        if !y.0.label.is_empty() {
            self.svg.text(16.0, top - 10.0, Anchor::Start, &y.0.label);
        }
    }

    /// Closes the chart.
    pub(crate) fn close(mut self) -> String {
        self.svg.raw("</svg>");
        self.svg.finish()
    }
}

/// Writes the samples in as many rows as they need; answers where data may begin, below a line for the
/// label of the axis.
fn legend(svg: &mut Svg, samples: &[Sample]) -> f64 {
    let (mut x, mut y) = (16.0, 44.0);
    for Sample { name, markup } in samples {
        let wide = 24.0 + width(name) + 18.0;
        if x > 16.0 && x + wide > WIDTH {
            (x, y) = (16.0, y + 18.0);
        }
        svg.raw(&format!(
            "<g transform=\"translate({x:.1} {:.1})\">{markup}</g>",
            y - 4.0
        ));
        svg.text(x + 24.0, y, Anchor::Start, name);
        x += wide;
    }
    if samples.is_empty() {
        56.0
    } else {
        y + 34.0
    }
}
