//! Checks whether the server can listen on its address, or does already.

use std::{net::SocketAddr, time::Duration};

use super::finding::Finding;
use crate::{listener::Listener, running, settings::Settings};

/// Time limit for the answer of `/healthz`.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn examine(settings: &Settings) -> Option<Finding> {
    if let Some(running) = running::find(settings) {
        return Some(Finding::ok(format!(
            "a server (process {}) runs on this data folder, listens on {} and is reached at {}",
            running.process, running.listen, running.site_url
        )));
    }
    let refused = Listener::bind(&settings.listen).await.err()?;
    if let Some(address) = refused.in_use
        && answers(address).await
    {
        return Some(Finding::ok(format!("a Freehold listens on {address}")));
    }
    Some(Finding::fail_sentences(&refused.to_string()))
}

/// Whether the program that listens there is a Freehold server.
async fn answers(address: SocketAddr) -> bool {
    let near = if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address };
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build();
    let Ok(client) = client else { return false };
    let Ok(answer) = client.get(format!("http://{near}/healthz")).send().await else { return false };
    let ours = answer.status().is_success() && answer.headers().contains_key("x-request-id");
    ours && answer.text().await.is_ok_and(|text| text == "ok\n")
}
