//! The keeper: collects the treasury's state, decides, executes, and tells how it went.
