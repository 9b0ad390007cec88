//! Subscription schedules: the phases of a subscription, and what happens to it at the end.

pub(crate) mod advance;
pub(crate) mod close;
pub(crate) mod phase;
mod record;

use phase::Phase;
use serde_json::{Map, Value};

pub(crate) use record::{Schedule, Status};

use crate::{
    account::Account,
    customer,
    error::{Result, StripeError},
    form::Params,
    list,
    list::Range,
    subscription,
    subscription::{BillingMode, Subscription},
};

/// Returns a schedule that can still be changed, and switches to its customer's time.
fn live(account: &mut Account, id: &str) -> Result<Schedule> {
    let schedule = account.get::<Schedule>(id)?.clone();
    account.enter(schedule.test_clock.as_deref());
    if schedule.is_over() {
        let message = format!("You cannot change a subscription schedule that is `{}`.", schedule.status.word());
        return Err(StripeError::invalid(message));
    }
    Ok(schedule)
}

/// Reads what happens at the end; none if it was not sent.
fn cancels(params: &mut Params) -> Result<Option<bool>> {
    let word = params.only("end_behavior", &["cancel", "release"], &["cancel", "none", "release", "renew"])?;
    Ok(word.map(|word| word == "cancel"))
}

/// `POST /v1/subscription_schedules`: for a customer, or from an existing subscription.
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    if let Some(subscription) = params.text("from_subscription")? {
        return from_subscription(account, &subscription, &params);
    }
    let customer = customer::live(account, &params.need("customer")?, "customer")?;
    let now = account.now;
    let start = match params.text("start_date")?.as_deref() {
        None | Some("now") => now,
        Some(text) => {
            text.parse().map_err(|_| StripeError::invalid(format!("Invalid timestamp: {text}")).at("start_date"))?
        }
    };
    if start < now {
        return Err(StripeError::not_modelled("a start_date in the past", "start_date"));
    }
    let list = params.list("phases")?.ok_or_else(|| StripeError::missing("phases"))?;
    let phases = phase::read(account, list, &customer.id, start)?;
    let cancels = cancels(&mut params)?.unwrap_or(false);
    let billing_mode = BillingMode::read(&mut params)?.unwrap_or_default();
    let mut metadata = Map::new();
    params.metadata(&mut metadata)?;
    params.done()?;
    let schedule = Schedule {
        id: account.id("sub_sched"),
        created: now,
        customer: customer.id,
        status: Status::NotStarted,
        cancels,
        phases,
        current: 0,
        subscription: None,
        released_subscription: None,
        canceled_at: None,
        completed_at: None,
        released_at: None,
        metadata,
        billing_mode,
        test_clock: customer.test_clock,
        expiring_told: false,
    };
    let id = schedule.id.clone();
    if start > now {
        return Ok(account.add("subscription_schedule.created", schedule));
    }
    account.schedules.insert(&id, schedule);
    if let Err(refusal) = advance::start(account, &id) {
        account.schedules.remove(&id);
        return Err(refusal);
    }
    Ok(account.shown::<Schedule>(&id))
}

fn from_subscription(account: &mut Account, subscription: &str, params: &Params) -> Result<Value> {
    params.done()?;
    let of = account.named::<Subscription>(subscription, "from_subscription")?.clone();
    account.enter(of.test_clock.as_deref());
    if of.status.is_over() || of.schedule.is_some() {
        let message = "You cannot migrate a subscription that has ended or is attached to a schedule already.";
        return Err(StripeError::invalid(message).at("from_subscription"));
    }
    let schedule = Schedule {
        id: account.id("sub_sched"),
        created: account.now,
        customer: of.customer.clone(),
        status: Status::Active,
        cancels: of.cancel_at.is_some(),
        phases: vec![Phase::of(&of)],
        current: 0,
        subscription: Some(of.id.clone()),
        released_subscription: None,
        canceled_at: None,
        completed_at: None,
        released_at: None,
        metadata: Map::new(),
        billing_mode: of.billing_mode,
        test_clock: of.test_clock.clone(),
        expiring_told: false,
    };
    let id = schedule.id.clone();
    let shown = account.add("subscription_schedule.created", schedule);
    account.change(&of.id, |subscription: &mut Subscription| subscription.schedule = Some(id));
    Ok(shown)
}

/// `POST /v1/subscription_schedules/{id}`: replaces all phases, starting with the present one.
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let old = live(account, id)?;
    let mut new = old.clone();
    let behaviors = ["create_prorations", "always_invoice", "none"];
    let behavior = params.one_of("proration_behavior", &behaviors)?;
    if let Some(list) = params.list("phases")? {
        let start = old.running().or(old.phases.first()).map_or(account.now, |phase| phase.start);
        new.phases = phase::read(account, list, &old.customer, start)?;
        let now = account.now;
        if old.status == Status::Active {
            // The present phase is the last one that has started.
            new.current = new.phases.iter().rposition(|phase| phase.start <= now).unwrap_or(0);
        }
        if new.phases.last().is_some_and(|phase| phase.end <= now) {
            return Err(StripeError::invalid("The last phase must end in the future.").at("phases"));
        }
        new.expiring_told = false;
    }
    new.cancels = cancels(&mut params)?.unwrap_or(new.cancels);
    params.metadata(&mut new.metadata)?;
    params.done()?;
    let changed = new.clone();
    account.change(id, |schedule: &mut Schedule| *schedule = changed);
    if old.status == Status::Active {
        advance::apply(account, id, behavior.as_deref().unwrap_or("create_prorations"))?;
    }
    Ok(account.shown::<Schedule>(id))
}

/// `POST /v1/subscription_schedules/{id}/cancel`: cancels its subscription, too.
pub(crate) fn cancel(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let schedule = live(account, id)?;
    let flags = [("invoice_now", params.flag("invoice_now")?), ("prorate", params.flag("prorate")?)];
    params.done()?;
    close::canceled(account, id);
    if let Some(subscription) = &schedule.subscription {
        let mut form = Params::default();
        for (key, flag) in flags {
            form.add(key, if flag == Some(false) { "false" } else { "true" });
        }
        subscription::cancel::cancel(account, subscription, form)?;
    }
    Ok(account.shown::<Schedule>(id))
}

/// `POST /v1/subscription_schedules/{id}/release`: its subscription continues unchanged.
pub(crate) fn release(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    live(account, id)?;
    let keeps = params.flag("preserve_cancel_date")?.unwrap_or(false);
    params.done()?;
    close::released(account, id, keeps);
    Ok(account.shown::<Schedule>(id))
}

/// `GET /v1/subscription_schedules`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let (customer, scheduled) = (params.text("customer")?, params.flag("scheduled")?);
    account.customer_check(customer.as_deref())?;
    let mut range = |key: &str| -> Result<Option<Range>> {
        let there = params.has(key);
        Range::of(&mut params, key).map(|range| there.then_some(range))
    };
    let (canceled, completed, released) = (range("canceled_at")?, range("completed_at")?, range("released_at")?);
    let holds =
        |range: Option<Range>, time: Option<i64>| range.is_none_or(|range| time.is_some_and(|time| range.holds(time)));
    list::list(account, &mut params, "/v1/subscription_schedules", |schedule: &Schedule| {
        customer.as_ref().is_none_or(|customer| *customer == schedule.customer)
            && scheduled.is_none_or(|wanted| wanted == (schedule.status == Status::NotStarted))
            && holds(canceled, schedule.canceled_at)
            && holds(completed, schedule.completed_at)
            && holds(released, schedule.released_at)
    })
}
