//! Signatures as Standard Webhooks defines them, and keys that must not leak.

use freehold_core::Random;
use proptest::prelude::*;

use super::*;

/// The reference's test vector.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const MESSAGE: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const BODY: &[u8] = br#"{"test": 2432232314}"#;

fn at() -> Timestamp {
    Timestamp::from_second(1_614_265_330).unwrap()
}

fn keys() -> Vec<Key> {
    let random = Random::system();
    vec![Key::generate_symmetric(&random), Key::generate_ed25519(&random).unwrap()]
}

fn signed(keys: &[Key], body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    sign_headers(&mut headers, keys, MESSAGE, at(), body);
    headers
}

#[test]
fn the_references_vector_comes_out() {
    let key = Key::parse(SECRET).unwrap();
    let signature = sign(&[key], MESSAGE, at(), BODY);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

/// RFC 8032, section 7.1, test 1: the seed and its public key.
#[test]
fn an_ed25519_key_is_what_the_rfc_says() {
    let seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    let key = Key::parse(&format!("whsk_{seed}")).unwrap();
    let public = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    assert_eq!(key.receivers().expose(), format!("whpk_{public}"));
    // Seed and public key together, as libsodium writes them.
    let whole = key.reveal();
    assert_eq!(Key::parse(whole.expose()).unwrap().receivers(), key.receivers());
    assert_eq!(whole.expose().len(), "whsk_".len() + 88);
}

#[test]
fn every_key_signs_and_any_one_verifies() {
    let keys = keys();
    let headers = signed(&keys, BODY);
    let signatures: Vec<&str> = headers[SIGNATURE].to_str().unwrap().split(' ').collect();
    assert!(signatures[0].starts_with("v1,") && signatures[1].starts_with("v1a,") && signatures.len() == 2);
    for key in &keys {
        let receiver = Verifier::parse(key.receivers().expose()).unwrap();
        assert_eq!(verify(&[receiver], &headers, BODY, at()), Ok(()), "{key:?}");
        // A rotation: the old key's signature stands beside the new one's.
        let rotated = signed(&[keys[0].clone(), key.clone()], BODY);
        assert_eq!(verify(&[key.verifier()], &rotated, BODY, at()), Ok(()));
    }
    let strangers: Vec<Verifier> = self::keys().iter().map(Key::verifier).collect();
    assert_eq!(verify(&strangers, &headers, BODY, at()), Err(Unverified::NoMatch));
    assert_eq!(verify(&[], &headers, BODY, at()), Err(Unverified::NoMatch));
}

#[test]
fn a_signature_of_one_kind_is_none_of_the_other() {
    let keys = keys();
    let mut headers = signed(&keys, BODY);
    let text = headers[SIGNATURE].to_str().unwrap().to_owned();
    let (symmetric, asymmetric) = text.split_once(' ').unwrap();
    let swapped = format!("{} {}", asymmetric.replace("v1a,", "v1,"), symmetric.replace("v1,", "v1a,"));
    let foreign = format!("v2,{} v1 v1, , ,, v1a,? nonsense", symmetric.trim_start_matches("v1,"));
    for wrong in [swapped, foreign] {
        headers.insert(SIGNATURE, HeaderValue::try_from(wrong).unwrap());
        let receivers: Vec<Verifier> = keys.iter().map(Key::verifier).collect();
        assert_eq!(verify(&receivers, &headers, BODY, at()), Err(Unverified::NoMatch));
    }
}

#[test]
fn five_minutes_are_tolerated_either_way() {
    let keys = keys();
    let headers = signed(&keys, BODY);
    let receivers: Vec<Verifier> = keys.iter().map(Key::verifier).collect();
    for (seconds, expected) in [
        (-301, Err(Unverified::OutOfTime)),
        (-300, Ok(())),
        (0, Ok(())),
        (300, Ok(())),
        (301, Err(Unverified::OutOfTime)),
    ] {
        let now = at() + SignedDuration::from_secs(seconds);
        assert_eq!(verify(&receivers, &headers, BODY, now), expected, "{seconds}");
    }
}

#[test]
fn missing_doubled_and_malformed_headers_are_refused() {
    let keys = keys();
    let receivers: Vec<Verifier> = keys.iter().map(Key::verifier).collect();
    let malformed = |headers: &HeaderMap| {
        assert_eq!(verify(&receivers, headers, BODY, at()), Err(Unverified::Malformed), "{headers:?}");
    };
    for name in [ID, TIMESTAMP, SIGNATURE] {
        let mut headers = signed(&keys, BODY);
        headers.append(&name, headers[&name].clone());
        malformed(&headers);
        headers.remove(&name);
        malformed(&headers);
    }
    for (name, value) in [
        (ID, ""),
        (ID, "a.b"),
        (TIMESTAMP, ""),
        (TIMESTAMP, "-1614265330"),
        (TIMESTAMP, "+1614265330"),
        (TIMESTAMP, "1614265330.0"),
        (TIMESTAMP, " 1614265330 x"),
        (TIMESTAMP, "99999999999999999999"),
    ] {
        let mut headers = signed(&keys, BODY);
        headers.insert(&name, HeaderValue::from_static(value));
        malformed(&headers);
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let short = STANDARD.encode([7; 23]);
    let long = STANDARD.encode([7; 65]);
    let mixed = STANDARD.encode([7; 64]);
    for text in [
        "",
        "whsec_",
        "whsk_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_?",
        "whpk_",
        &format!("whsec_{short}"),
        &format!("whsec_{long}"),
        &format!("whsk_{short}"),
        &format!("whsk_{long}"),
        &format!("whsk_{mixed}"),
    ] {
        assert!(Key::parse(text).is_err(), "{text}");
        assert!(Verifier::parse(text).is_err(), "{text}");
    }
    let private = keys()[1].reveal();
    assert!(Verifier::parse(private.expose()).is_err(), "a private key is no receiver's");
    assert!(Key::parse(keys()[1].receivers().expose()).is_err(), "a public key signs nothing");
}

#[test]
fn keys_do_not_print() {
    for key in keys() {
        for text in [format!("{key:?}"), format!("{:?}", key.verifier()), format!("{:?}", key.reveal())] {
            let bytes = key.reveal().expose().split_once('_').unwrap().1.to_owned();
            assert!(!text.contains(&bytes[..8]), "{text}");
        }
        assert_eq!(Key::parse(key.reveal().expose()).unwrap().receivers(), key.receivers());
    }
}

proptest! {
    /// A message with one changed byte is not accepted.
    #[test]
    fn a_changed_message_is_not_believed(body in proptest::collection::vec(any::<u8>(), 1..300), at_byte in any::<usize>(), bit in 0..8u32) {
        let keys = keys();
        let headers = signed(&keys, &body);
        let receivers: Vec<Verifier> = keys.iter().map(Key::verifier).collect();
        prop_assert_eq!(verify(&receivers, &headers, &body, at()), Ok(()));
        let mut changed = body.clone();
        let position = at_byte % changed.len();
        changed[position] ^= 1 << bit;
        prop_assert_eq!(verify(&receivers, &headers, &changed, at()), Err(Unverified::NoMatch));
        let mut moved = headers.clone();
        moved.insert(TIMESTAMP, HeaderValue::from_static("1614265331"));
        prop_assert_eq!(verify(&receivers, &moved, &body, at()), Err(Unverified::NoMatch));
        let mut renamed = headers;
        renamed.insert(ID, HeaderValue::from_static("msg_other"));
        prop_assert_eq!(verify(&receivers, &renamed, &body, at()), Err(Unverified::NoMatch));
    }
}
