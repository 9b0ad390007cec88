use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::passkey::cose::ALGORITHMS;

const CHALLENGE: &str = "challenge";
const HERE: u8 = PRESENT | RECOGNISED;

fn party() -> RelyingParty {
    RelyingParty { id: "app.example.org".to_owned(), origins: vec!["https://app.example.org".to_owned()] }
}

/// A COSE key of Ed25519.
fn key() -> Vec<u8> {
    let mut key = vec![0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20];
    key.extend_from_slice(&[9; 32]);
    key
}

fn auth_data(id: &str, flags: u8, rest: &[u8]) -> Vec<u8> {
    [digest(&SHA256, id.as_bytes()).as_ref(), &[flags], &7_u32.to_be_bytes(), rest].concat()
}

fn attested(rest: &[u8]) -> Vec<u8> {
    [[1; 16].as_slice(), &[0, 3], b"abc", &key(), rest].concat()
}

fn object(data: &[u8]) -> Vec<u8> {
    let mut object = Vec::new();
    let map = vec![
        (Cbor::from("fmt"), Cbor::from("none")),
        (Cbor::from("attStmt"), Cbor::Map(Vec::new())),
        (Cbor::from("authData"), Cbor::from(data)),
    ];
    ciborium::into_writer(&Cbor::Map(map), &mut object).unwrap();
    object
}

fn client_data(kind: &str, challenge: &str, origin: &str) -> String {
    encode(json!({ "type": kind, "challenge": challenge, "origin": origin }).to_string().as_bytes())
}

fn registration(data: &[u8], client: &str) -> Credential {
    serde_json::from_value(json!({
        "id": encode(b"abc"), "rawId": encode(b"abc"), "type": "public-key",
        "response": { "clientDataJSON": client, "attestationObject": encode(&object(data)), "transports": ["internal"] },
    }))
    .unwrap()
}

fn register(data: &[u8], client: &str) -> Result<Registered, Rejected> {
    party().registered(&registration(data, client), CHALLENGE)
}

fn good() -> String {
    client_data("webauthn.create", CHALLENGE, "https://app.example.org")
}

#[test]
fn a_registration_is_read() {
    let data = auth_data("app.example.org", HERE | ATTESTED | BACKUP_ELIGIBLE | BACKED_UP, &attested(&[]));
    let read = register(&data, &good()).unwrap();
    assert_eq!((read.credential.as_slice(), read.public_key, read.sign_count), (b"abc".as_slice(), key(), 7));
    assert_eq!((read.aaguid, read.transports), (Uuid::from_bytes([1; 16]), vec!["internal".to_owned()]));
    assert!(read.backup_eligible && read.backed_up);
    assert!(PublicKey::from_bytes(&key()).is_some());
}

#[test]
fn what_is_announced_behind_it_may_stand_there_and_nothing_else() {
    let extended = |flags: u8, rest: &[u8]| {
        register(&auth_data("app.example.org", HERE | ATTESTED | flags, &attested(rest)), &good())
    };
    extended(EXTENSIONS, &[0xa0]).unwrap();
    for (flags, rest) in
        [(0, &[0xa0][..]), (EXTENSIONS, &[]), (EXTENSIONS, &[0xa0, 0]), (EXTENSIONS, &[0x80]), (0, &[1])]
    {
        extended(flags, rest).unwrap_err();
    }
}

#[test]
fn pages_domains_challenges_and_ceremonies_of_others_are_refused() {
    let data = auth_data("app.example.org", HERE | ATTESTED, &attested(&[]));
    for (kind, challenge, origin) in [
        ("webauthn.get", CHALLENGE, "https://app.example.org"),
        ("webauthn.create", "another", "https://app.example.org"),
        ("webauthn.create", "", "https://app.example.org"),
        ("webauthn.create", CHALLENGE, "https://app.example.org.evil.example"),
        ("webauthn.create", CHALLENGE, "https://evil.example"),
        ("webauthn.create", CHALLENGE, "http://app.example.org"),
        ("webauthn.create", CHALLENGE, "https://app.example.org:8443"),
        ("webauthn.create", CHALLENGE, "null"),
    ] {
        register(&data, &client_data(kind, challenge, origin)).unwrap_err();
    }
    let framed = json!({
        "type": "webauthn.create", "challenge": CHALLENGE, "origin": "https://app.example.org", "crossOrigin": true,
    });
    register(&data, &encode(framed.to_string().as_bytes())).unwrap_err();
    for id in ["example.org", "evil.example", ""] {
        register(&auth_data(id, HERE | ATTESTED, &attested(&[])), &good()).unwrap_err();
    }
    party()
        .registered(&registration(&data, &client_data("webauthn.create", "", "https://app.example.org")), "")
        .unwrap_err();
}

#[test]
fn a_user_must_be_present_and_verified() {
    for flags in [ATTESTED, ATTESTED | PRESENT, ATTESTED | RECOGNISED, HERE, HERE | ATTESTED | BACKED_UP] {
        register(&auth_data("app.example.org", flags, &attested(&[])), &good()).unwrap_err();
    }
}

#[test]
fn keys_of_other_kinds_are_refused() {
    let mut other = key();
    for (at, byte) in [(2, 2), (4, 0x26), (6, 1), (8, 0x1f)] {
        let kept = std::mem::replace(&mut other[at], byte);
        assert_eq!(PublicKey::from_bytes(&other), None, "{at}");
        other[at] = kept;
    }
    // A label that occurs twice.
    let twice = [&[0xa5], &key()[1..], &[0x20, 0x06]].concat();
    assert_eq!(PublicKey::from_bytes(&twice), None);
    assert_eq!(ALGORITHMS, [-7, -8, -257]);
}

#[test]
fn counters_go_up_or_are_not_kept() {
    let assertion = |sign_count| Assertion {
        credential: Vec::new(),
        user_handle: Vec::new(),
        sign_count,
        backup_eligible: false,
        backed_up: false,
        message: Vec::new(),
        signature: Vec::new(),
    };
    for (count, stored, good) in [(0, 0, true), (1, 0, true), (5, 4, true), (4, 4, false), (3, 4, false), (0, 4, false)]
    {
        assert_eq!(assertion(count).counts_on(stored), good, "{count} after {stored}");
    }
}

proptest! {
    #[test]
    fn nonsense_is_refused_and_never_worse(flags in any::<u8>(), rest in prop::collection::vec(any::<u8>(), 0..200)) {
        let data = auth_data("app.example.org", flags | HERE, &rest);
        let _ = register(&data, &good());
        let _ = read_cbor(&mut rest.as_slice());
        let _ = PublicKey::from_bytes(&rest);
    }

    #[test]
    fn a_registration_cut_short_is_refused(cut in 0_usize..100) {
        let data = auth_data("app.example.org", HERE | ATTESTED, &attested(&[]));
        prop_assume!(cut < data.len());
        prop_assert!(register(&data[..cut], &good()).is_err());
    }
}
