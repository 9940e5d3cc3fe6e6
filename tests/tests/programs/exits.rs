//! The way out is always open: whatever feeds, keepers, guardian and tokens do (inv_22).

use alloy::{
    primitives::{Address, U256},
    sol_types::{SolCall, SolEvent},
};
use anyhow::{Context, Result};
use ballast::{
    abi::{IPriceFeed, ITestToken, Policy, Vault},
    local::{self, chain, stage::usd},
};
use e2e::{
    assert_refused, four_assets, raise, scenarios, tokens_of, IEvilCaller, IRevertingToken, Mode,
    Theatre,
};

fn redeem(theatre: &Theatre, shares: U256, who: Address) -> Vault::redeemCall {
    let min_amounts = vec![U256::ZERO; theatre.members.len()];
    Vault::redeemCall {
        shares,
        receiver: who,
        owner: who,
        minAmounts: min_amounts,
    }
}

async fn claim(theatre: &Theatre, i: usize, account: Address) -> Result<U256> {
    let token = theatre.asset(i)?.token;
    theatre
        .client
        .call(theatre.suite.vault, Vault::claimOfCall { token, account })
        .await
}

async fn shares_of(theatre: &Theatre, who: Address) -> Result<U256> {
    theatre
        .client
        .call(theatre.suite.vault, Vault::balanceOfCall { account: who })
        .await
}

async fn redeem_pays_while_every_feed_is_dead_and_everything_is_paused(mode: Mode) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    let alice = theatre.cast.alice;
    theatre.mint(alice, usd(250_000)).await?;
    for m in &theatre.members {
        theatre
            .client
            .send(
                theatre.cast.maker,
                m.feed,
                IPriceFeed::setModeCall { mode: 1 },
            )
            .await?;
    }
    let now = theatre.client.now().await?;
    theatre.set_sequencer(false, now).await?;
    let until = U256::from(now + 10 * 86_400);
    let (guardian, suite) = (theatre.cast.guardian, &theatre.suite);
    theatre
        .client
        .send(guardian, suite.policy, Policy::pauseRebalanceCall { until })
        .await?;
    theatre
        .client
        .send(guardian, suite.vault, Vault::pauseMintCall { until })
        .await?;
    assert!(
        theatre.prices().await.is_err(),
        "a price came out of dead feeds"
    );

    let (held, supply) = (theatre.held().await?, theatre.supply().await?);
    let shares = shares_of(&theatre, alice).await?;
    theatre
        .client
        .send(alice, suite.vault, redeem(&theatre, shares, alice))
        .await?;
    for (i, m) in theatre.members.iter().enumerate() {
        let due = held[i] * shares / supply;
        assert_eq!(
            theatre.balance(m, alice).await?,
            due,
            "inv_22: {}",
            m.symbol
        );
    }
    assert_eq!(shares_of(&theatre, alice).await?, U256::ZERO);
    let mint = Vault::mintCall {
        shares,
        receiver: alice,
        maxAmounts: vec![U256::MAX; 4],
    };
    assert_refused(
        &theatre.refusal(alice, suite.vault, mint).await?,
        "VaultMintPaused",
    );
    theatre.assert_sound(alice).await
}

