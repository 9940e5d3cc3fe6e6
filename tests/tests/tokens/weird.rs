//! The 24 behaviours of the weird-erc20 collection (<https://github.com/d-xo/weird-erc20>), in its order.

use alloy::{
    primitives::{Address, U256},
    sol,
    sol_types::SolCall,
};
use anyhow::Result;
use ballast::{
    abi::{Oracle, Vault, IERC20},
    local::{
        self, chain,
        stage::{usd, HEARTBEAT_S},
        uint,
    },
};
use e2e::{assert_refused, IReentrantToken, NOBODY};

use crate::circuit::{whole, Circuit, MORE, WEIRD};

sol! {
    interface IWeird {
        function setLying(bool lies) external;
        function setFeeBps(uint256 feeBps) external;
        function setIndex(uint256 index) external;
        function upgradeTo(address implementation) external;
        function implementation() external view returns (address);
        function setBlocked(address account, bool isBlocked) external;
        function setPaused(bool paused) external;
        function other() external view returns (address);
    }

    interface IFlashBorrower {
        function borrow(address token, uint256 amount, address[] calldata targets, bytes[] calldata data) external;
    }

    interface IPlainFiller {
        function setExtraBps(uint256 extraBps) external;
    }
}

/// A token that passes through everything as if there were nothing about it.
macro_rules! held {
    ($($name:ident: $contract:literal, $decimals:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() -> Result<()> {
            whole($contract, $decimals).await.map(drop)
        }
    )*};
}

