//! Whether those govern who should, and what waits or rests by their word.

use alloy::primitives::{Address, U256};
use anyhow::Result;
use ballast::abi::{Policy, Vault};

use super::{Patient, Severity};
use crate::{limits::name_of, proof};

impl Patient<'_> {
    pub(super) async fn governance(&mut self) -> Result<()> {
        let wired = proof::wiring(self.client, self.record).await?;
        let proof = proof::of(self.client, self.record).await?;
        for sentence in proof.findings.into_iter().filter(|f| !wired.contains(f)) {
            self.find(
                "roles",
                Severity::Bad,
                sentence,
                "ballast propose revoke-role",
            );
        }
        for sentence in wired {
            self.find("modules", Severity::Bad, sentence, "ballast verify");
        }
        self.waiting().await?;
        self.pauses().await?;
        self.limits().await
    }

    async fn waiting(&mut self) -> Result<()> {
        let policy = self.suite.policy;
        let queued = self
            .client
            .call(policy, Policy::pendingModulesCall {})
            .await?;
        if !queued.readyAt.is_zero() {
            let sentence = format!(
                "oracle {} and rebalancer {} may take over from {} on",
                queued.oracle, queued.rebalancer, queued.readyAt
            );
            self.find(
                "pending-modules",
                Severity::Warning,
                sentence,
                "ballast propose cancel-modules",
            );
        }
        let fees = self
            .client
            .call(self.suite.vault, Vault::pendingFeesCall {})
            .await?;
        if !fees.readyAt.is_zero() {
            let sentence = format!(
                "fees of {}, {} and {} bps for {} may be applied from {} on",
                fees.managementBps, fees.mintBps, fees.redeemBps, fees.recipient, fees.readyAt
            );
            self.find(
                "pending-fees",
                Severity::Warning,
                sentence,
                "ballast propose cancel-fees",
            );
        }
        Ok(())
    }

    async fn pauses(&mut self) -> Result<()> {
        let now = U256::from(self.now);
        let until = self
            .client
            .call(self.suite.policy, Policy::pausedUntilCall {})
            .await?;
        if until > now {
            let sentence = format!("rebalancing is paused until {until}");
            self.find(
                "rebalance-paused",
                Severity::Warning,
                sentence,
                "ballast propose unpause-rebalance",
            );
        }
        let vault = self.suite.vault;
        let until = self
            .client
            .call(vault, Vault::mintPausedUntilCall {})
            .await?;
        if until > now {
            let sentence = format!("minting is paused until {until}");
            self.find(
                "mint-paused",
                Severity::Warning,
                sentence,
                "ballast propose unpause-mint",
            );
        }
        if self.client.call(vault, Vault::isLockedCall {}).await? {
            let sentence = "the vault's lock is closed outside any transaction";
            self.find("locked", Severity::Bad, sentence, "ballast verify");
        }
        Ok(())
    }

    async fn limits(&mut self) -> Result<()> {
        let Some(config) = self.config else {
            return Ok(());
        };
        for (id, value) in config.treasury()?.limits {
            let set = Policy::limitCall { id: U256::from(id) };
            let set = self
                .client
                .try_call(Address::ZERO, self.suite.policy, set)
                .await??;
            if set.value != value {
                let name = name_of(id);
                let sentence = format!("{name} is {}, the configuration says {value}", set.value);
                self.find(
                    "limits",
                    Severity::Warning,
                    sentence,
                    format!("ballast propose limit {name}={value}"),
                );
            }
        }
        Ok(())
    }
}
