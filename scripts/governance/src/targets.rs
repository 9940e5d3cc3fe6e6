//! New targets, checked as the policy will check them, before anybody votes.

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{Address, U256},
};
use anyhow::Result;
use ballast::{
    abi::{Oracle, Policy, Vault},
    client::Client,
};
use ballast_math::ramp;

use crate::{
    book::Book,
    change::Change,
    interfaces::Module,
    problem::problem,
    setters,
    words::{duration, moment, percent},
};

const BPS: u64 = 10_000;
/// Longest ramp, and longest wait for its start, seconds; compiled into the policy.
const MAX_RAMP_S: u64 = 365 * 24 * 60 * 60;
/// Fastest move of targets, bps of turnover a day; compiled into the policy.
const MAX_SPEED_BPS_PER_DAY: u64 = 2_500;
/// What moves the governance nonce.
const COUNTED: [&str; 4] = ["setLimit", "setMode", "setAssetBounds", "setTargets"];
/// 1 bp in WAD.
const WAD_PER_BPS: U256 = U256::from_limbs([100_000_000_000_000, 0, 0, 0]);

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Assets with their weights, bps.
    pub weights: Vec<(Address, U256)>,
    /// Band of every asset, bps; none keeps each asset's own.
    pub band: Option<U256>,
    /// When the ramp begins, seconds; 0 for its execution.
    pub start: U256,
    /// How long it takes; none for the shortest that is allowed, in whole hours.
    pub duration: Option<U256>,
    /// The policy's governance nonce; none for the present one.
    pub nonce: Option<U256>,
}

/// The policy's targets now.
#[derive(Debug, Clone)]
pub struct Present {
    /// Tokens of the last targets with weight and band, bps.
    pub targets: Vec<(Address, U256, U256)>,
    /// Every token of `wish` or `targets` with its effective weight and the one it moves to, WAD.
    pub weights: Vec<(Address, U256, U256)>,
    /// How often governance changed something.
    pub nonce: U256,
    /// The chain's time.
    pub now: u64,
}

/// Asks the policy, and checks `wish` asset by asset, as they are once the `earlier` changes of the proposal are done.
///
/// # Errors
/// An asset that is not listed, has no price or may not weigh as much; the chain does not answer.
pub async fn present(
    client: &Client,
    book: &Book,
    wish: &Wish,
    earlier: &[Change],
) -> Result<Present> {
    let done = |functions: &[&str], token: Option<Address>| {
        let same = |change: &&Change| {
            let of = change.arguments.first().and_then(DynSolValue::as_address);
            functions.contains(&change.setter.function) && (token.is_none() || of == token)
        };
        earlier.iter().filter(same).count()
    };
    let policy = book.module(Module::Policy)?;
    let (vault, oracle) = (book.module(Module::Vault)?, book.module(Module::Oracle)?);
    for (token, weight) in &wish.weights {
        let (token, name) = (*token, book.called(*token));
        if !weight.is_zero() {
            let listed = done(&["listAsset"], Some(token)) > 0
                || client
                    .call(vault, Vault::isConstituentCall { token })
                    .await?;
            if !listed {
                return Err(problem!(
                    "the vault does not list {name}: `list-asset` comes first"
                ));
            }
            let priced = done(&["setFeed", "setCompositeFeed"], Some(token)) > 0
                || client.call(oracle, Oracle::isPricedCall { token }).await?;
            if !priced {
                return Err(problem!(
                    "the oracle has no feed of {name}: `feed` comes first"
                ));
            }
        }
        if done(&["setAssetBounds"], Some(token)) > 0 {
            continue;
        }
        let rule = client.call(policy, Policy::assetRuleCall { token }).await?;
        if *weight > rule.capBps {
            return Err(problem!(
                "{name} may weigh at most {}, not {}: its bounds say so",
                percent(rule.capBps),
                percent(*weight)
            ));
        }
    }
    let nonce = client.call(policy, Policy::governanceNonceCall {}).await?;
    let answer = client.call(policy, Policy::targetsCall {}).await?;
    let mut tokens = answer.tokens.clone();
    for (token, _) in &wish.weights {
        if !tokens.contains(token) {
            tokens.push(*token);
        }
    }
    let mut weights = Vec::new();
    for token in tokens {
        let of = client.call(policy, Policy::weightOfCall { token }).await?;
        weights.push((token, of.nowWad, of.targetWad));
    }
    let lists = answer.tokens.into_iter().zip(answer.weightsBps);
    let targets = lists.zip(answer.bandsBps).map(|((t, w), b)| (t, w, b));
    Ok(Present {
        targets: targets.collect(),
        weights,
        nonce: nonce.saturating_add(U256::from(done(&COUNTED, None))),
        now: client.now().await?,
    })
}

