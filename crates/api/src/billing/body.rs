//! What is sent and answered about plan, payment and invoices.

use freehold_billing::{
    Interval,
    change::{Change, End, Preview, PreviewLine},
    checkout::Checkout,
    overview::{Move, Overview, Way},
    subscription::Subscription,
};
use freehold_catalog::{Plan, Product};
use freehold_metering::usage::Usage;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::plans::{MoneyBody, PlanBody, plan_body};

/// The plans, as they are for the organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct BillingPlanList {
    /// In the order in which they are sold.
    data: Vec<BillingPlanBody>,
}

/// A plan, as it is for the organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct BillingPlanBody {
    #[serde(flatten)]
    plan: PlanBody,
    /// What changing to it means: `current`, `upgrade`, `downgrade` or `contact`.
    r#move: &'static str,
    /// How to come by it: `checkout`, `change`, `cancel` or `contact`; null: there is nothing to do.
    way: Option<&'static str>,
}

impl BillingPlanList {
    pub(crate) fn of(product: &Product, overview: &Overview) -> Self {
        let body = |(plan, step, way): (&Plan, Move, Option<Way>)| BillingPlanBody {
            plan: plan_body(product, plan),
            r#move: step.name(),
            way: way.map(Way::name),
        };
        Self { data: overview.moves(product).map(body).collect() }
    }
}

/// Where the organization stands with its money.
#[derive(Serialize, ToSchema)]
pub(crate) struct SubscriptionBody {
    /// `free`, `trialing`, `active`, `past_due` (in its days of grace), `suspended` (can only be read), `cancelled` (the same,
    /// after a subscription) or `archived` (nothing but paying works).
    state: &'static str,
    /// Since when; null: since it was made.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// The plan it is on.
    plan: String,
    /// The version of the plan it bought.
    plan_version: i32,
    /// An operator gave it the plan, whatever is paid.
    granted: bool,
    /// `month` or `year`; null: nothing is paid.
    interval: Option<String>,
    /// For how many members the price is paid; 1 where it is for all of them together; null: nothing is paid.
    seats: Option<i64>,
    /// When the period that is paid began.
    #[schema(value_type = Option<String>, format = DateTime)]
    period_start: Option<Timestamp>,
    /// End of the period that is paid, UTC. Another payment follows it only where `next_payment_at` says so.
    #[schema(value_type = Option<String>, format = DateTime)]
    period_end: Option<Timestamp>,
    /// When the next payment is due, UTC; null: no other payment comes, or an open invoice comes first.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_payment_at: Option<Timestamp>,
    /// When the subscription ends, UTC, however it was cancelled; null: it goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    cancel_at: Option<Timestamp>,
    /// Whether the subscription ends without another payment, however it was cancelled.
    cancel_at_period_end: bool,
    /// When the trial ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    trial_ends_at: Option<Timestamp>,
    /// A payment failed: until when everything still works.
    #[schema(value_type = Option<String>, format = DateTime)]
    grace_ends_at: Option<Timestamp>,
    /// Where what is owed can be paid; null: nothing is.
    pay_url: Option<String>,
    /// Suspended or cancelled: until when the data is kept as it is, before it goes to the archive.
    #[schema(value_type = Option<String>, format = DateTime)]
    kept_until: Option<Timestamp>,
    /// What is used beyond the plan, as it can be after a change to a smaller one. Nothing of it is deleted; there can only be
    /// no more.
    over: Vec<OverBody>,
}

/// A meter of which more is used than the plan has.
#[derive(Serialize, ToSchema)]
pub(crate) struct OverBody {
    /// Its id: `workflows`.
    meter: String,
    /// Its name for people.
    name: String,
    /// How much is used.
    used: i64,
    /// What the plan has.
    limit: i64,
}

impl From<&Usage> for OverBody {
    fn from(usage: &Usage) -> Self {
        let Usage { meter, name, used, limit, .. } = usage;
        Self { meter: meter.clone(), name: name.clone(), used: *used, limit: limit.unwrap_or(i64::MAX) }
    }
}

