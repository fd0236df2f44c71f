//! The header fields of the connection (RFC 9110, section 7.6.1): understood, taken out, never passed on.

use super::head::Head;
use super::refusal::Refusal;

/// What the fields say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    /// The connection ends after this exchange.
    pub(super) close: bool,
    /// The client wants to go on in this connection as a WebSocket.
    pub(super) websocket: bool,
}

/// Takes the fields of the connection out of `head`.
///
/// # Errors
/// `connection` names a header of the request, which would hide it from who reads on; another protocol is asked for.
pub(super) fn take(head: &mut Head) -> Result<Fields, Refusal> {
    let mut fields = Fields {
        close: head.is_old,
        websocket: false,
    };
    let mut upgrades = false;
    let connection = [head.take("connection"), head.take("proxy-connection")].concat();
    for token in connection.iter().flat_map(|it| it.split(',')).map(str::trim) {
        match token.to_ascii_lowercase().as_str() {
            "" | "keep-alive" | "te" => {}
            "close" => fields.close = true,
            "upgrade" => upgrades = true,
            // Over cleartext HTTP/2, named beside the `upgrade` that is refused below.
            "http2-settings" => {}
            _ => return Err(Refusal::Connection),
        }
    }
    head.take("keep-alive");
    // Trailers are dropped, so that a client may well accept them.
    head.take("te");
    let protocols = head.take("upgrade");
    match protocols.as_slice() {
        [] if upgrades => return Err(Refusal::Upgrade),
        [] => {}
        [one] if upgrades && one.eq_ignore_ascii_case("websocket") && !head.is_old => fields.websocket = true,
        _ => return Err(Refusal::Upgrade),
    }
    if head.values("expect").any(|it| !it.eq_ignore_ascii_case("100-continue")) {
        return Err(Refusal::Expect);
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_connection_are_understood_or_refused() {
        let close = Fields {
            close: true,
            websocket: false,
        };
        let websocket = Fields {
            close: false,
            websocket: true,
        };
        for (lines, expected) in [
            ("a: b", Ok(Fields::default())),
            ("connection: keep-alive\r\nkeep-alive: timeout=5", Ok(Fields::default())),
            ("proxy-connection: keep-alive", Ok(Fields::default())),
            ("connection: TE\r\nte: trailers", Ok(Fields::default())),
            ("connection: Close", Ok(close)),
            ("connection: keep-alive, close", Ok(close)),
            ("connection: Upgrade\r\nupgrade: WebSocket", Ok(websocket)),
            ("connection: keep-alive, Upgrade\r\nupgrade: websocket", Ok(websocket)),
            ("expect: 100-continue", Ok(Fields::default())),
            ("connection: authorization", Err("connection")),
            ("connection: close, host", Err("connection")),
            ("upgrade: websocket", Err("upgrade")),
            ("connection: upgrade", Err("upgrade")),
            (
                "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMA",
                Err("upgrade"),
            ),
            ("connection: upgrade\r\nupgrade: websocket, h2c", Err("upgrade")),
            (
                "connection: upgrade\r\nupgrade: websocket\r\nupgrade: h2c",
                Err("upgrade"),
            ),
            ("expect: 200-ok", Err("expect")),
        ] {
            let head = format!("GET / HTTP/1.1\r\n{lines}\r\n\r\n");
            let mut head = Head::parse(head.as_bytes()).expect(lines);
            assert_eq!(take(&mut head).map_err(|it| it.rule()), expected, "{lines:?}");
        }
    }
}
