//! Points of two measures, in groups whose points are joined: what is paid for what.

use crate::frame::{Axis, Caption, Frame, HEIGHT, LEFT, RIGHT};
use crate::lines::{empty_note, line_sample, Stroke};
use crate::scale::Scale;
use crate::svg::{escaped, width, Anchor};
use crate::theme::colour;

/// A point and its label.
#[derive(Debug, Clone, Default)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// What stands beside it, where there is room.
    pub label: String,
}

/// Points of one kind, joined in their order.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// What it is called.
    pub name: String,
    /// Its points.
    pub points: Vec<Point>,
}

/// Points of two measures.
#[derive(Debug, Clone, Default)]
pub struct Scatter {
    /// Its words.
    pub caption: Caption,
    /// What goes to the right.
    pub x: Axis,
    /// What goes up.
    pub y: Axis,
    /// The points, by kind.
    pub groups: Vec<Group>,
}

/// Left, top, right and bottom of something drawn.
type Box4 = (f64, f64, f64, f64);

impl Scatter {
    /// The chart.
    pub fn svg(&self) -> String {
        let strokes = [Stroke::Solid, Stroke::Dashed, Stroke::Dotted];
        let samples: Vec<_> = self
            .groups
            .iter()
            .zip(strokes.iter().cycle())
            .enumerate()
            .map(|(n, (g, stroke))| line_sample(&g.name, n, *stroke))
            .collect();
        let mut frame = Frame::open(&self.caption, &samples, HEIGHT);
        let points = || self.groups.iter().flat_map(|g| g.points.iter());
        let x = Scale::new(&self.x, points().map(|p| p.x), LEFT, RIGHT);
        let y = Scale::new(&self.y, points().map(|p| p.y), frame.bottom, frame.top);
        frame.axes((&self.x, &x), (&self.y, &y));
        let place = |p: &Point| Some((x.place(p.x)?, y.place(p.y)?));
        let mut taken: Vec<Box4> = points()
            .filter_map(place)
            .map(|(x, y)| (x - 5.0, y - 5.0, x + 5.0, y + 5.0))
            .collect();
        for (n, (group, stroke)) in self.groups.iter().zip(strokes.iter().cycle()).enumerate() {
            let colour = colour(n);
            let joined: Vec<String> = group
                .points
                .iter()
                .filter_map(place)
                .map(|(x, y)| format!("{x:.1},{y:.1}"))
                .collect();
            let dash = match stroke {
                Stroke::Solid => "",
                Stroke::Dashed => " stroke-dasharray=\"7 4\"",
                Stroke::Dotted => " stroke-dasharray=\"2 3\"",
            };
            frame.svg.raw(&format!(
                "<polyline points=\"{}\" class=\"line\" stroke=\"{colour}\"{dash}/>",
                joined.join(" ")
            ));
            for point in &group.points {
                let Some((cx, cy)) = place(point) else {
                    continue;
                };
                let words = escaped(&format!("{}: {}", group.name, point.label));
                frame.svg.raw(&format!(
                    "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"4\" fill=\"{colour}\"><title>{words}</title></circle>"
                ));
            }
        }
        for point in points() {
            if let Some(at) = place(point) {
                label(&mut frame, &mut taken, at, &point.label);
            }
        }
        empty_note(&mut frame, points().next().is_none());
        frame.close()
    }
}

/// Writes a label where it covers neither a point nor another label; not at all where there is no such place.
fn label(frame: &mut Frame, taken: &mut Vec<Box4>, (x, y): (f64, f64), text: &str) {
    let wide = width(text);
    let places = [
        (x + 8.0, y + 4.0, Anchor::Start, x + 8.0),
        (x - 8.0, y + 4.0, Anchor::End, x - 8.0 - wide),
        (x, y - 9.0, Anchor::Middle, x - wide / 2.0),
        (x, y + 19.0, Anchor::Middle, x - wide / 2.0),
    ];
    for (at, base, anchor, left) in places {
        let covered = (left, base - 10.0, left + wide, base + 3.0);
        let inside = covered.0 > LEFT && covered.2 < RIGHT && covered.3 < frame.bottom;
        if inside && taken.iter().all(|other| apart(&covered, other)) {
            frame.svg.text(at, base, anchor, text);
            taken.push(covered);
            return;
        }
    }
}

fn apart(a: &Box4, b: &Box4) -> bool {
    a.2 <= b.0 || b.2 <= a.0 || a.3 <= b.1 || b.3 <= a.1
}
