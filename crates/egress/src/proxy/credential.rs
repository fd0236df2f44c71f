//! The word in the proxy's URL: who does not know it is not of this run.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use distri_core::value::SecretValue;
use zeroize::Zeroizing;

use super::head::Head;
use super::refusal::Refusal;

const USER: &str = "distri";

/// A random password, made anew for each proxy.
pub(super) struct Credential {
    password: Zeroizing<String>,
    /// What stands behind `Basic ` (RFC 7617).
    expected: Zeroizing<String>,
}

impl Credential {
    pub(super) fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 24]);
        aws_lc_rs::rand::fill(bytes.as_mut()).expect("the system has random bytes");
        let password = Zeroizing::new(BASE64URL_NOPAD.encode(bytes.as_ref()));
        let pair = Zeroizing::new(format!("{USER}:{}", *password));
        let expected = Zeroizing::new(BASE64.encode(pair.as_bytes()));
        Self { password, expected }
    }

    pub(super) fn password(&self) -> SecretValue {
        SecretValue::new(self.password.as_bytes().to_vec()).expect("it has 32 bytes")
    }

    /// `user:password`, as it stands in a URL.
    pub(super) fn userinfo(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{USER}:{}", *self.password))
    }

    /// Takes the credential out of `head`, so that it goes no further.
    ///
    /// # Errors
    /// None, more than one, or another one.
    pub(super) fn admit(&self, head: &mut Head) -> Result<(), Refusal> {
        let given = head.take("proxy-authorization");
        match given.as_slice() {
            [one] if self.is(one) => Ok(()),
            _ => Err(Refusal::Credential),
        }
    }

    /// Drops the credential from the headers of a request inside of a tunnel, where some clients (Deno 2) repeat it.
    /// Another one stays, and is refused as what it is.
    pub(super) fn drop_from(&self, headers: &mut Vec<(String, String)>) {
        headers.retain(|(name, value)| name != "proxy-authorization" || !self.is(value));
    }

    fn is(&self, given: &str) -> bool {
        given.split_once(' ').is_some_and(|(scheme, word)| {
            let word = word.trim_start_matches(' ').as_bytes();
            scheme.eq_ignore_ascii_case("basic") && verify_slices_are_equal(word, self.expected.as_bytes()).is_ok()
        })
    }
}
