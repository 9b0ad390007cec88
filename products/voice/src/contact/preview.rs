//! What would become of a file of contacts, without adding any.

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

/// Most contacts that are shown.
const SHOWN_MAX: usize = 10;

/// What would become of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContactListPreview {
    /// How the file was read.
    pub format: ContactListFormat,
    /// The columns of the file, and the field that each of them holds.
    pub columns: Vec<ContactColumn>,
    /// The columns that are left out because they mean nothing.
    pub ignored_columns: Vec<String>,
    /// Why the file as a whole would be refused, and what to do; null when its rows can be read.
    pub problem: Option<String>,
    /// How many rows the file has below its header.
    pub rows: usize,
    /// How many of them would be added.
    pub accepted: usize,
    /// How many would not.
    pub refused: usize,
    /// How many of these only because the file or the campaign has their number already.
    pub duplicates: usize,
    /// The first 10 contacts that would be added.
    pub sample: Vec<ContactSample>,
    /// Why rows would be refused, by line; the first 100.
    pub errors: Vec<BadRow>,
}

/// A contact as it would be added.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContactSample {
    /// The line of the file.
    pub line: u64,
    /// The number as it is dialled: E.164.
    pub phone: Option<String>,
    /// The zone by whose clock calling hours are read: an IANA name; null for that of the campaign.
    pub time_zone: Option<String>,
    /// The values of the workflow's inputs.
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
