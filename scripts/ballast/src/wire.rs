//! What lies between us and a chain: it is waited for no longer than told, and what is not answered has a name.

use std::{
    error::Error,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use alloy::{
    rpc::json_rpc::{ErrorPayload, RequestPacket, ResponsePacket, ResponsePayload},
    transports::{RpcError, TransportError, TransportErrorKind, TransportFut},
};
use tower_service::Service;

use crate::verdict::is_refusal;

/// How long an answer is waited for unless told otherwise.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Longest part of a URL that is taken for no key: `v2`, `rpc`, `arb1`.
const PLAIN: usize = 4;

/// Longest text of a stranger that is repeated.
const LONGEST: usize = 120;

/// What runs a call and sends nothing. Whoever asks takes an error for the contract's word: one that is not is no answer.
const CALLS: [&str; 2] = ["eth_call", "eth_estimateGas"];

/// A request that a chain did not answer, so that nobody knows what became of it; or a call that it answered with trouble of
/// its own, which says nothing about the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// Scheme, host and port that was asked; not what else the URL holds, which may be a key.
    pub place: String,
    /// What was asked.
    pub request: String,
    /// Why there is no answer.
    pub why: String,
}

impl std::fmt::Display for Unanswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            place,
            request,
            why,
        } = self;
        write!(f, "{place} did not answer {request}: {why}")
    }
}

impl Error for Unanswered {}

impl Unanswered {
    /// The one among the causes of `error`, if there is one.
    pub fn among(error: &anyhow::Error) -> Option<&Self> {
        error.chain().find_map(|cause| cause.downcast_ref())
    }
}

/// Whether `error` says that nothing came back, and not that the chain refuses.
pub fn is_unanswered(error: &TransportError) -> bool {
    let RpcError::Transport(TransportErrorKind::Custom(cause)) = error else {
        return false;
    };
    cause.is::<Unanswered>()
}

/// Scheme, host and port of a URL.
pub fn place(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    match scheme {
        "" => host.to_owned(),
        scheme => format!("{scheme}://{host}"),
    }
}

/// `text` without what of `url` may be a key: what is not scheme, host and port, wherever a stranger repeats it.
pub fn hide(text: &str, url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    // The whole before its pieces, which would leave the rest of it.
    let words = [path, user].into_iter().chain(user.split(':'));
    let pieces = path.split(['/', '?', '#', '&', '=']);
    words
        .chain(pieces)
        .filter(|secret| secret.len() > PLAIN)
        .fold(text.replace(url, &place(url)), |text, secret| {
            text.replace(secret, "…")
        })
}

/// A transport that is waited for so long, and names what it does not answer.
#[derive(Debug, Clone)]
pub(crate) struct Wire<T> {
    transport: T,
    url: Arc<str>,
    patience: Duration,
}

impl<T> Wire<T> {
    pub(crate) fn new(transport: T, url: &str, patience: Duration) -> Self {
        Self {
            transport,
            url: url.into(),
            patience,
        }
    }
}

impl<T> Service<RequestPacket> for Wire<T>
where
    T: Service<
            RequestPacket,
            Response = ResponsePacket,
            Error = TransportError,
            Future = TransportFut<'static>,
        > + Send,
{
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.transport.poll_ready(context)
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        let names: Vec<_> = request.method_names().map(str::to_owned).collect();
        let (url, patience) = (self.url.clone(), self.patience);
        let answer = self.transport.call(request);
        Box::pin(async move {
            let why = match tokio::time::timeout(patience, answer).await {
                Ok(Ok(answer)) => match trouble(&names, &answer) {
                    None => return Ok(answer),
                    Some(why) => why,
                },
                Ok(Err(error)) if error.is_error_resp() => return Err(error),
                Ok(Err(error)) => words(&error),
                Err(_) => silence(patience),
            };
            Err(TransportErrorKind::custom(Unanswered {
                place: place(&url),
                request: names.join(", "),
                why: hide(&why, &url),
            }))
        })
    }
}

/// What kept a node from running a call; none where it did, or was asked for something else.
fn trouble(names: &[String], answer: &ResponsePacket) -> Option<String> {
    let is_call = |name: &String| CALLS.contains(&name.as_str());
    let ResponsePacket::Single(answer) = answer else {
        return None;
    };
    match &answer.payload {
        ResponsePayload::Failure(error) if names.iter().all(is_call) && !is_refusal(error) => {
            Some(troubled(error))
        }
        _ => None,
    }
}

/// An error in answer, in words.
pub(crate) fn troubled(error: &ErrorPayload) -> String {
    line(&format!("error {}: {}", error.code, error.message))
}

/// That nothing came in time, in words.
pub(crate) fn silence(patience: Duration) -> String {
    format!("nothing came for {} seconds", patience.as_secs_f64())
}

/// The first cause of an error, which says most; on one line, and not more than a line.
pub(crate) fn words(error: &TransportError) -> String {
    let text = match error {
        RpcError::DeserError { text, .. } => format!("what came is no JSON-RPC: {text}"),
        RpcError::Transport(TransportErrorKind::HttpError(error)) => {
            format!("HTTP status {}: {}", error.status, error.body)
        }
        other => {
            let mut cause: &dyn Error = other;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            cause.to_string()
        }
    };
    line(&text)
}

/// A stranger's text on one line, and not more than a line.
fn line(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_no_key() {
        for (url, wanted) in [
            ("http://127.0.0.1:8547", "http://127.0.0.1:8547"),
            (
                "wss://user:pass@arb.example/v2/KEY?x=1",
                "wss://arb.example",
            ),
            ("https://arb.example?key=KEY", "https://arb.example"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(place(url), wanted);
        }
    }

    #[test]
    fn what_a_stranger_repeats_of_a_url_holds_no_key() {
        let url = "wss://user:pass1@arb.example/v2/abcdef?key=KEY12";
        for (said, wanted) in [
            ("no such project: abcdef", "no such project: …"),
            (
                "error sending request for url (wss://user:pass1@arb.example/v2/abcdef?key=KEY12)",
                "error sending request for url (wss://arb.example)",
            ),
            ("GET /v2/abcdef?key=KEY12", "GET …"),
            ("pass1 and KEY12", "… and …"),
            ("refused", "refused"),
        ] {
            assert_eq!(hide(said, url), wanted);
        }
        assert_eq!(hide("refused", "http://127.0.0.1:8547"), "refused");
    }

    #[test]
    fn a_strangers_page_is_cut_to_a_line() {
        let page = "<html>\n".to_owned() + &"x".repeat(1_000);
        let said = words(&TransportErrorKind::http_error(502, page));
        assert!(said.starts_with("HTTP status 502: <html> x"), "{said}");
        assert!(said.len() <= LONGEST && !said.contains('\n'), "{said}");
    }

    #[test]
    fn the_cause_is_found_under_what_was_said_of_it() {
        let cause = Unanswered {
            place: "http://x".into(),
            request: "eth_call".into(),
            why: "gone".into(),
        };
        let error = anyhow::Error::from(TransportErrorKind::custom(cause.clone()));
        let error = error.context("reading the prices");
        assert_eq!(Unanswered::among(&error), Some(&cause));
        assert_eq!(Unanswered::among(&anyhow::anyhow!("gone")), None);
    }
}
