//! What the vault does with time and with what it did not ask for: fees, gifts, a broken token put aside (inv_01 to inv_04).

use alloy::primitives::{Address, U256};
use anyhow::Result;
use ballast::{
    abi::{Vault, IERC20},
    local::{chain, stage::usd},
};
use e2e::{
    assert_refused, four_assets, raise, scenarios, tokens_of, IRevertingToken, Mode, Theatre,
};

const DAY: u64 = 86_400;
const YEAR: u64 = 365 * DAY;
/// How long a loosening waits, and an announcement.
const DELAY: u64 = 2 * DAY;
/// How long what was absorbed takes to flow in.
const STREAM: u64 = 7 * DAY;

async fn shares_of(theatre: &Theatre, account: Address) -> Result<U256> {
    let call = Vault::balanceOfCall { account };
    theatre.client.call(theatre.suite.vault, call).await
}

/// ⌊supply · f / (1 − f)⌋ for f = rate · time / (10,000 · year).
fn streamed(supply: U256, rate: u64, time: u64) -> U256 {
    let part = U256::from(rate * time);
    supply * part / (U256::from(10_000 * YEAR) - part)
}

/// ⌈shares · bps / 10,000⌉
fn toll(shares: U256, bps: u64) -> U256 {
    (shares * U256::from(bps)).div_ceil(U256::from(10_000))
}

async fn fees_are_what_the_formula_says(mode: Mode) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    let (client, vault) = (theatre.client.clone(), theatre.suite.vault);
    let (alice, recipient) = (theatre.cast.alice, theatre.cast.stranger);
    let fees = Vault::setFeesCall {
        recipient,
        managementBps: U256::from(200),
        mintBps: U256::from(50),
        redeemBps: U256::from(25),
    };
    theatre.govern(vault, fees).await?;
    let early = theatre.refusal(alice, vault, Vault::applyFeesCall {});
    assert_refused(&early.await?, "VaultNotReady");
    chain::advance_by(&client, DELAY).await?;
    client.send(alice, vault, Vault::applyFeesCall {}).await?;
    let (begin, seeded) = (client.now().await?, theatre.supply().await?);
    assert_eq!(shares_of(&theatre, recipient).await?, U256::ZERO);

    // Nearly a year: after one the programs themselves have to be kept alive.
    chain::advance_by(&client, 360 * DAY).await?;
    client.send(alice, vault, Vault::accrueFeesCall {}).await?;
    let year = client.now().await?;
    let made = streamed(seeded, 200, year - begin);
    assert_eq!(shares_of(&theatre, recipient).await?, made);
    assert_eq!(theatre.supply().await?, seeded + made, "inv_02");

    let held = theatre.held().await?;
    theatre.mint(alice, usd(10_000)).await?;
    let later = client.now().await?;
    let made = made + streamed(seeded + made, 200, later - year);
    let supply = seeded + made;
    let fee = toll(usd(10_000), 50);
    assert_eq!(shares_of(&theatre, alice).await?, usd(10_000));
    assert_eq!(shares_of(&theatre, recipient).await?, made + fee);
    for (before, after) in held.iter().zip(theatre.held().await?) {
        let taken = (before * (usd(10_000) + fee)).div_ceil(supply);
        assert_eq!(after, before + taken, "inv_04");
    }

    let (held, supply) = (theatre.held().await?, supply + usd(10_000) + fee);
    // The preview was a few seconds older than the mint: something was left of what it named.
    let mut had = Vec::new();
    for member in &theatre.members {
        had.push(theatre.balance(member, alice).await?);
    }
    let redeem = Vault::redeemCall {
        shares: usd(10_000),
        receiver: alice,
        owner: alice,
        minAmounts: vec![U256::ZERO; 4],
    };
    client.send(alice, vault, redeem).await?;
    let end = client.now().await?;
    let made = streamed(supply, 200, end - later);
    let out = toll(usd(10_000), 25);
    assert_eq!(shares_of(&theatre, alice).await?, U256::ZERO);
    for (i, (before, after)) in held.iter().zip(theatre.held().await?).enumerate() {
        let paid = before * (usd(10_000) - out) / (supply + made);
        assert_eq!(after, before - paid, "inv_04");
        let has = theatre.balance(theatre.asset(i)?, alice).await?;
        assert_eq!(has, had[i] + paid);
    }
    assert_eq!(
        theatre.supply().await?,
        supply + made - usd(10_000) + out,
        "inv_02"
    );
    theatre.assert_sound(alice).await
}

