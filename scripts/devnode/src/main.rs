//! Runs the embedded chain until interrupted: `devnode [--port 8547] [--wall-clock]`.

use anyhow::{bail, Context};
use devnode::{Config, Devnode};

/// The port of a Nitro development node.
const DEFAULT_PORT: u16 = 8547;

fn main() -> anyhow::Result<()> {
    let (config, port) = options(std::env::args().skip(1))?;
    let node = Devnode::spawn_with(config, port)?;
    println!(
        "listening on {}, chain id {}",
        node.url(),
        node.chain().chain_id()
    );
    for account in node.accounts() {
        println!("{}  {}", account.address, account.key);
    }
    loop {
        std::thread::park();
    }
}

fn options(mut args: impl Iterator<Item = String>) -> anyhow::Result<(Config, u16)> {
    let mut config = Config::default();
    let mut port = DEFAULT_PORT;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--port" => port = args.next().context("--port needs a number")?.parse()?,
            "--wall-clock" => config.follow_wall_clock = true,
            other => bail!("unknown option {other}; usage: devnode [--port N] [--wall-clock]"),
        }
    }
    Ok((config, port))
}
