//! Taking transactions: what is checked before they are run.

use super::error::ChainError;
use super::{Chain, Mining};
use crate::exec::{Message, Posted};
use alloy::consensus::transaction::Recovered;
use alloy::consensus::{
    SignableTransaction as _, Transaction as _, TxEnvelope, Typed2718, TypedTransaction,
};
use alloy::eips::eip2718::{Decodable2718, Encodable2718};
use alloy::eips::eip2930::AccessList;
use alloy::primitives::{Address, Signature, TxKind, B256, U256};
use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync;

impl Chain {
    /// Takes a signed transaction; one that fails is mined too.
    ///
    /// # Errors
    /// [`ChainError`] if the transaction is not valid now; nothing has happened then.
    pub fn send_raw(&mut self, raw: &[u8]) -> Result<B256, ChainError> {
        let transaction = TxEnvelope::decode_2718_exact(raw)
            .map_err(|problem| ChainError::Undecodable(problem.to_string()))?;
        let signature = transaction.signature();
        // EIP-2: of the two signatures that recover, the one with the higher s is refused.
        if signature.normalize_s().is_some() {
            return Err(ChainError::InvalidSignature);
        }
        let sender =
            signer(signature, transaction.signature_hash()).ok_or(ChainError::InvalidSignature)?;
        self.submit(Recovered::new_unchecked(transaction, sender))
    }

    /// Fills in what `request` leaves open, signs it for a development account or acts for an
    /// impersonated one, and takes it.
    ///
    /// # Errors
    /// [`ChainError`] if the transaction is not valid now; nothing has happened then.
    pub fn send(&mut self, request: TransactionRequest) -> Result<B256, ChainError> {
        let transaction = self.prepare(request)?;
        self.submit(transaction)
    }

    /// The transaction that [`Chain::send`] would take.
    ///
    /// # Errors
    /// [`ChainError`] if nobody can sign it, or what is left open cannot be found.
    pub fn prepare(
        &self,
        mut request: TransactionRequest,
    ) -> Result<Recovered<TxEnvelope>, ChainError> {
        let sender = request.from.unwrap_or_else(|| self.accounts()[0]);
        if !self.can_act_for(sender) {
            return Err(ChainError::UnknownAccount(sender));
        }
        self.fill(&mut request, sender)?;
        let unsigned = request
            .build_typed_tx()
            .map_err(|_| ChainError::Invalid("transaction request is incomplete".into()))?;
        let signature = match self.keys.get(&sender) {
            Some(key) => key
                .sign_hash_sync(&unsigned.signature_hash())
                .map_err(|problem| ChainError::Invalid(problem.to_string()))?,
            None => impersonated_signature(sender),
        };
        Ok(Recovered::new_unchecked(
            unsigned.into_envelope(signature),
            sender,
        ))
    }

    /// Signs a message as wallets do (EIP-191) with the key of a development account.
    ///
    /// # Errors
    /// [`ChainError::UnknownAccount`] if the key is not known.
    pub fn sign_message(&self, account: Address, message: &[u8]) -> Result<Signature, ChainError> {
        let key = self.keys.get(&account);
        key.ok_or(ChainError::UnknownAccount(account))?
            .sign_message_sync(message)
            .map_err(|problem| ChainError::Invalid(problem.to_string()))
    }

    fn can_act_for(&self, sender: Address) -> bool {
        self.impersonate_all
            || self.impersonated.contains(&sender)
            || self.keys.contains_key(&sender)
    }

    fn fill(&self, request: &mut TransactionRequest, sender: Address) -> Result<(), ChainError> {
        request.from = Some(sender);
        request.to.get_or_insert(TxKind::Create);
        request.normalize_input();
        request.chain_id.get_or_insert(self.chain_id());
        request.nonce.get_or_insert(self.pending_nonce(sender));
        if request.gas_price.is_none() {
            let tip = *request.max_priority_fee_per_gas.get_or_insert(0);
            request
                .max_fee_per_gas
                .get_or_insert(2 * u128::from(self.base_fee()) + tip);
        }
        if request.gas.is_none() {
            request.gas = Some(self.estimate_gas(request, None, None, None)?);
        }
        Ok(())
    }

