//! Route data of the fillers: what each of them reads from `data`, as `docs/specification.md` draws it.

use alloy::primitives::{Address, Bytes, B256};
use anyhow::{ensure, Context, Result};

/// The way of one trade through pools of Uniswap V3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Fee of the first pool, hundredths of a bip.
    pub fee: u32,
    /// Each token on the way, and the fee of the pool after it.
    pub hops: Vec<(Address, u32)>,
}

impl Path {
    /// Through one pool.
    pub fn direct(fee: u32) -> Self {
        Self {
            fee,
            hops: Vec::new(),
        }
    }
}

/// For the Uniswap V3 filler: one path a trade.
pub fn uniswap_v3(paths: &[Path]) -> Result<Bytes> {
    let mut data = Vec::new();
    let fee = |fee: u32| -> Result<[u8; 3]> {
        let [0, bytes @ ..] = fee.to_be_bytes() else {
            anyhow::bail!("{fee} is no fee: at most 16,777,215 hundredths of a bip");
        };
        Ok(bytes)
    };
    for path in paths {
        data.push(u8::try_from(path.hops.len()).context("more than 255 hops")?);
        data.extend(fee(path.fee)?);
        for (token, after) in &path.hops {
            data.extend(token);
            data.extend(fee(*after)?);
        }
    }
    Ok(data.into())
}

/// For the Uniswap V2 filler: the tokens on the way of each trade, none for a trade through one pair.
pub fn uniswap_v2(paths: &[Vec<Address>]) -> Result<Bytes> {
    let mut data = Vec::new();
    for path in paths {
        data.push(u8::try_from(path.len()).context("more than 255 hops")?);
        data.extend(path.iter().flatten());
    }
    Ok(data.into())
}

/// For the Balancer V2 filler: the id of one pool a trade.
pub fn balancer_v2(pools: &[B256]) -> Bytes {
    pools.concat().into()
}

/// The share of a call that sells all that is left of its trade.
pub const ALL_LEFT: u16 = u16::MAX;

/// One call that the call filler makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which trade it sells for.
    pub trade: u8,
    /// How much of that trade, in 65,536ths; [`ALL_LEFT`] for what is left of it.
    pub share: u16,
    /// What is called.
    pub target: Address,
    /// Who may take what the call sells, while it lasts.
    pub spender: Address,
    /// Where in the calldata the amount is written as a word.
    pub patch: Option<u16>,
    /// What the target is told.
    pub calldata: Bytes,
}

/// For the call filler: the calls, in the order in which they are made.
pub fn calls(calls: &[Call]) -> Result<Bytes> {
    let mut data = Vec::new();
    for call in calls {
        let length =
            u16::try_from(call.calldata.len()).context("more calldata than 65,535 bytes")?;
        if let Some(patch) = call.patch {
            ensure!(
                patch.checked_add(32).is_some_and(|end| end <= length),
                "the amount would be written over the end of the calldata: {patch} of {length}"
            );
        }
        data.push(call.trade);
        data.extend(call.share.to_be_bytes());
        data.extend(call.target);
        data.extend(call.spender);
        data.extend(call.patch.unwrap_or(u16::MAX).to_be_bytes());
        data.extend(length.to_be_bytes());
        data.extend(&call.calldata);
    }
    Ok(data.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{address, hex};

    const TOKEN: Address = address!("00112233445566778899aabbccddeeff00112233");

    #[test]
    fn a_path_is_written_without_its_ends() {
        let path = Path {
            fee: 500,
            hops: vec![(TOKEN, 10_000)],
        };
        let data = uniswap_v3(&[Path::direct(3_000), path]).unwrap();
        let wanted =
            hex!("00000bb8" "01" "0001f4" "00112233445566778899aabbccddeeff00112233" "002710");
        assert_eq!(data[..], wanted);
        assert!(uniswap_v3(&[Path::direct(1 << 24)]).is_err());
        let data = uniswap_v2(&[vec![], vec![TOKEN]]).unwrap();
        assert_eq!(
            data[..],
            hex!("00" "01" "00112233445566778899aabbccddeeff00112233")
        );
    }

    #[test]
    fn a_call_is_written_as_drawn() {
        let call = Call {
            trade: 2,
            share: 0x8000,
            target: TOKEN,
            spender: Address::ZERO,
            patch: None,
            calldata: Bytes::from_static(&[0xaa, 0xbb]),
        };
        let wanted = hex!(
            "02" "8000" "00112233445566778899aabbccddeeff00112233"
            "0000000000000000000000000000000000000000" "ffff" "0002" "aabb"
        );
        assert_eq!(calls(std::slice::from_ref(&call)).unwrap()[..], wanted);
        let outside = Call {
            patch: Some(0),
            ..call
        };
        assert!(calls(&[outside]).is_err());
    }
}
