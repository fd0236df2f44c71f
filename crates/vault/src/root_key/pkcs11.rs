//! The root key wrapped by an AES key that never leaves a hardware module (PKCS #11).
//!
//! The module is a shared library that the operator names; it is loaded into this process, and so is as trusted as distri
//! itself. The PIN is the operator's word each time and is never stored. What the slot has is `nonce ‖ AES-GCM`, made and
//! undone inside the module.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11 as Module};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use data_encoding::BASE64;
use distri_core::envelope::RootKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::provider::{Enrolled, KeyProvider, Surroundings, parse};
use super::trusted::Vouched;
use super::{KeeperFault, RootKeyError, operators_word};

const NONCE_LEN: usize = 12;
const TAG_BITS: u64 = 128;
/// What the wrapping is bound to beside the key.
const AAD: &[u8] = b"distri/1 root key";

/// A module is set up once in a process, and taken down before anybody else sets it up.
static ALONE: Mutex<()> = Mutex::new(());

/// The provider.
pub struct Pkcs11;

/// Which key, in which module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The module, such as `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// The key's label: an AES key of 256 bits that may encrypt and decrypt.
    pub key: String,
    /// The token's label, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Parameters {
    #[serde(flatten)]
    settings: Settings,
    /// The root key, as the module wrapped it.
    wrapped: String,
}

impl KeyProvider for Pkcs11 {
    fn word(&self) -> &'static str {
        "pkcs11"
    }

    fn place(&self, _around: &Surroundings<'_>, parameters: &str) -> Result<String, RootKeyError> {
        Ok(place(&parse::<Parameters>(parameters)?.settings))
    }

    fn leads_outside(&self, parameters: &str) -> Result<bool, RootKeyError> {
        parse::<Parameters>(parameters).map(|_| true)
    }

    fn remedy(&self) -> &'static str {
        "give the PIN in `DISTRI_PKCS11_PIN_FILE`, and see that the hardware module is there"
    }

    fn root_key(&self, around: &mut Surroundings<'_>, parameters: &Vouched<'_>) -> Result<RootKey, RootKeyError> {
        let Parameters { settings, wrapped } = parse(parameters.as_str())?;
        let wrapped = BASE64
            .decode(wrapped.as_bytes())
            .map_err(|_| RootKeyError::Parameters)?;
        let (nonce, body) = wrapped.split_at_checked(NONCE_LEN).ok_or(RootKeyError::Parameters)?;
        with_key(around, &settings, |session, key| {
            let mut nonce = nonce.to_vec();
            let root = Zeroizing::new(session.decrypt(&gcm(&mut nonce)?, key, body)?);
            Ok(RootKey::from_bytes(&root))
        })?
        .map_err(|_| fault(&settings, KeeperFault::Foreign("what it unwraps to is no root key")))
    }
}

/// A new slot: a random root key, wrapped inside the module.
///
/// # Errors
/// The module cannot be loaded, the PIN is wrong, there is no such key.
pub fn enrol(around: &Surroundings<'_>, settings: Settings) -> Result<Enrolled, RootKeyError> {
    let settings = Settings {
        module: std::path::absolute(&settings.module).unwrap_or(settings.module),
        ..settings
    };
    let root = RootKey::random();
    let wrapped = with_key(around, &settings, |session, key| {
        let mut wrapped = session.generate_random_vec(NONCE_LEN as u32)?;
        let mut nonce = wrapped.clone();
        wrapped.extend(session.encrypt(&gcm(&mut nonce)?, key, root.expose_secret())?);
        Ok(wrapped)
    })?;
    let parameters = Parameters {
        settings,
        wrapped: BASE64.encode(&wrapped),
    };
    Enrolled::new(Pkcs11.word(), &parameters, root)
}

fn gcm(nonce: &mut [u8]) -> Result<Mechanism<'_>, Error> {
    Ok(Mechanism::AesGcm(GcmParams::new(nonce, AAD, TAG_BITS.into())?))
}

