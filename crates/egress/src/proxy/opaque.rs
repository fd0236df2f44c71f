//! A tunnel that is not looked into: bytes both ways until both sides have ended, or neither says anything.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What is copied at once.
const PIECE: usize = 64 * 1024;

/// Copies until both directions have ended, one has failed, or both were silent for `silence`.
pub(super) async fn relay(mut client: TcpStream, ahead: BytesMut, mut upstream: TcpStream, silence: Duration) {
    if upstream.write_all(&ahead).await.is_err() {
        return;
    }
    let moved = AtomicU64::new(0);
    let (from_client, to_client) = client.split();
    let (from_upstream, to_upstream) = upstream.split();
    drop(tokio::try_join!(
        copy(from_client, to_upstream, &moved, silence),
        copy(from_upstream, to_client, &moved, silence),
    ));
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    moved: &AtomicU64,
    silence: Duration,
) -> io::Result<()> {
    let mut piece = BytesMut::with_capacity(PIECE);
    loop {
        piece.clear();
        let before = moved.load(Ordering::Relaxed);
        match timeout(silence, from.read_buf(&mut piece)).await {
            Ok(Ok(0)) => return to.shutdown().await,
            Ok(Err(error)) => return Err(error),
            Ok(Ok(_)) => {
                moved.fetch_add(1, Ordering::Relaxed);
                timeout(silence, to.write_all(&piece)).await??;
            }
            // The other direction was not silent.
            Err(_) if moved.load(Ordering::Relaxed) != before => {}
            Err(_) => return Err(io::ErrorKind::TimedOut.into()),
        }
    }
}
