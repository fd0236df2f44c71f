//! One connection, driven on the thread of whoever asks.
//!
//! Statements may be sent without waiting for their answers ([`Link::send`]): the server does them in order, and whoever
//! waits for a later answer takes in the earlier ones first. A unit of work so costs a journey for each question that it
//! asks, and one for all of its changes together with the commit.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use tokio_postgres::{Client, Error, Row, SimpleQueryMessage, Statement};

use super::cause::{Cause, Kind};
use super::socket::Socket;
use super::value::Value;
use crate::sql::params::Param;

/// How much longer than the server's own limit an answer may take on its way.
const WAY: Duration = Duration::from_secs(5);

/// How many answers may be outstanding: what waits to be sent is in memory.
const MOST_SENT: usize = 256;

/// What is still to come of a question, or of the connection itself.
type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// A connection.
pub(super) struct Link {
    client: Arc<Client>,
    driver: Driver,
    statements: HashMap<&'static str, Statement>,
    sent: VecDeque<Answer<u64>>,
    last_used: Instant,
}

impl Link {
    pub(super) fn new(client: Client, driver: Driver) -> Self {
        Self {
            client: Arc::new(client),
            driver,
            statements: HashMap::new(),
            sent: VecDeque::new(),
            last_used: Instant::now(),
        }
    }

    /// Whether it can be used again, as far as is known here.
    pub(super) fn is_sound(&self) -> bool {
        self.driver.broken.is_none() && !self.client.is_closed()
    }

    /// How long nobody has used it.
    pub(super) fn idle(&self) -> Duration {
        self.last_used.elapsed()
    }

