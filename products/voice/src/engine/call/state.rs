//! What becomes of a call: a machine that reads no clock and knows no database.
//!
//! Whichever order an engine's reports come in, and however often, the same is left in the end: reports are kept once by
//! their id, what counts of them is read in the order of their sequences ([`view`]), and only the result ends the call.
//! A call that has ended never goes on, so its call is paid for once or never.

use freehold_core::{Error, codes};
use jiff::{SignedDuration, Timestamp};

use super::report::{Report, ResultStatus};
use crate::execution::{Ended, Entry, Reason, Status as Course};

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// No engine has taken it yet.
    Queued,
    /// An engine has it.
    InProgress,
    /// It ran its course.
    Completed,
    /// It could not go on.
    Failed,
    /// Somebody stopped it before it began.
    Cancelled,
}

/// A call, as far as it decides what may become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) status: Status,
    /// How long an engine may be silent.
    pub(crate) lease: SignedDuration,
    /// How long a call may last.
    pub(crate) longest: SignedDuration,
    /// Given up then unless heard of; while queued: unless taken.
    pub(crate) lease_until: Timestamp,
    /// Given up then in any case.
    pub(crate) deadline: Timestamp,
    /// When an engine took it.
    pub(crate) accepted_at: Option<Timestamp>,
    /// Of the result that counts.
    pub(crate) result_sequence: Option<i64>,
}

/// What can happen to a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Happening<'a> {
    /// The engine answered that it has it.
    Taken,
    /// No engine will take it.
    NotTaken(Reason),
    /// The engine says something; perhaps nothing but that it lives.
    Reported(&'a [Report]),
    /// Somebody looks whether it is overdue.
    Watched,
    /// Somebody wants it to end.
    Cancelled,
}

/// What is to be done about what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// An engine has the call from now on.
    pub(crate) began: bool,
    /// The call has ended just now.
    pub(crate) ended: Option<Ending>,
    /// The engine may be at a call that nobody waits for any more, and has to be told.
    pub(crate) stop_engine: bool,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) status: Status,
    pub(crate) ended: Ended,
    pub(crate) duration_ms: i64,
    /// Whether it uses a call of the plan and its started minutes are paid for.
    pub(crate) paid: bool,
}

impl Status {
    /// The status in the database and in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of this name.
    pub(crate) fn of(name: &str) -> Result<Self, Error> {
        let all = [Self::Queued, Self::InProgress, Self::Completed, Self::Failed, Self::Cancelled];
        let found = all.into_iter().find(|status| status.name() == name);
        found.ok_or_else(|| Error::internal(format!("a run of an engine has the status {name:?}")))
    }

    /// Whether nothing changes it any more.
    pub(crate) fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::InProgress)
    }
}

impl Call {
    /// A call that waits for its engine, for `within` at most.
    pub(crate) fn new(lease: SignedDuration, longest: SignedDuration, within: SignedDuration, now: Timestamp) -> Self {
        let lease_until = now + within;
        Self {
            status: Status::Queued,
            lease,
            longest,
            lease_until,
            deadline: lease_until + longest,
            accepted_at: None,
            result_sequence: None,
        }
    }

    /// Whether reports that come now have no effect: the call was ended by somebody else than its engine.
    pub(crate) fn is_deaf(&self) -> bool {
        self.status.is_final() && self.result_sequence.is_none()
    }

    /// Something happens. Refused only where a caller wants what cannot be any more.
    pub(crate) fn advance(&mut self, happening: Happening<'_>, now: Timestamp) -> Result<Effects, Error> {
        let mut effects = Effects::default();
        match (happening, self.status) {
            (Happening::Taken, Status::Queued) => self.begin(now, &mut effects),
            // It was cancelled, or given up, while the engine was being asked.
            (Happening::Taken, _) => effects.stop_engine = self.is_deaf(),
            (Happening::NotTaken(reason), Status::Queued) => {
                self.give_up(reason, now, &mut effects);
                // It may have taken the call at an attempt whose answer was lost.
                effects.stop_engine = reason == Reason::EngineUnreachable;
            }
            (Happening::Reported(reports), status) if !status.is_final() => self.hear(reports, now, &mut effects),
            (Happening::Watched, status) if !status.is_final() && self.lease_until <= now => {
                let reason = match status {
                    Status::Queued => Reason::EngineUnreachable,
                    _ if self.deadline <= now => Reason::TooLong,
                    _ => Reason::EngineLost,
                };
                self.give_up(reason, now, &mut effects);
                effects.stop_engine = true;
            }
            (Happening::Cancelled, status) if !status.is_final() => self.cancel(now, &mut effects),
            (Happening::Cancelled, _) => {
                return Err(Error::new(codes::CONFLICT, "The run has ended; there is nothing to cancel."));
            }
            (Happening::NotTaken(_) | Happening::Reported(_) | Happening::Watched, _) => {}
        }
        Ok(effects)
    }

