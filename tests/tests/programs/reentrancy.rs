//! A token that calls out while it moves cannot enter the treasury again (inv_25).

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use anyhow::Result;
use ballast::{
    abi::{Lens, Rebalancer, Vault},
    local::{self, stage::usd},
};
use e2e::{
    assert_refused, four_assets, raise, scenarios, tokens_of, IEvilCaller, IReentrantToken, Mode,
    Theatre, NOBODY,
};

/// What a token might try from inside its own transfer.
fn attempts(theatre: &Theatre, who: Address) -> Vec<(Address, Vec<u8>)> {
    let (vault, n) = (theatre.suite.vault, theatre.members.len());
    let shares = usd(1);
    let token = theatre.members[0].token;
    vec![
        (
            vault,
            Vault::mintCall {
                shares,
                receiver: who,
                maxAmounts: vec![U256::MAX; n],
            }
            .abi_encode(),
        ),
        (
            vault,
            Vault::redeemCall {
                shares,
                receiver: who,
                owner: who,
                minAmounts: vec![U256::ZERO; n],
            }
            .abi_encode(),
        ),
        (
            vault,
            Vault::collectCall {
                token,
                account: who,
            }
            .abi_encode(),
        ),
        (
            vault,
            Vault::transferCall {
                to: who,
                value: shares,
            }
            .abi_encode(),
        ),
        (vault, Vault::holdingsCall {}.abi_encode()),
        (vault, Vault::previewMintCall { shares }.abi_encode()),
        (vault, Vault::previewRedeemCall { shares }.abi_encode()),
        (
            theatre.suite.rebalancer,
            Rebalancer::planCall {}.abi_encode(),
        ),
        (theatre.suite.lens, Lens::statusCall {}.abi_encode()),
    ]
}

async fn inv_25_nothing_enters_the_vault_from_a_transfer_of_mint_or_redeem(
    mode: Mode,
) -> Result<()> {
    let theatre = raise(mode, tokens_of("ReentrantToken", &[18, 6], 100_000)).await?;
    let (alice, vault) = (theatre.cast.alice, theatre.suite.vault);
    let token = theatre.asset(0)?.token;
    // The token itself holds shares, so that only the lock stands in its way.
    theatre.mint(alice, usd(50_000)).await?;
    let give = Vault::transferCall {
        to: token,
        value: usd(5_000),
    };
    theatre.client.send(alice, vault, give).await?;

    for (target, data) in attempts(&theatre, token) {
        let what = format!("{target} {}", alloy::hex::encode(&data[..4]));
        let call = IReentrantToken::armCall {
            target,
            data: data.into(),
            bubble: false,
        };
        theatre.client.send(alice, token, call).await?;
        let (held, supply) = (theatre.held().await?, theatre.supply().await?);
        let redeem = Vault::redeemCall {
            shares: usd(1_000),
            receiver: alice,
            owner: alice,
            minAmounts: vec![U256::ZERO; 2],
        };
        theatre.client.send(alice, vault, redeem).await?;
        let entered = theatre
            .client
            .call(token, IReentrantToken::lastSuccessCall {})
            .await?;
        assert!(!entered, "inv_25: {what} was entered from redeem");
        let tried = theatre
            .client
            .call(token, IReentrantToken::attemptsCall {})
            .await?;
        assert!(!tried.is_zero(), "{what}: the token never called out");
        assert_eq!(theatre.supply().await?, supply - usd(1_000), "{what}");
        let paid = held[0] * usd(1_000) / supply;
        assert_eq!(theatre.held().await?[0], held[0] - paid, "{what}");

        theatre
            .client
            .send(alice, token, IReentrantToken::disarmCall {})
            .await?;
        theatre.assert_sound(token).await?;
    }
    Ok(())
}

async fn views_answer_static_calls_and_writers_refuse_them(mode: Mode) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    let (stranger, vault) = (theatre.cast.stranger, theatre.suite.vault);
    theatre.mint(stranger, usd(1_000)).await?;
    let probe = local::deploy(
        &theatre.client,
        &theatre.artifacts,
        stranger,
        "EvilCaller",
        &[],
    )
    .await?;
    let give = Vault::transferCall {
        to: probe,
        value: usd(1_000),
    };
    theatre.client.send(stranger, vault, give).await?;
    let ask = async |data: Vec<u8>| -> Result<bool> {
        let call = IEvilCaller::staticProbeCall {
            target: vault,
            data: data.into(),
        };
        Ok(theatre.client.call(probe, call).await?.success)
    };
    assert!(ask(Vault::holdingsCall {}.abi_encode()).await?);
    assert!(ask(Vault::previewRedeemCall { shares: usd(1) }.abi_encode()).await?);
    let redeem = Vault::redeemCall {
        shares: usd(1),
        receiver: probe,
        owner: probe,
        minAmounts: vec![U256::ZERO; 4],
    };
    assert!(
        !ask(redeem.abi_encode()).await?,
        "redeemed inside a static call"
    );
    let transfer = Vault::transferCall {
        to: stranger,
        value: U256::ONE,
    };
    assert!(
        !ask(transfer.abi_encode()).await?,
        "moved shares inside a static call"
    );
    Ok(())
}

async fn accounts_without_code_are_refused_as_tokens_and_feeds(mode: Mode) -> Result<()> {
    use ballast::abi::Oracle;
    let theatre = raise(mode, four_assets()).await?;
    let timelock = theatre.governor;
    let list = Vault::listAssetCall {
        token: NOBODY,
        minHolding: U256::ONE,
    };
    let words = theatre.refusal(timelock, theatre.suite.vault, list).await?;
    assert_refused(&words, "VaultNotContract");
    let spare = theatre.unlisted_token("SPARE", 18).await?;
    let feed = Oracle::setFeedCall {
        token: spare,
        feed: NOBODY,
        heartbeat: U256::from(3_600),
        minAnswer: U256::ONE,
        maxAnswer: U256::from(1_000_000),
        lagBps: U256::ZERO,
    };
    let words = theatre
        .refusal(timelock, theatre.suite.oracle, feed)
        .await?;
    assert_refused(&words, "OracleNotContract");
    Ok(())
}

scenarios! {
    inv_25_nothing_enters_the_vault_from_a_transfer_of_mint_or_redeem,
    views_answer_static_calls_and_writers_refuse_them,
    accounts_without_code_are_refused_as_tokens_and_feeds,
}
