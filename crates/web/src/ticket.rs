//! The encrypted state that a form carries from one step of a sign-in to the next, so that the server stores nothing
//! for abandoned sign-ins.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use freehold_core::{Context, Result, Secret};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Backbone, purposes::COOKIE};

/// How long a form can be sent after it was shown.
const LIFE: SignedDuration = SignedDuration::from_mins(15);

#[derive(Serialize, Deserialize)]
struct Ticket<T> {
    at: Timestamp,
    data: T,
}

/// Encrypts the state. `place` names the form, so that no other form accepts it.
pub fn ticket_seal<T: Serialize>(backbone: &Backbone, place: &str, data: T) -> Result<String> {
    let ticket = serde_json::to_vec(&Ticket { at: backbone.clock.now(), data }).context("writing a ticket")?;
    Ok(HEXLOWER.encode(&backbone.vault.seal(COOKIE, &ticket, &label(place), &backbone.random)))
}

/// The state of this form; none when it is invalid or too old.
pub fn ticket_open<T: DeserializeOwned>(backbone: &Backbone, place: &str, ticket: &str) -> Option<T> {
    let sealed = HEXLOWER_PERMISSIVE.decode(ticket.as_bytes()).ok()?;
    let opened = backbone.vault.open(COOKIE, &sealed, &label(place)).ok()?;
    let ticket: Ticket<T> = serde_json::from_slice(&opened).ok()?;
    let age = backbone.clock.now().duration_since(ticket.at);
    (age <= LIFE && !age.is_negative()).then_some(ticket.data)
}

fn label(place: &str) -> String {
    format!("ticket/{place}")
}

/// A verifier for a PKCE sign-in (RFC 7636) that our page begins, and its S256 challenge.
pub fn verifier_generate(backbone: &Backbone) -> (Secret, String) {
    let verifier = HEXLOWER.encode(&backbone.random.bytes::<32>());
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    (Secret::new(verifier), challenge)
}
