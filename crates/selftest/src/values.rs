//! Values at random for one selftest, and the release of a run that has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use distri_core::clock::SystemClock;
use distri_core::envelope::Keyring;
use distri_core::ids::RunId;
use distri_core::placeholder::{PlaceholderId, PlaceholderKey, Shape};
use distri_core::policy::{Delivery, Given, Policy};
use distri_core::release::{Release, ReleasedSecret};
use distri_core::value::SecretValue;

use crate::corpus::SecretRow;
use crate::error::SelftestError;
use crate::template::Names;

/// The secrets of one selftest, as rows and as bytes.
pub(crate) struct Values<'c> {
    rows: &'c BTreeMap<String, SecretRow>,
    bytes: BTreeMap<String, Vec<u8>>,
    keys: Arc<PlaceholderKey>,
}

impl<'c> Values<'c> {
    pub(crate) fn make(rows: &'c BTreeMap<String, SecretRow>) -> Result<Self, SelftestError> {
        let mut values = Self {
            rows,
            bytes: BTreeMap::new(),
            keys: Keyring::create(&SystemClock).placeholders().clone(),
        };
        let mut names = Names::default();
        names.set("same", random());
        let looks = Shape::of(&"LOOKS".parse().expect("a key"), b"sk_0123456789abcdefghijklmnopqrs");
        let looks = PlaceholderId::new(3, 0).map(|it| values.keys.mint(it, &looks));
        names.set(
            "placeholder",
            looks.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        );
        for (key, row) in rows {
            names.set("random", random());
            values
                .bytes
                .insert(key.clone(), names.fill(&row.value.repeat(row.times))?);
        }
        Ok(values)
    }

    /// The release that has this number: equal numbers give equal placeholders.
    pub(crate) fn release(&self, number: u64, with: &[String]) -> Result<Release, SelftestError> {
        let chosen = self.rows.iter().filter(|(key, row)| !row.apart || with.contains(key));
        let secrets = chosen
            .enumerate()
            .map(|(index, (key, row))| self.secret(number, index, key, row));
        Ok(Release {
            run: RunId::new(&SystemClock),
            secrets: secrets.collect::<Result<_, _>>()?,
            placeholders: Some(self.keys.clone()),
        })
    }

    fn secret(&self, number: u64, index: usize, key: &str, row: &SecretRow) -> Result<ReleasedSecret, SelftestError> {
        let bad = |what: &dyn std::fmt::Display| SelftestError::Corpus(format!("secret `{key}`: {what}"));
        let hosts = row.hosts.iter().map(|it| it.parse().map_err(|it| bad(&it)));
        let delivery = row.delivery.as_ref().map(|it| it.parse().map_err(|it| bad(&it)));
        let policy = Policy {
            hosts: hosts.collect::<Result<_, _>>()?,
            delivery: delivery.transpose()?.unwrap_or(Delivery::Auto),
            body: row.body,
            ..Policy::default()
        };
        let (name, bytes) = (key.parse().map_err(|it| bad(&it))?, &self.bytes[key]);
        let id = PlaceholderId::new(number, index).ok_or_else(|| bad(&"too many secrets"))?;
        let shape = Shape::of(&name, bytes);
        Ok(ReleasedSecret {
            placeholder: (policy.given() == Given::Placeholder).then(|| self.keys.mint(id, &shape)),
            value: SecretValue::new(bytes.clone()).map_err(|it| bad(&it))?,
            version: 1,
            key: name,
            policy,
        })
    }
}

/// What `{KEY}` and `{=KEY}` stand for: what the run holds, and the value.
pub(crate) fn names(release: &Release) -> Names {
    let mut names = Names::default();
    for secret in &release.secrets {
        names.set(secret.key.as_str(), secret.given());
        names.set(format!("={}", secret.key), secret.value.expose_secret());
    }
    names
}

/// 32 letters and digits.
pub(crate) fn random() -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has random bytes");
    // A little less than 190 bits: nobody guesses it in the seconds of its life.
    bytes
        .iter()
        .map(|it| char::from(ALPHABET[usize::from(it % 62)]))
        .collect()
}
