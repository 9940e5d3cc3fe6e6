//! What is wrong with a file is told with its name and line; the committed files are what their README says.

use std::path::{Path, PathBuf};

use anyhow::Result;
use ballast_replay::{History, Problem, Settings};
use tempfile::TempDir;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Writes `text` to a file called `name` and reads it with `read`.
fn problem<T>(
    name: &str,
    text: &str,
    read: impl Fn(&Path) -> Result<T, Problem>,
) -> Result<String> {
    let directory = TempDir::new()?;
    let path = directory.path().join(name);
    std::fs::write(&path, text)?;
    let Err(problem) = read(&path) else {
        anyhow::bail!("{text:?} was read");
    };
    assert_eq!(problem.file, path);
    let line = problem.line.map_or("-".into(), |line| line.to_string());
    Ok(format!("{line}: {}", problem.what))
}

#[test]
fn a_broken_csv_is_refused_with_its_line() -> Result<()> {
    for (text, expected) in [
        (
            "",
            "1: the header must be unix_seconds and the names of one or more series",
        ),
        (
            "time,BTC\n1,2\n",
            "1: the header must be unix_seconds and the names of one or more series",
        ),
        (
            "unix_seconds\n1\n",
            "1: the header must be unix_seconds and the names of one or more series",
        ),
        (
            "unix_seconds,BTC,BTC\n1,2,3\n",
            "1: column 3 has no name of its own: \"BTC\"",
        ),
        ("unix_seconds,BTC\n", "-: there are no prices in it"),
        (
            "unix_seconds,BTC\n1,2\n2,3,4\n",
            "3: 3 fields where the header has 2",
        ),
        (
            "unix_seconds,BTC\n1,2\nsoon,3\n",
            "3: \"soon\" is no time in whole seconds",
        ),
        (
            "unix_seconds,BTC\n5,2\n5,3\n",
            "3: time 5 does not come after the row before",
        ),
        (
            "unix_seconds,BTC\n1,2\n2,\n",
            "3: \"\" is no price: not a plain decimal number",
        ),
        (
            "unix_seconds,BTC\n1,-2\n",
            "2: \"-2\" is no price: not a plain decimal number",
        ),
        (
            "unix_seconds,BTC\n1,0\n",
            "2: \"0\" is no price: not above zero",
        ),
        (
            "unix_seconds,BTC\n\n1,2\n2,1e9\n",
            "4: \"1e9\" is no price: not a plain decimal number",
        ),
    ] {
        let found = problem("btc.csv", text, |path| History::read(&[path]))?;
        assert_eq!(found, expected, "{text:?}");
    }
    let nowhere = History::read(&["/nowhere/btc.csv"]).unwrap_err();
    assert!(
        nowhere
            .to_string()
            .starts_with("/nowhere/btc.csv: cannot be read"),
        "{nowhere}"
    );
    Ok(())
}

#[test]
fn files_are_joined_where_all_of_them_have_prices() -> Result<()> {
    let directory = TempDir::new()?;
    let path = |name: &str| directory.path().join(name);
    std::fs::write(
        path("btc_usd_1h.csv"),
        "unix_seconds,price_usd\n1,10\n2,20\n4,40\n",
    )?;
    std::fs::write(
        path("rest.csv"),
        "unix_seconds,ETH,USDC\n2,1,1\n3,2,1\n4,3,0.9\n",
    )?;
    let both = History::read(&[path("btc_usd_1h.csv"), path("rest.csv")])?;
    assert_eq!(both.times, [2, 4]);
    let names: Vec<&str> = both.series.keys().map(String::as_str).collect();
    assert_eq!(names, ["BTC", "ETH", "USDC"]);
    assert_eq!(both.series["BTC"], [2_000_000_000, 4_000_000_000]);
    assert_eq!(both.series["USDC"], [100_000_000, 90_000_000]);
    assert_eq!(both.between(3, 9).series["ETH"], [300_000_000]);

    std::fs::write(path("more.csv"), "unix_seconds,ETH\n2,1\n")?;
    let twice = History::read(&[path("rest.csv"), path("more.csv")]).unwrap_err();
    assert!(
        twice
            .to_string()
            .ends_with("more.csv:1: ETH is in another file too"),
        "{twice}"
    );
    Ok(())
}

