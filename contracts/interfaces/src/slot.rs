//! A slot of storage that holds one value whole.
//!
//! The SDK's types take their value out of the slot byte by byte, wherever in it they lie: that is what
//! lets them share one. A value that has its slot for itself, or packs several by hand, is read and written
//! as it is.

use core::marker::PhantomData;
use stylus_sdk::{
    alloy_primitives::{Address, B256, U256},
    host::VM,
    storage::{StorageBlockHash, StorageGuardMut, StorageType},
};

/// What a slot can hold.
pub trait Word: Copy + 'static {
    /// Reads it from a slot; all zero for one never written.
    fn from_slot(word: B256) -> Self;
    /// Writes it to a slot.
    fn to_slot(self) -> B256;
}

impl Word for B256 {
    fn from_slot(word: B256) -> Self {
        word
    }

    fn to_slot(self) -> B256 {
        self
    }
}

impl Word for U256 {
    fn from_slot(word: B256) -> Self {
        Self::from_be_bytes(word.0)
    }

    fn to_slot(self) -> B256 {
        B256::new(self.to_be_bytes())
    }
}

impl Word for Address {
    fn from_slot(word: B256) -> Self {
        Self::from_word(word)
    }

    fn to_slot(self) -> B256 {
        self.into_word()
    }
}

impl Word for bool {
    fn from_slot(word: B256) -> Self {
        !word.is_zero()
    }

    fn to_slot(self) -> B256 {
        B256::with_last_byte(self.into())
    }
}

/// A slot of storage.
pub struct Slot<T: Word> {
    // The one type of the SDK that reads and writes a whole slot without a slice.
    word: StorageBlockHash,
    kind: PhantomData<T>,
}

impl<T: Word> Slot<T> {
    /// What it holds.
    #[inline(always)]
    pub fn get(&self) -> T {
        T::from_slot(read(&self.word))
    }

    /// Makes it hold `value`.
    #[inline(always)]
    pub fn set(&mut self, value: T) {
        write(&mut self.word, value.to_slot());
    }
}

#[inline(never)]
fn read(word: &StorageBlockHash) -> B256 {
    word.get()
}

#[inline(never)]
fn write(word: &mut StorageBlockHash, value: B256) {
    word.set(value);
}

impl<T: Word> StorageType for Slot<T> {
    type Wraps<'a> = T;
    type WrapsMut<'a> = StorageGuardMut<'a, Self>;

    unsafe fn new(slot: U256, offset: u8, host: VM) -> Self {
        Self {
            // SAFETY: the caller's, who vouches for the slot.
            word: unsafe { StorageBlockHash::new(slot, offset, host) },
            kind: PhantomData,
        }
    }

    fn load<'s>(self) -> Self::Wraps<'s>
    where
        Self: 's,
    {
        self.get()
    }

    fn load_mut<'s>(self) -> Self::WrapsMut<'s>
    where
        Self: 's,
    {
        StorageGuardMut::new(self)
    }
}
