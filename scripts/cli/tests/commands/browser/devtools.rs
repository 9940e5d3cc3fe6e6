//! A browser that is spoken to over pipes, as its own developer tools do: it opens a page, is asked about it, and takes pictures.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use anyhow::{bail, ensure, Context, Result};
use serde_json::{json, Value};

/// Seconds in which every answer must come.
const PATIENCE_S: u64 = 60;
/// Hands the pipes on as the browser wants them: commands at 3, answers at 4, nothing else said on either.
const PIPES: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#;
/// No sandbox, because a container's only user is often root; no network.
const OPTIONS: [&str; 10] = [
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
];

/// A window and what its owner prefers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) is_phone: bool,
    pub(super) is_dark: bool,
}

impl Screen {
    pub(super) fn name(self) -> String {
        let theme = if self.is_dark { "dark" } else { "light" };
        format!("{}-{theme}", self.width)
    }
}

/// A running browser, which ends with this.
pub(super) struct Browser {
    child: Child,
    commands: ChildStdin,
    answers: Receiver<Value>,
    /// What happened in pages since the last one was opened.
    events: Vec<Value>,
    asked: u64,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// The browser that `CHROMIUM` names, or one that is installed.
    pub(super) fn start() -> Result<Self> {
        let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
        let usual = ["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from);
        let starts = |program: &PathBuf| Command::new(program).arg("--version").output().is_ok();
        let program = named.into_iter().chain(usual).find(starts).context(
            "no browser: `cargo xtask browser` brings one, or name one in the variable CHROMIUM",
        )?;
        let profile = tempfile::tempdir()?;
        let mut child = Command::new("sh")
            .args(["-c", PIPES])
            .arg(program)
            .args(OPTIONS)
            .arg("--remote-debugging-pipe")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let commands = child.stdin.take().context("no input")?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let (sender, answers) = mpsc::channel();
        std::thread::spawn(move || {
            for text in output.split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice(&text) else {
                    break;
                };
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            child,
            commands,
            answers,
            events: Vec::new(),
            asked: 0,
            _profile: profile,
        })
    }

    /// What the browser calls itself.
    pub(super) fn version(&mut self) -> Result<String> {
        let version = self.ask("", "Browser.getVersion", json!({}))?;
        Ok(version["product"].as_str().unwrap_or_default().to_owned())
    }

    /// Opens `file` on `screen`.
    pub(super) fn open(&mut self, file: &Path, screen: Screen) -> Result<Page<'_>> {
        self.events.clear();
        let created = self.ask("", "Target.createTarget", json!({ "url": "about:blank" }))?;
        let target = created["targetId"].as_str().context("no page")?.to_owned();
        let attached = json!({ "targetId": target, "flatten": true });
        let attached = self.ask("", "Target.attachToTarget", attached)?;
        let session = attached["sessionId"].as_str().context("no session")?;
        let address = format!("file://{}", file.canonicalize()?.display());
        let mut page = Page {
            browser: self,
            session: session.to_owned(),
            target,
            address: address.clone(),
        };
        for domain in ["Page", "Network", "Log", "Runtime"] {
            page.ask(&format!("{domain}.enable"), json!({}))?;
        }
        let size = json!({
            "width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": screen.is_phone,
        });
        page.ask("Emulation.setDeviceMetricsOverride", size)?;
        let theme = if screen.is_dark { "dark" } else { "light" };
        let theme = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        page.ask("Emulation.setEmulatedMedia", theme)?;
        let gone = page.ask("Page.navigate", json!({ "url": address }))?;
        ensure!(gone["errorText"].is_null(), "{}: {gone}", file.display());
        page.loaded()?;
        Ok(page)
    }

    fn ask(&mut self, session: &str, method: &str, params: Value) -> Result<Value> {
        let id = self.send(session, method, params)?;
        loop {
            let message = self.hear().with_context(|| method.to_owned())?;
            if message["id"] == id {
                ensure!(message["error"].is_null(), "{method}: {}", message["error"]);
                return Ok(message["result"].clone());
            }
        }
    }

