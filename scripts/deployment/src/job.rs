//! A deployment that is to be made or finished: what shall stand, who deploys it, and what stands already.

use std::path::PathBuf;

use alloy::{
    primitives::{keccak256, Address, B256},
    providers::Provider,
};
use ballast::{
    abi::Vault,
    client::Client,
    local::deployer::STYLUS_DEPLOYER,
    record::{External, Program, Progress, Record, Roles},
    steps::{Addresses, Call, Step},
    stylus, suite,
};

use crate::{bundle::Bundle, config::Config, trouble::Trouble};

/// What shall stand, and who deploys it.
#[derive(Debug)]
pub struct Job<'a> {
    /// The chain.
    pub client: &'a Client,
    /// The treasury.
    pub treasury: suite::Config,
    /// The programs.
    pub bundle: &'a Bundle,
    /// Who deploys.
    pub deployer: Address,
    /// Where the record lies, or shall lie.
    pub path: PathBuf,
    /// What is recorded until now.
    pub record: Record,
}

impl<'a> Job<'a> {
    /// Reads the record at `path`, if there is one, and holds it against the configuration and the chain.
    ///
    /// # Errors
    /// A record of another chain, of another deployer or with other programs; programs that are not there any more.
    pub async fn new(
        client: &'a Client,
        config: &Config,
        bundle: &'a Bundle,
        deployer: Address,
        path: PathBuf,
    ) -> Result<Self, Trouble> {
        let treasury = config
            .treasury()
            .map_err(|e| Trouble::File(e.to_string()))?;
        let record = match path.exists() {
            true => Record::read(&path).map_err(|e| Trouble::File(format!("{e:#}")))?,
            false => fresh(config, &treasury, bundle, deployer),
        };
        let deployer = match &record.progress {
            // Whoever only looks, looks as the one who began.
            Some(progress) if deployer.is_zero() => progress.deployer,
            _ => deployer,
        };
        let job = Self {
            client,
            treasury,
            bundle,
            deployer,
            path,
            record,
        };
        job.must_match(config.chain_id)?;
        job.must_stand().await?;
        Ok(job)
    }

    /// Whether everything was done by an earlier run.
    pub fn is_finished(&self) -> bool {
        self.record.progress.is_none()
    }

    /// Every step, the last of which drops the deployer's role.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = self.treasury.steps();
        if self.treasury.owner != self.deployer {
            steps.push(Step::Call(Call::HandOver));
        }
        steps
    }

    /// Where the recorded programs are.
    pub fn addresses(&self) -> Addresses {
        let mut at = Addresses::default();
        for program in &self.record.programs {
            at.insert(&program.name, program.address);
        }
        at
    }

    /// A program as it is recorded.
    pub fn recorded(&self, name: &str) -> Option<&Program> {
        self.record
            .programs
            .iter()
            .find(|program| program.name == name)
    }

    /// Whether the first shares were made by an earlier run.
    ///
    /// # Errors
    /// A chain that does not answer.
    pub async fn is_seeded(&self) -> Result<bool, Trouble> {
        match self.recorded("vault") {
            Some(vault) => {
                let seeded = self.client.call(vault.address, Vault::seededCall {});
                Ok(seeded.await?)
            }
            None => Ok(false),
        }
    }

    /// Where StylusDeployer will put a program.
    pub(crate) fn destination(
        &self,
        root: &[u8],
        arguments: Option<&[u8]>,
        salt: B256,
    ) -> Result<Address, Trouble> {
        Ok(stylus::address(STYLUS_DEPLOYER, root, arguments, salt)?)
    }

    fn must_match(&self, chain_id: u64) -> Result<(), Trouble> {
        let path = self.path.display();
        let differs = |what: &str| Err(Trouble::Conflict(format!("{path} is a record of {what}")));
        if self.record.chain_id != chain_id {
            return differs(&format!(
                "chain {}, not of chain {chain_id}",
                self.record.chain_id
            ));
        }
        if let Some(progress) = &self.record.progress {
            if progress.deployer != self.deployer && !self.deployer.is_zero() {
                return differs(&format!(
                    "a deployment that {} began, and {} would go on",
                    progress.deployer, self.deployer
                ));
            }
        }
        for step in self.treasury.steps() {
            let Step::Program(name) = step else { continue };
            if self.is_finished() && self.recorded(name).is_none() {
                return differs(&format!("a finished deployment without {name}"));
            }
        }
        let roles = self.record.roles;
        if roles.owner != self.treasury.owner || roles.guardian != self.treasury.guardian {
            return differs(&format!(
                "a treasury of owner {} and guardian {}, not of {} and {}",
                roles.owner, roles.guardian, self.treasury.owner, self.treasury.guardian
            ));
        }
        Ok(())
    }

    /// Who holds the setup role, or held it: the last of the policy's constructor arguments.
    fn setup(&self) -> Address {
        if let Some(progress) = &self.record.progress {
            return progress.deployer;
        }
        let policy = self.recorded("policy");
        let arguments = policy.map(|policy| policy.constructor_arguments.as_ref());
        let last = arguments.and_then(|words| words.get(64..96));
        last.map(|word| Address::from_word(B256::from_slice(word)))
            .unwrap_or_default()
    }

    /// Refuses to go on with another build than the one that began: no commit would be the one that the record names.
    fn must_be_of_this_build(&self, program: &Program) -> Result<(), Trouble> {
        let built = self.bundle.program(&program.name);
        if self.is_finished() || built.is_ok_and(|b| b.wasm_sha256 == program.wasm_sha256) {
            return Ok(());
        }
        Err(Trouble::Conflict(format!(
            "{} names {} of another build: build the programs of its commit, {}, and run this again",
            self.path.display(),
            program.name,
            self.record.commit
        )))
    }

    async fn must_stand(&self) -> Result<(), Trouble> {
        let setup = self.setup();
        let at = self.addresses();
        for program in &self.record.programs {
            self.must_be_of_this_build(program)?;
            let code = self.client.provider.get_code_at(program.address).await?;
            if keccak256(&code) != program.code_hash {
                return Err(Trouble::Conflict(format!(
                    "{} names {} at {}, and the chain has another code there or none: was the chain started anew?",
                    self.path.display(), program.name, program.address
                )));
            }
            let wanted = self.treasury.arguments(&program.name, setup, &at);
            let wanted = wanted.map(Option::unwrap_or_default);
            if wanted.map_or(true, |wanted| {
                wanted != program.constructor_arguments.to_vec()
            }) {
                return Err(Trouble::Conflict(format!(
                    "{} names {} with other constructor arguments than the configuration wants",
                    self.path.display(),
                    program.name
                )));
            }
        }
        Ok(())
    }
}

fn fresh(config: &Config, treasury: &suite::Config, bundle: &Bundle, deployer: Address) -> Record {
    let external = config.external().into_iter();
    Record {
        chain_id: config.chain_id,
        commit: bundle.origin.commit.clone(),
        toolchain: bundle.origin.toolchain.clone(),
        programs: Vec::new(),
        roles: Roles {
            owner: treasury.owner,
            guardian: treasury.guardian,
        },
        external: external
            .map(|(name, address, source)| External {
                name,
                address,
                source,
            })
            .collect(),
        calls: Vec::new(),
        progress: Some(Progress {
            deployer,
            ..Progress::default()
        }),
    }
}
