//! The terms of a campaign, which members can change until it is over.

use freehold_core::{Error, FieldError, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Schedule;
use crate::country::Country;

/// Most calls of one campaign at the same time.
pub const CONCURRENCY_MAX: i32 = 100;
/// Most calls to one contact until they are reached.
pub const TRIES_MAX: i32 = 10;
/// Longest wait between two tries, in minutes: a week.
pub const RETRY_MINUTES_MAX: i32 = 7 * 24 * 60;

/// The terms of a campaign, which members can change until it is over.
#[derive(Clone, Debug)]
pub struct CampaignTerms {
    /// The campaign's name.
    pub name: String,
    /// Most calls at the same time.
    pub concurrency: i32,
    /// When the campaign calls.
    pub schedule: Schedule,
    /// The country of contacts whose number has no country code: ISO 3166-1 alpha-2.
    pub default_country: Option<String>,
    /// How often a contact is called, and with which pause.
    pub retry: Retry,
}

/// How often an unreached contact is called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = CampaignRetry)]
pub struct Retry {
    /// Largest number of calls to a contact, until one reaches them, 1 to 10.
    #[schema(minimum = 1, maximum = 10)]
    pub tries: i32,
    /// Minutes from an unsuccessful call to the next, 0 to 10,080 (a week).
    #[schema(minimum = 0, maximum = 10080)]
    pub wait_minutes: i32,
}

impl Default for Retry {
    /// One call per contact.
    fn default() -> Self {
        Self { tries: 1, wait_minutes: 60 }
    }
}

impl CampaignTerms {
    /// Returns the terms as they are stored, or everything that is wrong with them.
    pub(super) fn checked(self) -> Result<Self> {
        let mut wrong: Vec<FieldError> = Vec::new();
        let mut check = |holds: bool, pointer: &str, expected: String| {
            if !holds {
                wrong.push(FieldError { pointer: pointer.to_owned(), message: expected });
            }
        };
        let name = self.name.trim().to_owned();
        let named = (1..=200).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        check(named, "/name", "expected 1 to 200 characters, without control characters".to_owned());
        let at_once = (1..=CONCURRENCY_MAX).contains(&self.concurrency);
        check(at_once, "/concurrency", format!("expected 1 to {CONCURRENCY_MAX}"));
        let tries = (1..=TRIES_MAX).contains(&self.retry.tries);
        check(tries, "/retry/tries", format!("expected 1 to {TRIES_MAX}"));
        let wait = (0..=RETRY_MINUTES_MAX).contains(&self.retry.wait_minutes);
        check(wait, "/retry/wait_minutes", format!("expected 0 to {RETRY_MINUTES_MAX}"));
        let country =
            self.default_country.as_deref().map(|code| Country::from_code("/default_country", code)).transpose();
        let country = country.map_err(|error| wrong.extend(error.fields().to_vec())).unwrap_or_default();
        let default_country = country.map(|country| country.to_string());
        match self.schedule.checked("/schedule") {
            Ok(schedule) if wrong.is_empty() => Ok(Self { name, schedule, default_country, ..self }),
            Ok(_) => Err(Error::invalid_fields(wrong)),
            Err(error) => Err(Error::invalid_fields([wrong, error.fields().to_vec()].concat())),
        }
    }
}
