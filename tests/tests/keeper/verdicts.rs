//! The soak's verdicts, seen red: keepers that are worse on purpose, and the one rule of each that must notice.

use anyhow::{Context, Result};
use e2e::soak::{run, Flaw, Options, Report, Rule, GROWTH_MAX, MISSED_MAX};

/// Eight hours of 12 March 2020 without faults.
async fn seen(flaw: Option<Flaw>) -> Result<Report> {
    let options = Options {
        blocks: 96,
        block_s: 300,
        every: 10_000,
        program: env!("CARGO_BIN_EXE_soak").into(),
        flaw,
    };
    run(&options, |_, _| {}).await
}

/// Which rules do not hold, that of the faults aside: there were none.
fn red(report: &Report) -> Vec<Rule> {
    let verdicts = report.verdicts().into_iter();
    let red = verdicts.filter(|verdict| !verdict.holds && verdict.rule != Rule::Faults);
    red.map(|verdict| verdict.rule).collect()
}

fn words(report: &Report, rule: Rule) -> Result<String> {
    let mut verdicts = report.verdicts().into_iter();
    let verdict = verdicts.find(|verdict| verdict.rule == rule);
    Ok(verdict.context("a verdict of each rule")?.words)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_that_does_its_work_breaks_no_rule() -> Result<()> {
    let report = seen(None).await?;
    assert_eq!(red(&report), [], "{report:#?}");
    assert!(report.rebalanced > 1 && report.windows > 1, "{report:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_that_sleeps_misses_windows() -> Result<()> {
    let report = seen(Some(Flaw::Sleeps)).await?;
    assert_eq!(red(&report), [Rule::Windows], "{report:#?}");
    assert!(report.longest_delay > MISSED_MAX, "{report:#?}");
    let at_most = format!("{} at most", report.longest_delay);
    assert!(words(&report, Rule::Windows)?.contains(&at_most));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_that_believes_too_much_makes_losses() -> Result<()> {
    let report = seen(Some(Flaw::Credulous)).await?;
    let red = red(&report);
    assert!(red.contains(&Rule::Losses), "{report:#?}");
    assert!(
        !red.contains(&Rule::Windows) && !red.contains(&Rule::Reverts),
        "{report:#?}"
    );
    let least = report.least_profit.context("a rebalance")?;
    assert!(least < 0.0, "{report:#?}");
    let told = words(&report, Rule::Losses)?;
    assert!(
        told.contains(&format!(
            "{} of {}, which brought {least:.2} USD",
            report.losses, report.rebalanced
        )),
        "{told}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_that_does_not_simulate_reverts() -> Result<()> {
    let report = seen(Some(Flaw::Blind)).await?;
    assert_eq!(red(&report), [Rule::Reverts], "{report:#?}");
    assert!(words(&report, Rule::Reverts)?.ends_with(&format!(": {}", report.reverted)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_that_keeps_everything_grows() -> Result<()> {
    let report = seen(Some(Flaw::Hoards)).await?;
    assert_eq!(red(&report), [Rule::Memory], "{report:#?}");
    let (warm, end) = report.rss_kb;
    assert!(end > warm + warm * GROWTH_MAX / 100, "{report:#?}");
    assert!(words(&report, Rule::Memory)?.contains(&format!("{warm} kB after warm-up, {end} kB")));
    Ok(())
}
