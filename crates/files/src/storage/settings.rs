//! The settings of the store.

use std::path::PathBuf;

use freehold_core::Secret;

/// Where objects are.
#[derive(Clone, Debug)]
pub enum StorageSettings {
    /// In this folder of this machine.
    Folder(PathBuf),
    /// In a bucket of an S3, which several servers can share.
    S3(S3Settings),
}

/// A bucket of an S3.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// Name of the bucket.
    pub bucket: String,
    /// Region of the bucket; none: `AWS_REGION`, or `us-east-1`.
    pub region: Option<String>,
    /// URL of an S3 other than AWS', such as MinIO's; none: AWS.
    pub endpoint: Option<String>,
    /// Id and secret of the access key; none: the role of the machine or container.
    pub access_key: Option<(String, Secret)>,
    /// Token of a temporary access key; none: the key is permanent.
    pub session_token: Option<Secret>,
}
