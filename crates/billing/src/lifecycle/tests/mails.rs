//! Which mails are due when.

use super::*;

/// The mails due at `now` for an organization with this state before.
fn due(before: Before, facts: &Facts, terms: &Terms, now: Timestamp) -> Vec<Notice> {
    notices(before, &decide(facts, terms, now), facts, terms, now)
}

fn before(state: State, since: Timestamp) -> Before {
    Before { state, since }
}

fn templates(notices: &[Notice]) -> Vec<&'static str> {
    notices.iter().map(|notice| notice.template.name()).collect()
}

#[test]
fn the_end_of_the_trial_is_announced_while_it_is_to_come() {
    let terms = pharmacy();
    let facts = facts(&terms);
    let trialing = before(State::Trialing, day(0));
    assert!(due(before(State::Free, day(0)), &facts, &terms, day(0)).is_empty());
    assert!(due(trialing, &facts, &terms, day(12) - SECOND).is_empty());
    let notices = due(trialing, &facts, &terms, day(12));
    assert_eq!(templates(&notices), ["trial_ending"]);
    assert_eq!((notices[0].until, notices[0].became), (Some(day(14)), Some(Became::ReadOnly)));
    // A check after the end only reports the result.
    let notices = due(trialing, &facts, &terms, day(15));
    assert_eq!(templates(&notices), ["trial_ended"]);
    assert_eq!((notices[0].until, notices[0].became), (Some(day(44)), Some(Became::ReadOnly)));
    let suspended = before(State::Suspended, day(14));
    assert!(due(suspended, &facts, &terms, day(36)).is_empty());
    assert_eq!(templates(&due(suspended, &facts, &terms, day(37))), ["archive_reminder"]);
    assert_eq!(templates(&due(suspended, &facts, &terms, day(44))), ["archived"]);
    assert!(due(before(State::Archived, day(44)), &facts, &terms, day(45)).is_empty());
    // From the trial directly into the archive.
    assert_eq!(templates(&due(trialing, &facts, &terms, day(60))), ["archived"]);
}

#[test]
fn a_trial_that_falls_back_to_a_free_plan_says_so() {
    let trial = TrialTerms { plan: plan("pro"), days: 14, reminder_days: 2 };
    let terms = Terms { trial: Some(trial), ..voice() };
    let facts = facts(&terms);
    let notices = due(before(State::Trialing, day(0)), &facts, &terms, day(14));
    assert_eq!(templates(&notices), ["trial_ended"]);
    assert_eq!((notices[0].plan.id.as_str(), notices[0].became), ("pro", Some(Became::Free)));
    let notices = due(before(State::Trialing, day(0)), &facts, &terms, day(13));
    assert_eq!(notices[0].became, Some(Became::Free));
}

#[test]
fn a_failed_payment_is_told_with_the_way_to_pay() {
    let terms = pharmacy();
    let facts = behind(&terms, "past_due");
    let notices = due(before(State::Active, day(13)), &facts, &terms, day(44));
    assert_eq!(templates(&notices), ["payment_failed"]);
    assert_eq!(notices[0].until, Some(day(51)));
    assert_eq!(notices[0].pay_url.as_deref(), Some("https://pay.example.org/in_1"));
    let behind = before(State::PastDue, day(44));
    assert!(due(behind, &facts, &terms, day(49) - SECOND).is_empty());
    assert_eq!(templates(&due(behind, &facts, &terms, day(49))), ["payment_reminder"]);
    assert_eq!(templates(&due(behind, &facts, &terms, day(51))), ["suspended"]);
    // Another invoice is another occasion, even without a check in between.
    let mut other = facts.clone();
    other.subscription.as_mut().unwrap().unpaid_since = Some(day(75));
    let again = due(behind, &other, &terms, day(75));
    assert_eq!(templates(&again), ["payment_failed"]);
    assert_ne!(again[0].cause, notices[0].cause);
}