    /// The rows that a question answers.
    pub(super) fn ask(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, Cause> {
        let statement = self.prepared(sql)?;
        let (client, values) = (self.client.clone(), Value::all(params));
        let answer = async move { client.query_raw(&statement, values).await?.try_collect().await };
        self.after_what_was_sent(Box::pin(answer))
    }

    /// Changes rows; how many.
    pub(super) fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Cause> {
        let answer = self.changing(sql, params)?;
        self.after_what_was_sent(answer)
    }

    /// Changes rows without waiting for the answer.
    pub(super) fn send(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<(), Cause> {
        if self.sent.len() >= MOST_SENT {
            self.settle()?;
        }
        let answer = self.changing(sql, params)?;
        self.post(answer);
        Ok(())
    }

    /// Sends statements without parameters, and does not wait for the answer.
    pub(super) fn send_batch(&mut self, sql: &'static str) {
        let client = self.client.clone();
        self.post(Box::pin(async move {
            client.batch_execute(sql).await?;
            Ok(0)
        }));
    }

    /// Statements without parameters; the cells of the last row.
    pub(super) fn batch(&mut self, sql: &str) -> Result<Vec<Option<String>>, Cause> {
        self.batch_within(sql, self.driver.patience)
    }

    /// The same, for statements that take their time.
    pub(super) fn batch_within(&mut self, sql: &str, patience: Duration) -> Result<Vec<Option<String>>, Cause> {
        self.settle()?;
        let client = self.client.clone();
        let messages = self
            .driver
            .drive_until(Instant::now() + patience, client.simple_query(sql))?;
        let row = messages.iter().rev().find_map(|it| match it {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(row.map_or_else(Vec::new, |row| {
            (0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()
        }))
    }

    /// Lets everything that was sent leave this process: nobody may come to wait for an answer for a while.
    pub(super) fn push(&mut self) {
        self.driver.step();
    }

    /// Takes in the answers to everything that was sent. The first failure is the one that counts: what follows it is
    /// only refused.
    pub(super) fn settle(&mut self) -> Result<(), Cause> {
        let mut first = Ok(());
        while let Some(answer) = self.sent.pop_front() {
            let result = self.driver.drive(answer).map(drop);
            first = first.and(result);
            // An answer may come together with the end of the connection: nothing is known of those after it, and one of
            // them may be the commit's.
            if let Some(broken) = self.driver.broken.as_ref().filter(|_| !self.sent.is_empty()) {
                first = first.and(Err(broken.clone()));
                self.sent.clear();
            }
        }
        first
    }

    fn changing(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Answer<u64>, Cause> {
        let statement = self.prepared(sql)?;
        let (client, values) = (self.client.clone(), Value::all(params));
        Ok(Box::pin(async move { client.execute_raw(&statement, values).await }))
    }

    fn prepared(&mut self, sql: &'static str) -> Result<Statement, Cause> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let (client, words) = (self.client.clone(), sql.replace('?', "$"));
        let statement = self.after_what_was_sent(Box::pin(async move { client.prepare(&words).await }))?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    fn post(&mut self, mut answer: Answer<u64>) {
        // What fails at once is heard of when it is taken in.
        let answer = match self.driver.begin(answer.as_mut()) {
            Poll::Pending => answer,
            Poll::Ready(result) => Box::pin(std::future::ready(result)),
        };
        self.sent.push_back(answer);
    }

    fn after_what_was_sent<T: 'static + Send>(&mut self, mut answer: Answer<T>) -> Result<T, Cause> {
        self.last_used = Instant::now();
        let begun = self.driver.begin(answer.as_mut());
        self.settle()?;
        match begun {
            Poll::Ready(result) => result.map_err(Cause::from),
            Poll::Pending => self.driver.drive(answer),
        }
    }
}

/// Moves bytes between the socket and whoever waits for them.
pub(super) struct Driver {
    connection: Option<Answer<()>>,
    patience: Duration,
    socket: Socket,
    woken: Arc<Woken>,
    waker: Waker,
    /// Why nothing comes any more.
    broken: Option<Cause>,
}

impl Driver {
    /// Waits for an answer a little longer than the server works for it.
    pub(super) fn new(socket: Socket, statement: Duration) -> Self {
        let woken = Arc::new(Woken::default());
        Self {
            connection: None,
            patience: statement + WAY,
            socket,
            waker: Waker::from(woken.clone()),
            woken,
            broken: None,
        }
    }

    /// Takes over what moves the protocol's messages.
    pub(super) fn carry(&mut self, connection: impl Future<Output = Result<(), Error>> + Send + 'static) {
        self.connection = Some(Box::pin(connection));
    }

    /// Waits for an answer.
    pub(super) fn drive<T>(&mut self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Cause> {
        self.drive_until(Instant::now() + self.patience, answer)
    }

    pub(super) fn drive_until<T>(
        &mut self,
        until: Instant,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Cause> {
        let mut answer = pin!(answer);
        let waker = self.waker.clone();
        let mut context = Context::from_waker(&waker);
        loop {
            self.woken.0.store(false, Ordering::Relaxed);
            if let Poll::Ready(result) = answer.as_mut().poll(&mut context) {
                return result.map_err(|error| self.cause_of(error));
            }
            if self.step() {
                // Whoever still waits for an answer hears now that there will be none.
                continue;
            }
            if self.woken.0.load(Ordering::Relaxed) {
                continue;
            }
            if let Err(error) = self.socket.wait(until) {
                let cause = Cause::new(Kind::Gone, format!("waiting for the server: {error}"));
                self.broken = Some(cause.clone());
                return Err(cause);
            }
        }
    }

    /// Reads and writes what can be read and written now; whether the connection has ended by that.
    fn step(&mut self) -> bool {
        let Some(connection) = &mut self.connection else {
            return false;
        };
        let Poll::Ready(end) = connection.as_mut().poll(&mut Context::from_waker(&self.waker)) else {
            return false;
        };
        self.connection = None;
        self.broken = Some(match end {
            Ok(()) => Cause::new(Kind::Gone, "the connection was closed"),
            Err(error) => gone(error),
        });
        true
    }

    /// Lets an answer send its question.
    fn begin<T>(&mut self, answer: Pin<&mut (dyn Future<Output = Result<T, Error>> + Send)>) -> Poll<Result<T, Error>> {
        let waker = self.waker.clone();
        answer.poll(&mut Context::from_waker(&waker))
    }

    /// The end of the connection says more than that it has ended.
    fn cause_of(&self, error: Error) -> Cause {
        match &self.broken {
            Some(broken) if error.is_closed() => broken.clone(),
            _ => Cause::from(error),
        }
    }
}

/// Whatever ends a connection, it is gone; a server that says why is quoted.
fn gone(error: Error) -> Cause {
    let cause = Cause::from(error);
    match cause.kind {
        Kind::Gone | Kind::NotNow => cause,
        _ => Cause::new(Kind::Gone, cause.to_string()),
    }
}

/// Whether somebody has work to do before the socket is waited for.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
