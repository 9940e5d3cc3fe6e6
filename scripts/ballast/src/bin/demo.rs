//! The main job, end to end, on the embedded chain.

use clap::Parser;

/// A DAO votes, a keeper rebalances through Uniswap V3 over 12 and 13 March 2020, a depositor leaves.
///
/// Everything runs in this process on the embedded chain: no network, no container. Exit code 0 means
/// that all that should happen did and all that should be refused was.
#[derive(Debug, Parser)]
struct Args {
    /// Print one JSON document on standard output instead of the story.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    ballast::demo::on_embedded_chain(args.json).await
}
