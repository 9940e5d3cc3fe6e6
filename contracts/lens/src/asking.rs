//! Questions to the other programs of which each may be refused and none hides another.
//!
//! What comes back is read word by word: one reader for every answer, instead of a decoder for each shape.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use ballast_interfaces::words as abi;
#[allow(deprecated)] // what `sol_interface!` calls
use stylus_sdk::{call::static_call, function_selector};

use crate::{types::*, Lens};

/// A view of another program.
pub(crate) struct Question<'a> {
    /// Who is asked.
    pub(crate) to: Address,
    /// What.
    pub(crate) selector: [u8; 4],
    /// The arguments, encoded.
    pub(crate) arguments: &'a [U256],
    /// Least length of each array of the answer. Arrays stand before the numbers in all our views.
    pub(crate) lists: &'a [usize],
    /// How many numbers the answer has besides.
    pub(crate) numbers: usize,
}

impl Question<'_> {
    /// Which part of an answer it is for: the selector, and the token or the number that was asked for,
    /// `selector · 2^160 + subject`.
    fn part(&self) -> U256 {
        let subject = match self.arguments {
            [subject] => address(*subject),
            _ => Address::ZERO,
        };
        let mut part = Vec::with_capacity(abi::WORD);
        part.extend_from_slice(&self.selector);
        part.extend_from_slice(subject.as_slice());
        U256::try_from_be_slice(&part).unwrap_or_default()
    }
}

/// An answer, word by word; what is missing is zero.
pub(crate) struct Words(Vec<U256>);

impl Words {
    /// The number with this head.
    pub(crate) fn number(&self, place: usize) -> U256 {
        self.0.get(place).copied().unwrap_or_default()
    }

    /// The address with this head.
    pub(crate) fn address(&self, place: usize) -> Address {
        address(self.number(place))
    }

    /// The array with this head.
    pub(crate) fn list(&self, place: usize) -> &[U256] {
        self.find(place).unwrap_or_default()
    }

    fn find(&self, place: usize) -> Option<&[U256]> {
        let offset = usize::try_from(self.number(place)).ok()?;
        let start = offset.checked_div(abi::WORD)?;
        let length = usize::try_from(*self.0.get(start)?).ok()?;
        let first = start.checked_add(1)?;
        self.0.get(first..first.checked_add(length)?)
    }

    fn fits(&self, question: &Question<'_>) -> bool {
        let heads = question.lists.len().saturating_add(question.numbers);
        let long = |(place, least): (usize, &usize)| {
            self.find(place).is_some_and(|list| list.len() >= *least)
        };
        self.0.len() >= heads && question.lists.iter().enumerate().all(long)
    }
}

/// The address in a word.
fn address(word: U256) -> Address {
    Address::from_word(B256::new(abi::bytes(word)))
}

/// Asks, and keeps what was refused.
pub(crate) struct Asking<'a> {
    lens: &'a Lens,
    /// [`Question::part`] of each refusal.
    pub(crate) parts: Vec<U256>,
    /// Its bytes.
    pub(crate) refusals: Vec<Vec<u8>>,
}

impl<'a> Asking<'a> {
    pub(crate) fn new(lens: &'a Lens) -> Self {
        Self {
            lens,
            parts: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// Asks. Nothing when the program refuses, or answers something else than its interface says.
    #[inline(never)]
    pub(crate) fn ask(&mut self, question: &Question<'_>) -> Option<Words> {
        let bytes = question.arguments.len().saturating_mul(abi::WORD);
        let mut data = Vec::with_capacity(bytes.saturating_add(4));
        data.extend_from_slice(&question.selector);
        for argument in question.arguments {
            data.extend_from_slice(&abi::bytes(*argument));
        }
        #[allow(deprecated)]
        match static_call(self.lens, question.to, &data) {
            Ok(returned) => {
                let (words, _) = returned.as_chunks::<{ abi::WORD }>();
                let words = Words(words.iter().map(|word| abi::number(*word)).collect());
                if words.fits(question) {
                    return Some(words);
                }
                let program = question.to;
                self.refuse(question, LensUnreadable { program }.into());
            }
            Err(error) => {
                self.parts.push(question.part());
                self.refusals.push(error.into());
            }
        }
        None
    }

    /// Keeps a refusal of the lens's own.
    pub(crate) fn refuse(&mut self, question: &Question<'_>, refusal: Refusal) {
        self.parts.push(question.part());
        self.refusals.push(refusal.into());
    }

    /// Numbers without arguments.
    #[inline(never)]
    pub(crate) fn numbers(
        &mut self,
        to: Address,
        selector: [u8; 4],
        numbers: usize,
    ) -> Option<Words> {
        self.ask(&Question {
            to,
            selector,
            arguments: &[],
            lists: &[],
            numbers,
        })
    }

    /// Numbers of a token, or of whatever else one number names.
    #[inline(never)]
    pub(crate) fn numbers_of(
        &mut self,
        to: Address,
        selector: [u8; 4],
        subject: U256,
        numbers: usize,
    ) -> Option<Words> {
        self.ask(&Question {
            to,
            selector,
            arguments: &[subject],
            lists: &[],
            numbers,
        })
    }

    /// One number, 0 when refused.
    #[inline(never)]
    pub(crate) fn number(&mut self, to: Address, selector: [u8; 4]) -> U256 {
        let answer = self.numbers(to, selector, 1);
        answer.map(|words| words.number(0)).unwrap_or_default()
    }

    /// What governance set last: tokens, weights and bands, then start, end and whether they are still pending.
    #[inline(never)]
    pub(crate) fn targets(&mut self, policy: Address) -> Option<Words> {
        self.ask(&Question {
            to: policy,
            selector: function_selector!("targets"),
            arguments: &[],
            lists: &[0, 0, 0],
            numbers: 3,
        })
    }

    /// The vault's assets and what is held of each; nothing when refused.
    #[inline(never)]
    pub(crate) fn holdings(
        &mut self,
        vault: Address,
        selector: [u8; 4],
    ) -> Option<(Vec<U256>, Vec<U256>)> {
        let answer = self.ask(&Question {
            to: vault,
            selector,
            arguments: &[],
            lists: &[0, 0],
            numbers: 0,
        })?;
        let rows = answer.list(0).iter().zip(answer.list(1));
        Some(rows.map(|(token, held)| (*token, *held)).unzip())
    }
}
