//! Calls to the three neighbours, encoded and decoded word by word.
//!
//! The generic codec of alloy, expanded anew for every signature, was a quarter of this program. What
//! crosses here has two shapes only: words, and arrays of words.

#![allow(deprecated)] // the SDK's plain calls, which flush the cache and pass on revert data

use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use ballast_interfaces::words;
use stylus_sdk::{
    abi::Bytes,
    call::{call, static_call},
    function_selector,
};

use crate::{trades::overflow, types::*, Rebalancer};

const WORD: usize = 32;

const HOLDINGS: [u8; 4] = function_selector!("holdings");
const EXECUTE: [u8; 4] = function_selector!(
    "execute",
    Vec<Address>,
    Vec<Address>,
    Vec<U256>,
    Vec<U256>,
    Address,
    Bytes
);
const RULES: [u8; 4] = function_selector!("rules", Vec<Address>);
const SETTLE_TARGETS: [u8; 4] = function_selector!("settleTargets");
const MARKET: [u8; 4] = function_selector!("market", Vec<Address>);
const PERFORM_UPKEEP: [u8; 4] = function_selector!("performUpkeep", Bytes);

/// What the policy says: weights, bands, modes, floors, limits, nonce, paused until, flags.
pub(crate) type Rules = (
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    U256,
    U256,
    U256,
);

/// `vault.holdings()`: assets and what is held of each.
pub(crate) fn holdings(program: &Rebalancer, vault: Address) -> Answer<(Vec<Address>, Vec<U256>)> {
    let returned = static_call(program, vault, &HOLDINGS)?;
    let tokens = items(&returned, 0)?
        .map(|word| Address::from_word(word.into()))
        .collect();
    Ok((tokens, numbers(&returned, 1)?))
}

/// `policy.rules(tokens)`.
pub(crate) fn rules(program: &Rebalancer, tokens: &[Address]) -> Answer<Rules> {
    let data = encode(RULES, &[Argument::Addresses(tokens)]);
    let returned = static_call(program, program.policy.get(), &data)?;
    Ok((
        numbers(&returned, 0)?,
        numbers(&returned, 1)?,
        numbers(&returned, 2)?,
        numbers(&returned, 3)?,
        numbers(&returned, 4)?,
        number(&returned, 5)?,
        number(&returned, 6)?,
        number(&returned, 7)?,
    ))
}

/// What the oracle says: prices, D36{value/tok}; lags, {bps}; stress, {wad}; since when the market is calm, s.
pub(crate) type Market = (Vec<U256>, Vec<U256>, Vec<U256>, U256);

/// `oracle.market(tokens)`.
pub(crate) fn market(program: &Rebalancer, tokens: &[Address]) -> Answer<Market> {
    let data = encode(MARKET, &[Argument::Addresses(tokens)]);
    let returned = static_call(program, program.oracle.get(), &data)?;
    Ok((
        numbers(&returned, 0)?,
        numbers(&returned, 1)?,
        numbers(&returned, 2)?,
        number(&returned, 3)?,
    ))
}

/// The call of this program's own `performUpkeep(data)`.
pub(crate) fn perform_upkeep(data: &[u8]) -> Vec<u8> {
    encode(PERFORM_UPKEEP, &[Argument::Bytes(data)])
}

/// `vault.execute(..)`: what the vault measured, sold and bought.
#[allow(clippy::too_many_arguments)] // the vault and what it is told
pub(crate) fn execute(
    program: &mut Rebalancer,
    vault: Address,
    sells: &[Address],
    buys: &[Address],
    amounts: &[U256],
    leasts: &[U256],
    filler: Address,
    data: &[u8],
) -> Answer<(Vec<U256>, Vec<U256>)> {
    let data = encode(
        EXECUTE,
        &[
            Argument::Addresses(sells),
            Argument::Addresses(buys),
            Argument::Numbers(amounts),
            Argument::Numbers(leasts),
            Argument::Address(filler),
            Argument::Bytes(data),
        ],
    );
    let returned = call(program, vault, &data)?;
    Ok((numbers(&returned, 0)?, numbers(&returned, 1)?))
}

/// `policy.settleTargets()`.
pub(crate) fn settle_targets(program: &mut Rebalancer) -> Answer<()> {
    let policy = program.policy.get();
    call(program, policy, &SETTLE_TARGETS)?;
    Ok(())
}

