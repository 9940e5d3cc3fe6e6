//! `ballast redeem`: what shares are made of, in kind. Needs no price, and cannot be paused.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use ballast::{abi::Vault, suite::Suite, tokens, words};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::Globals,
    commands::amounts::{parse_shares, Tolerance},
    failure::{Failure, Kind, OfKind, Outcome},
    sending::Sent,
    session::Session,
    terminal::{Answer, Terminal},
};

/// Redeem shares in kind, and collect what is owed
///
/// Pays the same part of every asset, rounded down. It reads no price and cannot be paused. Without SHARES it shows what
/// the account has: shares, what they are worth in kind, claims and parts of side pockets. With --collect it fetches those.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// How many shares, in whole shares, or `all`
    #[arg(value_name = "SHARES", value_parser = parse_some)]
    shares: Option<Wanted>,
    /// Who receives the assets [default: who acts]
    #[arg(long, value_name = "ADDRESS")]
    receiver: Option<Address>,
    /// Whose shares, if who acts may spend them [default: who acts]
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<Address>,
    #[command(flatten)]
    tolerance: Tolerance,
    /// Accept a claim for what a token does not deliver now
    #[arg(long)]
    accept_claims: bool,
    /// Fetch claims and parts of side pockets too
    #[arg(long)]
    collect: bool,
    /// Look for a claim on this token too, which is no longer listed; may be given again
    #[arg(long = "token", value_name = "ADDRESS")]
    tokens: Vec<Address>,
}

/// Some shares or all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    All,
    These(U256),
}

impl Wanted {
    /// What is done, in words that stay the same when it was done.
    fn words(self) -> String {
        match self {
            Self::All => "redeem all shares".into(),
            Self::These(shares) => format!("redeem {} shares", words::decimal(shares, 18)),
        }
    }
}

fn parse_some(text: &str) -> Result<Wanted, String> {
    match text {
        "all" => Ok(Wanted::All),
        text => parse_shares(text).map(Wanted::These),
    }
}

/// What redeeming brings.
#[derive(Debug, Serialize)]
struct Redemption {
    chain_id: u64,
    vault: Address,
    owner: Address,
    receiver: Address,
    /// Shares that the owner has.
    balance: U256,
    /// Shares that are redeemed, or shown.
    shares: U256,
    assets: Vec<Asset>,
    /// What was not delivered by earlier redemptions.
    claims: Vec<Owed>,
    /// Parts of what left the list.
    pockets: Vec<Pocket>,
    /// The redemption, if one was asked for.
    redeem: Option<Sent>,
    /// Fetching claims and pockets, if it was asked for.
    collect: Vec<Sent>,
}

/// One asset of a redemption.
#[derive(Debug, Serialize)]
struct Asset {
    #[serde(flatten)]
    token: tokens::Token,
    /// What the shares are worth of it.
    amount: U256,
    /// The least that must be delivered.
    min: U256,
    /// What would be, or was, delivered; the rest becomes a claim. Nothing without a redemption.
    delivered: Option<U256>,
}

/// A claim.
#[derive(Debug, Serialize)]
struct Owed {
    #[serde(flatten)]
    token: tokens::Token,
    amount: U256,
}

/// A part of a side pocket.
#[derive(Debug, Serialize)]
struct Pocket {
    number: u64,
    #[serde(flatten)]
    token: tokens::Token,
    amount: U256,
}

pub(crate) async fn run(options: &Options, globals: &Globals, terminal: &Terminal) -> Outcome {
    let session = Session::connect(globals, terminal).await?;
    let actor = session.actor.address;
    if actor.is_zero() && options.owner.is_none() {
        return Err(
            Failure::new(Kind::Key, "nobody is named whose shares these are")
                .next("name an account with --from, or a key"),
        );
    }
    let suite = session.suite().await?;
    let owner = options.owner.unwrap_or(actor);
    let receiver = options.receiver.unwrap_or(actor);
    let earlier = match options.shares {
        Some(wanted) => session.earlier(&wanted.words(), suite.vault).await?,
        None => None,
    };
    let (balance, shares) = match earlier.as_ref().map(|sent| &sent.data) {
        // They are gone: the run before redeemed them, which was cut off.
        Some(data) => {
            let redeemed = Vault::redeemCall::abi_decode(data).kind(Kind::Chain)?;
            (balance(&session, &suite, owner).await?, redeemed.shares)
        }
        None => shares(&session, &suite, owner, options).await?,
    };
    let mut assets = preview(&session, &suite, shares, options).await?;
    let (pockets, mut candidates) = pockets(&session, &suite, receiver).await?;
    candidates.extend(assets.iter().map(|asset| asset.token.token));
    candidates.extend(&options.tokens);
    let claims = claims(&session, &suite, receiver, candidates).await?;
    let redeem = match (earlier, options.shares) {
        (Some(sent), _) => Some(sent),
        (None, Some(wanted)) => Some(
            redeem(
                &session,
                &suite,
                (shares, owner, receiver),
                &wanted.words(),
                options,
                &mut assets,
            )
            .await?,
        ),
        (None, None) => None,
    };
    let collect = match options.collect {
        true => collect(&session, &suite, receiver, &claims, &pockets).await?,
        false => Vec::new(),
    };
    session
        .show(&Redemption {
            chain_id: session.chain_id,
            vault: suite.vault,
            owner,
            receiver,
            balance,
            shares,
            assets,
            claims,
            pockets,
            redeem,
            collect,
        })
        .await
}