    fn begin(&mut self, now: Timestamp, effects: &mut Effects) {
        self.status = Status::InProgress;
        self.accepted_at = Some(now);
        self.deadline = now + self.longest;
        self.lease_until = self.deadline.min(now + self.lease);
        effects.began = true;
    }

    fn hear(&mut self, reports: &[Report], now: Timestamp, effects: &mut Effects) {
        if self.status == Status::Queued {
            // Its answer to the hand-over was lost, or is still on its way.
            self.begin(now, effects);
        }
        self.lease_until = self.deadline.min(self.lease_until.max(now + self.lease));
        let results = reports.iter().filter(|report| matches!(report, Report::Result { .. }));
        if let Some(Report::Result { sequence, status, outcome, success, duration_ms, .. }) =
            results.min_by_key(|report| report.place())
        {
            self.result_sequence = Some(*sequence);
            let (status, course, reason) = match status {
                ResultStatus::Completed => (Status::Completed, Course::Completed, None),
                ResultStatus::Failed => (Status::Failed, Course::Failed, Some(Reason::EngineFailed)),
            };
            let (completed, outcome) = (status == Status::Completed, outcome.clone());
            let ended = Ended { outcome, status: course, success: *success && completed, reason };
            self.end(Ending { status, ended, duration_ms: *duration_ms, paid: completed }, effects);
        }
    }

    fn give_up(&mut self, reason: Reason, now: Timestamp, effects: &mut Effects) {
        let duration_ms = self.lasted_ms(now);
        let ended =
            Ended { outcome: outcome(reason).to_owned(), status: Course::Failed, success: false, reason: Some(reason) };
        self.end(Ending { status: Status::Failed, ended, duration_ms, paid: false }, effects);
    }

    /// What was not begun costs nothing. Ending a call that an engine has is hanging up, as on any other channel: the call
    /// was made, and is paid for. Else every call could be heard to its last word and then cancelled.
    fn cancel(&mut self, now: Timestamp, effects: &mut Effects) {
        let begun = self.status == Status::InProgress;
        let duration_ms = self.lasted_ms(now);
        let (status, course) =
            if begun { (Status::Completed, Course::Completed) } else { (Status::Cancelled, Course::Failed) };
        let ended = Ended { outcome: "cancelled".to_owned(), status: course, success: false, reason: None };
        self.end(Ending { status, ended, duration_ms, paid: begun }, effects);
        effects.stop_engine = true;
    }

    fn end(&mut self, ending: Ending, effects: &mut Effects) {
        self.status = ending.status;
        effects.ended = Some(ending);
    }

    fn lasted_ms(&self, now: Timestamp) -> i64 {
        let lasted = self.accepted_at.map_or(0, |since| now.duration_since(since).as_millis());
        i64::try_from(lasted).unwrap_or(i64::MAX).max(0)
    }
}

/// What a run that was given up came to, in a word.
fn outcome(reason: Reason) -> &'static str {
    match reason {
        Reason::EngineRefused => "engine_refused",
        Reason::EngineUnreachable => "engine_unreachable",
        Reason::EngineLost => "engine_lost",
        Reason::TooLong => "too_long",
        _ => "failed",
    }
}

/// A report as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) report: Report,
    /// It came when the call was deaf.
    pub(crate) late: bool,
}

/// What the reports that count say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// Who said what, in order.
    pub(crate) transcript: Vec<Entry>,
    /// The last progress: its stage and its note.
    pub(crate) stage: Option<(String, Option<String>)>,
}

/// What a call's reports say together.
pub(crate) fn view(mut kept: Vec<Kept>, result_sequence: Option<i64>) -> View {
    kept.retain(|kept| !kept.late && result_sequence.is_none_or(|end| kept.report.sequence() < end));
    kept.sort_by(|one, other| one.report.place().cmp(&other.report.place()));
    let mut view = View::default();
    for Kept { report, .. } in kept {
        view.transcript.extend(report.line());
        if let Report::Progress { stage, note, .. } = report {
            view.stage = Some((stage, note));
        }
    }
    view
}

#[cfg(test)]
mod tests;