async fn redeem_turns_a_token_that_will_not_move_into_a_claim_and_pays_the_rest(
    mode: Mode,
) -> Result<()> {
    // RevertingToken's modes: of transfer those that move nothing, of balanceOf those that tell nothing or zero.
    let cases = [
        (1, 0),
        (2, 0),
        (4, 0),
        (7, 0),
        (9, 0),
        (0, 1),
        (0, 2),
        (0, 3),
        (0, 4),
        (0, 6),
    ];
    for (transfer_mode, balance_mode) in cases {
        let theatre = raise(mode, tokens_of("RevertingToken", &[6, 18, 8], 100_000)).await?;
        let (alice, vault) = (theatre.cast.alice, theatre.suite.vault);
        theatre.mint(alice, usd(30_000)).await?;
        let broken = theatre.asset(1)?.token;
        let stranger = theatre.cast.stranger;
        let (held, supply) = (theatre.held().await?, theatre.supply().await?);
        let due = |i: usize| held[i] * usd(30_000) / supply;
        let call = IRevertingToken::setTransferModeCall {
            mode: transfer_mode,
        };
        theatre.client.send(stranger, broken, call).await?;
        let call = IRevertingToken::setBalanceModeCall { mode: balance_mode };
        theatre.client.send(stranger, broken, call).await?;

        theatre
            .client
            .send(alice, vault, redeem(&theatre, usd(30_000), alice))
            .await?;
        let what = format!("transfer mode {transfer_mode}, balance mode {balance_mode}");
        for i in [0, 2] {
            assert_eq!(
                theatre.balance(theatre.asset(i)?, alice).await?,
                due(i),
                "{what}: asset {i}"
            );
        }
        assert_eq!(
            claim(&theatre, 1, alice).await?,
            due(1),
            "{what}: inv_22: no claim"
        );

        let heal = IRevertingToken::setTransferModeCall { mode: 0 };
        theatre.client.send(stranger, broken, heal).await?;
        let heal = IRevertingToken::setBalanceModeCall { mode: 0 };
        theatre.client.send(stranger, broken, heal).await?;
        let collect = Vault::collectCall {
            token: broken,
            account: alice,
        };
        theatre
            .client
            .send(stranger, vault, collect.clone())
            .await?;
        assert_eq!(
            theatre.balance(theatre.asset(1)?, alice).await?,
            due(1),
            "{what}: not collected"
        );
        assert_eq!(claim(&theatre, 1, alice).await?, U256::ZERO, "{what}");
        let again = theatre.refusal(stranger, vault, collect).await?;
        assert_refused(&again, "VaultNothingToCollect");
        theatre.assert_sound(alice).await?;
    }
    Ok(())
}

async fn a_claim_can_be_sent_elsewhere_by_its_holder_alone(mode: Mode) -> Result<()> {
    let theatre = raise(mode, tokens_of("RevertingToken", &[6, 18], 100_000)).await?;
    let (alice, bob, vault) = (theatre.cast.alice, theatre.cast.bob, theatre.suite.vault);
    theatre.mint(alice, usd(20_000)).await?;
    let token = theatre.asset(0)?.token;
    let block = IRevertingToken::setBlockedCall {
        account: alice,
        isBlocked: true,
    };
    theatre
        .client
        .send(theatre.cast.stranger, token, block)
        .await?;
    theatre
        .client
        .send(alice, vault, redeem(&theatre, usd(20_000), alice))
        .await?;
    let owed = claim(&theatre, 0, alice).await?;
    assert!(!owed.is_zero(), "a blocked receiver was paid");

    let redirect = Vault::redirectClaimCall {
        token,
        to: bob,
        amount: owed,
    };
    let words = theatre
        .refusal(theatre.cast.stranger, vault, redirect.clone())
        .await?;
    assert_refused(&words, "VaultClaimTooSmall");
    theatre.client.send(alice, vault, redirect).await?;
    theatre
        .client
        .send(
            bob,
            vault,
            Vault::collectCall {
                token,
                account: bob,
            },
        )
        .await?;
    assert_eq!(theatre.balance(theatre.asset(0)?, bob).await?, owed);
    theatre.assert_sound(alice).await
}

