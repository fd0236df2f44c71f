//! How the webhook stands, for whoever scrapes metrics: without credentials, so that all of them together take one thread
//! and one connection to the database.
//!
//! A database that is away keeps nobody from seeing the rest: the last answer is given again, and said to be no new one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use distri_vault::VaultError;
use distri_vault::audit::WebhookStatus;
use tokio::sync::watch;

/// What was answered last, and whether a question is under way.
pub(crate) struct Webhook(watch::Sender<State>);

struct State {
    is_asked: bool,
    is_ok: bool,
    last: Option<(WebhookStatus, Instant)>,
}

/// What a scrape is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Whether the question was answered, and in time.
    pub(crate) is_ok: bool,
    /// How the webhook stood when it was answered last.
    pub(crate) last: Option<WebhookStatus>,
}

impl Default for Webhook {
    fn default() -> Self {
        Self(watch::Sender::new(State {
            is_asked: false,
            is_ok: true,
            last: None,
        }))
    }
}

impl Webhook {
    /// Asks, unless that is under way, and waits so long for the answer.
    pub(crate) async fn standing(
        self: &Arc<Self>,
        wait: Duration,
        ask: impl FnOnce() -> Result<Option<WebhookStatus>, VaultError> + Send + 'static,
    ) -> Standing {
        let mut answers = self.0.subscribe();
        let begins = self.0.send_if_modified(|it| !std::mem::replace(&mut it.is_asked, true));
        if begins {
            let webhook = self.clone();
            tokio::spawn(async move {
                let answer = tokio::task::spawn_blocking(ask).await;
                webhook.answered(answer.unwrap_or(Ok(None)));
            });
        }
        let waiting = answers.wait_for(|it| !it.is_asked);
        let is_in_time = tokio::time::timeout(wait, waiting).await.is_ok();
        let state = self.0.borrow();
        Standing {
            is_ok: is_in_time && state.is_ok,
            last: state.last.map(|(status, at)| WebhookStatus {
                since_delivery: status.since_delivery.map(|it| it + at.elapsed()),
                ..status
            }),
        }
    }

    fn answered(&self, answer: Result<Option<WebhookStatus>, VaultError>) {
        self.0.send_modify(|it| {
            it.is_asked = false;
            if let Err(error) = &answer
                && it.is_ok
            {
                tracing::warn!(%error, "how the webhook stands is not known");
            }
            match answer {
                Ok(Some(status)) => {
                    it.is_ok = true;
                    it.last = Some((status, Instant::now()));
                }
                Ok(None) | Err(_) => it.is_ok = false,
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn lacking(undelivered: u64) -> Option<WebhookStatus> {
        Some(WebhookStatus {
            undelivered,
            since_delivery: None,
        })
    }

    #[tokio::test]
    async fn one_question_is_under_way_and_its_last_answer_is_kept() {
        let webhook = Arc::new(Webhook::default());
        let (answer, question) = channel();
        let none = Standing {
            is_ok: false,
            last: None,
        };
        let first = webhook
            .standing(Duration::ZERO, move || Ok(question.recv().expect("answers")))
            .await;
        assert_eq!(first, none);
        for _ in 0..8 {
            let next = webhook.standing(Duration::ZERO, || panic!("asked twice")).await;
            assert_eq!(next, none);
        }
        answer.send(lacking(7)).expect("is asked");
        let known = webhook.standing(PATIENCE, || Ok(lacking(7))).await;
        assert_eq!((known.is_ok, known.last), (true, lacking(7)));

        // What is damaged alarms, and takes no number away.
        let damaged = webhook.standing(PATIENCE, || Err(VaultError::NoMember)).await;
        assert_eq!((damaged.is_ok, damaged.last), (false, lacking(7)));
        let again = webhook.standing(PATIENCE, || Ok(lacking(8))).await;
        assert_eq!((again.is_ok, again.last), (true, lacking(8)));
    }
}
