//! Passwords: the policy, and how they are stored (argon2id, RFC 9106).

mod argon;
mod hashes;
mod threads;

use std::{
    fmt,
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use argon2::{Algorithm, Argon2, Params, Version, password_hash::phc::PasswordHash};
use freehold_core::{Context, Error, FieldError, Random, Result, Secret, codes as core_codes};

use crate::codes;
use argon::Memory;
use hashes::Stored;
pub use hashes::{HashProblem, hash_check};
use threads::HashThreads;

/// The longest password, in bytes. Argon2 has no limit of its own (bcrypt's 72 bytes do not apply); this one prevents a
/// sign-in from making the server hash megabytes.
pub const MAX_BYTES: usize = 256;

/// What a password must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest characters; 6 by default, as in Supabase.
    pub min_length: usize,
    /// The character classes of which a password needs at least one character each; empty by default.
    pub required: Vec<CharacterClass>,
}

/// A class of characters that a policy can require.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CharacterClass {
    /// A letter of any alphabet.
    Letter,
    /// A lower-case letter.
    Lower,
    /// An upper-case letter.
    Upper,
    /// A digit.
    Digit,
    /// Neither a letter, nor a digit, nor a space.
    Symbol,
}

impl CharacterClass {
    fn contains(self, character: char) -> bool {
        match self {
            Self::Letter => character.is_alphabetic(),
            Self::Lower => character.is_lowercase(),
            Self::Upper => character.is_uppercase(),
            Self::Digit => character.is_numeric(),
            Self::Symbol => !character.is_alphanumeric() && !character.is_whitespace(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Letter => "a letter",
            Self::Lower => "a lower-case letter",
            Self::Upper => "an upper-case letter",
            Self::Digit => "a digit",
            Self::Symbol => "a symbol",
        }
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_length: 6, required: Vec::new() }
    }
}

/// A new password that the policy accepts.
#[derive(Clone, Debug)]
pub struct AcceptedPassword(Secret);

impl AcceptedPassword {
    /// The password.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

impl PasswordPolicy {
    /// Accepts a new password. Everything that sets a password asks for the result.
    ///
    /// # Errors
    /// `weak_password`, with the reasons as fields; `validation_failed` for a password that is too long.
    pub fn accept(&self, password: Secret) -> Result<AcceptedPassword> {
        self.check(&password).map_err(|problem| match problem {
            PasswordProblem::TooLong => Error::new(core_codes::VALIDATION_FAILED, problem.to_string()),
            PasswordProblem::Weak(weak) => {
                let reason = |name: &str| FieldError { pointer: "/password".to_owned(), message: name.to_owned() };
                let fields = weak.reasons.iter().map(|weak| reason(weak.name())).collect();
                Error::new(codes::WEAK_PASSWORD, weak.to_string()).with_fields(fields)
            }
        })?;
        Ok(AcceptedPassword(password))
    }

    /// Checks a new password against the policy. Passwords that were set before are not checked again.
    ///
    /// # Errors
    /// See [`PasswordProblem`].
    pub fn check(&self, password: &Secret) -> Result<(), PasswordProblem> {
        let password = password.expose();
        if password.len() > MAX_BYTES {
            return Err(PasswordProblem::TooLong);
        }
        let mut reasons = Vec::new();
        if password.chars().count() < self.min_length {
            reasons.push(WeakReason::Length { at_least: self.min_length });
        }
        let missing = |class: &&CharacterClass| !password.chars().any(|character| class.contains(character));
        let missing: Vec<_> = self.required.iter().filter(missing).copied().collect();
        if !missing.is_empty() {
            reasons.push(WeakReason::Characters { missing });
        }
        if reasons.is_empty() { Ok(()) } else { Err(PasswordProblem::Weak(WeakPassword { reasons })) }
    }
}

/// Why a password cannot be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    /// It does not meet the policy: Supabase's `weak_password`.
    Weak(WeakPassword),
    /// It has more than [`MAX_BYTES`] bytes.
    TooLong,
}

/// How a password fails the policy; at least one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeakPassword {
    /// The reasons, each kind at most once.
    pub reasons: Vec<WeakReason>,
}

/// One thing that makes a password weak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WeakReason {
    /// It has too few characters.
    Length {
        /// The policy's minimum.
        at_least: usize,
    },
    /// It lacks required classes of characters.
    Characters {
        /// The missing classes; at least one.
        missing: Vec<CharacterClass>,
    },
}

impl WeakReason {
    /// The name in Supabase's `weak_password.reasons`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Length { .. } => "length",
            Self::Characters { .. } => "characters",
        }
    }
}

