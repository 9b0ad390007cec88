//! Deletion of a campaign with its contacts.

use freehold_core::{Error, Result, codes};
use freehold_db::{
    TenantTx,
    audit::{NewEntry, audit_append},
};
use freehold_metering::usage::{Allowance, usage_record};
use serde_json::json;
use uuid::Uuid;

use super::{CampaignId, campaign_lock, store};
use crate::contact::contacts_delete;

/// Deletes a campaign and its contacts, which gives back their share of the plan's limit. Its runs stay. `event`
/// identifies the change in the ledger.
pub async fn campaign_delete(tx: &mut TenantTx, allowance: &Allowance, id: CampaignId, event: Uuid) -> Result<()> {
    let campaign = campaign_lock(tx, id).await?;
    if campaign.status()?.is_going() {
        let message = format!("The campaign is {}: cancel it first.", campaign.status);
        return Err(Error::new(codes::CONFLICT, message));
    }
    contacts_delete(tx, id).await?;
    tx.execute(store::campaign_delete(id)).await?;
    usage_record(tx, allowance, event, -1).await?;
    audit_append(tx, NewEntry::new(tx.id(), "campaign.deleted", id).detail(json!({ "name": campaign.name }))).await
}
