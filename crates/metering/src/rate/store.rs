//! SQL of rates.

use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

statements! {
    /// Counts one request; returns the number of requests in this window.
    fn rate_take(meter: &str, subject: Uuid, window: Timestamp, at_most: i64, seconds: i32) -> (i64,) =
        "select freehold.rate_take($1, $2, $3, $4, $5)";
}
