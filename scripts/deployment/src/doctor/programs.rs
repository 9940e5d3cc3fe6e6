//! Whether the programs are those that were deployed, and run.

use alloy::{primitives::keccak256, providers::Provider};
use anyhow::Result;
use ballast::wire::Unanswered;

use super::{Patient, Severity};
use crate::upkeep::{cache_manager, cached, days, lifetimes};

/// Days before the end of a program from which it should be kept alive, and from which nothing else matters.
const SOON: u64 = 60;
const NOW: u64 = 14;

impl Patient<'_> {
    /// Looks at every program; answers whether all run.
    pub(super) async fn programs(&mut self) -> Result<bool> {
        let mut same = true;
        for program in &self.record.programs.clone() {
            let code = self.client.provider.get_code_at(program.address).await?;
            if keccak256(&code) != program.code_hash {
                same = false;
                let sentence = format!(
                    "{} at {} has another code than was deployed",
                    program.name, program.address
                );
                self.find("code-changed", Severity::Bad, sentence, "ballast verify");
            }
            for fragment in &program.fragments {
                if !super::has_code(self.client, *fragment).await? {
                    let sentence = format!("{} has lost its piece at {fragment}", program.name);
                    self.find("code-changed", Severity::Bad, sentence, "ballast verify");
                }
            }
        }
        if !same {
            return Ok(false);
        }
        let run = self.lifetimes().await?;
        if run {
            self.cache().await?;
        }
        Ok(run)
    }

    async fn lifetimes(&mut self) -> Result<bool> {
        let mut run = true;
        for program in lifetimes(self.client, self.record).await? {
            let name = &program.name;
            if let Some(why) = &program.refused {
                run = false;
                let id = match why.contains("Upgrade") {
                    true => "stylus-version",
                    false => "expiry",
                };
                self.find(
                    id,
                    Severity::Bad,
                    format!("{name} does not run: {why}"),
                    "ballast keepalive --send",
                );
                continue;
            }
            let left = days(program.left_s);
            let severity = match left {
                ..NOW => Severity::Bad,
                NOW..SOON => Severity::Warning,
                _ => continue,
            };
            self.find(
                "expiry",
                severity,
                format!("{name} ends in {left} days"),
                "ballast keepalive --send",
            );
        }
        Ok(run)
    }

    async fn cache(&mut self) -> Result<()> {
        match cache_manager(self.client).await {
            Ok(_) => {}
            Err(error) if Unanswered::among(&error).is_some() => return Err(error),
            // A chain without a cache.
            Err(_) => return Ok(()),
        }
        let programs = cached(self.client, self.record).await?;
        let missing: Vec<_> = programs.iter().filter(|p| !p.is_cached).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let gas: u64 = missing
            .iter()
            .map(|p| p.init_gas.saturating_sub(p.cached_gas))
            .sum();
        let names: Vec<_> = missing.iter().map(|p| p.name.as_str()).collect();
        let sentence = format!(
            "{} are not in the cache: entering all of them costs {gas} gas more",
            names.join(", ")
        );
        self.find(
            "cache",
            Severity::Note,
            sentence,
            "ballast cache --bid 0 --send",
        );
        Ok(())
    }
}
