//! The embedded chain as clients see it: an alloy provider over HTTP.

mod calls;
mod cheats;
mod scene;
mod transactions;
mod transport;
