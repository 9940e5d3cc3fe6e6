//! `ballast report`: its data, its page, and the page in a real browser.

use std::collections::BTreeSet;

use alloy::primitives::U256;
use anyhow::{Context, Result};
use ballast::{
    abi::{IPriceFeed, Policy},
    keeper,
    local::{
        chain,
        stage::{usd, Listing},
    },
};

use crate::scene::{assert_schema, Scene};

/// Six rebalances at weights that a proposal moves each time, prices that move meanwhile, one asset with a hostile name.
pub(crate) async fn lived() -> Result<Scene> {
    let mut setting = e2e::four_assets();
    setting.listings[3] = Listing::new("<script>alert(1)</script>\"'&", 18, "15", 100_000);
    let mut scene = Scene::of(setting).await?;
    let fillers = [
        scene.theatre.hostile_filler(0, 0).await?,
        scene.theatre.hostile_filler(9, 20).await?,
        scene.theatre.hostile_filler(9, 60).await?,
    ];
    let weights = [
        [4_000, 3_000, 2_000, 1_000],
        [3_400, 3_300, 2_300, 1_000],
        [3_900, 2_700, 2_200, 1_200],
        [3_500, 3_100, 2_500, 900],
        [4_200, 2_900, 1_900, 1_000],
        [3_600, 3_200, 2_200, 1_000],
    ];
    let prices = ["2000", "2080", "2150", "2040", "1930", "2110"];
    for (round, (weights, price)) in weights.iter().zip(prices).enumerate() {
        let theatre = &mut scene.theatre;
        theatre.set_price("WETH", price).await?;
        // The supply changes half-way.
        if round == 3 {
            theatre.mint(theatre.cast.alice, usd(50_000)).await?;
        }
        let mut call = theatre.targets_call(weights, 150).await?;
        call.duration = U256::from(2 * 86_400);
        theatre.govern(theatre.suite.policy, call).await?;
        chain::advance_by(&theatre.client, 2 * 86_400).await?;
        theatre.publish().await?;
        if let Ok(plan) = theatre.plan().await {
            if plan.reason != 0 {
                let call = theatre.call_of(&plan, fillers[round % 3]).await?;
                let done =
                    keeper::execute(&theatre.client, &theatre.suite, theatre.cast.keeper, call);
                done.await?.map_err(anyhow::Error::from)?;
            }
        }
        chain::advance_by(&theatre.client, 8 * 86_400).await?;
        theatre.publish().await?;
    }
    // What waits and what the guardian holds: a grant, a tighter limit, a sell-only asset.
    let theatre = &scene.theatre;
    let (policy, guardian) = (theatre.suite.policy, theatre.cast.guardian);
    let grant = Policy::grantRoleCall {
        role: ballast::local::stage::role("GUARDIAN_ROLE"),
        account: theatre.cast.bob,
    };
    theatre.govern(policy, grant).await?;
    let limit = Policy::setLimitCall {
        id: U256::ZERO,
        value: U256::from(30),
    };
    theatre.client.send(guardian, policy, limit).await?;
    let mode = Policy::setModeCall {
        token: theatre.members[3].token,
        mode: U256::from(1),
    };
    theatre.client.send(guardian, policy, mode).await?;
    let weights = [3_600, 3_200, 2_000, 1_200];
    let mut call = theatre.targets_call(&weights, 150).await?;
    call.duration = U256::from(5 * 86_400);
    theatre.govern(policy, call).await?;
    Ok(scene)
}

/// What stands between `open` and the next `close`, each time.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    let parts = text.split(open).skip(1);
    parts.filter_map(|part| part.split(close).next()).collect()
}

