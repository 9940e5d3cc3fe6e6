//! Every kind of chart: well-formed, told in words, self-contained, and the same for hostile words and no data.

use ballast_chart::{
    Axis, Bar, Bars, Caption, Format, Group, Kind, Lines, Point, Range, Scatter, Series, Stack,
    Stroke,
};

const HOSTILE: &str = "</title><script>alert('1 & 2')</script>";

fn caption() -> Caption {
    Caption::new("c\"1", HOSTILE, "What <is> shown")
}

/// One of each, of the same data.
fn all(points: &[(f64, f64)]) -> Vec<(&'static str, String)> {
    let series = || {
        vec![
            Series::new(HOSTILE, points.to_vec()),
            Series::new("b", points.to_vec()).stroked(Stroke::Dashed),
        ]
    };
    let y = || Axis::new("value", Kind::Linear, Format::Dollars);
    let lines = Lines {
        caption: caption(),
        x: Axis::time(),
        y: y(),
        series: series(),
        levels: vec![("limit".into(), 5.0)],
        shaded: Some(("breaker".into(), vec![Range { from: 1.0, to: 2.0 }])),
    };
    let stack = Stack {
        caption: caption(),
        x: Axis::time(),
        y: Axis::new("", Kind::Linear, Format::Percent),
        layers: series(),
    };
    let bars = Bars {
        caption: caption(),
        axis: Axis::new("share", Kind::Linear, Format::Percent),
        bars: points
            .iter()
            .map(|p| Bar {
                name: HOSTILE.into(),
                value: p.1,
                target: Some(0.3),
                band: Some(0.02),
            })
            .collect(),
    };
    let scatter = Scatter {
        caption: caption(),
        x: Axis::new("cost", Kind::Log, Format::Plain),
        y: y(),
        groups: vec![Group {
            name: HOSTILE.into(),
            points: points
                .iter()
                .map(|p| Point {
                    x: p.0,
                    y: p.1,
                    label: HOSTILE.into(),
                })
                .collect(),
        }],
    };
    vec![
        ("lines", lines.svg()),
        ("stack", stack.svg()),
        ("bars", bars.svg()),
        ("scatter", scatter.svg()),
    ]
}

/// Names of the elements in order of opening; fails unless they are nested as XML wants.
fn elements(svg: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for piece in svg.split('<').skip(1) {
        let (tag, rest) = piece.split_once('>').expect("a tag that ends");
        assert!(!rest.contains('>'), "a bare > after <{tag}>");
        for part in rest.split('&').skip(1) {
            assert!(part.contains(';'), "a bare & after <{tag}>");
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes of <{tag}>");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(
                open.pop().as_deref(),
                Some(name),
                "</{name}> closes nothing"
            );
            continue;
        }
        let name: String = tag
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        if !tag.ends_with('/') {
            open.push(name.clone());
        }
        found.push(name);
    }
    assert!(open.is_empty(), "left open: {open:?}");
    found
}

#[test]
fn every_chart_is_well_formed_and_told_in_words() {
    let points = [(1.0, 0.25), (2.0, 0.5), (3.0, 0.3)];
    for (kind, svg) in all(&points) {
        let elements = elements(&svg);
        assert!(
            elements.iter().all(|e| e != "script"),
            "{kind}: {elements:?}"
        );
        assert_eq!(elements.first().map(String::as_str), Some("svg"), "{kind}");
        assert!(
            svg.contains("aria-labelledby=\"c1-title c1-desc\""),
            "{kind}"
        );
        assert!(
            svg.contains("<desc id=\"c1-desc\">What &lt;is&gt; shown</desc>"),
            "{kind}"
        );
        assert!(svg.contains("prefers-color-scheme:dark"), "{kind}");
        // The one address is the name of the format.
        assert_eq!(svg.matches("http").count(), 1, "{kind}");
        assert!(!svg.contains("href") && !svg.contains("url("), "{kind}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{kind}");
    }
}

#[test]
fn no_data_and_no_numbers_draw_an_empty_frame() {
    for points in [vec![], vec![(f64::NAN, f64::INFINITY)], vec![(0.0, 0.0)]] {
        for (kind, svg) in all(&points) {
            elements(&svg);
            assert!(
                !svg.contains("NaN") && !svg.contains("inf"),
                "{kind}: {points:?}"
            );
            assert_eq!(
                points.is_empty(),
                svg.contains("no data"),
                "{kind}: {points:?}"
            );
        }
    }
}

#[test]
fn years_of_hours_make_a_small_file() {
    let hours: Vec<(f64, f64)> = (0..43_800)
        .map(|h| {
            let h = f64::from(h);
            (1.6e9 + h * 3_600.0, 1_000.0 + (h / 7.0).sin() * 100.0)
        })
        .collect();
    let svg = Lines {
        series: vec![Series::new("a", hours.clone()), Series::new("b", hours)],
        x: Axis::time(),
        ..Lines::default()
    }
    .svg();
    assert!(svg.len() < 90_000, "{} bytes", svg.len());
}

#[test]
fn law_labels_of_points_never_cover_each_other() {
    let points = (0..60)
        .map(|n| {
            let n = f64::from(n);
            Point {
                x: 10.0 + (n * 7.3) % 40.0,
                y: (n * 3.1) % 17.0,
                label: format!("{n} bps"),
            }
        })
        .collect();
    let svg = Scatter {
        caption: caption(),
        x: Axis::default(),
        y: Axis::default(),
        groups: vec![Group {
            name: "g".into(),
            points,
        }],
    }
    .svg();
    let labels: Vec<(f64, f64, f64)> = svg
        .lines()
        .filter(|l| l.starts_with("<text") && l.contains(" bps</text>"))
        .map(|l| {
            let number = |name: &str| -> f64 {
                let rest = l.split(&format!("{name}=\"")).nth(1).unwrap();
                rest.split('"').next().unwrap().parse().unwrap()
            };
            // At 5 px a character, narrower than any place it was given.
            let wide = (l.matches(char::is_numeric).count().min(2) + 4) as f64 * 5.0;
            let left = match l.contains("\"start\"") {
                true => number("x"),
                false if l.contains("\"end\"") => number("x") - wide,
                false => number("x") - wide / 2.0,
            };
            (left, left + wide, number("y"))
        })
        .collect();
    assert!(labels.len() > 10, "{}", labels.len());
    for (n, a) in labels.iter().enumerate() {
        for b in &labels[n + 1..] {
            let apart = a.1 <= b.0 || b.1 <= a.0 || (a.2 - b.2).abs() >= 12.0;
            assert!(apart, "{a:?} covers {b:?}");
        }
    }
}
