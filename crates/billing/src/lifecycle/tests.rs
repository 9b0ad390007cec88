use freehold_catalog::Lifecycle;
use freehold_core::{Plan, Standing};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::{
    Became, Before, Decision, Facts, Notice, State, Template, Terms, TrialTerms, Why, days, decide, later, notices,
};
use crate::subscription::Subscription;

mod looking;
mod mails;

const DAY: i64 = 86_400;

/// Day 0, when everything begins; calendar days do not matter.
fn day(number: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + number * DAY).unwrap()
}

fn plan(id: &str) -> Plan {
    Plan { id: id.to_owned(), version: 1 }
}

/// A product with 14 days of trial and no free plan.
fn pharmacy() -> Terms {
    Terms {
        default_plan: plan("starter"),
        default_is_free: false,
        trial: Some(TrialTerms { plan: plan("starter"), days: 14, reminder_days: 2 }),
        lifecycle: Lifecycle { grace_days: 7, keep_days: 30 },
    }
}

/// A product with a free plan and no trial.
fn voice() -> Terms {
    Terms {
        default_plan: plan("free"),
        default_is_free: true,
        trial: None,
        lifecycle: Lifecycle { grace_days: 7, keep_days: 30 },
    }
}

fn facts(terms: &Terms) -> Facts {
    Facts { created_at: day(0), trial_ends_at: terms.trial_ends_at(day(0)), granted: None, subscription: None }
}

fn subscription(status: &str) -> Subscription {
    Subscription {
        subscription_id: "sub_1".to_owned(),
        status: status.to_owned(),
        plan: plan("pro"),
        interval: "month".to_owned(),
        custom: false,
        per_member: false,
        seats: 1,
        item_id: "si_1".to_owned(),
        price_id: "price_1".to_owned(),
        items: json!([]),
        period_start: Some(day(13)),
        period_end: Some(day(44)),
        cancel_at_period_end: false,
        cancel_at: None,
        canceled_at: None,
        ended_at: None,
        trial_end: None,
        unpaid_since: None,
        pay_url: None,
        created_at: day(13),
    }
}

fn subscribed(terms: &Terms, status: &str) -> Facts {
    Facts { subscription: Some(subscription(status)), ..facts(terms) }
}

/// A subscription with an invoice that was finalized on day 44 and not paid.
fn behind(terms: &Terms, status: &str) -> Facts {
    let unpaid = Subscription {
        unpaid_since: Some(day(44)),
        pay_url: Some("https://pay.example.org/in_1".to_owned()),
        ..subscription(status)
    };
    Facts { subscription: Some(unpaid), ..facts(terms) }
}

/// A subscription that ended on this day.
fn over(terms: &Terms, on: i64) -> Facts {
    let over = Subscription { ended_at: Some(day(on)), canceled_at: Some(day(on)), ..subscription("canceled") };
    Facts { subscription: Some(over), ..facts(terms) }
}

/// State, standing, plan, since and next, in one value for comparing.
fn seen(decision: &Decision) -> (State, Standing, &str, Timestamp, Option<Timestamp>) {
    (decision.state, decision.standing, &decision.plan.id, decision.since, decision.next)
}

const SECOND: SignedDuration = SignedDuration::from_secs(1);

#[test]
fn a_trial_runs_ends_and_is_archived() {
    use State::{Archived, Suspended, Trialing};
    let (terms, facts) = (pharmacy(), facts(&pharmacy()));
    let at = |now| decide(&facts, &terms, now);
    let reminder = Some(day(12));
    assert_eq!(seen(&at(day(0))), (Trialing, Standing::Good, "starter", day(0), reminder));
    assert_eq!(seen(&at(day(12))), (Trialing, Standing::Good, "starter", day(0), Some(day(14))));
    assert_eq!(at(day(14) - SECOND).state, Trialing);
    assert_eq!(seen(&at(day(14))), (Suspended, Standing::Suspended, "starter", day(14), Some(day(37))));
    assert_eq!(at(day(14)).why, Some(Why::TrialOver));
    assert_eq!(seen(&at(day(37))), (Suspended, Standing::Suspended, "starter", day(14), Some(day(44))));
    assert_eq!(at(day(44) - SECOND).state, Suspended);
    assert_eq!(seen(&at(day(44))), (Archived, Standing::Archived, "starter", day(44), None));
    assert_eq!(seen(&at(day(4_000))), (Archived, Standing::Archived, "starter", day(44), None));
}

