//! The reports of voice engines about a call.

use freehold_core::FieldError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    execution::{Entry, Speaker},
    graph::validate::is_id,
};

/// Most reports in one message.
pub const REPORTS_MAX: usize = 100;
/// Longest text of a transcript's line, in characters.
const TEXT_MAX: usize = 4_000;
/// Longest note, in characters.
const NOTE_MAX: usize = 500;
/// The longest duration that an engine may report, in milliseconds: a day.
const DURATION_MAX_MS: i64 = 86_400_000;

/// A report of a voice engine about a call. Reports may be repeated and come in any order: `id` identifies a report,
/// `sequence` gives its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = EngineReport)]
pub enum Report {
    /// A stage of the call.
    Progress {
        /// Id of the report within its run, chosen by the engine: 1 to 64 visible ASCII characters.
        #[schema(min_length = 1, max_length = 64)]
        id: String,
        /// Place among the run's reports, from 0; later events have higher numbers.
        #[schema(minimum = 0)]
        sequence: i64,
        /// Stage of the call, such as `ringing` or `answered`: `a-z`, `0-9`, `_` and `-`, at most 64 characters.
        #[schema(min_length = 1, max_length = 64)]
        stage: String,
        /// Further text about the stage, at most 500 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(max_length = 500)]
        note: Option<String>,
    },
    /// A line of the transcript.
    Transcript {
        /// Id of the report within its run, chosen by the engine: 1 to 64 visible ASCII characters.
        #[schema(min_length = 1, max_length = 64)]
        id: String,
        /// Place among the run's reports, from 0; later events have higher numbers.
        #[schema(minimum = 0)]
        sequence: i64,
        /// Start of the line, in milliseconds since the start of the call.
        at_ms: u64,
        /// Speaker of the line: `agent`, `callee` or `system`.
        speaker: Speaker,
        /// Id of the graph's node at which it was said, at most 64 characters.
        #[serde(default)]
        #[schema(max_length = 64)]
        node: String,
        /// Words of the line, 1 to 4,000 characters.
        #[schema(min_length = 1, max_length = 4000)]
        text: String,
    },
    /// The result of the call. A run has one result, which is final.
    Result {
        /// Id of the report within its run, chosen by the engine: 1 to 64 visible ASCII characters.
        #[schema(min_length = 1, max_length = 64)]
        id: String,
        /// Place among the run's reports, from 0. Reports with higher numbers come after the end and are ignored.
        #[schema(minimum = 0)]
        sequence: i64,
        /// Whether the call completed or failed.
        status: ResultStatus,
        /// Outcome of the call, usually the `outcome` of the graph's end node: `a-z`, `0-9`, `_` and `-`, at most 64
        /// characters.
        #[schema(min_length = 1, max_length = 64)]
        outcome: String,
        /// Whether the call achieved the goal of the workflow. Default false.
        #[serde(default)]
        success: bool,
        /// Duration of the call, in milliseconds, at most 86,400,000 (a day).
        #[schema(minimum = 0, maximum = 86_400_000)]
        duration_ms: i64,
    },
}

/// Whether a call completed or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CallResultStatus)]
pub enum ResultStatus {
    /// The call ran to its end, whatever the callee decided, and uses one call of the plan.
    Completed,
    /// The call could not continue, and uses nothing of the plan.
    Failed,
}

