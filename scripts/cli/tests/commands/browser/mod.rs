//! The report in a real browser: light and dark, a desktop and a phone, without any network.
//!
//! Not run by default, because not every machine has a browser: `cargo test -p ballast-cli --test commands -- --ignored browser`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;

use crate::report::lived;

/// What the browser is asked about the page: written into an attribute, because headless mode hands out the document.
const QUESTIONS: &str = r#"<script>
const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const numbers = text => (text.match(/[\d.]+/g) || []).map(Number);
const paper = at => { for (; at; at = at.parentElement) { const c = numbers(getComputedStyle(at).backgroundColor); if (c.length == 3 || c[3] > 0) return c; } return [255, 255, 255]; };
const texts = [...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()));
let least = 99, where = '';
for (const e of texts) {
  const svg = e.closest('svg'), style = getComputedStyle(e);
  if (e.tagName == 'STYLE' || e.tagName == 'SCRIPT' || (svg && e.tagName != 'text')) continue;
  const ink = light(numbers(svg ? style.fill : style.color));
  const back = light(svg ? numbers(getComputedStyle(svg.querySelector('.paper')).fill) : paper(e));
  const ratio = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
  if (ratio < least) { least = ratio; where = e.tagName + ': ' + e.textContent.slice(0, 40); }
}
const reach = [...document.querySelectorAll('a, [tabindex]')].every(e => e.getAttribute('aria-label') || e.textContent.trim());
document.documentElement.setAttribute('data-answers', JSON.stringify({
  wide: document.documentElement.scrollWidth - innerWidth, least, where, reach,
  dark: matchMedia('(prefers-color-scheme: dark)').matches, regions: document.querySelectorAll('table').length,
  fetched: performance.getEntriesByType('resource').length }));
</script>"#;

struct Browser {
    program: PathBuf,
    directory: PathBuf,
}

impl Browser {
    fn find(directory: &Path) -> Result<Self> {
        let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
        let usual = ["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from);
        let answers = |program: &PathBuf| Command::new(program).arg("--version").output().is_ok();
        let program = named.into_iter().chain(usual).find(answers).context(
            "no browser: install Debian's package chromium, or name one in the variable CHROMIUM",
        )?;
        Ok(Self {
            program,
            directory: directory.to_path_buf(),
        })
    }

    /// Opens `page` in a window of a size and theme, with nothing but this machine's files in reach.
    fn open(
        &self,
        page: &str,
        (width, height): (u32, u32),
        dark: bool,
        then: &[&str],
    ) -> Result<String> {
        let profile = tempfile::TempDir::new_in(&self.directory)?;
        let mut command = Command::new(&self.program);
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ]);
        if dark {
            command.arg("--force-dark-mode");
        }
        let output = command
            .arg(format!("--window-size={width},{height}"))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(then)
            .arg(format!("file://{}", self.directory.join(page).display()))
            .output()?;
        if !output.status.success() {
            bail!(
                "the browser failed: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// Width and height of a PNG.
fn size(path: &Path) -> Result<(u32, u32)> {
    let data = std::fs::read(path)?;
    ensure!(
        data.starts_with(b"\x89PNG") && data.len() > 10_000,
        "no picture in {}",
        path.display()
    );
    let number =
        |at: usize| Ok::<_, anyhow::Error>(u32::from_be_bytes(data[at..at + 4].try_into()?));
    Ok((number(16)?, number(20)?))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: install Debian's package chromium"]
async fn browser_shows_the_report_in_both_themes_on_a_desktop_and_a_phone() -> Result<()> {
    let scene = lived().await?;
    let directory = scene.directory.path();
    let browser = Browser::find(directory)?;
    let ran = scene.run(&["report", "--html", "out.html"]).await?;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let page = std::fs::read_to_string(directory.join("out.html"))?;
    // The page as it is: the hostile name is text, and no element came of it.
    let shown = browser.open("out.html", (1100, 900), false, &["--dump-dom"])?;
    ensure!(
        shown.contains("&lt;script&gt;alert(1)") && !shown.contains("<script"),
        "a name became an element"
    );
    // The same with questions in it, which its own policy would not let run.
    let (head, rest) = page.split_once("<meta http-equiv").context("a policy")?;
    let (_, rest) = rest.split_once('>').context("the policy's end")?;
    let asked = format!("{head}{rest}").replace("</body>", &format!("{QUESTIONS}</body>"));
    std::fs::write(directory.join("asked.html"), asked)?;
    for (width, height) in [(1100, 900), (390, 844)] {
        for dark in [false, true] {
            let shown = browser.open("asked.html", (width, height), dark, &["--dump-dom"])?;
            let answers = shown
                .split("data-answers=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            let answers = answers
                .context("the page answered nothing")?
                .replace("&quot;", "\"");
            let answers: Value = serde_json::from_str(&answers)?;
            ensure!(
                answers["dark"] == dark,
                "the theme does not follow: {answers}"
            );
            ensure!(
                answers["wide"].as_i64() <= Some(0),
                "wider than {width}: {answers}"
            );
            ensure!(
                answers["least"].as_f64() >= Some(4.5),
                "too faint: {answers}"
            );
            ensure!(
                answers["reach"] == true,
                "a stop of the keyboard has no name: {answers}"
            );
            ensure!(answers["fetched"] == 0, "something was fetched: {answers}");
            ensure!(
                answers["regions"].as_u64() >= Some(5),
                "tables are missing: {answers}"
            );
            let name = format!("{width}-{}.png", if dark { "dark" } else { "light" });
            let picture = directory.join(&name);
            let shot = format!("--screenshot={}", picture.display());
            browser.open("out.html", (width, height), dark, &[&shot])?;
            assert_eq!(size(&picture)?, (width, height));
            // For whoever wants to look at them.
            if let Some(to) = std::env::var_os("REPORT_PICTURES") {
                std::fs::copy(&picture, Path::new(&to).join(name))?;
            }
        }
    }
    let of = |name: &str| std::fs::read(directory.join(name));
    ensure!(
        of("1100-light.png")? != of("1100-dark.png")?,
        "both themes look alike"
    );
    Ok(())
}
