//! Numbers with a token's symbol behind them: a token chooses its name, and must not choose what a number means.

use alloy::primitives::{Address, U256};
use anyhow::Result;
use ballast::record::{Record, Roles};
use ballast_governance::{
    arguments::Typed,
    book::{Book, Token},
    interfaces::Interfaces,
};

/// What `text` is as `supply-cap` takes it, where the treasury lists tokens of these symbols and decimals.
fn read(tokens: &[(&str, u8)], text: &str) -> Result<U256> {
    let token = |(symbol, decimals): &(&str, u8)| Token {
        symbol: (*symbol).into(),
        address: Address::ZERO,
        decimals: *decimals,
    };
    let record = Record {
        chain_id: 1,
        commit: String::new(),
        toolchain: String::new(),
        programs: Vec::new(),
        roles: Roles {
            owner: Address::ZERO,
            guardian: Address::ZERO,
        },
        external: Vec::new(),
        calls: Vec::new(),
        progress: None,
    };
    let typed = Typed {
        book: &Book {
            record,
            tokens: tokens.iter().map(token).collect(),
        },
        interfaces: &Interfaces::committed()?,
        now: 0,
    };
    typed.number("cap_", text)
}

#[test]
fn a_symbol_of_digits_is_no_unit() {
    for symbol in ["0", "00", ",000", "_0", ".5", "x10"] {
        let tokens = [(symbol, 18)];
        assert_eq!(read(&tokens, "100").unwrap(), U256::from(100), "{symbol}");
        assert_eq!(
            read(&tokens, "1_000").unwrap(),
            U256::from(1_000),
            "{symbol}"
        );
        assert_eq!(read(&tokens, "0x10").unwrap(), U256::from(16), "{symbol}");
        assert!(read(&tokens, "1,000").is_err(), "{symbol}");
        assert!(read(&tokens, "1.5").is_err(), "{symbol}");
    }
}

#[test]
fn a_symbol_behind_a_number_is_its_unit() {
    let units = |text: &str| U256::from(text.parse::<u128>().unwrap());
    let tokens = [("ETH", 18), ("WETH", 18), ("USDC", 6), ("1INCH", 18)];
    for (text, wanted) in [
        ("1.5WETH", "1500000000000000000"),
        ("1.5 ETH", "1500000000000000000"),
        ("2USDC", "2000000"),
        ("31INCH", "3000000000000000000"),
    ] {
        assert_eq!(read(&tokens, text).unwrap(), units(wanted), "{text}");
    }
    // Which of two is meant nobody can tell.
    let doubles = [("USDC", 6), ("USDC", 18)];
    assert!(read(&doubles, "2USDC")
        .unwrap_err()
        .to_string()
        .contains("two tokens"));
    assert!(read(&[("1INCH", 18), ("INCH", 18)], "31INCH").is_err());
    assert!(read(&tokens, "2DAI").is_err());
}
