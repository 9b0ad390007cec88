//! What changes what is paid. Each of these can be sent again without harm, so none takes an `Idempotency-Key`: a second
//! checkout closes the page of the first, and a change, a cancellation or a resumption that is there already does nothing.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use freehold_billing::{
    change,
    checkout::{self, CheckoutWanted},
    customer::Payer,
    overview::overview,
    portal,
};
use freehold_core::Caller;
use freehold_identity::user::user_find;
use freehold_tenancy::tenant::tenant_get;
use freehold_web::{Answer, Authenticated, Backbone, Json, MaybeJson, Problem, caller_anew};

use super::{
    WRITE,
    body::{CancelNew, CheckoutBody, CheckoutNew, PlanChange, PortalBody, PortalNew, PreviewBody, SubscriptionBody},
    sold,
};

/// Begin to pay
///
/// Makes a page on which somebody pays for a plan, where nothing is paid yet; its address is in the answer. The plan holds as
/// soon as it is paid. Pages that were made before close, so sending it again costs nothing twice. Requests at the same moment leave
/// one page open: those for the same page get it, and the others a `conflict`.
#[utoipa::path(post, path = "/billing/checkout", tag = "Billing", request_body = CheckoutNew,
    responses((status = 201, body = CheckoutBody)))]
pub(crate) async fn checkout_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Json(body): Json<CheckoutNew>,
) -> Answer<(StatusCode, Json<CheckoutBody>)> {
    checkout(&backbone, &caller, body).await
}

/// Begin to pay, by another name
///
/// The same as `POST /billing/checkout`.
#[utoipa::path(post, path = "/billing/create-checkout-session", tag = "Billing", request_body = CheckoutNew,
    responses((status = 201, body = CheckoutBody)))]
pub(crate) async fn checkout_session_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Json(body): Json<CheckoutNew>,
) -> Answer<(StatusCode, Json<CheckoutBody>)> {
    checkout(&backbone, &caller, body).await
}

async fn checkout(backbone: &Backbone, caller: &Caller, body: CheckoutNew) -> Answer<(StatusCode, Json<CheckoutBody>)> {
    caller.allow(WRITE)?;
    let billing = sold(backbone)?;
    let CheckoutNew { plan, interval, success_url, cancel_url } = body;
    let wanted = CheckoutWanted { plan, interval, success_url, cancel_url };
    let payer = payer(backbone, caller).await?;
    let made = checkout::checkout_create(billing, caller.tenant(), &payer, &wanted).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Open the portal
///
/// Makes a page on which card, address for invoices and plan are looked after; its address is in the answer, good for one
/// visit soon.
#[utoipa::path(post, path = "/billing/portal", tag = "Billing", request_body = PortalNew,
    responses((status = 201, body = PortalBody)))]
pub(crate) async fn portal_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    MaybeJson(body): MaybeJson<PortalNew>,
) -> Answer<(StatusCode, Json<PortalBody>)> {
    caller.allow(WRITE)?;
    let billing = sold(&backbone)?;
    let payer = payer(&backbone, &caller).await?;
    let url = portal::portal_create(billing, caller.tenant(), &payer, body.return_url.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(PortalBody { url })))
}

/// Preview a change of plan
///
/// What another plan or interval would cost, now and then. Nothing is changed.
#[utoipa::path(post, path = "/billing/preview", tag = "Billing", request_body = PlanChange,
    responses((status = 200, body = PreviewBody)))]
pub(crate) async fn change_preview(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Json(body): Json<PlanChange>,
) -> Answer<Json<PreviewBody>> {
    caller.allow(WRITE)?;
    let billing = sold(&backbone)?;
    Ok(Json(change::change_preview(billing, caller.tenant(), &body.into()).await?.into()))
}

/// Change the plan
///
/// Changes plan or interval of a subscription that goes on. What costs more is paid at once, and holds at once; where the card
/// is refused nothing changes (`payment_failed`). What costs less holds at once, too, deletes nothing, and what was paid too
/// much is taken off the next invoice. A cancellation is taken back with it.
#[utoipa::path(post, path = "/billing/change", tag = "Billing", request_body = PlanChange,
    responses((status = 200, body = SubscriptionBody)))]
pub(crate) async fn plan_change(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    Json(body): Json<PlanChange>,
) -> Answer<Json<SubscriptionBody>> {
    caller.allow(WRITE)?;
    change::plan_change(sold(&backbone)?, caller.tenant(), &body.into()).await?;
    subscription(&backbone, &headers).await
}

/// Cancel the subscription
///
/// Ends the subscription with the period that is paid, or at once; where several run, all of them. Nothing is deleted.
#[utoipa::path(post, path = "/billing/cancel", tag = "Billing", request_body = CancelNew,
    responses((status = 200, body = SubscriptionBody)))]
pub(crate) async fn subscription_cancel(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    MaybeJson(body): MaybeJson<CancelNew>,
) -> Answer<Json<SubscriptionBody>> {
    caller.allow(WRITE)?;
    change::subscription_cancel(sold(&backbone)?, caller.tenant(), body.at.into()).await?;
    subscription(&backbone, &headers).await
}

/// Keep the subscription
///
/// Takes a cancellation back before the subscription has ended, however it was cancelled.
#[utoipa::path(post, path = "/billing/resume", tag = "Billing", responses((status = 200, body = SubscriptionBody)))]
pub(crate) async fn subscription_resume(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
) -> Answer<Json<SubscriptionBody>> {
    caller.allow(WRITE)?;
    change::subscription_resume(sold(&backbone)?, caller.tenant()).await?;
    subscription(&backbone, &headers).await
}

/// Where the organization stands after a change.
async fn subscription(backbone: &Backbone, headers: &HeaderMap) -> Answer<Json<SubscriptionBody>> {
    let caller: Arc<Caller> = caller_anew(backbone, headers).await?;
    Ok(Json(SubscriptionBody::from(&overview(sold(backbone)?, &caller).await?)))
}

/// Who stands on the invoices when the organization becomes a customer.
async fn payer(backbone: &Backbone, caller: &Caller) -> Result<Payer, Problem> {
    let mut tx = backbone.db.tenant(caller).begin().await?;
    let name = tenant_get(&mut tx, caller.tenant()).await?.name;
    drop(tx);
    let email = match caller.user() {
        Some(user) => {
            let mut tx = backbone.db.system("read own account").begin().await?;
            user_find(&mut tx, user).await?.map(|user| user.email)
        }
        None => None,
    };
    Ok(Payer { name: Some(name), email })
}
