//! AWS Signature Version 4, as far as a POST to `/` without a query needs it.
//!
//! ```text
//! request = POST LF / LF LF name:value LF … LF names LF hex(SHA-256(body))
//! text    = AWS4-HMAC-SHA256 LF time LF scope LF hex(SHA-256(request))      scope = date/region/service/aws4_request
//! key     = HMAC(HMAC(HMAC(HMAC("AWS4" ‖ secret, date), region), service), "aws4_request")
//! ```

use aws_lc_rs::{digest, hmac};
use data_encoding::HEXLOWER;
use distri_core::Timestamp;
use zeroize::Zeroizing;

/// Who signs, for where.
pub(super) struct Signer<'s> {
    pub(super) access_key: &'s str,
    pub(super) secret_key: &'s str,
    pub(super) region: &'s str,
    pub(super) service: &'s str,
}

impl Signer<'_> {
    /// The `authorization` header over `headers`, which are in lower case, sorted, and have `host` and `x-amz-date`.
    pub(super) fn authorization(&self, time: &str, headers: &[(String, String)], body: &[u8]) -> String {
        let names: Vec<&str> = headers.iter().map(|it| it.0.as_str()).collect();
        let names = names.join(";");
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let request = format!("POST\n/\n\n{lines}\n{names}\n{}", hash(body));
        let (date, _) = time.split_once('T').unwrap_or((time, ""));
        let scope = format!("{date}/{}/{}/aws4_request", self.region, self.service);
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hash(request.as_bytes()));
        let signature = HEXLOWER.encode(hmac::sign(&self.key(date), text.as_bytes()).as_ref());
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.access_key
        )
    }

    fn key(&self, date: &str) -> hmac::Key {
        let secret = Zeroizing::new(["AWS4", self.secret_key].concat());
        let parts = [date, self.region, self.service, "aws4_request"];
        parts
            .iter()
            .fold(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), |key, part| {
                hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref())
            })
    }
}

/// The instant as `x-amz-date` has it.
pub(super) fn amz_date(instant: Timestamp) -> String {
    instant.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `post-vanilla` of AWS's own test suite.
    #[test]
    fn the_suite_of_aws_is_signed_as_it_has_it() {
        let instant = Timestamp::from_second(1_440_938_160).expect("in range");
        let time = amz_date(instant);
        assert_eq!(time, "20150830T123600Z");
        let signer = Signer {
            access_key: "AKIDEXAMPLE",
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            region: "us-east-1",
            service: "service",
        };
        let headers = [("host", "example.amazonaws.com"), ("x-amz-date", &time)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            signer.authorization(&time, &headers, b""),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
    }
}
