//! The types of stored password hashes: argon2 for new ones, and those of imported users: bcrypt, and Firebase's scrypt
//! in Supabase Auth's format.
//!
//! Only administrators can import hashes. Still, no hash may be so costly that one sign-in takes all memory or a
//! minute: the limits are Supabase Auth's where it has some.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use aws_lc_rs::{
    cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey},
    constant_time,
    iv::FixedLength,
};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::NO_PAD},
};
use freehold_core::{Context, Error, Result};
use zeroize::Zeroizing;

use super::argon::{self, Memory};

/// Most memory that one hash may take, in KiB: 1 GiB.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
/// Most passes of argon2 over the memory.
const PASSES_MAX: u32 = 20;
/// Most lanes of argon2, and most parallelism of scrypt.
const LANES_MAX: u32 = 16;
/// The highest cost of bcrypt: about ten seconds.
const BCRYPT_COST_MAX: u32 = 17;
/// Number of bytes that bcrypt uses, including the zero byte after the password.
const BCRYPT_BYTES: usize = 72;

/// Bcrypt's own alphabet.
const BCRYPT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    NO_PAD.with_decode_allow_trailing_bits(true).with_decode_padding_mode(DecodePaddingMode::RequireNone),
);
/// Accepts padding or none, as programs differ.
const ANY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a text is not a hash that passwords can be checked with. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashProblem {
    /// Its prefix is not that of a known type.
    UnknownKind,
    /// It has a known type, but is not well formed.
    Malformed,
    /// Checking it would take too much memory or time.
    TooDear,
}

impl fmt::Display for HashProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownKind => "the password hash is neither bcrypt, nor argon2, nor Firebase scrypt",
            Self::Malformed => "the password hash is not well formed",
            Self::TooDear => "checking the password hash would take too much memory or time",
        })
    }
}

impl std::error::Error for HashProblem {}

/// Checks that passwords can be verified with this hash.
///
/// # Errors
/// See [`HashProblem`].
pub fn hash_check(text: &str) -> Result<(), HashProblem> {
    Stored::parse(text).map(drop)
}

/// A parsed hash.
pub(super) enum Stored {
    /// Argon2: made by Freehold, or another program's argon2id or argon2i.
    Argon2(Box<PasswordHash>),
    /// Bcrypt in OpenBSD's format, as most programs wrote it until 2015 and Supabase does today.
    Bcrypt { cost: u32, salt: [u8; 16], digest: [u8; 23] },
    /// Firebase's: scrypt derives a key, which encrypts a secret of the project.
    Firebase { params: scrypt::Params, salt: Vec<u8>, signer: Zeroizing<Vec<u8>>, digest: Vec<u8> },
}

impl Stored {
    /// Parses a hash.
    pub(super) fn parse(text: &str) -> Result<Self, HashProblem> {
        if text.starts_with("$argon2") {
            argon2(text)
        } else if let Some(rest) = text.strip_prefix("$fbscrypt$") {
            firebase(rest).ok_or(HashProblem::Malformed)?
        } else if ["$2a$", "$2b$", "$2y$"].iter().any(|kind| text.starts_with(kind)) {
            bcrypt(&text[4..]).ok_or(HashProblem::Malformed)?
        } else {
            Err(HashProblem::UnknownKind)
        }
    }

    /// Whether the password matches the hash. Slow.
    pub(super) fn matches(&self, memory: &mut Memory, password: &[u8]) -> Result<bool> {
        match self {
            Self::Argon2(hash) => argon::matches(hash, memory, password),
            Self::Bcrypt { cost, salt, digest } => {
                let mut seen = Zeroizing::new(password.to_vec());
                seen.push(0);
                seen.truncate(BCRYPT_BYTES);
                let made = Zeroizing::new(bcrypt::bcrypt(*cost, *salt, &seen));
                Ok(constant_time::verify_slices_are_equal(&made[..digest.len()], digest).is_ok())
            }
            Self::Firebase { params, salt, signer, digest } => {
                let made = firebase_digest(params, salt, signer, password)?;
                Ok(constant_time::verify_slices_are_equal(&made, digest).is_ok())
            }
        }
    }
}

