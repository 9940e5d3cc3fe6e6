//! What a treasury shall be made of: `deployments/<name>.toml`.
//!
//! Every key is known and every known key is there, but for those that say here that they may be left out; what is
//! otherwise is an error with its line.

use std::{collections::BTreeMap, path::Path, str::FromStr};

use alloy::primitives::{utils::parse_units, Address, U256};
use ballast::suite;
use serde::{de::Error as _, Deserialize, Deserializer};

use crate::limits;

/// A configuration as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The chain that it is meant for.
    pub chain_id: u64,
    /// Tells this treasury's addresses from another's of the same deployer.
    #[serde(deserialize_with = "filled")]
    pub salt: String,
    /// The share.
    pub share: Share,
    /// Who governs and who guards.
    pub roles: Roles,
    /// The sequencer's uptime feed; may be left out on a chain that has none.
    pub sequencer: Option<Sequencer>,
    /// What is held, in order.
    pub assets: Vec<Asset>,
    /// How it may be traded.
    pub fillers: Fillers,
    /// Limits by name; those left out stay at their compiled defaults.
    pub limits: BTreeMap<String, toml::Spanned<LimitValue>>,
    /// How many shares there may be.
    pub supply: Supply,
    /// What the treasury takes.
    pub fees: Fees,
    /// The first shares; may be left out where governance seeds.
    pub seed: Option<Seed>,
}

/// The share.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Its name.
    #[serde(deserialize_with = "filled")]
    pub name: String,
    /// Its symbol.
    #[serde(deserialize_with = "filled")]
    pub symbol: String,
}

/// Who governs and who guards.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// The timelock.
    #[serde(deserialize_with = "account")]
    pub owner: Address,
    /// Who may tighten; `none` for nobody.
    #[serde(deserialize_with = "account_or_none")]
    pub guardian: Option<Address>,
}

/// The sequencer's uptime feed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequencer {
    /// The feed.
    #[serde(deserialize_with = "account")]
    pub feed: Address,
    /// Seconds for which nothing is priced after it came back.
    pub grace_s: u64,
    /// Where the address comes from.
    #[serde(deserialize_with = "filled")]
    pub source: String,
}

/// One asset.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// The token's symbol.
    #[serde(deserialize_with = "filled")]
    pub symbol: String,
    /// The token.
    #[serde(deserialize_with = "account")]
    pub token: Address,
    /// The token's decimals.
    pub decimals: u8,
    /// Least amount, in whole tokens, that must be held of at least one asset for minting to go on.
    pub min_holding: String,
    /// Its Chainlink-shaped feed.
    #[serde(deserialize_with = "account")]
    pub feed: Address,
    /// The feed's decimals.
    pub feed_decimals: u8,
    /// Seconds within which the feed promises an answer.
    pub heartbeat_s: u64,
    /// Prices at or below are refused.
    pub min_price: String,
    /// Prices at or above are refused.
    pub max_price: String,
    /// The feed's deviation threshold, bps.
    pub lag_bps: u64,
    /// How its volatility is watched; may be left out.
    pub volatility: Option<Volatility>,
    /// Where the two addresses come from.
    #[serde(deserialize_with = "filled")]
    pub source: String,
}

/// How an asset's volatility is watched.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volatility {
    /// At which bands are as they were set, bps a year.
    pub reference_bps: u64,
    /// Above which nothing is rebalanced, bps a year; 0 for no breaker.
    pub max_bps: u64,
}

/// How the holdings may be traded: one program for each venue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fillers {
    /// SwapRouter02.
    pub uniswap_v3: Venue,
    /// UniswapV2Router02; may be left out.
    pub uniswap_v2: Option<Venue>,
    /// Balancer's V2 Vault; may be left out.
    pub balancer_v2: Option<Venue>,
    /// Whether there is one for any aggregator's calldata.
    pub call: bool,
}

/// A venue's contract.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Venue {
    /// Its address.
    #[serde(deserialize_with = "account")]
    pub address: Address,
    /// Where the address comes from.
    #[serde(deserialize_with = "filled")]
    pub source: String,
}

/// A limit's value: a number, or its digits where it is too large for one.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum LimitValue {
    /// A number.
    Small(u64),
    /// Digits.
    Large(String),
}

/// How many shares there may be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supply {
    /// Most whole shares, or `none`.
    pub cap: String,
}

