//! Adding a file of contacts to a campaign, in one transaction.

use std::{collections::HashSet, sync::Arc};

use freehold_core::{Caller, Context, Error, FieldError, Result, codes};
use freehold_db::{
    Db, TenantTx,
    audit::{NewEntry, audit_append},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ContactKind,
    columns::ContactColumn,
    file::{BadRow, ContactFile, ContactRow, ListOptions, contact_file_read},
    store,
    table::{ContactListFormat, Table},
};
use crate::{
    campaign::{
        CONTACTS_MAX, Campaign, CampaignId, campaign_count_contacts, campaign_find, campaign_graphs, campaign_lock,
    },
    country::Country,
    graph::Graph,
};

/// Most bad rows that are listed one by one.
pub(super) const TOLD_MAX: usize = 100;
/// The message for a row whose number the campaign had before the import.
pub(super) const KNOWN: &str = "the campaign has this number already";

/// What to do with a file that has invalid rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// Add the valid rows.
    #[default]
    KeepGood,
    /// Add no row.
    RefuseAll,
}

/// The result of an import.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContactImport)]
pub struct Import {
    /// Number of added contacts.
    pub added: usize,
    /// Number of refused rows.
    pub refused: usize,
    /// Number of refused rows whose number the file or the campaign has already.
    pub duplicates: usize,
    /// The errors of refused rows, by line; at most 100.
    #[schema(max_items = 100)]
    pub errors: Vec<BadRow>,
    /// Number of contacts of the campaign after the import.
    pub contacts: i32,
    /// How the file was read.
    pub format: ContactListFormat,
    /// The columns of the file, each with its field.
    pub columns: Vec<ContactColumn>,
    /// Names of the columns that were ignored because they are unknown.
    pub ignored_columns: Vec<String>,
}

/// What the rows of a list have to be good for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Terms {
    /// The graphs that a contact may be called by.
    pub(super) graphs: Vec<Graph>,
    /// Whether a contact needs a number, because it is really called.
    calls: bool,
    /// The campaign's country of numbers without a country code.
    country: Option<Country>,
}

impl Terms {
    pub(super) async fn of(tx: &mut TenantTx, campaign: CampaignId) -> Result<Self> {
        let campaign = campaign_find(tx, campaign).await?;
        let graphs = campaign_graphs(tx, campaign.workflow_id, campaign.version).await?;
        let country = campaign.default_country.as_deref().and_then(Country::find);
        Ok(Self { graphs, calls: campaign.channel == "http", country })
    }

    /// How a list is read that was sent with these options.
    pub(super) fn options(&self, sent: &ListOptions) -> ListOptions {
        ListOptions { calls: self.calls, country: sent.country.or(self.country), ..sent.clone() }
    }
}

/// A list that was read for a campaign.
pub(crate) struct ReadList {
    table: Arc<Table>,
    sent: ListOptions,
    terms: Terms,
    file: ContactFile,
}

/// Reads a list for a campaign. No transaction is open meanwhile: reading may take seconds, and Postgres ends a transaction that is idle for
/// that long.
pub(crate) async fn list_read(
    db: &Db,
    caller: &Caller,
    campaign: CampaignId,
    table: Arc<Table>,
    sent: ListOptions,
) -> Result<ReadList> {
    let mut tx = db.tenant(caller).begin().await?;
    let terms = Terms::of(&mut tx, campaign).await?;
    tx.commit().await?;
    let file = read_apart(table.clone(), &terms, &sent).await?;
    Ok(ReadList { table, sent, terms, file })
}

/// Adds the contacts of a list, and the campaign after it. `validation_failed` with the lines, when no row is good, or rows are bad
/// and all are to be good; `conflict` when the campaign is over.
pub(crate) async fn contacts_import(
    tx: &mut TenantTx,
    campaign: CampaignId,
    list: ReadList,
    on_error: OnError,
) -> Result<(Import, Campaign)> {
    let ReadList { table, sent, terms, mut file } = list;
    let now_terms = Terms::of(tx, campaign).await?;
    if now_terms != terms {
        // The campaign or its workflow was changed meanwhile, which hardly ever happens.
        file = read_apart(table.clone(), &now_terms, &sent).await?;
    }
    refuse_bad(&file, on_error)?;
    // Only now, so that no other transaction waits while the file is read.
    let campaign = campaign_lock(tx, campaign).await?;
    let status = campaign.status()?;
    if status.is_over() {
        let message = format!("The campaign is {}, so no contacts can be added.", status.name());
        return Err(Error::new(codes::CONFLICT, message));
    }
    let room = usize::try_from(CONTACTS_MAX - campaign.contacts).unwrap_or_default();
    if file.good.len() > room {
        let message = format!("a campaign has at most {CONTACTS_MAX} contacts; this one can take {room} more");
        return Err(Error::invalid("", message));
    }
    let known = contacts_insert(tx, &campaign, &file.good).await?;
    let added = file.good.len() - known.len();
    known_refuse(&mut file, &known.into_iter().collect());
    if on_error == OnError::RefuseAll {
        refuse_bad(&file, on_error)?;
    }
    let campaign = campaign_count_contacts(tx, campaign.id).await?;
    let entry = NewEntry::new(tx.id(), "campaign.contacts_imported", campaign.id).detail(json!({ "contacts": added }));
    audit_append(tx, entry).await?;
    let columns = file.columns.described();
    let import = Import {
        added,
        refused: file.bad.len(),
        duplicates: file.bad.iter().filter(|row| row.duplicate).count(),
        contacts: campaign.contacts,
        format: table.format.clone(),
        ignored_columns: ignored(&columns),
        columns,
        errors: told(file.bad),
    };
    Ok((import, campaign))
}

