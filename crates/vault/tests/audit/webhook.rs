//! Checkpoints to a webhook: in order, each once, on a thread, and after an outage those of the outage.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};

use distri_core::audit::merkle::Hash;
use distri_vault::audit::Webhook;
use distri_vault::{Vault, VaultError};

use super::support::{Place, set};

/// A service that says what it got, and answers each when it is told with which status.
struct Service {
    address: String,
    got: Receiver<(String, String)>,
    answers: Sender<u16>,
}

impl Service {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (tell, got) = channel();
        let (answers, next) = channel::<u16>();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if line.trim().is_empty() {
                        break;
                    }
                    if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
                        length = text.trim().parse().unwrap();
                    }
                    head.push_str(&line);
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                tell.send((head, String::from_utf8(body).unwrap())).unwrap();
                let Ok(status) = next.recv() else { return };
                let _ = write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
            }
        });
        Self { address, got, answers }
    }

    /// The next request, answered.
    fn takes(&self, status: u16) -> (String, String) {
        let got = self.got.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
        self.answers.send(status).unwrap();
        got
    }

    fn webhook(&self, place: &Place) -> Webhook {
        let secret = place.checkpoints().with_file_name("token");
        std::fs::create_dir_all(secret.parent().unwrap()).unwrap();
        std::fs::write(&secret, "of-the-receiver\n").unwrap();
        Webhook {
            url: format!("http://{}/hooks/1", self.address).parse().unwrap(),
            secret_file: Some(secret),
            ca_file: None,
        }
    }
}

/// The checkpoints that the file has.
fn notes(place: &Place) -> Vec<String> {
    let text = std::fs::read_to_string(place.checkpoints()).unwrap();
    let pieces: Vec<&str> = text.split("\n\n").filter(|it| !it.trim().is_empty()).collect();
    pieces
        .chunks(2)
        .map(|it| format!("{}\n\n{}\n", it[0].trim_start(), it[1]))
        .collect()
}

#[test]
fn every_checkpoint_reaches_the_webhook_once_and_no_commit_waits_for_it() {
    let mut place = Place::new();
    let service = Service::start();
    place.settings.webhook = Some(service.webhook(&place));
    // Commits go on while the service has not answered the first.
    let vault = place.open();
    for name in ["A", "B", "C"] {
        place.wait(61);
        set(&vault, name, "v");
    }
    assert!(vault.audit_status().unwrap().undelivered_to_webhook > 0);
    let (head, first) = service.takes(204);
    assert!(head.starts_with("POST /hooks/1 HTTP/1.1"), "{head}");
    assert!(head.contains("authorization: Bearer of-the-receiver"), "{head}");
    let answering = std::thread::spawn(move || {
        let rest: Vec<String> = (0..3).map(|_| service.takes(200).1).collect();
        (service, rest)
    });
    vault.checkpoint().unwrap();
    vault.deliver_to_webhook().unwrap();
    let (service, rest) = answering.join().unwrap();
    let got: Vec<String> = std::iter::once(first).chain(rest).collect();
    assert_eq!(got, notes(&place));
    assert_eq!(vault.audit_status().unwrap().undelivered_to_webhook, 0);
    drop(vault);
    // Another process has nothing to send.
    place.open().deliver_to_webhook().unwrap();
    assert!(service.got.try_recv().is_err());
}

