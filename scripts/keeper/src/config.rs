//! What the keeper may be told: `keeper.toml`, read strictly.

use std::path::{Path, PathBuf};

use alloy::primitives::{Address, U256};
use serde::Deserialize;

/// Whose money is at stake, and what the keeper is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Through a typed filler, which leaves everything with the vault: the keeper earns nothing and spends gas.
    PublicFiller,
    /// Through the keeper's own filler, which pays what is owed and keeps the rest.
    OwnFiller,
}

/// When watched assets are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observing {
    /// When nothing can be priced without it, or an auction would be cut off for want of it.
    WhenNeeded,
    /// Before every look becomes too old.
    Always,
    /// By others.
    Never,
}

/// The configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What the keeper is after.
    pub mode: Mode,
    /// Where transactions that are not settled yet are remembered; none for nowhere.
    pub state_file: Option<PathBuf>,
    /// Milliseconds between two looks at the chain.
    pub poll_ms: u64,
    /// Seconds that one turn may take before it is given up.
    pub turn_timeout_s: u64,
    /// Where metrics are served; none for nowhere.
    pub metrics: Option<std::net::SocketAddr>,
    /// USD for one ether, where the treasury has no feed of it.
    pub ether_usd: Option<f64>,
    /// Whether to look at watched assets.
    pub observe: Observing,
    /// Whether to close openings that nobody needs; by default in mode `public-filler`.
    pub close: Option<bool>,
    /// Whether to tell the policy that targets are reached; by default in mode `public-filler`.
    pub settle: Option<bool>,
    /// What a rebalance must bring, and may cost.
    pub trade: Trade,
    /// What gas may cost.
    pub gas: Gas,
    /// Where to trade.
    pub venues: Venues,
}

/// What a rebalance must bring, and may cost.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trade {
    /// Mode `own-filler`: least profit of a transaction, gas paid, USD.
    pub min_profit_usd: f64,
    /// Mode `public-filler`: most that venues and gas may take of what is sold, bps.
    pub max_cost_bps: f64,
    /// Parts of the plan that are quoted, bps, the largest first.
    pub slices_bps: Vec<u64>,
    /// Least seconds that must be left of an opening when it is acted on.
    pub margin_s: u64,
    /// Seconds after which a transaction that was not mined is void.
    pub deadline_s: u64,
}

/// What gas may cost.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gas {
    /// Above this price nothing is sent, gwei.
    pub max_price_gwei: f64,
    /// Most that one transaction may pay for L1 data, USD.
    pub max_l1_fee_usd: f64,
    /// Most that one transaction may pay in all, USD.
    pub max_fee_usd: f64,
    /// Most that all transactions of a day may pay, USD.
    pub budget_usd_per_day: f64,
    /// After so many reverted transactions in a day nothing more is sent.
    pub max_reverts_per_day: u64,
    /// Seconds after which a transaction that is not mined is sent again at a higher price.
    pub replace_after_s: u64,
    /// Blocks for which a mined transaction is watched for being taken back.
    pub confirmations: u64,
    /// Gas of a rebalance before it was ever simulated.
    pub assumed: u64,
    /// The same for each trade.
    pub assumed_per_trade: u64,
}

/// Where to trade. What is not said is found through the router of the Uniswap V3 filler.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Venues {
    /// Fees of the pools that are looked at, hundredths of a bip.
    pub fees: Vec<u32>,
    /// QuoterV2; without it pools are quoted by their state.
    pub quoter: Option<Address>,
    /// A call filler; with it a trade may be shared among pools.
    pub call_filler: Option<Address>,
    /// The keeper's own filler, in mode `own-filler`.
    pub own_filler: Option<Address>,
    /// Tokens through which a trade may go where that pays more than the pair's own pools.
    pub via: Vec<Address>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::PublicFiller,
            state_file: None,
            poll_ms: 1_000,
            turn_timeout_s: 30,
            metrics: None,
            ether_usd: None,
            observe: Observing::WhenNeeded,
            close: None,
            settle: None,
            trade: Trade::default(),
            gas: Gas::default(),
            venues: Venues::default(),
        }
    }
}

