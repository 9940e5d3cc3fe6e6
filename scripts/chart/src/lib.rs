//! Draws lines, stacks, bars and points as SVG that follows the reader's light or dark theme.
//!
//! A chart is a plain value with a `svg` method that answers one self-contained `<svg>` element: its title and
//! description are there for those who cannot see it, its colours are custom properties of `.chart`
//! (see [`theme`]), and it asks nothing of the network. It stands as a file of its own or inside a page.
//! What is not a finite number is left out, so no data draws an empty frame and never fails.

mod bars;
mod format;
mod frame;
mod lines;
mod scale;
mod scatter;
mod svg;
pub mod theme;

pub use bars::{Bar, Bars};
pub use format::{date, month, parse_date, Format};
pub use frame::{Axis, Caption, Kind};
pub use lines::{Lines, Range, Series, Stack, Stroke};
pub use scatter::{Group, Point, Scatter};
