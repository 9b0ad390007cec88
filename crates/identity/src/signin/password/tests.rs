use super::*;

const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn passwords(cost: Cost) -> Passwords {
    Passwords::new(cost, 1, Random::seeded(1)).unwrap()
}

#[tokio::test]
async fn a_password_is_recognized_and_another_is_not() {
    let passwords = passwords(Cost::OWASP);
    let stored = passwords.hash(&secret("correct horse")).await.unwrap();
    assert!(stored.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", stored.expose());
    assert!(passwords.verify(&secret("correct horse"), Some(&stored)).await.unwrap());
    assert!(!passwords.verify(&secret("Correct horse"), Some(&stored)).await.unwrap());
    assert!(!passwords.verify(&secret(""), Some(&stored)).await.unwrap());
}

#[tokio::test]
async fn the_same_password_is_stored_differently_each_time() {
    let passwords = passwords(CHEAP);
    let first = passwords.hash(&secret("correct horse")).await.unwrap();
    assert_ne!(first, passwords.hash(&secret("correct horse")).await.unwrap());
}

/// From the reference implementation's `test.c`.
#[tokio::test]
async fn hashes_of_other_programs_and_costs_are_recognized() {
    let stored = secret("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc");
    let passwords = passwords(CHEAP);
    assert!(passwords.verify(&secret("password"), Some(&stored)).await.unwrap());
    assert!(!passwords.verify(&secret("passwords"), Some(&stored)).await.unwrap());
}

#[tokio::test]
async fn no_password_signs_in_a_user_without_one_and_checking_costs_the_same() {
    let passwords = passwords(Cost::OWASP);
    assert!(!passwords.verify(&secret("anything"), None).await.unwrap());
    assert!(!passwords.verify(&secret(""), Some(&secret(""))).await.unwrap());
    let usual = passwords.hash(&secret("anything")).await.unwrap();
    let usual = PasswordHash::new(usual.expose()).unwrap();
    assert_eq!((usual.algorithm, usual.params), (passwords.0.dummy.algorithm, passwords.0.dummy.params.clone()));
}

#[tokio::test]
async fn what_is_stored_must_be_a_hash() {
    let passwords = passwords(CHEAP);
    for stored in ["plain", "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhW", "$argon2id$"] {
        let error = passwords.verify(&secret("plain"), Some(&secret(stored))).await.unwrap_err();
        assert!(error.is(freehold_core::codes::INTERNAL), "{stored}");
        assert!(!format!("{error:?}").contains(stored));
    }
}

#[tokio::test]
async fn a_hash_of_another_cost_wants_a_new_one() {
    let (before, after) = (passwords(CHEAP), passwords(Cost { passes: 2, ..CHEAP }));
    let stored = before.hash(&secret("correct horse")).await.unwrap();
    assert!(!before.needs_rehash(&stored) && after.needs_rehash(&stored));
    assert!(after.verify(&secret("correct horse"), Some(&stored)).await.unwrap());
    assert!(after.needs_rehash(&secret(&stored.expose().replace("argon2id", "argon2i"))));
    assert!(after.needs_rehash(&secret("plain")));
    assert!(after.needs_rehash(&secret("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe")));
}

#[test]
fn a_cost_that_cannot_be_is_refused() {
    assert!(Passwords::new(Cost { lanes: 0, ..CHEAP }, 1, Random::seeded(1)).is_err());
}

#[tokio::test]
async fn a_password_of_any_length_costs_at_most_its_limit() {
    let passwords = passwords(CHEAP);
    let long = secret(&"a".repeat(MAX_BYTES + 1));
    assert_eq!(PasswordPolicy::default().check(&long), Err(PasswordProblem::TooLong));
    let stored = passwords.hash(&long).await.unwrap();
    assert!(!passwords.verify(&long, Some(&stored)).await.unwrap());
    assert_eq!(PasswordPolicy::default().check(&secret(&"a".repeat(MAX_BYTES))), Ok(()));
}

#[test]
fn a_weak_password_is_told_all_its_reasons() {
    use CharacterClass::{Digit, Letter, Lower, Symbol, Upper};
    let policy = PasswordPolicy { min_length: 8, required: vec![Letter, Lower, Upper, Digit, Symbol] };
    let weak = |password: &str| match policy.check(&secret(password)).unwrap_err() {
        PasswordProblem::Weak(weak) => weak,
        PasswordProblem::TooLong => panic!("too long"),
    };
    let both = weak("abc");
    assert_eq!(both.reasons.iter().map(WeakReason::name).collect::<Vec<_>>(), ["length", "characters"]);
    assert_eq!(
        both.to_string(),
        "Password should be at least 8 characters. \
         Password should contain at least an upper-case letter, a digit, a symbol."
    );
    assert_eq!(weak("Abcdefg1").reasons, [WeakReason::Characters { missing: vec![Symbol] }]);
    assert_eq!(weak("Abc 1-").reasons, [WeakReason::Length { at_least: 8 }]);
    assert_eq!(policy.check(&secret("Abcdef1-")), Ok(()));
    assert_eq!(policy.check(&secret("Ärger1-é")), Ok(()));
}

#[test]
fn the_default_asks_for_six_characters_of_any_kind() {
    let policy = PasswordPolicy::default();
    assert!(policy.check(&secret("12345")).is_err());
    assert!(policy.check(&secret("ééééé")).is_err());
    assert_eq!(policy.check(&secret("123456")), Ok(()));
}

#[test]
fn nothing_secret_prints() {
    assert_eq!(format!("{:?}", passwords(CHEAP)), "Passwords(m=64,t=1,p=1)");
}
