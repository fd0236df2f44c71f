//! A server in a home of its own, on a port of its own, and a client for it.

mod account;
mod browser;
mod client;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use distri_core::{Clock, SystemClock};
use distri_server::{Server, Settings};
use distri_vault::{FirstUse, Home, Vault};
use tokio::sync::oneshot;

pub(crate) use account::{Client, local, parsed};
pub(crate) use browser::{Browser, PASSWORD, encoded, token_in};
pub(crate) use client::{Answer, Request};

/// A server that runs until it is dropped.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) home: Home,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _directory: tempfile::TempDir,
}

impl TestServer {
    /// A server with the settings of a new installation, on any port.
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub(crate) fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_at(Arc::new(SystemClock), change)
    }

    /// The same, with a clock that the test moves.
    pub(crate) fn start_at(clock: Arc<dyn Clock>, change: impl FnOnce(&mut Settings)) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let home = Home::below(directory.path());
        let mut settings = Settings {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            request_log: distri_server::settings::RequestLogTo::Off,
            ..Settings::default()
        };
        change(&mut settings);
        let (started, ready) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let places = home.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let vault = Vault::open(&places, clock.clone(), FirstUse::KeyFile, &mut || {
                    unreachable!("no passphrase")
                });
                let server = Server::bind(vault.expect("opens"), clock, settings)
                    .await
                    .expect("binds");
                let addresses = (server.address().expect("an address"), server.metrics_address());
                started.send(addresses).expect("the test waits");
                let stop = async {
                    let _ = stopped.await;
                };
                server.run(stop).await;
            });
        });
        let (address, metrics) = ready.recv_timeout(Duration::from_secs(60)).expect("it starts");
        Self {
            address,
            metrics,
            home,
            stop: Some(stop),
            thread: Some(thread),
            _directory: directory,
        }
    }

    /// A request to this server.
    pub(crate) fn request(&self, method: &str, target: &str) -> Request {
        Request::new(self.address, method, target)
    }

    /// Whether the server's thread ends in this time.
    pub(crate) fn has_ended_within(&mut self, time: Duration) -> bool {
        let Some(thread) = self.thread.take() else { return true };
        let deadline = Instant::now() + time;
        while !thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        let has_ended = thread.is_finished();
        self.thread = Some(thread);
        has_ended
    }

    /// Asks the server to end, as SIGTERM does; it ends when the requests under way are answered.
    pub(crate) fn ask_to_stop(&mut self) {
        drop(self.stop.take());
    }
}

/// A vault in a home of its own.
pub(crate) fn new_vault() -> (tempfile::TempDir, Vault) {
    let directory = tempfile::tempdir().expect("a directory");
    let home = Home::below(directory.path());
    let vault = Vault::open(&home, Arc::new(SystemClock), FirstUse::KeyFile, &mut || {
        panic!("nobody is asked")
    });
    (directory, vault.expect("opens"))
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.ask_to_stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
