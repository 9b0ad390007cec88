use std::sync::Arc;

use freehold_core::Clock;
use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::signing_key::{KeyRing, SigningKey, tests::claims};

const ISSUER: &str = "https://example.com/auth/v1";
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn verifier(clock: &Clock) -> Verifier {
    let ring = KeyRing::new(SigningKey::generate().unwrap(), Vec::new(), ISSUER, "authenticated");
    Verifier::new(ring, TokenCache::new(100, DAY), clock.clone())
}

fn clock() -> Clock {
    Clock::fixed(Timestamp::from_second(claims().iat).unwrap())
}

fn sign(verifier: &Verifier, claims: &Claims) -> String {
    verifier.ring().sign(claims).unwrap()
}

#[test]
fn the_claims_are_those_of_supabase() {
    assert_eq!(
        serde_json::to_value(claims()).unwrap(),
        json!({
            "iss": ISSUER,
            "sub": "018f0000-0000-7000-8000-000000000001",
            "aud": "authenticated",
            "exp": 1_767_229_200,
            "iat": 1_767_225_600,
            "email": "ada@example.com",
            "phone": "",
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "user_metadata": {"name": "Ada"},
            "role": "authenticated",
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": 1_767_225_600}],
            "session_id": "018f0000-0000-7000-8000-000000000002",
            "is_anonymous": false,
        })
    );
}

#[test]
fn a_token_is_verified_once_and_remembered() {
    let verifier = verifier(&clock());
    let token = sign(&verifier, &claims());
    let first = verifier.verify(&token).unwrap();
    assert_eq!(*first, claims());
    assert!(Arc::ptr_eq(&first, &verifier.verify(&token).unwrap()));
}

#[test]
fn a_remembered_token_expires_by_the_clock() {
    let clock = clock();
    let verifier = verifier(&clock);
    let token = sign(&verifier, &claims());
    verifier.verify(&token).unwrap();
    clock.advance(SignedDuration::from_secs(3599));
    verifier.verify(&token).unwrap();
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(verifier.verify(&token), Err(TokenError::Expired));
    assert_eq!(verifier.verify(&token), Err(TokenError::Expired));
}

#[test]
fn an_ended_session_is_refused_whether_its_token_was_seen_or_not() {
    let verifier = verifier(&clock());
    let seen = sign(&verifier, &claims());
    let unseen = sign(&verifier, &Claims { role: "other".into(), ..claims() });
    let other_session = "018f0000-0000-7000-8000-000000000003".parse().unwrap();
    let other = sign(&verifier, &Claims { session_id: other_session, ..claims() });
    verifier.verify(&seen).unwrap();
    verifier.verify(&other).unwrap();
    verifier.revoke_session(claims().session_id);
    for token in [&seen, &unseen, &seen] {
        assert_eq!(verifier.verify(token), Err(TokenError::Revoked));
    }
    verifier.verify(&other).unwrap();
}

#[test]
fn ended_sessions_are_forgotten_when_no_token_of_theirs_can_hold() {
    let clock = clock();
    let cache = TokenCache::new(100, DAY);
    let ids = freehold_core::Ids::new(clock.clone(), freehold_core::Random::seeded(1));
    for _ in 0..1000 {
        cache.revoke_session(ids.next(), clock.now());
        clock.advance(SignedDuration::from_hours(1));
    }
    assert!((25..=60).contains(&cache.ended_sessions()), "{}", cache.ended_sessions());
}

#[test]
fn a_token_that_would_outlive_the_memory_of_its_end_is_refused() {
    let verifier = verifier(&clock());
    let day = Claims { exp: claims().iat + DAY.as_secs(), ..claims() };
    verifier.verify(&sign(&verifier, &day)).unwrap();
    let longer = Claims { exp: day.exp + 1, ..claims() };
    assert_eq!(verifier.verify(&sign(&verifier, &longer)), Err(TokenError::TooLong));
    let forever = Claims { exp: i64::MAX, ..claims() };
    assert_eq!(verifier.verify(&sign(&verifier, &forever)), Err(TokenError::TooLong));
}

#[test]
fn replaced_keys_no_longer_vouch_for_remembered_tokens() {
    let verifier = verifier(&clock());
    let token = sign(&verifier, &claims());
    verifier.verify(&token).unwrap();
    let old = verifier.ring().jwks().keys.remove(0);
    let old = crate::signing_key::VerifyingKey::from_jwk(&serde_json::from_value(json!(old)).unwrap()).unwrap();

    let ring = |others| KeyRing::new(SigningKey::generate().unwrap(), others, ISSUER, "authenticated");
    verifier.replace_ring(ring(vec![old]));
    verifier.verify(&token).unwrap();
    verifier.replace_ring(ring(Vec::new()));
    assert_eq!(verifier.verify(&token), Err(TokenError::UnknownKey));
}

/// A request reads the cache, the keys are replaced, and then the request stores the token that it verified with the
/// old ones.
#[test]
fn a_token_verified_while_the_keys_are_replaced_is_not_remembered() {
    let verifier = verifier(&clock());
    let token = sign(&verifier, &claims());
    let slot = verifier.cache().slot(&token);
    let verified = verifier.ring().verify(&token, clock().now()).unwrap();
    verifier.replace_ring(KeyRing::new(SigningKey::generate().unwrap(), Vec::new(), ISSUER, "authenticated"));
    verifier.cache().put(slot, verified, clock().now()).unwrap();
    assert_eq!(verifier.verify(&token), Err(TokenError::UnknownKey));
}

#[test]
fn nonsense_of_any_size_is_refused() {
    let verifier = verifier(&clock());
    for token in ["", "...", "sb_publishable_abc", &"a".repeat(1 << 20)] {
        assert_eq!(verifier.verify(token), Err(TokenError::Malformed));
    }
}

#[test]
fn neither_people_nor_tokens_print() {
    let verifier = verifier(&clock());
    let token = sign(&verifier, &claims());
    let claims = verifier.verify(&token).unwrap();
    let shown = format!("{claims:?} {verifier:?}");
    assert!(!shown.contains("ada@") && !shown.contains("Ada") && !shown.contains(&token[..20]), "{shown}");
    assert!(shown.contains("018f0000-0000-7000-8000-000000000002"), "{shown}");
}
