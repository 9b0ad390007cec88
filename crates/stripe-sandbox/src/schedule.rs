//! Subscription schedules: the phases of a subscription, and what happens to it at the end.

pub(crate) mod advance;
pub(crate) mod phase;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    account::{Account, noun},
    customer,
    error::{Result, StripeError},
    form::Params,
    list,
    list::Range,
    subscription::{BillingMode, Subscription, end},
};
use phase::Phase;

/// The status of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    NotStarted,
    Active,
    /// Its last phase has ended, and its subscription with it.
    Completed,
    /// Its subscription continues without it.
    Released,
    Canceled,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Released => "released",
            Self::Canceled => "canceled",
        }
    }
}

/// A schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) customer: String,
    pub(crate) status: Status,
    /// Whether its subscription is cancelled at the end and not released.
    pub(crate) cancels: bool,
    pub(crate) phases: Vec<Phase>,
    /// The index of the present phase in `phases`.
    pub(crate) current: usize,
    pub(crate) subscription: Option<String>,
    released_subscription: Option<String>,
    canceled_at: Option<i64>,
    completed_at: Option<i64>,
    released_at: Option<i64>,
    metadata: Map<String, Value>,
    pub(crate) billing_mode: BillingMode,
    pub(crate) test_clock: Option<String>,
    /// Whether `subscription_schedule.expiring` was sent.
    pub(crate) expiring_told: bool,
}

noun!(Schedule, schedules, "subscription_schedule", "subscription_schedule.updated");

impl Schedule {
    fn to_json(&self) -> Value {
        let current = self.running().map(|phase| json!({ "end_date": phase.end, "start_date": phase.start }));
        json!({
            "id": self.id,
            "object": "subscription_schedule",
            "application": null,
            "billing_mode": self.billing_mode.json(None),
            "canceled_at": self.canceled_at,
            "completed_at": self.completed_at,
            "created": self.created,
            "current_phase": current,
            "customer": self.customer,
            "customer_account": null,
            "default_settings": {
                "application_fee_percent": null,
                "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
                "billing_cycle_anchor": "automatic",
                "billing_thresholds": null,
                "collection_method": "charge_automatically",
                "default_payment_method": null,
                "description": null,
                "invoice_settings": { "account_tax_ids": null, "custom_fields": null, "days_until_due": null, "description": null, "footer": null, "issuer": { "type": "self" } },
                "on_behalf_of": null,
                "transfer_data": null,
            },
            "end_behavior": if self.cancels { "cancel" } else { "release" },
            "livemode": false,
            "metadata": self.metadata,
            "pause_schedules": [],
            "phases": self.phases.iter().map(Phase::json).collect::<Value>(),
            "released_at": self.released_at,
            "released_subscription": self.released_subscription,
            "status": self.status.word(),
            "subscription": self.subscription,
            "test_clock": self.test_clock,
        })
    }

    /// The present phase.
    pub(crate) fn running(&self) -> Option<&Phase> {
        self.phases.get(self.current).filter(|_| self.status == Status::Active)
    }

    pub(crate) fn is_last(&self) -> bool {
        self.current + 1 >= self.phases.len()
    }

    fn is_over(&self) -> bool {
        !matches!(self.status, Status::NotStarted | Status::Active)
    }
}

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
    canceled(account, id);
    if let Some(subscription) = &schedule.subscription {
        let mut form = Params::default();
        for (key, flag) in flags {
            form.add(key, if flag == Some(false) { "false" } else { "true" });
        }
        end::cancel(account, subscription, form)?;
    }
    Ok(account.shown::<Schedule>(id))
}

/// Marks the schedule as canceled. The caller decides what happens to its subscription.
pub(crate) fn canceled(account: &mut Account, id: &str) {
    let now = account.now;
    if account.schedules.get(id).is_none_or(Schedule::is_over) {
        return;
    }
    account.change_as(id, "subscription_schedule.canceled", |schedule: &mut Schedule| {
        schedule.status = Status::Canceled;
        schedule.canceled_at = Some(now);
    });
}

/// `POST /v1/subscription_schedules/{id}/release`: its subscription continues unchanged.
pub(crate) fn release(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    live(account, id)?;
    let keeps = params.flag("preserve_cancel_date")?.unwrap_or(false);
    params.done()?;
    released(account, id, keeps);
    Ok(account.shown::<Schedule>(id))
}

/// Lets the subscription continue without its schedule. `keeps`: it keeps the end that the schedule set.
pub(crate) fn released(account: &mut Account, id: &str, keeps: bool) {
    let now = account.now;
    let Some(subscription) = account.schedules.get(id).map(|schedule| schedule.subscription.clone()) else { return };
    account.change_as(id, "subscription_schedule.released", |schedule: &mut Schedule| {
        schedule.status = Status::Released;
        schedule.released_at = Some(now);
        schedule.released_subscription = schedule.subscription.take();
    });
    if let Some(subscription) = subscription {
        account.change(&subscription, |subscription: &mut Subscription| {
            subscription.schedule = None;
            if !keeps {
                (subscription.cancel_at, subscription.canceled_at, subscription.cancel_reason) = (None, None, None);
            }
        });
    }
}

/// Marks the schedule as completed: its last phase has ended, and the subscription with it.
pub(crate) fn completed(account: &mut Account, id: &str) {
    let now = account.now;
    account.change_as(id, "subscription_schedule.completed", |schedule: &mut Schedule| {
        schedule.status = Status::Completed;
        schedule.completed_at = Some(now);
    });
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
