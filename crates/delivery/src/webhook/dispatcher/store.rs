//! SQL of the dispatcher. The function is in `migrations/0003_webhook_functions.sql`.

use freehold_db::statements;

use super::Dispatched;

statements! {
    /// Numbers events and creates their deliveries.
    fn webhook_dispatch(at_most: i32; now) -> Dispatched =
        "select events, deliveries from freehold.webhook_dispatch($1, $2)";
}
