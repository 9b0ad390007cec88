//! The deletion of organizations by their owners, and of accounts by their users.

use axum::{extract::State, http::StatusCode};
use freehold_app::erasure;
use freehold_core::{Result, TenantId, UserId};
use freehold_identity::access_token::Holder;
use freehold_privacy::erasure::{DeletionReason, TenantDeletion, UserDeletion};
use freehold_web::{Answer, Backbone, Json, Path, SignedIn};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of deletions.
pub(crate) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(organization_deletion_get, organization_deletion_request, organization_deletion_cancel))
        .routes(routes!(account_deletion_get, account_deletion_request, account_deletion_cancel))
}

/// Whether something is to be deleted.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeletionStatus {
    /// No deletion was requested.
    None,
    /// It is deleted when the grace period is over.
    Pending,
    /// The grace period is over, and `problem` says what has to be done before it is deleted.
    Blocked,
}

/// Why an organization is deleted.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OrganizationDeletionReason)]
pub(crate) enum Reason {
    /// An owner requested it.
    Owner,
    /// Its last member deleted their account.
    Account,
    /// It was archived for as long as the operator allows.
    Retention,
}

/// The deletion of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrganizationDeletionBody {
    /// Whether the organization is to be deleted.
    status: DeletionStatus,
    /// When the deletion was requested, UTC; null when none was.
    #[schema(value_type = Option<String>, format = DateTime)]
    requested_at: Option<Timestamp>,
    /// Id of the user who requested it; null when none was requested, or the server did.
    #[schema(value_type = Option<Uuid>)]
    requested_by: Option<UserId>,
    /// Why it is deleted; null when no deletion was requested.
    reason: Option<Reason>,
    /// When the organization is deleted, UTC; null when no deletion was requested.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// What has to be done before it is deleted; null for nothing.
    problem: Option<String>,
}

/// The deletion of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountDeletionBody {
    /// Whether the account is to be deleted.
    status: DeletionStatus,
    /// When the deletion was requested, UTC; null when none was.
    #[schema(value_type = Option<String>, format = DateTime)]
    requested_at: Option<Timestamp>,
    /// When the account is deleted, UTC; null when no deletion was requested.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// What has to be done before it is deleted; null for nothing.
    problem: Option<String>,
}

/// The organization to delete.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteOrganization {
    /// Slug of the organization, which confirms the deletion.
    slug: String,
}

/// The account to delete.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteAccount {
    /// E-mail address of the account, which confirms the deletion; null for accounts without an address.
    #[schema(format = IdnEmail)]
    email: Option<String>,
    /// Code from `GET /auth/v1/reauthenticate`; needed when the session began more than a day ago.
    nonce: Option<String>,
}

fn status(problem: Option<&str>) -> DeletionStatus {
    if problem.is_some() { DeletionStatus::Blocked } else { DeletionStatus::Pending }
}

impl From<DeletionReason> for Reason {
    fn from(reason: DeletionReason) -> Self {
        match reason {
            DeletionReason::Owner => Self::Owner,
            DeletionReason::Account => Self::Account,
            DeletionReason::Retention => Self::Retention,
        }
    }
}

impl OrganizationDeletionBody {
    fn of(found: Option<TenantDeletion>) -> Result<Self> {
        let Some(found) = found else {
            return Ok(Self {
                status: DeletionStatus::None,
                requested_at: None,
                requested_by: None,
                reason: None,
                due_at: None,
                problem: None,
            });
        };
        let TenantDeletion { reason, requested_by, requested_at, due_at, problem, .. } = found;
        let reason: DeletionReason = reason.parse()?;
        Ok(Self {
            status: status(problem.as_deref()),
            requested_at: Some(requested_at),
            requested_by,
            reason: Some(reason.into()),
            due_at: Some(due_at),
            problem,
        })
    }
}

impl From<Option<UserDeletion>> for AccountDeletionBody {
    fn from(found: Option<UserDeletion>) -> Self {
        let Some(UserDeletion { requested_at, due_at, problem, .. }) = found else {
            return Self { status: DeletionStatus::None, requested_at: None, due_at: None, problem: None };
        };
        let status = status(problem.as_deref());
        Self { status, requested_at: Some(requested_at), due_at: Some(due_at), problem }
    }
}

