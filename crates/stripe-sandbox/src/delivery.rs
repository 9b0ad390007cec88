//! Deliveries of events to webhook endpoints, with retries and the configured chaos.
//!
//! The queue belongs to the account and does no network I/O; [`sender`](crate::sender) sends the requests.

mod queue;

use serde_json::{Value, json};

pub(crate) use queue::{Delivery, Queue, State};

use crate::{
    account::{Account, Noun},
    error::{Result, StripeError},
    form::Params,
    signature,
};

/// A request that is ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) number: u64,
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) signature: String,
}

impl Account {
    /// Queues an event for every endpoint that is subscribed to it.
    pub(crate) fn deliveries_queue(&mut self, event: &str, kind: &str) {
        let wanting: Vec<String> =
            self.endpoints.iter().filter(|endpoint| endpoint.wants(kind)).map(|endpoint| endpoint.id.clone()).collect();
        for endpoint in wanting {
            self.delivery_queue(event, kind, &endpoint, false);
            if self.dice.happens(self.chaos.duplicate) {
                self.delivery_queue(event, kind, &endpoint, true);
            }
        }
    }

    fn delivery_queue(&mut self, event: &str, kind: &str, endpoint: &str, duplicate: bool) {
        let dropped = self.dice.happens(self.chaos.drop);
        let mut due_ms = self.sandbox_ms;
        if self.dice.happens(self.chaos.delay) {
            due_ms += self.chaos.delay_ms;
        }
        if self.dice.happens(self.chaos.reorder) {
            due_ms += i64::try_from(self.dice.below(self.chaos.reorder_ms.unsigned_abs())).unwrap_or(0);
        }
        let number = self.queue.next;
        self.queue.next += 1;
        let state = if dropped { State::Dropped } else { State::Waiting };
        let delivery = Delivery {
            number,
            event: event.to_owned(),
            kind: kind.to_owned(),
            endpoint: endpoint.to_owned(),
            attempts: 0,
            due_ms,
            state,
            duplicate,
            answer: None,
        };
        if !dropped {
            self.queue.waiting.insert((due_ms, number));
        }
        self.queue.deliveries.insert(number, delivery);
        self.change_quietly(
            event,
            |event: &mut crate::event::Event| {
                if dropped { event.failed += 1 } else { event.waiting += 1 }
            },
        );
    }

    /// Takes the deliveries that are due and may be sent now: an endpoint gets `concurrency` requests at a time.
    pub(crate) fn deliveries_take(&mut self, signed_at: i64) -> Vec<Outgoing> {
        let due: Vec<u64> =
            self.queue.waiting.range(..=(self.sandbox_ms, u64::MAX)).map(|(_, number)| *number).collect();
        let mut outgoing = Vec::new();
        for number in due {
            let Some(delivery) = self.queue.deliveries.get_mut(&number) else { continue };
            let busy = self.queue.in_flight.entry(delivery.endpoint.clone()).or_default();
            if *busy >= self.chaos.concurrency {
                continue;
            }
            let endpoint = self.endpoints.get(&delivery.endpoint).filter(|endpoint| !endpoint.disabled);
            let event = self.events.get(&delivery.event);
            self.queue.waiting.remove(&(delivery.due_ms, number));
            let (Some(endpoint), Some(event)) = (endpoint, event) else {
                delivery.answer = Some("the endpoint is gone or disabled".to_owned());
                self.delivery_fail(number);
                continue;
            };
            *busy += 1;
            self.unsaved = true;
            delivery.state = State::InFlight;
            delivery.attempts += 1;
            let body = event.json().to_string();
            let mut secrets = endpoint.secrets(self.sandbox_ms);
            if self.dice.happens(self.chaos.wrong_signature) {
                secrets = vec!["whsec_not_the_one".to_owned()];
            }
            let signature = signature::header(&secrets, signed_at, &body);
            outgoing.push(Outgoing { number, url: endpoint.url.clone(), body, signature });
        }
        outgoing
    }

    /// Records the result of a request: `Ok` is any 2xx.
    pub(crate) fn delivery_end(&mut self, number: u64, answer: std::result::Result<u16, String>) {
        self.unsaved = true;
        let Some(delivery) = self.queue.deliveries.get_mut(&number) else { return };
        if let Some(busy) = self.queue.in_flight.get_mut(&delivery.endpoint) {
            *busy = busy.saturating_sub(1);
        }
        match answer {
            Ok(status) if (200..300).contains(&status) => {
                let event = delivery.event.clone();
                self.queue.deliveries.remove(&number);
                self.queue.delivered += 1;
                self.change_quietly(&event, |event: &mut crate::event::Event| {
                    event.waiting = event.waiting.saturating_sub(1);
                });
            }
            Ok(status) => self.delivery_again(number, format!("status {status}")),
            Err(why) => self.delivery_again(number, why),
        }
    }

