//! The figures of `docs/gas.md` mean what they say: the floor makes the calls that the treasury makes, and
//! frames add up.

use alloy::primitives::{Address, Bytes};
use anyhow::Result;
use e2e::gas::{
    floor::{external, External, SELF_DEFENCE},
    treasury::Treasury,
    Run,
};

/// `bytes` with one address in place of another wherever it stands as a word.
fn readdressed(bytes: &Bytes, from: Address, to: Address) -> Bytes {
    let (from, to) = (from.into_word(), to.into_word());
    let mut bytes = bytes.to_vec();
    for word in bytes[4..].chunks_exact_mut(32) {
        if word == from.as_slice() {
            word.copy_from_slice(to.as_slice());
        }
    }
    bytes.into()
}

/// What `run` calls outside, as if the floor's contracts had called it.
fn unavoidable(treasury: &Treasury, run: &Run) -> Vec<External> {
    let (suite, floor) = (&treasury.suite, treasury.floor);
    external(&run.outcome, &treasury.programs())
        .into_iter()
        .filter(|call| !SELF_DEFENCE.iter().any(|ask| call.input.starts_with(ask)))
        .map(|call| External {
            input: readdressed(
                &readdressed(&call.input, suite.vault, floor.script),
                suite.filler,
                floor.hand,
            ),
            ..call
        })
        .collect()
}

fn of_floor(treasury: &Treasury, run: &Run) -> Vec<External> {
    external(&run.outcome, &[treasury.floor.script, treasury.floor.hand])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_floor_of_a_rebalance_makes_the_same_calls_and_no_other() -> Result<()> {
    let mut treasury = Treasury::found(5).await?;
    let pairs = Treasury::pairs(5);
    treasury.drift(&pairs).await?;
    let start = ballast::local::chain::snapshot(&treasury.client).await?;
    let run = treasury.rebalance_pairs(&pairs).await?;
    ballast::local::chain::revert(&treasury.client, start).await?;
    let floor = treasury.floor.rebalance(&treasury, &run).await?;
    let calls = of_floor(&treasury, &floor);
    // Sequencer, 5 feeds, and for each of 2 trades a transfer, an approval and a swap.
    assert_eq!(calls.len(), 1 + 5 + 2 * 3);
    assert_eq!(calls, unavoidable(&treasury, &run));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_floors_of_mint_and_redeem_make_the_same_calls_and_no_other() -> Result<()> {
    use alloy::primitives::U256;
    use ballast::abi::{Vault, IERC20};
    let treasury = Treasury::found(3).await?;
    let (alice, vault) = (treasury.cast.alice, treasury.suite.vault);
    let shares = ballast::local::stage::usd(10_000);
    let amounts = treasury.endow(alice, shares).await?;
    for spender in [vault, treasury.floor.script] {
        for (member, amount) in treasury.members.iter().zip(&amounts) {
            let call = IERC20::approveCall {
                spender,
                amount: *amount,
            };
            treasury.client.send(alice, member.token, call).await?;
        }
    }
    let floor = treasury
        .floor
        .mint(&treasury, alice, amounts.clone())
        .await?;
    let call = Vault::mintCall {
        shares,
        receiver: alice,
        maxAmounts: amounts,
    };
    let run = treasury.client.send(alice, vault, call).await?;
    let run = Run::of(&treasury, run)?;
    assert_eq!(of_floor(&treasury, &floor).len(), 3);
    assert_eq!(of_floor(&treasury, &floor), unavoidable(&treasury, &run));

    let quote = Vault::previewRedeemCall { shares };
    let amounts: Vec<U256> = treasury.client.call(vault, quote).await?;
    let call = Vault::redeemCall {
        shares,
        receiver: alice,
        owner: alice,
        minAmounts: amounts.clone(),
    };
    let floor = treasury.floor.redeem(&treasury, alice, amounts).await?;
    let run = treasury.client.send(alice, vault, call).await?;
    let run = Run::of(&treasury, run)?;
    assert_eq!(of_floor(&treasury, &floor).len(), 3);
    assert_eq!(of_floor(&treasury, &floor), unavoidable(&treasury, &run));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_every_frame_of_a_rebalance_add_up_to_its_gas() -> Result<()> {
    let mut treasury = Treasury::found(2).await?;
    let pairs = Treasury::pairs(2);
    treasury.drift(&pairs).await?;
    let run = treasury.rebalance_pairs(&pairs).await?;
    let mut all = run.outcome.intrinsic_gas();
    let mut programs = 0;
    for frame in &run.outcome.frames {
        let profile = &frame.profile;
        assert_eq!(profile.own() + profile.children, frame.gas_used);
        if let Some(program) = &profile.program {
            programs += 1;
            assert_eq!(program.ink() % program.ink_price, 0);
            assert_eq!(program.forfeited, 0);
        }
        all += profile.own();
    }
    // rebalance, holdings, rules, prices, execute, fill.
    assert_eq!(programs, 6);
    assert_eq!(
        all,
        run.receipt.gas_used + run.outcome.gas_refunded,
        "frames and what is paid before them"
    );
    Ok(())
}
