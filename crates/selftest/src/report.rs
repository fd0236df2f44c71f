//! What came out of each row.

use serde::Serialize;

use crate::corpus::{Case, CaseId, Layer};

/// What came out of one row.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The row.
    pub id: CaseId,
    /// The attack, in a sentence.
    pub what: String,
    /// How it is tried.
    pub layer: Layer,
    /// The decision that must come out.
    pub expected: String,
    /// The one that did.
    pub got: String,
    /// Whether it is the expected one.
    pub verdict: Verdict,
}

/// How a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it must.
    Ok,
    /// Otherwise.
    Fail,
    /// It needs more than loopback and one process; a named test of the source tries it.
    Test,
    /// Nothing here can hold it, for the reason given.
    OutOfReach,
}

impl Verdict {
    /// The word of the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fail => "FAIL",
            Self::Test => "test",
            Self::OutOfReach => "out of reach",
        }
    }

    pub(crate) fn of(ok: bool) -> Self {
        if ok { Self::Ok } else { Self::Fail }
    }
}

impl Outcome {
    pub(crate) fn new(case: &Case, got: String, ok: bool) -> Self {
        Self {
            id: case.id.clone(),
            what: case.what.clone(),
            layer: case.layer,
            expected: case.expected.clone(),
            got,
            verdict: Verdict::of(ok),
        }
    }

    /// A row that is not tried here.
    #[must_use]
    pub fn untried(case: &Case) -> Self {
        let (got, verdict) = match case.layer {
            Layer::OutOfReach => ("-", Verdict::OutOfReach),
            _ => ("in the source's tests", Verdict::Test),
        };
        Self {
            verdict,
            ..Self::new(case, got.to_owned(), true)
        }
    }
}
