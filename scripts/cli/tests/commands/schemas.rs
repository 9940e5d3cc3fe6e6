//! The committed schemas: one for every command that answers JSON, and each held against a real answer.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context, Result};

use crate::scene::{ballast, finish};

/// Commands without an answer of their own, and why.
const SPEECHLESS: [(&str, &str); 3] = [
    ("completions", "prints a shell's script"),
    ("help", "prints help"),
    ("manual", "writes files"),
];

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the files in `folder` that end in `ending`, without it.
fn stems(folder: &Path, ending: &str) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        found.extend(name.strip_suffix(ending).map(str::to_owned));
    }
    Ok(found)
}

/// The commands, by their manual pages.
pub(crate) async fn commands() -> Result<BTreeSet<String>> {
    let directory = tempfile::TempDir::new()?;
    let mut command = ballast(directory.path());
    command.args(["manual", "pages"]);
    let ran = finish(command).await?;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let pages = stems(&directory.path().join("pages"), ".1")?;
    let names = pages
        .iter()
        .filter_map(|page| page.strip_prefix("ballast-"));
    // `ballast propose targets` has a page of its own and answers as `ballast propose` does.
    let tops = names.map(|name| name.split('-').next().unwrap_or(name).to_owned());
    Ok(tops.collect())
}

#[tokio::test]
async fn every_command_that_answers_has_a_schema() -> Result<()> {
    let mut wanted = commands().await?;
    assert!(wanted.contains("status"), "{wanted:?}");
    for (name, _) in SPEECHLESS {
        wanted.remove(name);
    }
    // What every command answers when it fails.
    wanted.insert("failure".into());
    assert_eq!(stems(&here().join("schemas"), ".json")?, wanted);
    Ok(())
}

#[tokio::test]
async fn every_command_is_on_the_page_of_commands() -> Result<()> {
    let page = std::fs::read_to_string(here().join("../../docs/cli.md"))?;
    for name in commands().await? {
        let told = page
            .lines()
            .any(|row| row.starts_with("| ") && row.contains(&format!("`{name}`")));
        assert!(told, "docs/cli.md does not tell of {name}");
    }
    Ok(())
}

#[test]
fn every_schema_is_held_against_an_answer() -> Result<()> {
    let folder = here().join("tests/commands");
    let mut tests = String::new();
    for name in stems(&folder, ".rs")? {
        tests += &std::fs::read_to_string(folder.join(name + ".rs"))?;
    }
    for name in stems(&here().join("schemas"), ".json")? {
        let used = tests.contains(&format!("assert_schema(\"{name}\""));
        assert!(used, "no test holds an answer against schemas/{name}.json");
    }
    Ok(())
}

#[test]
fn schemas_are_closed() -> Result<()> {
    fn closed(at: &str, value: &serde_json::Value) {
        match value {
            serde_json::Value::Object(fields) => {
                if fields.get("type").is_some_and(|kind| kind == "object") {
                    assert!(fields.contains_key("additionalProperties"), "{at}");
                }
                fields
                    .iter()
                    .for_each(|(name, inner)| closed(&format!("{at}/{name}"), inner));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|inner| closed(at, inner)),
            _ => {}
        }
    }
    for name in stems(&here().join("schemas"), ".json")? {
        let text = std::fs::read_to_string(here().join(format!("schemas/{name}.json")))?;
        let schema: serde_json::Value =
            serde_json::from_str(&text).with_context(|| name.clone())?;
        assert_eq!(
            schema["$schema"], "https://json-schema.org/draft/2020-12/schema",
            "{name}"
        );
        closed(&name, &schema);
    }
    Ok(())
}
