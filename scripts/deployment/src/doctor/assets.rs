//! Whether every asset can be priced, and the vault has what it owes.

use alloy::primitives::{Address, U256};
use anyhow::Result;
use ballast::abi::{Oracle, Vault, IERC20};

use super::{Patient, Severity};
use crate::check::IFeed;

/// Seconds after which the oracle refuses an asset's volatility that nobody looked at.
const MAX_UNSEEN_S: u64 = 21_600;
/// A price nearer to a bound than this part of it deserves a look.
const NEAR: u64 = 10;

impl Patient<'_> {
    pub(super) async fn assets(&mut self) -> Result<()> {
        self.sequencer().await?;
        let answer = self
            .client
            .call(self.suite.vault, Vault::holdingsCall {})
            .await?;
        let (tokens, held) = answer.into();
        self.listing(&tokens).await?;
        for (token, held) in tokens.iter().zip(&held) {
            self.price(*token).await?;
            self.watched(*token).await?;
            self.owed(*token, *held).await?;
        }
        Ok(())
    }

    async fn sequencer(&mut self) -> Result<()> {
        let set = self
            .client
            .call(self.suite.oracle, Oracle::sequencerCall {})
            .await?;
        if set.feed.is_zero() {
            return Ok(());
        }
        let round = IFeed::latestRoundDataCall {};
        let next = "wait: nothing is priced, everybody can redeem";
        let Ok(round) = self.client.try_call(Address::ZERO, set.feed, round).await? else {
            let sentence = format!("the sequencer's feed {} does not answer", set.feed);
            self.find("sequencer", Severity::Bad, sentence, next);
            return Ok(());
        };
        let since = round.startedAt.saturating_to::<u64>();
        if !round.answer.is_zero() {
            self.find(
                "sequencer",
                Severity::Bad,
                format!("the sequencer is down since {since}"),
                next,
            );
        } else if U256::from(self.ago(since)) <= set.grace {
            let sentence = format!(
                "the sequencer came back at {since}: {} s of grace",
                set.grace
            );
            self.find("sequencer", Severity::Warning, sentence, next);
        }
        Ok(())
    }

    async fn listing(&mut self, tokens: &[Address]) -> Result<()> {
        let Some(config) = self.config else {
            return Ok(());
        };
        let wanted = config.treasury()?.assets;
        for asset in wanted.iter().filter(|asset| !tokens.contains(&asset.token)) {
            let sentence = format!("{} is configured and not listed", asset.token);
            self.find(
                "listing",
                Severity::Warning,
                sentence,
                format!("ballast propose list-asset {}", asset.token),
            );
        }
        for token in tokens
            .iter()
            .filter(|token| wanted.iter().all(|a| a.token != **token))
        {
            let sentence = format!("{token} is listed and not configured");
            self.find(
                "listing",
                Severity::Note,
                sentence,
                "bring the configuration up to date",
            );
        }
        for asset in wanted {
            let token = asset.token;
            let set = Oracle::feedOfCall { token };
            let Ok(set) = self
                .client
                .try_call(Address::ZERO, self.suite.oracle, set)
                .await?
            else {
                continue;
            };
            let same = set.feed == asset.feed
                && set.heartbeat == U256::from(asset.heartbeat)
                && set.minAnswer == asset.min_answer
                && set.maxAnswer == asset.max_answer
                && set.lagBps == U256::from(asset.lag_bps);
            if !same {
                let sentence = format!(
                    "{token} is priced by {} within {} and {}, lag {} bps: not as configured",
                    set.feed, set.minAnswer, set.maxAnswer, set.lagBps
                );
                self.find(
                    "feed-lag",
                    Severity::Warning,
                    sentence,
                    format!("ballast propose queue-feed {token}"),
                );
            }
        }
        Ok(())
    }

    async fn price(&mut self, token: Address) -> Result<()> {
        let oracle = self.suite.oracle;
        let priced = Oracle::latestCall { token };
        if let Err(refusal) = self.client.try_call(Address::ZERO, oracle, priced).await? {
            let sentence = format!("{token} has no price: {refusal}");
            self.find(
                "feed",
                Severity::Bad,
                sentence,
                format!(
                    "ballast propose mode {token} quarantined --sender guardian, or queue-feed"
                ),
            );
        }
        let pending = self
            .client
            .call(oracle, Oracle::pendingOfCall { token })
            .await?;
        if pending.iter().any(|word| !word.is_zero()) {
            let sentence = format!("another source for the price of {token} waits");
            self.find(
                "pending-feed",
                Severity::Warning,
                sentence,
                format!("ballast propose cancel-change {token}"),
            );
        }
        let set = Oracle::feedOfCall { token };
        let Ok(set) = self.client.try_call(Address::ZERO, oracle, set).await? else {
            return Ok(());
        };
        let round = IFeed::latestRoundDataCall {};
        let Ok(round) = self.client.try_call(Address::ZERO, set.feed, round).await? else {
            return Ok(());
        };
        let answer = round.answer.into_raw();
        let margin = |bound: U256| bound / U256::from(NEAR);
        let inside = answer > set.minAnswer && answer < set.maxAnswer;
        let near = answer < set.minAnswer.saturating_add(margin(set.minAnswer))
            || answer > set.maxAnswer.saturating_sub(margin(set.maxAnswer));
        if inside && near {
            let sentence = format!(
                "{} answers {answer}, near a bound of {} to {}",
                set.feed, set.minAnswer, set.maxAnswer
            );
            self.find(
                "feed-bounds",
                Severity::Warning,
                sentence,
                format!("ballast propose queue-feed {token}"),
            );
        }
        Ok(())
    }

    async fn watched(&mut self, token: Address) -> Result<()> {
        let details = Oracle::detailsOfCall { token };
        let oracle = self.suite.oracle;
        let Ok(details) = self.client.try_call(Address::ZERO, oracle, details).await? else {
            // Without a feed there is nothing to watch, and that is found already.
            return Ok(());
        };
        let word = |index: usize| details.get(index).copied().unwrap_or_default();
        if word(14).is_zero() {
            return Ok(());
        }
        let seen = word(16).saturating_to::<u64>();
        let (age, half) = (self.ago(seen), MAX_UNSEEN_S / 2);
        if age > MAX_UNSEEN_S {
            let sentence =
                format!("nobody looked at the volatility of {token} for {age} s: it is refused");
            self.find(
                "volatility",
                Severity::Bad,
                sentence,
                "ballast observe --send",
            );
        } else if age > half {
            let sentence = format!("nobody looked at the volatility of {token} for {age} s");
            self.find(
                "volatility",
                Severity::Warning,
                sentence,
                "ballast observe --send",
            );
        }
        Ok(())
    }

    async fn owed(&mut self, token: Address, held: U256) -> Result<()> {
        let vault = self.suite.vault;
        let claims = self
            .client
            .call(vault, Vault::totalClaimsCall { token })
            .await?;
        let account = vault;
        let balance = IERC20::balanceOfCall { account };
        let balance = self.client.try_call(Address::ZERO, token, balance).await?;
        let owed = held.saturating_add(claims);
        match balance {
            Ok(balance) if balance < owed => {
                let sentence = format!("the vault has {balance} of {token} and owes {owed}: holders and claims share the loss");
                self.find(
                    "shortfall",
                    Severity::Bad,
                    sentence,
                    format!("ballast propose mode {token} quarantined"),
                );
            }
            Ok(_) => {}
            Err(refusal) => {
                let sentence = format!("{token} tells no balance: {refusal}");
                self.find(
                    "shortfall",
                    Severity::Bad,
                    sentence,
                    format!("ballast propose mode {token} quarantined"),
                );
            }
        }
        Ok(())
    }
}
