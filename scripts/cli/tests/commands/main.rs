//! The binary `ballast` as people and machines run it, against a treasury on the embedded chain.

mod advance;
mod devnode;
mod keeping;
mod mint;
mod redeem;
mod scene;
mod schemas;
mod status;
