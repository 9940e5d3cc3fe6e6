//! A keeper that sandwiches its own rebalance with borrowed funds: what it can cost the depositors.
//!
//! Push the pool, rebalance through it, trade back: one after the other on a chain where nobody comes between,
//! which is what one transaction would do, without its gas.

use std::fmt::Write as _;

use alloy::primitives::{Address, U256};
use anyhow::{Context, Result};
use ballast::{
    abi::{ISwapRouter02, IERC20},
    keeper,
    local::{
        chain,
        stage::{usd, Listing, Setting},
        uniswap::{self, Pool, FEES},
    },
    route::{self, Path},
};
use e2e::{at_once, raise, Mode, Theatre, MAX_SLIPPAGE_BPS};

/// What the best plan sells: a tenth of a million.
const TRADE_USD: u64 = 100_000;
/// Depth of the pool, in hundredths of the trade: what each side of it holds within 2 % of the price.
const DEPTHS: [u64; 10] = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
/// How far from the price the pool's liquidity reaches: 2 %, in ticks.
const RANGE_TICKS: i32 = 200;
/// Halvings of the interval in which the largest push is searched.
const STEPS: usize = 18;
/// Shares of the plan that a keeper tries to sell, per cent: the largest that a pool takes counts. Below a tenth
/// it is too little progress.
const SLICES: [u64; 5] = [100, 50, 25, 15, 11];

/// What came of a rebalance, in bps of the value sold; what the keeper gained at the oracle's prices.
#[derive(Debug, Clone, Copy)]
struct Cost {
    loss_bps: f64,
    gain_bps: f64,
}

/// One pool: nothing where not even the smallest slice passes.
#[derive(Debug, Clone, Copy)]
struct Cell {
    fee: u32,
    /// Hundredths of the trade.
    depth: u64,
    /// Per cent of the plan, cost without and with a sandwich, the push in parts of what was sold.
    found: Option<(u64, Cost, Cost, f64)>,
}

struct Arena {
    theatre: Theatre,
    pool: Pool,
    sell: Address,
    amount: U256,
}

impl Arena {
    /// A treasury of two assets that has a tenth to sell, and a pool of this fee and depth for it.
    async fn new(fee: u32, depth: u64) -> Result<Self> {
        let setting = Setting {
            listings: vec![
                Listing::new("AAA", 18, "2000", 600_000),
                Listing::new("BBB", 6, "1", 400_000),
            ],
            depth_usd: None,
            limits: at_once(),
        };
        let theatre = raise(Mode::Uncached, setting).await?;
        let t = &theatre;
        t.set_targets(&[5_000, 5_000], 200).await?;
        t.publish().await?;
        if fee == FEES[0].0 {
            uniswap::enable_fee(&t.client, &t.uniswap, t.cast.deployer, fee).await?;
        }
        let value = usd(TRADE_USD) * U256::from(depth) / U256::from(100);
        let mut tokens = Vec::new();
        for m in &t.members {
            t.grant(m, t.cast.maker, m.amount(value)? * U256::from(2))
                .await?;
            // Borrowed: as much as the pool holds, and as much as the treasury.
            let funds = m.amount(value + usd(1_000_000))? * U256::from(2);
            t.grant(m, t.cast.keeper, funds).await?;
            let call = IERC20::approveCall {
                spender: t.uniswap.router,
                amount: U256::MAX,
            };
            t.client.send(t.cast.keeper, m.token, call).await?;
            tokens.push((m.token, m.price_d36()?));
        }
        let tokens = tokens.try_into().ok().context("two assets")?;
        let range = Some(RANGE_TICKS);
        let pool = uniswap::open_pool(
            &t.client,
            &t.uniswap,
            t.cast.maker,
            tokens,
            value,
            fee,
            range,
        )
        .await?;
        let plan = t.plan().await?;
        assert_eq!(plan.sells.len(), 1, "one trade");
        let (sell, amount) = (plan.sells[0], plan.amounts[0]);
        Ok(Self {
            theatre,
            pool,
            sell,
            amount,
        })
    }

