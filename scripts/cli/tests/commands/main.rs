//! The binary `ballast` as people and machines run it, against a treasury on the embedded chain.

mod advance;
mod browser;
mod deploy;
mod devnode;
mod example;
mod keeping;
mod mint;
mod redeem;
mod report;
mod scene;
mod schemas;
mod status;
