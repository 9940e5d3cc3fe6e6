//! What a transaction pays for being posted to the parent chain.
//!
//! # Source
//! Nitro v3.10.0, `arbos/l1pricing/l1pricing.go` and `arbos/tx_processor.go`. An approximation: the
//! price stands still where Nitro's follows what batches cost, and brotli is another encoder, whose
//! output may differ from Nitro's by some bytes.

use super::{
    super::{pricing::posting as prices, Block, Message, Posted, State},
    Field,
};
use alloy::primitives::{keccak256, U256};

/// A signature's `v` in what stands for a transaction that is not known yet.
const MADE_UP_V: u64 = 3 * 42_161;

/// What posting costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Charge {
    /// Units of calldata on the parent chain.
    pub(crate) units: u64,
    /// Gas taken before the message runs.
    pub(crate) gas: u64,
    /// The same in wei.
    pub(crate) fee: U256,
}

/// What `message` pays in this block.
pub(crate) fn charge(state: &State, block: &Block, message: &Message) -> Charge {
    let price = state.arbos(Field::L1_PRICE);
    if price.is_zero() || block.basefee == 0 || message.posted == Posted::Nothing {
        return Charge::default();
    }
    let level: u64 = state.arbos(Field::BROTLI_LEVEL).saturating_to();
    let units = |raw: &[u8]| compressed_bytes(raw, level).saturating_mul(prices::UNITS_PER_BYTE);
    let padded = || {
        let padding = prices::ESTIMATE_BYTES * prices::UNITS_PER_BYTE;
        bps(
            U256::from(units(&stand_in(message)).saturating_add(padding)),
            prices::ESTIMATE_UNITS_BPS,
        )
        .saturating_to()
    };
    let basefee = U256::from(block.basefee);
    let (units, gas_price, markup) = match &message.posted {
        Posted::Nothing => return Charge::default(),
        Posted::Transaction(raw) => (units(raw), basefee, 10_000),
        Posted::Call => (padded(), basefee, 10_000),
        Posted::Estimate => {
            // As if the chain were congested, so that the gas is enough when it is not.
            let congested = basefee * U256::from(7) / U256::from(8);
            let least = state.arbos(Field::MIN_BASE_FEE);
            (padded(), congested.max(least), prices::ESTIMATE_COST_BPS)
        }
    };
    let cost = bps(price.saturating_mul(U256::from(units)), markup);
    let gas = (cost / gas_price).saturating_to();
    Charge {
        units,
        gas,
        fee: basefee.saturating_mul(U256::from(gas)),
    }
}

/// So many ten-thousandths of a value.
pub(crate) fn bps(value: U256, bps: u64) -> U256 {
    value.saturating_mul(U256::from(bps)) / U256::from(10_000)
}

fn compressed_bytes(raw: &[u8], level: u64) -> u64 {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: i32::try_from(level).unwrap_or(1),
        lgwin: 22,
        size_hint: raw.len(),
        ..Default::default()
    };
    // Neither end can fail: both are in memory.
    match brotli::BrotliCompress(&mut &*raw, &mut out, &params) {
        Ok(_) => out.len() as u64,
        Err(_) => raw.len() as u64,
    }
}

/// A transaction with the contents of a call and a made-up signature, to tell how long the real one
/// will be.
fn stand_in(message: &Message) -> Vec<u8> {
    let random = |what: &str, bytes: usize| U256::from_be_slice(&keccak256(what)[..bytes]);
    let or = |known: U256, what: &str, bytes| {
        if known.is_zero() {
            random(what, bytes)
        } else {
            known
        }
    };
    let gas = match message.posted {
        Posted::Call => U256::from(message.gas_limit),
        _ => U256::ZERO,
    };
    let access: Vec<u8> = message
        .access_list
        .iter()
        .flat_map(|(address, slots)| {
            let slots: Vec<u8> = slots.iter().flat_map(|slot| string(&slot.0)).collect();
            list(&[string(address.as_slice()), list(&slots)].concat())
        })
        .collect();
    let fields = [
        number(U256::ZERO),
        number(or(
            U256::from(message.nonce.unwrap_or_default()),
            "Nonce",
            8,
        )),
        number(random("GasTipCap", 4)),
        number(or(U256::from(message.gas_price), "GasFeeCap", 4)),
        number(or(gas, "Gas", 4)),
        string(message.to.as_ref().map_or(&[][..], |to| to.as_slice())),
        number(message.value),
        string(&message.data),
        list(&access),
        number(U256::from(MADE_UP_V)),
        number(random("R", 32)),
        number(random("S", 32)),
    ];
    [vec![2], list(&fields.concat())].concat()
}

/// RLP of a number: its bytes without leading zeros.
fn number(number: U256) -> Vec<u8> {
    string(&number.to_be_bytes_trimmed_vec())
}

