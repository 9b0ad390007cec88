//! The deliveries of an account.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The state of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    Waiting,
    InFlight,
    /// Every attempt failed, or the endpoint was deleted.
    Failed,
    /// The configured chaos dropped it.
    Dropped,
}

/// A delivery of an event to an endpoint. Successful deliveries are removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(super) number: u64,
    pub(crate) event: String,
    pub(super) kind: String,
    pub(crate) endpoint: String,
    pub(crate) attempts: usize,
    /// When the next attempt is due, in milliseconds since 1970 by the sandbox's clock.
    pub(super) due_ms: i64,
    pub(crate) state: State,
    pub(super) duplicate: bool,
    pub(super) answer: Option<String>,
}

/// The deliveries of an account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Queue {
    pub(super) next: u64,
    pub(super) deliveries: BTreeMap<u64, Delivery>,
    /// Due times and numbers of waiting deliveries, sorted so that the next one is found at once.
    #[serde(skip)]
    pub(super) waiting: BTreeSet<(i64, u64)>,
    #[serde(skip)]
    pub(super) in_flight: HashMap<String, usize>,
    pub(crate) delivered: u64,
}

impl Delivery {
    pub(super) fn json(&self) -> Value {
        let state = match self.state {
            State::Waiting => "waiting",
            State::InFlight => "in_flight",
            State::Failed => "failed",
            State::Dropped => "dropped",
        };
        json!({
            "number": self.number,
            "event": self.event,
            "type": self.kind,
            "webhook_endpoint": self.endpoint,
            "attempts": self.attempts,
            "due_ms": self.due_ms,
            "state": state,
            "duplicate": self.duplicate,
            "last_answer": self.answer,
        })
    }
}

impl Queue {
    /// After a restart: requests that were in progress may have arrived or not, so they are sent again.
    pub(crate) fn resume(&mut self) {
        for delivery in self.deliveries.values_mut() {
            if delivery.state == State::InFlight {
                delivery.state = State::Waiting;
            }
            if delivery.state == State::Waiting {
                self.waiting.insert((delivery.due_ms, delivery.number));
            }
        }
    }
}
