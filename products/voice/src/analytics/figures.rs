//! Counts of calls.

use std::iter::Sum;

/// The counts of a set of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Calls that ended, successfully or not.
    pub calls: i64,
    /// Calls that were completed: only these count against the plan.
    pub completed: i64,
    /// Calls that reached the goal of their workflow.
    pub succeeded: i64,
    /// The total duration, in milliseconds.
    pub duration_ms: i64,
    /// The total cost, in minor units.
    pub cost_minor: i64,
}

impl Figures {
    /// Calls that failed for technical reasons, not because of the callee.
    pub fn failed(&self) -> i64 {
        self.calls - self.completed
    }

    /// The share of all calls that succeeded, from 0 to 1. Failed calls count as calls, so that a workflow does not
    /// look better because its calls break off. None without calls.
    #[expect(clippy::cast_precision_loss, reason = "no product makes 2^53 calls")]
    pub fn success_rate(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.succeeded as f64 / self.calls as f64)
    }

    /// The average duration of a call in milliseconds, rounded down; none without calls.
    pub fn average_duration_ms(&self) -> Option<i64> {
        self.duration_ms.checked_div(self.calls)
    }
}

impl Sum for Figures {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            calls: sum.calls + one.calls,
            completed: sum.completed + one.completed,
            succeeded: sum.succeeded + one.succeeded,
            duration_ms: sum.duration_ms + one.duration_ms,
            cost_minor: sum.cost_minor + one.cost_minor,
        })
    }
}
