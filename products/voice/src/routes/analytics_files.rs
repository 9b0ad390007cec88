//! Analytics as files: CSV and PDF. A file has the figures of an answer, so it needs the same module as that answer.

use axum::{
    extract::{FromRequestParts, State},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use freehold_core::Error;
use freehold_tenancy::tenant::tenant_get;
use freehold_web::{Answer, Authenticated, Backbone, Problem, Query, read_query};
use serde::{Deserialize, de::DeserializeOwned};

use super::analytics::{Calls, CallsQuery, DaysQuery, calls, campaign_groups, workflow_groups};
use crate::analytics::{By, Range, Report, calls_table, groups_table, report_write};

/// A download, named after its content.
fn file(kind: &'static str, name: &str, range: &Range, extension: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}-{}-to-{}.{extension}\"", range.from, range.to);
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// The format of a table.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct TableOptions {
    /// Whether the file starts with a byte order mark, by which Excel recognizes UTF-8. Default false.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    bom: bool,
}

/// The request for a table: its format and its content.
pub(crate) struct Table<T> {
    options: TableOptions,
    query: T,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Table<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let is_option = |pair: &&str| pair.split('=').next() == Some("bom");
        let (options, query): (Vec<&str>, Vec<&str>) = query.split('&').partition(is_option);
        Ok(Self { options: read_query(&options.join("&"))?, query: read_query(&query.join("&"))? })
    }
}

fn csv(name: &str, range: &Range, options: TableOptions, table: Vec<u8>) -> Response {
    const BYTE_ORDER_MARK: &str = "\u{feff}";
    let mut bytes = if options.bom { BYTE_ORDER_MARK.as_bytes().to_vec() } else { Vec::new() };
    bytes.extend(table);
    file("text/csv; charset=utf-8; header=present", name, range, "csv", bytes)
}

/// Count calls as CSV
///
/// Returns the figures of `/analytics/calls` as a table for spreadsheets.
#[utoipa::path(get, path = "/analytics/calls.csv", tag = "Analytics", params(CallsQuery, TableOptions),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn call_analytics_export_csv(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Table { options, query }: Table<CallsQuery>,
) -> Answer<Response> {
    let Calls { range, data, .. } = calls(&backbone, &caller, &query).await?;
    let name = if range.by == By::Hour { "calls-by-hour" } else { "calls" };
    Ok(csv(name, &range, options, calls_table(&data, backbone.product.currency.code())?))
}

/// Count calls as PDF
///
/// Returns a report on the calls of a range for printing: totals, a chart and a table of the days. Latin, Greek and
/// Cyrillic letters in names are printed; others are replaced.
#[utoipa::path(get, path = "/analytics/calls.pdf", tag = "Analytics", params(CallsQuery),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>)))]
pub(crate) async fn call_analytics_export_pdf(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<CallsQuery>,
) -> Answer<Response> {
    let Calls { range, data, names } = calls(&backbone, &caller, &query).await?;
    if range.by == By::Hour {
        return Err(Error::invalid("?by", "a report has no hours: send day").into());
    }
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let organization = tenant_get(&mut tx, caller.tenant()).await?.name;
    drop(tx);
    let report = Report {
        product: &backbone.product.name,
        organization: &organization,
        about: &names,
        range: &range,
        days: &data,
        currency: backbone.product.currency,
        made_at: backbone.clock.now(),
    };
    Ok(file("application/pdf", "calls", &range, "pdf", report_write(&report)?))
}

/// Count calls by workflow as CSV
///
/// Returns the figures of `/analytics/workflows` as a table for spreadsheets. To keep spreadsheets from running names
/// as formulas, an apostrophe precedes each part of a name that begins with `=`, `+`, `-`, `@` or such an apostrophe; a
/// part begins at the start and after a comma, semicolon, tab, bar or line break. Programs that read the file remove
/// it.
#[utoipa::path(get, path = "/analytics/workflows.csv", tag = "Analytics", params(DaysQuery, TableOptions),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn workflow_analytics_export_csv(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Table { options, query }: Table<DaysQuery>,
) -> Answer<Response> {
    let (range, groups) = workflow_groups(&backbone, &caller, &query).await?;
    Ok(csv("calls-by-workflow", &range, options, groups_table(&groups, backbone.product.currency.code())?))
}

/// Count calls by campaign as CSV
///
/// Returns the figures of `/analytics/campaigns` as a table for spreadsheets. Names are protected as in
/// `/analytics/workflows.csv`. Needs advanced analytics.
#[utoipa::path(get, path = "/analytics/campaigns.csv", tag = "Analytics", params(DaysQuery, TableOptions),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn campaign_analytics_export_csv(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Table { options, query }: Table<DaysQuery>,
) -> Answer<Response> {
    let (range, groups) = campaign_groups(&backbone, &caller, &query).await?;
    Ok(csv("calls-by-campaign", &range, options, groups_table(&groups, backbone.product.currency.code())?))
}
