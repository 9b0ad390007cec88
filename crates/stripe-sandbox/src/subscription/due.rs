//! Finds the next event that is due, and carries out all due events in order, each at its own time.

use crate::{
    account::Account,
    checkout,
    coupon::Coupon,
    invoice::{Invoice, Status as InvoiceStatus, make, pay, preview},
    knob::Billing,
    promotion_code::PromotionCode,
    refund,
    schedule::advance,
    subscription::{Status, Subscription, cycle, end, payment},
};

const DAY: i64 = 86_400;
const FIRST_PAYMENT: i64 = 23 * 3600;

/// A step that happens at a given time. If several are due in the same second, they happen in the order of this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    TrialWillEnd,
    Upcoming,
    CollectionResumes,
    DiscountsEnd,
    CouponExpire,
    CodeExpire,
    Finalize,
    Retry,
    Overdue,
    Schedule,
    Cancel,
    Expire,
    Roll,
    RefundSettle,
    SessionExpire,
}

fn of_subscription(subscription: &Subscription, billing: &Billing) -> Option<(i64, Step)> {
    let at = |time: i64, step| Some((time.max(subscription.created), step));
    match subscription.status {
        Status::Canceled | Status::IncompleteExpired => return None,
        Status::Incomplete => return at(subscription.created + FIRST_PAYMENT, Step::Expire),
        Status::Paused => return subscription.cancel_at.and_then(|time| at(time, Step::Cancel)),
        _ => {}
    }
    let (start, end) = subscription.period;
    let trialing = subscription.status == Status::Trialing;
    let will_end = (trialing && !subscription.trial_told).then_some((end - 3 * DAY).max(start));
    let notice = end - billing.upcoming_days * DAY;
    let wants_notice = billing.upcoming_days > 0 && !subscription.upcoming_told && !trialing && notice > start;
    let goes_on = subscription.cancel_at.is_none_or(|cancel| cancel > end);
    let steps = [
        will_end.and_then(|time| at(time, Step::TrialWillEnd)),
        (wants_notice && goes_on).then_some((notice, Step::Upcoming)),
        subscription.pause.as_ref().and_then(|pause| at(pause.resumes_at?, Step::CollectionResumes)),
        subscription
            .discounts
            .iter()
            .filter_map(|discount| discount.end)
            .min()
            .and_then(|time| at(time, Step::DiscountsEnd)),
        subscription.cancel_at.and_then(|time| at(time, Step::Cancel)),
        at(end, Step::Roll),
    ];
    steps.into_iter().flatten().min()
}

fn of_invoice(invoice: &Invoice) -> Option<(i64, Step)> {
    match invoice.status {
        InvoiceStatus::Draft if invoice.auto_advance => invoice.finalizes_at.map(|time| (time, Step::Finalize)),
        InvoiceStatus::Open if invoice.sends && !invoice.overdue => invoice.due_date.map(|time| (time, Step::Overdue)),
        InvoiceStatus::Open if !invoice.sends => invoice.next_payment_attempt.map(|time| (time, Step::Retry)),
        _ => None,
    }
}

impl Account {
    /// The earliest step for customers of a test clock, or for those without one.
    fn due_next(&self, clock: Option<&str>) -> Option<(i64, Step, String)> {
        let subscriptions = self.subscriptions.iter().filter(|each| each.test_clock.as_deref() == clock);
        let subscriptions = subscriptions
            .filter_map(|each| of_subscription(each, &self.billing).map(|(at, step)| (at, step, &each.id)));
        let invoices = self.invoices.iter().filter(|each| each.test_clock.as_deref() == clock);
        let invoices = invoices.filter_map(|each| of_invoice(each).map(|(at, step)| (at, step, &each.id)));
        // A checkout session is for a visitor in front of its page, so it expires by the sandbox's clock.
        let sessions = self
            .sessions
            .iter()
            .filter(|_| clock.is_none())
            .filter_map(|each| each.due().map(|at| (at, Step::SessionExpire, &each.id)));
        // So do coupons and promotion codes, which belong to no customer.
        let coupons = self.coupons.iter().filter(|_| clock.is_none());
        let coupons = coupons.filter_map(|each| each.due().map(|at| (at, Step::CouponExpire, &each.id)));
        let codes = self.promotion_codes.iter().filter(|_| clock.is_none());
        let codes = codes.filter_map(|each| each.due().map(|at| (at, Step::CodeExpire, &each.id)));
        let schedules = self.schedules.iter().filter(|each| each.test_clock.as_deref() == clock);
        let schedules = schedules.filter_map(|each| each.due().map(|(at, _)| (at, Step::Schedule, &each.id)));
        let clock_of = |customer: &str| self.customers.get(customer)?.test_clock.as_deref();
        let refunds = self.refunds.iter().filter(|each| each.customer().and_then(clock_of) == clock);
        let refunds = refunds.filter_map(|each| each.due().map(|at| (at, Step::RefundSettle, &each.id)));
        let all =
            subscriptions.chain(invoices).chain(refunds).chain(schedules).chain(sessions).chain(coupons).chain(codes);
        all.min().map(|(at, step, id)| (at, step, id.clone()))
    }

    /// Carries out everything that is due until `until`, each step at its own time.
    pub(crate) fn catch_up(&mut self, clock: Option<&str>, until: i64) {
        let request = self.request.take();
        while let Some((at, step, id)) = self.due_next(clock).filter(|(at, ..)| *at <= until) {
            self.now = at;
            if let Some(clock) = clock {
                self.change_quietly(clock, |clock: &mut crate::clock::TestClock| {
                    clock.frozen_time = clock.frozen_time.max(at);
                });
            }
            self.due_do(step, &id);
        }
        self.now = until;
        self.request = request;
    }

    fn due_do(&mut self, step: Step, id: &str) {
        match step {
            Step::TrialWillEnd => cycle::trial_will_end(self, id),
            Step::Upcoming => preview::upcoming(self, id),
            Step::CollectionResumes => cycle::collection_resumes(self, id),
            Step::DiscountsEnd => cycle::discounts_end(self, id),
            Step::CouponExpire => _ = self.change(id, |coupon: &mut Coupon| coupon.expired = true),
            Step::CodeExpire => _ = self.change(id, |code: &mut PromotionCode| code.expired = true),
            Step::Schedule => advance::turn(self, id),
            Step::Cancel => cycle::cancel_due(self, id),
            Step::Expire => end::expire(self, id),
            Step::Roll => cycle::roll(self, id),
            Step::RefundSettle => refund::settle(self, id),
            Step::SessionExpire => checkout::expire_now(self, id),
            Step::Finalize => {
                make::finalize(self, id);
                if self.invoices.get(id).is_some_and(|invoice| !invoice.sends) {
                    pay::collect(self, id, None, true);
                }
            }
            Step::Retry => {
                self.change_quietly(id, |invoice: &mut Invoice| invoice.next_payment_attempt = None);
                pay::collect(self, id, None, true);
            }
            Step::Overdue => {
                self.change_quietly(id, |invoice: &mut Invoice| invoice.overdue = true);
                let json = self.shown::<Invoice>(id);
                self.emit("invoice.overdue", json, None);
                if let Some(subscription) = self.invoices.get(id).and_then(|invoice| invoice.subscription.clone()) {
                    payment::payment_failed(self, &subscription, id, false);
                }
            }
        }
    }
}
