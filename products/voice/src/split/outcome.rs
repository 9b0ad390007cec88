//! What came of the runs of a split, variant by variant.

use freehold_core::{Caller, Result};
use freehold_db::{Db, row};

use super::{Interval, Split, Variant, store, wilson_interval};
use crate::analytics::Figures;

row! {
    pub(super) struct OutcomeRow {
        version: i32,
        calls: i64,
        completed: i64,
        succeeded: i64,
        duration_ms: i64,
        cost_minor: i64,
    }
}

/// What came of the runs that a split gave to one variant. Runs that have not ended do not count yet.
#[derive(Clone, Debug)]
pub struct VariantOutcome {
    /// The variant.
    pub variant: Variant,
    /// Its runs, counted.
    pub figures: Figures,
    /// Where the success rate that it would show in the long run lies, with 95 % confidence; none without a run.
    pub interval: Option<Interval>,
}

/// What came of every variant, in the split's order. `currency` is that of the costs.
pub async fn split_outcomes(db: &Db, caller: &Caller, split: &Split, currency: &str) -> Result<Vec<VariantOutcome>> {
    let rows = db.tenant(caller).fetch_all(store::outcome_list(split.id, currency)).await?;
    let outcome = |variant: &Variant| {
        let row = rows.iter().find(|row| row.version == variant.version);
        VariantOutcome::new(*variant, row.map_or(Figures::default(), OutcomeRow::figures))
    };
    Ok(split.variants.0.iter().map(outcome).collect())
}

impl VariantOutcome {
    /// The outcome with these figures.
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
