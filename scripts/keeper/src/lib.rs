//! The keeper: collects the treasury's state, decides, executes, and tells how it went.
//!
//! [`desk`] looks at the chain: [`collect`] reads a [`state`], [`venues`] quote what its plan trades. [`strategy`] decides,
//! and knows no chain. [`calls`] says what is sent for a decision, [`bid`] what is offered for its gas, [`execute`] sends it,
//! [`follow`] tells what became of it, [`book`] remembers it, and [`keeper`] is one turn of all that; [`daemon`] makes turn after turn, with [`metrics`] and [`logs`].

mod anew;
pub mod bid;
pub mod book;
pub mod calls;
pub mod collect;
pub mod config;
pub mod daemon;
pub mod desk;
pub mod execute;
pub mod follow;
pub mod keeper;
pub mod logs;
pub mod measured;
pub mod metrics;
mod prepare;
pub mod serve;
pub mod state;
pub mod strategy;
pub mod venues;
mod words;
