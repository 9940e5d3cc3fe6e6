//! The ramp as a market, played: keepers with costs of their own, real pools, and what each auction costs depositors.
//!
//! The same parts as in `contracts/math/tests/market.rs`, on the compiled programs. A keeper trades through Uniswap's
//! own bytecode with a filler of its own, keeps what the pool pays beyond what it owes, and is content when that covers
//! what it has to earn besides. The second half of docs/ramp.md is written from here, with `UPDATE_DOCS=1`.

use std::fmt::Write as _;

use alloy::{
    primitives::{Address, Bytes, U256},
    sol,
    sol_types::SolCall,
};
use anyhow::{ensure, Context, Result};
use ballast::{
    abi::Rebalancer,
    keeper::{self, Auction},
    local::{
        self, chain,
        stage::{Listing, Setting, GRACE_S},
        uniswap,
    },
};
use e2e::{assert_refused, raise, Mode, Theatre};

sol! {
    interface IKeeperFiller {
        function run(address rebalancer, address vault, bytes calldata rebalance) external;
    }
}

/// The policy's defaults: seconds, seconds, bps.
const RAMP: u64 = 1_800;
const HOLD: u64 = 3_600;
const MAX: f64 = 50.0;
/// The least share of the plan's turnover that a fill makes at the end of the ramp, and the one at its begin: bps.
const PROGRESS: (u64, u64) = (1_000, 5_000);
/// Lags of the sold and of the bought asset, bps.
const LAGS: (u64, u64) = (30, 20);
/// What each side of the pool is worth, over all prices: a trade of 100,000 moves it by half a bp.
const DEPTH_USD: u64 = 2_000_000_000;
/// How far what was played may be from what was computed: seconds, bps; and bps where slices add up.
const TOLERANCE: (u64, f64, f64) = (2, 0.2, 1.0);

/// What depositors paid, bps of what was sold; what the keeper was left with, at true prices.
#[derive(Debug, Clone, Copy)]
struct Taken {
    /// Seconds after the opening; none where there is no one moment.
    at: Option<u64>,
    sold: f64,
    snapshot: f64,
    truth: f64,
    reward: f64,
}

/// A treasury that has 10 % of NAV to sell, its auction open, and keepers around it.
struct Market {
    theatre: Theatre,
    /// Keepers and their fillers.
    keepers: Vec<(Address, Address)>,
    opening: Auction,
    call: Rebalancer::rebalanceCall,
    /// By how much the sold and the bought asset are worth more than their feeds say: bps.
    off: (f64, f64),
    /// What the pool costs, bps: its fee, and the price that the trade moves.
    pool: f64,
}

impl Market {
    /// Opens an auction where both assets are worth what their feeds say.
    async fn open() -> Result<Self> {
        let listings = vec![
            Listing::new("AAA", 18, "2000", 600_000).lagging(LAGS.0),
            Listing::new("BBB", 6, "1", 400_000).lagging(LAGS.1),
        ];
        let setting = Setting {
            listings,
            depth_usd: Some(DEPTH_USD),
            limits: Vec::new(),
        };
        let theatre = raise(Mode::Uncached, setting).await?;
        let t = &theatre;
        let mut keepers = Vec::new();
        let cast = &t.cast;
        for keeper in [cast.keeper, cast.alice, cast.bob, cast.stranger, cast.voter] {
            let args = [local::address(t.uniswap.router)];
            let filler = local::deploy(&t.client, &t.artifacts, keeper, "KeeperFiller", &args);
            keepers.push((keeper, filler.await?));
        }
        t.set_targets(&[5_000, 5_000], 200).await?;
        t.publish().await?;
        let plan = t.plan().await?;
        let data = Bytes::from(uniswap::FEE.to_be_bytes()[1..].to_vec());
        let call = keeper::rebalance_call(&t.client, &t.suite, &plan, Address::ZERO, data);
        let call = Rebalancer::rebalanceCall {
            deadline: U256::MAX,
            ..call.await?
        };
        let opening = keeper::open(&t.client, &t.suite, cast.stranger).await?;
        let opening = opening.map_err(|refusal| anyhow::anyhow!("not opened: {refusal}"))?;
        let mut market = Self {
            theatre,
            keepers,
            opening,
            call,
            off: (0.0, 0.0),
            pool: 0.0,
        };
        let probe = Box::pin(market.probe(RAMP))
            .await?
            .context("a fair market")?;
        market.pool = probe.truth - probe.reward;
        ensure!((5.0..6.0).contains(&market.pool), "{}", market.pool);
        Ok(market)
    }

