//! `freehold demo`.
use std::process::ExitCode;
/// Plays the main job.
pub async fn demo(_url: &str) -> ExitCode {
    ExitCode::FAILURE
}
