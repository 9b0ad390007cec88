//! What the interfaces seal secrets for.

use freehold_vault::Purpose;

/// Cookies of the pages.
pub const COOKIE: Purpose = Purpose::new("cookie");
/// Responses that are stored for a retry with the same `Idempotency-Key`; some contain a key that is shown only once.
pub const ANSWER: Purpose = Purpose::new("answer");

/// All of them.
pub const ALL: &[Purpose] = &[COOKIE, ANSWER];
