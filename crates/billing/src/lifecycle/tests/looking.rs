//! Frequent and rare checks lead to the same results.

use super::*;

/// The parts of a decision that requests and users see.
fn visible(decision: &Decision) -> (State, Standing, Plan, Timestamp, Option<Timestamp>) {
    (decision.state, decision.standing, decision.plan.clone(), decision.since, decision.until)
}

/// The mails that checks at these times send; each cause once.
fn sent(facts: &Facts, terms: &Terms, times: impl IntoIterator<Item = Timestamp>) -> Vec<Notice> {
    let mut before = Before { state: State::Free, since: facts.created_at };
    let mut sent: Vec<Notice> = Vec::new();
    for now in times {
        let decision = decide(facts, terms, now);
        for notice in notices(before, &decision, facts, terms, now) {
            if sent.iter().all(|other| other.cause != notice.cause) {
                sent.push(notice);
            }
        }
        before = Before { state: decision.state, since: decision.since };
    }
    sent
}

/// The times of checks that happen exactly when the last decision asked for one.
fn told_to(facts: &Facts, terms: &Terms, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let next = |now: &Timestamp| decide(facts, terms, *now).next.filter(|next| *next <= until);
    std::iter::successors(Some(from), next).take(20).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn everything_has_an_answer(facts in any_facts(), terms in any_terms(), now in any_time()) {
        let decision = decide(&facts, &terms, now);
        prop_assert_eq!(decision.standing, decision.state.standing());
        prop_assert!(decision.next.is_none_or(|next| next > now), "{decision:?}");
        prop_assert!(decision.until.is_none_or(|until| until > now), "{decision:?}");
        prop_assert_eq!(decision.until.is_some(), decision.next.is_some());
        prop_assert_eq!(decision.why.is_some(), decision.standing != Standing::Good);
        prop_assert!(decision.state != State::Free || terms.default_is_free);
        let before = Before { state: State::Free, since: facts.created_at };
        for notice in notices(before, &decision, &facts, &terms, now) {
            prop_assert!(notice.until.is_none_or(|until| until > now), "{notice:?} at {now}");
        }
    }

    #[test]
    fn until_next_nothing_changes(
        facts in any_facts(), terms in any_terms(), now in any_time(), wait in 0..200 * DAY
    ) {
        let first = decide(&facts, &terms, now);
        let later = now + SignedDuration::from_secs(wait);
        if first.next.is_none_or(|next| later < next) {
            let then = decide(&facts, &terms, later);
            prop_assert_eq!(visible(&then), visible(&first));
            prop_assert_eq!(then.next, first.next);
        }
    }

    #[test]
    fn a_single_late_check_sends_no_outdated_mail(facts in any_facts(), terms in any_terms(), now in any_time()) {
        for notice in sent(&facts, &terms, [now]) {
            let stale = match notice.template {
                Template::TrialEnding => facts.trial_ends_at.is_none_or(|end| now >= end),
                Template::PaymentFailed | Template::PaymentReminder => {
                    decide(&facts, &terms, now).state != State::PastDue
                }
                Template::ArchiveReminder => decide(&facts, &terms, now).state == State::Archived,
                _ => false,
            };
            prop_assert!(!stale, "{notice:?} at {now}");
        }
    }
}

proptest! {
    // Each case runs a thousand checks.
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn checks_at_the_requested_times_miss_nothing(facts in any_facts(), terms in any_terms(), from in any_time()) {
        let until = from + SignedDuration::from_hours(24 * 150);
        let told = told_to(&facts, &terms, from, until);
        prop_assert!(told.len() < 20, "it never ends: {told:?}");
        let hours = (0..150 * 24).map(|hour| from + SignedDuration::from_hours(hour));
        // Frequent checks include the requested times, too: a state may last less than an hour.
        let mut often: Vec<Timestamp> = hours.chain(told.iter().copied()).collect();
        often.sort_unstable();
        let rarely = sent(&facts, &terms, told.iter().copied());
        prop_assert_eq!(&rarely, &sent(&facts, &terms, often));
        let once = decide(&facts, &terms, until);
        let last = told.last().map(|last| decide(&facts, &terms, *last)).unwrap();
        prop_assert_eq!(visible(&once), visible(&last));
    }
}
