//! Freehold's signatures, checked by the official verifiers.

use std::slice;

use freehold_core::{Clock, Random, Secret};
use freehold_outbound::signature::{Key, sign};
use jiff::{SignedDuration, Timestamp};

use super::verifiers::{Case, Received, all_accept, all_refuse, ed25519, official};

const BODY: &str =
    r#"{"type":"call.completed","timestamp":"2026-03-15T12:00:00Z","data":{"name":"Zo\u00eb","text":"é · 日本 🎉"}}"#;

fn symmetric() -> Key {
    Key::generate_symmetric(&Random::system())
}

fn asymmetric() -> Key {
    Key::generate_ed25519(&Random::system()).unwrap()
}

/// A message signed at this time with these keys.
fn signed(keys: &[Key], at: Timestamp) -> Received {
    let id = "0195a3c4-7d10-7000-8000-00000000002a".to_owned();
    let signature = sign(keys, &id, at, BODY.as_bytes());
    Received { id, timestamp: at.as_second().to_string(), signature, body: BODY.to_owned() }
}

/// The verifiers use the machine's clock.
fn now() -> Timestamp {
    Clock::system().now()
}

/// All ways in which a message can be changed on the way.
fn tampered(message: &Received) -> Vec<Received> {
    let message = message.clone();
    let later: i64 = message.timestamp.parse::<i64>().unwrap() + 1;
    vec![
        Received { body: message.body.replace("call.completed", "call.compIeted"), ..message.clone() },
        Received { body: format!("{} ", message.body), ..message.clone() },
        Received { id: message.id.replace("2a", "2b"), ..message.clone() },
        Received { timestamp: later.to_string(), ..message.clone() },
        Received { signature: message.signature.split(' ').map(turned).collect::<Vec<_>>().join(" "), ..message },
    ]
}

/// The signature with its first byte changed.
fn turned(signature: &str) -> String {
    let (version, text) = signature.split_once(',').unwrap();
    let first = if text.starts_with('A') { 'B' } else { 'A' };
    format!("{version},{first}{}", &text[1..])
}

/// All changed forms of the message, for a receiver with this key.
fn tampered_for<'a>(key: &'a Secret, message: &Received) -> Vec<Case<'a>> {
    tampered(message).into_iter().map(|changed| (key, changed)).collect()
}

#[test]
fn the_official_verifiers_accept_v1_and_refuse_what_was_tampered_with() {
    let (key, stranger) = (symmetric(), symmetric().receivers());
    let message = signed(slice::from_ref(&key), now());
    let receivers = key.receivers();
    all_accept(&official(&[(&receivers, message.clone())]));
    let mut refused = tampered_for(&receivers, &message);
    refused.push((&stranger, message));
    all_refuse(&official(&refused));
}

#[test]
fn openssl_and_libsodium_accept_v1a_and_refuse_what_was_tampered_with() {
    let (key, stranger) = (asymmetric(), asymmetric().receivers());
    let message = signed(slice::from_ref(&key), now());
    let receivers = key.receivers();
    all_accept(&ed25519(&[(&receivers, message.clone())]));
    let mut refused = tampered_for(&receivers, &message);
    refused.push((&stranger, message));
    all_refuse(&ed25519(&refused));
}

#[test]
fn both_kinds_and_both_keys_of_a_rotation_stand_beside_each_other() {
    let keys = [symmetric(), symmetric(), asymmetric()];
    let message = signed(&keys, now());
    let [new, old, pair] = keys.map(|key| key.receivers());
    all_accept(&official(&[(&new, message.clone()), (&old, message.clone())]));
    all_accept(&ed25519(&[(&pair, message.clone())]));
    all_refuse(&official(&tampered_for(&old, &message)));
    all_refuse(&ed25519(&tampered_for(&pair, &message)));
}

#[test]
fn the_official_verifiers_refuse_a_message_of_another_time() {
    let key = symmetric();
    let receivers = key.receivers();
    let at = |seconds| signed(slice::from_ref(&key), now() + SignedDuration::from_secs(seconds));
    all_refuse(&official(&[(&receivers, at(-400)), (&receivers, at(400))]));
}

/// When this fails, an official verifier supports `v1a`: use it to verify Freehold's signatures instead.
#[test]
fn no_official_verifier_knows_v1a_yet() {
    let key = asymmetric();
    let message = signed(slice::from_ref(&key), now());
    let (public, stranger) = (key.receivers(), symmetric().receivers());
    let said = official(&[(&stranger, message.clone()), (&public, message)]);
    all_refuse(&said[..1]);
    assert!(said[1].iter().all(|verdict| !verdict.accepted), "{said:#?}");
}
