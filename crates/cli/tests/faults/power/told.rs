//! Clients of a server that set values at once, whose commits are shared, and what each was told by which instant.

use std::path::Path;
use std::sync::Mutex;

use super::log::{self, Op};
use crate::state::State;
use crate::support::server::Server;
use crate::world::World;

const CLIENTS: usize = 4;
/// How many values each of them sets.
const VALUES: usize = 12;

/// How long the log was when a client was told that a value was set.
struct Answer {
    end: u64,
    client: usize,
    number: usize,
}

/// What clients were told, when so many operations were done.
pub(super) struct Told(Vec<(usize, Answer)>);

/// What they were told, while it is recorded.
pub(super) struct Answers(Vec<Answer>);

impl Answers {
    /// Lets the clients work on the server of a home.
    pub(super) fn of(world: &World, log: &Path) -> Self {
        let served = Server::start(&world.home);
        let answers = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (served, answers) = (&served, &answers);
                scope.spawn(move || {
                    for number in 1..=VALUES {
                        let body = format!("{{\"value\":\"{}\"}}", value(client, number));
                        let answer = served.exchange("PUT", &format!("/v1/secrets/{}", key(client)), &body);
                        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                        let end = log::len(log);
                        answers.lock().unwrap().push(Answer { end, client, number });
                    }
                });
            }
        });
        Self(answers.into_inner().unwrap())
    }

    pub(super) fn in_(self, ops: &[Op]) -> Told {
        let told = self.0.into_iter().map(|it| (log::done_at(it.end, ops), it));
        Told(told.collect())
    }
}

impl Told {
    /// After how many operations each answer came.
    pub(super) fn instants(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|it| it.0)
    }

    /// Holds what there is against what the clients were told by an instant, when only they were at work. What they set
    /// is as it was `before` then.
    pub(super) fn check(&self, instant: usize, before: &State, seen: &mut State) -> Result<(), String> {
        for client in 0..CLIENTS {
            let known = before.values[&key(client)].clone();
            let there = seen.values.insert(key(client), known.clone()).flatten();
            let told = self.0.iter().filter(|it| it.0 <= instant && it.1.client == client);
            let told = told.map(|it| it.1.number).max().unwrap_or(0);
            // The next one may be under way.
            let is_fit = |it: &str| (told..=told + 1).any(|number| it == value(client, number));
            if !(there.as_deref().is_some_and(is_fit) || (told == 0 && there == known)) {
                return Err(format!("client {client} was told of {told}, and there is {there:?}"));
            }
        }
        Ok(())
    }
}

fn key(client: usize) -> String {
    format!("FILL_{}", 10 + client)
}

fn value(client: usize, number: usize) -> String {
    format!("the-value-{number}-of-client-{client}")
}
