//! One WebSocket connection.

use super::worker::Job;
use axum::body::Bytes;
use axum::extract::ws::{close_code, CloseFrame, Message, WebSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Answers and notifications that wait for the client to take them; more wait in the chain's events.
const OUTBOX: usize = 1_024;

/// How long a client that is being closed may take to hear why.
const FAREWELL: Duration = Duration::from_secs(1);

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// Carries messages until the client leaves, or is closed because it does not take what it is told.
pub(super) async fn carry(mut socket: WebSocket, jobs: Sender<Job>) {
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let (outbox, mut outgoing) = mpsc::channel(OUTBOX);
    let (close, mut closed) = oneshot::channel();
    if jobs.send(Job::Open(id, outbox.clone(), close)).is_err() {
        return;
    }
    // Messages are answered one after another: room for the answer comes first.
    let mut asked: Option<Bytes> = None;
    loop {
        tokio::select! {
            reason = &mut closed => {
                if let Ok(reason) = reason {
                    let _ = tokio::time::timeout(FAREWELL, socket.send(farewell(reason))).await;
                }
                break;
            }
            room = outbox.clone().reserve_owned(), if asked.is_some() => {
                let (Ok(room), Some(message)) = (room, asked.take()) else { break };
                if jobs.send(Job::AnswerOn(id, message, room)).is_err() {
                    break;
                }
            }
            Some(text) = outgoing.recv() => {
                tokio::select! {
                    sent = socket.send(Message::Text(text.into())) => if sent.is_err() { break },
                    reason = &mut closed => {
                        if let Ok(reason) = reason {
                            let _ = tokio::time::timeout(FAREWELL, socket.send(farewell(reason))).await;
                        }
                        break;
                    }
                }
            }
            message = socket.recv(), if asked.is_none() => match message {
                Some(Ok(Message::Text(text))) => asked = Some(text.into()),
                Some(Ok(Message::Binary(bytes))) => asked = Some(bytes),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
        }
    }
    let _ = jobs.send(Job::Close(id));
}

fn farewell(reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame {
        code: close_code::POLICY,
        reason: reason.into(),
    }))
}