    async fn swap(&self, token_in: Address, token_out: Address, amount: U256) -> Result<()> {
        if amount.is_zero() {
            return Ok(());
        }
        let t = &self.theatre;
        let params = ISwapRouter02::ExactInputSingleParams {
            tokenIn: token_in,
            tokenOut: token_out,
            fee: self.pool.fee.try_into()?,
            recipient: t.cast.keeper,
            amountIn: amount,
            amountOutMinimum: U256::ZERO,
            sqrtPriceLimitX96: Default::default(),
        };
        let call = ISwapRouter02::exactInputSingleCall { params };
        t.client
            .send(t.cast.keeper, t.uniswap.router, call)
            .await
            .map(drop)
    }

    async fn funds(&self) -> Result<Vec<U256>> {
        let mut all = Vec::new();
        for m in &self.theatre.members {
            all.push(self.theatre.balance(m, self.theatre.cast.keeper).await?);
        }
        Ok(all)
    }

    /// Value of one list of holdings less that of another, USD.
    fn gain(&self, before: &[U256], after: &[U256]) -> Result<f64> {
        let mut gain = 0.0;
        for ((m, b), a) in self.theatre.members.iter().zip(before).zip(after) {
            gain += (f64::from(m.value(*a)?) - f64::from(m.value(*b)?)) / 1e18;
        }
        Ok(gain)
    }

    /// Whether a slice passes after a push of `push` sold units; what it cost if it did, and the chain as before.
    async fn attempt(&self, slice: u64, push: U256, measure: bool) -> Result<Option<Cost>> {
        let t = &self.theatre;
        let snapshot = chain::snapshot(&t.client).await?;
        let cost = self.attack(slice, push, measure).await?;
        chain::revert(&t.client, snapshot).await?;
        Ok(cost)
    }

    async fn attack(&self, slice: u64, push: U256, measure: bool) -> Result<Option<Cost>> {
        let t = &self.theatre;
        let buy = match self.sell == self.pool.token0 {
            true => self.pool.token1,
            false => self.pool.token0,
        };
        let start = self.funds().await?;
        self.swap(self.sell, buy, push).await?;
        let data = route::uniswap_v3(&[Path::direct(self.pool.fee)])?;
        let plan = t.plan().await?;
        let mut call =
            keeper::rebalance_call(&t.client, &t.suite, &plan, t.suite.filler, data).await?;
        call.mosts = vec![self.amount * U256::from(slice) / U256::from(100)];
        if !measure {
            let asked = t.client.try_call(t.cast.keeper, t.suite.rebalancer, call);
            let passes = asked.await?.is_ok();
            return Ok(passes.then_some(Cost {
                loss_bps: f64::NAN,
                gain_bps: f64::NAN,
            }));
        }
        let held = t.held().await?;
        let Ok(done) = keeper::execute(&t.client, &t.suite, t.cast.keeper, call).await? else {
            return Ok(None);
        };
        t.assert_sound(t.suite.filler).await?;
        let loss = -self.gain(&held, &t.held().await?)?;
        let sold: f64 = done
            .traded
            .iter()
            .filter_map(|a| Some((t.members.iter().find(|m| m.token == a.token)?, a.sold)))
            .map(|(m, sold)| m.value(sold).map(|v| f64::from(v) / 1e18))
            .sum::<Result<f64>>()?;
        // Back by selling what the push brought, or all the way to the oracle's price: what pays more.
        let unwind = chain::snapshot(&t.client).await?;
        let i = t
            .members
            .iter()
            .position(|m| m.token == buy)
            .context("bought")?;
        let brought = self.funds().await?[i] - start[i];
        self.swap(buy, self.sell, brought).await?;
        let mut gain = self.gain(&start, &self.funds().await?)?;
        chain::revert(&t.client, unwind).await?;
        let price = |token| {
            t.members
                .iter()
                .find(|m| m.token == token)
                .context("a price")
        };
        let (p0, p1) = (price(self.pool.token0)?, price(self.pool.token1)?);
        let (p0, p1) = (p0.price_d36()?, p1.price_d36()?);
        uniswap::move_pool(&t.client, &t.uniswap, t.cast.keeper, &self.pool, p0, p1).await?;
        gain = gain.max(self.gain(&start, &self.funds().await?)?);
        Ok(Some(Cost {
            loss_bps: loss / sold * 1e4,
            gain_bps: gain / sold * 1e4,
        }))
    }
}

