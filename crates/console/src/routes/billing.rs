//! `/billing`: the billing page of an organization and its buttons.

mod account;
mod acts;
mod ask;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use freehold_billing::{
    Billing, invoice,
    overview::{Overview, overview},
};
use freehold_catalog::Price;
use freehold_core::{Area, Caller, Error, Money, OptionExt, Permission, Result, Standing};
use freehold_pages::{Banner, Refusal, SharedPage, Tone, UserPage, times::day};
use freehold_web::{Answer, Backbone, Query};
use serde::Deserialize;

use self::account::{Subject, banner};
use super::{
    bare, html,
    sign_in::{at_application, page as page_of_sign_in, sign_in_page},
};
use crate::{
    BillingAccount, BillingContent, BillingInvoice, BillingNextPayment, BillingPage, Carried, PayBy, Shell,
    plans::billing_path,
};

/// How often the page reloads by itself to see whether a payment has arrived.
const LOOKS: u32 = 20;
/// Seconds between two reloads.
const LOOK_SECONDS: u32 = 2;
/// Most invoices on the page.
const INVOICES: usize = 24;

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/billing", get(page))
        .route("/billing/checkout", post(acts::checkout))
        .route("/billing/portal", post(acts::portal))
        .route("/billing/change", get(ask::change).post(acts::change))
        .route("/billing/cancel", get(ask::cancel).post(acts::cancel))
        .route("/billing/resume", post(acts::resume))
}

/// The query of the address. Other parameters are ignored, because Stripe and mails add their own.
#[derive(Clone, Debug, Default, Deserialize)]
struct Wanted {
    pay: Option<String>,
    /// Id of the plan that the user chose on a page for visitors.
    plan: Option<String>,
    /// Set when the user comes back from paying.
    checkout: Option<String>,
    look: Option<u32>,
    /// What the user has just done here.
    done: Option<String>,
}

