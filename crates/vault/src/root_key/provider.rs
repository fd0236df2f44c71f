//! The one trait of key providers and the one list of them: unlocking, verifying, status and tests walk it.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::PathBuf;

use distri_core::envelope::RootKey;
use distri_core::{Clock, SystemClock};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::trusted::{Trusted, Vouched};
use super::{Passphrase, RootKeyError, credential, file, passphrase, pkcs11, transit};
use crate::Home;

/// A way of keeping root keys.
///
/// A slot has the provider's word and its *parameters*: JSON, readable by everybody, with what is needed to find the root
/// key again. Making a new slot is each provider's own function, since each asks for something else.
pub trait KeyProvider: Sync {
    /// The word in slots, records and on the command line.
    fn word(&self) -> &'static str;

    /// Where the root key of a slot is, for people.
    fn place(&self, around: &Surroundings<'_>, parameters: &str) -> Result<String, RootKeyError>;

    /// Whether the parameters name anything that this process would read, load or send something to for them alone: then
    /// they are followed only where the operator has vouched for them.
    ///
    /// # Errors
    /// [`RootKeyError::Parameters`].
    fn leads_outside(&self, parameters: &str) -> Result<bool, RootKeyError>;

    /// Parameters to follow instead of those that nobody has vouched for, where the operator has named the place besides.
    fn instead(&self, _around: &Surroundings<'_>) -> Option<&'static str> {
        None
    }

    /// What the operator can do when a slot does not open.
    fn remedy(&self) -> &'static str;

    /// The root key of a slot.
    ///
    /// # Errors
    /// Says precisely what is missing or wrong, without anything secret.
    fn root_key(&self, around: &mut Surroundings<'_>, parameters: &Vouched<'_>) -> Result<RootKey, RootKeyError>;
}

/// Every provider, in the order in which slots are tried: what is here, what is reached over a network, a person last.
pub static PROVIDERS: &[&dyn KeyProvider] = &[
    &file::File,
    &credential::Credential,
    &pkcs11::Pkcs11,
    &transit::Transit,
    #[cfg(feature = "aws-kms")]
    &super::aws_kms::AwsKms,
    &passphrase::FromPassphrase,
];

/// The provider with this word, and its place in the order of trying.
#[must_use]
pub fn provider(word: &str) -> Option<(usize, &'static dyn KeyProvider)> {
    let found = PROVIDERS.iter().enumerate().find(|(_, it)| it.word() == word);
    found.map(|(index, it)| (index, *it))
}

/// What a provider may use of the process around it.
pub struct Surroundings<'a> {
    /// The home's key file.
    pub key_file: PathBuf,
    /// Which slots' parameters are followed.
    pub trusted: Trusted,
    /// Looks an environment variable up.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// Asks a person.
    pub ask: &'a mut dyn FnMut() -> Result<Passphrase, RootKeyError>,
}

impl<'a> Surroundings<'a> {
    /// Those of this process.
    pub fn of(home: &Home, ask: &'a mut dyn FnMut() -> Result<Passphrase, RootKeyError>) -> Self {
        Self {
            key_file: home.root_key(),
            trusted: Trusted::in_file(home.key_providers()),
            variable: &|name| std::env::var_os(name),
            clock: &SystemClock,
            ask,
        }
    }

    /// A variable that is there and not empty.
    pub(super) fn given(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|it| !it.is_empty())
    }
}

/// A root key that a provider keeps from now on, not in a slot yet.
pub struct Enrolled {
    /// The provider's word.
    pub provider: &'static str,
    /// The slot's parameters.
    pub parameters: String,
    /// The key.
    pub root: RootKey,
}

impl Enrolled {
    pub(super) fn new(
        provider: &'static str,
        parameters: &impl Serialize,
        root: RootKey,
    ) -> Result<Self, RootKeyError> {
        Ok(Self {
            provider,
            parameters: serde_json::to_string(parameters).map_err(|_| RootKeyError::Parameters)?,
            root,
        })
    }

