//! The operator API, `/operator/v1`: for the operators of the server, with a document of its own.

mod account;
mod entries;
mod impersonations;
mod jobs;
mod limits;
mod mails;
mod plans;
mod stripe_events;
mod suspension;
mod tenants;
mod webhooks;

use freehold_core::{Result, TenantId};
use freehold_operators::{directory::tenant_summary, entry::NewOperatorEntry};
use freehold_web::{Backbone, SignedInOperator};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes under `/operator/v1`.
pub fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(account::account_set_up))
        .routes(routes!(account::account_confirm))
        .routes(routes!(account::operator_sign_in))
        .routes(routes!(account::operator_sign_out))
        .routes(routes!(account::operator_get))
        .routes(routes!(entries::entry_list))
        .routes(routes!(tenants::tenant_list))
        .routes(routes!(tenants::tenant_get))
        .routes(routes!(suspension::tenant_suspend))
        .routes(routes!(suspension::tenant_reactivate))
        .routes(routes!(plans::trial_extend))
        .routes(routes!(plans::plan_grant))
        .routes(routes!(plans::plan_revoke))
        .routes(routes!(limits::limit_set))
        .routes(routes!(limits::limit_remove))
        .routes(routes!(impersonations::impersonation_start))
        .routes(routes!(impersonations::impersonation_list))
        .routes(routes!(impersonations::impersonation_end))
        .routes(routes!(jobs::job_list))
        .routes(routes!(jobs::job_replay))
        .routes(routes!(jobs::job_cancel))
        .routes(routes!(webhooks::webhook_list))
        .routes(routes!(stripe_events::stripe_event_list))
        .routes(routes!(stripe_events::stripe_event_replay))
        .routes(routes!(mails::mail_list))
        .routes(routes!(mails::mail_retry))
        .routes(routes!(mails::suppression_list))
}

/// Why an operator changes something.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Because {
    /// Why the operator does this: 1 to 500 characters. The organization reads it in its audit.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Succeeds when there is such an organization.
async fn known(backbone: &Backbone, tenant: TenantId) -> Result<()> {
    tenant_summary(&backbone.db, tenant).await.map(drop)
}

/// Records in the operators' own log what this one did in a transaction that was committed.
async fn note(backbone: &Backbone, by: &SignedInOperator, entry: NewOperatorEntry) -> Result<()> {
    let mut tx = backbone.db.system("record what an operator did").begin().await?;
    by.note(&mut tx, entry).await?;
    tx.commit().await
}
