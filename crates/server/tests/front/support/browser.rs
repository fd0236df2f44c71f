//! A browser without eyes: keeps cookies, reads the token of a page's forms, and says where its forms come from.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use distri_core::authz::Role;
use distri_vault::people::{Joining, NewInvitation, Password};

use super::{Answer, Request, TestServer, local, parsed};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A browser with its cookies.
pub(crate) struct Browser {
    address: SocketAddr,
    pub(crate) cookies: RefCell<BTreeMap<String, String>>,
}

impl Browser {
    /// A browser in which nobody is signed in.
    pub(crate) fn new(server: &TestServer) -> Self {
        Self {
            address: server.address,
            cookies: RefCell::default(),
        }
    }

    /// A browser in which the first owner is signed in, by the link that the server shows.
    #[track_caller]
    pub(crate) fn of_owner(server: &TestServer) -> Self {
        let browser = Self::new(server);
        let link = server
            .vault()
            .setup_link()
            .expect("reads")
            .expect("nobody is there yet");
        assert_eq!(browser.get(&format!("/setup/{}", link.expose_secret())).status, 303);
        let fields = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
        let answer = browser.submit("/setup", "/setup", &fields);
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/settings/secrets")
        );
        browser
    }

    /// A browser in which a new member with this role is signed in.
    #[track_caller]
    pub(crate) fn of_member(server: &TestServer, role: Role) -> Self {
        let vault = server.vault();
        let email = format!("{role}@example.com");
        let new = NewInvitation {
            email: parsed(&email),
            role,
        };
        let (link, _) = local(&vault).invite(&new).expect("invites");
        let joining = Joining {
            name: Some(parsed("Grace")),
            password: Password::new(PASSWORD.to_owned()),
        };
        let peer = [127, 0, 0, 1].into();
        vault
            .accept_invitation(&link.presented(), &joining, peer)
            .expect("joins");
        let browser = Self::new(server);
        let answer = browser.sign_in(&email, PASSWORD);
        assert_eq!(answer.status, 303, "{}", answer.text());
        browser
    }

    /// Signs in by the form.
    pub(crate) fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.submit("/sign-in", "/sign-in", &[("email", email), ("password", password)])
    }

    /// Opens a page; redirects are not followed.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.exchange(Request::new(self.address, "GET", path))
    }

    /// Opens a page that is there.
    #[track_caller]
    pub(crate) fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// Opens the page at `page`, and sends a form of it to `action`.
    #[track_caller]
    pub(crate) fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let token = token_in(&self.page(page));
        let fields: Vec<_> = [("csrf", token.as_str())]
            .into_iter()
            .chain(fields.iter().copied())
            .collect();
        self.post(action, &fields)
    }

    /// The same, and the page that it leads to.
    #[track_caller]
    pub(crate) fn follow(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.submit(page, action, fields);
        assert_eq!(answer.status, 303, "{action}: {}", answer.text());
        self.page(answer.header("location"))
    }

    /// Sends a form as it is, from a page of the server.
    pub(crate) fn post(&self, action: &str, fields: &[(&str, &str)]) -> Answer {
        self.exchange(
            self.form(action, fields)
                .header("origin", &format!("http://{}", self.address)),
        )
    }

    /// A form that does not say where it comes from.
    pub(crate) fn form(&self, action: &str, fields: &[(&str, &str)]) -> Request {
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        Request::new(self.address, "POST", action)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(pairs.collect::<Vec<_>>().join("&"))
    }

    /// Sends a request with the cookies, and keeps those that come back.
    pub(crate) fn exchange(&self, request: Request) -> Answer {
        let cookies = self
            .cookies
            .borrow()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>();
        let request = match cookies.is_empty() {
            true => request,
            false => request.header("cookie", &cookies.join("; ")),
        };
        let answer = request.send();
        for cookie in answer.headers.get_all("set-cookie") {
            let pair = cookie.to_str().expect("text").split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("a pair");
            match value {
                "" => drop(self.cookies.borrow_mut().remove(name)),
                _ => drop(self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned())),
            }
        }
        answer
    }

    /// The text of the session's cookie.
    pub(crate) fn session(&self) -> Option<String> {
        self.cookies.borrow().get("distri").cloned()
    }
}

/// The token of the first form of a page.
#[track_caller]
pub(crate) fn token_in(page: &str) -> String {
    let after = page
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .expect("a form with a token");
    after.split('"').next().expect("a value").to_owned()
}

pub(crate) fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let bytes = text.bytes().map(|b| match plain(b) {
        true => char::from(b).to_string(),
        false => format!("%{b:02X}"),
    });
    bytes.collect()
}
