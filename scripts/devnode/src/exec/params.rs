//! Which parameters of Stylus a chain can run by.

use super::pricing::{Params, PARAMS};

/// The Stylus version from which functions and blocks have one result at most and no block has
/// parameters.
pub const SINGLE_VALUE_VERSION: u16 = 3;

/// The most ink a gas may buy: the price is stored in 24 bits.
const MAX_INK_PRICE: u32 = (1 << 24) - 1;

/// Why parameters are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamsError {
    /// No rules are known for this Stylus version: there are those of 2 and 3.
    UnknownVersion(u16),
    /// Ink that a gas buys must be at least one and fit into 24 bits.
    InkPrice(u32),
    /// The engine has room for no more words of stack than [`PARAMS`] say.
    StackDepth(u32),
}

impl std::fmt::Display for ParamsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownVersion(version) => {
                write!(f, "Stylus version {version} is not known: 2 and 3 are")
            }
            Self::InkPrice(price) => {
                write!(f, "ink price {price} is not within 1 and {MAX_INK_PRICE}")
            }
            Self::StackDepth(words) => write!(
                f,
                "stack of {words} words is more than {}",
                PARAMS.max_stack_depth
            ),
        }
    }
}

impl std::error::Error for ParamsError {}

impl Params {
    /// Whether a chain can run by these.
    ///
    /// # Errors
    /// [`ParamsError`] if it cannot.
    pub fn check(&self) -> Result<(), ParamsError> {
        if !(2..=3).contains(&self.version) {
            return Err(ParamsError::UnknownVersion(self.version));
        }
        if !(1..=MAX_INK_PRICE).contains(&self.ink_price) {
            return Err(ParamsError::InkPrice(self.ink_price));
        }
        if self.max_stack_depth > PARAMS.max_stack_depth {
            return Err(ParamsError::StackDepth(self.max_stack_depth));
        }
        Ok(())
    }
}