#[test]
fn who_hears_for_the_first_time_when_grace_ends_soon_is_told_both() {
    let terms = pharmacy();
    let notices = due(before(State::Active, day(13)), &behind(&terms, "past_due"), &terms, day(50));
    assert_eq!(templates(&notices), ["payment_failed", "payment_reminder"]);
    // With so few days of grace the first mail says everything.
    let terms = Terms { lifecycle: Lifecycle { grace_days: 2, keep_days: 7 }, ..terms };
    let notices = due(before(State::Active, day(13)), &behind(&terms, "past_due"), &terms, day(45));
    assert_eq!(templates(&notices), ["payment_failed"]);
    assert!(due(before(State::Cancelled, day(60)), &over(&terms, 60), &terms, day(66)).is_empty());
}

#[test]
fn what_is_cancelled_goes_on_and_then_ends() {
    let terms = pharmacy();
    let mut facts = subscribed(&terms, "active");
    let cancelled = facts.subscription.as_mut().unwrap();
    (cancelled.cancel_at_period_end, cancelled.canceled_at) = (true, Some(day(20)));
    let active = before(State::Active, day(13));
    let notices = due(active, &facts, &terms, day(20));
    assert_eq!(templates(&notices), ["subscription_cancelled"]);
    assert_eq!((notices[0].until, notices[0].became), (Some(day(44)), None));
    assert_eq!(notices[0].plan.id, "pro");
    // Cancelling again is another occasion; checking again is not.
    assert_eq!(due(active, &facts, &terms, day(30))[0].cause, notices[0].cause);
    facts.subscription.as_mut().unwrap().canceled_at = Some(day(25));
    assert_ne!(due(active, &facts, &terms, day(30))[0].cause, notices[0].cause);

    let ended = due(active, &over(&terms, 44), &terms, day(44));
    assert_eq!(templates(&ended), ["subscription_cancelled"]);
    assert_eq!((ended[0].until, ended[0].became), (Some(day(74)), Some(Became::ReadOnly)));
    assert_ne!(ended[0].cause, notices[0].cause);
    assert_eq!(
        templates(&due(before(State::Cancelled, day(44)), &over(&terms, 44), &terms, day(67))),
        ["archive_reminder"]
    );
    assert_eq!(templates(&due(before(State::Cancelled, day(44)), &over(&terms, 44), &terms, day(74))), ["archived"]);

    let free = due(before(State::Suspended, day(51)), &over(&voice(), 60), &voice(), day(60));
    assert_eq!(templates(&free), ["subscription_cancelled"]);
    assert_eq!((free[0].until, free[0].became), (None, Some(Became::Free)));
    assert_eq!(free[0].plan.id, "pro");
}

#[test]
fn trouble_that_is_over_is_told_once() {
    let terms = pharmacy();
    let facts = subscribed(&terms, "active");
    for (state, since) in [(State::PastDue, 44), (State::Suspended, 51), (State::Cancelled, 60), (State::Archived, 90)]
    {
        let notices = due(before(state, day(since)), &facts, &terms, day(91));
        assert_eq!(templates(&notices), ["payment_received"], "{state}");
    }
    for state in [State::Free, State::Trialing, State::Active] {
        assert!(due(before(state, day(13)), &facts, &terms, day(20)).is_empty(), "{state}");
    }
    // Falling back to the trial is not a payment.
    let early = Subscription { ended_at: Some(day(5)), ..subscription("canceled") };
    let fallen = Facts { subscription: Some(early), ..super::facts(&terms) };
    assert!(due(before(State::PastDue, day(4)), &fallen, &terms, day(6)).is_empty());
}

#[test]
fn days_are_of_24_hours_and_never_overflow() {
    assert_eq!(days(2), SignedDuration::from_hours(48));
    assert_eq!(later(Timestamp::MAX, days(1)), Timestamp::MAX);
}