    /// From now on the assets are worth so much more than their feeds say, bps, and their pool knows.
    async fn drift(&mut self, sell: i64, buy: i64) -> Result<()> {
        self.off = (sell as f64, buy as f64);
        let t = &self.theatre;
        let worth = |i: usize, off: i64| -> Result<U256> {
            let by = U256::from(u64::try_from(10_000 + off)?);
            Ok(t.asset(i)?.price_d36()? * by / U256::from(10_000))
        };
        let (sell, buy) = ((t.asset(0)?.token, worth(0, sell)?), worth(1, buy)?);
        let pool = &t.pools[0];
        let (p0, p1) = match pool.token0 == sell.0 {
            true => (sell.1, buy),
            false => (buy, sell.1),
        };
        uniswap::move_pool(&t.client, &t.uniswap, t.cast.maker, pool, p0, p1).await
    }

    /// Brings the chain to a second before the next call, `passed` after the opening, with feeds that have just spoken.
    async fn wait(&self, passed: u64) -> Result<()> {
        let client = &self.theatre.client;
        let then = self.opening.opened_at + passed;
        chain::advance_to(client, then - 3).await?;
        self.theatre.publish().await?;
        ensure!(client.now().await? == then - 1, "a call too late");
        Ok(())
    }

    /// A keeper takes the auction; nothing if it is refused.
    async fn take(&self, who: usize, passed: u64) -> Result<Option<Taken>> {
        self.wait(passed).await?;
        let (keeper, filler) = self.keepers[who];
        let call = Rebalancer::rebalanceCall {
            filler,
            ..self.call.clone()
        };
        let run = IKeeperFiller::runCall {
            rebalancer: self.theatre.suite.rebalancer,
            vault: self.theatre.suite.vault,
            rebalance: call.abi_encode().into(),
        };
        let data = run.abi_encode();
        Box::pin(self.measure(keeper, filler, filler, data, passed)).await
    }

    /// Somebody pays from its own pocket exactly what is asked, of at most `most` sold.
    async fn pay(&self, filler: Address, most: U256, passed: u64) -> Result<Option<Taken>> {
        self.wait(passed).await?;
        let call = Rebalancer::rebalanceCall {
            filler,
            mosts: vec![most],
            ..self.call.clone()
        };
        let (from, to) = (self.theatre.cast.keeper, self.theatre.suite.rebalancer);
        Box::pin(self.measure(from, to, filler, call.abi_encode(), passed)).await
    }

    async fn measure(
        &self,
        from: Address,
        to: Address,
        filler: Address,
        data: Vec<u8>,
        passed: u64,
    ) -> Result<Option<Taken>> {
        let t = &self.theatre;
        let bought = t.asset(1)?;
        let (held, had) = (t.held().await?, t.balance(bought, filler).await?);
        let sent = t.client.send_raw(from, Some(to), U256::ZERO, data).await?;
        if !sent.status() {
            return Ok(None);
        }
        t.assert_sound(filler).await?;
        let after = t.held().await?;
        let value = |i: usize, amount: U256| -> Result<f64> {
            Ok(f64::from(t.asset(i)?.value(amount)?) / 1e18)
        };
        let (sold, got) = (value(0, held[0] - after[0])?, value(1, after[1] - held[1])?);
        let (more, less) = (1.0 + self.off.0 / 1e4, 1.0 + self.off.1 / 1e4);
        let kept = t.balance(bought, filler).await?.saturating_sub(had);
        Ok(Some(Taken {
            at: Some(passed),
            sold,
            snapshot: (1.0 - got / sold) * 1e4,
            truth: (1.0 - got * less / (sold * more)) * 1e4,
            reward: value(1, kept)? * less / (sold * more) * 1e4,
        }))
    }

