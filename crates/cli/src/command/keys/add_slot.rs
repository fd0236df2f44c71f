//! `keys add-slot`: one more way to unlock the store.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use distri_vault::FirstUse;
#[cfg(feature = "aws-kms")]
use distri_vault::root_key::aws_kms;
use distri_vault::root_key::{Enrolled, RootKeyError, Surroundings, credential, file, passphrase, pkcs11, transit};

use super::new_key::{keep_a_copy, new_passphrase};
use crate::context::{self, Embedded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Add a way to unlock the store, beside those there are
///
/// The new slot is tried before it is stored. To switch: add a slot, `distri keys verify` it where the store will be
/// opened, then `distri keys retire-slot` the old one.
#[derive(Debug, Args)]
pub(crate) struct AddSlot {
    #[command(subcommand)]
    provider: Provider,
}

#[derive(Debug, Subcommand)]
enum Provider {
    /// A key file of mode 0600
    File {
        /// Where it is, or is made; without it the usual place
        #[arg(long, value_name = "PATH")]
        path: Option<PathBuf>,
    },
    /// A passphrase, made into a key by Argon2id
    #[command(after_help = PASSPHRASE_OF_SLOT)]
    Passphrase,
    /// A systemd credential, which systemd decrypts for one service
    #[command(after_help = CREDENTIAL)]
    Credential {
        /// The credential's name
        #[arg(long, value_name = "NAME", default_value = "distri-root-key")]
        name: String,
        /// Its content, made when it is not there: encrypt it, then destroy it
        #[arg(long, value_name = "PATH")]
        key_file: PathBuf,
    },
    /// A key of Vault's or OpenBao's Transit engine
    #[command(after_help = TRANSIT)]
    Transit {
        /// The service, such as `https://bao.internal:8200`
        #[arg(long, value_name = "URL")]
        address: String,
        /// The key's name; it has to be there
        #[arg(long, value_name = "NAME")]
        key: String,
        /// Where the engine is mounted
        #[arg(long, value_name = "PATH", default_value = "transit")]
        mount: String,
        /// The namespace
        #[arg(long, value_name = "PATH")]
        namespace: Option<String>,
        /// A PEM file with the service's authority, to trust beside Mozilla's
        #[arg(long, value_name = "PATH")]
        ca_file: Option<PathBuf>,
    },
    /// A key of AWS KMS
    #[cfg(feature = "aws-kms")]
    #[command(after_help = KMS)]
    AwsKms {
        /// The key's ARN, identifier or alias
        #[arg(long, value_name = "KEY")]
        key: String,
        /// The region
        #[arg(long, value_name = "REGION")]
        region: String,
        /// Another endpoint than the region's own
        #[arg(long, value_name = "URL")]
        endpoint: Option<String>,
        /// A PEM file with the endpoint's authority, to trust beside Mozilla's
        #[arg(long, value_name = "PATH")]
        ca_file: Option<PathBuf>,
    },
    /// An AES key in a hardware module (PKCS #11)
    #[command(after_help = PIN)]
    Pkcs11 {
        /// The module's library
        #[arg(long, value_name = "PATH")]
        module: PathBuf,
        /// The key's label
        #[arg(long, value_name = "LABEL")]
        key: String,
        /// The token's label, where there are several
        #[arg(long, value_name = "LABEL")]
        token: Option<String>,
    },
}

const PASSPHRASE_OF_SLOT: &str =
    "DISTRI_NEW_PASSPHRASE_FILE names a file with the new passphrase where there is no terminal.";

const CREDENTIAL: &str = "\
Then, as root, where the service runs:
  systemd-creds encrypt --name=distri-root-key PATH /etc/credstore.encrypted/distri-root-key
and in its unit:
  LoadCredentialEncrypted=distri-root-key";

const TRANSIT: &str = "\
The token is the content of the file that DISTRI_TRANSIT_TOKEN_FILE names, else DISTRI_TRANSIT_TOKEN, BAO_TOKEN or
VAULT_TOKEN; it is never stored. Its policy has to permit `update` on `MOUNT/encrypt/KEY` (now) and on
`MOUNT/decrypt/KEY` (at every start).";

#[cfg(feature = "aws-kms")]
const KMS: &str = "\
Credentials are the contents of the files that DISTRI_AWS_ACCESS_KEY_FILE, DISTRI_AWS_SECRET_KEY_FILE and
DISTRI_AWS_SESSION_TOKEN_FILE name, else AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; they are never stored.
They need kms:Encrypt (now) and kms:Decrypt (at every start). The encryption context is application=distri, purpose=root-key.";

const PIN: &str = "\
The PIN is the content of the file that DISTRI_PKCS11_PIN_FILE names, else DISTRI_PKCS11_PIN; it is never stored. The key
is an AES key of 256 bits that may encrypt and decrypt, in a module with AES-GCM.";

impl AddSlot {
    /// Adds it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Embedded::open(FirstUse::Refuse)?;
        let home = context::home()?;
        let mut ask = context::ask_passphrase;
        let mut around = Surroundings::of(&home, &mut ask);
        let made = match &self.provider {
            Provider::File { path } => Some(path.clone().unwrap_or_else(|| home.root_key())),
            Provider::Credential { key_file, .. } => Some(key_file.clone()),
            _ => None,
        };
        let slot = context
            .caller()?
            .add_slot(&mut around, |around| self.provider.enrol(around))?;
        if let Some(key_file) = made {
            keep_a_copy(&key_file);
        }
        terminal::note(&format!(
            "Root key {} opens the store too: {} (slot {}).",
            slot.root_key, slot.place, slot.id
        ));
        Ok(Exit::Ok)
    }
}

impl Provider {
    fn enrol(self, around: &mut Surroundings<'_>) -> Result<Enrolled, RootKeyError> {
        match self {
            Self::File { path } => file::enrol(around, path),
            Self::Passphrase => passphrase::enrol(&mut || new_passphrase("DISTRI_NEW_PASSPHRASE_FILE")),
            Self::Credential { name, key_file } => credential::enrol(&name, &key_file),
            Self::Transit {
                address,
                key,
                mount,
                namespace,
                ca_file,
            } => transit::enrol(
                around,
                transit::Settings {
                    address,
                    key,
                    mount,
                    namespace,
                    ca_file,
                },
            ),
            #[cfg(feature = "aws-kms")]
            Self::AwsKms {
                key,
                region,
                endpoint,
                ca_file,
            } => aws_kms::enrol(
                around,
                aws_kms::Settings {
                    key,
                    region,
                    endpoint,
                    ca_file,
                },
            ),
            Self::Pkcs11 { module, key, token } => pkcs11::enrol(around, pkcs11::Settings { module, key, token }),
        }
    }
}
