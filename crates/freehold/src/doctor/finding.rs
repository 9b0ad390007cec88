//! One line of the doctor's report.

use freehold_web::demo::Paint;

/// The severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// No problem.
    Ok,
    /// Works, but is not fit for production.
    Warn,
    /// Does not work, or is not safe.
    Fail,
}

/// A finding: what was checked, its state, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Severity of the finding.
    pub(super) level: Level,
    /// The state, as a clause.
    pub(super) what: String,
    /// What to do about it; empty without a problem.
    pub(super) advice: Option<String>,
}

impl Finding {
    /// A finding without a problem.
    pub(super) fn ok(what: impl Into<String>) -> Self {
        Self { level: Level::Ok, what: what.into(), advice: None }
    }

    /// A warning.
    pub(super) fn warn(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Warn, what: what.into(), advice: Some(advice.into()) }
    }

    /// A failure.
    pub(super) fn fail(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Fail, what: what.into(), advice: Some(advice.into()) }
    }

    /// A failure from sentences: the first says what is wrong, the others what to do.
    pub(super) fn fail_sentences(text: &str) -> Self {
        let (what, advice) = text.split_once(". ").unwrap_or((text, "mend it"));
        Self::fail(what.trim_end_matches('.'), advice.trim_end_matches('.'))
    }

    /// Whether it is a failure.
    pub(super) fn failed(&self) -> bool {
        self.level == Level::Fail
    }

    /// The line; line breaks in its texts are removed.
    pub(super) fn line(&self, paint: Paint) -> String {
        let level = match self.level {
            Level::Ok => paint.green("ok  "),
            Level::Warn => paint.yellow("warn"),
            Level::Fail => paint.red("fail"),
        };
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let advice = self.advice.as_ref().map(|advice| format!("  — {}", one_line(advice))).unwrap_or_default();
        format!("{level}  {}{advice}", one_line(&self.what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_with_what_to_do() {
        let plain = Paint::plain();
        assert_eq!(Finding::ok("Postgres 15.18 answers").line(plain), "ok    Postgres 15.18 answers");
        let finding = Finding::fail("connecting:\n  refused", "start it");
        assert_eq!(finding.line(plain), "fail  connecting: refused  — start it");
        assert!(finding.failed());
        assert!(!Finding::warn("little room", "make some").failed());
    }
}
