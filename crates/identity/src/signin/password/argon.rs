//! Argon2 in memory that a thread reuses for every hash. New memory for each hash would have to be cleared first, and
//! the allocator would keep several times as much of it for good.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use aws_lc_rs::constant_time;
use freehold_core::{Context, Error, Result};

/// Most memory that is kept, in blocks of a KiB. Imported hashes may need more, which is allocated each time.
const KEPT: usize = 32 * 1024;
/// Length of new hashes in bytes.
const OUTPUT_BYTES: usize = 32;

/// A thread's memory for hashing.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// Runs `work` in this many blocks; their contents are arbitrary.
    fn with<T>(&mut self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        if blocks > KEPT {
            return work(&mut vec![Block::default(); blocks]);
        }
        if self.0.len() < blocks {
            // A new allocation instead of a resize, because the old contents need not be copied.
            self.0 = vec![Block::default(); blocks];
        }
        work(&mut self.0[..blocks])
    }
}

/// Hashes the password as it is stored.
pub(super) fn hash(
    hasher: &Argon2<'static>,
    memory: &mut Memory,
    password: &[u8],
    salt: &[u8],
) -> Result<PasswordHash> {
    let params = hasher.params();
    let output = digest(hasher, memory, password, salt, OUTPUT_BYTES)?;
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).context("writing argon2's cost")?,
        salt: Some(Salt::new(salt).context("writing a salt")?),
        hash: Some(Output::new(&output).context("writing a hash")?),
    })
}

/// Whether the hash, of any cost, matches this password.
pub(super) fn matches(hash: &PasswordHash, memory: &mut Memory, password: &[u8]) -> Result<bool> {
    let reading = "reading a password's hash";
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Err(Error::internal(reading)) };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).context(reading)?;
    let version = hash.version.map(Version::try_from).transpose().context(reading)?.unwrap_or_default();
    let params = Params::try_from(hash).context(reading)?;
    let hasher = Argon2::new(algorithm, version, params);
    let output = digest(&hasher, memory, password, salt, expected.len())?;
    Ok(constant_time::verify_slices_are_equal(&output, expected.as_bytes()).is_ok())
}

fn digest(
    hasher: &Argon2<'static>,
    memory: &mut Memory,
    password: &[u8],
    salt: &[u8],
    length: usize,
) -> Result<Vec<u8>> {
    let mut output = vec![0; length];
    memory
        .with(hasher.params().block_count(), |blocks| {
            hasher.hash_password_into_with_memory(password, salt, &mut output, blocks)
        })
        .context("hashing a password")?;
    Ok(output)
}
