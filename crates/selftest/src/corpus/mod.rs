//! The corpus: which attacks are tried, and what must come of each.
//!
//! A new attack is a row in one of the files below. What a row may say is in the type of its layer; an unknown word is
//! an error, and so is an id that is there already.

mod id;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::SelftestError;

pub use id::{CaseId, Only, Section};
pub(crate) use rows::{Back, Expect, Packing, ProxyRow, ReplyRow, RequestRow, SecretRow, Speaks};
use rows::{ElsewhereRow, Rows};

const REQUESTS: &str = include_str!("../../corpus/requests.toml");
const PROXY: &str = include_str!("../../corpus/proxy.toml");
const SMUGGLING: &str = include_str!("../../corpus/smuggling.toml");
const REPLIES: &str = include_str!("../../corpus/replies.toml");
const ELSEWHERE: &str = include_str!("../../corpus/elsewhere.toml");

/// All rows.
pub struct Corpus {
    pub(crate) secrets: BTreeMap<String, SecretRow>,
    pub(crate) requests: Vec<(Case, RequestRow)>,
    pub(crate) proxy: Vec<(Case, ProxyRow)>,
    pub(crate) replies: Vec<(Case, ReplyRow)>,
    elsewhere: Vec<(Case, ElsewhereRow)>,
}

/// What every row has.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Its name.
    pub id: CaseId,
    /// The attack, in a sentence.
    pub what: String,
    /// How it is tried.
    pub layer: Layer,
    /// The decision that must come out, or the reason why there is none.
    pub expected: String,
}

/// How an attack is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// A request of a run, through the broker.
    Request,
    /// Bytes of a client, through a proxy.
    Proxy,
    /// What a server sends back, through a proxy.
    Reply,
    /// The machine around a run: processes, files, networks, terminals.
    Host,
    /// Not at all, for the reason given.
    OutOfReach,
}

impl Layer {
    /// The word of the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Proxy => "proxy",
            Self::Reply => "reply",
            Self::Host => "host",
            Self::OutOfReach => "out-of-reach",
        }
    }
}

impl Corpus {
    /// Reads the corpus of this program.
    ///
    /// # Errors
    /// A row that does not say what a row must.
    pub fn read() -> Result<Self, SelftestError> {
        let requests: Rows<RequestRow> = parse(REQUESTS)?;
        let mut proxy: Rows<ProxyRow> = parse(PROXY)?;
        proxy.case.extend(parse::<Rows<ProxyRow>>(SMUGGLING)?.case);
        let corpus = Self {
            secrets: requests.secrets,
            requests: requests.case.into_iter().map(|it| (it.case(), it)).collect(),
            proxy: proxy.case.into_iter().map(|it| (it.case(), it)).collect(),
            replies: parse::<Rows<ReplyRow>>(REPLIES)?
                .case
                .into_iter()
                .map(|it| (it.case(), it))
                .collect(),
            elsewhere: parse::<Rows<ElsewhereRow>>(ELSEWHERE)?
                .case
                .into_iter()
                .map(|it| (it.case(), it))
                .collect(),
        };
        let mut seen = BTreeSet::new();
        match corpus.cases().into_iter().find(|it| !seen.insert(it.id.clone())) {
            Some(again) => Err(SelftestError::Corpus(format!("`{}` is there twice", again.id))),
            None => Ok(corpus),
        }
    }

    /// What all rows have, by number.
    #[must_use]
    pub fn cases(&self) -> Vec<&Case> {
        let mut cases: Vec<&Case> = self.requests.iter().map(|it| &it.0).collect();
        cases.extend(self.proxy.iter().map(|it| &it.0));
        cases.extend(self.replies.iter().map(|it| &it.0));
        cases.extend(self.elsewhere.iter().map(|it| &it.0));
        cases.sort_by_key(|it| it.id.number());
        cases
    }

    /// Rows that are not tried by the runner: those of the source's tests, and those out of reach.
    pub fn untried(&self) -> impl Iterator<Item = &Case> {
        self.elsewhere.iter().map(|it| &it.0)
    }

    /// The names of the tests that rows of layer `host` are tried by.
    pub fn tests(&self) -> impl Iterator<Item = (&CaseId, &str)> {
        self.elsewhere
            .iter()
            .flat_map(|(case, row)| row.tests.iter().map(|it| (&case.id, it.as_str())))
    }
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, SelftestError> {
    toml::from_str(text).map_err(|error| SelftestError::Corpus(error.to_string()))
}
