//! ERC-2612: an allowance by signature, and the EIP-712 domain that it is bound to.

use alloc::{string::String, vec::Vec};
use alloy_primitives::{b256, Address, FixedBytes, B256, U256};
use ballast_interfaces::{clock, erc20::ALL_GAS, raw};
use stylus_sdk::{keccak_const::Keccak256, prelude::*};

use crate::{
    texts,
    types::*,
    words::{number, packed, to_address, to_number, word},
    Vault,
};

/// Version of the signing domain.
const VERSION: &str = "1";

const DOMAIN_TYPEHASH: B256 = B256::new(
    Keccak256::new()
        .update(
            b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
        )
        .finalize(),
);
const PERMIT_TYPEHASH: B256 = B256::new(
    Keccak256::new()
        .update(
            b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
        )
        .finalize(),
);
const VERSION_HASH: B256 = B256::new(Keccak256::new().update(VERSION.as_bytes()).finalize());

/// The precompile that recovers a signer.
const ECRECOVER: Address = Address::with_last_byte(1);

/// Half the order of secp256k1: a larger `s` is the malleated twin of a valid signature.
const S_MAX: U256 = U256::from_be_bytes(
    b256!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0").0,
);

/// What `eip712Domain` answers.
pub type Domain = (
    FixedBytes<1>,
    String,
    String,
    U256,
    Address,
    B256,
    Vec<U256>,
);

/// A signed allowance.
pub(crate) struct Permit {
    pub(crate) owner: Address,
    pub(crate) spender: Address,
    pub(crate) value: U256,
    pub(crate) deadline: U256,
    pub(crate) v: u8,
    pub(crate) r: B256,
    pub(crate) s: B256,
}

impl Vault {
    /// The EIP-712 domain separator on this chain, now: a fork of the chain gets another.
    pub(crate) fn separator(&self) -> B256 {
        let vm = self.vm();
        let name = vm.native_keccak256(&texts::read(&self.name));
        vm.native_keccak256(&packed(&[
            DOMAIN_TYPEHASH,
            name,
            VERSION_HASH,
            number(U256::from(vm.chain_id())),
            vm.contract_address().into_word(),
        ]))
    }

    /// ERC-5267's answer: name, version, chain and contract are used, salt and extensions are not.
    pub(crate) fn domain(&self) -> Domain {
        (
            FixedBytes([0x0f]),
            texts::text(&self.name),
            VERSION.into(),
            U256::from(self.vm().chain_id()),
            self.vm().contract_address(),
            B256::ZERO,
            Vec::new(),
        )
    }

    /// Checks the signature, uses up the nonce, sets the allowance.
    ///
    /// # Errors
    /// `ERC2612ExpiredSignature`; `ERC2612InvalidSigner` with the zero address for a signature that is
    /// no signature, or the malleated twin of one.
    #[inline(never)]
    pub(crate) fn use_permit(&mut self, permit: &Permit) -> Answer<()> {
        let Permit {
            owner,
            spender,
            value,
            deadline,
            ..
        } = *permit;
        if U256::from(clock::now(self.vm())) > deadline {
            return Err(ERC2612ExpiredSignature { deadline }.into());
        }
        let nonce = self.nonces.get(owner);
        let vm = self.vm();
        let message = vm.native_keccak256(&packed(&[
            PERMIT_TYPEHASH,
            owner.into_word(),
            spender.into_word(),
            number(value),
            number(nonce),
            number(deadline),
        ]));
        let mut digest = Vec::with_capacity(66);
        digest.extend_from_slice(&[0x19, 0x01]);
        digest.extend_from_slice(&packed(&[self.separator(), message]));
        let signer = recover(vm.native_keccak256(&digest), permit);
        if signer.is_zero() || signer != owner {
            return Err(ERC2612InvalidSigner { signer, owner }.into());
        }
        self.nonces
            .setter(owner)
            .set(nonce.checked_add(U256::from(1)).ok_or_else(overflow)?);
        self.allow(owner, spender, value)
    }
}

/// Who signed, or the zero address.
fn recover(digest: B256, permit: &Permit) -> Address {
    if to_number(permit.s) > S_MAX || !matches!(permit.v, 27 | 28) {
        return Address::ZERO;
    }
    let data = packed(&[digest, B256::with_last_byte(permit.v), permit.r, permit.s]);
    raw::static_call(ECRECOVER, &data, ALL_GAS, 32)
        .ok()
        .and_then(|answer| word(&answer, 0))
        .map_or(Address::ZERO, to_address)
}