/// Reads the rows, apart from the threads that answer requests.
async fn read_apart(table: Arc<Table>, terms: &Terms, sent: &ListOptions) -> Result<ContactFile> {
    let (graphs, options) = (terms.graphs.clone(), terms.options(sent));
    let read = tokio::task::spawn_blocking(move || contact_file_read(&table, &graphs, &options)).await;
    read.context("reading a contact list")?
}

/// Refuses the good rows of these lines, because the campaign already has their numbers.
pub(super) fn known_refuse(file: &mut ContactFile, lines: &HashSet<u64>) {
    let (known, good): (Vec<_>, Vec<_>) =
        std::mem::take(&mut file.good).into_iter().partition(|row| lines.contains(&row.line));
    file.good = good;
    let phone = file.columns.phone.first().map(|place| file.columns.name(*place).to_owned());
    let refused = |row: ContactRow| BadRow {
        duplicate: true,
        ..BadRow::new(row.line, Some(phone.as_deref().unwrap_or("phone")), KNOWN)
    };
    file.bad.extend(known.into_iter().map(refused));
    file.bad.sort_by_key(|row| row.line);
}

/// The names of the columns that are ignored.
pub(super) fn ignored(columns: &[ContactColumn]) -> Vec<String> {
    columns.iter().filter(|column| column.field.is_none()).map(|column| column.column.clone()).collect()
}

/// The first bad rows.
pub(super) fn told(mut bad: Vec<BadRow>) -> Vec<BadRow> {
    bad.truncate(TOLD_MAX);
    bad
}

/// Inserts the rows and returns the lines of those whose number the campaign already had.
async fn contacts_insert(tx: &mut TenantTx, campaign: &Campaign, rows: &[ContactRow]) -> Result<Vec<u64>> {
    let contact_ids: Vec<Uuid> = rows.iter().map(|_| tx.id::<ContactKind>().uuid()).collect();
    let line = |row: &ContactRow| i32::try_from(row.line).unwrap_or(i32::MAX);
    let lines = rows.iter().map(line).collect();
    let phones = rows.iter().map(|row| row.phone.clone().unwrap_or_default()).collect();
    let zones = rows.iter().map(|row| row.time_zone.clone().unwrap_or_default()).collect();
    let inputs: Result<Vec<String>> =
        rows.iter().map(|row| serde_json::to_string(&row.inputs).context("writing a contact's inputs")).collect();
    let insert = store::contacts_insert(campaign.id, contact_ids, lines, phones, zones, inputs?);
    let added: HashSet<i32> = tx.fetch_all(insert).await?.into_iter().map(|(line,)| line).collect();
    Ok(rows.iter().filter(|row| !added.contains(&line(row))).map(|row| row.line).collect())
}

/// Refuses a file without any good row, and one with a bad row if the caller wants all or none.
fn refuse_bad(file: &ContactFile, on_error: OnError) -> Result<()> {
    let bad = &file.bad;
    let refuses = !bad.is_empty() && (on_error == OnError::RefuseAll || file.good.is_empty());
    if !refuses {
        return Ok(());
    }
    let field = |row: &BadRow| FieldError {
        pointer: format!(
            "/{}{}",
            row.line,
            row.column.as_ref().map(|column| format!("/{}", escaped(column))).unwrap_or_default()
        ),
        message: row.message.clone(),
    };
    let fields = bad.iter().take(TOLD_MAX).map(field).collect();
    let rows = match (file.good.is_empty(), bad.len()) {
        (true, 1) => "The only row of the file is".to_owned(),
        (true, count) => format!("All {count} rows of the file are"),
        (false, 1) => "1 row is".to_owned(),
        (false, count) => format!("{count} rows are"),
    };
    let message = format!("{rows} not valid, so no contact was added; `errors` says what is wrong by line and column.");
    Err(Error::new(codes::VALIDATION_FAILED, message).with_fields(fields))
}

/// Escapes a name for a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
