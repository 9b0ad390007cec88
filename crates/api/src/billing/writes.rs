//! Changes of the subscription. Each can be repeated without harm, so none takes an `Idempotency-Key`: a second
//! checkout closes the page of the first, and repeating a change, cancellation or resumption does nothing.

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
    body::{
        CancelSubscription, ChangePlan, CheckoutSessionBody, CreateCheckoutSession, CreatePortalSession,
        PlanChangePreviewBody, PortalSessionBody, SubscriptionBody,
    },
    sold,
};

/// Create a checkout page
///
/// Creates a page on which a plan is paid for, for an organization without a subscription, and returns its URL. The
/// plan applies as soon as it is paid. Earlier pages close, so repeated requests charge nothing twice. Of simultaneous
/// requests one page stays open: requests for that page get it, the others get `conflict`.
#[utoipa::path(post, path = "/billing/checkout", tag = "Billing", request_body = CreateCheckoutSession,
    responses((status = 201, body = CheckoutSessionBody)))]
pub(crate) async fn checkout_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Json(body): Json<CreateCheckoutSession>,
) -> Answer<(StatusCode, Json<CheckoutSessionBody>)> {
    checkout(&backbone, &caller, body).await
}

/// Create a checkout session
///
/// Same as `POST /billing/checkout`.
#[utoipa::path(post, path = "/billing/create-checkout-session", tag = "Billing", request_body = CreateCheckoutSession,
    responses((status = 201, body = CheckoutSessionBody)))]
pub(crate) async fn checkout_session_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Json(body): Json<CreateCheckoutSession>,
) -> Answer<(StatusCode, Json<CheckoutSessionBody>)> {
    checkout(&backbone, &caller, body).await
}

async fn checkout(
    backbone: &Backbone,
    caller: &Caller,
    body: CreateCheckoutSession,
) -> Answer<(StatusCode, Json<CheckoutSessionBody>)> {
    caller.allow(WRITE)?;
    let billing = sold(backbone)?;
    let CreateCheckoutSession { plan, interval, success_url, cancel_url } = body;
    let wanted = CheckoutWanted { plan, interval, success_url, cancel_url };
    let payer = payer(backbone, caller).await?;
    let made = checkout::checkout_create(billing, caller.tenant(), &payer, &wanted).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Create a portal page
///
/// Creates a page of Stripe's portal, on which card, billing address and plan can be changed, and returns its URL. The
/// URL works for one visit; open it soon.
#[utoipa::path(post, path = "/billing/portal", tag = "Billing", request_body = CreatePortalSession,
    responses((status = 201, body = PortalSessionBody)))]
pub(crate) async fn portal_session_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    MaybeJson(body): MaybeJson<CreatePortalSession>,
) -> Answer<(StatusCode, Json<PortalSessionBody>)> {
    caller.allow(WRITE)?;
    let billing = sold(&backbone)?;
    let payer = payer(&backbone, &caller).await?;
    let url = portal::portal_create(billing, caller.tenant(), &payer, body.return_url.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(PortalSessionBody { url })))
}

/// Preview a plan change
///
/// Returns what a change of plan or interval would cost, now and later. Changes nothing.
#[utoipa::path(post, path = "/billing/preview", tag = "Billing", request_body = ChangePlan,
    responses((status = 200, body = PlanChangePreviewBody)))]
pub(crate) async fn plan_change_preview(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Json(body): Json<ChangePlan>,
) -> Answer<Json<PlanChangePreviewBody>> {
    caller.allow(WRITE)?;
    let billing = sold(&backbone)?;
    Ok(Json(change::change_preview(billing, caller.tenant(), &body.into()).await?.into()))
}

/// Change the plan
///
/// Changes plan or interval of a running subscription at once. An upgrade is charged at once; if the card is declined,
/// nothing changes (`payment_failed`). A downgrade deletes nothing, and the unused amount is credited to the next
/// invoice. A pending cancellation is undone.
#[utoipa::path(post, path = "/billing/change", tag = "Billing", request_body = ChangePlan,
    responses((status = 200, body = SubscriptionBody)))]
pub(crate) async fn plan_change(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    Json(body): Json<ChangePlan>,
) -> Answer<Json<SubscriptionBody>> {
    caller.allow(WRITE)?;
    change::plan_change(sold(&backbone)?, &caller, &body.into()).await?;
    subscription(&backbone, &headers).await
}

/// Cancel the subscription
///
/// Ends the subscription at the end of the paid period, or at once. With several subscriptions, all of them end.
/// Nothing is deleted.
#[utoipa::path(post, path = "/billing/cancel", tag = "Billing", request_body = CancelSubscription,
    responses((status = 200, body = SubscriptionBody)))]
pub(crate) async fn subscription_cancel(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    MaybeJson(body): MaybeJson<CancelSubscription>,
) -> Answer<Json<SubscriptionBody>> {
    caller.allow(WRITE)?;
    change::subscription_cancel(sold(&backbone)?, &caller, body.at.into()).await?;
    subscription(&backbone, &headers).await
}

/// Resume the subscription
///
/// Undoes a cancellation before the subscription has ended, however it was cancelled.
#[utoipa::path(post, path = "/billing/resume", tag = "Billing", responses((status = 200, body = SubscriptionBody)))]
pub(crate) async fn subscription_resume(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
) -> Answer<Json<SubscriptionBody>> {
    caller.allow(WRITE)?;
    change::subscription_resume(sold(&backbone)?, &caller).await?;
    subscription(&backbone, &headers).await
}

/// The state of the organization after a change.
async fn subscription(backbone: &Backbone, headers: &HeaderMap) -> Answer<Json<SubscriptionBody>> {
    let caller: Arc<Caller> = caller_anew(backbone, headers).await?;
    Ok(Json(SubscriptionBody::from(&overview(sold(backbone)?, &caller).await?)))
}

/// Name and e-mail address for the invoices of a new customer.
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
