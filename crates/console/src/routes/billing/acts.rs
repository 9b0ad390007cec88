//! The buttons of `/billing`. Each form has a token, so that no other site can submit it.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use freehold_billing::{
    Billing, Interval,
    change::{Change, End, plan_change, subscription_cancel, subscription_resume},
    checkout::{CheckoutWanted, checkout_create},
    customer::Payer,
    portal::portal_create,
};
use freehold_core::{Area, Caller, Error, OptionExt, Permission, Result};
use freehold_pages::{Form, Refusal, Shell};
use freehold_web::{Answer, Backbone};
use serde::Deserialize;

use super::{Wanted, name, shown};
use crate::BillingLeavePage;

/// The fields of a form, besides token and organization.
#[derive(Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    plan: String,
    #[serde(default)]
    interval: String,
    at: Option<String>,
}

/// A form that a signed-in user sent.
type Sent = Form<Fields>;

/// The user who sent the form, if they may change billing.
fn payer_check(sent: &Sent) -> Result<&Caller> {
    let caller = sent.page.caller.as_deref().or_not_found("organization")?;
    caller.allow(Permission::write(Area::Billing))?;
    Ok(caller)
}

fn interval(sent: &Sent) -> Result<Interval> {
    sent.fields.interval.parse().map_err(|expected| Error::invalid("/interval", expected))
}

/// Shows the page again, with the error.
async fn failed(backbone: &Backbone, sent: &Sent, error: Error) -> Answer<Response> {
    if error.code().status >= 500 && error.code().status != 503 {
        return Err(error.into());
    }
    shown(backbone, &sent.page, &Wanted::default(), Some(&error)).await
}

/// Goes back to the page, which says what was done or what went wrong.
async fn ended(backbone: &Backbone, sent: &Sent, what: &str, outcome: Result<()>) -> Answer<Response> {
    match outcome {
        Ok(()) => {
            let to = format!("/billing?organization={}&done={what}", sent.page.shell.organization_id());
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => failed(backbone, sent, error).await,
    }
}

fn sold(backbone: &Backbone) -> Result<&Billing> {
    backbone.billing.as_ref().or_not_found("page")
}

/// Leads to a page of Stripe.
fn leave(shell: &Shell, title: &str, to: String) -> Answer<Response> {
    shell.show(&BillingLeavePage { shell: shell.clone(), title: title.to_owned(), to })
}

pub(super) async fn checkout(
    State(backbone): State<Backbone>,
    sent: Result<Sent, Refusal>,
) -> Result<Response, Refusal> {
    let billing = sold(&backbone)?;
    let sent = sent?;
    let made = async {
        let caller = payer_check(&sent)?;
        let back = format!("/billing?organization={}", caller.tenant());
        let wanted = CheckoutWanted {
            plan: sent.fields.plan.clone(),
            interval: interval(&sent)?,
            success_url: Some(format!("{back}&checkout=done")),
            cancel_url: Some(back),
        };
        checkout_create(billing, caller.tenant(), &payer(&sent), &wanted).await
    };
    match made.await {
        Ok(made) => Ok(leave(&sent.page.shell, "Opening the payment page", made.url)?),
        Err(error) => Ok(failed(&backbone, &sent, error).await?),
    }
}

pub(super) async fn portal(State(backbone): State<Backbone>, sent: Result<Sent, Refusal>) -> Result<Response, Refusal> {
    let billing = sold(&backbone)?;
    let sent = sent?;
    let made = async {
        let caller = payer_check(&sent)?;
        let back = format!("/billing?organization={}", caller.tenant());
        portal_create(billing, caller.tenant(), &payer(&sent), Some(&back)).await
    };
    match made.await {
        Ok(to) => Ok(leave(&sent.page.shell, "Opening the page for card and invoices", to)?),
        Err(error) => Ok(failed(&backbone, &sent, error).await?),
    }
}

pub(super) async fn change(State(backbone): State<Backbone>, sent: Result<Sent, Refusal>) -> Result<Response, Refusal> {
    let billing = sold(&backbone)?;
    let sent = sent?;
    let changed = async {
        let caller = payer_check(&sent)?;
        let at = sent.fields.at.as_deref().map(str::parse).transpose();
        let at = at.map_err(|_| Error::invalid("/at", "not the time of a preview"))?;
        let change = Change { plan: sent.fields.plan.clone(), interval: interval(&sent)?, at };
        plan_change(billing, caller, &change).await
    };
    Ok(ended(&backbone, &sent, "changed", changed.await).await?)
}

pub(super) async fn cancel(State(backbone): State<Backbone>, sent: Result<Sent, Refusal>) -> Result<Response, Refusal> {
    let billing = sold(&backbone)?;
    let sent = sent?;
    let end = if sent.fields.at.as_deref() == Some("now") { End::Now } else { End::PeriodEnd };
    let cancelled = async {
        let caller = payer_check(&sent)?;
        subscription_cancel(billing, caller, end).await
    };
    Ok(ended(&backbone, &sent, "cancelled", cancelled.await).await?)
}

pub(super) async fn resume(State(backbone): State<Backbone>, sent: Result<Sent, Refusal>) -> Result<Response, Refusal> {
    let billing = sold(&backbone)?;
    let sent = sent?;
    let resumed = async {
        let caller = payer_check(&sent)?;
        subscription_resume(billing, caller).await
    };
    Ok(ended(&backbone, &sent, "resumed", resumed.await).await?)
}

/// Name and address on the invoices when the organization becomes a customer.
fn payer(sent: &Sent) -> Payer {
    Payer { name: Some(name(&sent.page).to_owned()), email: Some(sent.page.user.email.clone()) }
}