    fn send(&mut self, session: &str, method: &str, params: Value) -> Result<u64> {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": params });
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let mut text = serde_json::to_vec(&message)?;
        text.push(0);
        self.commands.write_all(&text)?;
        Ok(self.asked)
    }

    /// The next message; what is no answer is kept, and a dialogue, which would stop the page, is closed.
    fn hear(&mut self) -> Result<Value> {
        let message = self
            .answers
            .recv_timeout(Duration::from_secs(PATIENCE_S))
            .context("the browser says nothing")?;
        if message["method"].is_string() {
            self.events.push(message.clone());
        }
        if message["method"] == "Page.javascriptDialogOpening" {
            let session = message["sessionId"].as_str().unwrap_or_default().to_owned();
            let close = json!({ "accept": true });
            self.send(&session, "Page.handleJavaScriptDialog", close)?;
        }
        Ok(message)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked first, because only so it ends what it started itself.
        if self.send("", "Browser.close", json!({})).is_ok() {
            while self.answers.recv_timeout(Duration::from_secs(5)).is_ok() {}
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An open page, which is closed with this.
pub(super) struct Page<'b> {
    browser: &'b mut Browser,
    session: String,
    target: String,
    address: String,
}

impl Page<'_> {
    fn ask(&mut self, method: &str, params: Value) -> Result<Value> {
        let session = self.session.clone();
        self.browser.ask(&session, method, params)
    }

    /// What happened in this page and is called `method`.
    fn events<'s>(&'s self, method: &'s str) -> impl Iterator<Item = &'s Value> {
        let here = |event: &&Value| event["sessionId"] == self.session.as_str();
        let events = self.browser.events.iter().filter(here);
        events
            .filter(move |event| event["method"] == method)
            .map(|event| &event["params"])
    }

    fn loaded(&mut self) -> Result<()> {
        while self.events("Page.loadEventFired").next().is_none() {
            self.browser.hear()?;
        }
        Ok(())
    }

    /// What `expression` comes to here; the page's own policy does not bind who holds the developer tools.
    pub(super) fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let params = json!({ "expression": expression, "returnByValue": true });
        let answer = self.ask("Runtime.evaluate", params)?;
        if !answer["exceptionDetails"].is_null() {
            bail!("{}", answer["exceptionDetails"]);
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Addresses that were asked for besides the page itself.
    pub(super) fn requests(&self) -> Vec<String> {
        let asked = self.events("Network.requestWillBeSent");
        let asked = asked.filter_map(|event| event["request"]["url"].as_str());
        asked
            .filter(|url| *url != self.address)
            .map(str::to_owned)
            .collect()
    }

    /// What the browser or a script said to developers, and every dialogue.
    pub(super) fn complaints(&self) -> Vec<String> {
        let logged = self
            .events("Log.entryAdded")
            .map(|event| &event["entry"]["text"]);
        let said = self
            .events("Runtime.consoleAPICalled")
            .map(|event| &event["args"]);
        let thrown = self
            .events("Runtime.exceptionThrown")
            .map(|event| &event["exceptionDetails"]["text"]);
        let asked = self
            .events("Page.javascriptDialogOpening")
            .map(|event| &event["message"]);
        let all = logged.chain(said).chain(thrown).chain(asked);
        all.map(Value::to_string).collect()
    }

    /// The window as a PNG, or all of the page.
    pub(super) fn picture(&mut self, whole: bool) -> Result<Vec<u8>> {
        let params = json!({ "format": "png", "captureBeyondViewport": whole });
        let shot = self.ask("Page.captureScreenshot", params)?;
        base64(shot["data"].as_str().context("no picture")?)
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        let target = json!({ "targetId": self.target });
        let _ = self.browser.ask("", "Target.closeTarget", target);
    }
}

fn base64(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => bail!("no base64: {letter}"),
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    Ok(bytes)
}