/// RLP of bytes.
fn string(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [byte] if *byte < 0x80 => vec![*byte],
        _ => [header(0x80, bytes.len()), bytes.to_vec()].concat(),
    }
}

/// RLP of a list whose items are encoded.
fn list(items: &[u8]) -> Vec<u8> {
    [header(0xc0, items.len()), items.to_vec()].concat()
}

fn header(base: u8, length: usize) -> Vec<u8> {
    if length < 56 {
        return vec![base + length as u8];
    }
    let length = U256::from(length).to_be_bytes_trimmed_vec();
    [vec![base + 55 + length.len() as u8], length].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Address, Bytes, B256};

    fn message(posted: Posted) -> Message {
        Message {
            to: Some(Address::repeat_byte(7)),
            posted,
            ..Message::default()
        }
    }

    fn at_price(wei: u64) -> (State, Block) {
        let mut state = State::default();
        state.set_arbos(Field::L1_PRICE, U256::from(wei));
        (state, Block::default())
    }

    #[test]
    fn nothing_is_charged_at_no_price_or_for_nothing_posted() {
        let raw = Bytes::from(vec![1; 200]);
        let (free, block) = at_price(0);
        let posted = message(Posted::Transaction(raw.clone()));
        assert_eq!(charge(&free, &block, &posted), Charge::default());
        let (state, block) = at_price(10);
        assert_eq!(
            charge(&state, &block, &message(Posted::Nothing)),
            Charge::default()
        );
        let unpriced = Block {
            basefee: 0,
            ..block
        };
        let posted = message(Posted::Transaction(raw));
        assert_eq!(charge(&state, &unpriced, &posted), Charge::default());
    }

    #[test]
    fn a_transaction_pays_sixteen_units_a_compressed_byte() {
        // 20 gwei on the parent chain, 0.1 gwei here. What does not compress keeps its length and a
        // few bytes more: hashes do not.
        let noise: Vec<u8> = (0..10u8).flat_map(|i| keccak256([i]).0).collect();
        let (state, block) = at_price(20_000_000_000);
        let paid = charge(&state, &block, &message(Posted::Transaction(noise.into())));
        let bytes = paid.units / 16;
        assert_eq!(paid.units % 16, 0);
        assert!((320..330).contains(&bytes), "{bytes} bytes");
        // units · 20e9 / 1e8 = units · 200
        assert_eq!(paid.gas, paid.units * 200);
        assert_eq!(paid.fee, U256::from(paid.gas) * U256::from(100_000_000));
        // Zeros compress to next to nothing.
        let zeros = charge(
            &state,
            &block,
            &message(Posted::Transaction(vec![0; 320].into())),
        );
        assert!(zeros.units < 16 * 32, "{} units", zeros.units);
    }

    #[test]
    fn an_estimate_is_padded_over_a_call() {
        let (state, block) = at_price(1_000_000_000);
        let call = charge(&state, &block, &message(Posted::Call));
        let mut estimate = message(Posted::Estimate);
        estimate.gas_limit = 0;
        let estimate = charge(&state, &block, &estimate);
        // Both pad units by 256 and then 1 %; the stand-ins differ in their gas limits alone, by two
        // bytes at most.
        assert!(estimate.units.abs_diff(call.units) <= 2 * 16 + 1);
        assert_eq!(call.gas, call.units * 10);
        // The base fee is at its minimum, so the estimate cannot assume a lower one.
        assert_eq!(estimate.gas, estimate.units * 11);
        let mut busy = Block {
            basefee: 800_000_000,
            ..block
        };
        let posted = message(Posted::Estimate);
        // 7/8 of 0.8 gwei: units · 1.1e9 / 0.7e9
        let congested = charge(&state, &busy, &posted);
        assert_eq!(congested.gas, congested.units * 11 / 7);
        busy.basefee = 100_000_001;
        let floored = charge(&state, &busy, &posted);
        assert_eq!(floored.gas, floored.units * 11);
    }

    #[test]
    fn the_stand_in_is_a_typed_transaction_of_the_right_length() {
        let mut call = message(Posted::Call);
        call.data = vec![9; 100].into();
        call.access_list = vec![(Address::ZERO, vec![B256::ZERO])];
        let raw = stand_in(&call);
        // chain id 1 + nonce 9 + tip 5 + cap 5 + gas 5 (32,000,000) + to 21 + value 1 + data 102
        // + access list 1 + 2 + 21 + 34 = 57 behind one byte, in a list of a byte more,
        // + v 4 + r 33 + s 33 = 277; a list header of 3 and the type.
        assert_eq!(raw.len(), 277 + 3 + 1, "{}", raw.len());
        assert_eq!(raw[..2], [2, 0xf9]);
        assert_eq!(u16::from_be_bytes([raw[2], raw[3]]), 277);
    }
}