async fn a_shortfall_is_shared_by_those_who_leave_and_those_who_stay(mode: Mode) -> Result<()> {
    let theatre = raise(mode, tokens_of("RevertingToken", &[6, 18], 100_000)).await?;
    let (alice, vault) = (theatre.cast.alice, theatre.suite.vault);
    theatre.mint(alice, usd(50_000)).await?;
    let member = theatre.asset(0)?.clone();
    let held = theatre.held().await?[0];
    // A quarter is seized.
    let slash = IRevertingToken::slashCall {
        account: vault,
        amount: held / U256::from(4),
    };
    theatre
        .client
        .send(theatre.cast.stranger, member.token, slash)
        .await?;
    let balance = theatre.balance(&member, vault).await?;
    let supply = theatre.supply().await?;
    let due = held * usd(50_000) / supply;

    let mint = Vault::mintCall {
        shares: usd(1),
        receiver: alice,
        maxAmounts: vec![U256::MAX; 2],
    };
    assert_refused(
        &theatre.refusal(alice, vault, mint).await?,
        "VaultShortfall",
    );
    theatre
        .client
        .send(alice, vault, redeem(&theatre, usd(50_000), alice))
        .await?;
    let paid = theatre.balance(&member, alice).await?;
    assert_eq!(
        paid,
        due * balance / held,
        "she bears her part of the loss now"
    );
    assert_eq!(
        claim(&theatre, 0, alice).await?,
        due - paid,
        "and keeps a claim for it"
    );
    Ok(())
}

async fn redeem_reverts_when_less_is_delivered_than_the_caller_accepts(mode: Mode) -> Result<()> {
    let theatre = raise(mode, tokens_of("RevertingToken", &[6, 18], 100_000)).await?;
    let (alice, vault) = (theatre.cast.alice, theatre.suite.vault);
    theatre.mint(alice, usd(20_000)).await?;
    let call = IRevertingToken::setTransferModeCall { mode: 1 };
    theatre
        .client
        .send(theatre.cast.stranger, theatre.asset(1)?.token, call)
        .await?;
    let strict = Vault::redeemCall {
        minAmounts: vec![U256::ZERO, U256::ONE],
        ..redeem(&theatre, usd(20_000), alice)
    };
    let words = theatre.refusal(alice, vault, strict).await?;
    assert_refused(&words, "VaultDeliveredBelowMin");
    Ok(())
}

async fn nobody_can_starve_a_redemption_into_claims(mode: Mode) -> Result<()> {
    let theatre = raise(mode, tokens_of("TestToken", &[6, 18, 8], 100_000)).await?;
    let (stranger, vault) = (theatre.cast.stranger, theatre.suite.vault);
    let caller = local::deploy(
        &theatre.client,
        &theatre.artifacts,
        stranger,
        "EvilCaller",
        &[],
    )
    .await?;
    theatre.mint(theatre.cast.alice, usd(30_000)).await?;
    let give = Vault::transferCall {
        to: caller,
        value: usd(30_000),
    };
    theatre.client.send(theatre.cast.alice, vault, give).await?;
    let data = redeem(&theatre, usd(30_000), caller).abi_encode();
    let (mut passed, mut refused, mut named) = (0, 0, 0);
    for gas in (10_000..2_000_000u64).step_by(25_000) {
        let snapshot = chain::snapshot(&theatre.client).await?;
        let call = IEvilCaller::callWithGasCall {
            target: vault,
            data: data.clone().into(),
            gasLimit: U256::from(gas),
        };
        let receipt = theatre.client.send(stranger, caller, call).await?;
        let outcome = receipt
            .logs()
            .iter()
            .find_map(|log| IEvilCaller::Called::decode_log(&log.inner).ok());
        let outcome = outcome.context("the caller reported nothing")?;
        named += usize::from(
            theatre
                .client
                .decode(&outcome.returned)
                .starts_with("VaultGasTooLow"),
        );
        let left = shares_of(&theatre, caller).await?;
        for i in 0..theatre.members.len() {
            assert_eq!(
                claim(&theatre, i, caller).await?,
                U256::ZERO,
                "{gas} gas starved asset {i}"
            );
        }
        if left.is_zero() {
            passed += 1;
        } else {
            assert_eq!(
                left,
                usd(30_000),
                "inv_14: {gas} gas burnt shares and paid nothing"
            );
            refused += 1;
        }
        chain::revert(&theatre.client, snapshot).await?;
    }
    assert!(
        passed > 0 && refused > named && named > 0,
        "{passed} passed, {refused} refused, {named} of them by name: nothing was tested"
    );
    Ok(())
}

