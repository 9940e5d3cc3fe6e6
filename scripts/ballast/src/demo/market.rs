//! The prices of 12 and 13 March 2020; source and licence beside the data.

use anyhow::{ensure, Context, Result};

const CSV: &str = include_str!("../../data/2020-03-12_13.csv");

/// Last prices known at `time`, USD.
#[derive(Debug, Clone)]
pub(super) struct Hour {
    pub(super) time: u64,
    pub(super) btc: String,
    pub(super) eth: String,
    pub(super) link: String,
}

/// Every hour, in order.
pub(super) fn march_2020() -> Result<Vec<Hour>> {
    let hours: Vec<Hour> = CSV.lines().skip(1).map(hour).collect::<Result<_>>()?;
    ensure!(
        hours.windows(2).all(|w| w[0].time < w[1].time),
        "prices are out of order"
    );
    Ok(hours)
}

fn hour(line: &str) -> Result<Hour> {
    let mut fields = line.split(',');
    let mut next = || fields.next().with_context(|| format!("short row: {line}"));
    Ok(Hour {
        time: next()?
            .parse()
            .with_context(|| format!("bad time: {line}"))?,
        btc: next()?.into(),
        eth: next()?.into(),
        link: next()?.into(),
    })
}