impl Wish {
    /// The call that sets them.
    ///
    /// # Errors
    /// A [`crate::problem::Problem`] for whatever the policy would refuse.
    pub fn change(&self, present: &Present, book: &Book) -> Result<Change> {
        self.check_weights(book)?;
        let bands = self.bands(present, book)?;
        if let Some(nonce) = self.nonce {
            if nonce != present.nonce {
                return Err(problem!(
                    "the governance nonce is {}, not {nonce}: the policy changed meanwhile",
                    present.nonce
                ));
            }
        }
        self.check_start(present)?;
        let duration = self.duration(present)?;
        let setter = setters::named("targets").ok_or_else(|| problem!("no targets"))?;
        let uint = |number: U256| DynSolValue::Uint(number, 256);
        let list = |numbers: Vec<U256>| DynSolValue::Array(numbers.into_iter().map(uint).collect());
        let tokens = self.weights.iter().map(|(t, _)| DynSolValue::Address(*t));
        Ok(Change {
            setter,
            arguments: vec![
                DynSolValue::Array(tokens.collect()),
                list(self.weights.iter().map(|(_, weight)| *weight).collect()),
                list(bands),
                uint(self.start),
                uint(duration),
                uint(present.nonce),
            ],
            value: U256::ZERO,
        })
    }

    fn check_weights(&self, book: &Book) -> Result<()> {
        let mut sum = U256::ZERO;
        for (index, (token, weight)) in self.weights.iter().enumerate() {
            if self
                .weights
                .iter()
                .skip(index + 1)
                .any(|(other, _)| other == token)
            {
                return Err(problem!("{} is named twice", book.called(*token)));
            }
            sum = sum.saturating_add(*weight);
        }
        match sum == U256::from(BPS) {
            true => Ok(()),
            false => Err(problem!(
                "the weights add up to {}, not to 100 %",
                percent(sum)
            )),
        }
    }

    fn bands(&self, present: &Present, book: &Book) -> Result<Vec<U256>> {
        let band = |(token, _): &(Address, U256)| -> Result<U256> {
            let own = present.targets.iter().find(|(other, _, _)| other == token);
            let band = self.band.or(own.map(|(_, _, band)| *band));
            match band {
                Some(band) if (U256::ONE..=U256::from(BPS)).contains(&band) => Ok(band),
                Some(band) => Err(problem!(
                    "a band is above 0 and at most 100 %, not {}",
                    percent(band)
                )),
                None => Err(problem!(
                    "{} has no band yet: give one with --band",
                    book.called(*token)
                )),
            }
        };
        self.weights.iter().map(band).collect()
    }

    fn check_start(&self, present: &Present) -> Result<()> {
        let now = U256::from(present.now);
        if self.start.is_zero() {
            return Ok(());
        }
        if self.start < now {
            return Err(problem!(
                "a ramp cannot start in the past: {}, and it is {}",
                moment(self.start),
                moment(now)
            ));
        }
        let latest = now + U256::from(MAX_RAMP_S);
        match self.start <= latest {
            true => Ok(()),
            false => Err(problem!(
                "a ramp starts at the latest on {}, not on {}",
                moment(latest),
                moment(self.start)
            )),
        }
    }

    /// Seconds of the ramp: as wanted, or as short as the policy lets it be.
    fn duration(&self, present: &Present) -> Result<U256> {
        let shortest = self.shortest(present)?;
        let wanted = self.duration.unwrap_or(U256::from(shortest));
        if wanted > U256::from(MAX_RAMP_S) {
            return Err(problem!(
                "a ramp takes at most {}, not {}",
                duration(U256::from(MAX_RAMP_S)),
                duration(wanted)
            ));
        }
        if let Some(speed) = self.speed(present, wanted.saturating_to())? {
            return Err(problem!(
                "targets move at most {} of NAV a day, and these would move {}: take at least {}",
                percent(U256::from(MAX_SPEED_BPS_PER_DAY)),
                percent(speed),
                duration(U256::from(shortest))
            ));
        }
        Ok(wanted)
    }

    /// The speed of a ramp where that is too much, bps a day.
    ///
    /// A running ramp has moved on when this is executed: both where the weights are and where they go must be near enough.
    fn speed(&self, present: &Present, seconds: u64) -> Result<Option<U256>> {
        // The first targets have nothing to ramp from.
        if present.targets.is_empty() {
            return Ok(None);
        }
        let to = present.weights.iter().map(|(token, _, _)| {
            let wanted = self.weights.iter().find(|(other, _)| other == token);
            wanted.map_or(U256::ZERO, |(_, bps)| bps.saturating_mul(WAD_PER_BPS))
        });
        let to: Vec<_> = to.collect();
        let now: Vec<_> = present.weights.iter().map(|(_, now, _)| *now).collect();
        let end: Vec<_> = present.weights.iter().map(|(_, _, end)| *end).collect();
        let mut fastest = U256::ZERO;
        for from in [now, end] {
            let speed = ramp::speed_bps_per_day_up(&from, &to, seconds).unwrap_or(U256::MAX);
            fastest = fastest.max(speed);
        }
        Ok((fastest > U256::from(MAX_SPEED_BPS_PER_DAY)).then_some(fastest))
    }

    /// The shortest ramp that is slow enough, in whole hours.
    fn shortest(&self, present: &Present) -> Result<u64> {
        const HOUR: u64 = 60 * 60;
        let mut hours = 0;
        // The whole portfolio moves in four days.
        while hours <= 4 * 24 {
            if self.speed(present, hours * HOUR)?.is_none() {
                return Ok(hours * HOUR);
            }
            hours += 1;
        }
        Ok(hours * HOUR)
    }
}
