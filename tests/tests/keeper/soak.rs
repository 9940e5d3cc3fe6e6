//! Every fault once, over a day of March 2020; `cargo xtask soak` goes on for 10,000 blocks.

use anyhow::Result;
use e2e::soak::{run, Options};

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_once_and_no_window_missed_and_nothing_lost() -> Result<()> {
    let options = Options {
        blocks: 300,
        block_s: 300,
        every: 6,
        program: env!("CARGO_BIN_EXE_soak").into(),
        flaw: None,
    };
    let report = run(&options, |_, _| {}).await?;
    for verdict in report.verdicts() {
        assert!(verdict.holds, "{}: {report:#?}", verdict.words);
    }
    assert!(report.failed_turns > 0, "nothing broke: {report:#?}");
    assert!(report.rebalanced > 3 && report.observed > 0, "{report:#?}");
    Ok(())
}
