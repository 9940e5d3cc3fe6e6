//! `ballast governor`.

use alloy::{primitives::U256, sol_types::SolCall};
use anyhow::Result;
use ballast::{abi::Policy, local::dao, proposal::Proposal};
use serde_json::json;

use crate::scene::{assert_schema, Scene};

/// Id of the limit on how long an opening holds after its ramp.
const HOLD_S: u64 = 8;

/// A proposal that shortens the ramp's hold, as `ballast propose --out` writes one.
pub(crate) fn written(scene: &Scene) -> serde_json::Value {
    let call = Policy::setLimitCall {
        id: U256::from(HOLD_S),
        value: U256::from(1_200),
    };
    let proposal = Proposal {
        targets: vec![scene.theatre.suite.policy],
        values: vec![U256::ZERO],
        calldatas: vec![call.abi_encode().into()],
        description: "A shorter hold".into(),
    };
    json!({
        "proposal_id": proposal.id(),
        "description": proposal.description,
        "targets": proposal.targets,
        "values": proposal.values,
        "calldatas": proposal.calldatas,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_is_carried_from_submission_to_execution() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    std::fs::write(
        scene.directory.path().join("p.json"),
        written(&scene).to_string(),
    )?;
    let key = scene.key(theatre.dao.voter)?;
    let governor = theatre.dao.governor.to_string();
    let variables = [
        ("BALLAST_PRIVATE_KEY", key.as_str()),
        ("BALLAST_GOVERNOR", governor.as_str()),
    ];
    let step = async |step: &str| -> Result<String> {
        let arguments = ["--json", "--send", "--yes", "governor", step, "p.json"];
        let said = scene.run_with(&variables, &arguments).await?.json()?;
        assert_schema("governor", &said);
        Ok(said["state"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(step("state").await?, "unknown to the Governor");
    assert_eq!(step("submit").await?, "pending");
    let early = ["--json", "--send", "--yes", "governor", "vote", "p.json"];
    assert_eq!(scene.run_with(&variables, &early).await?.code, 5);
    for (wait, next, state) in [
        (dao::VOTING_DELAY_S, "vote", "active"),
        (dao::VOTING_PERIOD_S, "queue", "queued"),
        (dao::TIMELOCK_DELAY_S, "execute", "executed"),
    ] {
        ballast::local::chain::advance_by(&theatre.client, wait + 1).await?;
        assert_eq!(step(next).await?, state);
    }
    let id = U256::from(HOLD_S);
    let answer = theatre
        .client
        .call(theatre.suite.policy, Policy::limitCall { id })
        .await?;
    assert_eq!(answer.value, U256::from(1_200));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_number_is_of_another_proposal_is_refused() -> Result<()> {
    let scene = Scene::new().await?;
    let governor = scene.theatre.dao.governor.to_string();
    let mut forged = written(&scene);
    forged["description"] = json!("A longer hold");
    let cases = [
        ("forged.json", forged.to_string()),
        ("words.json", "no JSON".into()),
        ("empty.json", "{}".into()),
    ];
    for (name, text) in cases {
        std::fs::write(scene.directory.path().join(name), text)?;
        let arguments = ["--json", "governor", "state", name, "--governor", &governor];
        let ran = scene.run(&arguments).await?;
        let message = ran.failure()?["message"].to_string();
        assert!(ran.code == 3 && message.contains(name), "{message}");
    }
    Ok(())
}