#[test]
fn a_trial_over_a_free_plan_falls_back_to_it() {
    let terms = Terms { trial: Some(TrialTerms { plan: plan("pro"), days: 14, reminder_days: 2 }), ..voice() };
    let facts = facts(&terms);
    assert_eq!(seen(&decide(&facts, &terms, day(13))).2, "pro");
    let after = decide(&facts, &terms, day(14));
    assert_eq!(seen(&after), (State::Free, Standing::Good, "free", day(14), None));
}

#[test]
fn without_a_trial_and_with_a_free_plan_nothing_ever_happens() {
    let terms = voice();
    for now in [day(0), day(1_000)] {
        let decision = decide(&facts(&terms), &terms, now);
        assert_eq!(seen(&decision), (State::Free, Standing::Good, "free", day(0), None));
    }
}

#[test]
fn what_is_paid_counts_and_what_an_operator_gave_counts_more() {
    for terms in [pharmacy(), voice()] {
        for (status, state) in [("active", State::Active), ("trialing", State::Trialing)] {
            // Also true for a subscription that ends with its period, as long as it runs.
            let mut facts = subscribed(&terms, status);
            for ends in [false, true] {
                facts.subscription.as_mut().unwrap().cancel_at_period_end = ends;
                for now in [day(13), day(400)] {
                    let decision = decide(&facts, &terms, now);
                    assert_eq!(seen(&decision), (state, Standing::Good, "pro", day(13), None));
                }
            }
        }
        let granted = Facts { granted: Some(plan("enterprise")), ..over(&terms, 20) };
        let decision = decide(&granted, &terms, day(400));
        assert_eq!(seen(&decision), (State::Active, Standing::Good, "enterprise", day(0), None));
    }
}

#[test]
fn an_unpaid_invoice_leaves_days_of_grace() {
    for (terms, status) in [(pharmacy(), "past_due"), (voice(), "past_due"), (pharmacy(), "unpaid")] {
        let facts = behind(&terms, status);
        let at = |now| decide(&facts, &terms, now);
        assert_eq!(seen(&at(day(44))), (State::PastDue, Standing::Good, "pro", day(44), Some(day(49))));
        assert_eq!(seen(&at(day(49))), (State::PastDue, Standing::Good, "pro", day(44), Some(day(51))));
        assert_eq!(at(day(51) - SECOND).state, State::PastDue);
        assert_eq!(seen(&at(day(51))), (State::Suspended, Standing::Suspended, "pro", day(51), None));
        assert_eq!(at(day(51)).why, Some(Why::Unpaid));
    }
}

#[test]
fn without_days_of_grace_nothing_is_given() {
    let lifecycle = Lifecycle { grace_days: 0, keep_days: 0 };
    let terms = Terms { lifecycle, ..pharmacy() };
    assert_eq!(decide(&behind(&terms, "past_due"), &terms, day(44)).state, State::Suspended);
    assert_eq!(decide(&over(&terms, 60), &terms, day(60)).state, State::Archived);
}

#[test]
fn what_ended_is_kept_and_then_archived() {
    let terms = pharmacy();
    let facts = over(&terms, 60);
    let at = |now| decide(&facts, &terms, now);
    assert_eq!(seen(&at(day(60))), (State::Cancelled, Standing::Suspended, "starter", day(60), Some(day(83))));
    assert_eq!(seen(&at(day(83))), (State::Cancelled, Standing::Suspended, "starter", day(60), Some(day(90))));
    assert_eq!(seen(&at(day(90))), (State::Archived, Standing::Archived, "starter", day(90), None));
    let decision = decide(&over(&voice(), 60), &voice(), day(60));
    assert_eq!(seen(&decision), (State::Free, Standing::Good, "free", day(60), None));
}