/// What the treasury takes, as shares.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// Who gets them; `none` where nothing is taken.
    #[serde(deserialize_with = "account_or_none")]
    pub recipient: Option<Address>,
    /// Bps of the supply a year.
    pub management_bps: u64,
    /// Bps of what is minted.
    pub mint_bps: u64,
    /// Bps of what is redeemed.
    pub redeem_bps: u64,
}

/// The first shares, for what the deployer has.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Whole shares, the locked ones included.
    pub shares: String,
    /// Who gets them.
    #[serde(deserialize_with = "account")]
    pub receiver: Address,
    /// Whole tokens of each asset, in the order of the assets.
    pub amounts: Vec<String>,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(String);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

impl Config {
    /// Reads the configuration at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, a key that is unknown or missing, a value of the wrong shape: with its line.
    pub fn read(path: &Path) -> Result<Self, Malformed> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Malformed(format!("cannot read {}: {e}", path.display())))?;
        Self::parse(&text).map_err(|e| Malformed(format!("{}: {e}", path.display())))
    }

    /// Reads a configuration from text.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let config: Self =
            toml::from_str(text).map_err(|e| Malformed(e.to_string().trim_end().into()))?;
        for (name, value) in &config.limits {
            let before = text.get(..value.span().start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            value
                .get_ref()
                .within(name)
                .map_err(|why| Malformed(format!("line {line}: {why}")))?;
        }
        config.treasury()?;
        Ok(config)
    }

    /// The treasury that it describes.
    ///
    /// # Errors
    /// Amounts that are no numbers of the token's decimals, limits that are unknown or out of range.
    pub fn treasury(&self) -> Result<suite::Config, Malformed> {
        let assets: Result<Vec<_>, _> = self.assets.iter().map(Asset::listed).collect();
        let value_of = |(name, value): (&String, &toml::Spanned<LimitValue>)| {
            value.get_ref().within(name).map_err(Malformed)
        };
        let limits: Result<Vec<_>, _> = self.limits.iter().map(value_of).collect();
        let mut limits = limits?;
        limits.sort_by_key(|(id, _)| *id);
        Ok(suite::Config {
            name: self.share.name.clone(),
            symbol: self.share.symbol.clone(),
            owner: self.roles.owner,
            guardian: self.roles.guardian.unwrap_or_default(),
            router: self.fillers.uniswap_v3.address,
            assets: assets?,
            sequencer: self.sequencer.as_ref().map(|s| (s.feed, s.grace_s)),
            limits,
            fillers: self.fillers.others(),
            supply_cap: self.supply.cap()?,
            fees: self.fees.taken(),
            seed: self
                .seed
                .as_ref()
                .map(|seed| seed.taken(&self.assets))
                .transpose()?,
            salt: self.salt.clone(),
        })
    }

    /// Contracts of others that it names: what each is, its address, where that comes from.
    pub fn external(&self) -> Vec<(String, Address, String)> {
        let mut named = Vec::new();
        let mut note = |what: String, address: Address, source: &str| {
            named.push((what, address, source.to_owned()));
        };
        if let Some(sequencer) = &self.sequencer {
            note("sequencer feed".into(), sequencer.feed, &sequencer.source);
        }
        for asset in &self.assets {
            note(asset.symbol.clone(), asset.token, &asset.source);
            note(format!("{} feed", asset.symbol), asset.feed, &asset.source);
        }
        let fillers = &self.fillers;
        for (what, venue) in [
            ("SwapRouter02", Some(&fillers.uniswap_v3)),
            ("UniswapV2Router02", fillers.uniswap_v2.as_ref()),
            ("Balancer V2 Vault", fillers.balancer_v2.as_ref()),
        ] {
            if let Some(venue) = venue {
                note(what.into(), venue.address, &venue.source);
            }
        }
        named
    }
}

impl Asset {
    pub(crate) fn listed(&self) -> Result<suite::Asset, Malformed> {
        let of = |key: &str| format!("{key} of {}", self.symbol);
        Ok(suite::Asset {
            token: self.token,
            min_holding: amount(&of("min_holding"), &self.min_holding, self.decimals)?,
            feed: self.feed,
            heartbeat: self.heartbeat_s,
            min_answer: amount(&of("min_price"), &self.min_price, self.feed_decimals)?,
            max_answer: amount(&of("max_price"), &self.max_price, self.feed_decimals)?,
            lag_bps: self.lag_bps,
            volatility: self.volatility.as_ref().map(|v| suite::Volatility {
                reference_bps: v.reference_bps,
                max_bps: v.max_bps,
            }),
        })
    }
}

