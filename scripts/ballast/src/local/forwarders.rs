//! Programs in front of other programs: an account behind them is a contract, and whatever it calls
//! is the third Stylus frame of the transaction at the earliest.

use alloy::primitives::Address;
use anyhow::{Context, Result};

use crate::{
    client::{Client, Route},
    stylus,
};

/// What every forwarder runs.
const SOURCE: &str = include_str!("forwarder.wat");

/// Puts forwarders on a chain, and the first of them in front of all others.
#[derive(Debug)]
pub struct Forwarders {
    wasm: Vec<u8>,
    payer: Address,
    front: Address,
}

impl Forwarders {
    /// Deploys the one in front; `payer` pays for it and for the others.
    pub async fn open(client: &Client, payer: Address) -> Result<Self> {
        let wasm = wat::parse_str(SOURCE).context("forwarder.wat")?;
        let front = stylus::deploy_bare(client, payer, &wasm).await?;
        stylus::activate(client, payer, front).await?;
        Ok(Self { wasm, payer, front })
    }

    /// An account for which `signer` signs.
    pub async fn account(&self, client: &mut Client, signer: Address) -> Result<Address> {
        // Code like that of the one in front is active with it.
        let account = stylus::deploy_bare(client, self.payer, &self.wasm).await?;
        let through = vec![self.front, account];
        let sender = signer;
        client.route(account, Route { sender, through });
        Ok(account)
    }

    /// Lets what is asked from nobody in particular come through the forwarders too.
    pub async fn route_views(&self, client: &mut Client) -> Result<()> {
        let account = self.account(client, Address::ZERO).await?;
        let route = Route {
            sender: Address::ZERO,
            through: vec![self.front, account],
        };
        client.route(Address::ZERO, route);
        Ok(())
    }
}
