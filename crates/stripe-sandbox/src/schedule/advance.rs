//! The steps of a schedule in time: its subscription starts, phases follow one another, and the schedule ends.

use crate::{
    account::{Account, Noun},
    discount::Discount,
    error::Result,
    form::Params,
    schedule::{
        Phase, Schedule, Status,
        close::{canceled, completed, released},
    },
    subscription::{
        Subscription, cancel,
        create::{self, Payment},
        end, update,
    },
};

const WEEK: i64 = 7 * 86_400;

/// A step of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Start,
    Expiring,
    /// The present phase ends.
    Next,
}

impl Schedule {
    /// The next step, and when it is due.
    pub(crate) fn due(&self) -> Option<(i64, Turn)> {
        match self.status {
            Status::NotStarted => self.phases.first().map(|phase| (phase.start, Turn::Start)),
            Status::Active => {
                let (last, running) = (self.phases.last()?, self.running()?);
                let warning = (last.end - WEEK).max(self.created);
                let warns = !self.expiring_told && warning < running.end;
                Some(if warns { (warning, Turn::Expiring) } else { (running.end, Turn::Next) })
            }
            _ => None,
        }
    }
}

/// Carries out the step that is due.
pub(crate) fn turn(account: &mut Account, id: &str) {
    // The requests that do the work use the sandbox's time, which is later while the account catches up.
    let until = std::mem::replace(&mut account.sandbox_now, account.now);
    turn_now(account, id);
    account.sandbox_now = until;
}

fn turn_now(account: &mut Account, id: &str) {
    match account.schedules.get(id).and_then(Schedule::due) {
        Some((_, Turn::Start)) => {
            if let Err(refusal) = start(account, id) {
                tracing::warn!(schedule = id, why = refusal.message(), "a scheduled subscription could not begin");
                canceled(account, id);
            }
        }
        Some((_, Turn::Expiring)) => {
            account.change_quietly(id, |schedule: &mut Schedule| schedule.expiring_told = true);
            let json = account.schedules.get(id).map(Noun::json).unwrap_or_default();
            account.emit("subscription_schedule.expiring", json, None);
        }
        Some((_, Turn::Next)) => next(account, id),
        None => {}
    }
}

/// Starts the subscription with the first phase.
pub(crate) fn start(account: &mut Account, id: &str) -> Result<()> {
    let schedule = account.get::<Schedule>(id)?.clone();
    let Some(phase) = schedule.phases.first() else { return Ok(()) };
    let mut params = params(phase, &[]);
    params.add("customer", &schedule.customer);
    params.add("billing_mode[type]", schedule.billing_mode.word());
    if let Some(end) = phase.trial_end {
        params.add("trial_end", &end.to_string());
    }
    for (index, item) in phase.items.iter().enumerate() {
        params.add(&format!("items[{index}][price]"), &item.price.id);
        item_rest(&mut params, index, item);
    }
    let payment = Payment { behavior: "allow_incomplete".to_owned(), off_session: true, method: None };
    let (mut subscription, prorates) = create::read(account, params)?;
    subscription.schedule = Some(id.to_owned());
    if schedule.cancels && schedule.is_last() {
        subscription.cancel_at = Some(phase.end);
    }
    let subscription = create::start(account, subscription, &payment, prorates)?;
    account.change_quietly(id, |schedule: &mut Schedule| {
        schedule.status = Status::Active;
        schedule.subscription = Some(subscription);
    });
    let json = account.shown::<Schedule>(id);
    let kind = if schedule.created == account.now { "created" } else { "updated" };
    account.emit(&format!("subscription_schedule.{kind}"), json, None);
    Ok(())
}

/// Ends the present phase: the next one starts, or the schedule ends.
pub(crate) fn next(account: &mut Account, id: &str) {
    let Some(schedule) = account.schedules.get(id).cloned() else { return };
    if !schedule.is_last() {
        account.change(id, |schedule: &mut Schedule| schedule.current += 1);
        let behavior =
            account.schedules.get(id).and_then(Schedule::running).map(|phase| phase.proration_behavior.clone());
        if let Err(refusal) = apply(account, id, behavior.as_deref().unwrap_or("none")) {
            tracing::warn!(schedule = id, why = refusal.message(), "a phase could not begin");
        }
        return;
    }
    if !schedule.cancels {
        return released(account, id, false);
    }
    completed(account, id);
    if let Some(subscription) = &schedule.subscription {
        end::end(account, subscription, Some("cancellation_requested"));
        cancel::last_invoice(account, subscription);
    }
}