/// Every element is closed in its order: what a parser would otherwise mend by guessing.
fn assert_well_formed(page: &str) {
    const EMPTY: [&str; 3] = ["meta", "br", "!DOCTYPE"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').expect("a tag ends");
        rest = after;
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap_or_default();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "closed out of order: <{tag}>");
        } else if !EMPTY.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn report_is_one_page_that_needs_nothing_else() -> Result<()> {
    let scene = lived().await?;
    let theatre = &scene.theatre;
    let data = scene
        .run(&[
            "--json",
            "report",
            "--html",
            "out.html",
            "--events",
            "events.json",
        ])
        .await?
        .json()?;
    assert_schema("report", &data);
    let page = std::fs::read_to_string(scene.directory.path().join("out.html"))?;
    // For whoever wants to look at it.
    if let Ok(to) = std::env::var("REPORT_PAGE") {
        std::fs::write(to, &page)?;
    }

    // The data are what the chain says.
    let rebalances = data["rebalances"].as_array().context("rebalances")?;
    let state = theatre.client.call(
        theatre.suite.rebalancer,
        ballast::abi::Rebalancer::stateCall {},
    );
    assert_eq!(U256::from(rebalances.len()), state.await?.nonce);
    assert!(rebalances.len() >= 4, "{}", rebalances.len());
    for done in rebalances {
        let (cost, bound) = (done["cost_bps"].as_i64(), done["allowed_bps"].as_i64());
        assert!(cost <= bound, "{done:#}");
        assert!(
            done["trades"].as_array().is_some_and(|t| t.len() >= 2),
            "{done:#}"
        );
    }
    let now = data["value"]
        .as_array()
        .and_then(|v| v.last())
        .context("value")?;
    assert_eq!(now["nav_per_share_wad"], data["state"]["nav_per_share_wad"]);
    // Before the mint by the seed, after it by what there is now.
    let amount =
        |value: &serde_json::Value| -> Result<U256> { Ok(serde_json::from_value(value.clone())?) };
    let (first, last) = (&rebalances[0], &rebalances[rebalances.len() - 1]);
    let values = data["value"].as_array().context("value")?;
    let supply = theatre.supply().await?;
    assert_eq!(supply, usd(1_050_000));
    for (done, point, supply) in [
        (first, &values[0], usd(1_000_000)),
        (last, &values[values.len() - 2], supply),
    ] {
        let wanted = amount(&done["nav_after_wad"])? * usd(1) / supply;
        assert_eq!(amount(&point["nav_per_share_wad"])?, wanted);
    }
    let whose = |role: &str, standing: &str| -> Vec<String> {
        let roles = data["roles"].as_array().cloned().unwrap_or_default();
        let wanted = roles
            .iter()
            .filter(|r| r["role"] == role && r["standing"] == standing);
        wanted
            .filter_map(|r| r["account"].as_str().map(str::to_lowercase))
            .collect()
    };
    let text = |account: alloy::primitives::Address| account.to_string().to_lowercase();
    assert_eq!(whose("owner", "held"), [text(theatre.dao.timelock)]);
    assert_eq!(whose("governor", "held"), [text(theatre.dao.timelock)]);
    assert_eq!(whose("guardian", "held"), [text(theatre.cast.guardian)]);
    assert_eq!(whose("guardian", "waits"), [text(theatre.cast.bob)]);
    let pending = data["state"]["pending"].as_array().context("pending")?;
    let kinds: BTreeSet<_> = pending.iter().filter_map(|p| p["what"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["grant", "targets"]));
    assert_eq!(data["state"]["guardian"].as_array().map(Vec::len), Some(2));

    // The page: nothing foreign, nothing that runs, nothing a token's name could add.
    assert_well_formed(&page);
    for foreign in [
        "http://",
        "https://",
        "//cdn",
        "src=",
        "url(",
        "@import",
        "<script",
        "<link",
        "<iframe",
        "onload",
        "javascript:",
    ] {
        let outside = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains(foreign), "the page has {foreign}");
    }
    assert!(
        page.contains("&lt;script&gt;alert(1)"),
        "the hostile name is not shown as text"
    );
    let ids = between(&page, " id=\"", "\"");
    let unique: BTreeSet<_> = ids.iter().collect();
    assert!(ids.len() > 8 && ids.len() == unique.len(), "{ids:?}");
    for target in between(&page, "href=\"#", "\"") {
        assert!(unique.contains(&target), "#{target} leads nowhere");
    }
    for named in between(&page, "aria-labelledby=\"", "\"") {
        for id in named.split(' ') {
            assert!(unique.contains(&id), "{id} names nothing");
        }
    }
    for picture in between(&page, "<svg ", "</svg>") {
        assert!(
            picture.contains("role=\"img\"")
                && picture.contains("<title")
                && picture.contains("<desc")
        );
    }
    for table in between(&page, "<table>", "</table>") {
        assert!(
            table.contains("<caption>") && table.contains("scope=\"col\""),
            "{table}"
        );
    }
    assert!(page.contains("<html lang=\"en\">") && page.contains("prefers-reduced-motion"));
    assert_eq!(page.matches("<h1>").count(), 1);

    // A second run goes on where this one ended, and says the same.
    let again = scene
        .run(&["--json", "report", "--events", "events.json"])
        .await?
        .json()?;
    assert_eq!(again["rebalances"], data["rebalances"]);
    assert_eq!(again["value"], data["value"]);

    // Without prices there is still a report, with the reason in it.
    let dead = IPriceFeed::setModeCall { mode: 1 };
    let feed = theatre.members[0].feed;
    theatre.client.send(theatre.cast.maker, feed, dead).await?;
    let data = scene
        .run(&["--json", "report", "--html", "out.html"])
        .await?
        .json()?;
    assert_schema("report", &data);
    assert!(data["state"]["nav_wad"].is_null());
    let page = std::fs::read_to_string(scene.directory.path().join("out.html"))?;
    assert_well_formed(&page);
    assert!(page.contains("The value is not known now."));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_named() -> Result<()> {
    let scene = Scene::new().await?;
    let ran = scene.run(&["report"]).await?;
    assert!(
        ran.code == 3 && ran.err.contains("--html"),
        "{} {}",
        ran.code,
        ran.err
    );
    std::fs::write(scene.directory.path().join("events.json"), "{")?;
    let ran = scene
        .run(&["--json", "report", "--events", "events.json"])
        .await?;
    let message = ran.failure()?["message"].to_string();
    assert!(
        ran.code == 3 && message.contains("events.json"),
        "{message}"
    );
    let ran = scene
        .run(&["--json", "report", "--html", "no/such/out.html"])
        .await?;
    let message = ran.failure()?["message"].to_string();
    assert!(ran.code == 3 && message.contains("out.html"), "{message}");
    Ok(())
}
