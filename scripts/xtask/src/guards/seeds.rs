//! Where a program refuses, and how to do without.
//!
//! Three shapes: the refusal itself (`return refuse(Name …)`, `return Err(Name …)`), a place that asks for one
//! (`self.require_role(…)?;`), and an arm that is taken on a condition only (`Ok(used) if used <= most => Ok(`).

/// The variable that names the one seed that is gone, by its number.
pub(crate) const GONE: &str = "BALLAST_GONE";

/// What a seed does without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A statement.
    Statement,
    /// The condition of an arm, between ` if ` and ` => `.
    Condition,
}

/// One guard that can be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seed {
    /// From `contracts/` on.
    pub(crate) file: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// Its last line.
    pub(crate) last: usize,
    /// The error that is refused with, or what is asked.
    pub(crate) name: String,
    /// The function that it stands in.
    pub(crate) within: String,
    shape: Shape,
    start: usize,
    end: usize,
}

impl Seed {
    /// The source without the guard.
    pub(crate) fn plant(&self, text: &str) -> String {
        let put = match self.shape {
            Shape::Statement => "",
            Shape::Condition => "true",
        };
        self.replaced(text, put)
    }

    /// The source with the guard unless [`GONE`] says `number`, in as many lines.
    pub(crate) fn gate(&self, text: &str, number: usize) -> String {
        let whole = text.get(self.start..self.end).unwrap_or_default();
        let asked = format!("std::env::var_os({GONE:?})");
        let put = match self.shape {
            Shape::Statement => {
                format!("if {asked}.is_none_or(|gone| gone != \"{number}\") {{ {whole} }}")
            }
            Shape::Condition => {
                format!("({whole}) || {asked}.is_some_and(|gone| gone == \"{number}\")")
            }
        };
        self.replaced(text, &put)
    }

    fn replaced(&self, text: &str, put: &str) -> String {
        let (before, after) = (text.get(..self.start), text.get(self.end..));
        [before.unwrap_or_default(), put, after.unwrap_or_default()].concat()
    }
}

/// Every guard of a source, in order; its own tests are left out.
pub(crate) fn of(file: &str, text: &str) -> Vec<Seed> {
    let code = text.find("#[cfg(test)]").unwrap_or(text.len());
    let text = text.get(..code).unwrap_or(text);
    let seed = |name: String, shape, start: usize, end: usize| Seed {
        file: file.to_owned(),
        line: line_at(text, start),
        last: line_at(text, end),
        within: function_at(text, start),
        name,
        shape,
        start,
        end,
    };
    let mut seeds = Vec::new();
    for (start, name, end) in refusals(text) {
        seeds.push(seed(name, Shape::Statement, start, end));
    }
    for (start, name, end) in questions(text) {
        seeds.push(seed(name, Shape::Statement, start, end));
    }
    for (start, end) in conditions(text) {
        let name = format!("if {}", &text[start..end]);
        seeds.push(seed(name, Shape::Condition, start, end));
    }
    seeds.sort_by_key(|seed| seed.start);
    seeds
}

/// `return refuse(Name …)` and `return Err(Name …)`.
fn refusals(text: &str) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    for opening in ["return refuse(", "return Err("] {
        for (start, head) in text.match_indices(opening) {
            let from = start + head.len();
            let Some(close) = closing(text, from) else {
                continue;
            };
            let inside = text[from..close].trim_start();
            let word = |c: &char| c.is_ascii_alphanumeric() || *c == ':';
            let name: String = inside.chars().take_while(word).collect();
            // What is passed on from elsewhere is no guard of this place.
            if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
                continue;
            }
            let semicolon = text[close + 1..].starts_with(';');
            found.push((start, name, close + 1 + usize::from(semicolon)));
        }
    }
    found
}

