//! Events, encoded by one function. The SDK's `log` brings an encoder for each event's shape: a tenth of this program.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::{errors::Word, words as abi};
use stylus_sdk::prelude::*;

use crate::Policy;

/// An array among an event's data.
pub(crate) enum List<'a> {
    Addresses(&'a [Address]),
    Numbers(&'a [U256]),
}

impl List<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Addresses(items) => items.len(),
            Self::Numbers(items) => items.len(),
        }
    }
}

/// Something that the policy tells.
pub(crate) trait Event {
    fn tell(&self, policy: &Policy);
}

impl Policy {
    /// Tells an event.
    pub(crate) fn tell(&self, event: impl Event) {
        event.tell(self);
    }

    /// Logs an event of which the arrays stand before the words.
    #[inline(never)]
    pub(crate) fn emit(
        &self,
        signature: B256,
        indexed: &[Word<'_>],
        words: &[Word<'_>],
        lists: &[List<'_>],
    ) {
        let mut log = Vec::with_capacity(256);
        log.extend_from_slice(signature.as_slice());
        for word in indexed {
            log.extend_from_slice(&word.bytes());
        }
        // Heads: where each array lies, then the words. Tails: length and items.
        let heads = words.len().saturating_add(lists.len());
        let mut offset = heads.saturating_mul(abi::WORD);
        for list in lists {
            log.extend_from_slice(&abi::bytes(U256::from(offset)));
            let items = list.len().saturating_add(1);
            offset = offset.saturating_add(items.saturating_mul(abi::WORD));
        }
        for word in words {
            log.extend_from_slice(&word.bytes());
        }
        for list in lists {
            log.extend_from_slice(&abi::bytes(U256::from(list.len())));
            match list {
                List::Addresses(items) => {
                    for item in *items {
                        log.extend_from_slice(item.into_word().as_slice());
                    }
                }
                List::Numbers(items) => {
                    for item in *items {
                        log.extend_from_slice(&abi::bytes(*item));
                    }
                }
            }
        }
        self.vm().emit_log(&log, indexed.len().saturating_add(1));
    }
}
