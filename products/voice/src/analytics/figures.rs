//! Calls, counted.

use std::iter::Sum;

/// What came of a number of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Calls that ended, well or not.
    pub calls: i64,
    /// Calls that came to an end by themselves: those that the plan counts.
    pub completed: i64,
    /// Calls that came to what their workflow was made for.
    pub succeeded: i64,
    /// How long all of them took together, in milliseconds.
    pub duration_ms: i64,
    /// What all of them cost together, in minor units.
    pub cost_minor: i64,
}

impl Figures {
    /// Calls that failed, through no choice of the callee.
    pub fn failed(&self) -> i64 {
        self.calls - self.completed
    }

    /// The share of all calls that succeeded, from 0 to 1. Those that failed count as calls: a workflow whose calls break
    /// off is not a better one for it. None without calls.
    #[expect(clippy::cast_precision_loss, reason = "nobody makes 2^53 calls")]
    pub fn success_rate(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.succeeded as f64 / self.calls as f64)
    }

    /// How long a call took on average, in milliseconds, rounded down; none without calls.
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
