//! Answers that take as long for an address that somebody has as for one that nobody has.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Answers leave in steps of so much. What is found and written for an address takes a few milliseconds, for some addresses a
/// few more than for others; nearly always that is one step.
const STEP: Duration = Duration::from_millis(50);

/// When the work for an answer began.
pub(crate) struct Step(Instant);

impl Step {
    /// It begins now.
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Waits until the step is over in which it is now.
    pub(crate) async fn end(self) {
        let steps = self.0.elapsed().as_millis() / STEP.as_millis() + 1;
        sleep_until(self.0 + STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))).await;
    }
}

/// Does the work, and keeps its answer until the step is over in which it came.
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
