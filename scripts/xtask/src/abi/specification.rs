//! What `docs/specification.md` says that functions return.

use std::collections::BTreeMap;

use anyhow::{bail, ensure, Context, Result};

use super::export::identifier;

/// For each function the types and names of what it returns; the name may be missing.
pub(super) type Returns = BTreeMap<String, Vec<(String, Option<String>)>>;

/// The text below a `## ` heading.
pub(super) fn chapter<'a>(specification: &'a str, heading: &str) -> Result<&'a str> {
    let start = format!("\n## {heading}\n");
    let (_, rest) = specification
        .split_once(&start)
        .with_context(|| format!("docs/specification.md has no chapter {heading}"))?;
    Ok(rest
        .split_once("\n## ")
        .map_or(rest, |(chapter, _)| chapter))
}

/// Every `name(arguments) → (type name, ...)` that stands in backticks.
pub(super) fn returns_in(chapter: &str) -> Returns {
    let spans = chapter.split('`').skip(1).step_by(2);
    spans
        .filter_map(|span| {
            let (call, returned) = span.split_once('→')?;
            let name = call.split_once('(')?.0.trim();
            let returned = returned
                .trim()
                .trim_start_matches('(')
                .trim_end_matches(')');
            let values = returned.split(',').filter_map(|value| {
                let mut words = value.split_whitespace();
                Some((words.next()?.to_owned(), words.next().map(str::to_owned)))
            });
            Some((name.to_owned(), values.collect()))
        })
        .collect()
}

/// Puts the specification's names on what a function returns.
pub(super) fn name_returns(function: &str, returns: &Returns) -> Result<String> {
    let name = identifier(function);
    let Some(specified) = returns.get(name) else {
        return Ok(function.to_owned());
    };
    let told: Vec<_> = specified.iter().map(|(t, _)| t.as_str()).collect();
    let Some((head, values)) = function.split_once(" returns (") else {
        bail!(
            "{name} returns nothing, docs/specification.md says ({})",
            told.join(", ")
        );
    };
    let values: Vec<_> = values.trim_end_matches(");").split(", ").collect();
    let bare = |v: &str| v.trim_end_matches(" memory").to_owned();
    let types: Vec<_> = values.iter().map(|v| bare(v)).collect();
    ensure!(
        types == told,
        "{name} returns ({}), docs/specification.md says ({})",
        types.join(", "),
        told.join(", ")
    );
    let arguments = head.split_once('(').map_or("", |(_, a)| a);
    let taken = |n: &str| {
        arguments
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .any(|word| word == n)
    };
    let named: Vec<_> = values
        .iter()
        .zip(specified)
        .map(|(value, (_, name))| match name {
            Some(name) if !taken(name) => format!("{value} {name}"),
            _ => (*value).to_owned(),
        })
        .collect();
    Ok(format!("{head} returns ({});", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAPTER: &str = "| `plan() → (address[] sells, uint256 reason)` | view |\n\
        `getReserve(address) → uint256`, `mint(uint256 shares) → uint256[] amounts`";

    fn named(function: &str) -> Result<String> {
        name_returns(function, &returns_in(CHAPTER))
    }

    #[test]
    fn returned_values_get_the_names_of_the_specification() {
        assert_eq!(
            named("function plan() external view returns (address[] memory, uint256);").unwrap(),
            "function plan() external view returns (address[] memory sells, uint256 reason);"
        );
        assert_eq!(
            named("function mint(uint256 shares) external returns (uint256[] memory);").unwrap(),
            "function mint(uint256 shares) external returns (uint256[] memory amounts);"
        );
        let unnamed = "function getReserve(address token) external view returns (uint256);";
        assert_eq!(named(unnamed).unwrap(), unnamed);
        let unspecified = "function other() external view returns (uint256);";
        assert_eq!(named(unspecified).unwrap(), unspecified);
    }

    #[test]
    fn an_argument_of_the_same_name_keeps_the_returned_value_unnamed() {
        let function = "function mint(uint256 amounts) external returns (uint256[] memory);";
        assert_eq!(named(function).unwrap(), function);
    }

    #[test]
    fn a_function_that_returns_other_types_than_specified_is_refused() {
        for function in [
            "function plan() external view returns (address[] memory, int256);",
            "function plan() external view returns (address[] memory);",
            "function plan() external view;",
        ] {
            let error = named(function).unwrap_err().to_string();
            assert!(
                error.contains("plan") && error.contains("specification"),
                "{error}"
            );
        }
    }
}
