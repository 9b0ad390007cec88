//! The endpoints of the sandbox itself, which Stripe does not have: `/_sandbox/…`.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    account::{Account, Noun},
    delivery, endpoint,
    error::{Result, StripeError},
    form::Params,
    knob, payment_intent,
    payment_intent::PaymentIntent,
    world::{Shared, World, hold},
};

/// How long a flush waits for webhook endpoints.
const FLUSH_LIMIT: Duration = Duration::from_mins(1);

/// `GET` and `POST /_sandbox/clock`: the clock of all accounts.
pub(crate) fn clock(world: &World, method: &str, mut params: Params) -> Result<Value> {
    if method == "POST" {
        let by = world.clock.asked(&mut params)?;
        world.clock.advance(by);
        world.unsaved.store(true, Ordering::SeqCst);
        for account in world.accounts() {
            world.present(&mut hold(&account));
        }
        world.wake.notify_one();
    }
    Ok(world.clock.json())
}

/// Requests for the settings of one account.
pub(crate) fn route(account: &mut Account, method: &str, parts: &[&str], params: Params) -> Result<Value> {
    if matches!(parts, ["state"] | ["events", _, "resend"]) {
        params.done()?;
    }
    match (method, parts) {
        ("GET", ["state"]) => Ok(state(account)),
        ("GET" | "POST", ["chaos"]) => knob::chaos(account, params),
        ("GET" | "POST", ["billing"]) => knob::billing(account, params),
        ("GET", ["deliveries"]) => delivery::index(account, params),
        ("POST", ["events", id, "resend"]) => delivery::resend(account, id),
        ("POST", ["webhook_endpoints", id, "roll"]) => endpoint::roll(account, id, params),
        ("POST", ["payment_intents", id, "authenticate"]) => authenticate(account, id, params),
        _ => Err(StripeError::no_route(method, &format!("/_sandbox/{}", parts.join("/")))),
    }
}

fn authenticate(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let outcome = params.one_of("outcome", &["yes", "no"])?;
    params.done()?;
    payment_intent::request::authenticate(account, id, outcome.as_deref() != Some("no"))?;
    Ok(account.shown::<PaymentIntent>(id))
}

fn state(account: &Account) -> Value {
    fn ids<'a, T: Noun + 'a>(account: &'a Account, word: impl Fn(&T) -> String) -> Value {
        T::table(account).iter().map(|each| json!({ "id": each.id(), "is": word(each) })).collect()
    }
    json!({
        "object": "sandbox.state",
        "account": account.id,
        "now": account.sandbox_now,
        "customers": account.customers.len(),
        "subscriptions": ids::<crate::subscription::Subscription>(account, |each| each.status.word().to_owned()),
        "invoices": ids::<crate::invoice::Invoice>(account, |each| each.status.word().to_owned()),
        "events": account.events.len(),
        "deliveries": account.deliveries_count(),
    })
}

/// `POST /_sandbox/flush`: attempts every waiting delivery once (or `rounds` times), and returns how many are left.
pub(crate) async fn flush(world: &Arc<World>, account: &Shared, mut params: Params) -> Result<Value> {
    let rounds = params.int_from("rounds", 1)?.unwrap_or(1);
    params.done()?;
    let limit = tokio::time::Instant::now() + FLUSH_LIMIT;
    for _ in 0..rounds {
        let hurried = {
            let mut account = hold(account);
            world.present(&mut account);
            account.unsaved = true;
            account.deliveries_hurry()
        };
        if hurried.is_empty() {
            break;
        }
        world.wake.notify_one();
        loop {
            let sent = world.sent.notified();
            if hold(account).deliveries_tried(&hurried) {
                break;
            }
            let more =
                tokio::time::timeout_at(limit.min(tokio::time::Instant::now() + Duration::from_millis(50)), sent).await;
            if more.is_err() && tokio::time::Instant::now() >= limit {
                return Err(StripeError::chaos(503));
            }
        }
    }
    Ok(hold(account).deliveries_count())
}