impl Report {
    /// The report's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Progress { id, .. } | Self::Transcript { id, .. } | Self::Result { id, .. } => id,
        }
    }

    /// The report's position among the run's reports.
    pub fn sequence(&self) -> i64 {
        match self {
            Self::Progress { sequence, .. } | Self::Transcript { sequence, .. } | Self::Result { sequence, .. } => {
                *sequence
            }
        }
    }

    /// The sort key of reports. If an engine gives two reports the same sequence by mistake, their ids decide.
    pub(super) fn place(&self) -> (i64, &str) {
        (self.sequence(), self.id())
    }

    /// The line that the report adds to the transcript; none: it adds no line.
    pub(super) fn line(&self) -> Option<Entry> {
        match self {
            Self::Transcript { at_ms, speaker, node, text, .. } => {
                Some(Entry { at_ms: *at_ms, speaker: *speaker, node: node.clone(), text: text.clone() })
            }
            Self::Progress { .. } | Self::Result { .. } => None,
        }
    }

    /// Adds everything that is wrong with the report to `found`; pointers start with `below`.
    fn problems(&self, below: &str, found: &mut Vec<FieldError>) {
        let mut check = |holds: bool, field: &str, expected: String| {
            if !holds {
                found.push(FieldError { pointer: format!("{below}/{field}"), message: expected });
            }
        };
        let id = self.id();
        let named = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        check(named, "id", "expected 1 to 64 visible ASCII characters".to_owned());
        check(self.sequence() >= 0, "sequence", "expected 0 or more".to_owned());
        let word = || "expected 1 to 64 of a-z, 0-9, _ and -".to_owned();
        match self {
            Self::Progress { stage, note, .. } => {
                check(is_id(stage), "stage", word());
                let short = note.as_ref().is_none_or(|note| note.chars().count() <= NOTE_MAX);
                check(short, "note", format!("expected at most {NOTE_MAX} characters"));
            }
            Self::Transcript { node, text, at_ms, .. } => {
                check(i64::try_from(*at_ms).is_ok(), "at_ms", "expected milliseconds of a call".to_owned());
                check(node.is_empty() || is_id(node), "node", word());
                let length = (1..=TEXT_MAX).contains(&text.chars().count());
                check(length, "text", format!("expected 1 to {TEXT_MAX} characters"));
            }
            Self::Result { outcome, duration_ms, .. } => {
                check(is_id(outcome), "outcome", word());
                let range = format!("expected 0 to {DURATION_MAX_MS}");
                check((0..=DURATION_MAX_MS).contains(duration_ms), "duration_ms", range);
            }
        }
    }
}

/// Returns everything that is wrong with the reports of one message.
pub(super) fn problems(reports: &[Report]) -> Vec<FieldError> {
    if reports.len() > REPORTS_MAX {
        let message = format!("{} reports in one message; at most {REPORTS_MAX} are allowed", reports.len());
        return vec![FieldError { pointer: "/reports".to_owned(), message }];
    }
    let mut found = Vec::new();
    for (index, report) in reports.iter().enumerate() {
        report.problems(&format!("/reports/{index}"), &mut found);
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_reads_and_writes_the_same_json() {
        for posted in [
            json!({ "type": "progress", "id": "r1", "sequence": 1, "stage": "ringing", "note": "third ring" }),
            json!({ "type": "transcript", "id": "r2", "sequence": 2, "at_ms": 10, "speaker": "agent", "node": "hello", "text": "Hello!" }),
            json!({ "type": "result", "id": "r3", "sequence": 3, "status": "completed", "outcome": "done", "success": true, "duration_ms": 7 }),
        ] {
            let report: Report = serde_json::from_value(posted.clone()).expect("the report reads");
            assert_eq!(serde_json::to_value(&report).expect("the report writes"), posted);
            assert_eq!(problems(&[report]), []);
        }
    }

    #[test]
    fn what_is_wrong_with_a_report_is_told_with_its_place() {
        let wrong = |posted| {
            let report: Report = serde_json::from_value(posted).expect("the report reads");
            problems(&[report]).into_iter().map(|problem| problem.pointer).collect::<Vec<_>>()
        };
        let result = |outcome: &str, duration_ms: i64| json!({ "type": "result", "id": "r", "sequence": 0, "status": "failed", "outcome": outcome, "duration_ms": duration_ms });
        assert_eq!(wrong(result("Done", 0)), ["/reports/0/outcome"]);
        assert_eq!(wrong(result("done", -1)), ["/reports/0/duration_ms"]);
        assert_eq!(wrong(result("done", i64::MAX)), ["/reports/0/duration_ms"]);
        assert_eq!(
            wrong(json!({ "type": "progress", "id": "a b", "sequence": -1, "stage": "" })),
            ["/reports/0/id", "/reports/0/sequence", "/reports/0/stage"]
        );
        let line =
            json!({ "type": "transcript", "id": "r", "sequence": 0, "at_ms": 0, "speaker": "callee", "text": "" });
        assert_eq!(wrong(line), ["/reports/0/text"]);
        let unknown = json!({ "type": "progress", "id": "r", "sequence": 0, "stage": "x", "tenant_id": "y" });
        assert!(serde_json::from_value::<Report>(unknown).is_err());
    }
}
