//! Operators' sessions in organizations.

use axum::{extract::State, http::StatusCode};
use freehold_core::{Cursor, ImpersonationId, OperatorId, TenantId, UserId};
use freehold_operators::impersonation::{self, Impersonation, NewImpersonation};
use freehold_web::{Answer, Backbone, Json, Paging, Path, Query, SignedInOperator};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The session to start.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartImpersonation {
    /// Id of the member as whom the operator works; an owner when left out.
    #[schema(value_type = Option<Uuid>)]
    user_id: Option<UserId>,
    /// Whether the session may change what the product stores, files and jobs; only reading when left out. For the role
    /// `admin`.
    #[serde(default)]
    writes: bool,
    /// Length of the session in minutes, 1 to 60; 60 when left out.
    #[schema(minimum = 1, maximum = 60)]
    minutes: Option<i64>,
    /// Why the operator does this: 1 to 500 characters. The organization reads it in its audit.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// An operator's session in an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImpersonationBody {
    /// Id of the session.
    #[schema(value_type = Uuid)]
    id: ImpersonationId,
    /// Id of the organization.
    #[schema(value_type = Uuid)]
    organization_id: TenantId,
    /// Id of the operator.
    #[schema(value_type = Uuid)]
    operator_id: OperatorId,
    /// Id of the member as whom the operator works.
    #[schema(value_type = Uuid)]
    user_id: UserId,
    /// Whether the session may change something.
    writes: bool,
    /// Why the session was started.
    reason: String,
    /// When the session was started, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the session ends at the latest, UTC.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// When the session ended, UTC; null while it runs.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<Impersonation> for ImpersonationBody {
    fn from(session: Impersonation) -> Self {
        let Impersonation { impersonation_id: id, tenant_id: organization_id, operator_id, user_id, writes, .. } =
            session;
        let Impersonation { reason, created_at, expires_at, ended_at, .. } = session;
        Self { id, organization_id, operator_id, user_id, writes, reason, created_at, expires_at, ended_at }
    }
}

/// A new session, with its token.
#[derive(Serialize, ToSchema)]
pub(crate) struct StartedImpersonationBody {
    /// The session that was started, without its token.
    impersonation: ImpersonationBody,
    /// Token of the session: as `Authorization: Bearer …` on `/api/v1`, or for the page `url`. It is shown once.
    token: String,
    /// Page that asks for the token and then shows the organization's pages, with a banner.
    #[schema(format = "uri")]
    url: String,
}

/// A page of operators' sessions in organizations.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImpersonationPage {
    /// The sessions, newest first.
    data: Vec<ImpersonationBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// Filter and page of sessions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImpersonationQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    tenant_id: Option<TenantId>,
}

/// Start a session in an organization
///
/// Lets the operator work in the organization as one of its members, with a reason that the organization reads. The
/// session never reaches passwords, second factors, keys, members, settings or payments, and never acts as an owner.
#[utoipa::path(
    post, path = "/tenants/{id}/impersonations", tag = "Impersonation", security(("operator" = [])),
    request_body = StartImpersonation,
    params(("id" = Uuid, Path)),
    responses((status = 201, body = StartedImpersonationBody)),
)]
pub(crate) async fn impersonation_start(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path(tenant): Path<TenantId>,
    Json(body): Json<StartImpersonation>,
) -> Answer<(StatusCode, Json<StartedImpersonationBody>)> {
    let StartImpersonation { user_id: user, writes, minutes, reason } = body;
    let new = NewImpersonation { tenant, user, writes, minutes, reason };
    let mut tx = backbone.db.system("operator starts a session in an organization").begin().await?;
    let started = impersonation::impersonation_start(&mut tx, &backbone.vault, &by.operator, new, &by.client).await?;
    tx.commit().await?;
    let (session, token) = started;
    let body = StartedImpersonationBody {
        impersonation: session.into(),
        token: token.expose().to_owned(),
        url: format!("{}/impersonation", backbone.site_url),
    };
    Ok((StatusCode::CREATED, Json(body)))
}

/// List sessions in organizations
///
/// Returns the sessions of all operators in organizations.
#[utoipa::path(
    get, path = "/impersonations", tag = "Impersonation", security(("operator" = [])),
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
        ("tenant_id" = Option<Uuid>, Query, description = "Return only sessions in this organization"),
    ),
    responses((status = 200, body = ImpersonationPage)),
)]
pub(crate) async fn impersonation_list(
    State(backbone): State<Backbone>,
    _: SignedInOperator,
    Query(query): Query<ImpersonationQuery>,
) -> Answer<Json<ImpersonationPage>> {
    let page = Paging::new(query.limit, query.cursor).request()?;
    let page = impersonation::impersonation_list(&backbone.db, query.tenant_id, page).await?;
    let page = page.map(ImpersonationBody::from);
    Ok(Json(ImpersonationPage { data: page.data, next_cursor: page.next_cursor }))
}

/// End a session in an organization
///
/// Ends the operator's own session at once; the role `admin` ends any. Ending it again changes nothing.
#[utoipa::path(
    delete, path = "/impersonations/{id}", tag = "Impersonation", security(("operator" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = ImpersonationBody)),
)]
pub(crate) async fn impersonation_end(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path(id): Path<ImpersonationId>,
) -> Answer<Json<ImpersonationBody>> {
    let mut tx = backbone.db.system("operator ends a session in an organization").begin().await?;
    let ended = impersonation::impersonation_end(&mut tx, &by.operator, id, &by.client).await?;
    tx.commit().await?;
    backbone.resolver.forget();
    Ok(Json(ended.into()))
}
