//! What webhook endpoints need besides the caller.

use freehold_core::{Caller, Result};
use freehold_delivery::webhook::{Secrets, endpoint::Room};

use crate::Backbone;

/// The limit of webhook endpoints in the caller's plan.
pub async fn webhook_room(backbone: &Backbone, caller: &Caller) -> Result<Room> {
    let plan = backbone.entitlements.plan(&backbone.db, caller.plan()).await?;
    Ok(Room { limit: plan.webhook_endpoints(), plan: plan.id.clone() })
}

/// The parts that make signing secrets.
pub fn webhook_secrets(backbone: &Backbone) -> Secrets<'_> {
    Secrets { vault: &backbone.vault, random: &backbone.random }
}
