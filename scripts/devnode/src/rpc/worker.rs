//! The one thread that works on the chain: messages in the order they come, blocks when they are due,
//! and what subscribers are to be told.

use super::service::Service;
use crate::chain::Mining;
use axum::body::Bytes;
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{OwnedPermit, Sender};
use tokio::sync::oneshot;

/// How long a connection may leave notifications waiting without taking any.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// How soon a connection that had no room is tried again.
const RETRY: Duration = Duration::from_millis(5);

/// What the transport wants done.
pub(super) enum Job {
    /// Answer a message.
    Answer(Bytes, oneshot::Sender<Option<Vec<u8>>>),
    /// Open a lasting connection: what it is told goes to the one end, why it is closed to the other.
    Open(u64, Sender<String>, oneshot::Sender<&'static str>),
    /// Answer a message over a connection; the room for the answer is there already.
    AnswerOn(u64, Bytes, OwnedPermit<String>),
    /// Forget a connection.
    Close(u64),
    /// See whether there is something to tell.
    Look,
}

struct Connection {
    outbox: Sender<String>,
    close: oneshot::Sender<&'static str>,
    /// Since when it has taken nothing of what waits.
    stalled: Option<Instant>,
}

/// Works until nobody can send jobs any more.
pub(super) fn work(service: &Mutex<Service>, jobs: &Receiver<Job>) {
    let mut worker = Worker::default();
    loop {
        let job = match worker.wait() {
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(timeout) => jobs.recv_timeout(timeout),
        };
        let mut service = service.lock().unwrap_or_else(PoisonError::into_inner);
        match job {
            Ok(job) => worker.carry_out(&mut service, job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        worker.mine_if_due(&mut service);
        worker.tell(&mut service);
    }
}

#[derive(Default)]
struct Worker {
    connections: HashMap<u64, Connection>,
    /// The interval between blocks, and when the next is due.
    due: Option<(Duration, Instant)>,
    /// Some connection had no room.
    retry: bool,
}

impl Worker {
    /// How long to wait for a job.
    fn wait(&self) -> Option<Duration> {
        let due = self
            .due
            .map(|(_, at)| at.saturating_duration_since(Instant::now()));
        let retry = self.retry.then_some(RETRY);
        due.into_iter().chain(retry).min()
    }

    fn carry_out(&mut self, service: &mut Service, job: Job) {
        match job {
            Job::Answer(message, reply) => {
                let _ = reply.send(service.answer(&message));
            }
            Job::Open(id, outbox, close) => {
                let connection = Connection {
                    outbox,
                    close,
                    stalled: None,
                };
                self.connections.insert(id, connection);
            }
            Job::AnswerOn(id, message, room) => {
                // A connection that was closed meanwhile must not come back to life.
                if !self.connections.contains_key(&id) {
                    return;
                }
                let answer = service.answer_on(id, &message);
                if let Some(text) = answer.and_then(|bytes| String::from_utf8(bytes).ok()) {
                    room.send(text);
                }
            }
            Job::Close(id) => {
                self.connections.remove(&id);
                service.close(id);
            }
            Job::Look => {}
        }
    }

    fn mine_if_due(&mut self, service: &mut Service) {
        let Mining::Interval(every) = service.chain.mining() else {
            self.due = None;
            return;
        };
        let now = Instant::now();
        // An interval that ends after all time makes no block.
        let next = now.checked_add(every).map(|at| (every, at));
        match self.due {
            Some((same, at)) if same == every => {
                if at <= now {
                    service.chain.mine();
                    self.due = next;
                }
            }
            _ => self.due = next,
        }
    }

    fn tell(&mut self, service: &mut Service) {
        let now = Instant::now();
        self.retry = false;
        let mut closed = Vec::new();
        for (id, connection) in &mut self.connections {
            let mut took_some = false;
            let told = service.tell(*id, |notice| {
                connection
                    .outbox
                    .try_send(notice)
                    .map_err(|full| full.into_inner())
                    .inspect(|()| took_some = true)
            });
            match told {
                Ok(true) => connection.stalled = None,
                Ok(false) => {
                    self.retry = true;
                    let since = match connection.stalled {
                        Some(since) if !took_some => since,
                        _ => now,
                    };
                    connection.stalled = Some(since);
                    if now.saturating_duration_since(since) > PATIENCE {
                        closed.push((*id, "too slow: notifications waited for 30 seconds"));
                    }
                }
                Err(_) => closed.push((*id, "too slow: notifications are lost")),
            }
        }
        for (id, reason) in closed {
            service.close(id);
            if let Some(connection) = self.connections.remove(&id) {
                let _ = connection.close.send(reason);
            }
        }
    }
}
