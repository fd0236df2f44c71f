//! Requests that come together, done together on one thread: who waits meanwhile is done with the next ones.
//!
//! Each has two halves. The first ones share a transaction and its flush; the second ones come after its commit, before
//! anybody is answered. A request alone waits for nobody. A thread for each of them would spend more on waking one
//! another than on the work.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use distri_core::credential::PresentedToken;
use distri_vault::{Caller, VaultError};
use tokio::sync::{mpsc, oneshot};

use crate::app::App;
use crate::credential;
use crate::error::{ApiError, Code};
use crate::input::Input;
use crate::limits::Received;
use crate::reply::Reply;

/// The first half of a handler.
pub(crate) type Begin = for<'c> fn(&'c Caller<'c>, &Input) -> Result<Later<'c>, ApiError>;

/// Its second half: what is answered once the transaction is committed.
pub(crate) type Later<'c> = Box<dyn FnOnce() -> Result<Reply, ApiError> + 'c>;

/// The most requests of one transaction: what bounds how long the first of them waits.
const MOST: usize = 64;

/// Where such requests are given to the thread, which ends with this.
pub(crate) struct Together(mpsc::UnboundedSender<(Asked, Answer)>);

/// A request.
pub(crate) struct Asked {
    pub(crate) app: Arc<App>,
    pub(crate) peer: IpAddr,
    pub(crate) token: PresentedToken,
    pub(crate) input: Input,
    pub(crate) begin: Begin,
    #[expect(dead_code, reason = "it gives its bytes back when the request is done")]
    pub(crate) received: Received,
}

type Answered = (Result<Reply, ApiError>, &'static str);
type Answer = oneshot::Sender<Answered>;

impl Together {
    /// Starts the thread.
    pub(crate) fn start() -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::unbounded_channel();
        std::thread::Builder::new()
            .name("together".to_owned())
            .spawn(move || work(receiver))?;
        Ok(Self(sender))
    }

    /// What is answered, and what kind of actor asked.
    pub(crate) async fn answer(&self, asked: Asked) -> Answered {
        let (answer, answered) = oneshot::channel();
        // How many wait is bounded by how many requests are answered at once.
        let sent = self.0.send((asked, answer)).ok();
        let stopped = || ApiError::new(Code::Internal, "the server could not do this; its log says why");
        match sent {
            Some(()) => answered.await.unwrap_or_else(|_| (Err(stopped()), "-")),
            None => (Err(stopped()), "-"),
        }
    }
}

fn work(mut receiver: mpsc::UnboundedReceiver<(Asked, Answer)>) {
    let mut waiting = Vec::with_capacity(MOST);
    while receiver.blocking_recv_many(&mut waiting, MOST) > 0 {
        let (asked, answers): (Vec<Asked>, Vec<Answer>) = waiting.drain(..).unzip();
        let done = all(&asked);
        drop(asked);
        for (answer, done) in answers.into_iter().zip(done) {
            // A client that went away is told nothing; what it asked for is done.
            let _ = answer.send(done);
        }
    }
}

fn all(asked: &[Asked]) -> Vec<Answered> {
    let Some(Asked { app, .. }) = asked.first() else {
        return Vec::new();
    };
    let presented = asked.iter().map(|it| (&it.token, it.peer));
    let authenticated = app.vault.authenticate_tokens(presented).into_iter().zip(asked);
    let callers: Vec<_> = authenticated.map(|(caller, asked)| asked.known(caller)).collect();
    let begun: Vec<_> = asked
        .iter()
        .zip(&callers)
        .map(|(asked, caller)| Some((asked.begin)(caller.as_ref().ok()?, &asked.input)))
        .collect();
    let done: Vec<_> = begun
        .into_iter()
        .map(|begun| Some(begun?.and_then(|later| later())))
        .collect();
    let answered = done.into_iter().zip(callers).map(|(done, caller)| {
        let kind = caller.as_ref().map_or("-", |it| it.authority().actor().kind.as_str());
        let refused = || Err(caller.err().unwrap_or_else(ApiError::not_authenticated));
        (done.unwrap_or_else(refused), kind)
    });
    answered.collect()
}

impl Asked {
    fn known<'v>(&self, caller: Result<Rc<Caller<'v>>, VaultError>) -> Result<Rc<Caller<'v>>, ApiError> {
        let caller = self.app.counting_failures(&self.peer, caller.map_err(ApiError::from))?;
        credential::workspace(&self.input.parts.headers, caller.account())?;
        Ok(caller)
    }
}
