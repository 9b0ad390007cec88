//! The state machine of a call. It reads no clock and no database.
//!
//! The final state does not depend on the order in which an engine's reports arrive, nor on how often. Each report is
//! stored once, by its id; those that count are read in the order of their sequences ([`view`]); and only the result
//! ends the call. A call that has ended never continues, so it is charged at most once.

use freehold_core::{Error, codes};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::report::{Report, ResultStatus};
use crate::execution::{Ended, Entry, Reason, Status as Course};

/// State of a run, and of its engine's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RunStatus)]
pub(crate) enum Status {
    /// No engine has accepted the call yet.
    Queued,
    /// An engine has accepted the call.
    InProgress,
    /// The call was completed.
    Completed,
    /// The call failed.
    Failed,
    /// A member, an API key or a campaign cancelled the call before it began.
    Cancelled,
}

/// The part of a call that decides how it can continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) status: Status,
    /// How long the engine may be silent.
    pub(crate) lease: SignedDuration,
    /// How long the call may last.
    pub(crate) longest: SignedDuration,
    /// When the call is given up unless the engine sends a message; while queued: unless an engine accepts the call.
    pub(crate) lease_until: Timestamp,
    /// When the call is given up in any case.
    pub(crate) deadline: Timestamp,
    /// When an engine accepted the call; none: not yet.
    pub(crate) accepted_at: Option<Timestamp>,
    /// The sequence of the result that counts; none: there is no result yet.
    pub(crate) result_sequence: Option<i64>,
}

/// An event of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Happening<'a> {
    /// The engine responded that it has accepted the call.
    Taken,
    /// No engine will accept the call.
    NotTaken(Reason),
    /// The engine sent reports; an empty list only renews the lease.
    Reported(&'a [Report]),
    /// The watch checks whether the call is overdue.
    Watched,
    /// The call is to be cancelled.
    Cancelled,
}

/// What has to be done after an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// The engine has accepted the call just now.
    pub(crate) began: bool,
    /// The call has ended just now.
    pub(crate) ended: Option<Ending>,
    /// The engine may still conduct a call that has been ended, and has to be informed.
    pub(crate) stop_engine: bool,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) status: Status,
    pub(crate) ended: Ended,
    pub(crate) duration_ms: i64,
    /// Whether the call counts as usage and its started minutes are charged.
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

    /// The status with this name.
    pub(crate) fn of(name: &str) -> Result<Self, Error> {
        let all = [Self::Queued, Self::InProgress, Self::Completed, Self::Failed, Self::Cancelled];
        let found = all.into_iter().find(|status| status.name() == name);
        found.ok_or_else(|| Error::internal(format!("a run of an engine has the status {name:?}")))
    }

    /// Whether the status is final.
    pub(crate) fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::InProgress)
    }
}

impl Call {
    /// A call that waits for its engine, for at most `within`.
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

    /// Whether reports have no effect any more, because the call was ended by something other than its engine.
    pub(crate) fn is_deaf(&self) -> bool {
        self.status.is_final() && self.result_sequence.is_none()
    }

    /// Processes an event. Fails only when a caller wants something that is no longer possible.
    pub(crate) fn advance(&mut self, happening: Happening<'_>, now: Timestamp) -> Result<Effects, Error> {
        let mut effects = Effects::default();
        match (happening, self.status) {
            (Happening::Taken, Status::Queued) => self.begin(now, &mut effects),
            // The call was cancelled or given up while the engine was being asked.
            (Happening::Taken, _) => effects.stop_engine = self.is_deaf(),
            (Happening::NotTaken(reason), Status::Queued) => {
                self.give_up(reason, now, &mut effects);
                // The engine may have accepted the call in an attempt whose response was lost.
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
                return Err(Error::new(codes::CONFLICT, "The run has ended already."));
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
            // The engine's response to the hand-over was lost, or is still on its way.
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

    /// A call that has not begun costs nothing. Cancelling a call that an engine conducts means hanging up, as on any
    /// other channel: the call was made and is charged. Otherwise every call could be conducted to its last word and
    /// then be cancelled for free.
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

/// The outcome of a run that was given up.
fn outcome(reason: Reason) -> &'static str {
    match reason {
        Reason::EngineRefused => "engine_refused",
        Reason::EngineUnreachable => "engine_unreachable",
        Reason::EngineLost => "engine_lost",
        Reason::TooLong => "too_long",
        _ => "failed",
    }
}

/// A report that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) report: Report,
    /// Whether it arrived when reports had no effect any more.
    pub(crate) late: bool,
}

/// The content of the reports that count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// The lines of the transcript, in order.
    pub(crate) transcript: Vec<Entry>,
    /// The stage and the note of the last progress report; none: there was no such report.
    pub(crate) stage: Option<(String, Option<String>)>,
}

/// Reads the reports of a call that count.
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
