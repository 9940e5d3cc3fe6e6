//! Where a program refuses: `return refuse(Name …)` and `return Err(Name …)`.

/// One refusal that can be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seed {
    /// From `contracts/` on.
    pub(crate) file: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// The error that is refused with.
    pub(crate) error: String,
    start: usize,
    end: usize,
}

impl Seed {
    /// The source without the refusal.
    pub(crate) fn plant(&self, text: &str) -> String {
        let (before, after) = (text.get(..self.start), text.get(self.end..));
        [before.unwrap_or_default(), after.unwrap_or_default()].concat()
    }
}

/// Every refusal of a source, in order; its own tests are left out.
pub(crate) fn of(file: &str, text: &str) -> Vec<Seed> {
    let code = text.find("#[cfg(test)]").unwrap_or(text.len());
    let mut seeds = Vec::new();
    for opening in ["return refuse(", "return Err("] {
        for (start, found) in text[..code].match_indices(opening) {
            let Some(close) = closing(text, start + found.len()) else {
                continue;
            };
            let inside = &text[start + found.len()..close];
            let error: String = inside
                .trim_start()
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric())
                .collect();
            // What is passed on from elsewhere is no guard of this place.
            if !error.starts_with(|c: char| c.is_ascii_uppercase()) {
                continue;
            }
            let end = match text.get(close + 1..close + 2) {
                Some(";") => close + 2,
                _ => close + 1,
            };
            seeds.push(Seed {
                file: file.to_owned(),
                line: text[..start].matches('\n').count() + 1,
                error,
                start,
                end,
            });
        }
    }
    seeds.sort_by_key(|seed| seed.start);
    seeds
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
    return Err(error.into());
}
#[cfg(test)]
mod tests { fn b() { return Err(Never {}.into()); } }
";

    #[test]
    fn refusals_are_found_by_name_and_place() {
        let seeds = of("x.rs", SOURCE);
        let told: Vec<_> = seeds.iter().map(|s| (s.error.as_str(), s.line)).collect();
        assert_eq!(told, [("TooMuch", 3), ("TooOdd", 6)]);
    }

    #[test]
    fn a_seed_takes_the_refusal_and_nothing_else() {
        let seeds = of("x.rs", SOURCE);
        let planted = seeds[0].plant(SOURCE);
        assert!(
            planted.contains("if x > most {\n        \n    }"),
            "{planted}"
        );
        let planted = seeds[1].plant(SOURCE);
        assert!(planted.contains("if y {\n        \n    }"), "{planted}");
        assert!(planted.contains("TooMuch"));
    }
}