async fn inv_01_donations_change_nothing_at_any_step(mode: Mode) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    let (alice, suite) = (theatre.cast.alice, &theatre.suite);
    let donate = async || -> Result<()> {
        let (held, supply) = (theatre.held().await?, theatre.supply().await?);
        let shares = usd(1_000);
        let preview = theatre
            .client
            .call(suite.vault, Vault::previewRedeemCall { shares })
            .await?;
        for m in &theatre.members {
            theatre
                .grant(m, suite.vault, m.amount(usd(123_456))?)
                .await?;
        }
        assert_eq!(theatre.held().await?, held, "inv_01");
        assert_eq!(theatre.supply().await?, supply, "inv_01");
        let after = theatre
            .client
            .call(suite.vault, Vault::previewRedeemCall { shares })
            .await?;
        assert_eq!(after, preview, "inv_01");
        Ok(())
    };
    donate().await?;
    theatre.mint(alice, usd(100_000)).await?;
    donate().await?;
    theatre
        .set_targets(&[3_000, 3_500, 2_000, 1_500], 200)
        .await?;
    theatre.publish().await?;
    let plan = theatre.plan().await?;
    donate().await?;
    let filler = theatre.hostile_filler(0, 0).await?;
    let same = theatre.plan().await?;
    assert_eq!(
        same.amounts, plan.amounts,
        "inv_01: a donation changed the plan"
    );
    theatre
        .rebalance(theatre.call_of(&plan, filler).await?)
        .await?;
    donate().await?;
    let (held, supply) = (theatre.held().await?, theatre.supply().await?);
    theatre
        .client
        .send(alice, suite.vault, redeem(&theatre, usd(100_000), alice))
        .await?;
    for (i, m) in theatre.members.iter().enumerate() {
        let due = held[i] * usd(100_000) / supply;
        assert_eq!(
            theatre.balance(m, alice).await?,
            due,
            "inv_01: {} was shared out",
            m.symbol
        );
    }
    donate().await?;
    theatre.assert_sound(alice).await
}

async fn mint_refuses_a_token_that_takes_a_fee(mode: Mode) -> Result<()> {
    let theatre = raise(mode, tokens_of("RevertingToken", &[6, 18], 100_000)).await?;
    let (alice, vault) = (theatre.cast.alice, theatre.suite.vault);
    let member = theatre.asset(0)?;
    for m in &theatre.members {
        let amount = m.amount(usd(100_000))?;
        theatre
            .client
            .send(alice, m.token, ITestToken::mintCall { to: alice, amount })
            .await?;
        let approve = ballast::abi::IERC20::approveCall {
            spender: vault,
            amount,
        };
        theatre.client.send(alice, m.token, approve).await?;
    }
    let fee = IRevertingToken::setFeeBpsCall { bps: U256::from(1) };
    theatre.client.send(alice, member.token, fee).await?;
    let mode = IRevertingToken::setTransferModeCall { mode: 6 };
    theatre.client.send(alice, member.token, mode).await?;
    let call = Vault::mintCall {
        shares: usd(1_000),
        receiver: alice,
        maxAmounts: vec![U256::MAX; 2],
    };
    let words = theatre.refusal(alice, vault, call).await?;
    assert_refused(&words, "VaultReceivedLess");
    Ok(())
}

async fn redeem_counts_what_moved_whatever_the_token_answers(mode: Mode) -> Result<()> {
    // Moves and answers 100,000 bytes, nothing, false.
    for fault in [3, 5, 8] {
        let theatre = raise(mode, tokens_of("RevertingToken", &[6, 18], 100_000)).await?;
        let (alice, vault) = (theatre.cast.alice, theatre.suite.vault);
        theatre.mint(alice, usd(20_000)).await?;
        let (held, supply) = (theatre.held().await?, theatre.supply().await?);
        let call = IRevertingToken::setTransferModeCall { mode: fault };
        theatre
            .client
            .send(theatre.cast.stranger, theatre.asset(0)?.token, call)
            .await?;
        theatre
            .client
            .send(alice, vault, redeem(&theatre, usd(20_000), alice))
            .await?;
        let due = held[0] * usd(20_000) / supply;
        assert_eq!(
            theatre.balance(theatre.asset(0)?, alice).await?,
            due,
            "mode {fault}"
        );
        assert_eq!(
            claim(&theatre, 0, alice).await?,
            U256::ZERO,
            "mode {fault}: paid twice"
        );
        theatre.assert_sound(alice).await?;
    }
    Ok(())
}