/// Changes the subscription to what the present phase says.
pub(crate) fn apply(account: &mut Account, id: &str, behavior: &str) -> Result<()> {
    let schedule = account.get::<Schedule>(id)?.clone();
    let (Some(phase), Some(subscription)) = (schedule.running(), &schedule.subscription) else { return Ok(()) };
    let now = account.now;
    let old = account.get::<Subscription>(subscription)?.clone();
    let mut params = params(phase, &old.discounts);
    let mut free: Vec<_> = old.items.iter().collect();
    let mut index = 0;
    if !phase.is_on(&old) {
        // An item with the same price continues; other new items replace removed ones, in their order.
        let mut pairs: Vec<_> = phase
            .items
            .iter()
            .map(|item| {
                let place = free.iter().position(|other| other.price.id == item.price.id);
                (item, place.map(|place| free.remove(place)))
            })
            .collect();
        for (_, before) in pairs.iter_mut().filter(|(_, before)| before.is_none()) {
            *before = (!free.is_empty()).then(|| free.remove(0));
        }
        for (item, before) in pairs {
            if let Some(before) = before {
                params.add(&format!("items[{index}][id]"), &before.id);
            }
            params.add(&format!("items[{index}][price]"), &item.price.id);
            item_rest(&mut params, index, item);
            index += 1;
        }
        for gone in free {
            params.add(&format!("items[{index}][id]"), &gone.id);
            params.add(&format!("items[{index}][deleted]"), "true");
            index += 1;
        }
    }
    if let Some(end) = phase.trial_end.filter(|end| *end > now) {
        params.add("trial_end", &end.to_string());
    }
    if phase.anchors && phase.start == now {
        params.add("billing_cycle_anchor", "now");
    }
    // A period that has ended leaves nothing to prorate.
    params.add("proration_behavior", if now >= old.period.1 { "none" } else { behavior });
    let end = (schedule.cancels && schedule.is_last()).then_some(phase.end);
    account.change_quietly(subscription, |subscription: &mut Subscription| subscription.cancel_at = end);
    update::update_scheduled(account, subscription, params)
}

/// The parameters of a phase besides its items. Existing discounts are not redeemed again.
fn params(phase: &Phase, there: &[Discount]) -> Params {
    let mut params = Params::default();
    for (index, discount) in phase.discounts.iter().enumerate() {
        let kept = there.iter().find(|kept| kept.coupon.id == discount.coupon.id);
        let (key, id) = kept.map_or_else(|| discount.given(), |kept| ("discount", &kept.id));
        params.add(&format!("discounts[{index}][{key}]"), id);
    }
    if phase.discounts.is_empty() {
        params.add("discounts", "");
    }
    for (index, rate) in phase.default_tax_rates.iter().enumerate() {
        params.add(&format!("default_tax_rates[{index}]"), &rate.id);
    }
    if phase.default_tax_rates.is_empty() {
        params.add("default_tax_rates", "");
    }
    if let Some(method) = &phase.default_payment_method {
        params.add("default_payment_method", method);
    }
    if let Some(description) = &phase.description {
        params.add("description", description);
    }
    for (key, value) in &phase.metadata {
        params.add(&format!("metadata[{key}]"), value.as_str().unwrap_or_default());
    }
    params
}

fn item_rest(params: &mut Params, index: usize, item: &crate::subscription::Item) {
    if !item.price.is_metered() {
        params.add(&format!("items[{index}][quantity]"), &item.quantity.to_string());
    }
    for (place, rate) in item.tax_rates.iter().enumerate() {
        params.add(&format!("items[{index}][tax_rates][{place}]"), &rate.id);
    }
    for (key, value) in &item.metadata {
        params.add(&format!("items[{index}][metadata][{key}]"), value.as_str().unwrap_or_default());
    }
}
