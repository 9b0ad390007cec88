//! SQL of schedules.

use freehold_db::statements;
use jiff::Timestamp;

statements! {
    /// Takes the schedules that are due.
    fn schedules_due(names: Vec<String>, next: Vec<Timestamp>; now) -> (String,) =
        "select due from freehold.schedules_due($1, $2, $3) as due";
}
