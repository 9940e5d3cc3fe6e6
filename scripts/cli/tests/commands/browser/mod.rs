//! The report in a real browser: light and dark, a desktop and a phone, without any network.
//!
//! Not run by default, because not every machine has a browser: `cargo xtask browser` brings one.

mod devtools;

use std::path::{Path, PathBuf};

use anyhow::{ensure, Context, Result};

use crate::report::lived;
use devtools::{Browser, Page, Screen};

/// What the page is asked.
const QUESTIONS: &str = r#"(() => {
const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const numbers = text => (text.match(/[\d.]+/g) || []).map(Number);
const paper = at => { for (; at; at = at.parentElement) { const c = numbers(getComputedStyle(at).backgroundColor); if (c.length == 3 || c[3] > 0) return c; } return [255, 255, 255]; };
const texts = [...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()));
let least = 99, faintest = '';
for (const e of texts) {
  const svg = e.closest('svg'), style = getComputedStyle(e);
  if (e.tagName == 'STYLE' || e.tagName == 'SCRIPT' || (svg && e.tagName != 'text')) continue;
  const ink = light(numbers(svg ? style.fill : style.color));
  const back = light(svg ? numbers(getComputedStyle(svg.querySelector('.paper')).fill) : paper(e));
  const ratio = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
  if (ratio < least) { least = ratio; faintest = e.tagName + ': ' + e.textContent.slice(0, 40); }
}
const stops = [...document.querySelectorAll('a, button, input, [tabindex]')];
return {
  wide: document.documentElement.scrollWidth, least, faintest, texts: texts.length,
  stops: stops.length, nameless: stops.filter(e => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim())).length,
  paper: light(paper(document.body)), tables: document.querySelectorAll('table').length,
  pictures: document.querySelectorAll('svg').length, untitled: [...document.querySelectorAll('svg')].filter(e => !e.querySelector('title')).length,
  scripts: document.querySelectorAll('script, iframe, object, embed').length, hostile: document.body.innerText.includes('<script>alert(1)'),
  fetched: performance.getEntriesByType('resource').length };
})()"#;

const CONTRAST: &str = "contrast";
const WIDTH: &str = "width";
const NETWORK: &str = "network";
const NAMES: &str = "names";
const THEME: &str = "theme";
const KEYBOARD: &str = "keyboard";
const PICTURES: &str = "pictures";
const SILENCE: &str = "silence";

