//! The outcomes of the runs of a split, by variant.

mod store;

use freehold_core::{Caller, Result};
use freehold_db::{Db, row};

pub use store::STATEMENTS;

use super::{Interval, Split, Variant, wilson_interval};
use crate::analytics::Figures;

row! {
    struct OutcomeRow {
        version: i32,
        calls: i64,
        completed: i64,
        succeeded: i64,
        duration_ms: i64,
        cost_minor: i64,
    }
}

/// The outcomes of the runs that a split gave to one variant. Runs that have not ended do not count yet.
#[derive(Clone, Debug)]
pub struct VariantOutcome {
    /// The variant whose runs were counted.
    pub variant: Variant,
    /// The counts of its runs.
    pub figures: Figures,
    /// The 95 % confidence interval of the success rate; none without runs.
    pub interval: Option<Interval>,
}

/// Returns the outcomes of every variant, in the split's order. Costs are those in `currency`.
pub async fn split_outcomes(db: &Db, caller: &Caller, split: &Split, currency: &str) -> Result<Vec<VariantOutcome>> {
    let rows = db.tenant(caller).fetch_all(store::outcome_list(split.id, currency)).await?;
    let outcome = |variant: &Variant| {
        let row = rows.iter().find(|row| row.version == variant.version);
        VariantOutcome::new(*variant, row.map_or(Figures::default(), OutcomeRow::figures))
    };
    Ok(split.variants.0.iter().map(outcome).collect())
}

impl VariantOutcome {
    /// The outcome with these counts.
    pub fn new(variant: Variant, figures: Figures) -> Self {
        Self { variant, figures, interval: wilson_interval(figures.succeeded, figures.calls) }
    }
}

impl OutcomeRow {
    fn figures(&self) -> Figures {
        let Self { calls, completed, succeeded, duration_ms, cost_minor, .. } = *self;
        Figures { calls, completed, succeeded, duration_ms, cost_minor }
    }
}
