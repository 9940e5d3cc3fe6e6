//! The demo's document: what it promises is in it.

use std::process::Command;

use anyhow::{ensure, Context, Result};
use serde_json::Value;

#[test]
fn demo_rebalances_refuses_and_redeems() -> Result<()> {
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "ballast",
            "--bin",
            "demo",
            "--",
            "--json",
        ])
        .current_dir(demo)
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // Nothing but the document on standard output.
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let list = |name: &str| {
        report[name]
            .as_array()
            .with_context(|| format!("no {name}"))
    };

    assert_eq!(report["chain_id"], 412_346);
    assert_eq!(list("programs")?.len(), 6);
    for p in list("programs")? {
        let number = |field: &str| p[field].as_u64().with_context(|| format!("{field} of {p}"));
        assert!(number("compressed_bytes")? <= 49_152, "{p}");
        assert!(number("wasm_bytes")? <= 196_608, "{p}");
        assert!(number("data_bytes")? <= 8_192, "{p}");
        assert!(number("pages")? <= 2, "{p}");
    }
    let governance = &report["governance"];
    assert_eq!(
        governance["targets_bps"],
        serde_json::json!([3_000, 3_500, 2_500, 1_000])
    );
    assert_eq!(governance["timelock_delay_s"], 172_800);

    assert!(
        list("rebalances")?.len() >= 3,
        "{} rebalances",
        list("rebalances")?.len()
    );
    for r in list("rebalances")? {
        let number = |field: &str| r[field].as_f64().with_context(|| format!("{field} of {r}"));
        assert_eq!(r["assets"], 4);
        assert!(
            number("distance_after_bps")? < number("distance_before_bps")?,
            "{r}"
        );
        assert!(
            number("loss_bps")? <= number("turnover_bps")? * 0.005 + 1.0,
            "{r}"
        );
    }
    let attempts: Vec<_> = list("refused")?
        .iter()
        .map(|r| r["attempt"].as_str())
        .collect();
    for attempt in [
        "rebalance through a pool pushed off the oracle price",
        "rebalance inside the band",
        "rebalance during the cooldown",
        "rebalance on a stale price",
        "rebalance while the sequencer is down",
        "a stranger sets targets",
        "a stranger calls execute",
        "the guardian loosens the slippage limit",
    ] {
        assert!(attempts.contains(&Some(attempt)), "{attempt} was not tried");
    }
    for r in list("refused")? {
        let error = r["error"].as_str().context("no error")?;
        assert!(
            error.starts_with(|c: char| c.is_ascii_uppercase()) && error.contains('('),
            "{r}"
        );
    }
    let wad = |field: &str| -> Result<f64> {
        Ok(report["redemption"][field]
            .as_str()
            .context("no value")?
            .parse()?)
    };
    let (value_in, value_out) = (wad("value_in")?, wad("value_out")?);
    assert!(
        value_out <= value_in && value_in - value_out < 1e16,
        "{value_out} for {value_in}"
    );
    Ok(())
}
