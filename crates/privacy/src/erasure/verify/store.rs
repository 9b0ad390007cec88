//! SQL of the search for traces.

use freehold_db::statements;
use uuid::Uuid;

use super::{Recorded, TraceRow};

statements! {
    /// Where these texts are.
    fn erasure_traces(texts: &[String]) -> TraceRow =
        "select place, of_tenants, hits from freehold.erasure_traces($1)";

    /// What is recorded of an erasure.
    fn erasure_find(id: Uuid) -> Recorded =
        "select kind, customer_id, erased_at from freehold.erasures where id = $1";
}