async fn inv_22_a_token_that_takes_more_than_was_sent_blocks_nobody(mode: Mode) -> Result<()> {
    let theatre = raise(mode, tokens_of("RevertingToken", &[6, 18], 100_000)).await?;
    let (alice, vault) = (theatre.cast.alice, theatre.suite.vault);
    theatre.mint(alice, usd(20_000)).await?;
    let (held, supply) = (theatre.held().await?, theatre.supply().await?);
    let call = IRevertingToken::setTransferModeCall { mode: 10 };
    theatre
        .client
        .send(theatre.cast.stranger, theatre.asset(0)?.token, call)
        .await?;
    theatre
        .client
        .send(alice, vault, redeem(&theatre, usd(20_000), alice))
        .await?;
    for (i, member) in theatre.members.iter().enumerate() {
        let due = held[i] * usd(20_000) / supply;
        assert_eq!(
            theatre.balance(member, alice).await?,
            due,
            "inv_22: asset {i}"
        );
    }
    // The hole is a shortfall: nobody can be made to pay for it by minting.
    let mint = Vault::mintCall {
        shares: usd(1),
        receiver: alice,
        maxAmounts: vec![U256::MAX; 2],
    };
    let words = theatre.refusal(alice, vault, mint).await?;
    assert_refused(&words, "VaultShortfall");
    Ok(())
}

/// Most gas of an Arbitrum transaction.
const BLOCK_GAS: u64 = 32_000_000;

async fn inv_28_redeem_fits_a_block_when_all_32_tokens_burn_whatever_gas_they_get(
    mode: Mode,
) -> Result<()> {
    let theatre = raise(mode, tokens_of("RevertingToken", &[18; 32], 10_000)).await?;
    let (alice, vault) = (theatre.cast.alice, theatre.suite.vault);
    theatre.mint(alice, usd(10_000)).await?;
    for member in &theatre.members {
        let call = IRevertingToken::setTransferModeCall { mode: 2 };
        theatre
            .client
            .send(theatre.cast.stranger, member.token, call)
            .await?;
    }
    let receipt = theatre
        .client
        .send(alice, vault, redeem(&theatre, usd(10_000), alice))
        .await?;
    assert!(
        receipt.gas_used < BLOCK_GAS / 2,
        "inv_28: {} gas",
        receipt.gas_used
    );
    assert_eq!(shares_of(&theatre, alice).await?, U256::ZERO);
    for i in 0..theatre.members.len() {
        assert!(
            !claim(&theatre, i, alice).await?.is_zero(),
            "inv_22: asset {i}"
        );
    }
    println!("{} gas", receipt.gas_used);
    Ok(())
}

scenarios! {
    redeem_pays_while_every_feed_is_dead_and_everything_is_paused,
    redeem_turns_a_token_that_will_not_move_into_a_claim_and_pays_the_rest,
    a_claim_can_be_sent_elsewhere_by_its_holder_alone,
    a_shortfall_is_shared_by_those_who_leave_and_those_who_stay,
    redeem_reverts_when_less_is_delivered_than_the_caller_accepts,
    nobody_can_starve_a_redemption_into_claims,
    inv_01_donations_change_nothing_at_any_step,
    mint_refuses_a_token_that_takes_a_fee,
    redeem_counts_what_moved_whatever_the_token_answers,
    inv_22_a_token_that_takes_more_than_was_sent_blocks_nobody,
    inv_28_redeem_fits_a_block_when_all_32_tokens_burn_whatever_gas_they_get,
}