    /// Its parameters, which the operator has just given.
    pub(crate) fn vouched(&self) -> Vouched<'_> {
        Vouched(Cow::Borrowed(&self.parameters))
    }
}

/// The most that parameters are: more than a long path and a wrapped key.
const MAX_PARAMETERS_LEN: usize = 8 * 1024;

/// Parameters as a slot has them: the provider's own and no others, so that all that is followed can be shown.
pub(super) fn parse<P: DeserializeOwned + Serialize>(parameters: &str) -> Result<P, RootKeyError> {
    if parameters.len() > MAX_PARAMETERS_LEN {
        return Err(RootKeyError::Parameters);
    }
    let read = || {
        let parsed: P = serde_json::from_str(parameters).ok()?;
        let all: serde_json::Value = serde_json::from_str(parameters).ok()?;
        // A field that is not known, or is there twice with two values, does not come back.
        (serde_json::to_value(&parsed).ok()? == all).then_some(parsed)
    };
    read().ok_or(RootKeyError::Parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_has_a_word_of_its_own_and_refuses_damaged_parameters() {
        let mut ask = || Err(RootKeyError::NoPassphrase("nobody is here".to_owned()));
        for (index, it) in PROVIDERS.iter().enumerate() {
            assert_eq!(provider(it.word()).map(|found| found.0), Some(index), "{}", it.word());
            let mut around = Surroundings {
                key_file: PathBuf::from("/nowhere/root.key"),
                trusted: Trusted::in_file(PathBuf::from("/nowhere/key-providers")),
                variable: &|_| None,
                clock: &SystemClock,
                ask: &mut ask,
            };
            let long = format!("{{\"path\":\"{}\"}}", "x".repeat(MAX_PARAMETERS_LEN));
            for parameters in ["", "7", "{\"", "{\"salt\":7,\"path\":7,\"name\":7}", "{\"x\":1}", &long] {
                let answers = [
                    it.root_key(&mut around, &Vouched(Cow::Borrowed(parameters))).map(drop),
                    it.leads_outside(parameters).map(drop),
                    it.place(&around, parameters).map(drop),
                ];
                let are_refused = answers.iter().all(|it| matches!(it, Err(RootKeyError::Parameters)));
                assert!(are_refused, "{} {parameters}", it.word());
            }
        }
    }

    #[test]
    fn parameters_that_are_not_all_shown_are_damaged() {
        let mut ask = || Err(RootKeyError::NoPassphrase("nobody is here".to_owned()));
        let around = Surroundings {
            key_file: PathBuf::from("/nowhere/root.key"),
            trusted: Trusted::in_file(PathBuf::from("/nowhere/key-providers")),
            variable: &|_| None,
            clock: &SystemClock,
            ask: &mut ask,
        };
        let good =
            r#"{"address":"https://a","key":"k","mount":"m","namespace":"n/s","ca_file":"/ca.pem","wrapped":"w"}"#;
        let place = transit::Transit.place(&around, good).expect("reads");
        for shown in ["https://a", "`k`", "`m`", "n/s", "/ca.pem"] {
            assert!(place.contains(shown), "{place}");
        }
        for bad in [
            r#"{"address":"https://a","key":"k","mount":"m","wrapped":"w","other":"o"}"#,
            r#"{"address":"https://a","address":"https://b","key":"k","mount":"m","wrapped":"w"}"#,
            r#"{"address":"https://a","key":"k","mount":"m","wrapped":"w","wrapped":"v"}"#,
            r#"{"address":"https://a","key":"k","mount":"m","wrapped":"w","ca_file":null}"#,
        ] {
            assert!(transit::Transit.place(&around, bad).is_err(), "{bad}");
        }
        #[cfg(feature = "aws-kms")]
        {
            let good = r#"{"key":"k","region":"r","endpoint":"https://e","ca_file":"/ca.pem","wrapped":"w"}"#;
            let kms = super::super::aws_kms::AwsKms;
            let place = kms.place(&around, good).expect("reads");
            assert!(place.contains("https://e") && place.contains("/ca.pem"), "{place}");
        }
    }
}