    /// What taking it would come to, on a chain that forgets it.
    async fn probe(&self, passed: u64) -> Result<Option<Taken>> {
        let client = &self.theatre.client;
        let snapshot = chain::snapshot(client).await?;
        let taken = Box::pin(self.take(0, passed)).await?;
        chain::revert(client, snapshot).await?;
        Ok(taken)
    }

    /// The first second at which it pays for a keeper whose costs are `cost` bps in all, found by halving.
    async fn pays(&self, cost: f64) -> Result<u64> {
        let (mut early, mut late) = (10, RAMP);
        while early < late {
            let middle = (early + late) / 2;
            let taken = Box::pin(self.probe(middle)).await?;
            match taken.is_some_and(|taken| taken.reward + self.pool >= cost) {
                true => late = middle,
                false => early = middle + 1,
            }
        }
        Ok(late)
    }

    /// Keepers with these costs, the best first, race: it waits until just before the next one would come, and that one is too late.
    async fn race(&self, costs: &[f64]) -> Result<Taken> {
        let (best, next) = (
            self.pays(costs[0]).await?,
            Box::pin(self.pays(costs[1])).await?,
        );
        let passed = best.max(next.saturating_sub(1));
        let taken = Box::pin(self.take(0, passed))
            .await?
            .context("it paid before")?;
        for (keeper, filler) in &self.keepers[1..costs.len()] {
            let call = Rebalancer::rebalanceCall {
                filler: *filler,
                ..self.call.clone()
            };
            let run = IKeeperFiller::runCall {
                rebalancer: self.theatre.suite.rebalancer,
                vault: self.theatre.suite.vault,
                rebalance: call.abi_encode().into(),
            };
            let words = self.theatre.refusal(*keeper, *filler, run).await?;
            assert_refused(&words, "KeeperRebalanceFailed");
        }
        Ok(taken)
    }

    /// A griefer wins every race: the least that it may take, as soon as it may, until nothing is due any more.
    async fn slices(&self, first: u64) -> Result<Taken> {
        let t = &self.theatre;
        let filler = Box::pin(t.hostile_filler(0, 0)).await?;
        let (mut passed, mut sum, mut sold, mut n) = (first, 0.0, 0.0, 0);
        loop {
            let plan = t.plan().await?;
            let Some(all) = plan.amounts.first().filter(|_| plan.reason != 0) else {
                break;
            };
            let left = RAMP.saturating_sub(passed);
            let share = PROGRESS.0 + ((PROGRESS.1 - PROGRESS.0) * left).div_ceil(RAMP);
            // What is lost does not bring the targets closer: a hundredth more.
            let most = *all * U256::from(share * 101) / U256::from(1_000_000);
            let taken = Box::pin(self.pay(filler, most, passed)).await?;
            let taken = taken.with_context(|| format!("slice {n} of {share} bps"))?;
            let next_at = keeper::next_at(&t.client, &t.suite).await?;
            (sum, sold, n) = (sum + taken.snapshot * taken.sold, sold + taken.sold, n + 1);
            if next_at > t.client.now().await? + 600 {
                // The last one: the full rest has begun.
                break;
            }
            passed = next_at - self.opening.opened_at;
            chain::advance_to(&t.client, next_at - 10).await?;
            t.publish().await?;
        }
        ensure!(n > 3, "{n} slices are none");
        let cost = sum / sold;
        Ok(Taken {
            at: None,
            sold,
            snapshot: cost,
            truth: cost,
            reward: 0.0,
        })
    }
}

