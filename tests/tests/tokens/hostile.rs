//! Eight behaviours more, of tokens that turn while they are held.

use alloy::{
    primitives::{Address, Bytes, I256, U256},
    sol,
    sol_types::SolCall,
};
use anyhow::Result;
use ballast::{
    abi::{Lens, Rebalancer, Vault},
    local::{chain, stage::usd},
};
use e2e::{IHostileFiller, IReentrantToken, IRevertingToken};

use crate::circuit::{whole, Circuit, WEIRD};

const DAY_S: u64 = 86_400;

sol! {
    interface IHostile {
        function setFeeBps(uint256 feeBps) external;
        function setChange(address account, int256 change) external;
        function setBlocked(address account, bool isBlocked) external;
        function setDecimals(uint8 decimals) external;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_switched_on_between_a_plan_and_its_fill_is_refused() -> Result<()> {
    let c = whole("FeeOnTransfer", 18).await?;
    let alice = c.theatre.cast.alice;
    c.mint(alice, usd(60_000)).await?;
    c.trade(true).await?;
    let call = c.trade_call(false).await?;
    let fee = |bps: u64| IHostile::setFeeBpsCall {
        feeBps: U256::from(bps),
    };
    // One part in a hundred is more than the slippage that is allowed.
    c.tell(fee(100)).await?;
    c.call_refused(call.clone(), "RebalanceSlippage").await?;
    c.mint_refused("VaultReceivedLess").await?;
    let out = c.redeem(alice, usd(10_000)).await?;
    assert_eq!(out.got, out.due - out.due / U256::from(100));
    assert_eq!(out.claimed, U256::ZERO, "inv_22: what was sent is not owed");
    c.tell(fee(0)).await?;
    c.execute(call).await?;
    c.redeem(alice, usd(10_000)).await?.assert_paid();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebase_inside_a_transfer_is_measured_or_refused() -> Result<()> {
    let mut c = whole("RebasesInTransfer", 18).await?;
    let (alice, vault) = (c.theatre.cast.alice, c.theatre.suite.vault);
    c.mint(alice, usd(60_000)).await?;
    // 2,000 tokens of 60,000: 1 % of NAV.
    let much = I256::try_from(usd(2_000))?;
    let change = |change: I256| IHostile::setChangeCall {
        account: vault,
        change,
    };
    // Down, by more than was sent: what the books would say is no longer there.
    let call = c.trade_call(true).await?;
    c.tell(change(-much)).await?;
    c.call_refused(call.clone(), "VaultSentTooMuch").await?;
    c.mint_refused("VaultReceivedLess").await?;
    // Up, by less than was sent: so much counts as unsold.
    c.tell(change(much)).await?;
    c.execute(call).await?;
    // Up while it is bought: what arrived is what counts.
    let call = c.trade_call(false).await?;
    c.execute(call).await?;
    // Down while it is bought: paid too little.
    c.tell(change(I256::ZERO)).await?;
    c.trade(true).await?;
    let call = c.trade_call(false).await?;
    c.tell(change(-much)).await?;
    c.call_refused(call, "RebalanceSlippage").await?;
    // Up in an exit: what the balance fell by is what was paid, the rest is owed.
    c.tell(change(I256::try_from(1_000)?)).await?;
    let out = c.redeem(alice, usd(10_000)).await?;
    assert_eq!((out.got, out.claimed), (out.due, U256::from(1_000)));
    // Down in an exit: the receiver is paid, and the hole is shared by those who stay.
    c.holed = true;
    let held = c.theatre.held().await?[WEIRD];
    let gap = I256::try_from(held / U256::from(2))?;
    c.tell(change(-gap)).await?;
    c.redeem(alice, usd(10_000)).await?.assert_paid();
    c.tell(change(I256::ZERO)).await?;
    let out = c.redeem(alice, usd(10_000)).await?;
    assert_eq!(out.got + out.claimed, out.due, "inv_22");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_of_the_vault_in_the_middle_of_a_rebalance_reverts_or_is_measured() -> Result<()> {
    let mut c = whole("BlockList", 18).await?;
    let alice = c.theatre.cast.alice;
    c.mint(alice, usd(60_000)).await?;
    let (vault, token) = (c.theatre.suite.vault, c.weird().token);
    let set = |is_blocked| IHostile::setBlockedCall {
        account: vault,
        isBlocked: is_blocked,
    };
    // The filler has the vault blocked once the tokens are out of it.
    let filler = c.theatre.hostile_filler(3, 0).await?;
    let call = IHostileFiller::setReentryCall {
        target: token,
        data: set(true).abi_encode().into(),
        bubble: true,
    };
    let from = c.theatre.cast.stranger;
    c.theatre.client.send(from, filler, call).await?;
    c.filler = filler;
    // Sold: it is gone before, and what is bought arrives.
    c.trade(true).await?;
    c.redeem(alice, usd(10_000)).await?.assert_claimed();
    c.collect_refused(alice, "VaultTransferFailed").await?;
    c.tell(set(false)).await?;
    c.collect(alice).await?;
    // Bought: it cannot arrive, and the block is undone with everything else.
    c.trade_refused(false, "VaultFillerFailed").await?;
    c.redeem(alice, usd(10_000)).await?.assert_paid();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn other_decimals_change_no_price() -> Result<()> {
    let c = whole("DecimalsChange", 18).await?;
    let before = c.theatre.prices().await?;
    for decimals in [6, 0, 255] {
        c.tell(IHostile::setDecimalsCall { decimals }).await?;
        c.theatre.publish().await?;
        assert_eq!(c.theatre.prices().await?, before, "{decimals} decimals");
    }
    c.run().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_bomb_pays_exits_and_is_neither_minted_nor_sold() -> Result<()> {
    let c = whole("RevertingToken", 18).await?;
    let alice = c.theatre.cast.alice;
    c.mint(alice, usd(60_000)).await?;
    // Moves, and answers 100,000 bytes of zeros.
    c.tell(IRevertingToken::setTransferModeCall { mode: 3 })
        .await?;
    c.mint_refused("VaultTransferFailed").await?;
    c.redeem(alice, usd(10_000)).await?.assert_paid();
    c.trade_refused(true, "VaultTransferFailed").await?;
    // Moves nothing, and reverts with as much.
    c.tell(IRevertingToken::setTransferModeCall { mode: 9 })
        .await?;
    c.assert_stuck(
        "VaultTransferFailed",
        "VaultTransferFailed",
        "VaultFillerFailed",
    )
    .await?;
    c.tell(IRevertingToken::setTransferModeCall { mode: 0 })
        .await?;
    c.collect(alice).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gas_bomb_becomes_a_claim() -> Result<()> {
    let c = whole("RevertingToken", 6).await?;
    let alice = c.theatre.cast.alice;
    c.mint(alice, usd(60_000)).await?;
    c.tell(IRevertingToken::setTransferModeCall { mode: 2 })
        .await?;
    c.mint_refused("").await?;
    c.trade_refused(true, "").await?;
    c.redeem(alice, usd(10_000)).await?.assert_claimed();
    c.collect_refused(alice, "VaultTransferFailed").await?;
    c.tell(IRevertingToken::setTransferModeCall { mode: 0 })
        .await?;
    c.collect(alice).await
}

/// Every function that changes something, and the views that price or count, as the token would call them.
fn entries(c: &Circuit, call: &Rebalancer::rebalanceCall) -> Vec<(&'static str, Address, Bytes)> {
    let suite = &c.theatre.suite;
    let (who, token, n) = (c.weird().token, c.weird().token, c.theatre.members.len());
    let (one, account) = (U256::ONE, who);
    let vault = |name, data: Vec<u8>| (name, suite.vault, data.into());
    let rebalancer = |name, data: Vec<u8>| (name, suite.rebalancer, data.into());
    let mint = Vault::mintCall {
        shares: one,
        receiver: who,
        maxAmounts: vec![U256::MAX; n],
    };
    let redeem = Vault::redeemCall {
        shares: one,
        receiver: who,
        owner: who,
        minAmounts: vec![U256::ZERO; n],
    };
    let execute = Vault::executeCall {
        sells: call.sells.clone(),
        buys: call.buys.clone(),
        amounts: call.mosts.clone(),
        leasts: call.leasts.clone(),
        filler: c.filler,
        data: Bytes::new(),
    };
    let redirect = Vault::redirectClaimCall {
        token,
        to: who,
        amount: one,
    };
    let pull = Vault::transferFromCall {
        from: c.theatre.cast.alice,
        to: who,
        value: one,
    };
    let give = Vault::transferCall {
        to: c.theatre.cast.bob,
        value: one,
    };
    vec![
        vault("mint", mint.abi_encode()),
        vault("redeem", redeem.abi_encode()),
        vault("execute", execute.abi_encode()),
        vault("redirectClaim", redirect.abi_encode()),
        vault("transfer", give.abi_encode()),
        vault("transferFrom", pull.abi_encode()),
        vault(
            "collect",
            Vault::collectCall { token, account }.abi_encode(),
        ),
        vault("absorb", Vault::absorbCall { token }.abi_encode()),
        vault("accrueFees", Vault::accrueFeesCall {}.abi_encode()),
        vault("holdings", Vault::holdingsCall {}.abi_encode()),
        vault(
            "previewMint",
            Vault::previewMintCall { shares: one }.abi_encode(),
        ),
        vault(
            "previewRedeem",
            Vault::previewRedeemCall { shares: one }.abi_encode(),
        ),
        rebalancer("rebalance", call.abi_encode()),
        rebalancer("open", Rebalancer::openCall {}.abi_encode()),
        rebalancer("close", Rebalancer::closeCall {}.abi_encode()),
        rebalancer("settle", Rebalancer::settleCall {}.abi_encode()),
        rebalancer("plan", Rebalancer::planCall {}.abi_encode()),
        (
            "status",
            suite.lens,
            Lens::statusCall {}.abi_encode().into(),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_tries_every_entry_from_every_transfer_enters_none() -> Result<()> {
    let c = whole("ReentrantToken", 18).await?;
    let (alice, token) = (c.theatre.cast.alice, c.weird().token);
    let client = c.theatre.client.clone();
    c.mint(alice, usd(100_000)).await?;
    // It has shares of its own, so that only the lock stands in its way.
    let give = Vault::transferCall {
        to: token,
        value: usd(5_000),
    };
    client.send(alice, c.theatre.suite.vault, give).await?;
    let call = c.trade_call(true).await?;
    let attempts = async || -> Result<U256> {
        let asked = IReentrantToken::attemptsCall {};
        client.call(token, asked).await
    };
    let assert_out = async |entry: &str, way: &str, before: U256| -> Result<()> {
        assert!(attempts().await? > before, "{entry} from {way}: not tried");
        let entered = IReentrantToken::lastSuccessCall {};
        assert!(
            !client.call(token, entered).await?,
            "inv_25: {entry} entered from {way}"
        );
        Ok(())
    };
    for (i, (entry, target, data)) in entries(&c, &call).into_iter().enumerate() {
        c.tell(IReentrantToken::armCall {
            target,
            data,
            bubble: false,
        })
        .await?;
        let before = attempts().await?;
        c.redeem(alice, usd(1_000)).await?.assert_paid();
        assert_out(entry, "redeem", before).await?;
        let before = attempts().await?;
        c.mint(alice, usd(1_000)).await?;
        assert_out(entry, "mint", before).await?;
        // A trade either way, as seldom as the turnover budget wants it.
        chain::advance_by(&client, 3 * DAY_S).await?;
        let before = attempts().await?;
        c.trade(i % 2 == 0).await?;
        assert_out(entry, "rebalance", before).await?;
        c.tell(IReentrantToken::disarmCall {}).await?;
    }
    Ok(())
}