fn argon2(text: &str) -> Result<Stored, HashProblem> {
    let hash = PasswordHash::new(text).map_err(|_| HashProblem::Malformed)?;
    if !["argon2id", "argon2i"].contains(&hash.algorithm.as_str()) {
        return Err(HashProblem::UnknownKind);
    }
    if hash.hash.is_none() || hash.salt.is_none() {
        return Err(HashProblem::Malformed);
    }
    for (name, limit) in [("m", MEMORY_KIB_MAX), ("t", PASSES_MAX), ("p", LANES_MAX)] {
        if hash.params.get_decimal(name).ok_or(HashProblem::Malformed)? > limit {
            return Err(HashProblem::TooDear);
        }
    }
    Ok(Stored::Argon2(Box::new(hash)))
}

/// `10$`, 22 characters of salt and 31 of digest.
fn bcrypt(rest: &str) -> Option<Result<Stored, HashProblem>> {
    let (cost, text) = rest.split_once('$')?;
    let cost: u32 =
        (cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit())).then(|| cost.parse().ok())??;
    if text.len() != 53 || !text.is_ascii() || cost < 4 {
        return None;
    }
    let salt = BCRYPT_BASE64.decode(&text[..22]).ok()?.try_into().ok()?;
    let digest = BCRYPT_BASE64.decode(&text[22..]).ok()?.try_into().ok()?;
    let dear = cost > BCRYPT_COST_MAX;
    Some(if dear { Err(HashProblem::TooDear) } else { Ok(Stored::Bcrypt { cost, salt, digest }) })
}

/// `v=1,n=14,r=8,p=1,ss=Bw==,sk=…$`, then salt and digest in Base64.
fn firebase(rest: &str) -> Option<Result<Stored, HashProblem>> {
    let (fields, rest) = rest.split_once('$')?;
    let (salt, digest) = rest.split_once('$')?;
    let field = |name: &str| {
        fields.split(',').find_map(|field| field.split_once('=').filter(|(found, _)| *found == name)).map(|pair| pair.1)
    };
    let number = |name: &str| field(name)?.parse::<u32>().ok().filter(|number| *number > 0);
    let (power, blocks, lanes) = (number("n")?, number("r")?, number("p")?);
    if field("v")? != "1" {
        return None;
    }
    let bytes = |text: &str| ANY_BASE64.decode(text).ok();
    let mut salt = bytes(salt)?;
    salt.extend(bytes(field("ss").unwrap_or_default())?);
    let signer = Zeroizing::new(bytes(field("sk").unwrap_or_default())?);
    let digest = bytes(digest)?;
    if digest.is_empty() || digest.len() != signer.len() {
        return None;
    }
    // 128 bytes for each of `r` and of 2ⁿ.
    let memory = 1_u64.checked_shl(power).and_then(|rows| rows.checked_mul(u64::from(blocks))).map(|rows| rows / 8);
    if lanes > LANES_MAX || power > 31 || memory.is_none_or(|memory| memory > u64::from(MEMORY_KIB_MAX)) {
        return Some(Err(HashProblem::TooDear));
    }
    let params = scrypt::Params::new(u8::try_from(power).ok()?, blocks, lanes).ok()?;
    Some(Ok(Stored::Firebase { params, salt, signer, digest }))
}

