//! The binary `ballast` as people and machines run it, against a treasury on the embedded chain.

mod advance;
mod affording;
mod browser;
mod decode;
mod deploy;
mod devnode;
mod dying;
mod example;
mod governor;
mod keeping;
mod keys;
mod mint;
mod once;
mod pipes;
mod proposals;
mod propose;
mod redeem;
mod replay;
mod report;
mod scene;
mod schemas;
mod secrets;
mod status;
mod troubled;
mod upkeep;
mod verify;
