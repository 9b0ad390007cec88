//! `freehold doctor`.
use crate::settings::Options;
use std::process::ExitCode;
/// Checks everything.
pub async fn doctor(_options: Options) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::FAILURE)
}