fn firebase_digest(params: &scrypt::Params, salt: &[u8], signer: &[u8], password: &[u8]) -> Result<Vec<u8>> {
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(password, salt, params, key.as_mut_slice()).context("checking a password")?;
    let failed = |_| Error::internal("encrypting as Firebase does");
    let key = UnboundCipherKey::new(&AES_256, key.as_slice()).and_then(EncryptingKey::ctr).map_err(failed)?;
    let mut made = signer.to_vec();
    // The counter always starts at zero, which is safe because the key differs for each password.
    let from_zero = EncryptionContext::Iv128(FixedLength::from([0; 16]));
    key.less_safe_encrypt(&mut made, from_zero).map_err(failed)?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Firebase's project on GitHub, and that of Supabase Auth's tests.
    const FIREBASE: [(&str, &str); 2] = [
        (
            "user1password",
            "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYU\
             SDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198\
             JAdRuid5lQ==",
        ),
        (
            "mytestpassword",
            "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj\
             1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQ\
             aJP84+hfTw==",
        ),
    ];
    /// From OpenBSD's own tests, and one hash as Supabase writes it.
    const BCRYPT: [(&str, &str); 3] = [
        ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ("abcdefghijklmnopqrstuvwxyz", "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz."),
        ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
    ];

    fn matches(password: &str, hash: &str) -> bool {
        Stored::parse(hash).unwrap().matches(&mut Memory::default(), password.as_bytes()).unwrap()
    }

    #[test]
    fn hashes_of_other_programs_are_recognized() {
        for (password, hash) in FIREBASE.into_iter().chain(BCRYPT) {
            assert!(matches(password, hash), "{hash}");
            assert!(!matches(&format!("{password}x"), hash), "{hash}");
        }
        let (password, hash) = BCRYPT[1];
        assert!(matches(password, &hash.replace("$2a$", "$2y$")) && matches(password, &hash.replace("$2a$", "$2b$")));
    }

    #[test]
    fn a_password_longer_than_bcrypt_sees_is_cut_where_bcrypt_cuts_it() {
        // From OpenBSD's tests: 72 letters; the characters after them are ignored.
        let long = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored";
        let hash = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
        assert!(matches(long, hash) && matches(&long[..72], hash) && !matches(&long[..71], hash));
    }

    #[test]
    fn what_is_no_hash_or_too_dear_is_said_so() {
        let (bcrypt, firebase) = (BCRYPT[0].1, FIREBASE[0].1);
        let argon2 = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        for (text, problem) in [
            (String::new(), HashProblem::UnknownKind),
            ("plain".to_owned(), HashProblem::UnknownKind),
            ("$1$abc$def".to_owned(), HashProblem::UnknownKind),
            (bcrypt.replace("$2a$", "$2x$"), HashProblem::UnknownKind),
            (bcrypt.replace("$06$", "$6$"), HashProblem::Malformed),
            (bcrypt.replace("$06$", "$03$"), HashProblem::Malformed),
            (bcrypt.replace("$06$", "$31$"), HashProblem::TooDear),
            (bcrypt[..59].to_owned(), HashProblem::Malformed),
            (bcrypt.replace("m0Cr", "m0C!"), HashProblem::Malformed),
            (format!("{}é", &bcrypt[..58]), HashProblem::Malformed),
            (firebase.replace("v=1", "v=2"), HashProblem::Malformed),
            (firebase.replace("n=14", "n=0"), HashProblem::Malformed),
            (firebase.replace("n=14", "n=24"), HashProblem::TooDear),
            (firebase.replace("n=14", "n=4000000000"), HashProblem::TooDear),
            (firebase.replace("r=8", "r=4000000000"), HashProblem::TooDear),
            (firebase.replace("p=1", "p=17"), HashProblem::TooDear),
            (firebase.replace("ss=Bw==", "ss=!"), HashProblem::Malformed),
            ("$fbscrypt$v=1,n=14,r=8,p=1$YQ==$".to_owned(), HashProblem::Malformed),
            (argon2.replace("argon2id", "argon2d"), HashProblem::UnknownKind),
            (argon2.replace("m=65536", "m=9999999"), HashProblem::TooDear),
            (argon2.replace("t=2", "t=21"), HashProblem::TooDear),
            ("$argon2id$".to_owned(), HashProblem::Malformed),
        ] {
            assert_eq!(hash_check(&text), Err(problem), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(kind in "(\\$2a\\$|\\$fbscrypt\\$|\\$argon2id\\$|)", rest in ".{0,90}") {
            let _ = hash_check(&format!("{kind}{rest}"));
        }
    }
}