impl From<&Overview> for SubscriptionBody {
    fn from(overview: &Overview) -> Self {
        let paid = overview.running();
        let of_paid = |part: fn(&Subscription) -> Option<Timestamp>| paid.and_then(part);
        Self {
            state: overview.state.name(),
            since: overview.since,
            plan: overview.plan.id.clone(),
            plan_version: overview.plan.version,
            granted: overview.granted,
            interval: paid.map(|paid| paid.interval.clone()),
            seats: paid.map(|paid| paid.seats),
            period_start: of_paid(|paid| paid.period_start),
            period_end: of_paid(|paid| paid.period_end),
            next_payment_at: overview.next_payment_at(),
            cancel_at: overview.ends_at(),
            cancel_at_period_end: paid.is_some_and(Subscription::ends_unrenewed),
            trial_ends_at: overview.trial_ends_at(),
            grace_ends_at: overview.grace_ends_at(),
            pay_url: overview.pay_url().map(str::to_owned),
            kept_until: overview.kept_until(),
            over: overview.over().map(OverBody::from).collect(),
        }
    }
}

/// What is to be paid for, on a page.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckoutNew {
    /// A plan's id: `pro`.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) plan: String,
    /// How often it is paid.
    pub(crate) interval: Interval,
    /// Where the page leads when it is done, on this site or one that its operator allowed; otherwise to `/billing`.
    #[schema(max_length = 2000)]
    pub(crate) success_url: Option<String>,
    /// Where it leads whoever turns back; otherwise to `/billing`.
    #[schema(max_length = 2000)]
    pub(crate) cancel_url: Option<String>,
}

/// Where to come back to.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortalNew {
    /// Where the page leads back to, on this site or one that its operator allowed; otherwise to `/billing`.
    #[schema(max_length = 2000)]
    pub(crate) return_url: Option<String>,
}

/// A page on which somebody can pay.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckoutBody {
    /// Which: `cs_…`.
    id: String,
    /// Where it is. Lead whoever pays there.
    url: String,
    /// When it closes.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Until when nothing is to be paid, because so much of the trial is left.
    #[schema(value_type = Option<String>, format = DateTime)]
    trial_ends_at: Option<Timestamp>,
}

impl From<Checkout> for CheckoutBody {
    fn from(checkout: Checkout) -> Self {
        let Checkout { id, url, expires_at, trial_ends_at } = checkout;
        Self { id, url, expires_at, trial_ends_at }
    }
}

/// A page on which card, plan and invoices are looked after.
#[derive(Serialize, ToSchema)]
pub(crate) struct PortalBody {
    /// Where it is, for one visit soon.
    pub(crate) url: String,
}

/// Another plan, or another interval.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanChange {
    /// A plan's id: `pro`.
    #[schema(min_length = 1, max_length = 100)]
    plan: String,
    /// How often it is paid.
    interval: Interval,
    /// The moment that a preview was for, at most an hour ago, so that it costs what that said; otherwise now.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

impl From<PlanChange> for Change {
    fn from(change: PlanChange) -> Self {
        let PlanChange { plan, interval, at } = change;
        Self { plan, interval, at }
    }
}

/// What a change would cost.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreviewBody {
    /// The moment it is for. A change with this `at` within an hour costs the same.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// To be paid at once.
    now: MoneyBody,
    /// What becomes credit for later invoices, because more was paid than is used.
    credit: MoneyBody,
    /// The invoice after that.
    next: MoneyBody,
    /// When it is made.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    /// Every later one.
    regular: MoneyBody,
    /// What the invoice that settles the change is made of: the one paid now, or else the next.
    lines: Vec<PreviewLineBody>,
}

/// One line of an invoice.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreviewLineBody {
    /// What people read.
    description: String,
    /// Below zero it is taken off.
    amount: MoneyBody,
    /// From when.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Until when.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

impl From<Preview> for PreviewBody {
    fn from(preview: Preview) -> Self {
        let Preview { at, now, credit, next, next_at, regular, lines } = preview;
        Self {
            at,
            now: now.into(),
            credit: credit.into(),
            next: next.into(),
            next_at,
            regular: regular.into(),
            lines: lines.into_iter().map(PreviewLineBody::from).collect(),
        }
    }
}

impl From<PreviewLine> for PreviewLineBody {
    fn from(line: PreviewLine) -> Self {
        let PreviewLine { description, amount, from, to } = line;
        Self { description, amount: amount.into(), from, to }
    }
}

/// When it is to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CancelAt {
    /// With the period that is paid.
    #[default]
    PeriodEnd,
    /// At once.
    Now,
}

/// When it is to end.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelNew {
    /// `period_end`, the default, or `now`.
    #[serde(default)]
    pub(crate) at: CancelAt,
}

impl From<CancelAt> for End {
    fn from(at: CancelAt) -> Self {
        match at {
            CancelAt::PeriodEnd => Self::PeriodEnd,
            CancelAt::Now => Self::Now,
        }
    }
}
