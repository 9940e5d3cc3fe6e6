//! What a configuration must be, before any chain is asked.

use ballast_deployment::{config::Config, limits::LIMITS};

const ONE: &str = include_str!("../../../../deployments/example.toml");

/// What is said about the example after `from` became `to`.
fn said(from: &str, to: &str) -> String {
    assert!(ONE.contains(from), "no {from} in the example");
    let changed = ONE.replacen(from, to, 1);
    let error = Config::parse(&changed).expect_err(to);
    error.to_string()
}

/// The line of the example that contains `text`, from 1.
fn line_of(text: &str) -> usize {
    let index = ONE.lines().position(|line| line.contains(text));
    index.expect(text) + 1
}

#[test]
fn the_committed_example_can_be_read() {
    let config = Config::parse(ONE).unwrap();
    let treasury = config.treasury().unwrap();
    assert_eq!(config.chain_id, 42_161);
    assert_eq!(treasury.assets.len(), config.assets.len());
    // Every contract of others is named with its source.
    assert!(config
        .external()
        .iter()
        .all(|(_, _, source)| !source.is_empty()));
}

#[test]
fn an_unknown_key_is_an_error_with_its_line() {
    let said = said("[share]\n", "[share]\ncolour = \"blue\"\n");
    let line = line_of("[share]") + 1;
    assert!(
        said.contains("colour") && said.contains(&format!("line {line}")),
        "{said}"
    );
}

#[test]
fn a_missing_key_is_an_error_with_the_line_of_its_table() {
    let symbol = ONE.lines().find(|line| line.starts_with("symbol")).unwrap();
    let said = said(symbol, "");
    let line = line_of("[share]");
    assert!(
        said.contains("`symbol`") && said.contains(&format!("line {line}")),
        "{said}"
    );
}

#[test]
fn a_limit_that_is_unknown_or_out_of_range_is_an_error_with_its_line() {
    let line = line_of("max_slippage_bps");
    for (to, word) in [
        ("max_slippage_bps = 301 #", "0 to 300"),
        ("max_slipage_bps = 50 #", "unknown limit"),
        ("max_slippage_bps = \"5o\" #", "digits"),
    ] {
        let said = said("max_slippage_bps = ", to);
        assert!(
            said.contains(word) && said.contains(&format!("line {line}")),
            "{said}"
        );
    }
}

#[test]
fn a_mistyped_address_is_refused_by_its_checksum() {
    let right = "0x639Fe6ab55C921f74e7fac1ee960C0B6293ba612";
    let said_of = |wrong: &str| said(right, wrong);
    assert!(said_of("0x639Fe6ab55C921f74e7fac1ee960C0B6293ba613").contains("checksum"));
    assert!(said_of("0x639Fe6ab55C921f74e7fac1ee960C0B6293ba6").contains("no address"));
    assert!(said_of("0x0000000000000000000000000000000000000000").contains("zero"));
    // Without any capital there is no checksum to be wrong.
    assert!(Config::parse(&ONE.replacen(right, &right.to_lowercase(), 1)).is_ok());
}

#[test]
fn amounts_are_digits_with_no_more_decimals_than_the_token_has() {
    for wrong in ["-1", "1e3", "0.0000000001", "", "one"] {
        let said = said("min_holding = \"10\"", &format!("min_holding = {wrong:?}"));
        assert!(said.contains("min_holding of USDC"), "{said}");
    }
}

#[test]
fn limits_are_named_once_each() {
    for (index, limit) in LIMITS.iter().enumerate() {
        assert!(LIMITS
            .iter()
            .skip(index + 1)
            .all(|other| other.name != limit.name));
        assert!(limit.floor < limit.ceiling, "{}", limit.name);
    }
}

#[test]
fn counterparties_are_checksummed_and_each_has_its_source() {
    let text = include_str!("../../../../deployments/counterparties.toml");
    let file: toml::Table = text.parse().unwrap();
    let contracts = file["contract"].as_array().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for contract in contracts {
        let of = |key: &str| contract[key].as_str().unwrap().to_owned();
        let chain = contract["chain_id"].as_integer().unwrap();
        assert!([42_161, 421_614].contains(&chain), "{contract}");
        let address: alloy::primitives::Address = of("address").parse().unwrap();
        assert_eq!(address.to_checksum(None), of("address"), "{}", of("name"));
        assert!(of("source").contains(['.', '@']), "{contract}");
        assert_eq!(contract.as_table().unwrap().len(), 4, "{contract}");
        assert!(seen.insert((chain, of("name"))), "twice: {contract}");
    }
    assert!(contracts.len() > 20);
}
