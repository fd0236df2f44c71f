//! The limit on failed log-ins, kept in the store so that it holds for all servers together.
//!
//! Each is counted before the password is looked at: many at once get no more guesses than one after the other. A log-in
//! that succeeds is taken off again.

use std::net::IpAddr;
use std::time::Duration;

use distri_core::EmailAddress;
use distri_store::UnitOfWork;

use crate::{Unauthenticated, Vault, VaultError};

/// Failures are counted for this long.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// This many log-ins of one person may fail in it.
const OF_A_PERSON: u32 = 10;
/// This many from one address of the network: an office has one.
const OF_AN_ADDRESS: u32 = 100;

/// A log-in that was counted.
pub(super) struct Attempt {
    person: [u8; 32],
    address: [u8; 32],
}

impl Vault {
    /// Counts a log-in, and refuses one too many.
    pub(super) fn attempt(&self, email: &EmailAddress, peer: IpAddr) -> Result<Attempt, VaultError> {
        let attempt = Attempt {
            person: self.keyring.hash_attempt("person", email.as_str().as_bytes()),
            address: self.keyring.hash_attempt("address", &network(peer)),
        };
        let now = self.clock.now();
        let began = now.checked_sub(WINDOW).unwrap_or(now);
        let (person, address) = self.store.write(|work| {
            let person = work.count_attempt(&attempt.person, now, began)?;
            Ok::<_, VaultError>((person, work.count_attempt(&attempt.address, now, began)?))
        })?;
        if person > OF_A_PERSON || address > OF_AN_ADDRESS {
            return Err(Unauthenticated::TooMany.into());
        }
        Ok(attempt)
    }

    /// Begins the count of a person anew: who was kept from signing in by the guesses of others may try again.
    pub(super) fn forget_failures(&self, work: &mut dyn UnitOfWork, email: &EmailAddress) -> Result<(), VaultError> {
        let person = self.keyring.hash_attempt("person", email.as_str().as_bytes());
        Ok(work.forget_attempts(&person, true)?)
    }

    /// Takes a log-in that succeeded off the counts. The person's begins anew; the address keeps the failures of others.
    pub(super) fn succeeded(&self, attempt: &Attempt) -> Result<(), VaultError> {
        self.store.write(|work| {
            work.forget_attempts(&attempt.person, true)?;
            Ok(work.forget_attempts(&attempt.address, false)?)
        })
    }
}

/// What one subscriber has: an IPv4 address, or 64 bits of an IPv6 address (RFC 6177).
fn network(peer: IpAddr) -> Vec<u8> {
    match peer.to_canonical() {
        IpAddr::V4(it) => it.octets().to_vec(),
        IpAddr::V6(it) => it.octets()[..8].to_vec(),
    }
}
