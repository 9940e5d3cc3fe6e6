//! The colours, as custom properties that a page may set differently.

/// How many series have a colour of their own; the next one has the first's again.
pub const COLOURS: usize = 6;

/// The style of every chart: `--chart-ink`, `--chart-soft` (grid), `--chart-paper`, `--chart-alarm` and
/// `--chart-1` to `--chart-6`, light by default and dark where the reader prefers that. Each colour stands
/// out at least 3 to 1 from the paper of its theme; text is ink.
pub const STYLE: &str = "\
.chart{--chart-ink:#1f2933;--chart-soft:#d5dae0;--chart-paper:#fff;--chart-alarm:#c81e1e;\
--chart-1:#0b62c4;--chart-2:#c2410c;--chart-3:#0f7b4d;--chart-4:#8b3fb0;--chart-5:#946200;--chart-6:#0e7490;\
font-family:system-ui,sans-serif;font-size:12px;max-width:100%;height:auto}\
@media (prefers-color-scheme:dark){.chart{--chart-ink:#e4e7eb;--chart-soft:#3e4c59;--chart-paper:#14181d;--chart-alarm:#ff7a70;\
--chart-1:#6cb0ff;--chart-2:#ff9a5c;--chart-3:#4fd39a;--chart-4:#d39bf5;--chart-5:#e8c14c;--chart-6:#5cd0e0}}\
.chart text{fill:var(--chart-ink)}.chart .head{font-size:14px;font-weight:600}\
.chart .paper{fill:var(--chart-paper)}.chart .grid{stroke:var(--chart-soft);stroke-width:1;fill:none}\
.chart .axis{stroke:var(--chart-ink);stroke-width:1;fill:none}\
.chart .line{fill:none;stroke-width:1.6;stroke-linejoin:round}.chart .mark{stroke:var(--chart-alarm);fill:none;stroke-dasharray:5 3}\
.chart .range{fill:var(--chart-alarm);opacity:.14}.chart .fill{opacity:.8}";

/// The colour of the series at `place`.
pub(crate) fn colour(place: usize) -> String {
    format!("var(--chart-{})", place % COLOURS + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a property in the light style, or in the dark one.
    fn value(name: &str, is_dark: bool) -> [f64; 3] {
        let (light, dark) = STYLE.split_once("@media").unwrap();
        let style = if is_dark { dark } else { light };
        let hex = style.split(&format!("--chart-{name}:#")).nth(1).unwrap();
        let hex: String = hex.chars().take_while(char::is_ascii_hexdigit).collect();
        let wide = match hex.len() {
            3 => hex.chars().flat_map(|c| [c, c]).collect(),
            _ => hex,
        };
        [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&wide[at..at + 2], 16).unwrap()) / 255.0)
    }

    /// WCAG 2's relative luminance.
    fn luminance(rgb: [f64; 3]) -> f64 {
        let linear = rgb.map(|c| {
            if c <= 0.040_45 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_stands_out_from_the_paper_of_both_themes() {
        for is_dark in [false, true] {
            let paper = value("paper", is_dark);
            assert!(contrast(value("ink", is_dark), paper) > 7.0);
            for name in ["alarm", "1", "2", "3", "4", "5", "6"] {
                let found = contrast(value(name, is_dark), paper);
                assert!(found > 3.0, "{name} of dark={is_dark}: {found:.2}");
            }
        }
    }

    #[test]
    fn colours_begin_anew_after_the_last() {
        assert_eq!(colour(0), colour(COLOURS));
        assert_ne!(colour(0), colour(1));
    }
}
