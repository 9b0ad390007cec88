//! `[files]`, and the secrets of an S3.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use freehold_core::Secret;
use freehold_files::{
    FileLimits, Files,
    storage::{S3Settings, Storage, StorageSettings},
};
use serde::Deserialize;

use super::{Environment, given};

/// Bytes of a megabyte in these settings, as in the sizes of `product.toml`.
const MEGABYTE: i64 = 1_000_000;

/// Where AWS' own programs look for the URL of another S3.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

/// The options and variables of the file store.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_field_names, reason = "the options of all parts share one command line")]
pub struct FilesOptions {
    /// Bucket of an S3 for files; without it they are in the data folder
    #[arg(long, env = "S3_BUCKET", global = true, value_name = "BUCKET", hide = true)]
    s3_bucket: Option<String>,

    /// Region of the bucket
    #[arg(long, env = "AWS_REGION", global = true, value_name = "REGION", hide = true)]
    s3_region: Option<String>,

    /// URL of an S3 other than AWS'
    #[arg(long, env = "S3_ENDPOINT", global = true, value_name = "URL", hide = true)]
    s3_endpoint: Option<String>,

    /// Id of the S3's access key
    #[arg(long, env = "AWS_ACCESS_KEY_ID", global = true, value_name = "ID", hide = true)]
    s3_access_key_id: Option<String>,

    /// Secret of the S3's access key
    #[arg(
        long,
        env = "AWS_SECRET_ACCESS_KEY",
        global = true,
        value_name = "SECRET",
        hide_env_values = true,
        hide = true
    )]
    s3_secret_access_key: Option<String>,

    /// Token of a temporary access key
    #[arg(long, env = "AWS_SESSION_TOKEN", global = true, value_name = "TOKEN", hide_env_values = true, hide = true)]
    s3_session_token: Option<String>,
}

/// `[files]` in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilesSection {
    folder: PathBuf,
    s3_bucket: String,
    s3_region: String,
    s3_endpoint: String,
    pub(super) file_megabytes: u32,
    pub(super) organization_megabytes: u32,
    redirect_links: bool,
}

/// The settings of files.
#[derive(Clone, Debug)]
pub struct FilesSettings {
    /// Where the objects are.
    pub storage: StorageSettings,
    /// Limits and behaviour.
    pub limits: FileLimits,
}

impl FilesSettings {
    /// The file store and its limits.
    ///
    /// # Errors
    /// When the settings of the S3 are incomplete.
    pub fn open(&self) -> Result<Files> {
        Ok(Files { storage: Storage::open(&self.storage)?, limits: self.limits })
    }
}

impl FilesOptions {
    pub(super) fn resolve(self, file: FilesSection, data: &Path, environment: &Environment) -> Result<FilesSettings> {
        let limits = FileLimits {
            file: i64::from(file.file_megabytes) * MEGABYTE,
            organization: Some(i64::from(file.organization_megabytes) * MEGABYTE).filter(|bytes| *bytes > 0),
            redirect: file.redirect_links,
        };
        let Some(bucket) = given(self.s3_bucket).or(given(Some(file.s3_bucket))) else {
            return Ok(FilesSettings { storage: StorageSettings::Folder(data.join(file.folder)), limits });
        };
        let of_bucket = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(of_bucket) {
            bail!("s3_bucket in [files] (S3_BUCKET) is {bucket:?}; write the name of a bucket, such as acme-files");
        }
        let from_environment = || ENDPOINTS.iter().find_map(|name| environment.get(name)).map(str::to_owned);
        let endpoint = given(self.s3_endpoint).or(given(Some(file.s3_endpoint))).or_else(from_environment);
        let endpoint = endpoint.map(|url| url.trim().trim_end_matches('/').to_owned());
        if endpoint.as_ref().is_some_and(|url| !(url.starts_with("https://") || url.starts_with("http://"))) {
            bail!("s3_endpoint in [files] (S3_ENDPOINT) has to begin with http:// or https://");
        }
        let access_key = match (given(self.s3_access_key_id), given(self.s3_secret_access_key)) {
            (Some(id), Some(secret)) => Some((id, Secret::new(secret))),
            (None, None) => None,
            (Some(_), None) => bail!("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not; set both or none"),
            (None, Some(_)) => bail!("AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not; set both or none"),
        };
        let region = given(self.s3_region).or(given(Some(file.s3_region)));
        let session_token = given(self.s3_session_token).map(Secret::new);
        let storage = StorageSettings::S3(S3Settings { bucket, region, endpoint, access_key, session_token });
        Ok(FilesSettings { storage, limits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section() -> FilesSection {
        FilesSection {
            folder: PathBuf::from("files"),
            s3_bucket: String::new(),
            s3_region: String::new(),
            s3_endpoint: String::new(),
            file_megabytes: 5000,
            organization_megabytes: 0,
            redirect_links: true,
        }
    }

    fn read(options: FilesOptions) -> Result<FilesSettings> {
        let environment = [("AWS_ENDPOINT_URL".to_owned(), "http://127.0.0.1:9000/".to_owned())];
        options.resolve(section(), Path::new("/data"), &Environment::of(environment))
    }

    fn bucket(id: Option<&str>, secret: Option<&str>) -> FilesOptions {
        FilesOptions {
            s3_bucket: Some("acme-files".to_owned()),
            s3_access_key_id: id.map(str::to_owned),
            s3_secret_access_key: secret.map(str::to_owned),
            ..FilesOptions::default()
        }
    }

    #[test]
    fn files_are_in_the_data_folder_unless_a_bucket_is_named() {
        let settings = read(FilesOptions::default()).unwrap();
        assert!(matches!(settings.storage, StorageSettings::Folder(folder) if folder == Path::new("/data/files")));
        assert_eq!((settings.limits.file, settings.limits.organization), (5_000_000_000, None));
        let settings = read(bucket(Some("AKIA"), Some("very secret"))).unwrap();
        assert!(!format!("{settings:?}").contains("very secret"));
        let StorageSettings::S3(s3) = settings.storage else { panic!("no bucket") };
        assert_eq!(s3.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!((s3.bucket.as_str(), s3.region, s3.access_key.unwrap().0.as_str()), ("acme-files", None, "AKIA"));
    }

    #[test]
    fn half_an_access_key_and_a_wrong_name_are_refused() {
        for (options, named) in [
            (bucket(Some("AKIA"), None), "AWS_SECRET_ACCESS_KEY"),
            (bucket(None, Some("x")), "AWS_ACCESS_KEY_ID"),
            (FilesOptions { s3_bucket: Some("s3://acme".to_owned()), ..FilesOptions::default() }, "S3_BUCKET"),
            (FilesOptions { s3_endpoint: Some("minio:9000".to_owned()), ..bucket(None, None) }, "S3_ENDPOINT"),
        ] {
            assert!(read(options).unwrap_err().to_string().contains(named));
        }
    }
}
