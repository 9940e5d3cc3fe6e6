//! What tokens call themselves: hostile text, made harmless before anybody sees it.

use alloy::primitives::Address;
use anyhow::Result;
use serde::Serialize;

use crate::{abi::IERC20, client::Client, words::Names};

/// Longest symbol that is shown.
const MAX_SYMBOL: usize = 20;

/// A token as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its address.
    pub token: Address,
    /// Its symbol, without what could trick a terminal; its address where it tells none.
    pub symbol: String,
    /// Its decimals; 0 where it tells none, so that amounts are smallest units.
    pub decimals: u8,
}

/// Symbol and decimals of each of `tokens`, asked side by side. A broken token stops nothing.
///
/// # Errors
/// A chain that does not answer.
pub async fn describe(client: &Client, tokens: &[Address]) -> Result<Vec<Token>> {
    let symbols = tokens.iter().map(|token| (*token, IERC20::symbolCall {}));
    let symbols = client.try_all(symbols.collect()).await?;
    let decimals = tokens.iter().map(|token| (*token, IERC20::decimalsCall {}));
    let decimals = client.try_all(decimals.collect()).await?;
    let rows = tokens.iter().zip(symbols).zip(decimals);
    Ok(rows
        .map(|((token, symbol), decimals)| Token {
            token: *token,
            symbol: symbol.map_or_else(|| token.to_string(), |symbol| harmless(&symbol, *token)),
            decimals: decimals.unwrap_or_default(),
        })
        .collect())
}

/// The same as a table of names.
pub fn names(tokens: &[Token]) -> Names {
    let entry = |token: &Token| (token.token, (token.symbol.clone(), token.decimals));
    tokens.iter().map(entry).collect()
}

/// A symbol without control and direction characters, cut to a length; the address where nothing is left.
fn harmless(symbol: &str, token: Address) -> String {
    let tricks = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let kept: String = symbol
        .chars()
        .filter(|c| !tricks(*c))
        .take(MAX_SYMBOL)
        .collect();
    match kept.trim() {
        "" => token.to_string(),
        kept => kept.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_cannot_trick_a_terminal() {
        let at = Address::repeat_byte(1);
        assert_eq!(harmless("WETH", at), "WETH");
        assert_eq!(harmless("\u{1b}[2JWE\u{202e}TH\n", at), "[2JWETH");
        assert_eq!(harmless("\u{200b} ", at), at.to_string());
        assert_eq!(harmless(&"x".repeat(99), at).len(), MAX_SYMBOL);
    }
}
