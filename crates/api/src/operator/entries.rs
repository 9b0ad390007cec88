//! The record of what operators did.

use axum::extract::State;
use freehold_core::{Cursor, OperatorId};
use freehold_operators::entry::{self, Entry, EntryId};
use freehold_web::{Answer, Backbone, Json, Paging, Query, SignedInOperator};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What an operator did.
#[derive(Serialize, ToSchema)]
pub(crate) struct OperatorEntryBody {
    /// Id of the entry.
    #[schema(value_type = Uuid)]
    id: EntryId,
    /// When it was done, UTC.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Id of the operator; null for the server's command line.
    #[schema(value_type = Option<Uuid>)]
    operator_id: Option<OperatorId>,
    /// What was done, such as `tenant.suspended`.
    action: String,
    /// Id or name of what was changed; null for nothing in particular.
    subject: Option<String>,
    /// Further facts, by their names.
    #[schema(value_type = Object)]
    detail: Value,
    /// Network address of the operator's client; null for the command line.
    address: Option<String>,
    /// `User-Agent` of the operator's client; null when it sent none.
    agent: Option<String>,
}

impl From<Entry> for OperatorEntryBody {
    fn from(entry: Entry) -> Self {
        let Entry { entry_id: id, at, operator_id, action, subject, detail, address, agent } = entry;
        Self { id, at, operator_id, action, subject, detail, address, agent }
    }
}

/// A page of what operators did.
#[derive(Serialize, ToSchema)]
pub(crate) struct OperatorEntryPage {
    /// The entries, newest first.
    data: Vec<OperatorEntryBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// Filter and page of entries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    operator_id: Option<OperatorId>,
}

/// List what operators did
///
/// Returns sign-ins and changes of all operators. For the role `admin`. Nothing changes or deletes an entry.
#[utoipa::path(
    get, path = "/entries", tag = "Operator log", security(("operator" = [])),
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
        ("operator_id" = Option<Uuid>, Query, description = "Return only entries of this operator"),
    ),
    responses((status = 200, body = OperatorEntryPage)),
)]
pub(crate) async fn entry_list(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Query(query): Query<EntryQuery>,
) -> Answer<Json<OperatorEntryPage>> {
    by.operator.allow_admin()?;
    let page = Paging::new(query.limit, query.cursor).request()?;
    let page = entry::entry_list(&backbone.db, query.operator_id, page).await?.map(OperatorEntryBody::from);
    Ok(Json(OperatorEntryPage { data: page.data, next_cursor: page.next_cursor }))
}
