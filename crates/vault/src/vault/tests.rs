use proptest::prelude::*;

use super::*;

const SIGNING_KEY: Purpose = Purpose::new("signing_key");
const API_KEY: Purpose = Purpose::new("api_key");
const CREDENTIAL: Purpose = Purpose::new("credential");
const COOKIE: Purpose = Purpose::new("cookie");

const PLACE: &str = "signing_key/018f0000-0000-7000-8000-000000000001";

fn master(seed: u8) -> [u8; 32] {
    std::array::from_fn(|at| seed.wrapping_add(u8::try_from(at).unwrap()))
}

#[test]
fn what_was_sealed_opens() {
    let vault = Vault::new(master(1));
    let sealed = vault.seal(SIGNING_KEY, b"a private key", PLACE, &Random::system());
    assert_eq!(sealed.len(), 33 + b"a private key".len());
    assert_eq!(vault.open(SIGNING_KEY, &sealed, PLACE).unwrap().as_slice(), b"a private key");
    assert!(vault.is_current(&sealed) && sealed.starts_with(&vault.current_header()));
}

/// Secrets that are stored today must still open in ten years: this test fixes the format, the labels and the
/// derivation.
#[test]
fn the_stored_form_does_not_change() {
    let vault = Vault::new(master(1));
    let sealed = vault.seal(COOKIE, b"hello", "row/1", &Random::seeded(1));
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert_eq!(hex(&sealed), "0163773e38e5050b101d169256c15c028984f74b42b473d18122a1ffbfdf50954a3582ae0eb2");
    assert_eq!(hex(&vault.mac(COOKIE, b"hello")), "50e7ce2ffa95e9c6a83aab2ae0eae442713a783bd229131114562daa5d1a4cc0");
}

#[test]
fn a_change_of_any_bit_is_refused() {
    let vault = Vault::new(master(1));
    let sealed = vault.seal(SIGNING_KEY, b"secret", PLACE, &Random::system());
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let expected = match bit / 8 {
            0 => OpenError::Malformed,
            1..5 => OpenError::UnknownKey,
            _ => OpenError::Refused,
        };
        assert_eq!(vault.open(SIGNING_KEY, &changed, PLACE).unwrap_err(), expected, "bit {bit}");
    }
}

#[test]
fn every_cut_is_refused() {
    let vault = Vault::new(master(1));
    let sealed = vault.seal(SIGNING_KEY, b"secret", PLACE, &Random::system());
    for length in 0..sealed.len() {
        assert!(vault.open(SIGNING_KEY, &sealed[..length], PLACE).is_err(), "{length} bytes");
    }
}

#[test]
fn another_place_another_purpose_and_another_key_are_refused() {
    let vault = Vault::new(master(1));
    let sealed = vault.seal(SIGNING_KEY, b"secret", PLACE, &Random::system());
    assert_eq!(vault.open(SIGNING_KEY, &sealed, "signing_key/other").unwrap_err(), OpenError::Refused);
    assert_eq!(vault.open(SIGNING_KEY, &sealed, "").unwrap_err(), OpenError::Refused);
    assert_eq!(vault.open(CREDENTIAL, &sealed, PLACE).unwrap_err(), OpenError::Refused);
    let stranger = Vault::new(master(2));
    assert_eq!(stranger.open(SIGNING_KEY, &sealed, PLACE).unwrap_err(), OpenError::UnknownKey);
}

#[test]
fn the_same_secret_is_never_sealed_the_same_way() {
    let vault = Vault::new(master(1));
    let random = Random::system();
    let seal = || vault.seal(SIGNING_KEY, b"secret", PLACE, &random);
    assert_ne!(seal(), seal());
}

#[test]
fn a_replaced_master_key_still_opens_and_no_longer_seals() {
    let random = Random::system();
    let before = Vault::new(master(1));
    let old = before.seal(SIGNING_KEY, b"secret", PLACE, &random);
    let old_mac = before.mac(API_KEY, b"sk_live");

    let during = Vault::from(MasterKeys::new(master(2)).and_previous(master(1)));
    assert_eq!(during.open(SIGNING_KEY, &old, PLACE).unwrap().as_slice(), b"secret");
    assert!(!during.is_current(&old));
    assert!(during.mac_verify(API_KEY, b"sk_live", &old_mac));
    assert_ne!(during.mac(API_KEY, b"sk_live"), old_mac);
    assert_eq!(during.macs(API_KEY, b"sk_live").nth(1), Some(old_mac));
    let new = during.seal(SIGNING_KEY, b"secret", PLACE, &random);

    let after = Vault::new(master(2));
    assert_eq!(after.open(SIGNING_KEY, &new, PLACE).unwrap().as_slice(), b"secret");
    assert_eq!(after.open(SIGNING_KEY, &old, PLACE).unwrap_err(), OpenError::UnknownKey);
    assert!(!after.mac_verify(API_KEY, b"sk_live", &old_mac));
}

#[test]
fn a_code_belongs_to_its_data_and_its_purpose() {
    let vault = Vault::new(master(1));
    let mac = vault.mac(API_KEY, b"data");
    assert!(vault.mac_verify(API_KEY, b"data", &mac));
    assert!(!vault.mac_verify(Purpose::ONE_TIME_CODE, b"data", &mac));
    assert!(!vault.mac_verify(API_KEY, b"dat", &mac));
    assert!(!vault.mac_verify(API_KEY, b"data", &mac[..31]));
    assert!(!vault.mac_verify(API_KEY, b"data", &[]));
}

#[test]
fn nothing_secret_prints() {
    assert_eq!(format!("{:?}", Vault::new(master(1))), "[vault with 1 secret master keys]");
    assert_eq!(Vault::from_text("hunter2").unwrap_err().to_string().matches("hunter2").count(), 0);
}

proptest! {
    #[test]
    fn anything_survives_sealing(text: Vec<u8>, place in ".*", key: [u8; 32]) {
        let vault = Vault::new(key);
        let sealed = vault.seal(CREDENTIAL, &text, &place, &Random::system());
        let opened = vault.open(CREDENTIAL, &sealed, &place).unwrap();
        prop_assert_eq!(opened.as_slice(), text.as_slice());
    }

    #[test]
    fn nonsense_never_opens(text: Vec<u8>) {
        prop_assert!(Vault::new(master(1)).open(CREDENTIAL, &text, "").is_err());
    }
}
