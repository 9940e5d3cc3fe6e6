//! Verifying: what stands is what would be deployed, to the byte.

use alloy::{
    primitives::{Address, Bytes},
    providers::Provider,
};
use anyhow::{Context, Result};
use ballast_deployment::{bundle::Built, verify};

use crate::yard::Yard;

/// Flips one bit of the code at `address`.
async fn tamper(yard: &Yard, address: Address, at: usize) -> Result<()> {
    let mut code = yard.client.provider.get_code_at(address).await?.to_vec();
    *code.get_mut(at).context("no such byte")? ^= 1;
    let code = Bytes::from(code);
    let set = yard
        .client
        .provider
        .raw_request("anvil_setCode".into(), (address, code));
    let _: serde_json::Value = set.await?;
    Ok(())
}

async fn differences(yard: &Yard, name: &str) -> Result<Vec<String>> {
    let record = yard.record()?;
    let program = record.program(name)?;
    let built = yard.bundle.program(name)?;
    Ok(verify::program(&yard.client, program, built)
        .await?
        .differences)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_of_any_account_is_found() -> Result<()> {
    let yard = Yard::new().await?;
    yard.run(None).await?;
    let record = yard.record()?;
    for program in &record.programs {
        assert_eq!(
            differences(&yard, &program.name).await?,
            [""; 0],
            "{}",
            program.name
        );
    }
    assert_eq!(verify::construction(&yard.client, &record).await?, [""; 0]);

    // The last byte of a piece, one in the midst of a program in one piece, the address of a piece.
    let vault = record.program("vault")?;
    let piece = *vault.fragments.last().context("the vault is in pieces")?;
    let last = yard.client.provider.get_code_at(piece).await?.len() - 1;
    tamper(&yard, piece, last).await?;
    let found = differences(&yard, "vault").await?;
    let place = format!("part at byte {last}");
    assert!(found.len() == 1 && found[0].contains(&place), "{found:?}");

    tamper(&yard, yard.program("filler-uniswap-v3")?, 1_000).await?;
    let found = differences(&yard, "filler-uniswap-v3").await?;
    assert!(
        found.iter().any(|f| f.contains("part at byte 1000")),
        "{found:?}"
    );
    assert!(found.iter().any(|f| f.contains("hash")), "{found:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_build_and_other_recorded_arguments_are_found() -> Result<()> {
    let yard = Yard::new().await?;
    yard.run(None).await?;
    let mut record = yard.record()?;
    let program = record.program("lens")?;
    let other = Built::new(b"\0asm\x01\0\0\0")?;
    let found = verify::program(&yard.client, program, &other)
        .await?
        .differences;
    assert!(found.iter().any(|f| f.contains("SHA-256")), "{found:?}");

    // What the record says of a constructor is proved by the address.
    let index = record
        .programs
        .iter()
        .position(|p| p.name == "oracle")
        .context("no oracle")?;
    record.programs[index].constructor_arguments = vec![0; 32].into();
    let built = yard.bundle.program("oracle")?;
    let found = verify::program(&yard.client, &record.programs[index], built).await?;
    assert!(
        found
            .differences
            .iter()
            .any(|f| f.contains("constructor arguments")),
        "{found:?}"
    );

    record.roles.owner = Address::repeat_byte(1);
    let found = verify::construction(&yard.client, &record).await?;
    assert!(
        found.iter().any(|f| f.contains("the owner is")),
        "{found:?}"
    );
    Ok(())
}
