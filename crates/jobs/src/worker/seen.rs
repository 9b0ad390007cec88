//! Up to where a worker has claimed, so that it need not go again over what it has claimed.
//!
//! What was claimed stays in the index of what waits until the next vacuum. After 100,000 jobs of one tenant every claim
//! would go over 100,000 dead entries, and that several times; beginning where the last one ended costs nothing. What comes
//! into the queue before that place (its transaction took long, or it is more urgent) is found when everything is looked at
//! again: after a second, or as soon as there is not enough behind it.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::claim::ClaimedRow;

/// How often everything is looked at again.
const EVERYTHING: Duration = Duration::from_secs(1);
/// Looking at everything may take this part of the time.
const PART: u32 = 20;
/// Tenants and kinds of which it is remembered: those of which most was claimed.
const MOST: usize = 8;

/// Up to where was claimed.
#[derive(Default)]
pub(super) struct Seen {
    lanes: HashMap<(Uuid, String), Lane>,
    /// When to forget it; none: nothing was claimed since.
    until: Option<Instant>,
}

struct Lane {
    claimed: usize,
    weight: i16,
    urgency: i16,
    run_at: Timestamp,
}

/// What a claim is told.
#[derive(Default)]
pub(super) struct SeenColumns {
    pub(super) tenants: Vec<Uuid>,
    pub(super) kinds: Vec<String>,
    pub(super) weights: Vec<i16>,
    pub(super) urgencies: Vec<i16>,
    pub(super) run_at: Vec<Timestamp>,
}

impl Seen {
    /// Where to begin.
    pub(super) fn columns(&mut self, now: Instant) -> SeenColumns {
        if self.until.is_some_and(|until| until <= now) {
            self.forget();
        }
        let mut lanes: Vec<_> = self.lanes.iter().collect();
        lanes.sort_unstable_by_key(|(_, lane)| std::cmp::Reverse(lane.claimed));
        let mut columns = SeenColumns::default();
        for ((tenant, kind), lane) in lanes.into_iter().take(MOST) {
            columns.tenants.push(*tenant);
            columns.kinds.push(kind.clone());
            columns.weights.push(lane.weight);
            columns.urgencies.push(lane.urgency);
            columns.run_at.push(lane.run_at);
        }
        columns
    }

    /// Remembers what was claimed. `begun`: when the claim began.
    pub(super) fn add(&mut self, rows: &[ClaimedRow], begun: Instant) {
        if self.until.is_none() {
            // This one has looked at everything.
            self.until = Some(Instant::now() + EVERYTHING.max(begun.elapsed() * PART));
        }
        for row in rows {
            let lane = self.lanes.entry((row.tenant_id, row.kind.clone())).or_insert(Lane {
                claimed: 0,
                weight: row.weight,
                urgency: row.urgency,
                run_at: row.run_at,
            });
            lane.claimed += 1;
            // The less urgent comes later, then the younger.
            if (row.urgency, lane.run_at) < (lane.urgency, row.run_at) {
                (lane.weight, lane.urgency, lane.run_at) = (row.weight, row.urgency, row.run_at);
            }
        }
    }

    /// Looks at everything the next time.
    pub(super) fn forget(&mut self) {
        self.lanes.clear();
        self.until = None;
    }
}