enum Argument<'a> {
    Addresses(&'a [Address]),
    Numbers(&'a [U256]),
    Address(Address),
    Bytes(&'a [u8]),
}

fn push(data: &mut Vec<u8>, number: U256) {
    data.extend_from_slice(&words::bytes(number));
}

fn push_address(data: &mut Vec<u8>, address: Address) {
    data.extend_from_slice(address.into_word().as_slice());
}

/// Heads, then tails, as Solidity's ABI has it.
fn encode(selector: [u8; 4], arguments: &[Argument<'_>]) -> Vec<u8> {
    let mut tails = Vec::new();
    let heads = arguments.len().saturating_mul(WORD);
    let mut data = Vec::with_capacity(heads.saturating_add(4));
    data.extend_from_slice(&selector);
    for argument in arguments {
        let offset = U256::from(heads.saturating_add(tails.len()));
        match argument {
            Argument::Address(address) => {
                push_address(&mut data, *address);
                continue;
            }
            Argument::Addresses(items) => {
                push(&mut tails, U256::from(items.len()));
                for item in *items {
                    push_address(&mut tails, *item);
                }
            }
            Argument::Numbers(items) => {
                push(&mut tails, U256::from(items.len()));
                for item in *items {
                    push(&mut tails, *item);
                }
            }
            Argument::Bytes(bytes) => {
                push(&mut tails, U256::from(bytes.len()));
                tails.extend_from_slice(bytes);
                // Every tail so far is a whole number of words.
                tails.resize(tails.len().next_multiple_of(WORD), 0);
            }
        }
        push(&mut data, offset);
    }
    data.extend_from_slice(&tails);
    data
}

/// The bytes from a word that lies `offset` bytes into `data`.
fn word(data: &[u8], offset: usize) -> Answer<[u8; WORD]> {
    data.get(offset..)
        .and_then(|rest| rest.first_chunk())
        .copied()
        .ok_or_else(overflow)
}

fn size(word: [u8; WORD]) -> Answer<usize> {
    usize::try_from(words::number(word)).map_err(|_| overflow())
}

/// The value at a head.
fn number(data: &[u8], head: usize) -> Answer<U256> {
    Ok(words::number(word(data, head.saturating_mul(WORD))?))
}

/// The words of the array at a head.
fn items(data: &[u8], head: usize) -> Answer<impl Iterator<Item = [u8; WORD]> + '_> {
    let offset = size(word(data, head.saturating_mul(WORD))?)?;
    let bytes = size(word(data, offset)?)?
        .checked_mul(WORD)
        .ok_or_else(overflow)?;
    let start = offset.checked_add(WORD).ok_or_else(overflow)?;
    let items = data
        .get(start..)
        .and_then(|rest| rest.get(..bytes))
        .ok_or_else(overflow)?;
    Ok(items
        .chunks_exact(WORD)
        .filter_map(|chunk| chunk.first_chunk().copied()))
}

/// The numbers of the array at a head.
fn numbers(data: &[u8], head: usize) -> Answer<Vec<U256>> {
    Ok(items(data, head)?.map(words::number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloy_sol_types::{sol, SolCall};

    sol! {
        function execute(address[] sells, address[] buys, uint256[] amounts, uint256[] leasts, address filler, bytes data) returns (uint256[] sold, uint256[] bought);
        function performUpkeep(bytes performData);
    }

    #[test]
    fn encode_says_what_alloy_says() {
        for (n, bytes) in [(0u8, 0usize), (1, 1), (2, 31), (3, 32), (32, 33)] {
            let sells: Vec<Address> = (0..n).map(Address::repeat_byte).collect();
            let buys: Vec<Address> = (0..n).map(|i| Address::repeat_byte(!i)).collect();
            let amounts: Vec<U256> = (0..n).map(U256::from).collect();
            let leasts: Vec<U256> = (0..n).map(|i| U256::MAX >> i).collect();
            let (filler, data) = (Address::repeat_byte(0xf1), vec![0xda; bytes]);
            let ours = encode(
                EXECUTE,
                &[
                    Argument::Addresses(&sells),
                    Argument::Addresses(&buys),
                    Argument::Numbers(&amounts),
                    Argument::Numbers(&leasts),
                    Argument::Address(filler),
                    Argument::Bytes(&data),
                ],
            );
            let alloys = executeCall {
                sells,
                buys,
                amounts,
                leasts,
                filler,
                data: data.into(),
            };
            assert_eq!(ours, alloys.abi_encode(), "{n} trades, {bytes} bytes");
        }
    }

    #[test]
    fn perform_upkeep_says_what_alloy_says() {
        for bytes in [0usize, 23, 32, 33] {
            let data = vec![0xda; bytes];
            let alloys = performUpkeepCall {
                performData: data.clone().into(),
            };
            assert_eq!(perform_upkeep(&data), alloys.abi_encode(), "{bytes} bytes");
        }
    }

    #[test]
    fn decode_reads_what_alloy_wrote_and_refuses_what_is_cut_off() {
        let result = (
            vec![U256::MAX, U256::ZERO, U256::from(7)],
            vec![U256::from(9)],
        );
        let data = executeCall::abi_encode_returns(&(result.0.clone(), result.1.clone()));
        assert_eq!(numbers(&data, 0), Ok(result.0));
        assert_eq!(numbers(&data, 1), Ok(result.1));
        for len in 0..data.len() {
            assert_eq!(numbers(&data[..len], 1), Err(overflow()), "{len} bytes");
        }
    }

    #[test]
    fn decode_refuses_offsets_and_lengths_beyond_the_data() {
        for bad in [U256::MAX, U256::from(u64::MAX), U256::from(65)] {
            let mut data = bad.to_be_bytes::<WORD>().to_vec();
            data.resize(96, 0);
            assert_eq!(numbers(&data, 0), Err(overflow()), "offset {bad}");
            let mut data = U256::from(32).to_be_bytes::<WORD>().to_vec();
            data.extend_from_slice(&bad.to_be_bytes::<WORD>());
            data.resize(96, 0);
            assert_eq!(numbers(&data, 0), Err(overflow()), "length {bad}");
        }
    }
}
