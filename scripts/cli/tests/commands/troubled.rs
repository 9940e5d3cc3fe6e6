//! A node that answers with errors of its own: they are neither a contract's word nor a proof that nothing was sent.

use std::sync::{
    atomic::{AtomicUsize, Ordering},
    Arc,
};

use alloy::{
    primitives::U256,
    providers::{DynProvider, Provider, ProviderBuilder},
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use ballast::{
    abi::{lens::Lens, IUniswapV3Pool, Oracle, Policy, Rebalancer, Vault, IERC20},
    client::http,
    local::stage::usd,
};
use e2e::proxy::{forward, serve, Reply};
use serde_json::{json, Value};

use crate::{
    keeping,
    scene::{Ran, Scene},
};

/// What a node does with a request that is picked.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// Carries it out, and answers with this error.
    After(i64, &'static str),
    /// Answers with this error at once.
    Instead(i64, &'static str),
}

/// A node in trouble: where it listens, and how often it was.
struct Troubled {
    url: String,
    times: Arc<AtomicUsize>,
}

/// The node of `scene` behind one that has `trouble` with the first `most` requests that `picks` picks.
async fn troubled(
    scene: &Scene,
    trouble: Trouble,
    most: usize,
    picks: impl Fn(&Value) -> bool + Clone + Send + Sync + 'static,
) -> Result<Troubled> {
    let connection = http(&scene.theatre.node.url())?;
    let node: DynProvider = ProviderBuilder::new().connect_client(connection).erased();
    let times = Arc::new(AtomicUsize::new(0));
    let counted = times.clone();
    let url = serve(move |request| {
        let (node, counted, picks) = (node.clone(), counted.clone(), picks.clone());
        async move {
            if !picks(&request) || counted.fetch_add(1, Ordering::SeqCst) >= most {
                return forward(&node, &request).await;
            }
            let (code, message) = match trouble {
                Trouble::After(code, message) => {
                    drop(forward(&node, &request).await);
                    (code, message)
                }
                Trouble::Instead(code, message) => (code, message),
            };
            let error = json!({ "code": code, "message": message });
            let id = &request["id"];
            Reply::Answer(200, json!({ "jsonrpc": "2.0", "id": id, "error": error }))
        }
    });
    Ok(Troubled {
        url: url.await?,
        times,
    })
}

fn is_send(request: &Value) -> bool {
    request["method"] == "eth_sendRawTransaction"
}

/// Bob, who has 1,000 shares, redeems 400 through `url`.
async fn redeem(scene: &Scene, url: &str) -> Result<Ran> {
    let key = scene.key(scene.theatre.cast.bob)?;
    let variables = [("BALLAST_PRIVATE_KEY", key.as_str()), ("BALLAST_RPC", url)];
    let arguments = ["--json", "--send", "--yes", "redeem", "400"];
    scene.run_with(&variables, &arguments).await
}

/// Bob's nonce, and his shares.
async fn bob(scene: &Scene) -> Result<(u64, U256)> {
    let client = &scene.theatre.client;
    let account = scene.theatre.cast.bob;
    let nonce = client.provider.get_transaction_count(account).await?;
    let balance = Vault::balanceOfCall { account };
    Ok((
        nonce,
        client.call(scene.theatre.suite.vault, balance).await?,
    ))
}

async fn with_shares() -> Result<Scene> {
    let scene = Scene::new().await?;
    scene
        .theatre
        .mint(scene.theatre.cast.bob, usd(1_000))
        .await?;
    Ok(scene)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_answer_to_sending_is_no_proof_that_nothing_was_sent() -> Result<()> {
    let scene = with_shares().await?;
    let (begun, _) = bob(&scene).await?;
    let late = Trouble::After(-32000, "context deadline exceeded");
    let node = troubled(&scene, late, 1, is_send).await?;
    let first = redeem(&scene, &node.url).await?;
    let failure = first.failure()?;
    assert_eq!(first.code, 4, "{failure}");
    let message = failure["message"].to_string();
    for word in [
        node.url.as_str(),
        "context deadline exceeded",
        "may have been carried out: redeem 400 shares",
    ] {
        assert!(message.contains(word), "{word} in {message}");
    }
    let second = redeem(&scene, &node.url).await?.json()?;
    assert_eq!(second["redeem"]["earlier"], true, "{second}");
    assert_eq!(bob(&scene).await?, (begun + 1, usd(600)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_was_plainly_refused_is_settled_by_the_next_run() -> Result<()> {
    let scene = with_shares().await?;
    let (begun, _) = bob(&scene).await?;
    let plain = Trouble::Instead(-32000, "insufficient funds for gas * price + value");
    // Twice: what was refused stands once in the journal, and its nonce is used again.
    let node = troubled(&scene, plain, 2, is_send).await?;
    for _ in 0..2 {
        let refused = redeem(&scene, &node.url).await?;
        assert_eq!(refused.code, 4, "{}", refused.err);
        assert!(
            refused.err.contains("insufficient funds"),
            "{}",
            refused.err
        );
    }
    assert_eq!(bob(&scene).await?, (begun, usd(1_000)));
    let done = redeem(&scene, &node.url).await?.json()?;
    assert!(done["redeem"]["mined"]["transaction"].is_string(), "{done}");
    assert_eq!(bob(&scene).await?, (begun + 1, usd(600)));
    let unsettled = scene.record_path().with_extension("unsettled.json");
    assert!(
        !unsettled.exists(),
        "{}",
        std::fs::read_to_string(unsettled)?
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_another_transaction_took_is_settled_by_the_next_run() -> Result<()> {
    let scene = with_shares().await?;
    let theatre = &scene.theatre;
    let low = Trouble::Instead(-32000, "nonce too low: address 0x01, tx: 0 state: 1");
    let node = troubled(&scene, low, 1, is_send).await?;
    let refused = redeem(&scene, &node.url).await?;
    assert_eq!(refused.code, 4, "{}", refused.err);
    // A wallet sends something else meanwhile.
    let call = IERC20::approveCall {
        spender: theatre.cast.maker,
        amount: U256::ZERO,
    };
    theatre
        .client
        .send(theatre.cast.bob, theatre.members[0].token, call)
        .await?;
    let (begun, _) = bob(&scene).await?;
    redeem(&scene, &node.url).await?.json()?;
    assert_eq!(bob(&scene).await?, (begun + 1, usd(600)));
    Ok(())
}

/// Whether a request runs the function `C`, whoever is called.
fn calls<C: SolCall>(request: &Value) -> bool {
    let call = &request["params"][0];
    let data = call["input"].as_str().or(call["data"].as_str());
    let selector = alloy::primitives::hex::encode_prefixed(C::SELECTOR);
    request["method"] == "eth_call" && data.is_some_and(|data| data.starts_with(&selector))
}

const LIMITED: Trouble = Trouble::Instead(-32005, "daily request count exceeded");

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_rate_is_never_taken_for_a_contracts_word() -> Result<()> {
    let scene = with_shares().await?;
    let from = scene.theatre.cast.bob.to_string();
    type Picks = fn(&Value) -> bool;
    let rows: [(&[&str], Picks); 9] = [
        (&["redeem"], calls::<Vault::claimOfCall>),
        (&["redeem"], calls::<IERC20::decimalsCall>),
        (&["redeem"], calls::<Vault::previewRedeemCall>),
        (&["status"], calls::<IERC20::symbolCall>),
        (&["status"], calls::<Lens::screenCall>),
        (&["plan"], calls::<Rebalancer::planCall>),
        (
            &["report", "--html", "out.html"],
            calls::<Policy::hasRoleCall>,
        ),
        (
            &["report", "--html", "out.html"],
            calls::<Oracle::latestCall>,
        ),
        (
            &["propose", "limit", "max-slippage=0.4%"],
            calls::<IERC20::decimalsCall>,
        ),
    ];
    for (words, picks) in rows {
        let node = troubled(&scene, LIMITED, usize::MAX, picks).await?;
        let arguments = [&["--json", "--from", &from][..], words].concat();
        let ran = scene
            .run_with(&[("BALLAST_RPC", &node.url)], &arguments)
            .await?;
        let name = words.join(" ");
        assert!(node.times.load(Ordering::SeqCst) > 0, "{name} did not ask");
        let failure = ran.failure().with_context(|| name.clone())?;
        assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{name}: {failure}");
        let message = failure["message"].to_string();
        for word in [
            node.url.as_str(),
            "error -32005: daily request count exceeded",
        ] {
            assert!(message.contains(word), "{name}: {message}");
        }
        assert!(failure["next"].is_string(), "{name}: {failure}");
        assert!(!scene.directory.path().join("out.html").exists(), "{name}");
    }
    Ok(())
}

alloy::sol! {
    interface IAsked {
        function gasEstimateL1Component(address to, bool contractCreation, bytes data) external payable returns (uint64, uint256, uint256);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_whose_quotes_are_limited_trades_nothing() -> Result<()> {
    let scene = keeping::drifted().await?;
    let theatre = &scene.theatre;
    let keeper = theatre.cast.keeper;
    theatre
        .client
        .send(keeper, theatre.suite.rebalancer, Rebalancer::openCall {})
        .await?;
    keeping::end_of_ramp(&scene).await?;
    let key = scene.key(keeper)?;
    let turn = async |url: &str| {
        let variables = [("BALLAST_PRIVATE_KEY", key.as_str()), ("BALLAST_RPC", url)];
        scene
            .run_with(&variables, &["--json", "--send", "keeper", "--once"])
            .await
    };
    let begun = theatre
        .client
        .provider
        .get_transaction_count(keeper)
        .await?;
    type Picks = fn(&Value) -> bool;
    let rows: [(&str, Picks); 2] = [
        ("quotes", calls::<IUniswapV3Pool::slot0Call>),
        (
            "the fee of L1 data",
            calls::<IAsked::gasEstimateL1ComponentCall>,
        ),
    ];
    for (name, picks) in rows {
        let node = troubled(&scene, LIMITED, usize::MAX, picks).await?;
        let ran = turn(&node.url).await?;
        assert!(node.times.load(Ordering::SeqCst) > 0, "{name}: not asked");
        let failure = ran.failure().with_context(|| name.to_owned())?;
        assert_eq!(ran.code, 4, "{name}: {failure}");
        let now = theatre
            .client
            .provider
            .get_transaction_count(keeper)
            .await?;
        assert_eq!(now, begun, "{name}: something was sent");
    }
    // Nothing else was in the way.
    let turned = turn(&theatre.node.url()).await?.json()?;
    assert_eq!(turned["action"], "rebalance", "{turned}");
    Ok(())
}
