//! The table of `docs/assumptions.md` names tests and errors that exist, and leaves no test out.

use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../docs/assumptions.md");
const SOURCES: [&str; 2] = [include_str!("weird.rs"), include_str!("hostile.rs")];
const INTERFACES: [&str; 3] = [
    include_str!("../../../contracts/abi/Vault.sol"),
    include_str!("../../../contracts/abi/Rebalancer.sol"),
    include_str!("../../../contracts/abi/Oracle.sol"),
];

/// Rows of the table: number, behaviour, what becomes of it, errors, tests.
fn rows() -> Vec<Vec<&'static str>> {
    let section = PAGE.split("### Weird tokens").nth(1).expect("the section");
    let section = section.split("\n## ").next().expect("its end");
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect();
    let rows: Vec<Vec<&str>> = section
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| #"))
        .map(cells)
        .collect();
    for row in &rows {
        assert_eq!(row.len(), 5, "{row:?}");
    }
    rows
}

/// What stands between backticks.
fn quoted(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2)
}

/// Names of the tests in the sources: functions under `#[tokio::test]`, and those that `held!` makes.
fn tests() -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    for source in SOURCES {
        for (_, rest) in source.split("#[tokio::test").skip(1).map(|s| ("", s)) {
            let name = rest.split("async fn ").nth(1).expect("a function");
            names.insert(name.split('(').next().expect("its name"));
        }
        if let Some(made) = source.split("\nheld! {\n").nth(1) {
            let made = made.split("\n}").next().expect("its end");
            names.extend(
                made.lines()
                    .filter_map(|line| line.trim().split(':').next()),
            );
        }
    }
    names.remove("$name");
    names
}

#[test]
fn every_behaviour_has_a_row_and_every_row_a_test_that_exists() {
    let (rows, tests) = (rows(), tests());
    assert_eq!(rows.len(), 24 + 8);
    let mut named = BTreeSet::new();
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(row[0], (i + 1).to_string());
        let of_row: Vec<_> = quoted(row[4]).collect();
        assert!(!of_row.is_empty(), "row {} names no test", row[0]);
        for test in of_row {
            assert!(tests.contains(test), "row {}: no test {test}", row[0]);
            named.insert(test);
        }
    }
    let unnamed: Vec<_> = tests.difference(&named).collect();
    assert!(unnamed.is_empty(), "no row names {unnamed:?}");
}

#[test]
fn every_error_of_the_table_is_one_of_the_programs() {
    for row in rows() {
        for error in quoted(row[3]) {
            let declared = format!("error {error}(");
            let known = INTERFACES.iter().any(|sol| sol.contains(&declared));
            assert!(known, "row {}: no error {error}", row[0]);
            let tested = SOURCES.iter().any(|source| source.contains(error));
            assert!(tested, "row {}: {error} is not tested", row[0]);
        }
        let held = row[2].starts_with("held");
        assert!(held || row[2].starts_with("refused"), "{row:?}");
        assert!(held || quoted(row[3]).next().is_some(), "{row:?}");
    }
}
