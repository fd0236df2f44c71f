//! Bodies that come bit by bit: split anywhere, shown at once where nothing may be a value, innocent bytes untouched.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use distri_egress::EgressLimits;
use futures_util::FutureExt;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use crate::support::{held, placeholder};
use crate::world::{Given, TOKEN, World, chunked, collect, release, sized};

#[tokio::test]
async fn a_value_split_at_every_place_is_replaced() {
    let (before, after) = ("data: {\"key\":\"", "\"}\n\n");
    let text = format!("{before}{TOKEN}{after}");
    let replies = (1..text.len()).map(|at| {
        let (first, second) = text.as_bytes().split_at(at);
        chunked("content-type: text/event-stream\r\n", [first, second])
    });
    let release = release();
    let expected = format!("{before}{}{after}", Given::by(&release).token);
    let world = World::answering(release, replies.collect()).await;
    for at in 1..text.len() {
        assert_eq!(world.get(at - 1).await.1, expected.as_bytes(), "split at {at}");
    }
}

/// A server that writes the next of `pieces` for each permit, and a chunk for each write.
async fn paced(pieces: &'static [&'static str]) -> (World, Given, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    let release = release();
    let given = Given::by(&release);
    let pace = permits.clone();
    let world = World::scripted(release, EgressLimits::default(), move |mut stream, _| {
        let pace = pace.clone();
        async move {
            let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(head).await.ok()?;
            for piece in pieces {
                stream.flush().await.ok()?;
                pace.acquire().await.ok()?.forget();
                stream
                    .write_all(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes())
                    .await
                    .ok()?;
            }
            stream.write_all(b"0\r\n\r\n").await.ok()?;
            stream.flush().await.ok()?;
            Some(stream)
        }
    });
    (world.await, given, permits)
}

#[tokio::test]
async fn events_are_shown_as_they_come() {
    let (world, given, permits) = paced(&[
        "data: one\n\n",
        "data: sk_live_51HG7dKJhgfd765",
        "KJHgfd7654jhgfKJHG\n\ndata: s",
        "k\n\n",
    ])
    .await;
    let mut response = world.send(0).await.unwrap();
    let mut next = async || String::from_utf8(response.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    // The server waits for each of these to be read, so a chunk that waited for the next one would wait for ever.
    permits.add_permits(1);
    assert_eq!(next().await, "data: one\n\n");
    permits.add_permits(1);
    assert_eq!(next().await, "data: ");
    permits.add_permits(1);
    assert_eq!(next().await, format!("{}\n\ndata: ", given.token));
    permits.add_permits(1);
    assert_eq!(next().await, "sk\n\n");
    assert!(response.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn a_reader_that_gives_up_and_comes_back_misses_nothing() {
    let (world, given, permits) = paced(&["a sk_live_51HG7dKJ", "hgfd765KJHgfd7654jhgfKJHG b"]).await;
    let mut response = world.send(0).await.unwrap();
    permits.add_permits(1);
    assert_eq!(response.chunk().await.unwrap().unwrap(), "a ");
    for _ in 0..3 {
        assert!(response.chunk().now_or_never().is_none(), "what is held is not shown");
    }
    permits.add_permits(1);
    assert_eq!(collect(response).await.0, format!("{} b", given.token).as_bytes());
}

#[tokio::test]
async fn a_value_of_several_lines_is_replaced_line_by_line_in_an_event() {
    let key =
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n";
    let release = held(&[("SIGNING_KEY", key.as_bytes(), &["api.example.com"])]);
    let shown = placeholder(&release, "SIGNING_KEY");
    let event: String = key.lines().map(|line| format!("data: {line}\n")).collect();
    let world = World::answering(release, vec![sized("", event.as_bytes()), sized("", key.as_bytes())]).await;
    let expected =
        format!("data: -----BEGIN PRIVATE KEY-----\ndata: {shown}\ndata: {shown}\ndata: -----END PRIVATE KEY-----\n");
    assert_eq!(world.get(0).await.1, expected.as_bytes());
    assert_eq!(world.get(1).await.1, shown.as_bytes());
}

#[tokio::test]
async fn equal_values_and_prefixes_are_replaced_once_and_the_longest_first() {
    let hosts: &[&str] = &["api.example.com"];
    let release = held(&[
        ("A_LONG", b"hunter2-and-more-of-it", hosts),
        ("B_SAME", b"hunter2-and-more-of-it", hosts),
        ("C_SHORT", b"hunter2-and", hosts),
        ("D_TAIL", b"more-of-it-all", hosts),
    ]);
    let [long, short, tail] = ["A_LONG", "C_SHORT", "D_TAIL"].map(|key| placeholder(&release, key));
    let rows = [
        ("hunter2-and-more-of-it", long.clone()),
        (
            "hunter2-and hunter2-and-more-of-i",
            format!("{short} {short}-more-of-i"),
        ),
        ("hunter2-and-more-of-it-all", long.clone()),
        ("more-of-it-all", tail),
        (&long, long.clone()),
    ];
    let replies = rows
        .iter()
        .flat_map(|(sent, _)| [sized("", sent.as_bytes()), chunked("", sent.as_bytes().chunks(1))]);
    let world = World::answering(release, replies.collect()).await;
    for (index, (sent, expected)) in rows.iter().enumerate() {
        for way in 0..2 {
            assert_eq!(world.get(index * 2 + way).await.1, expected.as_bytes(), "{sent}");
        }
    }
}

#[tokio::test]
async fn a_binary_download_comes_through_unchanged() {
    let mut state = 1_u64;
    let random = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    });
    let data: Vec<u8> = random.take(16 << 20).collect();
    let world = World::answering(release(), vec![sized("", &data), chunked("", data.chunks(9001))]).await;
    for way in 0..2 {
        assert!(world.get(way).await.1 == data);
    }
}

#[tokio::test]
async fn a_value_of_64_kib_is_replaced() {
    let value: Vec<u8> = (0..64_u32 << 10)
        .map(|it| b'a' + (it.wrapping_mul(2_654_435_761) >> 24) as u8 % 26)
        .collect();
    let release = held(&[("BIG", &value, &["api.example.com"])]);
    let expected = format!("<{}>", placeholder(&release, "BIG"));
    let text = [b"<", &value[..], b">"].concat();
    let world = World::answering(release, vec![chunked("", text.chunks(1000)), sized("", &text)]).await;
    for way in 0..2 {
        assert_eq!(world.get(way).await.1, expected.as_bytes());
    }
}
