//! The configuration of the example's treasury: what stands on the chain of [`ballast::local::example`], as TOML.

use std::fmt::Write;

use ballast::local::{
    example::Example,
    market::FEED_DECIMALS,
    stage::{GRACE_S, HEARTBEAT_S},
};

/// The chain id of the embedded chain.
const CHAIN: u64 = 412_346;

/// A configuration that lists the example's assets and is owned by its timelock.
///
/// # Errors
/// Never: a string takes whatever is written to it.
pub fn configuration(example: &Example) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let (owner, guardian) = (example.dao.timelock, example.cast.guardian);
    write!(
        text,
        r#"chain_id = {CHAIN}
salt = "example"

[share]
name = "Example Treasury"
symbol = "EXT"

[roles]
owner = "{owner}"
guardian = "{guardian}"

[sequencer]
feed = "{}"
grace_s = {GRACE_S}
source = "deployed with the example"
"#,
        example.sequencer
    )?;
    for member in &example.members {
        let price = member.answer.into_raw().to::<u128>() / 10u128.pow(FEED_DECIMALS.into());
        write!(
            text,
            r#"
[[assets]]
symbol = "{}"
token = "{}"
decimals = {}
min_holding = "0.0001"
feed = "{}"
feed_decimals = {FEED_DECIMALS}
heartbeat_s = {HEARTBEAT_S}
min_price = "{}"
max_price = "{}"
lag_bps = 50
volatility = {{ reference_bps = 6000, max_bps = 30000 }}
source = "deployed with the example"
"#,
            member.symbol,
            member.token,
            member.decimals,
            member.feed,
            // A hundredth, of a dollar too.
            price as f64 / 100.0,
            price * 100
        )?;
    }
    write!(
        text,
        r#"
[fillers]
uniswap_v3 = {{ address = "{}", source = "deployed with the example" }}
call = true

[limits]
ramp_s = 600
min_notional_wad = "1000000000000000000"

[supply]
cap = "10000000"

[fees]
recipient = "{owner}"
management_bps = 50
mint_bps = 5
redeem_bps = 5

[seed]
shares = "1000000"
receiver = "{owner}"
amounts = ["200", "5", "200000"]
"#,
        example.uniswap.router
    )?;
    Ok(text)
}
