//! `/settings/audit/export`: the records of a search as a file, one in a line.

use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_DISPOSITION;

use super::search::Search;
use crate::api::audit::RecordView;
use crate::error::{ApiError, Code};
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::{Faults, Visit};

pub(crate) static ROUTE: Route = Route {
    name: "audit_export",
    path: "/settings/audit/export",
    run: Run::Member(export),
    ..Route::BLANK
};

/// The most records of a file, as the page says: it is made in memory.
const MOST: usize = 10_000;

fn export(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let search: Search = visit.input.query()?;
    let mut faults = Faults::default();
    let filter = search.read(&mut faults);
    if !faults.are_none() {
        return Err(ApiError::invalid(
            "the search cannot be read; begin at the page of the log",
        ));
    }
    let mut lines = Vec::new();
    let (mut before, mut records) = (None, 0);
    loop {
        let page = visit
            .caller
            .audit_page(before, MOST - records, &|it| filter.includes(it))?;
        records += page.records.len();
        for (seq, record) in page.records {
            let line = serde_json::to_writer(&mut lines, &RecordView { seq, record });
            line.map_err(|_| ApiError::new(Code::Internal, "a record cannot be written as JSON"))?;
            lines.push(b'\n');
        }
        before = page.older;
        if before.is_none() || records == MOST {
            break;
        }
    }
    let reply = Reply::bytes(HeaderValue::from_static("application/jsonl"), Bytes::from(lines));
    Ok(reply.header(CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""))
}
