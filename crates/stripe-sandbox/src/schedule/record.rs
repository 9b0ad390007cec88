//! A schedule, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{schedule::phase::Phase, subscription::BillingMode};

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
    pub(super) const fn word(self) -> &'static str {
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
    pub(super) released_subscription: Option<String>,
    pub(super) canceled_at: Option<i64>,
    pub(super) completed_at: Option<i64>,
    pub(super) released_at: Option<i64>,
    pub(super) metadata: Map<String, Value>,
    pub(crate) billing_mode: BillingMode,
    pub(crate) test_clock: Option<String>,
    /// Whether `subscription_schedule.expiring` was sent.
    pub(crate) expiring_told: bool,
}

impl Schedule {
    pub(crate) fn to_json(&self) -> Value {
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

    pub(super) fn is_over(&self) -> bool {
        !matches!(self.status, Status::NotStarted | Status::Active)
    }
}