/// What the owner has.
async fn balance(session: &Session, suite: &Suite, owner: Address) -> Outcome<U256> {
    let call = Vault::balanceOfCall { account: owner };
    let asked = session.client.try_call(Address::ZERO, suite.vault, call);
    Ok(asked.await.kind(Kind::Chain)??)
}

/// What the owner has, and how much of it is meant.
async fn shares(
    session: &Session,
    suite: &Suite,
    owner: Address,
    options: &Options,
) -> Outcome<(U256, U256)> {
    let balance = balance(session, suite, owner).await?;
    let shares = match options.shares {
        Some(Wanted::These(shares)) => shares,
        Some(Wanted::All) | None => balance,
    };
    match shares > balance || (shares.is_zero() && options.shares.is_some()) {
        true => Err(Failure::new(
            Kind::Key,
            format!(
                "{owner} has {} shares, and {} are asked for",
                words::decimal(balance, 18),
                match options.shares {
                    Some(Wanted::All) => "some".into(),
                    _ => words::decimal(shares, 18),
                }
            ),
        )
        .next("redeem at most what the account has: `all` means that")),
        false => Ok((balance, shares)),
    }
}

async fn preview(
    session: &Session,
    suite: &Suite,
    shares: U256,
    options: &Options,
) -> Outcome<Vec<Asset>> {
    let client = &session.client;
    let held = client.try_call(Address::ZERO, suite.vault, Vault::holdingsCall {});
    let held = held.await.kind(Kind::Chain)??;
    let call = Vault::previewRedeemCall { shares };
    let amounts = match shares.is_zero() {
        true => vec![U256::ZERO; held.tokens.len()],
        false => client
            .try_call(Address::ZERO, suite.vault, call)
            .await
            .kind(Kind::Chain)??,
    };
    let described = tokens::describe(client, &held.tokens)
        .await
        .kind(Kind::Chain)?;
    let rows = described.into_iter().zip(amounts);
    Ok(rows
        .map(|(token, amount)| Asset {
            token,
            amount,
            min: options.tolerance.below(amount),
            delivered: None,
        })
        .collect())
}

/// What is owed of every listed token, of every token of a side pocket, and of those that were named.
async fn claims(
    session: &Session,
    suite: &Suite,
    account: Address,
    candidates: Vec<Address>,
) -> Outcome<Vec<Owed>> {
    let candidates: BTreeSet<Address> = candidates.into_iter().collect();
    let call = |token: &Address| {
        let token = *token;
        (suite.vault, Vault::claimOfCall { token, account })
    };
    let calls = candidates.iter().map(call).collect();
    let owed = session.client.try_all(calls).await.kind(Kind::Chain)?;
    let (tokens, amounts): (Vec<Address>, Vec<U256>) = candidates
        .iter()
        .zip(owed)
        .filter_map(|(token, owed)| Some((*token, owed.filter(|owed| !owed.is_zero())?)))
        .unzip();
    let described = tokens::describe(&session.client, &tokens).await;
    let rows = described.kind(Kind::Chain)?.into_iter().zip(amounts);
    Ok(rows.map(|(token, amount)| Owed { token, amount }).collect())
}

/// The account's parts of side pockets, and the tokens of all pockets.
async fn pockets(
    session: &Session,
    suite: &Suite,
    account: Address,
) -> Outcome<(Vec<Pocket>, Vec<Address>)> {
    let client = &session.client;
    let count = client.try_call(Address::ZERO, suite.vault, Vault::pocketCountCall {});
    let count: u64 = count.await.kind(Kind::Chain)??.saturating_to();
    let numbers: Vec<u64> = (1..=count).collect();
    let share = |number: &u64| {
        let number = U256::from(*number);
        (suite.vault, Vault::pocketShareCall { number, account })
    };
    let shares = client.try_all(numbers.iter().map(share).collect()).await;
    let pocket = |number: &u64| {
        let number = U256::from(*number);
        (suite.vault, Vault::pocketCall { number })
    };
    let all = client.try_all(numbers.iter().map(pocket).collect()).await;
    let all = all.kind(Kind::Chain)?;
    let tokens = all.iter().flatten().map(|pocket| pocket.token).collect();
    let rows = numbers.iter().zip(shares.kind(Kind::Chain)?).zip(all);
    let mine: Vec<(u64, Address, U256)> = rows
        .filter_map(|((number, share), pocket)| Some((*number, pocket?.token, share?)))
        .filter(|(.., amount)| !amount.is_zero())
        .collect();
    let of: Vec<Address> = mine.iter().map(|(_, token, _)| *token).collect();
    let described = tokens::describe(client, &of).await.kind(Kind::Chain)?;
    let rows = mine.into_iter().zip(described);
    let mine = rows.map(|((number, _, amount), token)| Pocket {
        number,
        token,
        amount,
    });
    Ok((mine.collect(), tokens))
}

