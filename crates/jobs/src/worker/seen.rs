//! How far a worker has claimed, so that the next claim does not read the same index entries again.
//!
//! Claimed jobs stay in the index of waiting jobs until the next vacuum. After 100,000 jobs of one tenant every claim
//! would read 100,000 dead entries several times; starting where the last claim ended avoids that. Jobs that enter the
//! queue before that position (because their transaction took long, or because they are more urgent) are found when the
//! whole index is read again: after a second, or as soon as too few jobs follow the position.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::store::ClaimedRow;

/// How often the whole index is read.
const EVERYTHING: Duration = Duration::from_secs(1);
/// Reading the whole index may take at most one part in this many of the time.
const PART: u32 = 20;
/// How many pairs of tenant and kind are remembered: those with the most claimed jobs.
const MOST: usize = 8;

/// How far the worker has claimed.
#[derive(Default)]
pub(super) struct Seen {
    lanes: HashMap<(Uuid, String), Lane>,
    /// When to forget the position; none: nothing was claimed since.
    until: Option<Instant>,
}

struct Lane {
    claimed: usize,
    weight: i16,
    urgency: i16,
    run_at: Timestamp,
}

/// The positions, as parameters of a claim.
#[derive(Default)]
pub(super) struct SeenColumns {
    pub(super) tenants: Vec<Uuid>,
    pub(super) kinds: Vec<String>,
    pub(super) weights: Vec<i16>,
    pub(super) urgencies: Vec<i16>,
    pub(super) run_at: Vec<Timestamp>,
}

impl Seen {
    /// The positions at which the next claim starts.
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

    /// Remembers claimed jobs. `begun` is when the claim started.
    pub(super) fn add(&mut self, rows: &[ClaimedRow], begun: Instant) {
        if self.until.is_none() {
            // This claim has read the whole index.
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
            // Less urgent jobs come later in the index, and among equally urgent ones the younger.
            if (row.urgency, lane.run_at) < (lane.urgency, row.run_at) {
                (lane.weight, lane.urgency, lane.run_at) = (row.weight, row.urgency, row.run_at);
            }
        }
    }

    /// Reads the whole index at the next claim.
    pub(super) fn forget(&mut self) {
        self.lanes.clear();
        self.until = None;
    }
}
