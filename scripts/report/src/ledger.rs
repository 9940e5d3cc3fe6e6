//! What the programs reported, fetched block range by block range, and kept so that a second run goes on where the first one ended.

use std::path::Path;

use alloy::{
    primitives::{Address, B256},
    providers::Provider,
    rpc::types::{Filter, Log},
    sol_types::SolEvent,
};
use anyhow::{Context, Result};
use ballast::{
    abi::{Policy, Rebalancer, Vault},
    client::Client,
    suite::Suite,
};
use serde::{Deserialize, Serialize};

/// Blocks asked for at once, to begin with; fewer where the chain refuses, more where it does not.
const PAGE: u64 = 50_000;
/// Blocks that are asked for again by the next run: what is younger may yet be reorganised.
const YOUNG: u64 = 64;

/// Events of one treasury up to a block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// The chain.
    pub chain_id: u64,
    /// The vault, so that no two treasuries are mixed.
    pub vault: Address,
    /// The first block that is not in here yet.
    pub next: u64,
    /// The events, in order.
    pub logs: Vec<Log>,
}

impl Ledger {
    /// An empty one that begins at a block.
    pub fn new(chain_id: u64, vault: Address, first: u64) -> Self {
        Self {
            chain_id,
            vault,
            next: first,
            logs: Vec::new(),
        }
    }

    /// The one at `path` if it is there and of this treasury, without its youngest blocks; otherwise an empty one.
    ///
    /// # Errors
    /// A file that cannot be read, or is no ledger.
    pub fn resume(path: &Path, fresh: Self) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(fresh),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()))
            }
        };
        let mut kept: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is no ledger of events", path.display()))?;
        if (kept.chain_id, kept.vault) != (fresh.chain_id, fresh.vault) {
            return Ok(fresh);
        }
        kept.next = kept.next.saturating_sub(YOUNG).max(fresh.next);
        let next = kept.next;
        kept.logs
            .retain(|log| log.block_number.is_some_and(|block| block < next));
        Ok(kept)
    }

    /// Writes it to `path`, whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let draft = path.with_extension("part");
        std::fs::write(&draft, serde_json::to_string(self)?)
            .and_then(|()| std::fs::rename(&draft, path))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Fetches what happened since, up to and with block `last`, telling `told` how far it is. What was fetched before an
    /// error is in here all the same.
    ///
    /// # Errors
    /// A chain that does not answer even for one block.
    pub async fn extend(
        &mut self,
        client: &Client,
        suite: &Suite,
        last: u64,
        told: impl Fn(u64),
    ) -> Result<()> {
        let addresses = vec![suite.vault, suite.policy, suite.rebalancer];
        let mut page = PAGE;
        while self.next <= last {
            let to = last.min(self.next.saturating_add(page - 1));
            let filter = Filter::new()
                .address(addresses.clone())
                .event_signature(topics())
                .from_block(self.next)
                .to_block(to);
            match client.provider.get_logs(&filter).await {
                Ok(logs) => {
                    self.logs.extend(logs);
                    self.next = to + 1;
                    page = page.saturating_mul(2).min(PAGE);
                    told(self.next);
                }
                // Too many blocks, or too many events, for one answer.
                Err(error) if error.as_error_resp().is_some() && to > self.next => {
                    page = ((to - self.next) / 2).max(1);
                }
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("events from block {} on", self.next))
                }
            }
        }
        Ok(())
    }

    /// The events of one kind that one program reported, with their logs.
    pub fn of<E: SolEvent>(&self, program: Address) -> impl Iterator<Item = (&Log, E)> {
        self.logs.iter().filter_map(move |log| {
            (log.address() == program).then_some(())?;
            let event = E::decode_log(&log.inner).ok()?;
            Some((log, event.data))
        })
    }
}

