//! `/campaigns/{id}/contacts`.

use axum::{
    extract::{Request, State},
    response::Response,
};
use freehold_core::{Cursor, PageRequest, Result};
use freehold_db::TenantTx;
use freehold_web::{Answer, Authenticated, Backbone, Creation, Json, Path, Query};
use serde::Deserialize;

use super::{
    campaign_body::{ContactBody, ContactPage},
    campaigns::Limits,
};
use crate::{
    CAMPAIGNS_READ, CAMPAIGNS_WRITE,
    campaign::{CampaignId, command::campaign_wake},
    contact::{
        ContactStatus,
        columns::{ColumnOptions, Mapping},
        file::ListOptions,
        import::{self, Import, OnError},
        preview::{self, ContactListPreview},
        table::{Hints, encoding_named, table_load},
    },
    country::Country,
};

/// Content types that programs send for contact lists. The content itself decides the format.
const LIST_KINDS: &[&str] = &[
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
    "application/octet-stream",
    "text/plain",
    "text/tab-separated-values",
    "text/comma-separated-values",
    "text/x-csv",
    "application/csv",
    "application/x-csv",
    "application/excel",
    "application/x-excel",
    "application/x-msexcel",
    "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/zip",
    "application/x-zip-compressed",
    "binary/octet-stream",
];

/// How a file is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewOptions {
    mapping: Option<String>,
    #[serde(default)]
    ignore_unknown: bool,
    default_country: Option<String>,
    encoding: Option<String>,
}

/// How a file is imported.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportOptions {
    #[serde(default)]
    on_error: OnError,
    mapping: Option<String>,
    #[serde(default)]
    ignore_unknown: bool,
    default_country: Option<String>,
    encoding: Option<String>,
}

impl PreviewOptions {
    /// The hints for decoding the file and the options for its rows.
    fn read(self) -> Result<(Hints, ListOptions)> {
        let country =
            self.default_country.as_deref().map(|code| Country::from_code("?default_country", code)).transpose()?;
        let encoding = self.encoding.as_deref().map(|name| encoding_named("?encoding", name)).transpose()?;
        let mapping = self.mapping.as_deref().map(|mapping| Mapping::read("?mapping", mapping)).transpose()?;
        let columns = ColumnOptions { mapping: mapping.unwrap_or_default(), ignore_unknown: self.ignore_unknown };
        Ok((Hints { encoding, country }, ListOptions { columns, country, calls: false }))
    }
}

/// The filter of contacts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactFilter {
    status: Option<ContactStatus>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Import contacts
///
/// Adds the contacts of a file, at most 10,000, to a campaign: CSV in any encoding and with any separator, an Excel
/// workbook (.xlsx) or an OpenDocument spreadsheet (.ods). The format is detected from the content. The first line
/// names the columns: `phone`, the workflow's inputs, and optionally `country` and `time_zone`; the usual column names
/// of CRMs are known. Rows that cannot be called are listed with line and column; `on_error` decides whether the other
/// rows are added. A file without a valid row is refused. A campaign calls each number once. To see the result in
/// advance, use `POST …/contacts/preview`.
#[utoipa::path(
    post, path = "/campaigns/{id}/contacts", tag = "Campaigns",
    params(
        ("id" = uuid::Uuid, Path),
        ("on_error" = inline(Option<OnError>), Query, description = "What to do with a file that has invalid rows: \
         add the valid rows (`keep_good`, the default) or none (`refuse_all`)"),
        ("mapping" = Option<String>, Query, description = "The columns of fields, as a JSON object: `{\"phone\": \
         \"Mobile Phone\", \"name\": [\"First Name\", \"Last Name\"]}`. Of several columns for `phone` the first \
         non-empty one is used; those of an input are joined by a space. Other fields are found by the names of the \
         columns"),
        ("ignore_unknown" = Option<bool>, Query, description = "Whether to ignore unknown columns and list them in \
         the answer; when false, a file with unknown columns is refused. Default false"),
        ("default_country" = Option<String>, Query, description = "Country (ISO 3166-1 alpha-2) of numbers without a \
         country code in rows without a country; the campaign's when left out"),
        ("encoding" = Option<String>, Query, description = "Encoding of the file's text, such as `windows-1252`; \
         detected when left out"),
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 201, body = Import)),
)]
pub(crate) async fn contact_import(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
    Query(options): Query<ImportOptions>,
    request: Request,
) -> Answer<Response> {
    caller.allow(CAMPAIGNS_WRITE)?;
    caller.allow_change()?;
    let ImportOptions { on_error, mapping, ignore_unknown, default_country, encoding } = options;
    let (hints, options) = PreviewOptions { mapping, ignore_unknown, default_country, encoding }.read()?;
    let creation = Creation::from_file(request, LIST_KINDS).await?;
    let table = table_load(creation.body.clone(), hints).await?;
    let limits = Limits::of(&backbone, &caller).await?;
    // A retry gets its first answer, whatever became of the campaign.
    let list = import::list_read(&backbone.db, &caller, id, table, options).await;
    let create = async |tx: &mut TenantTx, _| {
        let (import, campaign) = import::contacts_import(tx, id, list?, on_error).await?;
        campaign_wake(tx, limits.account(), campaign).await?;
        Ok(import)
    };
    Ok(creation.run(&backbone, &caller, create).await?)
}

/// Preview contacts
///
/// Reads a file as "Import contacts" does, and changes nothing. Returns how the file was read, the field of each
/// column, the first contacts, and the rows that would be refused.
#[utoipa::path(
    post, path = "/campaigns/{id}/contacts/preview", tag = "Campaigns",
    params(
        ("id" = uuid::Uuid, Path),
        ("mapping" = Option<String>, Query, description = "The columns of fields, as for importing contacts"),
        ("ignore_unknown" = Option<bool>, Query, description = "Whether to ignore unknown columns, as for importing \
         contacts"),
        ("default_country" = Option<String>, Query, description = "The country of numbers without a country code, as \
         for importing contacts"),
        ("encoding" = Option<String>, Query, description = "The encoding of the file's text, as for importing \
         contacts"),
    ),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ContactListPreview)),
)]
pub(crate) async fn contact_import_preview(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
    Query(options): Query<PreviewOptions>,
    request: Request,
) -> Answer<Json<ContactListPreview>> {
    caller.allow(CAMPAIGNS_WRITE)?;
    caller.allow_change()?;
    let (hints, options) = options.read()?;
    let table = table_load(Creation::from_file(request, LIST_KINDS).await?.body, hints).await?;
    Ok(Json(preview::contacts_preview(&backbone.db, &caller, id, table, options).await?))
}

/// List contacts
///
/// Returns the contacts of a campaign, from the end of the file to its beginning.
#[utoipa::path(
    get, path = "/campaigns/{id}/contacts", tag = "Campaigns",
    params(
        ("id" = uuid::Uuid, Path),
        ("status" = inline(Option<ContactStatus>), Query, description = "Return only contacts in this state"),
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = ContactPage)),
)]
pub(crate) async fn contact_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
    Query(filter): Query<ContactFilter>,
) -> Answer<Json<ContactPage>> {
    caller.allow(CAMPAIGNS_READ)?;
    let cursor = filter.cursor.as_deref().map(str::parse::<Cursor>).transpose()?;
    let request = PageRequest::new(filter.limit, cursor)?;
    let page = crate::contact::contact_list(&backbone.db, &caller, id, filter.status, request).await?;
    let page = page.map(ContactBody::from);
    Ok(Json(ContactPage { data: page.data, next_cursor: page.next_cursor }))
}
