//! The report that is printed.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is what the program is for")]

use std::{fs, process::ExitCode, thread};

/// Prints each line as soon as its result is known.
pub(crate) struct Report {
    missed: usize,
}

impl Report {
    pub(crate) fn begin() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        println!("\nFreehold's benchmark: {cores} cores; load {} when it began\n", load());
        Self { missed: 0 }
    }

    /// Prints a result without a goal.
    #[expect(clippy::unused_self, reason = "a line belongs to a report that has begun")]
    pub(crate) fn line(&mut self, name: &str, found: String) {
        println!("  {name:55} {found}");
    }

    /// Prints a result and whether it meets its goal.
    pub(crate) fn goal(&mut self, name: &str, found: String, goal: &str, met: bool) {
        println!("  {name:55} {found:28} goal {goal}: {}", if met { "met" } else { "MISSED" });
        self.missed += usize::from(!met);
    }

    pub(crate) fn end(self) {
        println!("\n  load {} when it ended", load());
        if self.missed > 0 {
            println!("  A goal can be missed because others work on this machine; then repeat it when it is quiet.");
        }
        println!();
    }
}

/// The load average of the last minute.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// Prints the error that ended the run.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("freehold-bench: {error:#}");
    ExitCode::FAILURE
}
