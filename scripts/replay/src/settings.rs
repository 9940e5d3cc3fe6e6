//! What is replayed: assets, limits, market, keepers, from TOML.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::{history, problem::Problem};

/// Names of the policy's limits, in the order of their ids.
pub const LIMITS: [(&str, u128); 16] = [
    ("max_slippage_bps", 50),
    ("cooldown_s", 3_600),
    ("slice_cooldown_s", 60),
    ("min_progress_bps", 1_000),
    ("min_notional_wad", 100_000_000_000_000_000_000),
    ("min_drift_bps", 100),
    ("max_turnover_bps", 10_000),
    ("ramp_s", 1_800),
    ("hold_s", 3_600),
    ("loss_budget_bps", 100),
    ("loss_period_s", 604_800),
    ("yearly_loss_bps", 300),
    ("turnover_budget_bps", 10_000),
    ("turnover_period_s", 2_592_000),
    ("schedule_interval_s", 0),
    ("band_stress_cap_bps", 30_000),
];
/// Where [`LIMITS`] has the ramp's length.
pub const RAMP_S: usize = 7;

/// Everything that a replay is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// USD that the treasury begins with.
    #[serde(default = "defaults::treasury")]
    pub treasury_usd: u64,
    /// What is held, in order.
    pub asset: Vec<Asset>,
    /// Limits that differ from the defaults, by their names in the specification, in small letters.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// Where is traded.
    #[serde(default)]
    pub market: Market,
    /// Who trades.
    #[serde(default)]
    pub keeper: Keeper,
    /// What is varied when a grid is asked for.
    pub grid: Option<GridSettings>,
}

/// An asset, its target and its feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// What it is called.
    pub symbol: String,
    /// Whose prices it has; its own if not said.
    pub price: Option<String>,
    /// The token's decimals.
    #[serde(default = "defaults::decimals")]
    pub decimals: u8,
    /// Target weight.
    pub weight_bps: u64,
    /// How far it may drift.
    pub band_bps: u64,
    /// By how much the price moves before the feed answers anew; the oracle's lag.
    #[serde(default = "defaults::threshold")]
    pub threshold_bps: u64,
    /// After how long it does so in any case, seconds.
    #[serde(default = "defaults::heartbeat")]
    pub heartbeat_s: u64,
    /// USD at or below which an answer is refused; a hundredth of the first price if not said.
    pub min_usd: Option<String>,
    /// USD at or above which an answer is refused; a hundredfold of the first price if not said.
    pub max_usd: Option<String>,
    /// Volatility a year above which bands widen; 0: not watched.
    #[serde(default)]
    pub volatility_bps: u64,
    /// Volatility a year above which nothing is rebalanced; 0: no breaker.
    #[serde(default)]
    pub breaker_bps: u64,
}

impl Asset {
    /// The name of its prices.
    pub fn series(&self) -> &str {
        self.price.as_deref().unwrap_or(&self.symbol)
    }
}

/// Pools of Uniswap V3 over all prices, one for each pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Market {
    /// USD that must be traded into a pool to move its price by 2 %.
    pub depth_usd: u64,
    /// Hundredths of a bip: 100, 500, 3000 or 10000.
    pub fee: u32,
}

impl Default for Market {
    fn default() -> Self {
        Self {
            depth_usd: 10_000_000,
            fee: 500,
        }
    }
}

impl Market {
    /// USD on each side of a pool over all prices: {value} · (√1.02 − 1) moves it by 2 %.
    pub fn side_usd(&self) -> f64 {
        self.depth_usd as f64 / (1.02f64.sqrt() - 1.0)
    }

    /// The fee as a part of what is sold.
    pub fn fee_part(&self) -> f64 {
        f64::from(self.fee) / 1e6
    }
}

/// Keepers who compete: the first of them acts as soon as it pays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keeper {
    /// Seconds between a price and the first who acts on it.
    pub latency_s: u64,
    /// USD that a rebalance must leave beyond what is asked of it: gas and a profit.
    pub profit_usd: u64,
    /// Hours between two looks at the volatility.
    pub observe_every_h: u64,
    /// Hours between two checks that the host's question and the programs' answer agree; 0: none.
    pub check_every_h: u64,
}

impl Default for Keeper {
    fn default() -> Self {
        Self {
            latency_s: 30,
            profit_usd: 5,
            observe_every_h: 3,
            check_every_h: 168,
        }
    }
}