/// What a report is drawn from.
fn topics() -> Vec<B256> {
    vec![
        Rebalancer::RebalanceExecuted::SIGNATURE_HASH,
        Rebalancer::AssetTraded::SIGNATURE_HASH,
        Vault::Seeded::SIGNATURE_HASH,
        Vault::Transfer::SIGNATURE_HASH,
        Vault::AbsorbAnnounced::SIGNATURE_HASH,
        Vault::Absorbed::SIGNATURE_HASH,
        Policy::RoleGranted::SIGNATURE_HASH,
        Policy::RoleRevoked::SIGNATURE_HASH,
        Policy::RoleGrantQueued::SIGNATURE_HASH,
        Policy::RoleGrantCancelled::SIGNATURE_HASH,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_range_that_is_refused_is_halved_and_what_was_fetched_is_kept() {
        use alloy::{
            network::EthereumWallet,
            providers::{mock::Asserter, ProviderBuilder},
        };
        use ballast::wire::PATIENCE;
        let answers = Asserter::new();
        let mut client = Client::open("http://127.0.0.1:1", EthereumWallet::default(), PATIENCE)
            .await
            .unwrap();
        client.provider = ProviderBuilder::new()
            .connect_mocked_client(answers.clone())
            .erased();
        let at = |block| Log {
            block_number: Some(block),
            ..Log::default()
        };
        let suite = Suite {
            policy: Address::ZERO,
            vault: Address::ZERO,
            oracle: Address::ZERO,
            rebalancer: Address::ZERO,
            lens: Address::ZERO,
            filler: Address::ZERO,
            programs: Vec::new(),
        };
        // 100 to 199 is too much, 100 to 148 is not, and neither is the rest.
        answers.push_failure_msg("query returned more than 10000 results");
        answers.push_success(&vec![at(120)]);
        answers.push_success(&vec![at(180)]);
        let mut ledger = Ledger::new(1, Address::ZERO, 100);
        let told = std::cell::RefCell::new(Vec::new());
        let tell = |next| told.borrow_mut().push(next);
        ledger.extend(&client, &suite, 199, tell).await.unwrap();
        assert_eq!(*told.borrow(), [149, 200]);
        assert_eq!(ledger.logs, [at(120), at(180)]);
        // Then nobody answers any more.
        ledger
            .extend(&client, &suite, 299, |_| {})
            .await
            .unwrap_err();
        assert_eq!((ledger.next, ledger.logs.len()), (200, 2));
        // Even a single block may be refused: no endless halving.
        answers.push_failure_msg("no");
        ledger
            .extend(&client, &suite, 200, |_| {})
            .await
            .unwrap_err();
    }

    #[test]
    fn a_ledger_goes_on_before_its_youngest_blocks_and_only_for_its_treasury() {
        let path = std::env::temp_dir().join(format!("ballast-ledger-{}", std::process::id()));
        let vault = Address::repeat_byte(1);
        let at = |block| Log {
            block_number: Some(block),
            ..Log::default()
        };
        let mut ledger = Ledger::new(1, vault, 100);
        ledger.next = 1_000;
        ledger.logs = vec![at(150), at(935), at(936), at(999)];
        ledger.write(&path).unwrap();
        let kept = Ledger::resume(&path, Ledger::new(1, vault, 100)).unwrap();
        assert_eq!((kept.next, kept.logs.len()), (936, 2));
        // Never before the treasury's own first block, never another treasury's.
        let kept = Ledger::resume(&path, Ledger::new(1, vault, 990)).unwrap();
        assert_eq!(kept.next, 990);
        let other = Ledger::new(1, Address::repeat_byte(2), 100);
        assert_eq!(Ledger::resume(&path, other.clone()).unwrap(), other);
        let other = Ledger::new(2, vault, 100);
        assert_eq!(Ledger::resume(&path, other.clone()).unwrap(), other);
        std::fs::write(&path, "{").unwrap();
        assert!(Ledger::resume(&path, Ledger::new(1, vault, 100)).is_err());
        std::fs::remove_file(&path).unwrap();
        let fresh = Ledger::new(1, vault, 100);
        assert_eq!(Ledger::resume(&path, fresh.clone()).unwrap(), fresh);
    }
}
