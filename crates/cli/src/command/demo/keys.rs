//! The demo's secrets: made by chance at each demo, shaped like the real ones, worth nothing anywhere.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use distri_core::SecretValue;
use rustix::rand::{GetRandomFlags, getrandom};
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::Failure;

/// One secret.
pub(super) struct DemoKey {
    /// Its key.
    pub(super) name: &'static str,
    /// Its value.
    pub(super) value: SecretValue,
}

/// What the documentation's agent and its tools need.
pub(super) struct Keys {
    /// The one that the story follows; the tools use it.
    pub(super) sendgrid: DemoKey,
    /// Required by the definition.
    pub(super) stripe: [DemoKey; 2],
}

impl Keys {
    /// Makes them.
    pub(super) fn make() -> Result<Self, Failure> {
        let (id, secret) = (random_bytes::<16>()?, random_bytes::<32>()?);
        let (id, secret) = (BASE64URL_NOPAD.encode(&id[..]), BASE64URL_NOPAD.encode(&secret[..]));
        let api_key = HEXLOWER.encode(&random_bytes::<16>()?[..]);
        let webhook = HEXLOWER.encode(&random_bytes::<16>()?[..]);
        Ok(Self {
            sendgrid: DemoKey::new("SENDGRID_API_KEY", format!("SG.{id}.{secret}"))?,
            stripe: [
                DemoKey::new("STRIPE_API_KEY", format!("sk_test_{api_key}"))?,
                DemoKey::new("STRIPE_WEBHOOK_SECRET", format!("whsec_{webhook}"))?,
            ],
        })
    }

    /// All of them, sorted by key.
    pub(super) fn all(&self) -> impl Iterator<Item = &DemoKey> {
        std::iter::once(&self.sendgrid).chain(&self.stripe)
    }
}

impl DemoKey {
    fn new(name: &'static str, value: String) -> Result<Self, Failure> {
        let value = SecretValue::new(value.into_bytes());
        let value = value.map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        Ok(Self { name, value })
    }

    /// Enough to recognise it by, and no more: `SG.k3Vw…`.
    pub(super) fn beginning(&self) -> String {
        let value = self.value.expose_secret();
        format!("{}…", String::from_utf8_lossy(&value[..value.len().min(7)]))
    }
}

/// Bytes from the operating system; at most 256, which it gives at once.
pub(super) fn random_bytes<const N: usize>() -> Result<Zeroizing<[u8; N]>, Failure> {
    let mut bytes = Zeroizing::new([0; N]);
    match getrandom(&mut bytes[..], GetRandomFlags::empty()) {
        Ok(got) if got == N => Ok(bytes),
        _ => Err(Failure::new(Exit::Failed, "the operating system gives no random bytes")),
    }
}

#[cfg(test)]
mod tests {
    use distri_core::catalogue::Catalogue;

    use super::*;

    #[test]
    fn they_look_like_the_real_ones_and_are_new_each_time() {
        let (one, other) = (Keys::make().ok().expect("keys"), Keys::make().ok().expect("keys"));
        for (one, other) in one.all().zip(other.all()) {
            let key = one.name.parse().expect("a key");
            assert_eq!(
                Catalogue::builtin().shape_warning(&key, one.value.expose_secret()),
                None
            );
            assert!(!one.value.same_as(&other.value), "{}", one.name);
        }
        assert_eq!(one.sendgrid.value.len(), 69);
        assert_eq!(one.sendgrid.beginning().chars().count(), 8);
        assert!(one.all().is_sorted_by_key(|it| it.name));
    }
}