impl Fillers {
    fn others(&self) -> Vec<suite::Filler> {
        let mut fillers = Vec::new();
        if self.call {
            fillers.push(suite::Filler::Call);
        }
        let v2 = self.uniswap_v2.as_ref();
        fillers.extend(v2.map(|venue| suite::Filler::UniswapV2(venue.address)));
        let balancer = self.balancer_v2.as_ref();
        fillers.extend(balancer.map(|venue| suite::Filler::BalancerV2(venue.address)));
        fillers
    }
}

impl LimitValue {
    /// Id and value of the limit called `name`, if the policy admits it.
    fn within(&self, name: &str) -> Result<(u64, U256), String> {
        let Some((id, limit)) = limits::by_name(name) else {
            let known: Vec<_> = limits::LIMITS.iter().map(|limit| limit.name).collect();
            let known = known.join(", ");
            return Err(format!("unknown limit {name}, expected one of {known}"));
        };
        let value = match self {
            Self::Small(value) => U256::from(*value),
            Self::Large(text) => {
                let parsed = U256::from_str_radix(text, 10);
                parsed.map_err(|_| format!("{name} is {text:?}: digits are wanted"))?
            }
        };
        match limit.admits(value) {
            true => Ok((id, value)),
            false => Err(format!(
                "{name} is {value}, and the policy admits {} to {}",
                limit.floor, limit.ceiling
            )),
        }
    }
}

impl Supply {
    fn cap(&self) -> Result<Option<U256>, Malformed> {
        match self.cap.as_str() {
            "none" => Ok(None),
            cap => amount("cap of supply", cap, 18).map(Some),
        }
    }
}

impl Fees {
    fn taken(&self) -> Option<suite::Fees> {
        let rates = [self.management_bps, self.mint_bps, self.redeem_bps];
        rates.iter().any(|rate| *rate > 0).then(|| suite::Fees {
            recipient: self.recipient.unwrap_or_default(),
            management_bps: self.management_bps,
            mint_bps: self.mint_bps,
            redeem_bps: self.redeem_bps,
        })
    }
}

impl Seed {
    fn taken(&self, assets: &[Asset]) -> Result<suite::Seed, Malformed> {
        if self.amounts.len() != assets.len() {
            return Err(Malformed(format!(
                "seed.amounts: {} amounts for {} assets",
                self.amounts.len(),
                assets.len()
            )));
        }
        let of = |(asset, text): (&Asset, &String)| {
            amount(&format!("seed of {}", asset.symbol), text, asset.decimals)
        };
        let amounts: Result<Vec<_>, _> = assets.iter().zip(&self.amounts).map(of).collect();
        Ok(suite::Seed {
            shares: amount("seed.shares", &self.shares, 18)?,
            receiver: self.receiver,
            amounts: amounts?,
        })
    }
}

/// A decimal number in smallest units; more decimals than there are is an error, not a rounding.
fn amount(what: &str, text: &str, decimals: u8) -> Result<U256, Malformed> {
    let wrong = || {
        Malformed(format!(
            "{what} is {text:?}: a number in digits, of at most {decimals} decimals, is wanted"
        ))
    };
    let plain = |c: char| c.is_ascii_digit() || c == '.';
    if text.is_empty() || !text.chars().all(plain) || text.starts_with('.') {
        return Err(wrong());
    }
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    if fraction.len() > usize::from(decimals) {
        return Err(wrong());
    }
    let parsed = parse_units(text, decimals).map_err(|_| wrong())?;
    Ok(parsed.get_absolute())
}

fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.trim().is_empty() {
        true => Err(D::Error::custom("a text that is not empty is wanted")),
        false => Ok(text),
    }
}

fn account<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    checked(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn account_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Address>, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "none" => Ok(None),
        text => checked(text).map(Some).map_err(D::Error::custom),
    }
}

/// An address that is not zero; where its case is mixed, the case is a checksum (EIP-55).
pub(crate) fn checked(text: &str) -> Result<Address, String> {
    let address = Address::from_str(text)
        .ok()
        .filter(|_| text.starts_with("0x"))
        .ok_or_else(|| format!("{text:?} is no address"))?;
    let digits = text.trim_start_matches("0x");
    let mixed = digits.contains(|c: char| c.is_ascii_uppercase())
        && digits.contains(|c: char| c.is_ascii_lowercase());
    if mixed && address.to_checksum(None) != text {
        return Err(format!("{text} has a wrong checksum: a digit is mistyped"));
    }
    match address.is_zero() {
        true => Err("the zero address is nobody".into()),
        false => Ok(address),
    }
}
