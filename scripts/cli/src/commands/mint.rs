//! `ballast mint`: shares for what they are made of.

use std::io::{self, Write};

use alloy::{
    primitives::{Address, U256},
    sol,
};
use ballast::{
    abi::{Vault, IERC20},
    suite::Suite,
    tokens, words,
};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    commands::amounts::{all, parse_shares, Tolerance},
    failure::{Failure, Kind, OfKind, Outcome},
    sending::Sent,
    session::Session,
    terminal::{Answer, Terminal},
};

sol! {
    /// As much of ERC-20 as every token has: some answer nothing.
    interface IApprove {
        function approve(address spender, uint256 amount) external;
    }
}

/// Mint shares for a part of everything that is held
///
/// Takes the same part of every asset, rounded up. Shows what that is, what must be approved first and what it costs;
/// with --send it approves exactly the most that may be taken, one transaction a token, and mints.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// How many shares, in whole shares: 12.5
    #[arg(value_name = "SHARES", value_parser = parse_shares)]
    shares: U256,
    /// Who receives them [default: who pays]
    #[arg(long, value_name = "ADDRESS")]
    receiver: Option<Address>,
    #[command(flatten)]
    tolerance: Tolerance,
}

/// What minting takes.
#[derive(Debug, Serialize)]
struct Mint {
    chain_id: u64,
    vault: Address,
    /// Who pays; nobody in a preview without an account.
    account: Option<Address>,
    receiver: Option<Address>,
    shares: U256,
    assets: Vec<Asset>,
    /// Approvals that come first.
    approvals: Vec<Sent>,
    /// The mint; nothing where approvals must be sent before it can be simulated, or nobody pays.
    mint: Option<Sent>,
}

/// One asset of a mint.
#[derive(Debug, Serialize)]
struct Asset {
    #[serde(flatten)]
    token: tokens::Token,
    /// What is taken by the preview.
    amount: U256,
    /// The most that may be taken.
    max: U256,
    /// What the account has; nothing without an account.
    balance: Option<U256>,
    /// What the vault may take of it already.
    allowance: Option<U256>,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let suite = session.suite().await?;
    let account = Some(session.actor.address).filter(|account| !account.is_zero());
    let assets = preview(&session, &suite, account, options).await?;
    let what = format!("mint {} shares", words::decimal(options.shares, 18));
    let approvals = match session.earlier(&what, suite.vault).await? {
        Some(_) => Vec::new(),
        None => {
            must_have(account, &assets)?;
            approve(&session, &suite, account, &assets).await?
        }
    };
    let receiver = options.receiver.or(account);
    let ready = approvals.iter().all(|approval| approval.mined.is_some());
    let mint = match receiver.filter(|_| ready && account.is_some()) {
        Some(receiver) => {
            let call = Vault::mintCall {
                shares: options.shares,
                receiver,
                maxAmounts: assets.iter().map(|asset| asset.max).collect(),
            };
            let (sent, _) = session.act(&what, suite.vault, U256::ZERO, call).await?;
            Some(sent)
        }
        None => None,
    };
    session
        .show(&Mint {
            chain_id: session.chain_id,
            vault: suite.vault,
            account,
            receiver,
            shares: options.shares,
            assets,
            approvals,
            mint,
        })
        .await
}

