//! `Idempotency-Key`: a repeated request gets the same response for 24 hours.

mod record;

use serde_json::Value;

pub(crate) use record::Kept;

use crate::{account::Account, error::StripeError};

const KEPT_SECONDS: i64 = 24 * 3600;

impl Account {
    /// Returns the response that is stored for this key; fails if the key was used for another request.
    pub(crate) fn kept_answer(&mut self, key: &str, request: &str) -> Result<Option<Kept>, StripeError> {
        let now = self.sandbox_now;
        self.kept.retain(|_, kept| kept.at.saturating_add(KEPT_SECONDS) > now);
        match self.kept.get(key) {
            Some(kept) if kept.request == request => Ok(Some(kept.clone())),
            Some(_) => Err(StripeError::idempotency(key)),
            None => Ok(None),
        }
    }

    /// Stores a response.
    pub(crate) fn answer_keep(&mut self, key: &str, request: &str, status: u16, body: &Value, request_id: &str) {
        let kept = Kept {
            request: request.to_owned(),
            status,
            body: body.clone(),
            request_id: request_id.to_owned(),
            at: self.sandbox_now,
        };
        self.kept.insert(key.to_owned(), kept);
    }
}
