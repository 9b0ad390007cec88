//! The preview of an import, which adds no contacts.

use std::{collections::HashSet, sync::Arc};

use freehold_core::{Caller, Context, Result};
use freehold_db::Db;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    columns::{Columns, ContactColumn},
    file::{BadRow, ContactFile, ContactRow, ListOptions, columns_of, list_problem, rows_read},
    import::{Terms, ignored, known_refuse, told},
    store,
    table::{ContactListFormat, Table},
};
use crate::{
    campaign::CampaignId,
    graph::{Graph, Variables},
};

/// Most contacts in a preview.
const SHOWN_MAX: usize = 10;

/// The preview of an import.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContactListPreview {
    /// How the file was read.
    pub format: ContactListFormat,
    /// The columns of the file, each with its field.
    pub columns: Vec<ContactColumn>,
    /// Names of the columns that are ignored because they are unknown.
    pub ignored_columns: Vec<String>,
    /// Why the file as a whole would be refused, and how to correct it; null when its rows can be read.
    pub problem: Option<String>,
    /// Number of rows below the header.
    pub rows: usize,
    /// Number of rows that would be added.
    pub accepted: usize,
    /// Number of rows that would be refused.
    pub refused: usize,
    /// Number of refused rows whose number the file or the campaign has already.
    pub duplicates: usize,
    /// The first 10 contacts that would be added.
    pub sample: Vec<ContactSample>,
    /// The errors of rows that would be refused, by line; at most 100.
    #[schema(max_items = 100)]
    pub errors: Vec<BadRow>,
}

/// A contact that would be added.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContactSample {
    /// Line of the file on which the contact begins.
    pub line: u64,
    /// Phone number of the contact (E.164); null without one.
    pub phone: Option<String>,
    /// Time zone for the contact's calling hours, by its IANA name; null for the campaign's.
    pub time_zone: Option<String>,
    /// Values of the workflow's inputs, by name.
    #[schema(value_type = Object)]
    pub inputs: Variables,
}

impl From<&ContactRow> for ContactSample {
    fn from(row: &ContactRow) -> Self {
        let ContactRow { line, phone, time_zone, inputs } = row.clone();
        Self { line, phone, time_zone, inputs }
    }
}

/// Reads a file as an import would, and changes nothing.
pub(crate) async fn contacts_preview(
    db: &Db,
    caller: &Caller,
    campaign: CampaignId,
    table: Arc<Table>,
    sent: ListOptions,
) -> Result<ContactListPreview> {
    let mut tx = db.tenant(caller).begin().await?;
    let terms = Terms::of(&mut tx, campaign).await?;
    tx.commit().await?;
    let (reading, options) = (table.clone(), terms.options(&sent));
    let read = tokio::task::spawn_blocking(move || read(&reading, &terms.graphs, &options)).await;
    let (mut file, problem) = read.context("reading a contact list")?;
    let phones: Vec<String> = file.good.iter().filter_map(|row| row.phone.clone()).collect();
    let known = db.tenant(caller).fetch_all(store::contact_phones(campaign, phones)).await?;
    let known: HashSet<String> = known.into_iter().map(|(phone,)| phone).collect();
    let is_known = |row: &&ContactRow| row.phone.as_ref().is_some_and(|phone| known.contains(phone));
    let lines: HashSet<u64> = file.good.iter().filter(is_known).map(|row| row.line).collect();
    known_refuse(&mut file, &lines);
    let columns = file.columns.described();
    Ok(ContactListPreview {
        format: table.format.clone(),
        ignored_columns: ignored(&columns),
        columns,
        problem,
        rows: table.rows.len().saturating_sub(1),
        accepted: file.good.len(),
        refused: file.bad.len(),
        duplicates: file.bad.iter().filter(|row| row.duplicate).count(),
        sample: file.good.iter().take(SHOWN_MAX).map(ContactSample::from).collect(),
        errors: told(file.bad),
    })
}

/// The rows, or what is wrong with the list as a whole.
fn read(table: &Table, graphs: &[Graph], options: &ListOptions) -> (ContactFile, Option<String>) {
    let columns = match columns_of(table, graphs, options) {
        Ok(columns) => columns,
        Err(problem) => {
            let columns = Columns::named(table.rows.first().map(|row| row.cells.as_slice()).unwrap_or_default());
            return (ContactFile { columns, ..ContactFile::default() }, Some(problem));
        }
    };
    match list_problem(table, graphs, options, &columns) {
        Some(problem) => (ContactFile { columns, ..ContactFile::default() }, Some(problem)),
        None => (rows_read(table, graphs, options, columns), None),
    }
}
