//! `[log]`: filter and format of the log.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

/// `[log]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// A level, or levels of parts: `info`, `info,freehold_db=debug`.
    pub filter: String,
    /// The format of a line.
    pub format: LogFormat,
}

/// The format of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for people; in colour on a terminal.
    Text,
    /// One JSON object per line, for programs that collect logs.
    Json,
}

impl LogSettings {
    /// The error message about the filter, if it is invalid.
    pub(super) fn problem(&self) -> Option<String> {
        const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];
        let wrong = |directive: &str| {
            let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level).trim().to_lowercase();
            // The name of a part alone, freehold_db, logs all of it; any other word is a misspelt level.
            let part = !directive.contains('=') && directive.trim().starts_with("freehold");
            !(part || directive.contains('[') || LEVELS.contains(&level.as_str()))
        };
        let wrong = self.filter.split(',').find(|directive| wrong(directive));
        if wrong.is_none() && self.read().is_ok() {
            return None;
        }
        Some(format!(
            "the filter of the log is {:?}. Write a level ({}), or parts with levels, such as info,freehold_db=debug.",
            self.filter,
            LEVELS.join(", ")
        ))
    }

    fn read(&self) -> Result<EnvFilter, tracing_subscriber::filter::ParseError> {
        EnvFilter::builder().parse(&self.filter)
    }

    /// The filter; it was checked when the settings were read.
    pub fn filter(&self) -> EnvFilter {
        self.read().unwrap_or_else(|_| EnvFilter::new("info"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_level_or_parts_with_levels() {
        let problem = |filter: &str| LogSettings { filter: filter.to_owned(), format: LogFormat::Text }.problem();
        for right in ["info", "DEBUG", "off", "info,freehold_db=debug", "warn,hyper=off", "freehold_db"] {
            assert_eq!(problem(right), None, "{right}");
        }
        for wrong in ["verbose", "info,freehold_db=loud", "", "5x"] {
            assert!(problem(wrong).is_some_and(|said| said.contains("Write a level")), "{wrong}");
        }
    }
}
