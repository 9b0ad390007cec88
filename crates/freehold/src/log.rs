//! The log of this process, on standard error.

use std::io::{IsTerminal, stderr};

use freehold_web::demo::Paint;

use crate::settings::{LogFormat, LogSettings};

/// Starts logging as the settings say. Call it once in a process.
pub fn begin(settings: &LogSettings) {
    let log = tracing_subscriber::fmt().with_env_filter(settings.filter()).with_target(false).with_writer(stderr);
    match settings.format {
        LogFormat::Text => log.with_ansi(Paint::for_output(stderr().is_terminal()).is_coloured()).init(),
        // Programs that collect logs filter by the part that wrote a line.
        LogFormat::Json => {
            log.with_target(true).json().flatten_event(true).with_current_span(false).with_span_list(false).init();
        }
    }
}
