//! `/analytics` as files: CSV and PDF. Whoever may see figures may take them along, so a file asks for no other module
//! than the answer it says the same as.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use freehold_core::Error;
use freehold_tenancy::tenant::tenant_get;
use freehold_web::{Answer, Authenticated, Backbone, Query};

use super::analytics::{Calls, CallsQuery, DaysQuery, calls, campaign_groups, workflow_groups};
use crate::analytics::{By, Range, Report, calls_table, groups_table, report_write};

/// A file to be kept, named after what is in it.
fn file(kind: &'static str, name: &str, range: &Range, extension: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}-{}-to-{}.{extension}\"", range.from, range.to);
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

fn csv(name: &str, range: &Range, bytes: Vec<u8>) -> Response {
    file("text/csv; charset=utf-8; header=present", name, range, "csv", bytes)
}

/// Count calls, as CSV
///
/// What `/analytics/calls` answers, as a table for spreadsheets.
#[utoipa::path(get, path = "/analytics/calls.csv", tag = "Analytics", params(CallsQuery),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn call_table(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<CallsQuery>,
) -> Answer<Response> {
    let Calls { range, data, .. } = calls(&backbone, &caller, &query).await?;
    let name = if range.by == By::Hour { "calls-by-hour" } else { "calls" };
    Ok(csv(name, &range, calls_table(&data, backbone.product.currency.code())?))
}

/// Count calls, as PDF
///
/// A report on the calls of some days, to be printed or handed on: totals, a chart and a table of the days. Names in
/// Latin, Greek and Cyrillic letters are printed as they are; letters of other scripts are replaced.
#[utoipa::path(get, path = "/analytics/calls.pdf", tag = "Analytics", params(CallsQuery),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>)))]
pub(crate) async fn call_report(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<CallsQuery>,
) -> Answer<Response> {
    let Calls { range, data, names } = calls(&backbone, &caller, &query).await?;
    if range.by == By::Hour {
        return Err(Error::invalid("?by", "a report has no hours; expected day").into());
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

/// Count calls by workflow, as CSV
///
/// What `/analytics/workflows` answers, as a table for spreadsheets. A name that a spreadsheet would take for a formula
/// has an apostrophe before it.
#[utoipa::path(get, path = "/analytics/workflows.csv", tag = "Analytics", params(DaysQuery),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn workflow_call_table(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<DaysQuery>,
) -> Answer<Response> {
    let (range, groups) = workflow_groups(&backbone, &caller, &query).await?;
    Ok(csv("calls-by-workflow", &range, groups_table(&groups, backbone.product.currency.code())?))
}

/// Count calls by campaign, as CSV
///
/// What `/analytics/campaigns` answers, as a table for spreadsheets. A name that a spreadsheet would take for a formula
/// has an apostrophe before it. Part of advanced analytics.
#[utoipa::path(get, path = "/analytics/campaigns.csv", tag = "Analytics", params(DaysQuery),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn campaign_call_table(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<DaysQuery>,
) -> Answer<Response> {
    let (range, groups) = campaign_groups(&backbone, &caller, &query).await?;
    Ok(csv("calls-by-campaign", &range, groups_table(&groups, backbone.product.currency.code())?))
}
