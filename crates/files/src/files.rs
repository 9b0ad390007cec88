//! What the program needs to work with files.

use crate::storage::Storage;

/// The file store and its limits. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Files {
    /// Where the objects are.
    pub storage: Storage,
    /// Limits and behaviour.
    pub limits: FileLimits,
}

/// The limits of files.
#[derive(Clone, Copy, Debug)]
pub struct FileLimits {
    /// Largest file, in bytes.
    pub file: i64,
    /// Most bytes of an organization where the product has no meter that counts files; none for no limit.
    pub organization: Option<i64>,
    /// Whether a signed link leads on to the S3's own address for the object, so that the bytes do not pass through the
    /// server. The address has to be one that users reach.
    pub redirect: bool,
}

impl Default for FileLimits {
    /// Files of 5 GB, 1 GB for an organization, links that lead on to the S3.
    fn default() -> Self {
        Self { file: 5_000_000_000, organization: Some(1_000_000_000), redirect: true }
    }
}
