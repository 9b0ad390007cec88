//! The events of the product for `GET /events` and webhooks.

use freehold_jobs::outbox::EventType;

use crate::{
    campaign::events::{CampaignCompleted, CampaignStarted, CampaignStopped},
    run::events::{CallCompleted, CallFailed, CallStarted, WorkflowFinished},
    workflow::events::WorkflowCreated,
};

/// The event types of the product.
pub(crate) const ALL: &[EventType] = &[
    EventType::of::<WorkflowCreated>(),
    EventType::of::<CallStarted>(),
    EventType::of::<CallCompleted>(),
    EventType::of::<CallFailed>(),
    EventType::of::<WorkflowFinished>(),
    EventType::of::<CampaignStarted>(),
    EventType::of::<CampaignCompleted>(),
    EventType::of::<CampaignStopped>(),
];
