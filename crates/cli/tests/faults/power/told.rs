//! Clients of a server that set values and have them revealed at once, whose commits are shared, and what each was told by
//! which instant.

use std::path::Path;
use std::sync::Mutex;

use super::log;
use crate::state::State;
use crate::support::server::Server;
use crate::world::World;

const CLIENTS: usize = 4;
/// How many values each of them sets, and has revealed.
const VALUES: usize = 12;

/// What clients were told.
pub(super) struct Told(Vec<Answer>);

/// That a value was set, or what it is.
struct Answer {
    /// How long the log was then.
    end: u64,
    client: usize,
    number: usize,
}

impl Told {
    /// Lets the clients work on the server of a home.
    pub(super) fn by(world: &World, log: &Path) -> Self {
        let served = Server::start(&world.home);
        let answers = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (served, answers) = (&served, &answers);
                scope.spawn(move || {
                    for number in 1..=VALUES {
                        let (value, target) = (value(client, number), format!("/v1/secrets/{}", key(client)));
                        let told = |answer: String| {
                            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                            let end = log::len(log);
                            answers.lock().unwrap().push(Answer { end, client, number });
                        };
                        told(served.exchange("PUT", &target, &format!("{{\"value\":\"{value}\"}}")));
                        told(served.exchange("POST", &format!("{target}/reveal"), "{}"));
                    }
                });
            }
        });
        Self(answers.into_inner().unwrap())
    }

    pub(super) fn ends(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|it| it.end)
    }

    /// How many answers there were when the log ended there, each with a record.
    pub(super) fn count(&self, end: u64) -> u64 {
        self.ends().filter(|it| *it <= end).count() as u64
    }

    /// Holds what there is against what the clients were told when the log ended there, and only they were at work. What
    /// they set is as it was `before` then.
    pub(super) fn check(&self, end: u64, before: &State, seen: &mut State) -> Result<(), String> {
        for client in 0..CLIENTS {
            let known = before.values[&key(client)].clone();
            let there = seen.values.insert(key(client), known.clone()).flatten();
            let told = self.0.iter().filter(|it| it.end <= end && it.client == client);
            let told = told.map(|it| it.number).max().unwrap_or(0);
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