/// Who takes part, as the computed table calls it, and what came of it.
async fn played() -> Result<Vec<(&'static str, Taken)>> {
    let two = [8.0, 10.0];
    let five = [6.0, 7.0, 8.0, 9.0, 10.0];
    // In the keepers' favour: what is sold is worth more, what is bought less.
    let lag = (LAGS.0 as i64, -(LAGS.1 as i64));
    let mut rows = Vec::new();

    let fair = Box::pin(Market::open()).await?;
    let client = fair.theatre.client.clone();
    let begin = chain::snapshot(&client).await?;
    rows.push(("two keepers", Box::pin(fair.race(&two)).await?));
    chain::revert(&client, begin).await?;
    let begin = chain::snapshot(&client).await?;
    rows.push(("five keepers", Box::pin(fair.race(&five)).await?));
    chain::revert(&client, begin).await?;
    let begin = chain::snapshot(&client).await?;
    let alone = Box::pin(fair.take(0, RAMP)).await?.context("one keeper")?;
    assert!(alone.reward > MAX - 6.0, "all but the pool's costs is its");
    rows.push(("one keeper", alone));
    chain::revert(&client, begin).await?;
    let begin = chain::snapshot(&client).await?;
    let last = Box::pin(fair.take(0, RAMP + HOLD - 1)).await?;
    rows.push(("stale opening, one keeper", last.context("the hold")?));
    chain::revert(&client, begin).await?;
    let begin = chain::snapshot(&client).await?;
    // A second later: no pool pays what is asked, only somebody who wants to give.
    assert!(fair.probe(RAMP + HOLD).await?.is_none(), "not void");
    let giver = Box::pin(fair.theatre.hostile_filler(0, 0)).await?;
    let given = Box::pin(fair.pay(giver, U256::MAX, RAMP + HOLD)).await?;
    let given = given.context("a gain is always taken")?;
    rows.push(("stale opening, void", Taken { at: None, ..given }));
    chain::revert(&client, begin).await?;
    let begin = chain::snapshot(&client).await?;
    let first = Box::pin(fair.pays(two[0]))
        .await?
        .max(fair.pays(two[1]).await? - 1);
    rows.push((
        "griefer with slices, two keepers",
        Box::pin(fair.slices(first)).await?,
    ));
    chain::revert(&client, begin).await?;

    let mut lagging = Box::pin(Market::open()).await?;
    let client = lagging.theatre.client.clone();
    Box::pin(lagging.drift(lag.0, lag.1)).await?;
    let begin = chain::snapshot(&client).await?;
    rows.push(("two keepers, full lag", Box::pin(lagging.race(&two)).await?));
    chain::revert(&client, begin).await?;
    let begin = chain::snapshot(&client).await?;
    let waited = Box::pin(lagging.take(0, RAMP)).await?;
    rows.push(("one keeper who waits for lag", waited.context("waited")?));
    chain::revert(&client, begin).await?;
    // The sequencer stops and comes back: what was opened is void, whatever the feeds lag.
    let t = &lagging.theatre;
    let giver = Box::pin(t.hostile_filler(0, 0)).await?;
    t.set_sequencer(false, client.now().await?).await?;
    chain::advance_by(&client, 600).await?;
    let up = client.now().await?;
    t.set_sequencer(true, up).await?;
    let passed = up + GRACE_S + 60 - lagging.opening.opened_at;
    assert!(passed < RAMP + HOLD, "it is the stop that voids it");
    assert!(lagging.probe(passed).await?.is_none(), "not void");
    let given = Box::pin(lagging.pay(giver, U256::MAX, passed)).await?;
    let given = given.context("a gain is always taken")?;
    rows.push(("sequencer stop in the ramp", Taken { at: None, ..given }));

    let mut against = Box::pin(Market::open()).await?;
    Box::pin(against.drift(0, 30)).await?;
    rows.push((
        "two keepers, lag against them",
        Box::pin(against.race(&two)).await?,
    ));
    Ok(rows)
}

