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
use freehold_core::{
    Area, Caller, Error, Money, OptionExt, Permission, PlaceRequest, Result, Standing, TenantId, codes,
};
use freehold_identity::{project::client::pages_sign_in, user::user_find};
use freehold_pages::times::day;
use freehold_tenancy::member::{Membership, membership_find, membership_list};
use freehold_web::{Answer, Backbone, MaybeVisitor, Query, Visitor};
use serde::Deserialize;

use self::account::{Subject, banner};
use super::{
    bare, html, html_with_status,
    sign_in::{at_application, page as page_of_sign_in, sign_in_page},
};
use crate::{
    BillingAccount, BillingBanner, BillingContent, BillingInvoice, BillingNextPayment, BillingOrganization,
    BillingPage, BillingTone, Carried, PayBy,
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
        .route("/billing/sign-out", post(acts::sign_out))
}

/// The query of the address. Other parameters are ignored, because Stripe and mails add their own.
#[derive(Clone, Debug, Default, Deserialize)]
struct Wanted {
    organization: Option<String>,
    pay: Option<String>,
    /// Set when the user comes back from paying.
    checkout: Option<String>,
    look: Option<u32>,
    /// What the user has just done here.
    done: Option<String>,
}

/// Most organizations offered to switch to, besides the one shown.
const ORGANIZATIONS: i64 = 100;

/// The signed-in user and the organization shown.
struct Reader {
    visitor: Visitor,
    email: String,
    memberships: Vec<Membership>,
    /// None when the user belongs to no organization.
    caller: Option<Arc<Caller>>,
}

impl Reader {
    async fn of(backbone: &Backbone, visitor: Visitor, organization: Option<&str>) -> Result<Self> {
        let wanted: Option<TenantId> = match organization.filter(|id| !id.is_empty()) {
            // A text that is no id names no organization.
            Some(id) => Some(id.parse().ok().or_not_found("organization")?),
            None => None,
        };
        let mut tx = backbone.db.system("read own account").begin().await?;
        let user = user_find(&mut tx, visitor.user).await?.or_not_found("user")?;
        let first = PlaceRequest::new(Some(ORGANIZATIONS), None)?;
        let mut memberships = membership_list(&mut tx, visitor.user, first).await?.data;
        drop(tx);
        let caller = match visitor.caller(backbone, wanted).await {
            Ok(caller) => Some(caller),
            Err(error) if error.is(codes::NOT_FOUND) && wanted.is_none() => None,
            Err(error) => return Err(error),
        };
        let shown = caller.as_ref().map(|caller| caller.tenant());
        if let Some(shown) = shown.filter(|shown| memberships.iter().all(|each| each.tenant_id != *shown)) {
            let mut tx = backbone.db.system("read own account").begin().await?;
            memberships.extend(membership_find(&mut tx, visitor.user, shown).await?);
        }
        Ok(Self { visitor, email: user.email, memberships, caller })
    }

    fn organizations(&self) -> Vec<BillingOrganization> {
        let shown = self.caller.as_ref().map(|caller| caller.tenant());
        let each = |membership: &Membership| BillingOrganization {
            id: membership.tenant_id.to_string(),
            name: membership.name.clone(),
            shown: Some(membership.tenant_id) == shown,
        };
        self.memberships.iter().map(each).collect()
    }

    fn name(&self, tenant: TenantId) -> &str {
        self.memberships.iter().find(|each| each.tenant_id == tenant).map_or("Your organization", |each| &each.name)
    }
}

async fn page(
    State(backbone): State<Backbone>,
    MaybeVisitor(visitor): MaybeVisitor,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    match (&backbone.billing, visitor) {
        (Some(_), None) => sign_in(&backbone),
        (Some(_), Some(visitor)) => shown(&backbone, visitor, &wanted, None).await,
        (None, _) => off(&backbone),
    }
}

/// The page for visitors who are not signed in.
fn sign_in(backbone: &Backbone) -> Answer<Response> {
    let carried = Carried { redirect_to: Some(backbone.billing_url()), organization: None };
    let page = match &backbone.identity.project {
        None => page_of_sign_in(backbone, carried),
        Some(_) if pages_sign_in(&backbone.identity) => sign_in_page(backbone, carried),
        Some(_) => return at_application(backbone),
    };
    html(page.render())
}

