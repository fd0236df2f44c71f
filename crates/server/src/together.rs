//! Requests that come together, done together by one thread: who waits meanwhile is done with the next ones.
//!
//! Each has two halves. The first ones share a transaction and its flush; the second ones come after both, before
//! anybody is answered. A request alone waits for nobody. A thread for each of them would spend more on waking one
//! another than on the work. There are two such threads, since one can begin the next requests while the other one opens
//! values and answers: who takes requests has the transaction to itself until it is committed.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use distri_core::credential::PresentedToken;
use distri_vault::Caller;
use distri_vault::tokens::Known;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

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

/// One begins while another one ends. More would wait for the transaction.
const THREADS: usize = 2;
/// The most requests of one transaction: what bounds how long the first of them waits.
const MOST: usize = 64;
/// The most bytes of a body. Whoever asks for much is not done while others wait.
pub(crate) const MOST_BYTES: usize = 4 << 10;

/// Where such requests are given to the threads, which end with this.
pub(crate) struct Together(mpsc::UnboundedSender<(Asked, Answer)>);

/// Where they are taken. Whoever holds it takes requests and begins them.
type Inbox = Mutex<mpsc::UnboundedReceiver<(Asked, Answer)>>;

/// A request.
pub(crate) struct Asked {
    pub(crate) app: Arc<App>,
    pub(crate) peer: IpAddr,
    pub(crate) token: PresentedToken,
    pub(crate) input: Input,
    pub(crate) begin: Begin,
    #[expect(dead_code, reason = "they are given back when the request is done")]
    pub(crate) places: (OwnedSemaphorePermit, Received),
}

type Answered = (Result<Reply, ApiError>, &'static str);
type Answer = oneshot::Sender<Answered>;

impl Together {
    /// Starts the threads.
    pub(crate) fn start() -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let inbox = Arc::new(Inbox::new(receiver));
        for _ in 0..THREADS {
            let inbox = inbox.clone();
            std::thread::Builder::new()
                .name("together".to_owned())
                .spawn(move || while work(&inbox) {})?;
        }
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

/// Does those that have come; whether more can come.
fn work(inbox: &Inbox) -> bool {
    let mut waiting = Vec::with_capacity(MOST);
    let mut taken = inbox.lock().unwrap_or_else(PoisonError::into_inner);
    if taken.blocking_recv_many(&mut waiting, MOST) == 0 {
        return false;
    }
    // For a client that went away nothing is begun.
    let still = waiting.into_iter().filter(|it| !it.1.is_closed());
    let (asked, answers): (Vec<Asked>, Vec<Answer>) = still.unzip();
    // A panic costs those that came together with it, who are told so when their channels go.
    let done = catch_unwind(AssertUnwindSafe(|| all(&asked, taken))).unwrap_or_default();
    drop(asked);
    for (answer, done) in answers.into_iter().zip(done) {
        // What a client asked for that goes away now is done.
        let _ = answer.send(done);
    }
    true
}

/// `taken` is what keeps other threads from the transaction until it is committed.
fn all<T>(asked: &[Asked], taken: T) -> Vec<Answered> {
    let mut known = Known::default();
    let mut database = Database::default();
    let callers: Vec<_> = asked
        .iter()
        .map(|it| database.with(|| it.authenticate(&mut known)))
        .collect();
    let begun: Vec<_> = asked
        .iter()
        .zip(&callers)
        .map(|(asked, caller)| {
            let caller = caller.as_ref().ok()?;
            Some(database.with(|| (asked.begin)(caller, &asked.input)))
        })
        .collect();
    if let Some(first) = asked.first() {
        first.app.vault.end_begun();
    }
    drop(taken);
    let done: Vec<_> = begun
        .into_iter()
        .map(|begun| Some(begun?.and_then(|later| database.finish(later))))
        .collect();
    let answered = done.into_iter().zip(callers).map(|(done, caller)| {
        let kind = caller.as_ref().map_or("-", |it| it.authority().actor().kind.as_str());
        let refused = || Err(caller.err().unwrap_or_else(ApiError::not_authenticated));
        (done.unwrap_or_else(refused), kind)
    });
    answered.collect()
}

/// Whether the database does its work. It is waited for once for all requests that have come together, not by one after
/// another.
#[derive(Default)]
struct Database {
    /// Why it does not: what was said to the first who asked. It is about the database, and about no secret.
    fault: Option<String>,
}

impl Database {
    fn with<T>(&mut self, ask: impl FnOnce() -> Result<T, ApiError>) -> Result<T, ApiError> {
        if let Some(fault) = &self.fault {
            return Err(ApiError::new(Code::Unavailable, fault));
        }
        self.noting(ask())
    }

    /// For what was begun: the transaction of those behind the first may have been another one, and committed.
    fn finish(&mut self, later: Later<'_>) -> Result<Reply, ApiError> {
        if self.fault.is_some() {
            return Err(ApiError::new(
                Code::Unavailable,
                "the store cannot be written at the moment, and it is not known whether this was done; look before you \
                 repeat it",
            ));
        }
        self.noting(later())
    }

    fn noting<T>(&mut self, result: Result<T, ApiError>) -> Result<T, ApiError> {
        result.inspect_err(|error| {
            self.fault = (error.code == Code::Unavailable).then(|| error.message.clone());
        })
    }
}

impl Asked {
    fn authenticate<'v>(&'v self, known: &mut Known<'v>) -> Result<Rc<Caller<'v>>, ApiError> {
        let caller = self.app.vault.authenticate_among(known, &self.token, self.peer);
        let caller = self.app.counting_failures(&self.peer, caller.map_err(ApiError::from))?;
        credential::workspace(&self.input.parts.headers, caller.account())?;
        Ok(caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_is_waited_for_once_and_all_are_told_why() {
        let mut asked = 0;
        let mut database = Database::default();
        let mut ask = |answer: Result<(), (Code, &str)>| {
            let done = database.with(|| {
                asked += 1;
                answer.map_err(|(code, message)| ApiError::new(code, message))
            });
            done.map_err(|error| (error.code, error.message))
        };
        let refused = |code, message: &str| Err((code, message.to_owned()));
        assert_eq!(ask(Ok(())), Ok(()));
        assert_eq!(
            ask(Err((Code::NotFound, "nothing"))),
            refused(Code::NotFound, "nothing")
        );
        let full = (Code::Unavailable, "the disk is full");
        assert_eq!(ask(Err(full)), refused(full.0, full.1));
        assert_eq!(ask(Ok(())), refused(full.0, full.1), "nobody asks again");
        assert_eq!(asked, 3);
        let begun = database.finish(Box::new(|| Ok(Reply::nothing())));
        let said = begun.err().map(|error| error.message).unwrap_or_default();
        assert!(said.contains("not known whether this was done"), "{said}");
    }
}