#[test]
fn a_subscription_that_ends_within_the_trial_gives_way_to_it() {
    let terms = pharmacy();
    let early = Subscription { ended_at: Some(day(5)), ..subscription("canceled") };
    let facts = Facts { subscription: Some(early), ..facts(&terms) };
    assert_eq!(
        seen(&decide(&facts, &terms, day(6))),
        (State::Trialing, Standing::Good, "starter", day(5), Some(day(12)))
    );
    // After that the subscription that ended decides.
    assert_eq!(decide(&facts, &terms, day(14)).state, State::Cancelled);
    assert_eq!(decide(&facts, &terms, day(14)).since, day(14));
}

#[test]
fn what_was_never_paid_changes_nothing() {
    for terms in [pharmacy(), voice()] {
        for status in ["incomplete", "incomplete_expired", "a_status_of_tomorrow"] {
            for now in [0, 13, 14, 43, 44, 400].map(day) {
                let with = decide(&subscribed(&terms, status), &terms, now);
                assert_eq!(with, decide(&facts(&terms), &terms, now), "{status} at {now}");
            }
        }
    }
}

#[test]
fn a_paused_subscription_is_an_unpaid_trial() {
    let terms = pharmacy();
    let paused = Subscription { trial_end: Some(day(20)), ..subscription("paused") };
    let facts = Facts { subscription: Some(paused), ..facts(&terms) };
    let decision = decide(&facts, &terms, day(21));
    assert_eq!(seen(&decision), (State::Suspended, Standing::Suspended, "starter", day(20), Some(day(43))));
    assert_eq!(decision.why, Some(Why::TrialOver));
    assert_eq!(decide(&facts, &terms, day(50)).state, State::Archived);
}

#[test]
fn who_never_had_a_trial_nor_paid_can_only_read() {
    let facts = Facts { trial_ends_at: None, ..facts(&pharmacy()) };
    let decision = decide(&facts, &pharmacy(), day(1));
    assert_eq!(seen(&decision), (State::Suspended, Standing::Suspended, "starter", day(0), Some(day(23))));
    assert_eq!(decision.why, Some(Why::NeverPaid));
}

#[test]
fn names_of_states_are_read_back() {
    for state in State::ALL {
        assert_eq!(state.name().parse::<State>().unwrap(), state);
        assert_eq!(state.to_string(), state.name());
    }
    assert!("paid".parse::<State>().is_err());
}

/// Arbitrary facts, including those that Stripe would never report.
fn any_facts() -> impl Strategy<Value = Facts> {
    let time = || (-2i64..120).prop_map(day);
    let some_time = || proptest::option::of(time());
    let status = prop::sample::select(vec![
        "trialing",
        "active",
        "past_due",
        "unpaid",
        "paused",
        "canceled",
        "incomplete",
        "incomplete_expired",
        "a_status_of_tomorrow",
    ]);
    let times = (some_time(), some_time(), some_time(), some_time(), some_time(), some_time(), some_time());
    let subscription = (status, any::<bool>(), times).prop_map(|(status, cancel_at_period_end, times)| {
        let (period_start, period_end, cancel_at, canceled_at, ended_at, trial_end, unpaid_since) = times;
        Subscription {
            period_start,
            period_end,
            cancel_at_period_end,
            cancel_at,
            canceled_at,
            ended_at,
            trial_end,
            unpaid_since,
            ..subscription(status)
        }
    });
    let granted = proptest::option::weighted(0.1, Just(plan("enterprise")));
    (time(), some_time(), granted, proptest::option::weighted(0.8, subscription)).prop_map(
        |(created_at, trial_ends_at, granted, subscription)| Facts { created_at, trial_ends_at, granted, subscription },
    )
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let trial = proptest::option::of((1i32..40, 0i32..5).prop_map(|(days, reminder)| TrialTerms {
        plan: plan("starter"),
        days,
        reminder_days: reminder.min(days - 1),
    }));
    (any::<bool>(), trial, 0i32..15, 0i32..40).prop_map(|(default_is_free, trial, grace_days, keep_days)| Terms {
        default_plan: plan("basic"),
        default_is_free,
        trial,
        lifecycle: Lifecycle { grace_days, keep_days },
    })
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    (-5 * DAY..200 * DAY).prop_map(|seconds| day(0) + SignedDuration::from_secs(seconds))
}