/// Get an organization's deletion
///
/// Returns whether an organization of which you are a member is to be deleted, and when.
#[utoipa::path(
    get, path = "/organizations/{id}/deletion", tag = "Organizations",
    security(("bearer" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = OrganizationDeletionBody)),
)]
pub(crate) async fn organization_deletion_get(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Path(id): Path<TenantId>,
) -> Answer<Json<OrganizationDeletionBody>> {
    let found = erasure::organization_deletion_get(&backbone, signed_in.user, id).await?;
    Ok(Json(OrganizationDeletionBody::of(found)?))
}

/// Delete an organization
///
/// Requests the deletion of an organization that you own; its slug confirms which. It is read-only from now on, and is
/// deleted with all its data when the grace period is over. Until then an owner can cancel it. All owners get a mail,
/// now and when it is deleted. A subscription that renews has to be cancelled first (`conflict`). Repeating the request
/// changes nothing.
#[utoipa::path(
    post, path = "/organizations/{id}/deletion", tag = "Organizations",
    security(("bearer" = [])),
    params(("id" = Uuid, Path)),
    request_body = DeleteOrganization,
    responses((status = 202, body = OrganizationDeletionBody)),
)]
pub(crate) async fn organization_deletion_request(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Path(id): Path<TenantId>,
    Json(body): Json<DeleteOrganization>,
) -> Answer<(StatusCode, Json<OrganizationDeletionBody>)> {
    let requested = erasure::organization_deletion_request(&backbone, signed_in.user, id, &body.slug).await?;
    backbone.resolver.forget();
    Ok((StatusCode::ACCEPTED, Json(OrganizationDeletionBody::of(Some(requested))?)))
}

/// Cancel an organization's deletion
///
/// Cancels the deletion of an organization that you own, which can be used as before. Does nothing when no deletion was
/// requested. Fails with `conflict` once the organization is being deleted.
#[utoipa::path(
    delete, path = "/organizations/{id}/deletion", tag = "Organizations",
    security(("bearer" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 204)),
)]
pub(crate) async fn organization_deletion_cancel(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Path(id): Path<TenantId>,
) -> Answer<StatusCode> {
    erasure::organization_deletion_cancel(&backbone, signed_in.user, id).await?;
    backbone.resolver.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// Get your account's deletion
///
/// Returns whether your account is to be deleted, and when.
#[utoipa::path(get, path = "/me/deletion", tag = "Account",
    security(("bearer" = [])), responses((status = 200, body = AccountDeletionBody)))]
pub(crate) async fn account_deletion_get(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
) -> Answer<Json<AccountDeletionBody>> {
    Ok(Json(erasure::account_deletion_get(&backbone, signed_in.user).await?.into()))
}

/// Delete your account
///
/// Requests the deletion of your account; its e-mail address confirms it. The account is deleted when the grace period
/// is over, together with the organizations that have no other member. Until then you can cancel it. Refused with
/// `conflict` while you are the only owner of an organization with other members, or a subscription of one that would
/// be deleted renews. A session older than a day needs a `nonce` (`reauthentication_needed`). Repeating the request
/// changes nothing.
#[utoipa::path(post, path = "/me/deletion", tag = "Account",
    security(("bearer" = [])), request_body = DeleteAccount,
    responses((status = 202, body = AccountDeletionBody)))]
pub(crate) async fn account_deletion_request(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Json(body): Json<DeleteAccount>,
) -> Answer<(StatusCode, Json<AccountDeletionBody>)> {
    let holder = Holder { user: signed_in.user, session: signed_in.session, aal: signed_in.aal };
    let DeleteAccount { email, nonce } = body;
    let requested = erasure::account_deletion_request(&backbone, holder, email.as_deref(), nonce.as_deref()).await?;
    Ok((StatusCode::ACCEPTED, Json(Some(requested).into())))
}

/// Cancel your account's deletion
///
/// Cancels the deletion of your account. Does nothing when no deletion was requested.
#[utoipa::path(delete, path = "/me/deletion", tag = "Account",
    security(("bearer" = [])), responses((status = 204)))]
pub(crate) async fn account_deletion_cancel(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
) -> Answer<StatusCode> {
    erasure::account_deletion_cancel(&backbone, signed_in.user).await?;
    Ok(StatusCode::NO_CONTENT)
}
