//! The client of a server: one request, one answer, on a connection of its own.
//!
//! Redirects are answers; no proxy of the environment is used, since the token and the values are for the server alone.
//! What is sent again is a question, or a change with an `Idempotency-Key`, which the server does once.

use std::time::Duration;

use distri_core::ids::RunId;
use distri_core::{SecretValue, SystemClock};
use distri_egress::operator::{Answer, AnswerLimits, Message, send_message};
use distri_egress::{EgressError, TlsFault};
use http::Method;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::chosen::Server;
use super::refused::refused;
use crate::exit::Exit;
use crate::failure::Failure;

/// What is waited for and taken of an answer: what lint asks about 50,000 secrets has 40 MB.
const LIMITS: AnswerLimits = AnswerLimits {
    time: Duration::from_secs(60),
    body: 64 << 20,
};

/// How long to wait before a request is sent again, and how often that is.
const AGAIN_AFTER: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(600)];

/// A server with a token.
pub(crate) struct Client {
    server: Server,
    limits: AnswerLimits,
}

impl Client {
    pub(crate) fn new(server: Server) -> Self {
        Self { server, limits: LIMITS }
    }

    /// The token.
    pub(crate) fn token(&self) -> &SecretValue {
        &self.server.token
    }

    /// What a call answers, as a type.
    pub(super) fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, Failure> {
        let answer = self.send(call)?;
        self.read(&answer)
    }

    /// A call whose answer says nothing.
    pub(super) fn tell(&self, call: Call) -> Result<(), Failure> {
        self.send(call).map(drop)
    }

    /// An answer's body as a type.
    pub(super) fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Failure> {
        // The parser's words would repeat a piece of it.
        serde_json::from_slice(&answer.body).map_err(|_| self.stranger())
    }

    /// Sends it; any answer but a good one is a failure.
    pub(super) fn send(&self, call: Call) -> Result<Answer, Failure> {
        let message = self.message(call);
        let mut pauses = AGAIN_AFTER.iter();
        loop {
            let result = send_message(&message, self.limits, self.server.ca_file.as_ref());
            let is_worth_it = match &result {
                Err(EgressError::Http { .. }) => true,
                Ok(answer) => answer.status == 503,
                Err(_) => false,
            };
            let pause = pauses.next().filter(|_| is_worth_it);
            if let Some(pause) = pause {
                std::thread::sleep(*pause);
                continue;
            }
            let answer = result.map_err(unreachable)?;
            return match answer.status {
                200..=299 => Ok(answer),
                300..=399 => Err(Failure::new(
                    Exit::Unreachable,
                    format!(
                        "`{}` answers with a redirect, which is not followed with a token",
                        self.place()
                    ),
                )
                .hint("log in again with the address that the server really has")),
                status => Err(refused(&self.place(), &self.server.token, status, &answer.body)),
            };
        }
    }

    fn message(&self, call: Call) -> Message {
        let base = &self.server.base_url;
        let mut headers = vec![
            ("x-api-key".to_owned(), text(self.server.token.expose_secret())),
            ("accept".to_owned(), "application/json".to_owned()),
            (
                "user-agent".to_owned(),
                concat!("distri/", env!("CARGO_PKG_VERSION")).to_owned(),
            ),
        ];
        if let Some(workspace) = &self.server.workspace {
            headers.push(("x-workspace-id".to_owned(), workspace.clone()));
        }
        if call.method != Method::GET {
            headers.push(("idempotency-key".to_owned(), RunId::new(&SystemClock).to_string()));
        }
        headers.extend(call.headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Message {
            scheme: base.scheme,
            host: base.host.clone(),
            port: base.port,
            method: call.method,
            target: format!("{}{}", base.path, call.target),
            headers,
            body: call.body,
        }
    }

    /// The server's host, and its port unless that is the usual one.
    pub(crate) fn place(&self) -> String {
        self.server.base_url.place()
    }

    /// The answer of something else that listens there.
    pub(super) fn stranger(&self) -> Failure {
        Failure::new(
            Exit::Failed,
            format!("`{}` gives an answer that no distri server gives", self.place()),
        )
        .hint(format!(
            "is `{}` the address of a distri server of this version?",
            self.server.base_url
        ))
    }
}

fn text(token: &[u8]) -> String {
    String::from_utf8_lossy(token).into_owned()
}

fn unreachable(error: EgressError) -> Failure {
    let hint = match &error {
        EgressError::Tls {
            fault: TlsFault::UnknownAuthority,
            ..
        } => Some("name the authority of a private certificate with `--ca-file FILE` or `DISTRI_CA_FILE`"),
        EgressError::Connect { .. } | EgressError::ConnectTimeout { .. } | EgressError::Resolve { .. } => {
            Some("is the server running, and the address right? `distri profiles` shows what was saved")
        }
        _ => None,
    };
    let exit = match &error {
        EgressError::CaFile { path, .. } if !path.exists() => Exit::Missing,
        EgressError::CaFile { .. } | EgressError::BodyTooLarge { .. } => Exit::Failed,
        _ => Exit::Unreachable,
    };
    let failure = Failure::new(exit, error.to_string());
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
