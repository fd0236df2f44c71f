//! Clients of a server that set and reveal values until they may stop, what each was told, and whether it is true.

use std::io;
use std::process::Stdio;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::state::look;
use crate::support::finish;
use crate::support::server::Server;
use crate::world::World;

/// Those who set values through the server. Two more set them beside it, at the machine, and have one revealed.
const WRITERS: usize = 3;
const BESIDE: usize = WRITERS;
const READER: usize = WRITERS + 1;
/// How long a client may wait until it is served again.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it waits after a refusal before it asks again.
const PAUSE: Duration = Duration::from_millis(5);

/// Each of them, and what it was told.
#[derive(Default)]
pub(crate) struct Clients {
    told: [Told; WRITERS + 2],
    is_over: AtomicBool,
}

#[derive(Default)]
struct Told {
    acknowledged: AtomicUsize,
    refused: AtomicUsize,
    /// The number of the newest that was acknowledged.
    last: AtomicUsize,
}

impl Told {
    fn note(&self, number: usize, is_done: bool) {
        if is_done {
            self.last.store(number, Ordering::SeqCst);
            self.acknowledged.fetch_add(1, Ordering::SeqCst);
        } else {
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }
}

impl Clients {
    /// Lets them work while something happens, and no longer.
    pub(crate) fn work(world: &World, server: &RwLock<Server>, something: impl FnOnce(&Self)) -> Self {
        let clients = Self::default();
        std::thread::scope(|scope| {
            for client in 0..clients.told.len() {
                let clients = &clients;
                scope.spawn(move || {
                    for number in 1.. {
                        if clients.is_over.load(Ordering::SeqCst) {
                            break;
                        }
                        let is_done = ask(world, server, client, number).unwrap_or(false);
                        clients.told[client].note(number, is_done);
                        if !is_done {
                            std::thread::sleep(PAUSE);
                        }
                    }
                });
            }
            // However it ends: they would else work for ever.
            let _over = Over(&clients.is_over);
            something(&clients);
        });
        clients
    }

    /// Waits until each of them was served once more.
    pub(crate) fn wait_for_all(&self) {
        let acknowledged = || self.told.each_ref().map(Told::acknowledged);
        let (before, until) = (acknowledged(), Instant::now() + PATIENCE);
        while acknowledged().iter().zip(before).any(|(now, before)| *now == before) {
            assert!(
                Instant::now() < until,
                "somebody is not served: {before:?} {:?}",
                acknowledged()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Holds what there is against what they were told; the server is at its end.
    pub(crate) fn check(&self, world: &mut World, server: Server) -> String {
        for client in 0..=BESIDE {
            let told = &self.told[client];
            let (acknowledged, all) = (told.acknowledged(), told.acknowledged() + told.refused());
            let stored = server.exchange("POST", &format!("/v1/secrets/{}/reveal", key(client)), "{}");
            let is_there = |number: &usize| stored.contains(&format!("\"{}\"", value(client, *number)));
            let newest = told.last.load(Ordering::SeqCst);
            let Some(last) = (newest..=all).find(is_there) else {
                panic!("client {client} was told of {newest}, and there is {stored}");
            };
            let versions = server.exchange("GET", &format!("/v1/secrets/{}/versions", key(client)), "");
            let versions = versions.matches("\"version\":").count() - 1;
            assert!(
                (acknowledged..=all).contains(&versions),
                "{versions} versions, {acknowledged} of {all} acknowledged"
            );
            world.known.values.insert(key(client), Some(value(client, last)));
        }
        drop(server);
        let set: usize = self.told[..=BESIDE].iter().map(Told::acknowledged).sum();
        let revealed = self.told[READER].acknowledged();
        assert!(world.count_actions("secret.set") >= set, "a change without a record");
        assert!(
            world.count_actions("secret.reveal") >= revealed,
            "a value without a record"
        );
        assert_eq!(look(&world.vault_home(), None, &world.known).state, world.known);
        let refused: usize = self.told.iter().map(Told::refused).sum();
        format!("{set} changes and {revealed} values acknowledged, {refused} requests refused")
    }
}

/// Lets the clients stop.
struct Over<'c>(&'c AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Whether the client's request was done.
fn ask(world: &World, server: &RwLock<Server>, client: usize, number: usize) -> io::Result<bool> {
    let value = value(client, number);
    let server = server.read().unwrap();
    Ok(match client {
        BESIDE => {
            drop(server);
            let mut set = world.command(&["secrets", "set", &key(client), &value]);
            finish(set.stdin(Stdio::null()).output()?).code == 0
        }
        READER => {
            let answer = server.try_exchange("POST", "/v1/secrets/FILL_3/reveal", "{}")?;
            answer.contains("value-of-3-long-enough")
        }
        _ => {
            let body = format!("{{\"value\":\"{value}\"}}");
            let answer = server.try_exchange("PUT", &format!("/v1/secrets/{}", key(client)), &body)?;
            answer.starts_with("HTTP/1.1 200 ")
        }
    })
}

fn key(client: usize) -> String {
    format!("FILL_{}", 4 + client)
}

fn value(client: usize, number: usize) -> String {
    format!("the-value-{number}-of-client-{client}")
}