/// What a grid varies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridSettings {
    /// Bands of every asset.
    pub bands_bps: Vec<u64>,
    /// Lengths of the ramp, seconds.
    pub ramps_s: Vec<u64>,
}

mod defaults {
    pub(super) fn treasury() -> u64 {
        10_000_000
    }
    pub(super) fn decimals() -> u8 {
        18
    }
    pub(super) fn threshold() -> u64 {
        50
    }
    pub(super) fn heartbeat() -> u64 {
        86_400
    }
}

impl Settings {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Problem`] with file and line.
    pub fn read(file: &Path) -> Result<Self, Problem> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Problem::of(file, format!("cannot be read: {error}")))?;
        let settings: Self = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| 1 + count(before));
            Problem::at(file, line, error.message())
        })?;
        settings.check().map_err(|(key, what)| {
            match text
                .lines()
                .position(|line| line.trim_start().starts_with(&key))
            {
                Some(line) => Problem::at(file, line as u64 + 1, what),
                None => Problem::of(file, what),
            }
        })?;
        Ok(settings)
    }

    /// What the file's form does not say; the line that is to blame begins with the key.
    fn check(&self) -> Result<(), (String, String)> {
        let wrong = |key: &str, what: String| Err((key.to_owned(), what));
        if !(2..=8).contains(&self.asset.len()) {
            let n = self.asset.len();
            return wrong(
                "[[asset]]",
                format!("{n} assets; between 2 and 8 are replayed"),
            );
        }
        let sum: u64 = self.asset.iter().map(|a| a.weight_bps).sum();
        if sum != 10_000 {
            return wrong(
                "weight_bps",
                format!("weights sum to {sum} bps, not to 10,000"),
            );
        }
        for asset in &self.asset {
            let key = format!("symbol = {:?}", asset.symbol);
            let named = |what: String| Err((key.clone(), format!("{}: {what}", asset.symbol)));
            if self
                .asset
                .iter()
                .filter(|a| a.symbol == asset.symbol)
                .count()
                > 1
            {
                return named("listed twice".into());
            }
            if asset.weight_bps == 0 || asset.band_bps == 0 || asset.band_bps > 10_000 {
                return named(
                    "weight and band must be above 0, the band at most 10,000 bps".into(),
                );
            }
            if asset.decimals > 18 || asset.threshold_bps > 500 {
                return named("at most 18 decimals and a threshold of 500 bps".into());
            }
            if !(3_600..=2_592_000).contains(&asset.heartbeat_s) {
                let what = "a heartbeat lasts from an hour to 30 days: 3600 to 2592000";
                return named(what.into());
            }
            for bound in [&asset.min_usd, &asset.max_usd].into_iter().flatten() {
                if let Err(why) = history::price(bound) {
                    return named(format!("{bound:?} is no price: {why}"));
                }
            }
            if asset.breaker_bps != 0 && asset.breaker_bps <= asset.volatility_bps {
                return named("the breaker must be above the volatility it refers to".into());
            }
        }
        let known = |name: &str| LIMITS.iter().any(|(n, _)| *n == name);
        if let Some(name) = self.limits.keys().find(|name| !known(name)) {
            return wrong(name, format!("{name} is no limit"));
        }
        if ![100, 500, 3_000, 10_000].contains(&self.market.fee) {
            let what = format!("{} is no fee: 100, 500, 3000 or 10000", self.market.fee);
            return wrong("fee", what);
        }
        if self.market.depth_usd == 0 || self.market.depth_usd > 100_000_000_000 {
            return wrong("depth_usd", "from 1 to 100,000,000,000 USD of depth".into());
        }
        if !(1_000..=100_000_000_000).contains(&self.treasury_usd) {
            return wrong("treasury_usd", "from 1,000 to 100,000,000,000 USD".into());
        }
        if !(1..=5).contains(&self.keeper.observe_every_h) {
            return wrong(
                "observe_every_h",
                "from 1 to 5: the oracle refuses after 6 hours".into(),
            );
        }
        if self.keeper.latency_s >= 3_600 {
            return wrong(
                "latency_s",
                "a keeper acts within the hour: below 3600".into(),
            );
        }
        Ok(())
    }

    /// All limits, by id.
    pub fn all_limits(&self) -> [u128; 16] {
        LIMITS.map(|(name, default)| self.limits.get(name).map_or(default, |v| u128::from(*v)))
    }
}

fn count(text: &str) -> u64 {
    text.bytes().filter(|b| *b == b'\n').count() as u64
}
