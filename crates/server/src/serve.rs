//! Start and end of a server: binds, serves until it is asked to stop, lets requests under way finish.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use distri_core::Clock;
use distri_core::credential::PlainSetup;
use distri_vault::audit::LITTLE_ROOM;
use distri_vault::{Vault, VaultError};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use zeroize::Zeroizing;

use crate::app::App;
use crate::limits::Limits;
use crate::listener::{self, Tls};
use crate::metrics::Metrics;
use crate::openapi::Document;
use crate::reload::{Hangups, InUse, Reread};
use crate::request_log::RequestLog;
use crate::router::router;
use crate::settings::Settings;
use crate::tls::TlsError;
use crate::together::Together;

/// The most threads that wait for the database: as many units of work as share one flush.
const THREADS: usize = 128;
/// How often upkeep is done.
const UPKEEP: Duration = Duration::from_secs(10);
/// How long the end of a server waits for the places of its checkpoints.
const LEAVING: Duration = Duration::from_secs(10);

/// A server that listens.
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    tls: Option<Tls>,
    hangups: Hangups,
    reread: Option<Reread>,
}

impl Server {
    /// Binds its addresses and reads its certificate.
    ///
    /// # Errors
    /// [`ServeError`] names the address or the file.
    pub async fn bind(vault: Vault, clock: Arc<dyn Clock>, settings: Settings) -> Result<Self, ServeError> {
        let hangups = Hangups::caught();
        let tls = match (&settings.tls_cert, &settings.tls_key) {
            (Some(certificate), Some(key)) => Some(Tls::read(certificate, key)?),
            _ => None,
        };
        let listener = listen(settings.bind).await?;
        let metrics = match settings.metrics_bind {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let app = Arc::new(App {
            vault,
            clock,
            limits: Limits::new(&settings),
            together: Together::start().map_err(ServeError::Runtime)?,
            metrics: Metrics::default(),
            webhook: Arc::default(),
            log: RequestLog::new(settings.request_log),
            document: Document::new(),
            settings: InUse::new(settings),
        });
        Ok(Self {
            app,
            listener,
            metrics,
            tls,
            hangups,
            reread: None,
        })
    }

    /// Has SIGHUP read the settings again with this; without it SIGHUP reads the certificate again.
    #[must_use]
    pub fn rereading(self, reread: Reread) -> Self {
        Self {
            reread: Some(reread),
            ..self
        }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Where metrics are, if anywhere.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|it| it.local_addr().ok())
    }

    /// What makes whoever has it the first owner, while nobody can sign in: for the operator's eyes.
    ///
    /// # Errors
    /// [`VaultError`] when the store cannot be asked.
    pub fn setup_secret(&self) -> Result<Option<PlainSetup>, VaultError> {
        self.app.vault.setup_link()
    }

    /// The same as a link for a browser: the secret is what follows the last `/`.
    ///
    /// # Errors
    /// As [`setup_secret`](Self::setup_secret).
    pub fn setup_link(&self) -> Result<Option<Zeroizing<String>>, VaultError> {
        let secret = self.setup_secret()?;
        let base = self.public_url();
        Ok(secret.map(|it| Zeroizing::new(format!("{base}/setup/{}", it.expose_secret()))))
    }

    /// What a browser reaches it by: the first of its names, where it has some.
    fn public_url(&self) -> String {
        let settings = &self.app.settings.now();
        let port = self.address().map_or(settings.bind.port(), |it| it.port());
        let ip = settings.bind.ip();
        let host = match settings.hosts.first() {
            // A proxy listens where its own settings say.
            Some(name) if settings.behind_proxy || name.contains(':') => name.clone(),
            Some(name) => format!("{name}:{port}"),
            None if ip.is_unspecified() => format!("localhost:{port}"),
            None => SocketAddr::new(ip, port).to_string(),
        };
        let scheme = if settings.is_secure() { "https" } else { "http" };
        format!("{scheme}://{host}")
    }

    /// Its address as a browser takes it.
    ///
    /// # Errors
    /// As [`address`](Self::address).
    pub fn url(&self) -> io::Result<String> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}", self.address()?))
    }

    /// Serves until `stop`; then nothing new is accepted, and what is under way has the time that the settings give it.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self {
            app,
            listener,
            metrics,
            tls,
            hangups,
            reread,
        } = self;
        let (ending, ended) = watch::channel(());
        let stopping = async {
            stop.await;
            drop(ending);
            std::future::pending::<()>().await;
        };
        let mut connections = tokio::select! {
            // When this is done nothing listens any more.
            connections = listener::accept(app.clone(), listener, tls.as_ref(), router(&app), ended) => connections,
            () = listener::serve_metrics(app.clone(), metrics) => return,
            () = hangups.follow(&app, tls.as_ref(), reread.as_ref()) => return,
            () = upkeep(&app) => return,
            () = stopping => return,
        };
        let rest = async { while connections.join_next().await.is_some() {} };
        let time = app.settings.now().shutdown_timeout;
        if tokio::time::timeout(time, rest).await.is_err() {
            tracing::warn!("requests under way took longer than `server.shutdown_timeout`: they are broken off");
        }
        app.log.flush();
    }
}