/// Redeems; what would not be delivered is found by a simulation first, so that only a claim that is accepted is made.
async fn redeem(
    session: &Session,
    suite: &Suite,
    (shares, owner, receiver): (U256, Address, Address),
    what: &str,
    options: &Options,
    assets: &mut [Asset],
) -> Outcome<Sent> {
    let call = |mins| Vault::redeemCall {
        shares,
        receiver,
        owner,
        minAmounts: mins,
    };
    let described: Vec<_> = assets.iter().map(|asset| asset.token.clone()).collect();
    let names = tokens::names(&described);
    let trial = session.client.try_call(
        session.actor.address,
        suite.vault,
        call(vec![U256::ZERO; assets.len()]),
    );
    let delivered = trial
        .await
        .kind(Kind::Chain)?
        .map_err(|refusal| Failure::refused(&refusal, &names))?;
    for (asset, delivered) in assets.iter_mut().zip(delivered) {
        asset.delivered = Some(delivered);
        if options.accept_claims {
            asset.min = asset.min.min(options.tolerance.below(delivered));
        }
    }
    if let Some(short) = assets
        .iter()
        .find(|a| a.delivered.unwrap_or_default() < a.min)
    {
        let say = |amount| words::decimal(amount, short.token.decimals);
        return Err(Failure::new(
            Kind::Refused,
            format!(
                "of {} {} only {} would be delivered now, and the rest would become a claim",
                say(short.amount),
                short.token.symbol,
                say(short.delivered.unwrap_or_default())
            ),
        )
        .next("accept claims with --accept-claims and fetch them later with --collect, or wait"));
    }
    let mins = assets.iter().map(|asset| asset.min).collect();
    let (sent, delivered) = session
        .act(what, suite.vault, U256::ZERO, call(mins))
        .await?;
    for (asset, delivered) in assets.iter_mut().zip(delivered.into_iter().flatten()) {
        asset.delivered = Some(delivered);
    }
    Ok(sent)
}

/// Fetches what is owed; a token that still does not move is passed over, with a word.
async fn collect(
    session: &Session,
    suite: &Suite,
    account: Address,
    claims: &[Owed],
    pockets: &[Pocket],
) -> Outcome<Vec<Sent>> {
    let mut done = Vec::new();
    let mut passed = |what: &str, outcome: Outcome<Sent>| match outcome {
        Ok(sent) => {
            done.push(sent);
            Ok(())
        }
        Err(failure) if failure.kind == Kind::Refused => {
            session
                .terminal
                .warn(format!("cannot {what}: {}", failure.message));
            Ok(())
        }
        Err(failure) => Err(failure),
    };
    for pocket in pockets {
        let call = Vault::collectPocketCall {
            number: U256::from(pocket.number),
            account,
        };
        let what = format!(
            "collect {} of pocket {}",
            pocket.token.symbol, pocket.number
        );
        let act = session.act(&what, suite.vault, U256::ZERO, call).await;
        passed(&what, act.map(|(sent, _)| sent))?;
    }
    for claim in claims {
        let token = claim.token.token;
        let call = Vault::collectCall { token, account };
        let amount = words::decimal(claim.amount, claim.token.decimals);
        let what = format!("collect {amount} {}", claim.token.symbol);
        let act = session.act(&what, suite.vault, U256::ZERO, call).await;
        passed(&what, act.map(|(sent, _)| sent))?;
    }
    Ok(done)
}

impl Answer for Redemption {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let whole = |shares| words::decimal(shares, 18);
        writeln!(out, "{} has {} shares", self.owner, whole(self.balance))?;
        writeln!(out, "{} shares are, in kind", whole(self.shares))?;
        for asset in &self.assets {
            let say = |amount| words::decimal(amount, asset.token.decimals);
            write!(
                out,
                "  {:<20} {:>28}",
                asset.token.symbol,
                say(asset.amount)
            )?;
            match asset.delivered {
                Some(delivered) if delivered < asset.amount => writeln!(
                    out,
                    "   {} delivered, {} as a claim",
                    say(delivered),
                    say(asset.amount - delivered)
                )?,
                Some(_) => writeln!(out, "   at least {}", say(asset.min))?,
                None => writeln!(out)?,
            }
        }
        for claim in &self.claims {
            let amount = words::decimal(claim.amount, claim.token.decimals);
            writeln!(out, "claim: {amount} {}", claim.token.symbol)?;
        }
        for pocket in &self.pockets {
            let amount = words::decimal(pocket.amount, pocket.token.decimals);
            writeln!(
                out,
                "pocket {}: {amount} {}",
                pocket.number, pocket.token.symbol
            )?;
        }
        self.redeem
            .iter()
            .chain(&self.collect)
            .try_for_each(|step| step.write(out))
    }
}
