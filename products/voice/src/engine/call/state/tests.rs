use proptest::prelude::*;

use super::*;
use crate::execution::Speaker;

const LEASE: SignedDuration = SignedDuration::from_secs(60);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);
const WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// A call with its stored reports, as the database holds them.
#[derive(Clone)]
struct Desk {
    call: Call,
    /// The stored reports, in the order of their arrival.
    kept: Vec<Kept>,
    now: Timestamp,
    begun: usize,
    endings: Vec<Ending>,
}

impl Desk {
    fn new() -> Self {
        let now = "2026-03-15T12:00:00Z".parse().expect("a time");
        let call = Call::new(LEASE, LONGEST, WITHIN, now);
        Self { call, kept: Vec::new(), now, begun: 0, endings: Vec::new() }
    }

    fn taken() -> Self {
        let mut desk = Self::new();
        desk.happens(Happening::Taken).expect("it waits for that");
        desk
    }

    fn after(mut self, seconds: i64) -> Self {
        self.now += SignedDuration::from_secs(seconds);
        self
    }

    fn happens(&mut self, happening: Happening<'_>) -> Result<Effects, Error> {
        let effects = self.call.advance(happening, self.now)?;
        self.begun += usize::from(effects.began);
        self.endings.extend(effects.ended.clone());
        Ok(effects)
    }

    fn hears(&mut self, reports: &[Report]) {
        let late = self.call.is_deaf();
        let mut new = Vec::new();
        for report in reports {
            if !self.kept.iter().any(|kept| kept.report.id() == report.id()) {
                self.kept.push(Kept { report: report.clone(), late });
                new.push(report.clone());
            }
        }
        self.happens(Happening::Reported(&new)).expect("reports are never refused");
    }

    /// Everything about the call that does not depend on when reports arrived.
    fn known(&self) -> (Status, Vec<Ending>, Option<i64>, View, Vec<String>) {
        let view = view(self.kept.clone(), self.call.result_sequence);
        let mut ids: Vec<String> = self.kept.iter().map(|kept| kept.report.id().to_owned()).collect();
        ids.sort();
        (self.call.status, self.endings.clone(), self.call.result_sequence, view, ids)
    }
}

fn progress(sequence: i64, stage: &str) -> Report {
    Report::Progress { id: format!("p{sequence}"), sequence, stage: stage.to_owned(), note: None }
}

fn line(sequence: i64, text: &str) -> Report {
    let (node, text) = (String::new(), text.to_owned());
    Report::Transcript { id: format!("t{sequence}"), sequence, at_ms: 0, speaker: Speaker::Agent, node, text }
}

fn result(sequence: i64, status: ResultStatus) -> Report {
    let outcome = "done".to_owned();
    Report::Result { id: format!("r{sequence}"), sequence, status, outcome, success: true, duration_ms: 61_000 }
}

#[test]
fn a_call_is_taken_talked_about_and_ended() {
    let mut desk = Desk::taken().after(5);
    desk.hears(&[progress(0, "ringing"), line(1, "Hello!")]);
    assert_eq!((desk.call.status, desk.call.lease_until), (Status::InProgress, desk.now + LEASE));
    desk.hears(&[result(2, ResultStatus::Completed)]);
    let (status, endings, _, view, _) = desk.known();
    assert_eq!((status, endings.len(), desk.begun), (Status::Completed, 1, 1));
    assert!(endings[0].paid && endings[0].ended.success && endings[0].duration_ms == 61_000);
    assert_eq!((view.transcript.len(), view.stage), (1, Some(("ringing".to_owned(), None))));
}

#[test]
fn what_happened_after_the_result_does_not_count() {
    let mut desk = Desk::taken();
    desk.hears(&[line(3, "after"), result(2, ResultStatus::Completed), progress(4, "ringing")]);
    desk.hears(&[line(1, "before"), progress(0, "answered"), result(9, ResultStatus::Failed)]);
    let (status, endings, sequence, view, ids) = desk.known();
    assert_eq!((status, endings.len(), sequence, ids.len()), (Status::Completed, 1, Some(2), 6));
    let said: Vec<&str> = view.transcript.iter().map(|line| line.text.as_str()).collect();
    assert_eq!((said, view.stage), (vec!["before"], Some(("answered".to_owned(), None))));
}

