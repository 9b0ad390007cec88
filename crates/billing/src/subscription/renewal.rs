//! When a subscription ends, and whether another payment comes: the only code that knows both ways in which Stripe
//! expresses it.
//!
//! Classic billing sets `cancel_at_period_end`; flexible billing, and so Stripe's portal, sets `cancel_at` to the same
//! moment instead. An operator can set `cancel_at` to any other moment.

use jiff::Timestamp;

use super::Subscription;

impl Subscription {
    /// When the subscription ends; none: it was not cancelled.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let with_period = self.period_end.filter(|_| self.cancel_at_period_end);
        [self.cancel_at, with_period].into_iter().flatten().min()
    }

    /// Whether the subscription ends without another payment.
    pub fn ends_unrenewed(&self) -> bool {
        // A period whose end is unknown is assumed to be paid.
        self.cancel_at_period_end
            || self.cancel_at.is_some_and(|end| self.period_end.is_none_or(|period_end| end <= period_end))
    }

    /// When the next payment is due; none: it ends before, its trial waits for a card, or an open invoice comes first.
    pub fn next_payment_at(&self) -> Option<Timestamp> {
        let pays = matches!(self.status.as_str(), "trialing" | "active");
        self.period_end.filter(|_| pays && !self.ends_unrenewed())
    }
}

#[cfg(test)]
mod tests {
    use freehold_core::Plan;
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    fn ending(with_period: bool, cancel_at: Option<i64>) -> Subscription {
        Subscription {
            subscription_id: "sub_1".to_owned(),
            status: "active".to_owned(),
            plan: Plan { id: "pro".to_owned(), version: 1 },
            interval: "month".to_owned(),
            custom: false,
            per_member: false,
            seats: 1,
            item_id: "si_1".to_owned(),
            price_id: "price_1".to_owned(),
            items: json!([]),
            period_start: at(1_000),
            period_end: at(2_000),
            cancel_at_period_end: with_period,
            cancel_at: cancel_at.and_then(at),
            canceled_at: None,
            ended_at: None,
            trial_end: None,
            unpaid_since: None,
            pay_url: None,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn both_ways_of_cancelling_announce_no_other_payment() {
        for (with_period, cancel_at, ends, pays) in [
            (false, None, None, at(2_000)),
            (true, None, at(2_000), None),
            (true, Some(2_000), at(2_000), None),
            (false, Some(2_000), at(2_000), None),
            (false, Some(1_500), at(1_500), None),
            (true, Some(1_500), at(1_500), None),
            (false, Some(2_001), at(2_001), at(2_000)),
        ] {
            let found = ending(with_period, cancel_at);
            assert_eq!((found.ends_at(), found.next_payment_at()), (ends, pays), "{with_period} {cancel_at:?}");
            assert_eq!(found.ends_unrenewed(), pays.is_none());
        }
    }

    #[test]
    fn what_is_owed_or_paused_announces_no_payment() {
        for status in ["past_due", "unpaid", "paused", "canceled", "incomplete"] {
            let found = Subscription { status: status.to_owned(), ..ending(false, None) };
            assert_eq!(found.next_payment_at(), None, "{status}");
        }
    }
}
