//! The program as users start it.

use serde_json::{json, Value};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

fn devnode(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_devnode"));
    command.args(arguments);
    command
}

/// A running node; killed if a test fails.
struct Running {
    child: Child,
    /// What the line of JSON says.
    says: Value,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = devnode(&["--port", "0", "--json"]);
        let mut child = command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let says = serde_json::from_str(&line).expect("a line of JSON");
        Self { child, says }
    }

    fn ask(&self, method: &str, params: Value) -> Value {
        let body = json!({ "id": 1, "method": method, "params": params }).to_string();
        let url = self.says["url"].as_str().unwrap();
        let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        let length = body.len();
        write!(stream, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut answer: Value = serde_json::from_str(body).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    /// Interrupts it as Ctrl-C does, and returns whether it ended well.
    fn interrupt(mut self) -> bool {
        let id = self.child.id().to_string();
        assert!(Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success());
        self.child.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn run(arguments: &[&str]) -> (Output, String) {
    let output = devnode(arguments).output().unwrap();
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    (output, errors)
}

#[test]
fn a_line_of_json_tells_machines_all_they_need() {
    let node = Running::start(&[
        "--chain-id",
        "77",
        "--accounts",
        "2",
        "--balance",
        "5",
        "--timestamp",
        "1800000000",
    ]);
    assert_eq!(node.says["chainId"], 77);
    let accounts = node.says["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 3);
    assert_eq!(
        accounts[0],
        json!({
            "address": "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
            "key": "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        })
    );
    assert_eq!(
        accounts[2]["address"],
        "0x3f1eae7d46d88f08fc2f8ed27fcb2ab183eb2d0e"
    );
    assert_eq!(node.ask("eth_chainId", json!([])), "0x4d");
    // 5 ether are 5e18 wei.
    let balance =
        |account: &Value| node.ask("eth_getBalance", json!([account["address"], "latest"]));
    assert_eq!(balance(&accounts[1]), "0x4563918244f40000");
    // The third account of the mnemonic has nothing.
    assert_eq!(
        node.ask(
            "eth_getBalance",
            json!(["0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"])
        ),
        "0x0"
    );
    let block = node.ask("eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(block["timestamp"], "0x6b49d200");
    assert!(node.says["wsUrl"]
        .as_str()
        .unwrap()
        .starts_with("ws://127.0.0.1:"));
    assert!(node.interrupt(), "an interrupted node ends well");
}

#[test]
fn what_was_dumped_at_the_end_is_loaded_at_the_next_start() {
    let directory = std::env::temp_dir().join(format!("devnode-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("chain.dump");
    let file = file.to_str().unwrap();
    let node = Running::start(&["--dump-state", file]);
    let from = &node.says["accounts"][0]["address"];
    let to = "0x00000000000000000000000000000000000b0b0b";
    let hash = node.ask(
        "eth_sendTransaction",
        json!([{ "from": from, "to": to, "value": "0x7" }]),
    );
    assert!(node.interrupt());

    let node = Running::start(&["--load-state", file]);
    assert_eq!(node.ask("eth_getBalance", json!([to])), "0x7");
    let receipt = node.ask("eth_getTransactionReceipt", json!([hash]));
    assert_eq!(receipt["blockNumber"], "0x1");
    drop(node);

    let (output, errors) = run(&["--port", "0", "--load-state", file, "--chain-id", "7"]);
    assert!(!output.status.success());
    assert!(
        errors.contains("the dump is of chain 412346, this is chain 7"),
        "{errors}"
    );
    std::fs::write(file, b"nonsense").unwrap();
    let (output, errors) = run(&["--port", "0", "--load-state", file]);
    assert!(!output.status.success());
    assert!(errors.contains("not a dump of this chain's"), "{errors}");
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn blocks_come_when_asked_or_in_intervals() {
    let node = Running::start(&["--no-mining"]);
    let from = &node.says["accounts"][0]["address"];
    let _ = node.ask("eth_sendTransaction", json!([{ "from": from, "to": from }]));
    assert_eq!(node.ask("eth_blockNumber", json!([])), "0x0");
    let _ = node.ask("evm_mine", json!([]));
    assert_eq!(node.ask("eth_blockNumber", json!([])), "0x1");
    drop(node);
    let node = Running::start(&["--block-time", "1"]);
    let start = std::time::Instant::now();
    while node.ask("eth_blockNumber", json!([])) == "0x0" {
        assert!(start.elapsed().as_secs() < 60, "no block came");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn help_teaches_and_mistakes_are_named() {
    let output = devnode(&["--help"]).output().unwrap();
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    for part in [
        "--load-state",
        "Examples:",
        "evm_increaseTime",
        "docs/devnode.md",
    ] {
        assert!(help.contains(part), "{part} is missing: {help}");
    }
    let cases = [
        (vec!["--accounts", "11"], "11 is not in 0..=10"),
        (vec!["--block-time", "0"], "0 is not in 1.."),
        (
            vec!["--block-time", "1", "--no-mining"],
            "cannot be used with",
        ),
        (vec!["--load-state", "/nowhere/x"], "cannot read /nowhere/x"),
        (
            vec!["--dump-state", "/nowhere/x"],
            "there is no directory /nowhere",
        ),
        (
            vec!["--host", "192.0.2.1", "--port", "0"],
            "cannot listen on 192.0.2.1",
        ),
    ];
    for (arguments, expected) in cases {
        let (output, errors) = run(&arguments);
        assert!(!output.status.success(), "{arguments:?} is taken");
        assert!(errors.contains(expected), "{arguments:?}: {errors}");
    }
    let (_, errors) = run(&["--host", "192.0.2.1", "--port", "0"]);
    assert!(
        errors.contains("warning: listening on 192.0.2.1"),
        "{errors}"
    );
}