fn place(Settings { module, key, token }: &Settings) -> String {
    let module = module.display();
    match token {
        Some(token) => format!("PKCS #11 key `{key}` of token `{token}` in `{module}`"),
        None => format!("PKCS #11 key `{key}` in `{module}`"),
    }
}

fn fault(settings: &Settings, fault: KeeperFault) -> RootKeyError {
    RootKeyError::Keeper {
        place: place(settings),
        fault,
    }
}

/// Does `work` with the key, logged in, in a module that is set up for it and taken down again.
fn with_key<T>(
    around: &Surroundings<'_>,
    settings: &Settings,
    work: impl FnOnce(&Session, ObjectHandle) -> Result<T, Error>,
) -> Result<T, RootKeyError> {
    let pin = operators_word::read(
        around,
        &format!("the PIN for {}", place(settings)),
        "DISTRI_PKCS11_PIN_FILE",
        &["DISTRI_PKCS11_PIN"],
    )?;
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let failed = |error: Error| fault(settings, meaning(&error));
    let module = Module::new(&settings.module).map_err(failed)?;
    module
        .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
        .map_err(failed)?;
    let slot = slot_of(&module, settings)?;
    let session = module.open_ro_session(slot).map_err(failed)?;
    session
        .login(UserType::User, Some(&AuthPin::from(pin.as_str().to_owned())))
        .map_err(failed)?;
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::Label(settings.key.clone().into_bytes()),
    ];
    let keys = session.find_objects(&template).map_err(failed)?;
    match keys.as_slice() {
        [key] => work(&session, *key).map_err(failed),
        [] => Err(fault(
            settings,
            KeeperFault::NotFound("the token has no secret key of that label".to_owned()),
        )),
        _ => Err(fault(settings, KeeperFault::Foreign("several keys have that label"))),
    }
}

fn slot_of(module: &Module, settings: &Settings) -> Result<cryptoki::slot::Slot, RootKeyError> {
    let failed = |error: Error| fault(settings, meaning(&error));
    let mut found = Vec::new();
    for slot in module.get_slots_with_initialized_token().map_err(failed)? {
        let label = module.get_token_info(slot).map_err(failed)?.label().to_owned();
        if settings.token.as_ref().is_none_or(|it| *it == label) {
            found.push(slot);
        }
    }
    match (found.as_slice(), &settings.token) {
        ([slot], _) => Ok(*slot),
        ([], Some(token)) => Err(fault(
            settings,
            KeeperFault::NotFound(format!("the module has no token `{token}`")),
        )),
        ([], None) => Err(fault(
            settings,
            KeeperFault::NotFound("the module has no token".to_owned()),
        )),
        _ => Err(fault(
            settings,
            KeeperFault::NotFound("the module has several tokens: name one".to_owned()),
        )),
    }
}

/// What an error of the module means.
fn meaning(error: &Error) -> KeeperFault {
    match error {
        Error::LibraryLoading(_) | Error::MissingSymbol(_) => {
            KeeperFault::Unreachable("the module does not load".to_owned())
        }
        Error::Pkcs11(code, function) => match code {
            RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange => {
                KeeperFault::NotPermitted("the PIN is wrong")
            }
            RvError::PinLocked => KeeperFault::NotPermitted("the PIN is locked after too many wrong ones"),
            RvError::PinExpired => KeeperFault::NotPermitted("the PIN has expired"),
            RvError::KeyFunctionNotPermitted => KeeperFault::NotPermitted("the key may not encrypt and decrypt"),
            RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange | RvError::GeneralError => {
                KeeperFault::Foreign("another key wrapped it, or it was changed")
            }
            RvError::KeyTypeInconsistent | RvError::KeySizeRange | RvError::MechanismInvalid => {
                KeeperFault::Foreign("it has to be an AES key, in a module with AES-GCM")
            }
            RvError::TokenNotPresent | RvError::DeviceRemoved | RvError::TokenNotRecognized => {
                KeeperFault::Unavailable("the token is not present")
            }
            code => KeeperFault::Answer(format!("{function:?} failed with {code:?}")),
        },
        other => KeeperFault::Answer(format!("{other:?}")),
    }
}
