//! Lists that come in pages: where the next one begins.

use distri_egress::operator::Answer;
use http::header::LINK;

/// The cursor of the page that an answer's link leads to: the link itself is not followed, wherever it leads.
pub(super) fn next_page(answer: &Answer) -> Option<String> {
    let link = answer.headers.get(LINK).and_then(|it| it.to_str().ok());
    link.and_then(cursor_of)
}

fn cursor_of(link: &str) -> Option<String> {
    let target = link.strip_prefix('<')?.split_once('>')?.0;
    let query = target.split_once('?')?.1;
    let cursor = query.split('&').find_map(|it| it.strip_prefix("cursor="))?;
    let is_plain = cursor
        .bytes()
        .all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
    is_plain.then(|| cursor.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_link_only_its_cursor_is_taken() {
        let cursor = |link: &str| cursor_of(link);
        assert_eq!(
            cursor("</v1/secrets?limit=2&cursor=aB-_9>; rel=\"next\"").as_deref(),
            Some("aB-_9")
        );
        assert_eq!(cursor("<https://elsewhere.example/?cursor=aB>").as_deref(), Some("aB"));
        for link in ["", "</v1/secrets>", "</v1/secrets?cursor=a%0d>", "/v1/secrets?cursor=a"] {
            assert_eq!(cursor(link), None, "{link}");
        }
    }
}
