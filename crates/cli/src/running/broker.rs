//! The broker beside a command: a proxy on threads of its own, and the files and variables that lead to it.
//!
//! Only a command with a secret that has hosts, or an isolated one, gets one: threads, keys and files cost a millisecond
//! that no other command pays.

use std::env;
use std::ffi::OsString;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use distri_core::alarm::Watch;
use distri_core::value::SecretValue;
use distri_core::{Release, SystemClock};
use distri_egress::proxy::{ProxyError, TrustFiles};
use distri_egress::{Egress, EgressError, EgressLimits, Observer, Proxy, ProxyConfig};
use tokio::runtime::{Builder, Runtime};

use super::network::Network;
use crate::exit::Exit;
use crate::failure::Failure;

/// Models think for minutes before the first byte and between two; who waits that long is the command's decision.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Enough for TLS on both sides; the command has the machine's cores.
const THREADS: usize = 2;

/// A running broker; it ends, connections included, when it is dropped.
pub(crate) struct Broker {
    proxy: Proxy,
    files: TrustFiles,
    // Behind the proxy: its tasks are told to end before their threads go.
    _threads: Threads,
}

impl Broker {
    /// Starts a broker for what was released; with an `observer` it looks into what goes to every host. It listens in
    /// an isolated place, if it is given the `listener` of one, else on a port of this machine.
    pub(crate) fn start(
        release: Arc<Release>,
        watch: Arc<Watch>,
        network: &Network,
        lock: bool,
        observer: Option<Arc<dyn Observer>>,
        listener: Option<TcpListener>,
    ) -> Result<Self, Failure> {
        let mut config = network.config();
        let learn = observer.is_some();
        config.observer = observer;
        config.limits = EgressLimits {
            header: PATIENCE,
            idle: PATIENCE,
            // A body passes through in pieces, whatever its size.
            response_body: u64::MAX,
            ..config.limits
        };
        let others = config.ca_files.clone();
        let egress = Egress::new(config, release, watch)?;
        let threads = Threads::start()?;
        let proxy = {
            let _inside = threads.0.as_ref().map(Runtime::enter);
            let config = ProxyConfig {
                lock,
                learn,
                ..ProxyConfig::default()
            };
            match listener {
                Some(listener) => Proxy::serve(listener, egress, config, &SystemClock)?,
                None => Proxy::start(egress, config, &SystemClock)?,
            }
        };
        let place = run_directory();
        let files = TrustFiles::write(&place, proxy.certificate(), &others, |name| env::var_os(name));
        let files = files.map_err(|error| {
            let message = format!(
                "cannot write the broker's certificates below `{}`: {error}",
                place.display()
            );
            Failure::new(Exit::Failed, message)
        })?;
        Ok(Self {
            proxy,
            files,
            _threads: threads,
        })
    }

    /// What lets a process in, by the name of the variable that it stands in.
    pub(crate) fn password(&self) -> (&'static str, SecretValue) {
        ("HTTPS_PROXY", self.proxy.password())
    }

    /// The variables that lead a command here.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        self.proxy.environment(&self.files)
    }
}

/// The user's own directory in memory, where there is one.
fn run_directory() -> PathBuf {
    env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|it| it.is_absolute() && it.is_dir())
        .unwrap_or_else(env::temp_dir)
}

struct Threads(Option<Runtime>);

impl Threads {
    fn start() -> Result<Self, Failure> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("distri-broker")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // A thread that still waits for a resolver's answer must not hold up the command's end.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl From<ProxyError> for Failure {
    fn from(error: ProxyError) -> Self {
        Self::new(Exit::Failed, error.to_string())
    }
}

impl From<EgressError> for Failure {
    fn from(error: EgressError) -> Self {
        Self::new(Exit::Failed, error.to_string())
    }
}
