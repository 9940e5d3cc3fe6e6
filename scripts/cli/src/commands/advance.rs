//! `ballast advance`: the clock of a chain for development.

use std::io::{self, Write};

use ballast::{local::chain, wire::Unanswered};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
    terminal::{Answer, Terminal},
};

/// Move the clock of a chain for development
///
/// Mines one block so much later than the newest one. Only chains for development can do it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// How far: a number with s, m, h or d, such as 90m or 3d
    #[arg(value_parser = duration)]
    by: u64,
}

#[derive(Debug, Serialize)]
struct Advanced {
    /// Seconds since 1970 before and after.
    from: u64,
    to: u64,
}

impl Answer for Advanced {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "It was {} and is {}: {} seconds later.",
            self.from,
            self.to,
            self.to - self.from
        )
    }
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let client = &session.client;
    let from = client.now().await.kind(Kind::Chain)?;
    let moved = chain::advance_by(client, options.by).await;
    moved.map_err(|error| match Unanswered::among(&error) {
        Some(_) => Failure::of(Kind::Chain, &error)
            .next("the clock may have moved all the same: `ballast advance 0s` tells the time"),
        None => {
            let message = format!("the chain's clock cannot be moved: {error:#}");
            Failure::new(Kind::Chain, message).next("wait, or use `ballast devnode`")
        }
    })?;
    let to = client.now().await.kind(Kind::Chain)?;
    terminal.show(&Advanced { from, to })
}

fn duration(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text} is no duration: 45s, 90m, 6h and 3d are");
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    count
        .checked_mul(unit)
        .filter(|seconds| *seconds <= 10 * 365 * 86_400)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_have_a_unit_and_an_end() {
        assert_eq!(duration("90m"), Ok(5_400));
        assert_eq!(duration("3d"), Ok(259_200));
        for wrong in ["", "m", "3", "-3d", "3w", "1.5h", "99999d", "3д"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
