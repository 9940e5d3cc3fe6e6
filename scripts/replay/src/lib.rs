//! Runs the programs over real price histories and compares them with doing less.
//!
//! [`History`] reads prices, [`Settings`] a policy, [`Site`] puts the compiled programs and real Uniswap V3 pools on an
//! embedded chain, [`run()`] takes them hour by hour through the history, [`grid()`] does so for several bands and
//! ramps. Feeds answer as Chainlink's ([`feed`]), keepers compete ([`keeper`]); whether a rebalance can be due is
//! asked of `math` on the host, by the programs' own rules ([`question`]), and the programs are run whenever it can.

pub mod benchmark;
mod chain;
pub mod charts;
pub mod feed;
mod grid;
pub mod history;
pub mod keeper;
mod outcome;
mod problem;
pub mod question;
mod run;
pub mod settings;
mod site;
mod tally;
mod volatility;

pub use ballast_chart::{date, parse_date};
pub use grid::{grid, Cell, Grid};
pub use history::History;
pub use outcome::{AssetOutcome, Monthly, Nav, Outcome, Rebalance, Track, Tracking};
pub use problem::Problem;
pub use run::{run, Ended};
pub use settings::Settings;
pub use site::{Site, Token};