#[test]
fn a_call_that_failed_is_not_paid_for_and_no_success() {
    let mut desk = Desk::taken();
    desk.hears(&[result(0, ResultStatus::Failed)]);
    let ending = &desk.endings[0];
    assert_eq!((ending.status, ending.ended.reason), (Status::Failed, Some(Reason::EngineFailed)));
    assert!(!ending.paid && !ending.ended.success);
}

#[test]
fn a_report_is_as_good_as_an_answer_to_the_hand_over() {
    let mut desk = Desk::new();
    desk.hears(&[]);
    assert_eq!((desk.call.status, desk.begun), (Status::InProgress, 1));
    assert_eq!(desk.happens(Happening::Taken).expect("taken"), Effects::default());
    assert_eq!(desk.happens(Happening::NotTaken(Reason::EngineRefused)).expect("ignored"), Effects::default());
}

#[test]
fn silence_of_a_lease_loses_the_engine_and_a_sign_of_life_keeps_it() {
    let mut desk = Desk::taken().after(59);
    assert_eq!(desk.happens(Happening::Watched).expect("watched"), Effects::default());
    desk.hears(&[]);
    let mut desk = desk.after(59);
    assert_eq!(desk.happens(Happening::Watched).expect("watched"), Effects::default());
    let mut desk = desk.after(1);
    let effects = desk.happens(Happening::Watched).expect("watched");
    assert!(effects.stop_engine);
    assert_eq!((desk.endings[0].ended.outcome.as_str(), desk.endings[0].paid), ("engine_lost", false));
    // A later report is stored and changes nothing.
    let before = desk.known();
    desk.hears(&[line(1, "Hello?"), result(2, ResultStatus::Completed)]);
    let after = desk.known();
    assert_eq!((after.0, &after.1, after.2, &after.3), (before.0, &before.1, before.2, &before.3));
    assert_eq!(after.4, ["r2", "t1"]);
}

#[test]
fn a_call_that_no_engine_accepts_is_given_up() {
    let mut desk = Desk::new().after(30 * 60);
    desk.happens(Happening::Watched).expect("watched");
    assert_eq!(desk.endings[0].ended.outcome, "engine_unreachable");
    // The engine did accept the call, so it has to be informed.
    assert!(desk.happens(Happening::Taken).expect("taken").stop_engine);
}

#[test]
fn no_sign_of_life_prolongs_a_call_beyond_its_longest() {
    let mut desk = Desk::taken();
    for _ in 0..80 {
        desk = desk.after(45);
        desk.hears(&[]);
        assert!(desk.call.lease_until <= desk.call.deadline);
    }
    desk.happens(Happening::Watched).expect("watched");
    assert_eq!(desk.endings[0].ended.outcome, "too_long");
}

#[test]
fn cancelling_costs_what_was_begun() {
    let mut desk = Desk::new();
    assert!(desk.happens(Happening::Cancelled).expect("cancelled").stop_engine);
    assert_eq!((desk.call.status, desk.endings[0].paid), (Status::Cancelled, false));
    // The engine accepted the call while it was being cancelled.
    assert!(desk.happens(Happening::Taken).expect("taken").stop_engine);
    let mut desk = Desk::taken().after(90);
    assert!(desk.happens(Happening::Cancelled).expect("cancelled").stop_engine);
    assert_eq!((desk.call.status, desk.endings[0].paid), (Status::Completed, true));
    assert_eq!((desk.endings[0].ended.outcome.as_str(), desk.endings[0].duration_ms), ("cancelled", 90_000));
    assert!(desk.happens(Happening::Cancelled).is_err(), "it has ended");
    let mut desk = Desk::taken();
    desk.hears(&[result(0, ResultStatus::Completed)]);
    assert!(desk.happens(Happening::Cancelled).is_err(), "it has ended");
}

/// Reports of a correct engine: every id and every sequence once, and one result, which is not always the last.
fn reports() -> impl Strategy<Value = Vec<Report>> {
    let kinds = prop::collection::vec((any::<bool>(), "[a-z]{1,8}"), 0..12);
    (kinds, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(kinds, place, completed)| {
        let end = place.index(kinds.len() + 1);
        let status = if completed { ResultStatus::Completed } else { ResultStatus::Failed };
        let mut all = Vec::new();
        for (number, (talk, word)) in kinds.into_iter().enumerate() {
            if number == end {
                all.push(result(100, status));
            }
            // Some have a higher sequence than the result.
            let sequence = i64::try_from(number * 20).unwrap_or(0);
            all.push(if talk { line(sequence, &word) } else { progress(sequence, &word) });
        }
        if !all.iter().any(|report| matches!(report, Report::Result { .. })) {
            all.push(result(100, status));
        }
        all
    })
}

