//! Where the programs with flat storage keep what they were given, read raw: a slot that two fields share would show here.

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
};
use anyhow::Result;
use e2e::{four_assets, raise, Theatre};

async fn slot(theatre: &Theatre, program: Address, slot: u64) -> Result<U256> {
    let provider = &theatre.client.provider;
    Ok(provider.get_storage_at(program, U256::from(slot)).await?)
}

fn word(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_field_has_a_slot_of_its_own_and_keeps_it() -> Result<()> {
    let theatre = raise(four_assets()).await?;
    let suite = theatre.suite.clone();
    let (vault, policy, oracle) = (suite.vault, suite.policy, suite.oracle);
    let programs = [
        (suite.rebalancer, vec![vault, policy, oracle]),
        (suite.lens, vec![vault, policy, oracle, suite.rebalancer]),
        (suite.filler, vec![theatre.uniswap.router]),
    ];
    for (program, fields) in &programs {
        for (i, field) in (0..).zip(fields) {
            assert_eq!(slot(&theatre, *program, i).await?, word(*field), "slot {i}");
        }
        // Nothing was written beyond: the next fields are still zero.
        for i in fields.len()..fields.len() + 5 {
            let value = slot(&theatre, *program, i as u64).await?;
            assert_eq!(value, U256::ZERO, "slot {i} of {program}");
        }
    }

    theatre
        .set_targets(&[3_000, 3_500, 2_000, 1_500], 200)
        .await?;
    theatre.publish().await?;
    let filler = theatre.hostile_filler(0, 0).await?;
    let plan = theatre.plan().await?;
    theatre
        .rebalance(theatre.call_of(&plan, filler).await?)
        .await?;
    let clock = slot(&theatre, suite.rebalancer, 3).await?;
    assert_ne!(clock, U256::ZERO, "the clock was not written");
    for (i, field) in (0..).zip([vault, policy, oracle]) {
        assert_eq!(slot(&theatre, suite.rebalancer, i).await?, word(field));
    }
    for reserved in 4..8 {
        assert_eq!(
            slot(&theatre, suite.rebalancer, reserved).await?,
            U256::ZERO
        );
    }
    Ok(())
}
