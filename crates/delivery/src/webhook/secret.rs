//! The signing keys of endpoints. They are stored sealed and opened only to sign.

use std::str::FromStr;

use freehold_core::{Context, Error, Random, Result, Secret};
use freehold_outbound::signature::Key;
use freehold_vault::{Purpose, Vault};

use super::EndpointId;

/// How an endpoint's messages are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signature {
    /// `v1`: HMAC-SHA256 with a secret that both sides know.
    #[default]
    Symmetric,
    /// `v1a`: ed25519; the receiver needs only the public key.
    Ed25519,
}

impl Signature {
    /// Name in the header and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Symmetric => "v1",
            Self::Ed25519 => "v1a",
        }
    }
}

impl FromStr for Signature {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [Self::Symmetric, Self::Ed25519]
            .into_iter()
            .find(|signature| signature.name() == name)
            .ok_or_else(|| Error::internal(format!("unknown kind of signature {name:?}")))
    }
}

/// Creates and seals secrets.
#[derive(Clone, Copy)]
pub struct Secrets<'a> {
    /// Seals the secrets.
    pub vault: &'a Vault,
    /// The random source of new keys.
    pub random: &'a Random,
}

/// A new key in the forms that are stored and shown.
pub(super) struct Made {
    /// The sealed key, for the database.
    pub(super) sealed: Vec<u8>,
    /// The secret of `v1`, shown only once; none for `v1a`, whose private key no receiver needs.
    pub(super) shown: Option<Secret>,
    /// The public key of `v1a`, which is always shown; none for `v1`.
    pub(super) public: Option<String>,
}

impl Secrets<'_> {
    /// Creates a key for an endpoint.
    pub(super) fn make(self, endpoint: EndpointId, signature: Signature) -> Result<Made> {
        let key = match signature {
            Signature::Symmetric => Key::generate_symmetric(self.random),
            Signature::Ed25519 => Key::generate_ed25519(self.random)?,
        };
        let text = key.reveal();
        let sealed = self.vault.seal(Purpose::WEBHOOK_SECRET, text.expose().as_bytes(), &place(endpoint), self.random);
        let receivers = key.receivers();
        Ok(match signature {
            Signature::Symmetric => Made { sealed, shown: Some(receivers), public: None },
            Signature::Ed25519 => Made { sealed, shown: None, public: Some(receivers.expose().to_owned()) },
        })
    }
}

/// Opens the key that was sealed for this endpoint.
pub(super) fn open(vault: &Vault, endpoint: EndpointId, sealed: &[u8]) -> Result<Key> {
    let opened = vault.open(Purpose::WEBHOOK_SECRET, sealed, &place(endpoint)).context("opening a webhook's secret")?;
    let text = std::str::from_utf8(&opened).context("reading a webhook's secret")?;
    Key::parse(text).context("reading a webhook's secret")
}

fn place(endpoint: EndpointId) -> String {
    format!("webhook/{endpoint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_for_its_own_endpoint_and_shows_what_the_receiver_needs() {
        let (vault, random) = (Vault::new([7; 32]), Random::seeded(3));
        let secrets = Secrets { vault: &vault, random: &random };
        let (one, other) = (EndpointId::new(uuid::Uuid::from_u128(1)), EndpointId::new(uuid::Uuid::from_u128(2)));
        for signature in [Signature::Symmetric, Signature::Ed25519] {
            let made = secrets.make(one, signature).unwrap();
            let receivers = open(&vault, one, &made.sealed).unwrap().receivers();
            let shown = made.shown.map(|secret| secret.expose().to_owned()).or(made.public).unwrap();
            assert_eq!(receivers.expose(), shown);
            assert_eq!(shown.starts_with("whsec_"), signature == Signature::Symmetric);
            assert_eq!(shown.starts_with("whpk_"), signature == Signature::Ed25519);
            assert!(open(&vault, other, &made.sealed).is_err());
        }
    }
}
