//! Retries of requests.

use std::time::Duration;

use freehold_core::{Random, Secret};
use reqwest::{Response, header::HeaderMap};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};

use super::error::{Error, Result};

/// The longest wait between two attempts, unless Stripe asks for a longer one.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Limits of the retries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retries {
    /// Most attempts.
    pub(super) tries: u32,
    /// Wait after the first attempt, before jitter; doubles after each further one.
    pub(super) pause: Duration,
    /// Time limit of all attempts together.
    pub(super) total: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { tries: 3, pause: Duration::from_millis(500), total: Duration::from_secs(15) }
    }
}

/// Why an attempt failed.
pub(super) struct Failure {
    error: Error,
    /// Whether a retry may succeed.
    again: bool,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self { again: !error.is_builder(), error: Error::network(&error) }
    }
}

impl Retries {
    /// Retries until an attempt succeeds, a retry is useless, or the time is used up. `path` is for the log.
    pub(super) async fn run<F>(&self, random: &Random, path: &str, mut attempt: impl FnMut() -> F) -> Result<Answer>
    where
        F: Future<Output = Result<Answer, Failure>>,
    {
        let deadline = Instant::now() + self.total;
        let mut tried = 0;
        loop {
            let failure = match timeout_at(deadline, attempt()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failure)) => failure,
                Err(_) => Failure { error: Error::out_of_time(), again: false },
            };
            tried += 1;
            let pause = self.pause(random, tried).max(failure.error.retry_after().unwrap_or_default());
            if !failure.again || tried >= self.tries || Instant::now() + pause >= deadline {
                return Err(failure.error);
            }
            tracing::info!(error = ?failure.error, path, tried, "Stripe is asked again");
            sleep(pause).await;
        }
    }

    /// How long to wait after this many attempts: half of it is fixed, the rest is random, so that many clients that
    /// were rejected together do not retry together.
    fn pause(&self, random: &Random, tried: u32) -> Duration {
        let longest = self.pause.saturating_mul(1 << tried.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
        let millis = u32::try_from(longest.as_millis() / 2).unwrap_or(u32::MAX);
        longest / 2 + Duration::from_millis(random.below(millis.saturating_add(1)).into())
    }
}

/// Stripe's answer to a request that it executed.
pub(super) struct Answer {
    body: Vec<u8>,
    request_id: Option<String>,
}

impl Answer {
    /// Reads the answer, or why the request failed.
    pub(super) async fn of(response: Response, secret: &Secret) -> Result<Self, Failure> {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let request_id = text(&headers, "request-id").map(str::to_owned);
        let body = response.bytes().await?.to_vec();
        if (200..300).contains(&status) {
            return Ok(Self { body, request_id });
        }
        let wait = text(&headers, "retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs);
        let error = Error::refusal(status, &body, request_id, secret).with_retry_after(wait);
        let again = match text(&headers, "stripe-should-retry") {
            Some("true") => true,
            Some("false") => false,
            _ => matches!(status, 409 | 429 | 500..),
        };
        Err(Failure { error, again })
    }

    /// Parses the object in the answer.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        let mut json = serde_json::Deserializer::from_slice(&self.body);
        // Only the path in the JSON: the value may be personal data or a secret.
        serde_path_to_error::deserialize(&mut json)
            .map_err(|error| Error::unreadable(&error.path().to_string(), self.request_id.clone()))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const RETRIES: Retries = Retries { tries: 3, pause: Duration::from_millis(500), total: Duration::from_secs(15) };

    fn failure(status: u16, again: bool, wait: Option<u64>) -> Failure {
        let error = Error::refusal(status, b"{}", None, &Secret::new("sk_test_x"));
        Failure { error: error.with_retry_after(wait.map(Duration::from_secs)), again }
    }

    async fn tries(make: impl Fn() -> Failure) -> (u32, Duration) {
        let (count, began) = (Cell::new(0), Instant::now());
        let result = RETRIES
            .run(&Random::seeded(1), "/v1/x", || {
                count.set(count.get() + 1);
                let failure = make();
                async { Err(failure) }
            })
            .await;
        assert!(result.is_err());
        (count.get(), began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn tries_are_few_and_come_slower_and_slower() {
        let (count, took) = tries(|| failure(503, true, None)).await;
        assert_eq!(count, 3);
        assert!(took >= Duration::from_millis(250 + 500) && took <= Duration::from_millis(500 + 1000 + 10), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_go_better_is_tried_once() {
        assert_eq!(tries(|| failure(400, false, None)).await.0, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_that_stripe_asks_for_is_kept_or_nothing_is_tried() {
        let (count, took) = tries(|| failure(429, true, Some(3))).await;
        assert_eq!((count, took.as_secs()), (3, 6));
        let (count, took) = tries(|| failure(429, true, Some(60))).await;
        assert_eq!((count, took), (1, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn all_tries_together_take_a_quarter_of_a_minute() {
        let began = Instant::now();
        let result = RETRIES.run(&Random::seeded(1), "/v1/x", std::future::pending).await;
        assert!(result.is_err_and(|error| error.kind() == crate::stripe::Kind::Unavailable));
        assert_eq!(began.elapsed().as_secs(), 15);
    }

    #[test]
    fn an_answer_that_cannot_be_read_says_where_and_not_what() {
        let answer = Answer { body: br#"{"id":"we_1","secret":{"whsec":"hidden"}}"#.to_vec(), request_id: None };
        let error = answer.read::<crate::stripe::object::WebhookEndpoint>().unwrap_err();
        assert_eq!(error.message(), "Stripe's answer cannot be read at secret.");
    }
}
