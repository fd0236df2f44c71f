//! A way to the database that breaks at a commit: before the server heard of it, or after it has answered.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use xtask::postgres::Database;

/// Where the connection of the writer breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// The server never hears of the commit.
    Before,
    /// Nor does it here, and its answers to everything before come together with the end of the connection.
    Between,
    /// The server commits, and its answer is lost.
    After,
}

pub(crate) struct Proxy {
    next: Arc<Mutex<Option<Break>>>,
}

impl Proxy {
    /// In front of a database, with the URL through it. It lives as long as the process.
    pub(crate) fn before(database: &Database) -> (Self, String) {
        let server = database.server().port();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let next = Arc::new(Mutex::new(None));
        let breaks = next.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                carry(client, server, breaks.clone());
            }
        });
        let through = database.url().replace(&format!(":{server}/"), &format!(":{port}/"));
        (Self { next }, through)
    }

    /// Breaks the next commit of the writer.
    pub(crate) fn break_next(&self, at: Break) {
        *self.next.lock().unwrap() = Some(at);
    }

    /// Whether it has broken.
    pub(crate) fn has_broken(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }
}

fn carry(client: TcpStream, server: TcpStream, next: Arc<Mutex<Option<Break>>>) {
    let loses_answer = Arc::new(Mutex::new(false));
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let ends_there = Arc::new(Mutex::new(false));
    let (loses, ends) = (loses_answer.clone(), ends_there.clone());
    std::thread::spawn(move || {
        let mut is_writer = false;
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(len) = from.read(&mut buffer)
            && len > 0
        {
            let bytes = &buffer[..len];
            is_writer |= has(bytes, b"sequencer");
            if is_writer && has(bytes, b"commit\0") {
                match next.lock().unwrap().take() {
                    Some(Break::Before) => break,
                    Some(Break::Between) => {
                        *ends.lock().unwrap() = true;
                        // Before its text the message has a byte for what it is and four for how long it is.
                        let commit = place(bytes, b"commit\0").unwrap() - 5;
                        to.write_all(&bytes[..commit]).unwrap();
                        return;
                    }
                    Some(Break::After) => *loses.lock().unwrap() = true,
                    None => {}
                }
            }
            if to.write_all(bytes).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
    std::thread::spawn(move || {
        let (mut from, mut to) = (server, client);
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(len) = from.read(&mut buffer)
            && len > 0
        {
            if *loses_answer.lock().unwrap() {
                if has(&buffer[..len], b"COMMIT\0") {
                    break;
                }
                continue;
            }
            if *ends_there.lock().unwrap() {
                let mut answers = buffer[..len].to_vec();
                from.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
                while let Ok(len @ 1..) = from.read(&mut buffer) {
                    answers.extend_from_slice(&buffer[..len]);
                }
                let _ = to.write_all(&answers);
                break;
            }
            if to.write_all(&buffer[..len]).is_err() {
                break;
            }
        }
        let _ = (to.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
    });
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    place(bytes, what).is_some()
}

fn place(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|it| it == what)
}