fn off(backbone: &Backbone) -> Answer<Response> {
    let page = BillingPage {
        shell: bare(backbone),
        email: String::new(),
        token: String::new(),
        organizations: Vec::new(),
        content: BillingContent::Off,
    };
    html(page.render())
}

/// The page, with the error of the last action.
async fn shown(backbone: &Backbone, visitor: Visitor, wanted: &Wanted, trouble: Option<&Error>) -> Answer<Response> {
    let billing = backbone.billing.as_ref().or_not_found("page")?;
    let reader = Reader::of(backbone, visitor, wanted.organization.as_deref()).await?;
    let content = match &reader.caller {
        None => BillingContent::Nowhere,
        Some(caller) => {
            let account = account_of(backbone, billing, &reader, Arc::clone(caller), wanted, trouble).await?;
            BillingContent::Account(Box::new(account))
        }
    };
    let page = BillingPage {
        shell: bare(backbone),
        token: reader.visitor.form_token(backbone),
        organizations: reader.organizations(),
        email: reader.email,
        content,
    };
    let status = trouble.and_then(|error| StatusCode::from_u16(error.code().status).ok()).unwrap_or(StatusCode::OK);
    html_with_status(status, page.render())
}

async fn account_of(
    backbone: &Backbone,
    billing: &Billing,
    reader: &Reader,
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
            caller = reader.visitor.caller(backbone, Some(caller.tenant())).await?;
            seen = overview(billing, &caller).await?;
        }
    }
    let name = reader.name(caller.tenant());
    let subject =
        Subject { product: &backbone.product, name, id: caller.tenant().to_string(), overview: &seen, may_change };
    let pay_by = pay_by(&subject, wanted.pay.as_deref());
    let mut banners: Vec<BillingBanner> = trouble.map(went_wrong).into_iter().collect();
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

/// The interval of the prices shown: the requested one, or that of the subscription.
fn pay_by(subject: &Subject<'_>, wanted: Option<&str>) -> Option<PayBy> {
    let yearly = subject.product.plans().iter().any(|plan| matches!(plan.price, Price::Paid { year: Some(_), .. }));
    let paid = subject.overview.running().map(|paid| paid.interval.as_str());
    let by = if wanted.or(paid) == Some("year") { PayBy::Year } else { PayBy::Month };
    yearly.then_some(by)
}

/// Adds the notice for a user who comes back from paying. Returns when and where to reload while the payment has not
/// arrived.
fn arrived(subject: &Subject<'_>, look: u32, banners: &mut Vec<BillingBanner>) -> Option<(u32, String)> {
    let (tone, title, text) = if subject.overview.running().is_some() {
        (BillingTone::Good, "Thank you, your payment has arrived", "The new limits apply now.")
    } else if look < LOOKS {
        let text = "This page reloads until your payment has arrived, which takes a few seconds.";
        (BillingTone::Good, "Waiting for your payment", text)
    } else {
        let text =
            "Nothing is lost: the plan changes when Stripe reports the payment. Reload this page in a few minutes.";
        (BillingTone::Warn, "Your payment takes longer than usual", text)
    };
    banners.push(banner(tone, title, text));
    let waits = subject.overview.running().is_none() && look < LOOKS;
    let next = format!("/billing?organization={}&checkout=done&look={}", subject.id, look + 1);
    waits.then_some((LOOK_SECONDS, next))
}

/// The notice about what the user has just done.
fn done(what: &str, subject: &Subject<'_>) -> Option<BillingBanner> {
    let (title, text) = match what {
        "changed" => ("The plan was changed", "The new limits apply now."),
        "cancelled" if subject.overview.running().is_some() => return None,
        "cancelled" => ("The subscription has ended", "There are no further payments."),
        "resumed" => ("The subscription continues", "Its cancellation was undone."),
        _ => return None,
    };
    Some(banner(BillingTone::Good, title, text))
}

fn went_wrong(error: &Error) -> BillingBanner {
    let title = match error.code().status {
        402 => "The payment did not go through",
        503 => "Stripe cannot be reached at the moment",
        _ => "That did not work",
    };
    banner(BillingTone::Bad, title, error.message())
}

/// The invoices, if the user may see them. Without an answer from Stripe the rest of the page is still shown.
async fn invoices(
    billing: &Billing,
    caller: &Caller,
    seen: &Overview,
    banners: &mut Vec<BillingBanner>,
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
        banners.push(banner(BillingTone::Warn, "The invoices cannot be shown at the moment", text));
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
