//! `ballast propose`.

use alloy::{
    primitives::{keccak256, Bytes, U256},
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use ballast::{
    abi::{IGovernor, Policy},
    local::{chain, dao},
};
use serde_json::Value;

use crate::scene::{assert_schema, Scene};

fn row<'a>(proposed: &'a Value, what: &str) -> Option<&'a Value> {
    let rows = proposed["difference"].as_array()?;
    rows.iter().find(|row| row["what"] == what)
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_are_proposed_with_difference_trades_and_cost() -> Result<()> {
    let scene = Scene::new().await?;
    let governor = scene.theatre.dao.governor.to_string();
    let command = [
        "--json",
        "propose",
        "targets",
        "WETH=30",
        "WBTC=35",
        "USDC=25",
        "LINK=10",
        "--band",
        "2",
        "--governor",
        &governor,
    ];
    let proposed = scene.run(&command).await?.json()?;
    assert_schema("propose", &proposed);
    let weight = row(&proposed, "target weight of WETH").context("no row of WETH")?;
    assert_eq!(weight["before"], "40 %");
    assert_eq!(weight["after"], "30 %");
    let band = row(&proposed, "band of LINK").context("no row of LINK's band")?;
    assert_eq!(
        (&band["before"], &band["after"]),
        (&"1 %".into(), &"2 %".into())
    );

    // 10 % of NAV changes hands; the shortest ramp at 25 % a day is 9.6 hours, rounded up to whole ones.
    let data: Bytes = serde_json::from_value(proposed["changes"][0]["data"].clone())?;
    let call = Policy::setTargetsCall::abi_decode(&data)?;
    assert_eq!(call.duration, U256::from(10 * 3600));
    let expected = &proposed["expected"];
    assert_eq!(expected["distance_bps"], 1000);
    let sold: f64 = expected["trades"]
        .as_array()
        .context("no trades")?
        .iter()
        .map(|trade| {
            let wad = trade["value_wad"].as_str().unwrap_or_default();
            wad.parse::<U256>()
                .unwrap_or_default()
                .saturating_to::<u128>() as f64
                / 1e18
        })
        .sum();
    assert!((99_900.0..=100_001.0).contains(&sold), "{sold}");
    // Pools of 10,000,000 a side with a fee of 0.05 %: the fee, and about 1 % of price impact for 100,000.
    let cost = expected["cost"]["bps_e2"].as_i64().context("no cost")?;
    assert!((50..=1500).contains(&cost), "{cost} hundredths of a bp");
    let most = expected["most"]["bps_e2"].as_i64().context("no bound")?;
    // Half a percent of 10 % of NAV.
    assert!((495..=500).contains(&most), "{most}");

    // The Governor gives it that id, and the vote makes it so.
    let told: U256 = serde_json::from_value(proposed["governor"]["proposal_id"].clone())?;
    let description = proposed["governor"]["description"]
        .as_str()
        .context("no description")?;
    let theatre = &scene.theatre;
    let ask = IGovernor::hashProposalCall {
        targets: vec![theatre.suite.policy],
        values: vec![U256::ZERO],
        calldatas: vec![data],
        descriptionHash: keccak256(description),
    };
    assert_eq!(theatre.client.call(theatre.dao.governor, ask).await?, told);
    for (field, wait) in [
        ("propose", dao::VOTING_DELAY_S + 1),
        ("vote", dao::VOTING_PERIOD_S + 1),
        ("queue", dao::TIMELOCK_DELAY_S + 1),
        ("execute", 20 * 3600),
    ] {
        let data: Bytes = match field {
            "vote" => IGovernor::castVoteCall {
                proposalId: told,
                support: 1,
            }
            .abi_encode()
            .into(),
            field => serde_json::from_value(proposed["governor"][field].clone())?,
        };
        let (voter, governor) = (theatre.dao.voter, theatre.dao.governor);
        let sent = theatre
            .client
            .send_raw(voter, Some(governor), U256::ZERO, data.to_vec());
        assert!(sent.await?.status(), "{field}");
        chain::advance_by(&theatre.client, wait).await?;
    }
    let after = theatre
        .client
        .call(theatre.suite.policy, Policy::targetsCall {})
        .await?;
    assert_eq!(after.weightsBps, [3000, 3500, 2500, 1000].map(U256::from));
    assert_eq!(after.bandsBps, [200; 4].map(U256::from));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_tell_which_way_they_go_and_people_can_read_it() -> Result<()> {
    let scene = Scene::new().await?;
    let changes = [
        "propose",
        "limit",
        "max-slippage=1%",
        "cooldown=2h",
        "+",
        "mode",
        "LINK",
        "sell-only",
    ];
    let proposed = scene
        .run(&[&["--json"], &changes[..]].concat())
        .await?
        .json()?;
    assert_schema("propose", &proposed);
    let slippage = row(&proposed, "limit MAX_SLIPPAGE_BPS").context("no slippage")?;
    assert_eq!(slippage["effect"], "looser");
    let cooldown = row(&proposed, "limit COOLDOWN_S").context("no cooldown")?;
    assert_eq!(cooldown["effect"], "tighter");
    assert_eq!(proposed["changes"].as_array().map(Vec::len), Some(3));

    // The same over a WebSocket, but for the date in the Safe's document.
    let url = scene.theatre.node.url().replacen("http", "ws", 1);
    let over = [&["--json", "--rpc", &url], &changes[..]].concat();
    let again = scene.run(&over).await?.json()?;
    assert_eq!(again["governor"], proposed["governor"]);
    assert_eq!(again["difference"], proposed["difference"]);

    let out = scene.directory.path().join("proposal");
    let directory = out.to_str().context("a path in words")?;
    let text = scene
        .run(&[&changes[..], &["--out", directory]].concat())
        .await?;
    assert_eq!(text.code, 0, "{}", text.err);
    for words in [
        "0.5 % -> 1 %  (LOOSER)",
        "1 h -> 2 h  (tighter)",
        "normal -> sell-only",
    ] {
        assert!(text.out.contains(words), "{words}: {}", text.out);
    }
    for file in [
        "governor",
        "timelock",
        "safe",
        "safe-later",
        "aragon",
        "upgrade-executor",
    ] {
        let text = std::fs::read_to_string(out.join(format!("{file}.json")))?;
        serde_json::from_str::<Value>(&text)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_name_the_nonce_that_earlier_changes_leave() -> Result<()> {
    let scene = Scene::new().await?;
    let command = [
        "--json",
        "propose",
        "limit",
        "cooldown=2h",
        "max-slippage=0.4%",
        "+",
        "mode",
        "LINK",
        "sell-only",
        "+",
        "unpause-mint",
        "+",
        "targets",
        "WETH=50",
        "WBTC=50",
    ];
    let proposed = scene.run(&command).await?.json()?;
    assert_schema("propose", &proposed);
    let data: Bytes = serde_json::from_value(proposed["changes"][4]["data"].clone())?;
    let call = Policy::setTargetsCall::abi_decode(&data)?;
    let nonce = Policy::governanceNonceCall {};
    let stage = &scene.theatre;
    let now = stage.client.call(stage.suite.policy, nonce).await?;
    assert_eq!(call.expectedNonce, now + U256::from(3));
    // Trades are judged by the limits and modes that the proposal leaves: LINK is sold, and 0.4 % is the most.
    let expected = &proposed["expected"];
    let trades = expected["trades"].as_array().context("no trades")?;
    assert!(trades.iter().any(|trade| trade["sell_symbol"] == "LINK"));
    // 30 % of NAV changes hands.
    let most = expected["most"]["bps_e2"].as_i64().context("no bound")?;
    assert!((1_195..=1_200).contains(&most), "{most}");
    let notes = proposed["notes"].to_string();
    assert!(notes.contains("in slices"), "{notes}");
    // What is not named is on its way out.
    let link = row(&proposed, "target weight of LINK").context("no row of LINK")?;
    assert_eq!(link["before"], "10 %");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_before_anybody_votes() -> Result<()> {
    let scene = Scene::new().await?;
    let long = [
        "targets",
        "WETH=20",
        "WBTC=60",
        "USDC=15",
        "LINK=5",
        "--duration",
        "1h",
    ];
    for (change, code, words) in [
        (&["targets", "WETH=30", "WBTC=35"][..], 3, "65 %"),
        (&["targets", "WETH=50", "weth=50"], 3, "named twice"),
        (&["targets", "WETH=50", "DOGE=50"], 3, "DOGE"),
        (&["targets", "WETH=40.001", "WBTC=59.999"], 3, "40.001"),
        (&["targets", "WETH=100", "--band", "0"], 3, "band"),
        (&["targets", "WETH=100", "--band", "101"], 3, "101 %"),
        (&["targets", "WETH=100", "--duration", "366d"], 3, "365 d"),
        (&["targets", "WETH=100", "--start", "1600000000"], 3, "past"),
        (&["targets", "WETH=100", "--start", "+366d"], 3, "latest"),
        (&["targets", "WETH=100", "--nonce", "77"], 3, "77"),
        (&long[..], 3, "25 % of NAV a day"),
        (&["limit", "MAX_SLIPAGE=1"], 3, "MAX_SLIPAGE"),
        (&["limit", "max-slippage=1h"], 3, "1h"),
        (&["limit", "max-slippage=4%"], 5, "PolicyLimitOutOfRange"),
        (&["mode", "LINK", "asleep"], 3, "asleep"),
        (&["mode", "LINK"], 3, "mode is missing"),
        (&["mode", "LINK", "normal", "more"], 3, "one too many"),
        (&["dance"], 3, "dance"),
        (&["unpause-mint", "+"], 3, "+"),
        (&["unpause-mint", "--delay", "1h"], 3, "at least 2 d"),
        (&["unpause-mint", "--send"], 3, "sends nothing"),
        (
            &["unpause-mint", "--sender", "guardian"],
            5,
            "VaultUnauthorized",
        ),
    ] {
        let ran = scene
            .run(&[&["--json", "propose"], change].concat())
            .await?;
        assert_eq!(ran.code, code, "{change:?}: {} {}", ran.out, ran.err);
        let message = ran.failure()?["message"].to_string();
        assert!(message.contains(words), "{change:?}: {message}");
        assert!(ran.out.is_empty(), "{change:?}: {}", ran.out);
    }
    Ok(())
}
