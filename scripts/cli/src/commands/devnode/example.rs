//! What `ballast devnode --example` writes for whoever tries it: keys, and the configuration of a deployment.

use std::{fmt::Write as _, path::Path};

use alloy::{
    primitives::{utils::format_units, Address},
    signers::local::LocalSigner,
};
use anyhow::{Context, Result};
use ballast::local::{
    example::{Example, FUNDS_USD},
    market::{usd, Member, FEED_DECIMALS},
};
use devnode::dev_accounts;

/// Password of the example's keystores: what they protect is worth nothing.
const PASSWORD: &str = "ballast";
/// Feeds of the example answer once, so their answers are let live as long as the oracle allows any.
const HEARTBEAT_S: u64 = 30 * 86_400;

/// Writes `deploy.toml`, `governor` and `keys/` into `directory`.
///
/// # Errors
/// A directory that cannot be made or written to.
pub(crate) fn write(directory: &Path, chain_id: u64, example: &Example) -> Result<()> {
    let keys = directory.join("keys");
    std::fs::create_dir_all(&keys).with_context(|| format!("cannot make {}", keys.display()))?;
    let put = |path: &Path, text: &str| {
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    put(
        &directory.join("deploy.toml"),
        &configuration(chain_id, example)?,
    )?;
    put(
        &directory.join("governor"),
        &format!("{}\n", example.dao.governor),
    )?;
    put(&keys.join("password"), &format!("{PASSWORD}\n"))?;
    let cast = &example.cast;
    for (name, who) in [
        ("deployer", cast.deployer),
        ("voter", cast.voter),
        ("keeper", cast.keeper),
        ("alice", cast.alice),
        ("guardian", cast.guardian),
    ] {
        store(&keys, name, who)?;
    }
    Ok(())
}

fn store(keys: &Path, name: &str, who: Address) -> Result<()> {
    let accounts = dev_accounts();
    let account = accounts.iter().find(|account| account.address == who);
    let key = account.context("an account without a key")?.key;
    // Written anew: an older file is of an older chain with the same accounts.
    let _ = std::fs::remove_file(keys.join(name));
    let mut random = rand::thread_rng();
    LocalSigner::encrypt_keystore(keys, &mut random, key, PASSWORD, Some(name))?;
    Ok(())
}

fn configuration(chain_id: u64, example: &Example) -> Result<String> {
    let source = "ballast devnode --example";
    let mut text = format!(
        "# The example's treasury, for `ballast deploy --config`. Every key is explained in deployments/example.toml.\n\
         chain_id = {chain_id}\n\
         salt = \"example\"\n\n\
         [share]\n\
         name = \"Example Treasury\"\n\
         symbol = \"EXT\"\n\n\
         [roles]\n\
         owner = \"{owner}\"     # the DAO's timelock\n\
         guardian = \"{guardian}\"\n\n\
         [sequencer]\n\
         feed = \"{sequencer}\"\n\
         grace_s = 3600\n\
         source = \"{source}\"\n",
        owner = example.dao.timelock,
        guardian = example.cast.guardian,
        sequencer = example.sequencer,
    );
    for member in &example.members {
        asset(&mut text, member, source)?;
    }
    let amounts: Result<Vec<_>> = example.members.iter().zip(FUNDS_USD).map(whole).collect();
    write!(
        text,
        "\n[fillers]\n\
         uniswap_v3 = {{ address = \"{router}\", source = \"{source}\" }}\n\
         call = false\n\n\
         [limits]\n\n\
         [supply]\n\
         cap = \"none\"\n\n\
         [fees]\n\
         recipient = \"none\"\n\
         management_bps = 0\n\
         mint_bps = 0\n\
         redeem_bps = 0\n\n\
         [seed]\n\
         shares = \"{shares}\"\n\
         receiver = \"{owner}\"\n\
         amounts = [{amounts}]\n",
        router = example.uniswap.router,
        shares = FUNDS_USD.iter().sum::<u64>(),
        owner = example.dao.timelock,
        amounts = amounts?.join(", "),
    )?;
    Ok(text)
}

fn asset(text: &mut String, member: &Member, source: &str) -> Result<()> {
    let price: u128 = member.answer.try_into()?;
    let bound = |answer: u128| format_units(answer, FEED_DECIMALS);
    writeln!(
        text,
        "\n[[assets]]\n\
         symbol = \"{}\"\n\
         token = \"{}\"\n\
         decimals = {}\n\
         min_holding = \"0.001\"\n\
         feed = \"{}\"\n\
         feed_decimals = {FEED_DECIMALS}\n\
         heartbeat_s = {HEARTBEAT_S}\n\
         min_price = \"{}\"\n\
         max_price = \"{}\"\n\
         lag_bps = 50\n\
         source = \"{source}\"",
        member.symbol,
        member.token,
        member.decimals,
        member.feed,
        bound(price / 10)?,
        bound(price * 10)?,
    )?;
    Ok(())
}

/// Whole tokens of an asset that are worth so many dollars, as TOML.
fn whole((member, dollars): (&Member, u64)) -> Result<String> {
    let amount = member.amount(usd(dollars))?;
    Ok(format!("\"{}\"", format_units(amount, member.decimals)?))
}