    fn delivery_again(&mut self, number: u64, why: String) {
        let Some(delivery) = self.queue.deliveries.get_mut(&number) else { return };
        delivery.answer = Some(why);
        match self.chaos.retry_seconds.get(delivery.attempts.saturating_sub(1)) {
            Some(seconds) => {
                delivery.state = State::Waiting;
                delivery.due_ms = self.sandbox_ms.saturating_add(seconds.saturating_mul(1000));
                self.queue.waiting.insert((delivery.due_ms, number));
            }
            None => self.delivery_fail(number),
        }
    }

    fn delivery_fail(&mut self, number: u64) {
        let Some(delivery) = self.queue.deliveries.get_mut(&number) else { return };
        delivery.state = State::Failed;
        let event = delivery.event.clone();
        self.change_quietly(&event, |event: &mut crate::event::Event| {
            event.waiting = event.waiting.saturating_sub(1);
            event.failed += 1;
        });
    }

    /// Makes all waiting deliveries due now. Returns the number of previous attempts of each.
    pub(crate) fn deliveries_hurry(&mut self) -> Vec<(u64, usize)> {
        let waiting: Vec<(i64, u64)> = std::mem::take(&mut self.queue.waiting).into_iter().collect();
        for (_, number) in &waiting {
            if let Some(delivery) = self.queue.deliveries.get_mut(number) {
                delivery.due_ms = delivery.due_ms.min(self.sandbox_ms);
                self.queue.waiting.insert((delivery.due_ms, *number));
            }
        }
        let in_flight = self.queue.deliveries.values().filter(|delivery| delivery.state == State::InFlight);
        let in_flight: Vec<(u64, usize)> =
            in_flight.map(|delivery| (delivery.number, delivery.attempts.saturating_sub(1))).collect();
        let attempts = |number: &u64| self.queue.deliveries.get(number).map_or(0, |delivery| delivery.attempts);
        waiting.iter().map(|(_, number)| (*number, attempts(number))).chain(in_flight).collect()
    }

    /// Whether there was one more attempt for each of these, or none is needed.
    pub(crate) fn deliveries_tried(&self, hurried: &[(u64, usize)]) -> bool {
        hurried.iter().all(|(number, before)| {
            let delivery = self.queue.deliveries.get(number);
            delivery.is_none_or(|delivery| {
                delivery.state != State::InFlight && (delivery.attempts > *before || delivery.state == State::Failed)
            })
        })
    }

    /// When the next delivery is due, in milliseconds by the sandbox's clock.
    pub(crate) fn deliveries_next(&self) -> Option<i64> {
        self.queue.waiting.first().map(|(due, _)| *due)
    }

    /// Counts deliveries by state.
    pub(crate) fn deliveries_count(&self) -> Value {
        let count = |state| self.queue.deliveries.values().filter(|delivery| delivery.state == state).count();
        json!({
            "waiting": count(State::Waiting),
            "in_flight": count(State::InFlight),
            "failed": count(State::Failed),
            "dropped": count(State::Dropped),
            "delivered": self.queue.delivered,
        })
    }
}

/// `GET /_sandbox/deliveries`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let state = params.one_of("state", &["waiting", "in_flight", "failed", "dropped"])?;
    params.done()?;
    let shown = account.queue.deliveries.values().map(Delivery::json);
    let shown: Vec<Value> = shown.filter(|each| state.as_ref().is_none_or(|state| each["state"] == **state)).collect();
    Ok(json!({ "object": "list", "data": shown, "counts": account.deliveries_count() }))
}

/// `POST /_sandbox/events/{id}/resend`: to every endpoint that is subscribed to it, as a new delivery without chaos.
pub(crate) fn resend(account: &mut Account, id: &str) -> Result<Value> {
    let kind = account.get::<crate::event::Event>(id)?.kind.clone();
    let again: Vec<u64> =
        account.queue.deliveries.values().filter(|delivery| delivery.event == id).map(|each| each.number).collect();
    for number in again {
        let Some(delivery) = account.queue.deliveries.get_mut(&number) else { continue };
        if matches!(delivery.state, State::Failed | State::Dropped) {
            account.queue.deliveries.remove(&number);
            account.change_quietly(id, |event: &mut crate::event::Event| event.failed = event.failed.saturating_sub(1));
        }
    }
    let calm = std::mem::take(&mut account.chaos);
    account.deliveries_queue(id, &kind);
    account.chaos = calm;
    Ok(account.shown::<crate::event::Event>(id))
}

/// Reads a list of seconds, and refuses anything else.
pub(crate) fn schedule(texts: &[String]) -> Result<Vec<i64>> {
    let seconds = texts.iter().map(|text| text.parse().ok().filter(|seconds| *seconds >= 0));
    seconds
        .collect::<Option<Vec<i64>>>()
        .ok_or_else(|| StripeError::invalid("A schedule is a list of whole numbers from 0 on."))
}
