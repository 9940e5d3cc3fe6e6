//! `cargo xtask bench`: what the embedded chain, the formulas and the demo take on this machine.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{bail, Context, Result};

use crate::programs::PROGRAMS;
use crate::{build, sh};

/// How often the demo is run; the fastest run counts, since nothing makes a run too fast.
const DEMO_RUNS: usize = 3;

/// Runs the benchmarks whose names contain `filter`, and the demo if it is one of them.
pub(crate) fn bench(filter: Option<&str>) -> Result<()> {
    build::build(&PROGRAMS.iter().collect::<Vec<_>>(), false)?;
    let mut cargo = sh::cargo(&sh::root(), "bench");
    cargo.args(["--quiet", "--locked", "--package", "e2e"]);
    cargo.args(["--bench", "chain", "--bench", "math"]);
    if let Some(filter) = filter {
        cargo.args(["--", filter]);
    }
    sh::run_attached(&mut cargo, "the benchmark's own message stands above")?;
    if filter.is_none_or(|filter| "demo".contains(filter)) {
        let took = demo()?;
        println!(
            "demo, fastest of {DEMO_RUNS} runs: {:.2} s",
            took.as_secs_f64()
        );
    }
    Ok(())
}

/// Wall time of the demo from start to end, without building it.
fn demo() -> Result<Duration> {
    let mut cargo = sh::cargo(&sh::root(), "build");
    cargo.args(["--quiet", "--locked", "--release"]);
    cargo.args(["--package", "ballast", "--bin", "demo"]);
    sh::run(&mut cargo, "the compiler's own message stands above")?;
    let program = sh::target().join("release").join("demo");
    let mut fastest = Duration::MAX;
    for _ in 0..DEMO_RUNS {
        let start = Instant::now();
        let status = sh::command(&program, &sh::root())
            .arg("--json")
            .stdout(Stdio::null())
            .status()
            .with_context(|| format!("cannot start {}", sh::short(&program)))?;
        if !status.success() {
            bail!("the demo failed ({status}): its own message stands above");
        }
        fastest = fastest.min(start.elapsed());
    }
    Ok(fastest)
}