impl fmt::Display for WeakPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, reason) in self.reasons.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            match reason {
                WeakReason::Length { at_least } => write!(f, "Password should be at least {at_least} characters.")?,
                WeakReason::Characters { missing } => {
                    let missing: Vec<_> = missing.iter().map(|class| class.name()).collect();
                    write!(f, "Password should contain at least {}.", missing.join(", "))?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for PasswordProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weak(weak) => weak.fmt(f),
            Self::TooLong => write!(f, "Password cannot be longer than {MAX_BYTES} bytes."),
        }
    }
}

impl std::error::Error for PasswordProblem {}

/// The cost of one guess. A higher cost makes stolen hashes harder to break and every sign-in slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory for one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes of the memory.
    pub lanes: u32,
}

impl Cost {
    /// OWASP's recommendation (Password Storage Cheat Sheet, 2025): about 20 ms of one core.
    pub const OWASP: Self = Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
}

/// How many hashes run at once: as many as there are cores, at most eight. Each needs a core, and 19 MiB that stay
/// allocated.
pub fn at_once() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get).min(8)
}

/// Hashes and checks passwords, a few at a time, on threads that do not answer requests. Cloning is cheap and shares
/// the limit.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    hasher: Argon2<'static>,
    threads: HashThreads,
    random: Random,
    /// Checked for users that do not exist, so that their sign-in takes as long as any other.
    dummy: PasswordHash,
    /// The same hash, parsed like a stored one.
    nobody: Stored,
    /// Number of hashes started so far.
    hashed: AtomicU64,
}

impl Passwords {
    /// Creates a hasher of this cost that hashes at most `at_once` passwords at the same time (at least one). Creating
    /// it computes one hash.
    ///
    /// # Errors
    /// `internal` when argon2 does not accept the cost.
    pub fn new(cost: Cost, at_once: usize, random: Random) -> Result<Self> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).context("setting argon2's cost")?;
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut memory = Memory::default();
        let dummy = argon::hash(&hasher, &mut memory, &random.bytes::<32>(), &random.bytes::<16>())?;
        let nobody = Stored::Argon2(Box::new(dummy.clone()));
        let threads = HashThreads::start(at_once)?;
        Ok(Self(Arc::new(Inner { hasher, threads, random, dummy, nobody, hashed: AtomicU64::new(0) })))
    }

    /// Hashes the password as it is stored: a PHC string (`$argon2id$v=19$m=19456,t=2,p=1$…`).
    pub async fn hash(&self, password: &Secret) -> Result<Secret> {
        self.0.hashed.fetch_add(1, Ordering::Relaxed);
        let (inner, password, salt) = (self.0.clone(), password.clone(), self.0.random.bytes::<16>());
        let hash = self
            .0
            .threads
            .run(move |memory| argon::hash(&inner.hasher, memory, password.expose().as_bytes(), &salt))
            .await??;
        Ok(Secret::new(hash.to_string()))
    }

    /// Whether the password matches the stored hash. Without a stored hash (no such user, or a user without a password)
    /// the answer is false after the same time.
    ///
    /// # Errors
    /// `internal` when the stored text is not a hash that [`hash_check`] accepts.
    pub async fn verify(&self, password: &Secret, stored: Option<&Secret>) -> Result<bool> {
        if password.expose().len() > MAX_BYTES {
            // No user can have such a password, so the fast answer reveals nothing.
            return Ok(false);
        }
        let stored = stored.filter(|stored| !stored.expose().is_empty());
        let known = stored.map(|stored| Stored::parse(stored.expose())).transpose();
        let known = known.context("reading a stored password hash")?;
        let exists = known.is_some();
        self.0.hashed.fetch_add(1, Ordering::Relaxed);
        let (inner, password) = (self.0.clone(), password.clone());
        let matches = self.0.threads.run(move |memory| {
            let hash = known.as_ref().unwrap_or(&inner.nobody);
            hash.matches(memory, password.expose().as_bytes())
        });
        Ok(matches.await?? && exists)
    }

    /// Number of hashes requested so far; used to measure what a sign-in costs.
    pub fn hashed(&self) -> u64 {
        self.0.hashed.load(Ordering::Relaxed)
    }

    /// Whether a stored hash has another type or cost than new ones. Hash the password again when its owner next signs
    /// in.
    pub fn needs_rehash(&self, stored: &Secret) -> bool {
        let ours = |stored: PasswordHash| {
            stored.algorithm == self.0.dummy.algorithm
                && stored.version == self.0.dummy.version
                && stored.params == self.0.dummy.params
        };
        !PasswordHash::new(stored.expose()).is_ok_and(ours)
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passwords({})", self.0.dummy.params)
    }
}

#[cfg(test)]
mod tests;