/// Of what, whether it holds, and the figures.
type Verdict = (&'static str, bool, String);

/// What must hold of a page on `screen`.
fn verdicts(page: &mut Page<'_>, screen: Screen) -> Result<Vec<Verdict>> {
    let seen = page.evaluate(QUESTIONS)?;
    let number = |name: &str| -> Result<f64> {
        let number = seen[name].as_f64();
        number.with_context(|| format!("the page does not say {name}: {seen}"))
    };
    let (requests, complaints) = (page.requests(), page.complaints());
    let (least, paper, wide) = (number("least")?, number("paper")?, number("wide")?);
    let theme = if screen.is_dark { "dark" } else { "light" };
    Ok(vec![
        (
            CONTRAST,
            least >= 4.5 && number("texts")? > 100.0,
            format!(
                "{least:.2} to 1 at the faintest of {} texts ({}), 4.5 wanted",
                seen["texts"], seen["faintest"]
            ),
        ),
        (
            WIDTH,
            wide <= f64::from(screen.width),
            format!("{wide} of {} pixels", screen.width),
        ),
        (
            NETWORK,
            requests.is_empty() && seen["fetched"] == 0,
            format!("{} requests besides the page {requests:?}", requests.len()),
        ),
        (
            NAMES,
            seen["hostile"] == true && seen["scripts"] == 0,
            format!(
                "`<script>alert(1)` shown as text: {}; elements that run something: {}",
                seen["hostile"], seen["scripts"]
            ),
        ),
        (
            THEME,
            if screen.is_dark {
                paper < 0.05
            } else {
                paper > 0.8
            },
            format!("a {theme} paper, of luminance {paper:.2}"),
        ),
        (
            KEYBOARD,
            number("stops")? > 0.0 && seen["nameless"] == 0,
            format!(
                "{} of {} stops have no name",
                seen["nameless"], seen["stops"]
            ),
        ),
        (
            PICTURES,
            number("tables")? >= 5.0 && number("pictures")? >= 2.0 && seen["untitled"] == 0,
            format!(
                "{} tables; {} of {} pictures have no title",
                seen["tables"], seen["untitled"], seen["pictures"]
            ),
        ),
        (
            SILENCE,
            complaints.is_empty(),
            format!(
                "the browser complains of {} things {complaints:?}",
                complaints.len()
            ),
        ),
    ])
}

/// What is broken, the page with that, where it shows, and which verdicts must notice.
type Broken = (&'static str, String, Screen, Vec<&'static str>);

fn broken(page: &str) -> Result<Vec<Broken>> {
    let (head, rest) = page.split_once("<meta http-equiv").context("a policy")?;
    let (_, rest) = rest.split_once('>').context("the policy's end")?;
    let unguarded = format!("{head}{rest}");
    let at_end = |page: &str, what: &str| page.replace("</body>", &format!("{what}</body>"));
    let image = "<img src=\"https://ballast.invalid/pixel.png\" alt=\"\">";
    Ok(vec![
        (
            "a faint text",
            at_end(page, "<p style=\"color:#999;background:#fff\">faint</p>"),
            DESKTOP,
            vec![CONTRAST],
        ),
        (
            "a text that is faint in the dark",
            at_end(page, "<p style=\"color:#333\">faint</p>"),
            dark(DESKTOP),
            vec![CONTRAST],
        ),
        (
            "a box wider than the phone",
            at_end(page, "<div style=\"width:700px\">.</div>"),
            PHONE,
            vec![WIDTH],
        ),
        (
            "a picture from elsewhere",
            at_end(&unguarded, image),
            DESKTOP,
            vec![NETWORK, SILENCE],
        ),
        (
            "the same, which the page's policy stops",
            at_end(page, image),
            DESKTOP,
            vec![NETWORK, SILENCE],
        ),
        (
            "a name that became an element",
            page.replace("&lt;script&gt;alert(1)", "<script>alert(1)</script>"),
            DESKTOP,
            vec![NAMES, SILENCE],
        ),
        (
            "one theme only",
            page.replace("prefers-color-scheme", "prefers-nothing"),
            dark(DESKTOP),
            vec![THEME],
        ),
        (
            "a link without a name",
            at_end(page, "<a href=\"#top\"></a>"),
            PHONE,
            vec![KEYBOARD],
        ),
        (
            "a picture without a title",
            at_end(page, "<svg width=\"9\" height=\"9\"></svg>"),
            DESKTOP,
            vec![PICTURES],
        ),
    ])
}

const DESKTOP: Screen = Screen {
    width: 1100,
    height: 900,
    is_phone: false,
    is_dark: false,
};
const PHONE: Screen = Screen {
    width: 390,
    height: 844,
    is_phone: true,
    is_dark: false,
};

const fn dark(screen: Screen) -> Screen {
    Screen {
        is_dark: true,
        ..screen
    }
}

/// Width and height of a PNG.
fn size(data: &[u8]) -> Result<(u32, u32)> {
    ensure!(
        data.starts_with(b"\x89PNG") && data.len() > 10_000,
        "no picture"
    );
    let number =
        |at: usize| Ok::<_, anyhow::Error>(u32::from_be_bytes(data[at..at + 4].try_into()?));
    Ok((number(16)?, number(20)?))
}

/// Where pictures go for whoever wants to look at them.
fn gallery() -> Option<PathBuf> {
    std::env::var_os("REPORT_PICTURES").map(PathBuf::from)
}

fn hung(name: &str, data: &[u8]) -> Result<()> {
    match gallery() {
        Some(to) => Ok(std::fs::write(to.join(name), data)?),
        None => Ok(()),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: cargo xtask browser"]
async fn browser_shows_the_report_in_both_themes_on_a_desktop_and_a_phone() -> Result<()> {
    let scene = lived().await?;
    let directory = scene.directory.path();
    let ran = scene.run(&["report", "--html", "out.html"]).await?;
    assert_eq!(ran.code, 0, "{}", ran.err);
    tokio::task::block_in_place(|| look(directory))
}

fn look(directory: &Path) -> Result<()> {
    let mut browser = Browser::start()?;
    println!("{}", browser.version()?);
    let file = directory.join("out.html");
    let mut windows = Vec::new();
    let (mut passed, mut failed) = (0, Vec::new());
    let mut say = |holds: bool, words: String| {
        println!("{}  {words}", if holds { "ok  " } else { "FAIL" });
        match holds {
            true => passed += 1,
            false => failed.push(words),
        }
    };
    for screen in [DESKTOP, dark(DESKTOP), PHONE, dark(PHONE)] {
        let mut page = browser.open(&file, screen)?;
        for (of, holds, figures) in verdicts(&mut page, screen)? {
            say(holds, format!("{:<10} {of:<9} {figures}", screen.name()));
        }
        let window = page.picture(false)?;
        assert_eq!(size(&window)?, (screen.width, screen.height));
        hung(&format!("{}.png", screen.name()), &window)?;
        hung(
            &format!("{}-whole.png", screen.name()),
            &page.picture(true)?,
        )?;
        windows.push(window);
    }
    assert!(
        windows[0] != windows[1] && windows[2] != windows[3],
        "both themes look alike"
    );

    // Each of these notices when it is broken, and only it.
    let page = std::fs::read_to_string(&file)?;
    for (what, broken, screen, wanted) in broken(&page)? {
        assert_ne!(broken, page, "nothing was broken: {what}");
        let file = directory.join("broken.html");
        std::fs::write(&file, broken)?;
        let mut page = browser.open(&file, screen)?;
        let seen = verdicts(&mut page, screen)?;
        let red: Vec<_> = seen
            .iter()
            .filter(|(_, holds, _)| !holds)
            .map(|(of, ..)| *of)
            .collect();
        say(
            red == wanted,
            format!("noticed    {what}: {}", red.join(", ")),
        );
    }
    println!("{passed} passed, {} failed", failed.len());
    assert!(failed.is_empty(), "{failed:#?}");
    Ok(())
}
