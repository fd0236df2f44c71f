//! The canonical request: method, URL and headers a line each, then an empty line and the body.

use distri_egress::Request;

/// What is accepted has one reading: written and read again it is the same.
pub fn request(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |it| *it == 0);
    let Ok(head) = std::str::from_utf8(parts.next().unwrap_or_default()) else {
        return;
    };
    let body = parts.next().unwrap_or_default();
    let mut lines = head.split('\n');
    let (method, url) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let headers: Vec<(String, String)> = lines
        .filter_map(|it| it.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let Ok(request) = Request::parse(method, url, headers, body.to_vec()) else {
        return;
    };
    let headers = request.headers().to_vec();
    let again = Request::parse(request.method(), &request.url(), headers, request.body().to_vec());
    let again = again.expect("what was accepted is accepted again");
    assert_eq!(again.url(), request.url());
    assert_eq!(
        (again.host(), again.port(), again.path()),
        (request.host(), request.port(), request.path())
    );
    assert_eq!(again.headers(), request.headers());
    assert!(!request.path().split('/').any(|it| it == ".." || it == "."));
}