    /// What Nitro checks before it runs a transaction.
    pub(crate) fn admit(&self, transaction: &Recovered<TxEnvelope>) -> Result<(), ChainError> {
        let address = transaction.signer();
        if transaction.is_eip4844() || transaction.is_eip7702() {
            return Err(ChainError::UnsupportedType(transaction.ty()));
        }
        // Transactions older than EIP-155 name no chain; presigned deployments rely on them.
        if let Some(have) = transaction.chain_id().filter(|id| *id != self.chain_id()) {
            return Err(ChainError::WrongChain {
                have,
                want: self.chain_id(),
            });
        }
        let max_fee = transaction.max_fee_per_gas();
        let tip = transaction.max_priority_fee_per_gas().unwrap_or_default();
        if tip > max_fee {
            return Err(ChainError::TipAboveFeeCap {
                address,
                tip,
                max_fee,
            });
        }
        if max_fee < u128::from(self.base_fee()) {
            return Err(ChainError::FeeCapTooLow {
                address,
                max_fee,
                base_fee: self.base_fee(),
            });
        }
        let (tx, state) = (transaction.nonce(), self.state.nonce(address));
        if tx < state {
            return Err(ChainError::NonceTooLow { address, tx, state });
        }
        // Nitro's sequencer holds no transactions back; a pool does.
        if tx > state && self.mining == Mining::Auto {
            return Err(ChainError::NonceTooHigh { address, tx, state });
        }
        let have = self.state.balance(address);
        let gas_cost = U256::from(transaction.gas_limit()).saturating_mul(U256::from(max_fee));
        let want = gas_cost.saturating_add(transaction.value());
        if have < want {
            return Err(ChainError::InsufficientFunds {
                address,
                have,
                want,
            });
        }
        Ok(())
    }

    pub(crate) fn message(&self, transaction: &Recovered<TxEnvelope>) -> Message {
        Message {
            from: transaction.signer(),
            to: transaction.to(),
            value: transaction.value(),
            data: transaction.input().clone(),
            gas_limit: transaction.gas_limit(),
            // Arbitrum takes no tips: everybody pays the base fee.
            gas_price: u128::from(self.base_fee()),
            nonce: Some(transaction.nonce()),
            access_list: transaction
                .access_list()
                .map(warm_slots)
                .unwrap_or_default(),
            trace: false,
            impersonated: transaction.signature() == &impersonated_signature(transaction.signer()),
            posted: Posted::Transaction(transaction.encoded_2718().into()),
        }
    }
}

/// Who made a signature, by the library that the EVM's own recovery uses.
fn signer(signature: &Signature, hash: B256) -> Option<Address> {
    let mut compact = [0; 64];
    compact[..32].copy_from_slice(&signature.r().to_be_bytes::<32>());
    compact[32..].copy_from_slice(&signature.s().to_be_bytes::<32>());
    let parity = u8::from(signature.v());
    let word = revm::precompile::crypto().secp256k1_ecrecover(&compact, parity, &hash.0);
    Some(Address::from_word(word.ok()?.into()))
}

/// An access list as the executor takes it.
pub(crate) fn warm_slots(list: &AccessList) -> Vec<(Address, Vec<B256>)> {
    list.iter()
        .map(|item| (item.address, item.storage_keys.clone()))
        .collect()
}

/// A transaction that nobody signs.
pub(crate) fn unsigned(transaction: TypedTransaction, sender: Address) -> Recovered<TxEnvelope> {
    let envelope = transaction.into_envelope(impersonated_signature(sender));
    Recovered::new_unchecked(envelope, sender)
}

/// A signature nobody made, different for every sender so that hashes differ.
fn impersonated_signature(sender: Address) -> Signature {
    Signature::new(U256::from_be_slice(sender.as_slice()), U256::ONE, false)
}
