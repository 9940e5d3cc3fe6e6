//! `cargo xtask browser`: the report's page in a real browser, which is brought along where none is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{bail, ensure, Context, Result};

use crate::programs::PROGRAMS;
use crate::setup::{self, Stamp};
use crate::{build, sh};

/// What a browser is called where one is installed.
const INSTALLED: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// How to get one where the packaged one does not run.
const HINT: &str = "install Chromium, for instance Debian's package `chromium`, or name one in the variable CHROMIUM";

/// Builds the programs and looks at a report; `packaged` leaves out what is installed.
pub(crate) fn browser(packaged: bool) -> Result<()> {
    let program = match named()?.or_else(|| installed().filter(|_| !packaged)) {
        Some(program) => program,
        None => brought()?,
    };
    sh::say(format!("the browser is {}", program.display()));
    build::build(&PROGRAMS.iter().collect::<Vec<_>>(), false)?;
    let pictures = sh::target().join("browser").join("pictures");
    fs::create_dir_all(&pictures).context("cannot create target/browser/pictures")?;
    let mut cargo = sh::cargo(&sh::root(), "test");
    // Of the whole workspace, whose dependencies are the tests' own and built already.
    cargo.args(["--quiet", "--locked", "--workspace", "--test", "commands"]);
    cargo.args(["browser::", "--", "--ignored", "--nocapture"]);
    cargo
        .env("CHROMIUM", &program)
        .env("REPORT_PICTURES", &pictures);
    let ran = sh::run_attached(&mut cargo, "what did not hold stands above as FAIL");
    println!("pictures of the page are in {}", sh::short(&pictures));
    ran
}

/// The browser that the environment names; one that does not start is an error, not another browser.
fn named() -> Result<Option<PathBuf>> {
    let Some(named) = std::env::var_os("CHROMIUM").filter(|named| !named.is_empty()) else {
        return Ok(None);
    };
    let named = PathBuf::from(named);
    ensure!(
        starts(&named),
        "CHROMIUM names {}, which does not start: {HINT}",
        named.display()
    );
    Ok(Some(named))
}

fn installed() -> Option<PathBuf> {
    INSTALLED
        .iter()
        .map(PathBuf::from)
        .find(|program| starts(program))
}

fn starts(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null());
    command.output().is_ok_and(|output| output.status.success())
}

/// The browser of the npm package that `tests/browser/package-lock.json` names, unpacked into `target/browser/chromium`.
fn brought() -> Result<PathBuf> {
    let _lock = sh::lock()?;
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "there is no browser, and the one that is brought along is for Linux on x86_64: {HINT}"
    );
    let folder = sh::root().join("tests").join("browser");
    let out = sh::target().join("browser").join("chromium");
    let start = out.join("start");
    let inputs = ["package.json", "package-lock.json", ".npmrc", "unpack.mjs"];
    let inputs: Vec<_> = inputs.iter().map(|name| folder.join(name)).collect();
    let stamp = Stamp::of("browser", &inputs)?;
    if !stamp.is_current() || !start.exists() {
        stamp.forget()?;
        sh::say("no browser is installed: fetching the package of tests/browser/package-lock.json, 67 MB");
        setup::npm_ci(&folder)?;
        sh::run(
            sh::command("node", &folder).arg("unpack.mjs").arg(&out),
            "delete tests/browser/node_modules and try again",
        )?;
        // It is three times as large unpacked; nothing needs it packed as well.
        fs::remove_dir_all(folder.join("node_modules")).context("cannot remove the package")?;
        stamp.keep()?;
    }
    if !starts(&start) {
        bail!(
            "{} does not start (`{} --version` says why): {HINT}",
            sh::short(&start),
            sh::short(&start)
        );
    }
    Ok(start)
}
