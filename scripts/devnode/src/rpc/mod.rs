//! JSON-RPC on top of [`Chain`](crate::chain::Chain).
//!
//! [`server`](Server) carries bytes over HTTP → [`answer`] opens the envelope, single or batched →
//! [`dispatch`] finds the method and runs it on the chain. Another transport needs the first step only.

mod debug;
mod dev;
mod dispatch;
mod envelope;
mod error;
mod eth;
mod format;
mod params;
mod send;
mod server;

pub use dispatch::dispatch;
pub use envelope::answer;
pub use error::RpcError;
pub use server::{Server, ServerHandle};
