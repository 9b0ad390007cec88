use proptest::prelude::*;

use super::*;

fn session() -> SessionId {
    "018f0000-0000-7000-8000-000000000001".parse().unwrap()
}

fn key(seed: u64) -> SessionKey {
    SessionKey::generate(&Random::seeded(seed))
}

fn with_checksum(mut bytes: Vec<u8>) -> String {
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn an_issued_token_is_read_and_holds() {
    let token = RefreshToken::parse(RefreshToken::issue(session(), 300, &key(1)).expose()).unwrap();
    assert_eq!((token.session(), token.counter()), (session(), 300));
    assert!(token.verify(&key(1)));
    assert!(!token.verify(&key(2)));
}

/// Computed by a separate program from the description at the top of `refresh_token.rs`.
#[test]
fn the_form_is_that_of_supabase() {
    let key = SessionKey::from_slice(&std::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap())).unwrap();
    assert_eq!(
        RefreshToken::issue(session(), 300, &key).expose(),
        "AAGPAAAAAHAAgAAAAAAAAAGsArKPDU_BrTpqkXLoaT2j31CnB7tR"
    );
}

#[test]
fn what_is_not_a_token_is_refused_without_a_query() {
    let signed = [&[VERSION][..], session().uuid().as_bytes()].concat();
    let cases = [
        ("empty", String::new()),
        ("version 1 of Supabase", "abcdefghij12".to_owned()),
        ("an access token", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA".to_owned()),
        ("padded", format!("{}=", RefreshToken::issue(session(), 1, &key(1)).expose())),
        ("too long", "A".repeat(1 << 20)),
        ("only a checksum", with_checksum(Vec::new())),
        ("another version", with_checksum([&[1][..], &signed[1..], &[5], &[0; 16]].concat())),
        ("no counter", with_checksum([&signed[..], &[0; 16]].concat())),
        ("an endless counter", with_checksum([&signed[..], &[0x80], &[0; 16]].concat())),
        ("a counter of ten bytes", with_checksum([&signed[..], &[0xff; 9], &[1], &[0; 16]].concat())),
        ("a counter written too long", with_checksum([&signed[..], &[0x85, 0], &[0; 16]].concat())),
        ("two counters", with_checksum([&signed[..], &[5, 5], &[0; 16]].concat())),
    ];
    for (what, text) in cases {
        assert_eq!(RefreshToken::parse(&text).unwrap_err(), MalformedRefreshToken, "{what}");
    }
}

#[test]
fn a_made_up_token_with_a_right_checksum_does_not_hold() {
    let made_up = [&[VERSION][..], session().uuid().as_bytes(), &[5], &[0; 16]].concat();
    let token = RefreshToken::parse(&with_checksum(made_up)).unwrap();
    assert_eq!(token.counter(), 5);
    assert!(!token.verify(&key(1)));
}

#[test]
fn nothing_secret_prints() {
    let token = RefreshToken::parse(RefreshToken::issue(session(), 3, &key(1)).expose()).unwrap();
    assert_eq!(format!("{token:?} {:?}", key(1)), format!("RefreshToken({} number 3) [secret]", session()));
}

#[test]
fn the_table_of_rotation() {
    let seconds = |seconds| Some(SignedDuration::from_secs(seconds));
    let interval = SignedDuration::from_secs(10);
    for (presented, current, since, expected) in [
        // The current token, however old.
        (0, 0, None, Rotation::Advance),
        (7, 7, seconds(0), Rotation::Advance),
        (7, 7, seconds(1_000_000), Rotation::Advance),
        // One behind: the client did not get, or did not save, the answer. However long ago.
        (6, 7, seconds(0), Rotation::Repeat),
        (6, 7, seconds(1_000_000), Rotation::Repeat),
        (6, 7, None, Rotation::Repeat),
        // Older: forgiven within the interval, which ends at its length.
        (5, 7, seconds(0), Rotation::Repeat),
        (5, 7, seconds(9), Rotation::Repeat),
        (5, 7, seconds(10), Rotation::Reuse),
        (0, 7, seconds(1_000_000), Rotation::Reuse),
        // The clock of another server is a little ahead.
        (5, 7, seconds(-1), Rotation::Repeat),
        // After a second factor, two behind is never forgiven.
        (5, 7, None, Rotation::Reuse),
        // Ahead of the session.
        (8, 7, seconds(0), Rotation::NotIssued),
        (i64::MAX, 0, None, Rotation::NotIssued),
    ] {
        assert_eq!(decide(presented, current, since, interval), expected, "{presented} of {current}, {since:?}");
    }
}

proptest! {
    #[test]
    fn every_token_is_read_as_it_was_issued(id: u128, counter in 0..=i64::MAX, seed: u64) {
        let session = SessionId::new(Uuid::from_u128(id));
        let text = RefreshToken::issue(session, counter, &key(seed));
        let token = RefreshToken::parse(text.expose()).unwrap();
        prop_assert_eq!((token.session(), token.counter()), (session, counter));
        prop_assert!(token.verify(&key(seed)));
    }

    #[test]
    fn a_changed_character_is_noticed(counter in 0..=i64::MAX, at: prop::sample::Index, character in "[A-Za-z0-9_-]") {
        let text = RefreshToken::issue(session(), counter, &key(1));
        let mut changed = text.expose().to_owned();
        let at = at.index(changed.len());
        changed.replace_range(at..=at, &character);
        prop_assert_eq!(RefreshToken::parse(&changed).is_ok(), changed == text.expose());
    }

    /// Even an attacker who corrects the checksum fails without the key.
    #[test]
    fn a_changed_bit_never_holds(counter in 0..=i64::MAX, bit: prop::sample::Index) {
        let text = RefreshToken::issue(session(), counter, &key(1));
        let mut bytes = URL_SAFE_NO_PAD.decode(text.expose()).unwrap();
        bytes.truncate(bytes.len() - CHECKSUM_LEN);
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!RefreshToken::parse(&with_checksum(bytes)).is_ok_and(|token| token.verify(&key(1))));
    }

    #[test]
    fn nonsense_is_refused(text in ".{0,80}") {
        prop_assert!(RefreshToken::parse(&text).is_err());
    }

    /// For any presented token: only the current token increments the counter, a later one is never accepted, and a
    /// token two or more behind gets nothing once the interval is over.
    #[test]
    fn rotation_never_gives_too_much(current in 0..i64::MAX, behind in 0_i64..50, since in -60_i64..600, grace in 0_i64..60) {
        let decide = |presented, since| decide(presented, current, since, SignedDuration::from_secs(grace));
        let since_refresh = Some(SignedDuration::from_secs(since));
        let presented = current - behind.min(current);
        let rotation = decide(presented, since_refresh);
        prop_assert_eq!(rotation == Rotation::Advance, presented == current);
        prop_assert_eq!(decide(current + 1, since_refresh), Rotation::NotIssued);
        if presented < current - 1 {
            prop_assert_eq!(rotation == Rotation::Reuse, since >= grace);
            prop_assert_eq!(decide(presented, None), Rotation::Reuse);
        }
    }
}
