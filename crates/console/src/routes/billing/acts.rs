//! The buttons of `/billing`. Each form has a token, so that no other site can submit it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::header,
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
use freehold_identity::session::{Scope, session_end};
use freehold_web::{Answer, Backbone, MaybeVisitor, Visitor, project_cookies_removed, project_visit_end};
use serde::Deserialize;

use super::{Reader, Wanted, bare, html, shown};
use crate::{BillingLeavePage, routes::sign_in::form};

/// The fields of a form.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    token: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    plan: String,
    #[serde(default)]
    interval: String,
    at: Option<String>,
}

/// A form that a signed-in user sent.
struct Sent {
    visitor: Visitor,
    fields: Fields,
}

impl Sent {
    /// Reads the form; none when the visitor is not signed in.
    async fn of(visitor: MaybeVisitor, request: Request) -> Result<Option<Self>> {
        let fields = form(request).await?;
        Ok(visitor.0.map(|visitor| Self { visitor, fields }))
    }

    /// The user who sent the form, if they may change billing.
    async fn reader(&self, backbone: &Backbone) -> Result<(Reader, Arc<Caller>)> {
        self.visitor.form_check(backbone, &self.fields.token)?;
        let reader = Reader::of(backbone, self.visitor, Some(&self.fields.organization)).await?;
        let caller = reader.caller.clone().or_not_found("organization")?;
        caller.allow(Permission::write(Area::Billing))?;
        Ok((reader, caller))
    }

    fn interval(&self) -> Result<Interval> {
        self.fields.interval.parse().map_err(|expected| Error::invalid("/interval", expected))
    }

    /// Shows the page again, with the error.
    async fn failed(&self, backbone: &Backbone, error: Error) -> Answer<Response> {
        if error.code().status >= 500 && error.code().status != 503 {
            return Err(error.into());
        }
        let wanted = Wanted { organization: Some(self.fields.organization.clone()), ..Wanted::default() };
        shown(backbone, self.visitor, &wanted, Some(&error)).await
    }

    /// Goes back to the page, which says what was done or what went wrong.
    async fn ended(&self, backbone: &Backbone, what: &str, outcome: Result<()>) -> Answer<Response> {
        match outcome {
            // It is a valid id, because a caller was found by it.
            Ok(()) => {
                let to = format!("/billing?organization={}&done={what}", self.fields.organization);
                Ok(Redirect::to(&to).into_response())
            }
            Err(error) => self.failed(backbone, error).await,
        }
    }
}

/// Redirects a visitor who is not signed in to the page, which asks them to sign in.
fn signed_out() -> Response {
    Redirect::to("/billing").into_response()
}

fn sold(backbone: &Backbone) -> Result<&Billing> {
    backbone.billing.as_ref().or_not_found("page")
}

/// Leads to a page of Stripe.
fn leave(backbone: &Backbone, title: &str, to: String) -> Answer<Response> {
    html(BillingLeavePage { shell: bare(backbone), title: title.to_owned(), to }.render())
}

pub(super) async fn checkout(
    State(backbone): State<Backbone>,
    visitor: MaybeVisitor,
    request: Request,
) -> Answer<Response> {
    let billing = sold(&backbone)?;
    let Some(sent) = Sent::of(visitor, request).await? else { return Ok(signed_out()) };
    let made = async {
        let (reader, caller) = sent.reader(&backbone).await?;
        let back = format!("/billing?organization={}", caller.tenant());
        let wanted = CheckoutWanted {
            plan: sent.fields.plan.clone(),
            interval: sent.interval()?,
            success_url: Some(format!("{back}&checkout=done")),
            cancel_url: Some(back),
        };
        checkout_create(billing, caller.tenant(), &payer(&reader, &caller), &wanted).await
    };
    match made.await {
        Ok(made) => leave(&backbone, "Opening the payment page", made.url),
        Err(error) => sent.failed(&backbone, error).await,
    }
}

pub(super) async fn portal(
    State(backbone): State<Backbone>,
    visitor: MaybeVisitor,
    request: Request,
) -> Answer<Response> {
    let billing = sold(&backbone)?;
    let Some(sent) = Sent::of(visitor, request).await? else { return Ok(signed_out()) };
    let made = async {
        let (reader, caller) = sent.reader(&backbone).await?;
        let back = format!("/billing?organization={}", caller.tenant());
        portal_create(billing, caller.tenant(), &payer(&reader, &caller), Some(&back)).await
    };
    match made.await {
        Ok(to) => leave(&backbone, "Opening the page for card and invoices", to),
        Err(error) => sent.failed(&backbone, error).await,
    }
}

pub(super) async fn change(
    State(backbone): State<Backbone>,
    visitor: MaybeVisitor,
    request: Request,
) -> Answer<Response> {
    let billing = sold(&backbone)?;
    let Some(sent) = Sent::of(visitor, request).await? else { return Ok(signed_out()) };
    let changed = async {
        let (_, caller) = sent.reader(&backbone).await?;
        let at = sent.fields.at.as_deref().map(str::parse).transpose();
        let at = at.map_err(|_| Error::invalid("/at", "not the time of a preview"))?;
        let change = Change { plan: sent.fields.plan.clone(), interval: sent.interval()?, at };
        plan_change(billing, caller.tenant(), &change).await
    };
    sent.ended(&backbone, "changed", changed.await).await
}

pub(super) async fn cancel(
    State(backbone): State<Backbone>,
    visitor: MaybeVisitor,
    request: Request,
) -> Answer<Response> {
    let billing = sold(&backbone)?;
    let Some(sent) = Sent::of(visitor, request).await? else { return Ok(signed_out()) };
    let end = if sent.fields.at.as_deref() == Some("now") { End::Now } else { End::PeriodEnd };
    let cancelled = async {
        let (_, caller) = sent.reader(&backbone).await?;
        subscription_cancel(billing, caller.tenant(), end).await
    };
    sent.ended(&backbone, "cancelled", cancelled.await).await
}

pub(super) async fn resume(
    State(backbone): State<Backbone>,
    visitor: MaybeVisitor,
    request: Request,
) -> Answer<Response> {
    let billing = sold(&backbone)?;
    let Some(sent) = Sent::of(visitor, request).await? else { return Ok(signed_out()) };
    let resumed = async {
        let (_, caller) = sent.reader(&backbone).await?;
        subscription_resume(billing, caller.tenant()).await
    };
    sent.ended(&backbone, "resumed", resumed.await).await
}

/// Ends the session and revokes its tokens.
pub(super) async fn sign_out(
    State(backbone): State<Backbone>,
    visitor: MaybeVisitor,
    request: Request,
) -> Answer<Response> {
    let headers = request.headers().clone();
    let Some(sent) = Sent::of(visitor, request).await? else { return Ok(signed_out()) };
    sent.visitor.form_check(&backbone, &sent.fields.token)?;
    let removed = if backbone.identity.project.is_some() {
        project_visit_end(&backbone, &headers).await;
        project_cookies_removed(&backbone)?
    } else {
        session_end(&backbone.identity, sent.visitor.user, sent.visitor.session, Scope::Local).await?;
        vec![Visitor::cookie_removed(&backbone)?]
    };
    backbone.resolver.forget();
    let mut answer = Redirect::to("/sign-in").into_response();
    for cookie in removed {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// Name and address on the invoices when the organization becomes a customer.
fn payer(reader: &Reader, caller: &Caller) -> Payer {
    Payer { name: Some(reader.name(caller.tenant()).to_owned()), email: Some(reader.email.clone()) }
}