async fn page(
    State(backbone): State<Backbone>,
    page: Result<SharedPage, Refusal>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refusal> {
    match (&backbone.billing, page) {
        (Some(_), Ok(SharedPage(page))) => Ok(shown(&backbone, &page, &wanted, None).await?),
        (Some(_), Err(Refusal::SignedOut(_))) => Ok(sign_in(&backbone, wanted.plan.as_deref())?),
        (Some(_), Err(refusal)) => Err(refusal),
        (None, page) => Ok(off(page.map_or_else(|_| bare(&backbone), |page| page.0.shell))?),
    }
}

/// The page for visitors who are not signed in. `plan` is the id of the plan that they chose.
fn sign_in(backbone: &Backbone, plan: Option<&str>) -> Answer<Response> {
    let to = plan.map_or_else(|| backbone.billing_url(), |plan| format!("{}{}", backbone.site_url, billing_path(plan)));
    let carried = Carried { redirect_to: Some(to), organization: None };
    let page = match &backbone.identity.tokens.project {
        None => page_of_sign_in(backbone, carried),
        Some(project) if project.signs_in_on_pages() => sign_in_page(backbone, carried),
        Some(_) => return at_application(backbone),
    };
    html(page.render())
}

fn off(shell: Shell) -> Answer<Response> {
    let page = BillingPage { shell, content: BillingContent::Off };
    page.shell.show(&page)
}

/// The page, with the error of the last action.
async fn shown(backbone: &Backbone, page: &UserPage, wanted: &Wanted, trouble: Option<&Error>) -> Answer<Response> {
    let billing = backbone.billing.as_ref().or_not_found("page")?;
    let content = match &page.caller {
        None => BillingContent::Nowhere,
        Some(caller) => {
            let account = account_of(backbone, billing, page, Arc::clone(caller), wanted, trouble).await?;
            BillingContent::Account(Box::new(account))
        }
    };
    let status = trouble.and_then(|error| StatusCode::from_u16(error.code().status).ok()).unwrap_or(StatusCode::OK);
    let page = BillingPage { shell: page.shell.clone(), content };
    page.shell.show_with(status, &page)
}

async fn account_of(
    backbone: &Backbone,
    billing: &Billing,
    page: &UserPage,
    mut caller: Arc<Caller>,
    wanted: &Wanted,
    trouble: Option<&Error>,
) -> Result<BillingAccount> {
    let look = wanted.look.unwrap_or_default();
    let paid = wanted.checkout.is_some();
    let mut seen = overview(billing, &caller).await?;
    let may_change = caller.allow(Permission::write(Area::Billing)).is_ok();
    if paid && may_change && seen.running().is_none() && look.is_multiple_of(5) && look < LOOKS {
        // The webhook may be late, and a user who has just paid should not have to wait for it.
        let asked = billing.refresh(caller.tenant()).await;
        if asked.is_ok() {
            caller = page.visitor.caller(backbone, Some(caller.tenant())).await?;
            seen = overview(billing, &caller).await?;
        }
    }
    let name = name(page);
    let subject = Subject {
        product: &backbone.product,
        name,
        id: caller.tenant().to_string(),
        overview: &seen,
        may_change,
        chosen: wanted.plan.as_deref(),
    };
    let pay_by = pay_by(&subject, wanted.pay.as_deref());
    let mut banners: Vec<Banner> = trouble.map(went_wrong).into_iter().collect();
    let again = if paid { arrived(&subject, look, &mut banners) } else { None };
    banners.extend(wanted.done.as_deref().and_then(|what| done(what, &subject)));
    banners.extend(subject.banners());
    let invoices = invoices(billing, &caller, &seen, &mut banners).await;
    let next_payment = next_payment(billing, &caller, &seen).await;
    let running = seen.running().filter(|_| may_change);
    let archived = caller.standing() == Standing::Archived;
    Ok(BillingAccount {
        sentence: subject.sentence(),
        banners,
        may_change,
        usage: if archived { Vec::new() } else { account::usage(&seen.usage) },
        plans: subject.plans(pay_by),
        pay_by,
        can_cancel: running.is_some_and(|paid| !paid.ends_unrenewed()),
        can_resume: running.is_some_and(|paid| paid.ends_at().is_some()),
        has_portal: may_change && seen.has_customer && seen.subscription.is_some(),
        next_payment,
        invoices,
        again,
    })
}

/// Name of the organization of the page.
fn name(page: &UserPage) -> &str {
    page.shell.organization().map_or("Your organization", |organization| &organization.name)
}

/// The interval of the prices shown: the requested one, or that of the subscription.
fn pay_by(subject: &Subject<'_>, wanted: Option<&str>) -> Option<PayBy> {
    let yearly = subject.product.plans().iter().any(|plan| matches!(plan.price, Price::Paid { year: Some(_), .. }));
    let paid = subject.overview.running().map(|paid| paid.interval.as_str());
    let by = if wanted.or(paid) == Some("year") { PayBy::Year } else { PayBy::Month };
    yearly.then_some(by)
}

/// Adds the notice for a user who comes back from paying. Returns when and where to reload while the payment has not
/// arrived.
fn arrived(subject: &Subject<'_>, look: u32, banners: &mut Vec<Banner>) -> Option<(u32, String)> {
    let (tone, title, text) = if subject.overview.running().is_some() {
        (Tone::Good, "Thank you, your payment has arrived", "The new limits apply now.")
    } else if look < LOOKS {
        let text = "This page reloads until your payment has arrived, which takes a few seconds.";
        (Tone::Good, "Waiting for your payment", text)
    } else {
        let text =
            "Nothing is lost: the plan changes when Stripe reports the payment. Reload this page in a few minutes.";
        (Tone::Warn, "Your payment takes longer than usual", text)
    };
    banners.push(banner(tone, title, text));
    let waits = subject.overview.running().is_none() && look < LOOKS;
    let next = format!("/billing?organization={}&checkout=done&look={}", subject.id, look + 1);
    waits.then_some((LOOK_SECONDS, next))
}

/// The notice about what the user has just done.
fn done(what: &str, subject: &Subject<'_>) -> Option<Banner> {
    let (title, text) = match what {
        "changed" => ("The plan was changed", "The new limits apply now."),
        "cancelled" if subject.overview.running().is_some() => return None,
        "cancelled" => ("The subscription has ended", "There are no further payments."),
        "resumed" => ("The subscription continues", "Its cancellation was undone."),
        _ => return None,
    };
    Some(banner(Tone::Good, title, text))
}

fn went_wrong(error: &Error) -> Banner {
    let title = match error.code().status {
        402 => "The payment did not go through",
        503 => "Stripe cannot be reached at the moment",
        _ => "That did not work",
    };
    banner(Tone::Bad, title, error.message())
}

/// The invoices, if the user may see them. Without an answer from Stripe the rest of the page is still shown.
async fn invoices(
    billing: &Billing,
    caller: &Caller,
    seen: &Overview,
    banners: &mut Vec<Banner>,
) -> Option<Vec<BillingInvoice>> {
    if caller.allow(Permission::read(Area::Billing)).is_err() {
        return None;
    }
    if !seen.has_customer {
        return Some(Vec::new());
    }
    let found = invoice::invoice_list(billing, caller.tenant(), INVOICES, None).await;
    if found.is_err() {
        let text = "Stripe does not answer. The rest of this page is up to date.";
        banners.push(banner(Tone::Warn, "The invoices cannot be shown at the moment", text));
    }
    Some(found.ok()?.data.iter().map(invoice_line).collect())
}

/// The next payment, if the user may see it. Without an answer from Stripe the notice of the invoices says so.
async fn next_payment(billing: &Billing, caller: &Caller, seen: &Overview) -> Option<BillingNextPayment> {
    caller.allow(Permission::read(Area::Billing)).ok()?;
    let running = seen.running().filter(|paid| matches!(paid.status.as_str(), "active" | "trialing"))?;
    let date = day(running.period_end?);
    let next = invoice::invoice_next(billing, running).await.ok().flatten()?;
    let mut parts = Vec::new();
    if next.discount.minor != 0 || next.tax.minor != 0 {
        parts.push(("Subtotal".to_owned(), next.subtotal.to_string()));
    }
    for discount in &next.discounts {
        let until = discount.ends_at.map_or_else(String::new, |end| format!(", until {}", day(end)));
        let off = Money { minor: -discount.amount.minor, ..discount.amount };
        parts.push((format!("{}{until}", discount.words()), off.to_string()));
    }
    if next.tax.minor != 0 {
        parts.push(("Tax".to_owned(), next.tax.to_string()));
    }
    if next.amount_due != next.total {
        parts.push(("Total".to_owned(), next.total.to_string()));
        let credit = Money { minor: next.amount_due.minor - next.total.minor, ..next.total };
        parts.push(("Credit".to_owned(), credit.to_string()));
    }
    Some(BillingNextPayment { date, parts, total: next.amount_due.to_string() })
}

/// Discounts and tax in a few words; empty when there are none.
fn details(invoice: &invoice::Invoice) -> String {
    let mut details: Vec<String> = invoice.discounts.iter().map(invoice::InvoiceDiscount::words).collect();
    if invoice.tax.minor != 0 {
        details.push(format!("{} tax", invoice.tax));
    }
    details.join(", ")
}

fn invoice_line(invoice: &invoice::Invoice) -> BillingInvoice {
    BillingInvoice {
        number: invoice.number.clone().unwrap_or_else(|| "Draft".to_owned()),
        date: invoice.created_at.map_or_else(String::new, day),
        amount: invoice.total.to_string(),
        details: details(invoice),
        status: invoice.status.clone(),
        page: invoice.url.clone(),
        pdf: invoice.pdf.clone(),
    }
}