impl Default for Trade {
    fn default() -> Self {
        Self {
            min_profit_usd: 1.0,
            max_cost_bps: 50.0,
            slices_bps: vec![10_000, 5_000, 2_500, 1_250],
            margin_s: 5,
            deadline_s: 300,
        }
    }
}

impl Default for Gas {
    fn default() -> Self {
        Self {
            max_price_gwei: 1.0,
            max_l1_fee_usd: 5.0,
            max_fee_usd: 10.0,
            budget_usd_per_day: 50.0,
            max_reverts_per_day: 5,
            replace_after_s: 10,
            confirmations: 40,
            assumed: 700_000,
            assumed_per_trade: 250_000,
        }
    }
}

impl Default for Venues {
    fn default() -> Self {
        Self {
            fees: vec![100, 500, 3_000, 10_000],
            quoter: None,
            call_filler: None,
            own_filler: None,
            via: Vec::new(),
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable(String),
    /// It is no configuration: unknown or missing fields, a wrong type.
    Malformed(String),
    /// A field has a value that makes no sense: its name, and what would.
    OutOfRange(&'static str, &'static str),
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(why) => f.write_str(why),
            Self::Malformed(why) => write!(f, "no configuration of a keeper: {why}"),
            Self::OutOfRange(field, wanted) => write!(f, "{field} must be {wanted}"),
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, fields that are not known, values out of range.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| ConfigError::Unreadable(format!("cannot read {}: {e}", path.display())))?;
        Self::parse(&text)
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self =
            toml::from_str(text).map_err(|e| ConfigError::Malformed(e.to_string()))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let amounts = [
            ("trade.min_profit_usd", Some(self.trade.min_profit_usd)),
            ("trade.max_cost_bps", Some(self.trade.max_cost_bps)),
            ("gas.max_price_gwei", Some(self.gas.max_price_gwei)),
            ("gas.max_l1_fee_usd", Some(self.gas.max_l1_fee_usd)),
            ("gas.max_fee_usd", Some(self.gas.max_fee_usd)),
            ("gas.budget_usd_per_day", Some(self.gas.budget_usd_per_day)),
            ("ether_usd", self.ether_usd),
        ];
        for (field, amount) in amounts {
            if amount.is_some_and(|x| !(0.0..=1e9).contains(&x)) {
                return Err(ConfigError::OutOfRange(field, "from 0 to 1,000,000,000"));
            }
        }
        let slices = &self.trade.slices_bps;
        let is_ordered = slices.windows(2).all(|pair| pair[0] > pair[1]);
        let is_share = |share: &u64| (1..=10_000).contains(share);
        if slices.is_empty() || !is_ordered || !slices.iter().all(is_share) {
            let wanted = "falling shares from 10000 to 1";
            return Err(ConfigError::OutOfRange("trade.slices_bps", wanted));
        }
        if self.venues.fees.is_empty() || self.venues.fees.iter().any(|fee| *fee >= 1_000_000) {
            let wanted = "some fees below 1000000";
            return Err(ConfigError::OutOfRange("venues.fees", wanted));
        }
        if self.mode == Mode::OwnFiller && self.venues.own_filler.is_none() {
            let wanted = "named in mode own-filler";
            return Err(ConfigError::OutOfRange("venues.own_filler", wanted));
        }
        if self.poll_ms == 0 || self.turn_timeout_s == 0 || self.gas.replace_after_s == 0 {
            let field = "poll_ms, turn_timeout_s and gas.replace_after_s";
            return Err(ConfigError::OutOfRange(field, "at least 1"));
        }
        Ok(())
    }

