//! What the shim wrote down.

use std::path::Path;

/// One thing that was done to a file.
pub(super) struct Op {
    pub(super) what: What,
    pub(super) path: String,
    /// The other name, where there are two.
    pub(super) other: String,
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
    /// Where it ends in the log.
    pub(super) end: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Create,
    Write,
    Truncate,
    Sync,
    Rename,
    Unlink,
    Link,
    SyncDirectory,
}

impl Op {
    pub(super) fn is_flush(&self) -> bool {
        matches!(self.what, What::Sync | What::SyncDirectory)
    }
}

/// How long the log is.
pub(super) fn len(log: &Path) -> u64 {
    std::fs::metadata(log).unwrap().len()
}

/// How many operations were done when it was so long.
pub(super) fn done_at(end: u64, ops: &[Op]) -> usize {
    ops.partition_point(|it| it.end <= end)
}

/// How long it can have been when so many operations were done and no more.
pub(super) fn end_after(done: usize, ops: &[Op]) -> u64 {
    ops.get(done).map_or(u64::MAX, |next| next.end - 1)
}

pub(super) fn read(log: &Path) -> Vec<Op> {
    let bytes = std::fs::read(log).unwrap();
    let mut at = 0;
    let mut ops = Vec::new();
    while at < bytes.len() {
        let mut take = |len: usize| {
            at += len;
            &bytes[at - len..at]
        };
        let head: Vec<u64> = (0..4)
            .map(|_| u64::from_le_bytes(take(8).try_into().unwrap()))
            .collect();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (path, other) = (usize::try_from(head[3] >> 32).unwrap(), head[3] as u32 as usize);
        let (path, other) = (text(take(path)), text(take(other)));
        let content = take(usize::try_from(head[2]).unwrap()).to_vec();
        ops.push(Op {
            what: [
                What::Create,
                What::Write,
                What::Truncate,
                What::Sync,
                What::Rename,
                What::Unlink,
                What::Link,
                What::SyncDirectory,
            ][usize::try_from(head[0]).unwrap() - 1],
            path,
            other,
            offset: head[1],
            bytes: content,
            end: at as u64,
        });
    }
    ops
}
