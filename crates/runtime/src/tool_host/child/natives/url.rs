//! URLs and form data, by the `url` crate's WHATWG functions.

use rquickjs::Result;
use url::{Url, form_urlencoded, quirks};

use super::Table;

pub(super) fn add<'js>(table: &Table<'js>) -> Result<()> {
    table.add("urlParse", |url: String, base: Option<String>| {
        let parsed = match base {
            Some(base) => Url::parse(&base).and_then(|base| base.join(&url)),
            None => Url::parse(&url),
        };
        parsed.ok().map(|url| parts(&url))
    })?;
    table.add("urlSet", |href: String, part: String, value: String| {
        let mut url = Url::parse(&href).ok()?;
        // A setter that refuses leaves the URL as it is; only `href` throws, and that one parses.
        match part.as_str() {
            "protocol" => drop(quirks::set_protocol(&mut url, &value)),
            "username" => drop(quirks::set_username(&mut url, &value)),
            "password" => drop(quirks::set_password(&mut url, &value)),
            "host" => drop(quirks::set_host(&mut url, &value)),
            "hostname" => drop(quirks::set_hostname(&mut url, &value)),
            "port" => drop(quirks::set_port(&mut url, &value)),
            "pathname" => quirks::set_pathname(&mut url, &value),
            "search" => quirks::set_search(&mut url, &value),
            _ => quirks::set_hash(&mut url, &value),
        }
        Some(parts(&url))
    })?;
    table.add("formParse", |text: String| {
        form_urlencoded::parse(text.as_bytes())
            .flat_map(|(name, value)| [name.into_owned(), value.into_owned()])
            .collect::<Vec<_>>()
    })?;
    table.add("formSerialize", |flat: Vec<String>| {
        let pairs = flat.chunks_exact(2).map(|pair| (&pair[0], &pair[1]));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    })
}

/// In the order in which `js/url.js` names them.
fn parts(url: &Url) -> Vec<String> {
    [
        quirks::href(url),
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
        &quirks::origin(url),
    ]
    .map(str::to_owned)
    .into()
}
