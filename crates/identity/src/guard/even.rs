//! Constant-time responses: an answer takes as long for an address with an account as for one without.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Responses leave at multiples of this time. The work for an address takes a few milliseconds, for some addresses a
/// few more than for others; nearly always it ends within one step.
const STEP: Duration = Duration::from_millis(50);

/// Start of the work for a response.
pub struct Step(Instant);

impl Step {
    /// Starts the clock.
    pub fn begin() -> Self {
        Self(Instant::now())
    }

    /// Waits until the current step ends.
    pub async fn end(self) {
        let steps = self.0.elapsed().as_millis() / STEP.as_millis() + 1;
        sleep_until(self.0 + STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))).await;
    }
}

/// Does the work and holds back its answer until the step in which it finished ends.
pub(crate) async fn evenly<T>(work: impl Future<Output = T>) -> T {
    let step = Step::begin();
    let answer = work.await;
    step.end().await;
    answer
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test]
    async fn an_answer_never_leaves_before_its_step_is_over() {
        for (work, step) in [(0, 1), (3, 1), (20, 1), (60, 2)] {
            let begun = Instant::now();
            evenly(sleep(Duration::from_millis(work))).await;
            assert!(begun.elapsed() >= STEP * step, "{work} ms took {:?}", begun.elapsed());
        }
    }
}
