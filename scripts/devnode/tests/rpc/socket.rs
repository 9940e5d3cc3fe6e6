//! A client on a WebSocket that does what it is told, and no more.

use devnode::Devnode;
use serde_json::{json, Value};
use std::collections::VecDeque;
use std::net::TcpStream;
use std::time::Duration;
use tungstenite::{Message, WebSocket};

/// How long an answer may take on a machine with other work to do.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Socket {
    stream: WebSocket<TcpStream>,
    notices: VecDeque<Value>,
}

impl Socket {
    pub(crate) fn open(node: &Devnode) -> Self {
        let url = node.ws_url();
        let stream = TcpStream::connect(url.trim_start_matches("ws://")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (stream, _) = tungstenite::client(url, stream).unwrap();
        Self {
            stream,
            notices: VecDeque::new(),
        }
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.stream.send(Message::text(text)).unwrap();
    }

    /// The next message, whatever it is.
    pub(crate) fn receive(&mut self) -> Result<Message, tungstenite::Error> {
        self.stream.read()
    }

    /// The answer to what was sent last; notifications on the way are kept.
    pub(crate) fn answer(&mut self) -> Value {
        loop {
            let message = self.value();
            if message.get("method").is_none() {
                return message;
            }
            self.notices.push_back(message);
        }
    }

    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }));
        let mut answer = self.answer();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    pub(crate) fn refusal(&mut self, method: &str, params: Value) -> (i64, String) {
        self.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }));
        let answer = self.answer();
        let error = &answer["error"];
        let message = error["message"].as_str().expect("a refusal");
        (error["code"].as_i64().unwrap(), message.to_owned())
    }

    /// The next notification: of which subscription, and what it says.
    pub(crate) fn notice(&mut self) -> (Value, Value) {
        let mut notice = match self.notices.pop_front() {
            Some(notice) => notice,
            None => self.value(),
        };
        assert_eq!(notice["method"], "eth_subscription", "{notice}");
        let params = &mut notice["params"];
        (params["subscription"].take(), params["result"].take())
    }

    fn value(&mut self) -> Value {
        let message = self.stream.read().expect("a message");
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    }
}
