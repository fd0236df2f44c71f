//! SIGHUP: the certificate and the settings are read again, for what begins from then on.
//!
//! What cannot be read leaves what is in use where it is, and the log says why. A setting that is taken at the start only is
//! named there, and stays as it is.

use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::App;
use crate::listener::Tls;
use crate::settings::{Settings, SettingsError};

/// Reads the settings from where they came from at the start.
pub type Reread = Box<dyn Fn() -> Result<Settings, SettingsError> + Send + Sync>;

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

    /// Reads again at each.
    pub(crate) async fn follow(mut self, app: &App, tls: Option<&Tls>, reread: Option<&Reread>) {
        while let Some(hangups) = &mut self.0 {
            hangups.recv().await;
            reload(app, tls, reread);
        }
        std::future::pending().await
    }
}

fn reload(app: &App, tls: Option<&Tls>, reread: Option<&Reread>) {
    let old = app.settings.now();
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
    if let (Some(tls), Some(certificate), Some(key)) = (tls, &new.tls_cert, &new.tls_key) {
        match tls.replace(certificate, key) {
            Ok(()) => tracing::info!(
                "connections from now on get the certificate in `{}`",
                certificate.display()
            ),
            Err(error) => {
                tracing::error!("the certificate in use stays: {}", in_full(&error));
                new.tls_cert.clone_from(&old.tls_cert);
                new.tls_key.clone_from(&old.tls_key);
            }
        }
    }
    for key in new.differing_from(&old) {
        tracing::info!("`{key}` was changed, and holds from now on");
    }
    app.limits.follow(&new);
    app.settings.replace(new);
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
