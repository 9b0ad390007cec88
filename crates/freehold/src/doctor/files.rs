//! Checks the file store: whether an object can be written, read and deleted.

use freehold_core::Random;
use freehold_files::storage::StorageSettings;

use super::finding::Finding;
use crate::{settings::Settings, terminal};

pub(super) async fn examine(settings: &Settings) -> Vec<Finding> {
    let in_folder = matches!(settings.files.storage, StorageSettings::Folder(_));
    if in_folder && !settings.data.exists() {
        // The folder is created with the first file; another check reports whether the data folder can be.
        return Vec::new();
    }
    let advice = if in_folder {
        "let the user who runs freehold write there, free some space, or set S3_BUCKET"
    } else {
        "correct S3_BUCKET, AWS_REGION, S3_ENDPOINT or the access key, which has to read, write, list and delete objects"
    };
    let opened = match settings.files.open() {
        Ok(files) => files.storage,
        Err(error) => {
            return vec![Finding::fail(format!("the file store cannot be used: {}", terminal::line(&error)), advice)];
        }
    };
    let name = format!("doctor-{:032x}", u128::from_le_bytes(Random::system().bytes()));
    if let Err(error) = opened.probe(&name).await {
        let why = terminal::line(&anyhow::Error::from(error));
        return vec![Finding::fail(format!("files cannot be stored in {opened}: {why}"), advice)];
    }
    if in_folder && settings.database_url.is_some() {
        return vec![Finding::warn(
            format!("files are stored in {opened}, which other servers of this database do not see"),
            "set S3_BUCKET where several servers run, and include the folder in backups",
        )];
    }
    vec![Finding::ok(format!("files are stored in {opened}: written, read and deleted"))]
}