#[test]
fn a_broken_policy_is_refused_with_its_line() -> Result<()> {
    let good = std::fs::read_to_string(data("policies/three-assets.toml"))?;
    let line = |needle: &str| -> u64 {
        let place = good.lines().position(|l| l.contains(needle));
        place.map_or(0, |n| n as u64 + 1)
    };
    let weth = line("symbol = \"WETH\"");
    for (old, new, expected) in [
        (
            "weight_bps = 3000",
            "weight_bps = 2999",
            format!(
                "{}: weights sum to 9999 bps, not to 10,000",
                line("weight_bps = 3000")
            ),
        ),
        (
            "band_bps = 300\n",
            "band_bps = 0\n",
            format!("{weth}: WETH: weight and band must be above 0, the band at most 10,000 bps"),
        ),
        (
            "heartbeat_s = 86400 ",
            "heartbeat_s = 60 ",
            format!("{weth}: WETH: a heartbeat lasts from an hour to 30 days: 3600 to 2592000"),
        ),
        (
            "max_slippage_bps",
            "greatest_slippage",
            format!(
                "{}: greatest_slippage is no limit",
                line("max_slippage_bps")
            ),
        ),
        (
            "fee = 500",
            "fee = 501",
            format!(
                "{}: 501 is no fee: 100, 500, 3000 or 10000",
                line("fee = 500")
            ),
        ),
        (
            "symbol = \"WBTC\"",
            "symbol = \"WETH\"",
            format!("{weth}: WETH: listed twice"),
        ),
        (
            "min_usd = \"0.95\"",
            "min_usd = \"cheap\"",
            format!(
                "{}: USDC: \"cheap\" is no price: not a plain decimal number",
                line("symbol = \"USDC\"")
            ),
        ),
        (
            "observe_every_h = 3",
            "observe_every_h = 6",
            format!(
                "{}: from 1 to 5: the oracle refuses after 6 hours",
                line("observe_every_h")
            ),
        ),
        (
            "breaker_bps = 30000",
            "breaker_bps = 8000",
            format!("{weth}: WETH: the breaker must be above the volatility it refers to"),
        ),
    ] {
        assert!(good.contains(old), "{old}");
        let broken = good.replacen(old, new, 1);
        assert_eq!(problem("p.toml", &broken, Settings::read)?, expected);
    }
    for (old, new, at) in [
        (
            "treasury_usd = 10_000_000",
            "treasury_usd = ten",
            line("treasury_usd"),
        ),
        ("decimals = 18", "decimal = 18", line("decimals = 18")),
        (
            "weight_bps = 4000",
            "weight_bps = -1",
            line("weight_bps = 4000"),
        ),
        ("[market]", "[market", line("[market]")),
    ] {
        let found = problem("p.toml", &good.replacen(old, new, 1), Settings::read)?;
        assert!(found.starts_with(&format!("{at}: ")), "{new}: {found}");
    }
    Ok(())
}

#[test]
fn the_committed_prices_hold_the_three_crises() -> Result<()> {
    let history = History::read(&[data("data/btc_eth_usdc_1h_2020-2024.csv")])?;
    assert_eq!(history.times.first(), Some(&1_577_836_800));
    assert_eq!(history.times.last(), Some(&1_735_689_600));
    let at = |series: &str, time: u64| -> u64 {
        let place = history.times.iter().position(|t| *t == time);
        place.map_or(0, |n| history.series[series][n])
    };
    // 2020-03-13 02:00, 2023-03-11 13:00, both UTC: the lowest hours of both crises, as the data's README has them.
    assert_eq!(at("BTC", 1_584_064_800), 413_064_000_000);
    assert_eq!(at("ETH", 1_584_064_800), 9_662_000_000);
    assert_eq!(at("USDC", 1_678_539_600), 90_100_000);
    let off: Vec<u64> = history
        .times
        .iter()
        .copied()
        .filter(|t| at("USDC", *t) != 100_000_000)
        .collect();
    assert!(off
        .iter()
        .all(|t| (1_677_632_400..=1_679_443_200).contains(t)));

    let ust = History::read(&[
        data("data/ust_usd_1h_2022-05.csv"),
        data("data/btc_eth_usdc_1h_2020-2024.csv"),
    ])?;
    assert_eq!(ust.times.len(), 380);
    assert!(ust.series["UST"].iter().any(|p| *p < 6_000_000));
    for policy in ["three-assets", "ust"] {
        let settings = Settings::read(&data(&format!("policies/{policy}.toml")))?;
        for asset in &settings.asset {
            assert!(
                ust.series.contains_key(asset.series()),
                "{}",
                asset.series()
            );
        }
    }
    Ok(())
}