held! {
    a_token_that_answers_nothing_is_held: "MissingReturns", 6;
    a_token_with_a_guarded_allowance_is_held: "ApprovalRace", 6;
    a_token_that_no_zero_address_may_spend_is_held: "NoZeroSpender", 18;
    a_token_without_allowances_of_zero_is_held: "NoZeroApproval", 18;
    a_token_that_moves_no_zero_is_held: "NoZeroTransfer", 18;
    a_token_behind_one_of_two_addresses_is_held: "TwoAddresses", 18;
    a_token_of_two_decimals_is_held: "TestToken", 2;
    a_token_of_no_decimals_is_held: "TestToken", 0;
    a_token_of_24_decimals_is_held: "TestToken", 24;
    a_token_that_asks_its_owner_for_no_allowance_is_held: "TransferFromSelf", 18;
    a_token_that_asks_its_owner_for_an_allowance_is_held: "TestToken", 18;
    a_token_whose_name_is_32_bytes_is_held: "Bytes32Metadata", 18;
    a_token_that_moves_nothing_to_zero_is_held: "NoTransferToZero", 18;
    a_token_whose_name_is_a_script_is_held: "CodeInName", 18;
    a_token_with_the_permit_of_dai_is_held: "DaiPermit", 18;
    a_token_that_takes_the_most_for_all_is_held: "MaxMeansAll", 18;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_calls_out_is_held_and_enters_nothing() -> Result<()> {
    let c = Circuit::new("ReentrantToken", 18).await?;
    let alice = c.theatre.cast.alice;
    let enter = Vault::redeemCall {
        shares: U256::ONE,
        receiver: alice,
        owner: alice,
        minAmounts: vec![U256::ZERO; 3],
    };
    c.tell(IReentrantToken::armCall {
        target: c.theatre.suite.vault,
        data: enter.abi_encode().into(),
        bubble: false,
    })
    .await?;
    c.run().await?;
    let (client, token) = (&c.theatre.client, c.weird().token);
    let tried = IReentrantToken::attemptsCall {};
    assert!(client.call(token, tried).await? >= U256::from(5));
    let entered = IReentrantToken::lastSuccessCall {};
    assert!(!client.call(token, entered).await?, "inv_25");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_answers_false_pays_exits_and_is_neither_minted_nor_sold() -> Result<()> {
    let c = whole("ReturnsFalse", 6).await?;
    let alice = c.theatre.cast.alice;
    c.mint(alice, usd(20_000)).await?;
    c.tell(IWeird::setLyingCall { lies: true }).await?;
    c.mint_refused("VaultTransferFailed").await?;
    c.trade_refused(true, "VaultTransferFailed").await?;
    // What moved counts, whatever it answered.
    c.redeem(alice, usd(10_000)).await?.assert_paid();
    let call = c.trade_call_to(&MORE, false).await?;
    c.execute(call).await?;
    c.redeem(alice, usd(10_000)).await?.assert_paid();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_a_fee_pays_exits_and_is_not_minted() -> Result<()> {
    let c = Circuit::new("FeeOnTransfer", 18).await?;
    let alice = c.theatre.cast.alice;
    c.mint(alice, usd(60_000)).await?;
    let fee_bps = U256::from(100);
    c.tell(IWeird::setFeeBpsCall { feeBps: fee_bps }).await?;
    c.mint_refused("VaultReceivedLess").await?;
    // The receiver bears it: the vault gives what is due, and owes nothing.
    let out = c.redeem(alice, usd(20_000)).await?;
    let fee = out.due * fee_bps / U256::from(10_000);
    assert_eq!((out.got, out.claimed), (out.due - fee, U256::ZERO));
    c.trade(true).await?;
    // What arrives is what counts: a keeper pays the fee, or is refused.
    let call = c.trade_call(false).await?;
    c.call_refused(call.clone(), "RebalanceSlippage").await?;
    let (client, from) = (&c.theatre.client, c.theatre.cast.stranger);
    let extra = IPlainFiller::setExtraBpsCall {
        extraBps: U256::from(102),
    };
    client.send(from, c.filler, extra).await?;
    c.execute(call).await?;
    c.donate().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_rebases_is_a_gift_upwards_and_a_shared_shortfall_downwards() -> Result<()> {
    let mut c = whole("Rebasing", 18).await?;
    let (alice, bob) = (c.theatre.cast.alice, c.theatre.cast.bob);
    for who in [alice, bob] {
        c.mint(who, usd(100_000)).await?;
    }
    let one = U256::from(10).pow(U256::from(18));
    let held = c.theatre.held().await?;
    let up = one + one / U256::from(10);
    c.tell(IWeird::setIndexCall { index: up }).await?;
    assert_eq!(c.theatre.held().await?, held, "inv_01: a gift is not held");
    c.check().await?;
    let out = c.redeem(alice, usd(10_000)).await?;
    // To the unit that the token's own rounding costs.
    assert!(out.due - out.got <= U256::ONE && out.claimed <= U256::ONE);

    let down = one / U256::from(2);
    c.tell(IWeird::setIndexCall { index: down }).await?;
    c.holed = true;
    c.mint_refused("VaultShortfall").await?;
    c.trade_refused(true, "VaultShortfall").await?;
    // Two who leave one after the other bear the same part of the loss, and keep a claim for it.
    let first = c.redeem(alice, usd(50_000)).await?;
    let second = c.redeem(bob, usd(50_000)).await?;
    assert!(!first.got.is_zero() && !first.claimed.is_zero());
    for out in [first, second] {
        assert!(out.got < out.due && out.got + out.claimed <= out.due + U256::ONE);
    }
    let apart = first.got.abs_diff(second.got);
    assert!(apart <= U256::from(2), "{first:?}, {second:?}");
    // Who comes back for more takes nothing from those who stay, and nobody asks in his place (inv_03).
    for who in [alice, bob] {
        c.collect_refused_to(who, who, "VaultTransferFailed")
            .await?;
        c.collect_refused(who, "VaultShortfall").await?;
    }
    // It comes back, and so does what was claimed.
    c.tell(IWeird::setIndexCall { index: up }).await?;
    c.holed = false;
    for who in [alice, bob] {
        let (owed, got) = c.collected(who).await?;
        assert!(owed.abs_diff(got) <= U256::ONE, "inv_22: {got} of {owed}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_upgraded_owes_what_it_stops_paying() -> Result<()> {
    let c = whole("Upgradable", 18).await?;
    let t = &c.theatre;
    c.mint(t.cast.alice, usd(60_000)).await?;
    let (client, artifacts, from) = (&t.client, &t.artifacts, t.cast.stranger);
    let token = c.weird().token;
    let first = IWeird::implementationCall {};
    let first = client.call(token, first).await?;
    // Code that keeps the balances where they were and moves nothing: its pause is no zero in this storage.
    let text = local::text("BBB");
    let args = [text.clone(), text, uint(U256::from(18), 8)];
    let paused = local::deploy(client, artifacts, from, "Pausable", &args).await?;
    let next = IWeird::upgradeToCall {
        implementation: paused,
    };
    c.tell(next).await?;
    c.tell(IWeird::setPausedCall { paused: true }).await?;
    c.assert_stuck(
        "VaultTransferFailed",
        "VaultTransferFailed",
        "VaultFillerFailed",
    )
    .await?;
    let back = IWeird::upgradeToCall {
        implementation: first,
    };
    c.tell(back).await?;
    c.collect(t.cast.alice).await?;
    c.redeem(t.cast.alice, usd(10_000)).await?.assert_paid();
    // Code without any function at all: what it does not answer is not believed.
    let next = IWeird::upgradeToCall {
        implementation: c.filler,
    };
    c.tell(next).await?;
    let vault = t.suite.vault;
    let redeem = Vault::redeemCall {
        shares: usd(10_000),
        receiver: t.cast.alice,
        owner: t.cast.alice,
        minAmounts: vec![U256::ZERO; 3],
    };
    client.send(t.cast.alice, vault, redeem).await?;
    assert!(!c.claim(WEIRD, t.cast.alice).await?.is_zero(), "inv_22");
    let back = IWeird::upgradeToCall {
        implementation: first,
    };
    c.tell(back).await?;
    c.collect(t.cast.alice).await
}

#[tokio::test(flavor = "multi_thread")]
async fn flash_minted_tokens_buy_nothing_that_outlasts_them() -> Result<()> {
    let c = whole("FlashMintable", 18).await?;
    let t = &c.theatre;
    let (client, from, vault) = (&t.client, t.cast.stranger, t.suite.vault);
    let borrower = local::deploy(client, &t.artifacts, from, "FlashBorrower", &[]).await?;
    // The other assets are its own, and so is what the roundings cost.
    let shares = usd(50_000_000);
    let preview = Vault::previewMintCall { shares };
    let costs = client.call(vault, preview).await?;
    let (mut targets, mut data) = (Vec::new(), Vec::new());
    for (i, (member, cost)) in t.members.iter().zip(&costs).enumerate() {
        let own = if i == WEIRD { U256::from(10) } else { *cost };
        t.grant(member, borrower, own).await?;
        let approve = IERC20::approveCall {
            spender: vault,
            amount: *cost,
        };
        targets.push(member.token);
        data.push(approve.abi_encode().into());
    }
    let mint = Vault::mintCall {
        shares,
        receiver: borrower,
        maxAmounts: costs.clone(),
    };
    targets.push(vault);
    data.push(mint.abi_encode().into());
    let kept = IFlashBorrower::borrowCall {
        token: c.weird().token,
        amount: costs[WEIRD],
        targets: targets.clone(),
        data: data.clone(),
    };
    let words = t.refusal(from, borrower, kept).await?;
    assert!(!words.is_empty(), "shares for borrowed tokens were kept");

    let redeem = Vault::redeemCall {
        shares,
        receiver: borrower,
        owner: borrower,
        minAmounts: vec![U256::ZERO; 3],
    };
    targets.push(vault);
    data.push(redeem.abi_encode().into());
    let round_trip = IFlashBorrower::borrowCall {
        token: c.weird().token,
        amount: costs[WEIRD],
        targets,
        data,
    };
    let (held, supply) = (t.held().await?, t.supply().await?);
    let had = balances(&c, borrower).await?;
    client.send(from, borrower, round_trip).await?;
    let has = balances(&c, borrower).await?;
    for (i, (before, after)) in had.iter().zip(has).enumerate() {
        assert!(after <= *before, "inv_03: asset {i}");
    }
    for (before, after) in held.iter().zip(t.held().await?) {
        assert!(after >= *before && after - before <= U256::ONE, "inv_03");
    }
    assert_eq!(t.supply().await?, supply, "inv_02");
    c.check().await
}

async fn balances(c: &Circuit, account: Address) -> Result<Vec<U256>> {
    let mut all = Vec::new();
    for member in &c.theatre.members {
        all.push(c.theatre.balance(member, account).await?);
    }
    Ok(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_a_blocklist_owes_the_blocked_and_pays_the_others() -> Result<()> {
    let c = whole("BlockList", 6).await?;
    let (alice, bob) = (c.theatre.cast.alice, c.theatre.cast.bob);
    for who in [alice, bob] {
        c.mint(who, usd(60_000)).await?;
    }
    let set = |account, is_blocked| IWeird::setBlockedCall {
        account,
        isBlocked: is_blocked,
    };
    c.tell(set(alice, true)).await?;
    c.redeem(alice, usd(10_000)).await?.assert_claimed();
    c.redeem(bob, usd(10_000)).await?.assert_paid();
    c.collect_refused(alice, "VaultTransferFailed").await?;
    c.tell(set(alice, false)).await?;
    c.collect(alice).await?;
    // The vault itself: nothing moves, nobody is held up.
    c.tell(set(c.theatre.suite.vault, true)).await?;
    c.assert_stuck(
        "VaultTransferFailed",
        "VaultTransferFailed",
        "VaultFillerFailed",
    )
    .await?;
    c.tell(set(c.theatre.suite.vault, false)).await?;
    c.collect(alice).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_token_becomes_claims_that_are_paid_afterwards() -> Result<()> {
    let c = whole("Pausable", 18).await?;
    let alice = c.theatre.cast.alice;
    c.mint(alice, usd(60_000)).await?;
    c.tell(IWeird::setPausedCall { paused: true }).await?;
    c.assert_stuck(
        "VaultTransferFailed",
        "VaultTransferFailed",
        "VaultFillerFailed",
    )
    .await?;
    c.tell(IWeird::setPausedCall { paused: false }).await?;
    c.collect(alice).await?;
    c.run().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_address_of_a_held_token_is_refused_at_listing() -> Result<()> {
    let c = whole("TwoAddresses", 18).await?;
    let t = &c.theatre;
    let token = t.client.call(c.weird().token, IWeird::otherCall {}).await?;
    let list = Vault::listAssetCall {
        token,
        minHolding: U256::ONE,
    };
    let words = t.refusal(t.governor, t.suite.vault, list).await?;
    assert_refused(&words, "VaultAssetAlias");
    c.check().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_47_decimals_is_refused_by_the_oracle() -> Result<()> {
    let c = Circuit::new("TestToken", 18).await?;
    let t = &c.theatre;
    let feed = t.asset(0)?.feed;
    for (decimals, refused) in [(47, true), (46, false)] {
        let token = t.unlisted_token("MANY", decimals).await?;
        let list = Vault::listAssetCall {
            token,
            minHolding: U256::ONE,
        };
        t.govern(t.suite.vault, list).await?;
        let set = Oracle::setFeedCall {
            token,
            feed,
            heartbeat: U256::from(HEARTBEAT_S),
            minAnswer: U256::ONE,
            maxAnswer: U256::from(u64::MAX),
            lagBps: U256::ZERO,
        };
        if refused {
            let words = t.refusal(t.governor, t.suite.oracle, set).await?;
            assert_refused(&words, "OracleDecimalsTooMany");
        } else {
            t.govern(t.suite.oracle, set).await?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_answers_false_instead_of_reverting_gives_no_share_for_nothing() -> Result<()>
{
    let c = whole("NoRevert", 18).await?;
    let t = &c.theatre;
    let bob = t.cast.bob;
    // Enough of the others, and nothing of this one.
    let shares = usd(10_000);
    let preview = Vault::previewMintCall { shares };
    let costs = t.client.call(t.suite.vault, preview).await?;
    for (i, (member, cost)) in t.members.iter().zip(costs).enumerate() {
        let approve = IERC20::approveCall {
            spender: t.suite.vault,
            amount: cost,
        };
        t.client.send(bob, member.token, approve).await?;
        if i != WEIRD {
            t.grant(member, bob, cost).await?;
        }
    }
    let mint = Vault::mintCall {
        shares,
        receiver: bob,
        maxAmounts: vec![U256::MAX; 3],
    };
    let words = t.refusal(bob, t.suite.vault, mint).await?;
    assert_refused(&words, "VaultTransferFailed");
    c.check().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_96_bits_is_held_and_more_than_that_is_collected_in_parts() -> Result<()> {
    whole("Uint96", 18).await?;
    // At a hundred-thousandth of a dollar a part of the treasury is more than 2^96.
    let c = Circuit::priced("Uint96", 18, "0.00001").await?;
    let t = &c.theatre;
    let (alice, bob) = (t.cast.alice, t.cast.bob);
    for _ in 0..2 {
        c.mint(alice, usd(1_500_000)).await?;
    }
    let out = c.redeem(alice, usd(3_000_000)).await?;
    assert!(out.due >> 96 != U256::ZERO, "{} is not enough", out.due);
    out.assert_claimed();
    c.collect_refused(alice, "VaultTransferFailed").await?;
    let redirect = Vault::redirectClaimCall {
        token: c.weird().token,
        to: bob,
        amount: out.due / U256::from(2),
    };
    t.client.send(alice, t.suite.vault, redirect).await?;
    c.collect(alice).await?;
    c.collect(bob).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_counts_ether_is_held_and_ether_is_no_holding() -> Result<()> {
    let mut c = Circuit::new("NativeBalance", 18).await?;
    // Who pays for gas pays in the very currency that its balance counts.
    c.payee = Some(NOBODY);
    c.run().await?;
    let t = &c.theatre;
    let alice = t.cast.alice;
    c.mint(alice, usd(60_000)).await?;
    let (held, supply) = (t.held().await?, t.supply().await?);
    for ether in [5, 0, 7] {
        // As a block's reward or a contract that destroys itself can.
        chain::set_balance(&t.client, t.suite.vault, usd(ether)).await?;
        assert_eq!((t.held().await?, t.supply().await?), (held.clone(), supply));
        c.check().await?;
    }
    c.redeem(alice, usd(60_000)).await?.assert_paid();
    c.trade(true).await
}
