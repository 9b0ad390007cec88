//! The HTTP client of the demo.

use std::{error::Error as _, io, time::Duration};

use freehold_web::demo::{Answer, Request, Server};
use futures_util::future::BoxFuture;
use reqwest::{Url, redirect::Policy};
use serde_json::Value;

/// Time limit of a request, above the server's own limit of 30 seconds.
const PATIENCE: Duration = Duration::from_secs(35);
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// A client of one server.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    /// Creates a client for the server at this URL. The error is a sentence that says why the URL is invalid.
    pub(super) fn new(url: &str) -> Result<Self, String> {
        let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let parsed = Url::parse(&full).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(parsed) = parsed else {
            return Err(format!("{url} is not the address of a server; write it like http://127.0.0.1:8080."));
        };
        let near =
            parsed.host_str().is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]");
        let mut builder = reqwest::Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(CONNECT_PATIENCE)
            .redirect(Policy::none())
            .user_agent(concat!("freehold-demo/", env!("CARGO_PKG_VERSION")));
        if near {
            // A proxy from the machine's environment cannot reach servers on the machine.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| format!("HTTP cannot be spoken here: {error}."))?;
        Ok(Self { http, base: full.trim_end_matches('/').to_owned() })
    }

    /// Checks that the server answers. The error is a sentence that says why it does not.
    pub(super) async fn knock(&self) -> Result<(), String> {
        self.answer(&Request::get("/healthz")).await.map(drop)
    }

    async fn answer(&self, request: &Request) -> Result<Answer, String> {
        let elsewhere = request.path.starts_with("http");
        let url = if elsewhere { request.path.clone() } else { format!("{}{}", self.base, request.path) };
        let mut builder = self.http.request(request.method.clone(), url);
        if let Some(badge) = &request.badge {
            builder = builder.bearer_auth(badge.secret.expose());
        }
        if let Some(key) = &request.idempotency_key {
            builder = builder.header("Idempotency-Key", key);
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        if !request.form.is_empty() {
            builder = builder.form(&request.form);
        }
        let response = builder.send().await.map_err(|error| self.explain(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.map_err(|error| self.explain(&error))?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, headers, body })
    }

    fn explain(&self, error: &reqwest::Error) -> String {
        let base = &self.base;
        if refused(error) {
            return format!("No server answers at {base}: start it with `make run`, then run the demo again.");
        }
        if error.is_timeout() {
            return format!("The server at {base} did not answer within {} seconds.", PATIENCE.as_secs());
        }
        let mut cause: &dyn std::error::Error = error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        format!("The server at {base} cannot be spoken to: {cause}.")
    }
}

impl Server for Client {
    fn base(&self) -> &str {
        &self.base
    }

    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answer, String>> {
        Box::pin(self.answer(request))
    }
}

fn refused(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(next) = cause {
        if next.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            return true;
        }
        cause = next.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_people_type_them() {
        let base = |url: &str| Client::new(url).map(|client| client.base().to_owned());
        assert_eq!(base("http://127.0.0.1:8080/").unwrap(), "http://127.0.0.1:8080");
        assert_eq!(base("localhost:8080").unwrap(), "http://localhost:8080");
        assert!(base("ftp://example.com").unwrap_err().contains("not the address of a server"));
        assert!(base("http://").is_err());
    }
}
