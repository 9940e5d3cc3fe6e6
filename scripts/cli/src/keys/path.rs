//! Which key of a hardware wallet: a derivation path.

use std::{fmt, str::FromStr};

/// What marks an index as hardened.
const HARDENED: u32 = 1 << 31;
/// The most indices that the Ethereum app takes.
const MOST: usize = 10;

/// A derivation path, such as `m/44'/60'/0'/0/0`.
///
/// # Source
/// BIP-32; the bound on its length: `doc/ethapp.adoc` of LedgerHQ/app-ethereum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DerivationPath(Vec<u32>);

/// Why a text is no derivation path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BadPath {
    /// Neither a number nor indices after `m/`.
    Malformed(String),
    /// An index that has no place in 31 bits.
    Index(String),
    /// More indices than a device takes.
    Long(usize),
}

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(text) => write!(
                f,
                "`{text}` is neither the number of an account nor a path such as m/44'/60'/0'/0/0"
            ),
            Self::Index(index) => write!(f, "index {index} is above {}", HARDENED - 1),
            Self::Long(indices) => write!(f, "{indices} indices, and {MOST} are the most"),
        }
    }
}

impl std::error::Error for BadPath {}

impl FromStr for DerivationPath {
    type Err = BadPath;

    /// A path from `m/` on, hardened indices marked by `'` or `h`; or the number of an account as Ledger Live
    /// counts, from 0.
    fn from_str(text: &str) -> Result<Self, BadPath> {
        let malformed = || BadPath::Malformed(text.into());
        if let Some(account) = index(text)? {
            return Ok(Self(vec![
                HARDENED | 44,
                HARDENED | 60,
                HARDENED | account,
                0,
                0,
            ]));
        }
        let parts = text.strip_prefix("m/").ok_or_else(malformed)?.split('/');
        let indices = parts
            .map(|part| {
                let plain = part.strip_suffix(['\'', 'h']);
                let mark = if plain.is_some() { HARDENED } else { 0 };
                let number = index(plain.unwrap_or(part))?.ok_or_else(malformed)?;
                Ok(mark | number)
            })
            .collect::<Result<Vec<_>, _>>()?;
        match indices.len() {
            few if few <= MOST => Ok(Self(indices)),
            many => Err(BadPath::Long(many)),
        }
    }
}

/// The index that `text` writes; nothing if it writes no number.
fn index(text: &str) -> Result<Option<u32>, BadPath> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    match text.parse() {
        Ok(number) if number < HARDENED => Ok(Some(number)),
        _ => Err(BadPath::Index(text.into())),
    }
}

impl fmt::Display for DerivationPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        for index in &self.0 {
            let mark = if index & HARDENED == 0 { "" } else { "'" };
            write!(f, "/{}{mark}", index & !HARDENED)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        text.parse::<DerivationPath>()
            .map(|path| path.to_string())
            .map_err(|bad| bad.to_string())
    }

    #[test]
    fn a_number_is_an_account_as_ledger_live_counts() {
        assert_eq!(read("0").unwrap(), "m/44'/60'/0'/0/0");
        assert_eq!(read("7").unwrap(), "m/44'/60'/7'/0/0");
        assert_eq!(read("2147483647").unwrap(), "m/44'/60'/2147483647'/0/0");
    }

    #[test]
    fn paths_are_what_they_say_and_both_marks_mean_the_same() {
        for path in [
            "m/44'/60'/0'/0/0",
            "m/44'/60'/0'/3",
            "m/0",
            "m/2147483647'/2147483647",
        ] {
            assert_eq!(read(path).unwrap(), path);
        }
        assert_eq!(read("m/44h/60h/0h/0/0").unwrap(), "m/44'/60'/0'/0/0");
        let longest = format!("m{}", "/1".repeat(MOST));
        assert_eq!(read(&longest).unwrap(), longest);
    }

    #[test]
    fn an_index_beyond_31_bits_is_refused_with_its_value() {
        for (path, index) in [
            ("2147483648", "2147483648"),
            ("m/44'/60'/2147483648'/0/0", "2147483648"),
            ("m/44'/60'/0'/0/4294967296", "4294967296"),
            ("m/99999999999999999999999", "99999999999999999999999"),
        ] {
            let told = read(path).unwrap_err();
            assert_eq!(told, format!("index {index} is above 2147483647"), "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_with_its_text() {
        // A client that skips what stands before the first slash would sign with another key than meant.
        for text in [
            "",
            "m",
            "m/",
            "/44'/60'",
            "44'/60'/0'/0/0",
            "M/44'",
            "m//0",
            "m/0/",
            "m/44''",
            "m/'",
            "m/-1",
            "-1",
            "+1",
            "m/+1",
            "m/0x2c",
            "m/ 0",
            "ledger",
        ] {
            let told = read(text).unwrap_err();
            assert!(told.starts_with(&format!("`{text}` is neither")), "{told}");
        }
        let told = read(&format!("m{}", "/1".repeat(MOST + 1))).unwrap_err();
        assert_eq!(told, "11 indices, and 10 are the most");
    }
}
