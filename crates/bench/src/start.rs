//! How long the server takes to start with existing data.

use std::time::Duration;

use anyhow::Result;

use crate::{home::Home, programs::Programs, report::Report, scene::Scene, server::Server};

const TIMES: usize = 5;
const GOAL: Duration = Duration::from_millis(1500);

/// Measures the time from the start of the process, including its Postgres, to the first response, and to the first
/// read of a tenant's row.
pub(crate) async fn measure(programs: &Programs, home: &Home, scene: &Scene, report: &mut Report) -> Result<()> {
    let (mut answers, mut reads) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let mut server = Server::begin(programs, home)?;
        answers.push(server.first_answer().await?);
        scene.read(&server).await?;
        reads.push(server.age());
        server.stop().await?;
    }
    for (name, mut times) in [("start to first answer", answers), ("start to first authenticated read", reads)] {
        times.sort_unstable();
        let (best, median) = (times[0], times[TIMES / 2]);
        let found = format!("{} ms, median {} ms", best.as_millis(), median.as_millis());
        report.goal(&format!("{name} (best of {TIMES})"), found, "< 1500 ms", median < GOAL);
    }
    Ok(())
}