async fn a_gift_flows_in_and_a_minter_just_before_gains_its_part_of_the_time(
    mode: Mode,
) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    let (client, vault) = (theatre.client.clone(), theatre.suite.vault);
    let (alice, stranger) = (theatre.cast.alice, theatre.cast.stranger);
    let member = theatre.asset(2)?;
    let (token, gift) = (member.token, U256::from(50_000_000_001_u64));
    theatre.grant(member, stranger, gift).await?;
    let give = IERC20::transferCall {
        to: vault,
        amount: gift,
    };
    client.send(stranger, token, give).await?;
    let absorb = || Vault::absorbCall { token };
    let words = theatre.refusal(stranger, vault, absorb()).await?;
    assert_refused(&words, "VaultNothingPending");
    theatre
        .govern(vault, Vault::announceAbsorbCall { token })
        .await?;
    let words = theatre.refusal(stranger, vault, absorb()).await?;
    assert_refused(&words, "VaultNotReady");
    chain::advance_by(&client, DELAY).await?;

    let before = theatre.held().await?;
    theatre.mint(alice, usd(1_000_000)).await?;
    let entered = theatre.held().await?[2];
    let paid = entered - before[2];
    client.send(stranger, vault, absorb()).await?;
    let begin = client.now().await?;
    assert_eq!(theatre.held().await?[2], entered, "inv_03");

    // A day on, alice leaves: with her part of a day's flow, no more.
    chain::advance_by(&client, DAY).await?;
    let (shares, supply) = (shares_of(&theatre, alice).await?, theatre.supply().await?);
    let redeem = Vault::redeemCall {
        shares,
        receiver: alice,
        owner: alice,
        minAmounts: vec![U256::ZERO; 4],
    };
    client.send(alice, vault, redeem).await?;
    let left = client.now().await?;
    let flowed = gift * U256::from(left - begin) / U256::from(STREAM);
    let got = theatre.balance(member, alice).await?;
    assert_eq!(got, (entered + flowed) * shares / supply);
    assert!(got <= paid + (flowed * shares).div_ceil(supply), "inv_03");
    theatre.assert_sound(alice).await?;

    chain::advance_to(&client, begin + STREAM).await?;
    assert_eq!(theatre.held().await?[2], entered + gift - got);
    assert_eq!(
        theatre.balance(member, vault).await?,
        entered + gift - got,
        "inv_01"
    );
    Ok(())
}

async fn a_pocket_pays_those_who_had_shares_then(mode: Mode) -> Result<()> {
    let theatre = raise(mode, tokens_of("RevertingToken", &[6, 18, 8], 100_000)).await?;
    let (client, vault) = (theatre.client.clone(), theatre.suite.vault);
    let (alice, bob) = (theatre.cast.alice, theatre.cast.stranger);
    theatre.mint(alice, usd(30_000)).await?;
    theatre.mint(bob, usd(60_000)).await?;
    let token = theatre.asset(1)?.token;
    let breaks = IRevertingToken::setTransferModeCall { mode: 1 };
    client.send(bob, token, breaks).await?;
    let (held, supply) = (theatre.held().await?[1], theatre.supply().await?);

    let pocket = Vault::pocketAssetCall { token };
    let words = theatre
        .refusal(theatre.governor, vault, pocket.clone())
        .await?;
    assert_refused(&words, "VaultPocketUnmarked");
    let words = theatre.refusal(bob, vault, pocket.clone()).await?;
    assert_refused(&words, "VaultUnauthorized");
    chain::send_value_as(&client, theatre.governor, vault, U256::ONE, pocket).await?;
    assert_eq!(theatre.held().await?.len(), 2);

    // alice hands all she has to bob: the pocket stays hers.
    let hand = Vault::transferCall {
        to: bob,
        value: usd(30_000),
    };
    client.send(alice, vault, hand).await?;
    let share = |account| {
        let number = U256::ONE;
        client.call(vault, Vault::pocketShareCall { number, account })
    };
    let collect = |account| Vault::collectPocketCall {
        number: U256::ONE,
        account,
    };
    let (hers, his) = (held * usd(30_000) / supply, held * usd(60_000) / supply);
    assert_eq!((share(alice).await?, share(bob).await?), (hers, his));
    // While the token is broken her part becomes her claim.
    client.send(bob, vault, collect(alice)).await?;
    let claim = Vault::claimOfCall {
        token,
        account: alice,
    };
    assert_eq!(client.call(vault, claim.clone()).await?, hers);
    let words = theatre.refusal(bob, vault, collect(alice)).await?;
    assert_refused(&words, "VaultNothingToCollect");

    // What is left of the list pays on.
    let redeem = Vault::redeemCall {
        shares: usd(90_000),
        receiver: bob,
        owner: bob,
        minAmounts: vec![U256::ZERO; 2],
    };
    client.send(bob, vault, redeem).await?;
    assert!(
        !theatre.balance(theatre.asset(0)?, bob).await?.is_zero(),
        "inv_22"
    );

    let heals = IRevertingToken::setTransferModeCall { mode: 0 };
    client.send(bob, token, heals).await?;
    client.send(alice, vault, collect(bob)).await?;
    let paid = Vault::collectCall {
        token,
        account: alice,
    };
    client.send(bob, vault, paid).await?;
    let broken = theatre.asset(1)?;
    assert_eq!(theatre.balance(broken, alice).await?, hers);
    assert_eq!(theatre.balance(broken, bob).await?, his);
    let owed = client.call(vault, Vault::totalClaimsCall { token }).await?;
    assert_eq!(owed, held - hers - his, "inv_01");
    assert_eq!(theatre.balance(broken, vault).await?, owed, "inv_01");
    Ok(())
}