#[test]
fn what_an_outage_kept_back_is_delivered_in_order_and_a_refusal_is_said() {
    let mut place = Place::new();
    let service = Service::start();
    place.settings.webhook = Some(service.webhook(&place));
    let vault = place.open();
    service.takes(200);
    vault.deliver_to_webhook().unwrap();
    drop(vault);

    // Nobody is there: everything else goes on, and it is said.
    let nowhere = "127.0.0.1:1";
    let webhook = place.settings.webhook.clone();
    place.settings.webhook = Some(Webhook {
        url: format!("http://{nowhere}/").parse().unwrap(),
        ..webhook.clone().unwrap()
    });
    for (name, is_said) in [("A", true), ("B", false)] {
        place.wait(61);
        let vault = place.open();
        set(&vault, name, "v");
        vault.end_webhook();
        let complaints = vault.take_complaints();
        // The second does not try: a moment ago nobody was there.
        let says = complaints.iter().any(|it| it.contains(nowhere));
        assert_eq!(says, is_said, "{complaints:?}");
    }
    assert_eq!(place.verify().findings, []);

    place.settings.webhook = webhook;
    let vault = place.open();
    let answering = std::thread::spawn(move || {
        // The first of them it does not want yet.
        let refused = service.takes(503).1;
        let again: Vec<String> = (0..2).map(|_| service.takes(200).1).collect();
        (refused, again)
    });
    let failed = vault.deliver_to_webhook().unwrap_err().to_string();
    assert!(failed.ends_with("it answers 503"), "{failed}");
    drop(vault);
    place.open().deliver_to_webhook().unwrap();
    let (refused, again) = answering.join().unwrap();
    assert_eq!(again, notes(&place)[1..]);
    assert_eq!(refused, again[0]);
}

#[test]
fn a_cursor_that_is_ahead_or_of_another_history_gets_the_newest_checkpoint_and_goes_on_from_there() {
    let mut place = Place::new();
    let service = Service::start();
    place.settings.webhook = Some(service.webhook(&place));
    let vault = place.open();
    service.takes(200);
    vault.deliver_to_webhook().unwrap();
    drop(vault);
    let cursor = cursor(&place);
    let said = std::fs::read_to_string(&cursor).unwrap();
    let of_another = Hash::leaf(b"a note of another history");
    for before in [
        // A database that was put back: what was taken has a higher number than what there is.
        format!("{:020} {of_another}\n", 900),
        format!("{} {of_another}\n", said.split_once(' ').unwrap().0),
        format!("{:020} {of_another}\n", u64::MAX),
        "nothing that is understood, and longer than what is written there by far, for whatever reason".to_owned(),
    ] {
        std::fs::write(&cursor, &before).unwrap();
        let vault = place.open();
        assert_eq!(vault.audit_status().unwrap().undelivered_to_webhook, 1, "{before}");
        let vault = delivering(vault);
        assert_eq!(service.takes(200).1, *notes(&place).last().unwrap(), "{before}");
        let vault = delivered(&vault).unwrap();
        assert_eq!(std::fs::read_to_string(&cursor).unwrap(), said, "{before}");
        assert_eq!(vault.audit_status().unwrap().undelivered_to_webhook, 0);
    }
    // The next one follows.
    place.wait(61);
    let vault = place.open();
    set(&vault, "A", "v");
    assert_eq!(service.takes(200).1, *notes(&place).last().unwrap());
    vault.deliver_to_webhook().unwrap();
    assert!(service.got.try_recv().is_err());
}

#[test]
fn what_another_process_is_sending_is_left_to_it() {
    let mut place = Place::new();
    let service = Service::start();
    place.settings.webhook = Some(service.webhook(&place));
    let vault = place.open();
    service.takes(200);
    vault.deliver_to_webhook().unwrap();
    let held = std::fs::File::open(cursor(&place)).unwrap();
    held.lock().unwrap();
    place.wait(61);
    set(&vault, "A", "v");
    let vault = delivered(&delivering(vault)).unwrap();
    assert_eq!(vault.audit_status().unwrap().undelivered_to_webhook, 1);
    assert!(service.got.try_recv().is_err());
    drop(held);
    let vault = delivering(vault);
    assert_eq!(service.takes(200).1, *notes(&place).last().unwrap());
    delivered(&vault).unwrap();
}

fn cursor(place: &Place) -> std::path::PathBuf {
    place.directory.path().join("state/webhook")
}

/// Delivers on a thread, so that what never ends fails a test instead of holding it up.
fn delivering(vault: Vault) -> Receiver<Result<Vault, VaultError>> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let done = vault.deliver_to_webhook();
        let _ = tell.send(done.map(|()| vault));
    });
    told
}

fn delivered(told: &Receiver<Result<Vault, VaultError>>) -> Result<Vault, VaultError> {
    told.recv_timeout(std::time::Duration::from_secs(60))
        .expect("it ends, whatever it meets")
}