/// The dearest sandwich of one pool.
async fn worst(fee: u32, depth: u64) -> Result<Cell> {
    let arena = Arena::new(fee, depth).await?;
    let mut found = None;
    for slice in SLICES {
        let Some(honest) = arena.attempt(slice, U256::ZERO, true).await? else {
            continue;
        };
        // The more is pushed, the less is bought: search the last push that the guard lets pass.
        let (mut low, mut high) = (
            U256::ZERO,
            arena.amount * U256::from(depth) / U256::from(100),
        );
        for _ in 0..STEPS {
            let middle = (low + high) / U256::from(2);
            match arena.attempt(slice, middle, false).await? {
                Some(_) => low = middle,
                None => high = middle,
            }
        }
        let cost = arena
            .attempt(slice, low, true)
            .await?
            .context("it passed before")?;
        let pushed = f64::from(low) / f64::from(arena.amount) * 100.0 / slice as f64;
        found = Some((slice, honest, cost, pushed));
        break;
    }
    let cell = Cell { fee, depth, found };
    assert_bounded(&cell);
    Ok(cell)
}

/// The depositors never lose more than the limit of what was sold, sandwiched or not; and the search has found
/// the limit where there is a market at all.
fn assert_bounded(cell: &Cell) {
    let max = MAX_SLIPPAGE_BPS as f64 + 1e-6;
    let Some((_, honest, cost, _)) = cell.found else {
        return;
    };
    for c in [honest, cost] {
        assert!(c.loss_bps <= max, "inv_24: {cell:?}");
    }
    assert!(cost.gain_bps <= cost.loss_bps + 1e-6, "{cell:?}");
    assert!(
        cost.loss_bps >= honest.loss_bps,
        "no push is cheaper: {cell:?}"
    );
    assert!(
        cost.loss_bps > max - 1.0,
        "the search stopped before the limit: {cell:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_24_a_sandwich_of_ones_own_rebalance_costs_no_more_than_the_limit() -> Result<()> {
    for (fee, depth) in [(500, 50), (500, 500), (3_000, 10_000)] {
        let cell = worst(fee, depth).await?;
        assert!(depth < 100 || cell.found.is_some(), "{cell:?}");
    }
    Ok(())
}

/// Writes docs/sandwich.md and docs/sandwich.svg: `cargo test -p e2e --test fillers sandwich -- --ignored`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: the whole table of docs/sandwich.md"]
async fn the_sandwich_curve_is_measured() -> Result<()> {
    let mut cells = Vec::new();
    for (fee, _) in FEES {
        for depth in DEPTHS {
            cells.push(worst(fee, depth).await?);
        }
    }
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
    std::fs::write(format!("{docs}/sandwich.md"), page(&cells)?)?;
    std::fs::write(format!("{docs}/sandwich.svg"), curve(&cells)?)?;
    Ok(())
}

fn page(cells: &[Cell]) -> Result<String> {
    let mut out = String::from(
        "# A keeper that sandwiches its own rebalance\n\n\
         Measured on the compiled programs and Uniswap V3's own bytecode: a keeper borrows, pushes the one pool that \
         the rebalance goes through, rebalances, and trades back, with nobody in between and no price for borrowing or gas. \
         The push is the largest that the guard lets pass, found by halving; the pool's depth is what each side of it holds \
         within 2 % of the oracle's price, in units of the best plan's trade (100,000 USD of 1,000,000); it holds nothing further away. Where the pool \
         cannot take the whole trade within the limit, the keeper sells the largest of a few slices that it can; below \
         a tenth of the plan it is refused as too little progress. The limit is the default one, 50 bps, all of it allowed at once: \
         with a ramp, less is allowed before its end.\n\n\
         ![Worst loss by depth and fee](sandwich.svg)\n\n\
         **What it shows.** The loss is what the slippage limit says, wherever there is a market: never more (inv_24), because the vault \
         measures against the oracle and not against the pool; and nothing where the pool is too thin or its fee too high, because nothing is traded. \
         Depth decides only how much of the loss is the keeper's and how much is paid to the pool as fees: in deep pools and at 0.3 % \
         a sandwich costs the keeper more than it brings. A keeper with a filler of its own \
         takes the same 50 bps without any pool: what lowers it is the ramp, on which keepers compete.\n\n\
         All in bps of the value sold. *honest*: the cost without a push; *worst*: the depositors' loss with it; *keeper*: what the keeper \
         gains by it at the oracle's prices, fees of its own trades paid; *push*: its first trade, in units of what the rebalance sells.\n\n\
         | fee | depth | sold of the plan | honest | worst | keeper | push |\n|---|---|---|---|---|---|---|\n",
    );
    for Cell { fee, depth, found } in cells {
        let (fee, depth) = (f64::from(*fee) / 1e4, *depth as f64 / 100.0);
        match found {
            None => writeln!(out, "| {fee} % | {depth} | nothing: refused | | 0 | | |")?,
            Some((slice, honest, cost, push)) => writeln!(
                out,
                "| {fee} % | {depth} | {slice} % | {:.1} | {:.1} | {:.1} | {push:.3} |",
                honest.loss_bps, cost.loss_bps, cost.gain_bps
            )?,
        }
    }
    out.push_str("\nWritten by `cargo test -p e2e --test fillers sandwich -- --ignored`; a part of it runs with every test.\n");
    Ok(out)
}

/// Worst loss over depth, a line for each fee, under the limit; dashed: the cost without a push.
fn curve(cells: &[Cell]) -> Result<String> {
    let x = |depth: u64| 60.0 + (depth as f64 / 10.0).log10() / 3.0 * 520.0;
    let y = |bps: f64| 260.0 - bps.max(0.0) / 60.0 * 220.0;
    let mut out = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 310\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"720\" height=\"310\" fill=\"#fff\"/>\n",
    );
    for bps in [0, 10, 20, 30, 40, 50] {
        let at = y(f64::from(bps));
        let stroke = if bps == 50 { "#c00" } else { "#ddd" };
        writeln!(out, "<line x1=\"60\" x2=\"580\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"{stroke}\"/><text x=\"52\" y=\"{:.1}\" text-anchor=\"end\">{bps}</text>", at + 4.0)?;
    }
    for depth in DEPTHS {
        writeln!(
            out,
            "<text x=\"{:.1}\" y=\"280\" text-anchor=\"middle\">{}</text>",
            x(depth),
            depth as f64 / 100.0
        )?;
    }
    out.push_str("<text x=\"320\" y=\"300\" text-anchor=\"middle\">depth of the pool, in units of the trade</text>\n\
         <text x=\"60\" y=\"24\">bps of the value sold; red: the limit</text>\n");
    let colours = ["#06c", "#080", "#a60", "#808"];
    for (n, ((fee, _), colour)) in FEES.iter().zip(colours).enumerate() {
        // Beside each other where they agree.
        let shift = n as f64 * 2.0;
        for (is_worst, dash) in [(true, ""), (false, " stroke-dasharray=\"4 4\"")] {
            let mut points = String::new();
            for c in cells.iter().filter(|c| c.fee == *fee) {
                let bps = match c.found {
                    None => 0.0,
                    Some((_, honest, cost, _)) => {
                        if is_worst {
                            cost.loss_bps
                        } else {
                            honest.loss_bps
                        }
                    }
                };
                write!(points, "{:.1},{:.1} ", x(c.depth), y(bps) + shift)?;
            }
            writeln!(out, "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>")?;
        }
        let at = 60.0 + n as f64 * 40.0;
        writeln!(out, "<text x=\"592\" y=\"{at}\" fill=\"{colour}\">{} %: worst</text><text x=\"592\" y=\"{}\" fill=\"{colour}\">- - without push</text>", f64::from(*fee) / 1e4, at + 16.0)?;
    }
    out.push_str("</svg>\n");
    Ok(out)
}