async fn preview(
    session: &Session,
    suite: &Suite,
    account: Option<Address>,
    options: &Options,
) -> Outcome<Vec<Asset>> {
    let client = &session.client;
    let held = client.try_call(Address::ZERO, suite.vault, Vault::holdingsCall {});
    let held = held.await.kind(Kind::Chain)??;
    let described = tokens::describe(client, &held.tokens)
        .await
        .kind(Kind::Chain)?;
    let call = Vault::previewMintCall {
        shares: options.shares,
    };
    let amounts = client.try_call(Address::ZERO, suite.vault, call).await;
    let amounts = amounts
        .kind(Kind::Chain)?
        .map_err(|refusal| Failure::refused(&refusal, &tokens::names(&described)))?;
    let (balances, allowances) = match account {
        None => (vec![None; amounts.len()], vec![None; amounts.len()]),
        Some(owner) => {
            let balance = |_| IERC20::balanceOfCall { account: owner };
            let allowance = |_| IERC20::allowanceCall {
                owner,
                spender: suite.vault,
            };
            (
                all(client, &held.tokens, balance).await?,
                all(client, &held.tokens, allowance).await?,
            )
        }
    };
    let rows = described
        .into_iter()
        .zip(amounts)
        .zip(balances)
        .zip(allowances);
    Ok(rows
        .map(|(((token, amount), balance), allowance)| Asset {
            token,
            amount,
            max: options.tolerance.above(amount),
            balance,
            allowance,
        })
        .collect())
}

/// Refuses an account that has too little of something, naming all of it at once.
fn must_have(account: Option<Address>, assets: &[Asset]) -> Outcome {
    let say = |amount| move |token: &tokens::Token| words::decimal(amount, token.decimals);
    let missing: Vec<String> = assets
        .iter()
        .filter_map(|asset| {
            let balance = asset.balance?;
            (balance < asset.amount).then(|| {
                format!(
                    "{} of {} {}",
                    say(balance)(&asset.token),
                    say(asset.amount)(&asset.token),
                    asset.token.symbol
                )
            })
        })
        .collect();
    match (account, missing.is_empty()) {
        (Some(account), false) => Err(Failure::new(
            Kind::Key,
            format!("{account} has too little: {}", missing.join(", ")),
        )
        .next("mint fewer shares, or fund the account")),
        _ => Ok(()),
    }
}

/// Approves exactly the most that may be taken, where less is approved.
async fn approve(
    session: &Session,
    suite: &Suite,
    account: Option<Address>,
    assets: &[Asset],
) -> Outcome<Vec<Sent>> {
    let mut sent = Vec::new();
    if account.is_none() {
        return Ok(sent);
    }
    for asset in assets {
        let allowance = asset.allowance.unwrap_or_default();
        if allowance >= asset.max {
            continue;
        }
        let symbol = &asset.token.symbol;
        // Some tokens change an allowance only from or to nothing.
        if !allowance.is_zero() {
            let call = IApprove::approveCall {
                spender: suite.vault,
                amount: U256::ZERO,
            };
            let what = format!("take back the allowance of {symbol}");
            let (step, _) = session
                .act(&what, asset.token.token, U256::ZERO, call)
                .await?;
            let done = step.mined.is_some();
            sent.push(step);
            if !done {
                continue;
            }
        }
        let call = IApprove::approveCall {
            spender: suite.vault,
            amount: asset.max,
        };
        let amount = words::decimal(asset.max, asset.token.decimals);
        let what = format!("approve {amount} {symbol} for the vault");
        let (step, _) = session
            .act(&what, asset.token.token, U256::ZERO, call)
            .await?;
        sent.push(step);
    }
    Ok(sent)
}

impl Answer for Mint {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let shares = words::decimal(self.shares, 18);
        writeln!(out, "{shares} shares take")?;
        for asset in &self.assets {
            let say = |amount| words::decimal(amount, asset.token.decimals);
            writeln!(
                out,
                "  {:<20} {:>28}   at most {}",
                asset.token.symbol,
                say(asset.amount),
                say(asset.max)
            )?;
        }
        if self.account.is_none() {
            return writeln!(
                out,
                "Name an account with --from or a key to see its approvals."
            );
        }
        for step in self.approvals.iter().chain(&self.mint) {
            step.write(out)?;
        }
        match &self.mint {
            Some(_) => Ok(()),
            None => writeln!(
                out,
                "Then the mint itself, which can be simulated once these are approved."
            ),
        }
    }
}
