//! The log of the process itself: off unless `DISTRI_LOG` asks for it, to standard error.
//!
//! Values of secrets are not a thing a field can hold: their types have no `Debug` and no `Display`.

use tracing_subscriber::EnvFilter;

/// Starts the log at the level that `DISTRI_LOG` names, such as `info` or `distri_egress=trace`.
pub(crate) fn start() {
    let Some(directives) = std::env::var_os("DISTRI_LOG")
        .and_then(|it| it.into_string().ok())
        .filter(|it| !it.is_empty())
    else {
        return;
    };
    let filter = EnvFilter::try_new(&directives).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(crate::terminal::colours())
        .init();
}
