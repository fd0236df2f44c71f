//! SIGHUP: the certificate and the settings are read again, for what begins from then on.
//!
//! What cannot be read leaves what is in use where it is, and the log says why. A setting that is taken at the start only is
//! named there, and stays as it is.

use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::app::App;
use crate::listener::Tls;
use crate::settings::{Settings, SettingsError};
use crate::tls::{self, TlsError};

/// Reads the settings from where they came from at the start.
pub type Reread = Arc<dyn Fn() -> Result<Settings, SettingsError> + Send + Sync>;

/// The settings in use.
pub(crate) struct InUse(RwLock<Arc<Settings>>);

impl InUse {
    pub(crate) fn new(settings: Settings) -> Self {
        Self(RwLock::new(Arc::new(settings)))
    }

    /// As they are now.
    pub(crate) fn now(&self) -> Arc<Settings> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, settings: Settings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

/// The signal, which from then on does not end the process any more.
pub(crate) struct Hangups(Option<Signal>);

impl Hangups {
    pub(crate) fn caught() -> Self {
        Self(signal(SignalKind::hangup()).ok())
    }

    /// Reads again at each, one after the other. What comes while files are read is one more reading afterwards.
    pub(crate) async fn follow(mut self, app: &App, tls: Option<&Tls>, reread: Option<&Reread>) {
        while let Some(hangups) = &mut self.0 {
            if hangups.recv().await.is_none() {
                break;
            }
            if let Some(read) = read(app.settings.now(), reread.cloned()).await {
                read.hold(app, tls);
            }
        }
        // Nothing more comes; the server goes on.
        std::future::pending().await
    }
}

/// What was read.
struct Read {
    old: Arc<Settings>,
    new: Settings,
    certificate: Option<Result<Arc<ServerConfig>, TlsError>>,
}

/// Reads the files on a thread of its own: one on a volume that does not answer keeps neither requests nor the end of the
/// process waiting, as a thread of the runtime would.
async fn read(old: Arc<Settings>, reread: Option<Reread>) -> Option<Read> {
    let (sender, receiver) = oneshot::channel();
    let reading = std::thread::Builder::new().name("reload".to_owned()).spawn(move || {
        let _ = sender.send(Read::now(old, reread.as_ref()));
    });
    if let Err(error) = reading {
        tracing::error!("what is in use stays: {error}");
    }
    receiver.await.ok()
}

impl Read {
    fn now(old: Arc<Settings>, reread: Option<&Reread>) -> Self {
        let mut new = match reread.map(|it| it()) {
            None => Settings::clone(&old),
            Some(Ok(new)) => new,
            // A certificate is about to expire whatever else is wrong.
            Some(Err(error)) => {
                tracing::error!("the settings in use stay: {}", in_full(&error));
                Settings::clone(&old)
            }
        };
        for key in new.keep_from_start(&old) {
            tracing::warn!("`{key}` was changed; the server takes it when it starts again");
        }
        let files = new.tls_cert.as_ref().zip(new.tls_key.as_ref());
        let certificate = files.map(|(certificate, key)| tls::read(certificate, key));
        Self { old, new, certificate }
    }

    /// Takes it for what begins from now on.
    fn hold(self, app: &App, tls: Option<&Tls>) {
        let Self {
            old,
            mut new,
            certificate,
        } = self;
        match (tls, certificate) {
            (Some(tls), Some(Ok(certificate))) => {
                tls.replace(certificate);
                if let Some(file) = &new.tls_cert {
                    tracing::info!("connections from now on get the certificate in `{}`", file.display());
                }
            }
            (_, Some(Err(error))) => {
                tracing::error!("the certificate in use stays: {}", in_full(&error));
                new.tls_cert.clone_from(&old.tls_cert);
                new.tls_key.clone_from(&old.tls_key);
            }
            _ => {}
        }
        for key in new.differing_from(&old) {
            tracing::info!("`{key}` was changed, and holds from now on");
        }
        app.limits.follow(&new);
        app.settings.replace(new);
    }
}

/// An error with its causes.
fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        text.push_str(": ");
        text.push_str(&it.to_string());
        cause = it.source();
    }
    text
}