/// A row of the computed table: who, second, cost at the snapshot, cost at true prices.
type Computed<'a> = (&'a str, Option<u64>, f64, f64);

/// The computed table.
fn computed(page: &str) -> Result<Vec<Computed<'_>>> {
    let mut rows = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [who, _, at, snapshot, _, truth] = cells[..] else {
            anyhow::bail!("not a row: {line}");
        };
        rows.push((who, at.parse().ok(), snapshot.parse()?, truth.parse()?));
    }
    Ok(rows)
}

fn section(rows: &[(&str, Taken)]) -> Result<String> {
    let mut out = format!(
        "{MARK}\nThe same auctions on the compiled programs (`cargo test -p e2e --test fillers market`): a treasury of 1,000,000 USD with a tenth to sell, keepers with fillers of their own \
         in front of Uniswap V3's own bytecode, a pool of 0.05 % that is {} million USD deep on each side and stands at the true prices. A keeper's costs are the pool's, fee and impact, and what it has to earn besides. \
         Where nobody could trade at a gain to the vault, somebody pays it from its own pocket. The test holds each to the bounds of inv_24 and to the table above: \
         {} s, {} bps, and {} bps where slices add up, since the least slice on the chain covers its own loss too.\n\n\
         | who | taken after, s | cost at the snapshot | cost at true prices | left to the keeper |\n|---|--:|--:|--:|--:|\n",
        DEPTH_USD / 1_000_000,
        TOLERANCE.0,
        TOLERANCE.1,
        TOLERANCE.2,
    );
    for (who, taken) in rows {
        let at = taken.at.map_or("–".into(), |at| at.to_string());
        // no zero below zero
        let round = |bps: f64| (bps * 10.0).round() / 10.0 + 0.0;
        let reward = match taken.at {
            Some(_) => format!("{:.1}", round(taken.reward)),
            None => "–".into(),
        };
        let (snapshot, truth) = (round(taken.snapshot), round(taken.truth));
        writeln!(
            out,
            "| {who} | {at} | {snapshot:.1} | {truth:.1} | {reward} |"
        )?;
    }
    Ok(out)
}

/// Where the measured half of the page begins.
const MARK: &str = "\n## Played on the chain\n";

#[tokio::test(flavor = "multi_thread")]
async fn inv_24_the_auction_costs_what_the_formulas_say() -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ramp.md");
    let page = std::fs::read_to_string(path)?;
    let head = page.split(MARK).next().unwrap_or_default();
    let computed = computed(head)?;
    let played = Box::pin(played()).await?;
    assert_eq!(played.len(), computed.len());
    let mut sorted = Vec::new();
    for (who, at, snapshot, truth) in computed {
        let found = played.iter().find(|(name, _)| *name == who);
        let taken = found.with_context(|| format!("nobody played {who}"))?.1;
        let lags = (LAGS.0 + LAGS.1) as f64;
        assert!(taken.snapshot <= MAX + 1e-6, "inv_24: {who}: {taken:?}");
        assert!(taken.truth <= MAX + lags + 1e-6, "inv_24: {who}: {taken:?}");
        let slack = if who.contains("slices") {
            TOLERANCE.2
        } else {
            TOLERANCE.1
        };
        let near = |a: f64, b: f64| (a - b).abs() <= slack + 0.05;
        assert!(
            near(taken.snapshot, snapshot) && near(taken.truth, truth),
            "{who}: computed {snapshot} and {truth}, played {taken:?}"
        );
        match (taken.at, at) {
            (Some(taken), Some(at)) => assert!(taken.abs_diff(at) <= TOLERANCE.0, "{who}"),
            (taken, at) => assert_eq!(taken, at, "{who}"),
        }
        sorted.push((who, taken));
    }
    let told = format!("{head}{}", section(&sorted)?);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, told)?;
    } else {
        assert_eq!(page, told, "UPDATE_DOCS=1 writes it");
    }
    Ok(())
}