/// What a command does at its end, a server does at intervals: checkpoints that are due, evidence that is not delivered.
async fn upkeep(app: &Arc<App>) {
    for round in 0_u64.. {
        tokio::time::sleep(UPKEEP).await;
        let is_hour = round % 360 == 0;
        let app = app.clone();
        let done = tokio::task::spawn_blocking(move || {
            if let Err(error) = app.vault.checkpoint_if_due() {
                tracing::warn!(%error, "the checkpoint that is due was not made");
            }
            if is_hour && let Err(error) = app.vault.drop_expired_sessions() {
                tracing::warn!(%error, "session data that has expired was not removed");
            }
            if is_hour && let Some(room) = app.vault.room().filter(|it| *it < LITTLE_ROOM) {
                tracing::warn!(
                    "there is room for only {} MiB of the database and its audit log",
                    room >> 20
                );
            }
            for complaint in app.vault.take_complaints() {
                tracing::warn!("{complaint}");
            }
        });
        let _ = done.await;
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Bind { address, source })
}

/// The end: what no checkpoint covers is signed, and delivered as far as that goes in a moment. A place that does not answer
/// keeps no server from ending; the next start, or any command, brings it what it lacks.
async fn leave_evidence(app: Arc<App>) {
    // Not one of the runtime's own threads, whose end is waited for.
    let (done, left) = oneshot::channel();
    let leaving = std::thread::Builder::new().name("evidence".to_owned()).spawn(move || {
        let signed = app.vault.checkpoint();
        app.vault.end_webhook();
        for complaint in app.vault.take_complaints() {
            tracing::warn!("{complaint}");
        }
        let _ = done.send(signed.and_then(|_| app.vault.audit_status()));
    });
    let left = match leaving {
        Ok(_) => tokio::time::timeout(LEAVING, left).await,
        Err(error) => return tracing::warn!(%error, "the last records are under no checkpoint"),
    };
    match left {
        Ok(Ok(Ok(status))) if status.undelivered + status.undelivered_to_webhook == 0 => {}
        Ok(Ok(Ok(status))) => tracing::warn!(
            "{} checkpoints are not in the file, and the webhook lacks {}; the next start brings them",
            status.undelivered,
            status.undelivered_to_webhook
        ),
        Ok(Ok(Err(error))) => tracing::warn!(%error, "the last checkpoint was not delivered; the next start brings it"),
        Ok(Err(_)) | Err(_) => tracing::warn!(
            "the last checkpoint was not delivered within {} s; the next start brings it",
            LEAVING.as_secs()
        ),
    }
}

/// The process of a server: from its start on SIGHUP does not end it, however long it takes to open the vault.
pub struct Process {
    runtime: tokio::runtime::Runtime,
    hangups: Hangups,
}

impl Process {
    /// Starts its threads, and keeps a SIGHUP that comes from now on for when it serves.
    ///
    /// # Errors
    /// [`ServeError::Runtime`].
    pub fn start() -> Result<Self, ServeError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .max_blocking_threads(THREADS)
            .build()
            .map_err(ServeError::Runtime)?;
        let hangups = {
            let _in_it = runtime.enter();
            Hangups::caught()
        };
        Ok(Self { runtime, hangups })
    }

    /// Serves until SIGTERM or SIGINT; `started` is told once it listens, and SIGHUP has `reread` read the settings again.
    ///
    /// # Errors
    /// [`ServeError`] when it cannot start.
    pub fn serve(
        self,
        vault: Vault,
        clock: Arc<dyn Clock>,
        settings: Settings,
        reread: Reread,
        started: impl FnOnce(&Server),
    ) -> Result<(), ServeError> {
        let Self { runtime, hangups } = self;
        let served = runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Runtime)?;
            let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Runtime)?;
            let server = Server {
                hangups,
                ..Server::bind(vault, clock, settings).await?.rereading(reread)
            };
            let app = server.app.clone();
            started(&server);
            server
                .run(async move {
                    tokio::select! {
                        _ = terminate.recv() => {}
                        _ = interrupt.recv() => {}
                    }
                })
                .await;
            leave_evidence(app).await;
            Ok(())
        });
        // Upkeep that waits for a place which does not answer is not waited for.
        runtime.shutdown_timeout(LEAVING);
        served
    }
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address.
    #[error("cannot listen on `{address}`")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The certificate or its key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Threads or signals.
    #[error("the operating system refuses threads or signals")]
    Runtime(#[source] io::Error),
}
