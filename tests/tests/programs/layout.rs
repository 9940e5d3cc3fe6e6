//! Where the programs with flat storage keep what they were given, read raw: a slot that two fields share would show here.

use alloy::{
    primitives::{Address, Bytes, U256},
    providers::Provider,
    rpc::types::TransactionRequest,
};
use anyhow::Result;
use e2e::{four_assets, raise, scenarios, Mode, Theatre};

async fn slot(theatre: &Theatre, program: Address, slot: u64) -> Result<U256> {
    let provider = &theatre.client.provider;
    Ok(provider.get_storage_at(program, U256::from(slot)).await?)
}

fn word(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

async fn the_feeds_lie_in_the_code_of_an_account_that_does_nothing(mode: Mode) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    let (oracle, provider) = (theatre.suite.oracle, &theatre.client.provider);
    assert_eq!(slot(&theatre, oracle, 0).await?, word(theatre.suite.policy));
    let table = Address::from_word(slot(&theatre, oracle, 1).await?.into());
    let code = provider.get_code_at(table).await?;
    // STOP, the sequencer's word, and 84 bytes for each asset: token, source, bounds.
    assert_eq!(code.len(), 1 + 32 + 4 * 84);
    assert_eq!(code[0], 0);
    assert_eq!(code[13..33], theatre.sequencer[..]);
    for (member, entry) in theatre.members.iter().zip(code[33..].chunks_exact(84)) {
        assert_eq!(entry[..20], member.token[..]);
        assert_eq!(entry[32..52], member.feed[..]);
    }
    let stranger = theatre.cast.stranger;
    let sent = theatre
        .client
        .send_raw(stranger, Some(table), U256::ZERO, vec![1, 2, 3, 4])
        .await?;
    assert!(sent.status() && sent.logs().is_empty());
    assert_eq!(provider.get_code_at(table).await?, code);
    assert_eq!(slot(&theatre, oracle, 2).await?, U256::ZERO);
    Ok(())
}

async fn each_field_has_a_slot_of_its_own_and_keeps_it(mode: Mode) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
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
        // Nothing was written beyond: the next fields are still zero. The rebalancer's opening and budgets are made
        // non-zero by its constructor.
        let written = if *program == suite.rebalancer { 2 } else { 0 };
        for i in fields.len() + written..fields.len() + written + 5 {
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
    // Nonce, time and rest stand above the vault's address.
    let now = theatre.client.now().await?;
    let head = slot(&theatre, suite.rebalancer, 0).await?;
    let clock = [(1, 224), (now, 184), (3_600, 160)]
        .map(|(value, shift): (u64, usize)| U256::from(value) << shift);
    assert_eq!(
        head,
        clock.iter().fold(word(vault), |word, part| word | *part)
    );
    for (i, field) in (1..).zip([policy, oracle]) {
        assert_eq!(slot(&theatre, suite.rebalancer, i).await?, word(field));
    }
    // No opening, and what the rebalance used of the budgets: a loss of 50 bps on 10 % of NAV, and the 10 %.
    assert_eq!(slot(&theatre, suite.rebalancer, 3).await?, U256::ONE << 248);
    let budgets = slot(&theatre, suite.rebalancer, 4).await?;
    let lane = |shift: usize, bits: usize| -> u64 {
        ((budgets >> shift) & ((U256::ONE << bits) - U256::ONE)).to()
    };
    assert_eq!((lane(40, 40), lane(0, 40)), (now, now));
    let (loss, yearly, turnover) = (lane(200, 56), lane(144, 56), lane(80, 64));
    assert_eq!(loss, yearly);
    assert!(loss.abs_diff(500_000_000_000_000) < 1_000_000_000, "{loss}");
    assert!(
        turnover.abs_diff(100_000_000_000_000_000) < 1_000_000_000,
        "{turnover}"
    );
    for reserved in 5..7 {
        assert_eq!(
            slot(&theatre, suite.rebalancer, reserved).await?,
            U256::ZERO
        );
    }
    Ok(())
}

/// The code of the account that the low 160 bits of a slot name.
async fn code_named_in(theatre: &Theatre, program: Address, at: u64) -> Result<(Address, Bytes)> {
    let word = slot(theatre, program, at).await?;
    let account = Address::from_word(word.into());
    let code = theatre.client.provider.get_code_at(account).await?;
    Ok((account, code))
}

async fn what_only_governance_changes_is_the_code_of_accounts_that_do_nothing(
    mode: Mode,
) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    theatre
        .set_targets(&[3_000, 3_500, 2_000, 1_500], 200)
        .await?;
    let suite = theatre.suite.clone();
    let tokens = theatre.members.iter().map(|m| m.token);

    // The roster: STOP, policy, rebalancer, tokens.
    let (roster, code) = code_named_in(&theatre, suite.vault, 0).await?;
    let mut expected = vec![0];
    for address in [suite.policy, suite.rebalancer].into_iter().chain(tokens) {
        expected.extend_from_slice(address.as_slice());
    }
    assert_eq!(code, expected);

    // The mandate: STOP, two times, a counter, three words of limits, then 33 bytes an asset, which end with weight
    // at the end (bps), band (bps) and the flag of those that were named.
    let (mandate, code) = code_named_in(&theatre, suite.policy, 6).await?;
    assert_eq!(code.len(), 1 + 8 + 8 + 4 + 3 * 32 + 4 * 33);
    assert_eq!(code[0], 0);
    for (i, (member, weight)) in theatre
        .members
        .iter()
        .zip([3_000u16, 3_500, 2_000, 1_500])
        .enumerate()
    {
        let asset = &code[117 + 33 * i..117 + 33 * (i + 1)];
        assert_eq!(&asset[..20], member.token.as_slice());
        let end = [weight.to_be_bytes(), 200u16.to_be_bytes()].concat();
        assert_eq!(asset[28..], [end, vec![1]].concat());
    }

    // Whoever calls them runs nothing.
    for account in [roster, mandate] {
        let request = TransactionRequest::default()
            .to(account)
            .input(Bytes::from(vec![1, 2, 3, 4]).into());
        assert_eq!(theatre.client.provider.call(request).await?.len(), 0);
    }
    Ok(())
}

scenarios! {
    the_feeds_lie_in_the_code_of_an_account_that_does_nothing,
    each_field_has_a_slot_of_its_own_and_keeps_it,
    what_only_governance_changes_is_the_code_of_accounts_that_do_nothing,
}
