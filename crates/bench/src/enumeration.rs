//! Whether response times reveal that an address has an account. Other tests check that the contents of the responses
//! do not.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{report::Report, scene::ask, server::Server};

/// Addresses of each kind that are tried.
const ADDRESSES: usize = 30;
/// Wrong passwords for each address; fewer than the limit of attempts.
const TRIES: usize = 8;
/// An attacker repeats a request and averages the times. Above this relative difference they need only few requests.
const TELLING: f64 = 0.03;

/// Sends requests for existing and for unknown addresses in turn, and compares the response times.
pub(crate) async fn measure(server: &Server<'_>, report: &mut Report) -> Result<()> {
    for number in 0..ADDRESSES {
        let person = json!({ "email": address("somebody", number), "password": "as long as it is a secret" });
        ask(server, reqwest::Method::POST, "/auth/v1/signup", None, Some(&person)).await?;
    }
    let mut passwords = Times::default();
    for _ in 0..TRIES {
        for number in 0..ADDRESSES {
            let body = |whose: &str| json!({ "email": address(whose, number), "password": "not the right one at all" });
            let path = "/auth/v1/token?grant_type=password";
            passwords.compare(server, path, body, number, StatusCode::BAD_REQUEST).await?;
        }
    }
    passwords.tell("a wrong password, for somebody's address / nobody's", report)?;
    for (name, path, expected) in [
        ("a forgotten password, for somebody's / nobody's", "/auth/v1/recover", StatusCode::OK),
        ("a wrong code, for somebody's / nobody's", "/auth/v1/verify", StatusCode::FORBIDDEN),
        ("a link by mail, for somebody's / nobody's", "/auth/v1/otp", StatusCode::OK),
    ] {
        let mut times = Times::default();
        for number in 0..ADDRESSES {
            let body = |whose: &str| json!({ "email": address(whose, number), "type": "email", "token": "123456" });
            times.compare(server, path, body, number, expected).await?;
        }
        times.tell(name, report)?;
    }
    Ok(())
}

fn address(whose: &str, number: usize) -> String {
    format!("{whose}-{number}@freehold.test")
}

/// Response times.
#[derive(Default)]
struct Times {
    somebody: Vec<Duration>,
    nobody: Vec<Duration>,
}

impl Times {
    /// Sends one request of each kind, in alternating order.
    async fn compare(
        &mut self,
        server: &Server<'_>,
        path: &str,
        body: impl Fn(&str) -> Value,
        number: usize,
        expected: StatusCode,
    ) -> Result<()> {
        let order = if number.is_multiple_of(2) { ["somebody", "nobody"] } else { ["nobody", "somebody"] };
        for whose in order {
            let begun = Instant::now();
            let request = server.client.post(server.url(path)).json(&body(whose));
            let answer = request.send().await.with_context(|| format!("asking {path}"))?;
            let status = answer.status();
            answer.bytes().await?;
            let took = begun.elapsed();
            if status != expected {
                bail!("{path} answered {status}");
            }
            if whose == "somebody" { self.somebody.push(took) } else { self.nobody.push(took) }
        }
        Ok(())
    }

    fn tell(mut self, name: &str, report: &mut Report) -> Result<()> {
        let (somebody, nobody) = (middle(&mut self.somebody)?, middle(&mut self.nobody)?);
        let ratio = somebody.as_secs_f64() / nobody.as_secs_f64();
        let found = format!("{ratio:.3} ({somebody:.1?} / {nobody:.1?})");
        report.goal(name, found, "0.97 to 1.03", (ratio - 1.0).abs() <= TELLING);
        Ok(())
    }
}

fn middle(times: &mut [Duration]) -> Result<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied().context("nothing was asked")
}