/// The same reports in another order, some of them several times, in messages of any size and at any speed.
fn deliveries() -> impl Strategy<Value = (Vec<Report>, Vec<(Vec<Report>, i64)>)> {
    reports().prop_flat_map(|all| {
        let again = prop::collection::vec(any::<prop::sample::Index>(), 0..12);
        let all_again = again.prop_map({
            let all = all.clone();
            move |again| {
                let twice = again.iter().map(|index| all[index.index(all.len())].clone());
                all.iter().cloned().chain(twice).collect::<Vec<_>>()
            }
        });
        let order = all_again.prop_shuffle();
        let cuts = prop::collection::vec((1..4_usize, 0..20_i64), 40);
        (Just(all), (order, cuts).prop_map(|(order, cuts)| cut(order, &cuts)))
    })
}

fn cut(mut reports: Vec<Report>, cuts: &[(usize, i64)]) -> Vec<(Vec<Report>, i64)> {
    let mut messages = Vec::new();
    for (size, pause) in cuts {
        let rest = reports.split_off(reports.len().min(*size));
        messages.push((std::mem::replace(&mut reports, rest), *pause));
    }
    messages
}

#[derive(Clone, Debug)]
enum Turn {
    Taken,
    Refused,
    Unreachable,
    Watched,
    Cancelled,
    Heard(Vec<Report>),
    Passed(i64),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let report = (0..40_i64, 0..5_u8).prop_map(|(sequence, kind)| match kind {
        0 => result(sequence, ResultStatus::Completed),
        1 => result(sequence, ResultStatus::Failed),
        2 => progress(sequence, "talking"),
        _ => line(sequence, "word"),
    });
    let turn = prop_oneof![
        2 => Just(Turn::Taken),
        1 => Just(Turn::Refused),
        1 => Just(Turn::Unreachable),
        3 => Just(Turn::Watched),
        1 => Just(Turn::Cancelled),
        4 => prop::collection::vec(report, 0..4).prop_map(Turn::Heard),
        3 => (0..2_400_i64).prop_map(Turn::Passed),
    ];
    prop::collection::vec(turn, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_order_reports_come_in_the_same_is_left((all, messages) in deliveries()) {
        let mut in_order = Desk::taken();
        in_order.hears(&all);
        let mut desk = Desk::new();
        for (message, pause) in messages {
            desk.hears(&message);
            desk.happens(Happening::Taken).expect("taken");
            desk.happens(Happening::Watched).expect("watched");
            desk = desk.after(pause);
        }
        prop_assert_eq!(in_order.known(), desk.known());
        prop_assert_eq!(desk.begun, 1);
    }

    #[test]
    fn whatever_happens_a_call_begins_and_ends_at_most_once(turns in turns()) {
        let mut desk = Desk::new();
        for turn in turns {
            let before = desk.call.clone();
            match turn {
                Turn::Taken => drop(desk.happens(Happening::Taken)),
                Turn::Refused => drop(desk.happens(Happening::NotTaken(Reason::EngineRefused))),
                Turn::Unreachable => drop(desk.happens(Happening::NotTaken(Reason::EngineUnreachable))),
                Turn::Watched => drop(desk.happens(Happening::Watched)),
                Turn::Cancelled => drop(desk.happens(Happening::Cancelled)),
                Turn::Heard(reports) => desk.hears(&reports),
                Turn::Passed(seconds) => desk = desk.after(seconds),
            }
            prop_assert!(!before.status.is_final() || desk.call == before, "what has ended does not change");
            prop_assert!(desk.call.lease_until <= desk.call.deadline);
        }
        prop_assert!(desk.begun <= 1 && desk.endings.len() <= 1);
        prop_assert_eq!(desk.call.status.is_final(), desk.endings.len() == 1);
        // Only a call that an engine accepted can be charged.
        prop_assert!(!desk.endings.iter().any(|ending| ending.paid) || desk.begun == 1);
    }
}
