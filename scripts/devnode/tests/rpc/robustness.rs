//! Nonsense, floods and crowds.

use crate::scene::NOBODY;
use devnode::rpc::Service;
use devnode::{Chain, Devnode};
use serde_json::{json, Value};
use std::io::{Read, Write};
use std::net::TcpStream;

/// A generator whose numbers are the same in every run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % sides
    }
}

const METHODS: [&str; 30] = [
    "eth_call",
    "eth_estimateGas",
    "eth_getBlockByNumber",
    "eth_getLogs",
    "eth_newFilter",
    "eth_getFilterChanges",
    "eth_getStorageAt",
    "eth_getTransactionCount",
    "eth_getTransactionByBlockNumberAndIndex",
    "eth_feeHistory",
    "eth_sendRawTransaction",
    "eth_sendTransaction",
    "eth_createAccessList",
    "eth_subscribe",
    "debug_traceCall",
    "debug_traceTransaction",
    "evm_increaseTime",
    "evm_setNextBlockTimestamp",
    "evm_mine",
    "evm_revert",
    "evm_snapshot",
    "evm_setAutomine",
    "evm_setIntervalMining",
    "anvil_setBlockTimestampInterval",
    "anvil_setNextBlockBaseFeePerGas",
    "anvil_setBalance",
    "anvil_setCode",
    "anvil_setNonce",
    "anvil_setStorageAt",
    "anvil_loadState",
];

fn odd_value(dice: &mut Dice, depth: usize) -> Value {
    match dice.roll(if depth > 3 { 12 } else { 15 }) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(1.5),
        5 => json!("0x"),
        6 => json!("0xffffffffffffffff"),
        7 => json!(format!("0x{}", "f".repeat(65))),
        8 => json!("latest"),
        9 => json!("\u{0}\u{ffff}"),
        10 => json!(NOBODY),
        11 => json!("callTracer"),
        12 => (0..dice.roll(4))
            .map(|_| odd_value(dice, depth + 1))
            .collect(),
        _ => {
            let keys = [
                "to",
                "from",
                "gas",
                "value",
                "data",
                "topics",
                "fromBlock",
                "tracer",
                "nonce",
            ];
            let pairs = (0..dice.roll(5)).map(|_| {
                let key = keys[dice.roll(keys.len())].to_owned();
                (key, odd_value(dice, depth + 1))
            });
            Value::Object(pairs.collect())
        }
    }
}

#[test]
fn odd_requests_get_an_answer_and_do_no_harm() {
    let mut service = Service::new(Chain::default());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut refused, mut done) = (0, 0);
    for id in 0..4_000 {
        let method = METHODS[dice.roll(METHODS.len())];
        let params: Vec<Value> = (0..dice.roll(5)).map(|_| odd_value(&mut dice, 0)).collect();
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let answer = service.answer(request.to_string().as_bytes()).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["id"], id);
        match answer.get("error") {
            Some(error) => {
                assert_ne!(error["code"], -32603, "{request} crashed: {error}");
                refused += 1;
            }
            None => done += 1,
        }
    }
    // Both happen a lot: the requests are odd, but not all of them.
    assert!(
        refused > 1_000 && done > 300,
        "{refused} refused, {done} done"
    );
    let alive = service.answer(br#"{"id":1,"method":"eth_chainId"}"#);
    assert_eq!(
        serde_json::from_slice::<Value>(&alive.unwrap()).unwrap()["result"],
        "0x64aba"
    );
}

#[test]
fn random_bytes_and_broken_json_are_refused() {
    let mut service = Service::new(Chain::default());
    let mut dice = Dice(7);
    let good = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getBalance", "params": [NOBODY, "latest"] });
    let good = good.to_string().into_bytes();
    for _ in 0..3_000 {
        let mut bytes = good.clone();
        for _ in 0..=dice.roll(6) {
            let at = dice.roll(bytes.len());
            match dice.roll(3) {
                0 => bytes[at] = dice.roll(256) as u8,
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, b"[]{}\",:0"[dice.roll(8)]),
            }
        }
        if let Some(answer) = service.answer(&bytes) {
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            assert!(
                answer.get("result").is_some()
                    || answer.get("error").is_some()
                    || answer.is_array()
            );
        }
        let noise: Vec<u8> = (0..dice.roll(200)).map(|_| dice.roll(256) as u8).collect();
        let answer = service.answer(&noise).expect("an answer to noise");
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(answer["error"]["code"].is_i64());
    }
}

#[test]
fn deep_nesting_and_long_batches_are_refused() {
    let mut service = Service::new(Chain::default());
    let mut code = |message: String| {
        let answer = service.answer(message.as_bytes()).unwrap();
        serde_json::from_slice::<Value>(&answer).unwrap()["error"]["code"].clone()
    };
    let deep = "[".repeat(100_000);
    assert_eq!(code(deep.clone()), -32700);
    let params = format!(r#"{{"id":1,"method":"eth_call","params":{deep}"#);
    assert_eq!(code(params), -32700);
    let one = r#"{"id":1,"method":"eth_chainId"}"#;
    let batch = format!("[{}]", vec![one; 1_001].join(","));
    assert_eq!(code(batch), -32600);
}

#[test]
fn a_body_that_is_too_long_is_refused_with_the_bound() {
    let node = Devnode::spawn().unwrap();
    let mut stream = TcpStream::connect(node.url().trim_start_matches("http://")).unwrap();
    let length = 33 << 20;
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    // The server may hang up before it has read everything.
    let chunk = vec![b' '; 1 << 20];
    for _ in 0..33 {
        if stream.write_all(&chunk).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("longer than 33554432 bytes"), "{answer}");
}

#[test]
fn a_crowd_is_served() {
    let node = Devnode::spawn().unwrap();
    let height = |node: &Devnode| node.chain().latest().number();
    let before = height(&node);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let socket = &mut crate::socket::Socket::open(&node);
                for _ in 0..20 {
                    assert_eq!(socket.ask("evm_mine", json!([])), "0x0");
                }
            });
        }
    });
    assert_eq!(height(&node), before + 16 * 20);
}
