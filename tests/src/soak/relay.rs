//! Carries bytes between keeper and node, and can be cut: what a WebSocket goes through.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;

/// Open connections, both ends of each.
type Ends = Arc<Mutex<Vec<TcpStream>>>;

/// The relay.
#[derive(Debug, Clone)]
pub(super) struct Relay {
    pub(super) url: String,
    ends: Ends,
}

impl Relay {
    /// Starts it before `node`, an address and a port.
    pub(super) fn start(node: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("ws://{}", listener.local_addr()?);
        let ends = Ends::default();
        let kept = ends.clone();
        std::thread::spawn(move || {
            for here in listener.incoming().flatten() {
                if let Ok(there) = TcpStream::connect(&node) {
                    let _ = join(&here, &there, &kept);
                }
            }
        });
        Ok(Self { url, ends })
    }

    /// Cuts every connection; new ones are carried.
    pub(super) fn cut(&self) -> usize {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let open = ends.len();
        for end in ends.drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
        open
    }
}

fn join(here: &TcpStream, there: &TcpStream, ends: &Ends) -> Result<()> {
    for (from, to) in [(here, there), (there, here)] {
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        ends.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(from.try_clone()?);
        std::thread::spawn(move || {
            let mut buffer = [0u8; 16_384];
            while let Ok(n @ 1..) = from.read(&mut buffer) {
                if to.write_all(&buffer[..n]).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    Ok(())
}
