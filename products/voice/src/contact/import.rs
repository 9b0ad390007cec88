//! Adding a file of contacts to a campaign, in one transaction.

use std::collections::HashSet;

use freehold_core::{Context, Error, FieldError, Ids, Result, codes};
use freehold_db::TenantTx;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ContactKind,
    file::{BadRow, ContactFile, ContactRow, contact_file_read},
    store,
};
use crate::campaign::{
    CONTACTS_MAX, Campaign, CampaignId, campaign_count_contacts, campaign_find, campaign_graphs, campaign_lock,
};

/// Most bad rows that are told one by one.
const TOLD_MAX: usize = 100;

/// What happens to a file that holds bad rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The good rows are added.
    #[default]
    KeepGood,
    /// No row is added.
    RefuseAll,
}

/// What became of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Import {
    /// How many contacts were added.
    pub added: usize,
    /// How many rows were not.
    pub refused: usize,
    /// Why not, by line; the first 100.
    pub errors: Vec<BadRow>,
    /// How many contacts the campaign has now.
    pub contacts: i32,
}

/// Adds the contacts of a file, and the campaign after it. `validation_failed` with the lines, when rows are bad and all
/// are to be good; `conflict` when the campaign is over.
pub async fn contacts_import(
    tx: &mut TenantTx,
    campaign: CampaignId,
    bytes: &[u8],
    on_error: OnError,
    ids: &Ids,
    now: Timestamp,
) -> Result<(Import, Campaign)> {
    let Campaign { workflow_id, version, channel, .. } = campaign_find(tx, campaign).await?;
    let graphs = campaign_graphs(tx, workflow_id, version).await?;
    let mut file = contact_file_read(bytes, &graphs)?;
    if channel == "http" {
        numbers_require(&mut file);
    }
    refuse_bad(&file.bad, on_error)?;
    // Only now, so that nobody waits for the reading.
    let campaign = campaign_lock(tx, campaign).await?;
    let status = campaign.status()?;
    if status.is_over() {
        let message = format!("The campaign is {}: it calls nobody any more.", status.name());
        return Err(Error::new(codes::CONFLICT, message));
    }
    let room = usize::try_from(CONTACTS_MAX - campaign.contacts).unwrap_or_default();
    if file.good.len() > room {
        let message = format!("a campaign has {CONTACTS_MAX} contacts at most, and this one room for {room} more");
        return Err(Error::invalid("", message));
    }
    let known = contacts_insert(tx, &campaign, &file.good, ids, now).await?;
    let added = file.good.len() - known.len();
    let known = known.into_iter().map(|line| BadRow::new(line, Some("phone"), "the campaign has this number already"));
    file.bad.extend(known);
    file.bad.sort_by_key(|row| row.line);
    refuse_bad(&file.bad, on_error)?;
    let campaign = campaign_count_contacts(tx, campaign.id, now).await?;
    let refused = file.bad.len();
    file.bad.truncate(TOLD_MAX);
    Ok((Import { added, refused, errors: file.bad, contacts: campaign.contacts }, campaign))
}

/// Somebody who is really called has a number.
fn numbers_require(file: &mut ContactFile) {
    let (good, without): (Vec<_>, Vec<_>) =
        std::mem::take(&mut file.good).into_iter().partition(|row| row.phone.is_some());
    file.good = good;
    file.bad.extend(without.iter().map(|row| BadRow::new(row.line, Some("phone"), "is missing")));
    file.bad.sort_by_key(|row| row.line);
}

/// Adds them; the lines of those whose number was there already.
async fn contacts_insert(
    tx: &mut TenantTx,
    campaign: &Campaign,
    rows: &[ContactRow],
    ids: &Ids,
    now: Timestamp,
) -> Result<Vec<u64>> {
    let contact_ids: Vec<Uuid> = rows.iter().map(|_| ids.next::<ContactKind>().uuid()).collect();
    let line = |row: &ContactRow| i32::try_from(row.line).unwrap_or(i32::MAX);
    let lines = rows.iter().map(line).collect();
    let phones = rows.iter().map(|row| row.phone.clone().unwrap_or_default()).collect();
    let inputs: Result<Vec<String>> =
        rows.iter().map(|row| serde_json::to_string(&row.inputs).context("writing a contact's inputs")).collect();
    let insert = store::contacts_insert(campaign.id, contact_ids, lines, phones, inputs?, now);
    let added: HashSet<i32> = tx.fetch_all(insert).await?.into_iter().map(|(line,)| line).collect();
    Ok(rows.iter().filter(|row| !added.contains(&line(row))).map(|row| row.line).collect())
}

fn refuse_bad(bad: &[BadRow], on_error: OnError) -> Result<()> {
    if bad.is_empty() || on_error == OnError::KeepGood {
        return Ok(());
    }
    let field = |row: &BadRow| FieldError {
        pointer: format!("/{}{}", row.line, row.column.as_ref().map(|column| format!("/{column}")).unwrap_or_default()),
        message: row.message.clone(),
    };
    let fields = bad.iter().take(TOLD_MAX).map(field).collect();
    let rows = if bad.len() == 1 { "1 row is".to_owned() } else { format!("{} rows are", bad.len()) };
    let message = format!("{rows} not valid, so no contact was added; `errors` says what is wrong by line and column.");
    Err(Error::new(codes::VALIDATION_FAILED, message).with_fields(fields))
}