/// Listing and delisting within the vault's life: what is too little to sell holds up nobody.
async fn an_asset_with_dust_is_delisted_and_listed_again_and_nobody_is_blocked(
    mode: Mode,
) -> Result<()> {
    let mut setting = tokens_of("TestToken", &[6, 18, 8], 100_000);
    // A fifth of a token: less than any rebalance sells.
    setting.listings[1].seed_usd = 1;
    let theatre = raise(mode, setting).await?;
    let (client, vault) = (theatre.client.clone(), theatre.suite.vault);
    let (alice, bob) = (theatre.cast.alice, theatre.cast.bob);
    theatre.mint(alice, usd(50_000)).await?;
    let dust = theatre.asset(1)?.clone();
    let token = dust.token;
    let (held, supply) = (theatre.held().await?[1], theatre.supply().await?);
    let delist = || Vault::delistAssetCall { token };
    let words = theatre.refusal(theatre.governor, vault, delist()).await?;
    assert_refused(&words, "VaultAssetInUse");
    let pocket = Vault::pocketAssetCall { token };
    chain::send_value_as(&client, theatre.governor, vault, U256::ONE, pocket).await?;

    let redeem = |assets: usize| Vault::redeemCall {
        shares: usd(10_000),
        receiver: alice,
        owner: alice,
        minAmounts: vec![U256::ZERO; assets],
    };
    let mint = |amounts: Vec<U256>| Vault::mintCall {
        shares: usd(1_000),
        receiver: bob,
        maxAmounts: amounts,
    };
    let list = || Vault::listAssetCall {
        token,
        minHolding: U256::ONE,
    };
    // Off the list, on it again without anything held, off and on: exits and entries go on all the while.
    for round in 0..2 {
        client.send(alice, vault, redeem(2)).await?;
        theatre.govern(vault, list()).await?;
        assert_eq!(theatre.held().await?[2], U256::ZERO, "round {round}");
        client.send(alice, vault, redeem(3)).await?;
        let shares = usd(1_000);
        let costs = client.call(vault, Vault::previewMintCall { shares });
        let costs = costs.await?;
        assert_eq!(costs[2], U256::ZERO);
        for (i, cost) in [0, 2].into_iter().zip(&costs) {
            let member = theatre.asset(i)?;
            theatre.grant(member, bob, *cost).await?;
            let approve = IERC20::approveCall {
                spender: vault,
                amount: *cost,
            };
            client.send(bob, member.token, approve).await?;
        }
        client.send(bob, vault, mint(costs)).await?;
        theatre.govern(vault, delist()).await?;
    }
    theatre.govern(vault, list()).await?;

    // The dust is still those's who had shares then, and no gift to anybody.
    let announce = Vault::announceAbsorbCall { token };
    theatre.govern(vault, announce).await?;
    chain::advance_by(&client, DELAY).await?;
    let absorb = Vault::absorbCall { token };
    let words = theatre.refusal(bob, vault, absorb).await?;
    assert_refused(&words, "VaultNothingToAbsorb");
    let collect = Vault::collectPocketCall {
        number: U256::ONE,
        account: alice,
    };
    client.send(bob, vault, collect).await?;
    let hers = held * usd(50_000) / supply;
    assert_eq!(theatre.balance(&dust, alice).await?, hers, "inv_22");
    let owed = client.call(vault, Vault::totalClaimsCall { token }).await?;
    assert_eq!(owed, held - hers, "inv_01");
    assert_eq!(theatre.balance(&dust, vault).await?, owed, "inv_01");
    Ok(())
}

scenarios! {
    an_asset_with_dust_is_delisted_and_listed_again_and_nobody_is_blocked,
    fees_are_what_the_formula_says,
    a_gift_flows_in_and_a_minter_just_before_gains_its_part_of_the_time,
    a_pocket_pays_those_who_had_shares_then,
}
