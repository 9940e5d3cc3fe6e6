//! JSON-RPC on top of [`Chain`](crate::chain::Chain).
//!
//! [`Server`] carries messages over HTTP and WebSocket → [`Service`] opens the envelope, single or
//! batched → `dispatch` finds the method and runs it on the chain. Another transport needs the first
//! step only. Filters and subscriptions read the chain's [events](crate::chain::Event).

mod debug;
mod dev;
mod dispatch;
mod envelope;
mod error;
mod eth;
mod filters;
mod format;
mod node;
mod params;
mod pool;
mod send;
mod server;
mod service;
mod sign;
mod socket;
mod subscriptions;
mod watch;
mod worker;

pub use error::RpcError;
pub use server::{ChainGuard, Server, ServerHandle};
pub use service::Service;