/// Statements that ask a guard and use no answer: `scene.require_due()?;`, `self.only(ROLE)?;`.
fn questions(text: &str) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    let mut start_of_line = 0;
    for line in text.split_inclusive('\n') {
        let start = start_of_line + (line.len() - line.trim_start().len());
        start_of_line += line.len();
        let Some((head, _)) = line.trim_start().split_once('(') else {
            continue;
        };
        let path = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | '.' | ':');
        let name = head.rsplit(['.', ':']).next().unwrap_or(head);
        if !head.chars().all(path) || !["require", "only"].iter().any(|w| name.starts_with(w)) {
            continue;
        }
        let Some(close) = closing(text, start + head.len() + 1) else {
            continue;
        };
        if text[close + 1..].starts_with("?;") {
            let asked = &text[start + head.len() - name.len()..=close];
            let asked = asked.split_whitespace().collect::<Vec<_>>().join(" ");
            found.push((start, asked, close + 3));
        }
    }
    found
}

/// What stands between ` if ` and ` => Ok(` in an arm.
fn conditions(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (end, _) in text.match_indices(" => Ok(") {
        let line = text[..end].rfind('\n').map_or(0, |at| at + 1);
        if let Some(at) = text[line..end].find(" if ") {
            found.push((line + at + " if ".len(), end));
        }
    }
    found
}

fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The function that begins last before a place.
fn function_at(text: &str, at: usize) -> String {
    let (_, after) = text[..at].rsplit_once("fn ").unwrap_or_default();
    let word = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    after.chars().take_while(word).collect()
}

/// Where the parenthesis that is open at `from` is closed.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut depth = 1;
    for (i, c) in text.get(from..)?.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(from + i);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
fn a() -> Answer<()> {
    if x > most {
        return refuse(TooMuch { x, most: f(most) });
    }
    if y {
        return Err(TooOdd {}.into())
    }
    self.require_role(
        ROLE,
    )?;
    let place = require_listed(&roster)?;
    match left {
        Some(left) if left >= least => Ok(left),
        _ => Err(TooLittle {}),
    }
    return Err(error.into());
}
fn require_role(&self) -> Answer<()> {}
#[cfg(test)]
mod tests { fn b() { return Err(Never {}.into()); } }
";

    #[test]
    fn guards_are_found_by_name_and_place() {
        let seeds = of("x.rs", SOURCE);
        let told: Vec<_> = seeds
            .iter()
            .map(|s| (s.name.as_str(), s.line, s.last))
            .collect();
        assert!(seeds.iter().all(|seed| seed.within == "a"));
        let right = [
            ("TooMuch", 3, 3),
            ("TooOdd", 6, 6),
            ("require_role( ROLE, )", 8, 10),
            ("if left >= least", 13, 13),
        ];
        assert_eq!(told, right);
    }

    #[test]
    fn a_seed_takes_the_guard_and_nothing_else() {
        let seeds = of("x.rs", SOURCE);
        let planted = seeds[0].plant(SOURCE);
        assert!(
            planted.contains("if x > most {\n        \n    }"),
            "{planted}"
        );
        let planted = seeds[1].plant(SOURCE);
        assert!(planted.contains("if y {\n        \n    }"), "{planted}");
        assert!(planted.contains("TooMuch"));
        let planted = seeds[2].plant(SOURCE);
        assert!(planted.contains("    }\n    \n    let place"), "{planted}");
        let planted = seeds[3].plant(SOURCE);
        assert!(planted.contains("Some(left) if true => Ok(left)"));
    }

    #[test]
    fn a_gate_keeps_the_lines_and_the_guard() {
        let seeds = of("x.rs", SOURCE);
        let mut gated = SOURCE.to_owned();
        for (number, seed) in seeds.iter().enumerate().rev() {
            gated = seed.gate(&gated, number);
        }
        assert_eq!(gated.lines().count(), SOURCE.lines().count());
        assert!(gated.contains("gone != \"1\") { return Err(TooOdd {}.into()) }"));
        assert!(gated.contains(") || std::env::var_os(\"BALLAST_GONE\").is_some_and("));
    }
}
