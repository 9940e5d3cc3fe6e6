//! Random calls of policy and vault as compiled, written down word by word, for the native side to repeat.
//!
//! `cargo xtask differential` runs this and then `contracts/tests/tests/differential.rs`, which makes the same
//! calls of the same sources under motsu and compares every answer, refusal, event and word of storage. The two
//! workspaces cannot be linked into one program (docs/decisions/0001), so a file stands between them:
//!
//! | line | says |
//! |---|---|
//! | `begin`, `policy`, `vault`, `token`, `account`, `module`, `share`, `chain` | a new sequence, and what stands where |
//! | `word` program key word [offset code] | what the storage became; of an address of kept data, the data |
//! | `call` time sender program data | a call |
//! | `done` or `refused` data | what it answered |
//! | `log` program topics data | what it told |

mod calls;
mod scene;

pub use scene::{write, Written};