    /// Whether it can be worked by: what a file may leave to the deployment's record must be known by then.
    ///
    /// By its state alone a pool is quoted as if its liquidity were the same at all prices, which is too much for what leaves the
    /// present range. In mode `public-filler` the quote is the least rate on chain, so that costs nothing; a filler of the
    /// keeper's own pays whatever is owed, and the profit would be missed.
    ///
    /// # Errors
    /// Mode `own-filler` without a quoter.
    pub fn complete(&self) -> Result<(), ConfigError> {
        match (self.mode, self.venues.quoter) {
            (Mode::OwnFiller, None) => Err(ConfigError::OutOfRange(
                "venues.quoter",
                "named in mode own-filler, or QuoterV2 in the deployment's record: a pool's state alone promises too much",
            )),
            _ => Ok(()),
        }
    }

    /// Whether openings that nobody needs are closed.
    pub fn closes(&self) -> bool {
        self.close.unwrap_or(self.mode == Mode::PublicFiller)
    }

    /// Whether the policy is told that targets are reached.
    pub fn settles(&self) -> bool {
        self.settle.unwrap_or(self.mode == Mode::PublicFiller)
    }
}

/// An amount of up to a billion with nine decimals, in 18 decimals.
pub(crate) fn wad(amount: f64) -> U256 {
    scaled(amount, 9) * U256::from(1_000_000_000u64)
}

/// An amount in gwei, in wei.
pub(crate) fn gwei(amount: f64) -> U256 {
    scaled(amount, 9)
}

/// A configured amount is neither negative nor above a billion, so that it fits.
fn scaled(amount: f64, decimals: i32) -> U256 {
    U256::from((amount.max(0.0) * 10f64.powi(decimals)).round())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../deployments/keeper.example.toml");

    #[test]
    fn the_example_says_what_holds_anyway() {
        assert_eq!(Config::parse(EXAMPLE), Ok(Config::default()));
        assert_eq!(Config::parse(""), Ok(Config::default()));
    }

    #[test]
    fn what_the_example_comments_out_is_understood() {
        let uncommented = EXAMPLE
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest)
                    if rest
                        .split_once(" = ")
                        .is_some_and(|(name, _)| is_name(name)) =>
                {
                    rest
                }
                _ => line,
            })
            .collect::<Vec<_>>()
            .join("\n");
        let config = Config::parse(&uncommented).unwrap();
        assert_eq!(config.ether_usd, Some(2_000.0));
        assert!(config.state_file.is_some() && config.metrics.is_some());
        assert!(config.close.is_some() && config.settle.is_some());
        let venues = &config.venues;
        assert!(
            venues.quoter.is_some() && venues.call_filler.is_some() && venues.own_filler.is_some()
        );
    }

    fn is_name(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for (text, field) in [
            ("mode = \"own-filler\"", "venues.own_filler"),
            ("poll_ms = 0", "poll_ms"),
            ("ether_usd = -1.0", "ether_usd"),
            ("ether_usd = nan", "ether_usd"),
            ("[gas]\nmax_fee_usd = inf", "gas.max_fee_usd"),
            ("[trade]\nslices_bps = []", "trade.slices_bps"),
            ("[trade]\nslices_bps = [10001]", "trade.slices_bps"),
            ("[trade]\nslices_bps = [0]", "trade.slices_bps"),
            ("[venues]\nfees = [1000000]", "venues.fees"),
            ("colour = 1", "colour"),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains(field), "{text}: {error}");
        }
    }

    #[test]
    fn an_own_filler_needs_a_quoter_before_it_works() {
        let parsed = |more: &str| Config::parse(&format!("{more}[venues]\n{NAMED}")).unwrap();
        const NAMED: &str = "own_filler = \"0x0000000000000000000000000000000000000001\"\n";
        let mut own = parsed("mode = \"own-filler\"\n");
        let error = own.complete().unwrap_err().to_string();
        assert!(error.contains("venues.quoter"), "{error}");
        own.venues.quoter = Some(Address::ZERO);
        assert_eq!(own.complete(), Ok(()));
        assert_eq!(parsed("").complete(), Ok(()));
    }

    #[test]
    fn amounts_are_scaled_to_the_unit() {
        assert_eq!(wad(1.5), U256::from(1_500_000_000_000_000_000u64));
        assert_eq!(gwei(0.01), U256::from(10_000_000));
        assert_eq!(wad(0.0), U256::ZERO);
    }
}
