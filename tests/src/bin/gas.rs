//! Measures what Ballast costs and prints it as JSON; `cargo xtask gas` makes snapshot and table of it.

use anyhow::Result;
use e2e::gas::{measure, SIZES};

#[tokio::main]
async fn main() -> Result<()> {
    let all = measure(&SIZES).await?;
    println!("{}", serde_json::to_string(&all)?);
    Ok(())
}
