//! Request and response bodies of billing.

use freehold_billing::{
    Interval,
    change::{Change, End, Preview, PreviewLine},
    checkout::Checkout,
    lifecycle::State,
    overview::{Move, Overview, Way},
    subscription::Subscription,
};
use freehold_catalog::{Plan, Product};
use freehold_metering::usage::Usage;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::plans::{MoneyBody, PlanBody, plan_body};

/// The plans on sale, from the organization's point of view.
#[derive(Serialize, ToSchema)]
pub(crate) struct BillingPlanList {
    /// The plans, in the order of the catalog.
    data: Vec<BillingPlanBody>,
}

/// A plan, from the organization's point of view.
#[derive(Serialize, ToSchema)]
pub(crate) struct BillingPlanBody {
    #[serde(flatten)]
    plan: PlanBody,
    /// What a change to the plan means: `current`, `upgrade`, `downgrade` or `contact`.
    r#move: Move,
    /// The endpoint for the change: `checkout`, `change` or `cancel`; `contact` for a plan sold by contact; null when
    /// no change is possible.
    way: Option<Way>,
}

impl BillingPlanList {
    pub(crate) fn of(product: &Product, overview: &Overview) -> Self {
        let body = |(plan, step, way): (&Plan, Move, Option<Way>)| BillingPlanBody {
            plan: plan_body(product, plan),
            r#move: step,
            way,
        };
        Self { data: overview.moves(product).map(body).collect() }
    }
}

/// The state of an organization's subscription.
#[derive(Serialize, ToSchema)]
pub(crate) struct SubscriptionBody {
    /// State of the subscription: `free`, `trialing`, `active`, `past_due` (in its grace period), `suspended`
    /// (read-only), `cancelled` (read-only after a subscription) or `archived` (only paying works).
    state: State,
    /// When the state began, UTC; null when it has held since the organization was created.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Id of the organization's plan.
    plan: String,
    /// Version of the plan that the organization is on.
    plan_version: i32,
    /// Whether an operator granted the plan, independent of payments.
    granted: bool,
    /// Billing interval, `month` or `year`; null without a paid subscription.
    #[schema(value_type = Option<Interval>)]
    interval: Option<String>,
    /// Number of members that are paid for, 1 for a flat price; null without a paid subscription.
    seats: Option<i64>,
    /// Start of the paid period, UTC; null without a paid subscription.
    #[schema(value_type = Option<String>, format = DateTime)]
    period_start: Option<Timestamp>,
    /// End of the paid period, UTC; null without a paid subscription. Another payment follows only where
    /// `next_payment_at` is set.
    #[schema(value_type = Option<String>, format = DateTime)]
    period_end: Option<Timestamp>,
    /// When the next payment is due, UTC; null when none follows or an open invoice must be paid first.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_payment_at: Option<Timestamp>,
    /// When the subscription ends, UTC, however it was cancelled; null when it renews.
    #[schema(value_type = Option<String>, format = DateTime)]
    cancel_at: Option<Timestamp>,
    /// Whether the subscription ends without another payment, however it was cancelled.
    cancel_at_period_end: bool,
    /// End of the trial, UTC; null without a trial.
    #[schema(value_type = Option<String>, format = DateTime)]
    trial_ends_at: Option<Timestamp>,
    /// End of the grace period after a failed payment, UTC, until which everything works; null without one.
    #[schema(value_type = Option<String>, format = DateTime)]
    grace_ends_at: Option<Timestamp>,
    /// URL at which the open invoice can be paid; null when nothing is owed.
    #[schema(format = "uri")]
    pay_url: Option<String>,
    /// When the data of a suspended or cancelled organization is archived, UTC; null otherwise.
    #[schema(value_type = Option<String>, format = DateTime)]
    kept_until: Option<Timestamp>,
    /// The meters whose usage is above the plan's limit, for example after a downgrade. Nothing is deleted, but usage
    /// cannot grow.
    over: Vec<OverLimitBody>,
}

/// A meter whose usage is above the plan's limit.
#[derive(Serialize, ToSchema)]
pub(crate) struct OverLimitBody {
    /// Id of the meter, such as `workflows`.
    meter: String,
    /// Display name of the meter.
    name: String,
    /// Usage in the meter's unit.
    used: i64,
    /// The plan's limit in the meter's unit.
    limit: i64,
}

impl From<&Usage> for OverLimitBody {
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
            state: overview.state,
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
            over: overview.over().map(OverLimitBody::from).collect(),
        }
    }
}

/// The plan to pay for on a checkout page.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCheckoutSession {
    /// Id of the plan, such as `pro`: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) plan: String,
    /// Billing interval, `month` or `year`.
    pub(crate) interval: Interval,
    /// URL, or path of this site, to which the page leads after the payment; URLs lead to this site or an allowed
    /// origin. `/billing` when left out.
    #[schema(format = "uri-reference", max_length = 2000)]
    pub(crate) success_url: Option<String>,
    /// URL, or path of this site, to which the page leads when the user cancels; URLs lead to this site or an allowed
    /// origin. `/billing` when left out.
    #[schema(format = "uri-reference", max_length = 2000)]
    pub(crate) cancel_url: Option<String>,
}

/// The page to which Stripe's portal returns.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatePortalSession {
    /// URL, or path of this site, to which the portal leads back; URLs lead to this site or an allowed origin.
    /// `/billing` when left out.
    #[schema(format = "uri-reference", max_length = 2000)]
    pub(crate) return_url: Option<String>,
}

/// A checkout page.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckoutSessionBody {
    /// Id of the checkout session: `cs_…`.
    id: String,
    /// URL of the checkout page; open it in the user's browser.
    #[schema(format = "uri")]
    url: String,
    /// When the page expires, UTC; null when unknown.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// End of the trial, UTC, before which nothing is charged; null without a trial.
    #[schema(value_type = Option<String>, format = DateTime)]
    trial_ends_at: Option<Timestamp>,
}

impl From<Checkout> for CheckoutSessionBody {
    fn from(checkout: Checkout) -> Self {
        let Checkout { id, url, expires_at, trial_ends_at } = checkout;
        Self { id, url, expires_at, trial_ends_at }
    }
}

/// A page of Stripe's customer portal.
#[derive(Serialize, ToSchema)]
pub(crate) struct PortalSessionBody {
    /// URL of the portal, for one visit; open it soon.
    #[schema(format = "uri")]
    pub(crate) url: String,
}

/// The plan or interval to change to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePlan {
    /// Id of the plan, such as `pro`: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    plan: String,
    /// Billing interval, `month` or `year`.
    interval: Interval,
    /// The `at` of a preview, at most an hour old, so that the change costs what the preview said; now when left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

impl From<ChangePlan> for Change {
    fn from(change: ChangePlan) -> Self {
        let ChangePlan { plan, interval, at } = change;
        Self { plan, interval, at }
    }
}

/// The cost of a change of plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanChangePreviewBody {
    /// The moment of the calculation, UTC. A change with this `at` costs the same for an hour.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Amount charged at once.
    now: MoneyBody,
    /// Amount credited to later invoices, since the paid period is not used up.
    credit: MoneyBody,
    /// Amount of the next regular invoice.
    next: MoneyBody,
    /// When the next regular invoice is due, UTC; null when unknown.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    /// Amount of every later invoice.
    regular: MoneyBody,
    /// Lines of the invoice that settles the change: the one charged now, or else the next one.
    lines: Vec<PlanChangePreviewLineBody>,
}

/// A line of an invoice.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanChangePreviewLineBody {
    /// Text of the line.
    description: String,
    /// Amount of the line; negative for a deduction.
    amount: MoneyBody,
    /// Start of the period that the line covers, UTC; null without one.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// End of the period that the line covers, UTC; null without one.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

impl From<Preview> for PlanChangePreviewBody {
    fn from(preview: Preview) -> Self {
        let Preview { at, now, credit, next, next_at, regular, lines } = preview;
        Self {
            at,
            now: now.into(),
            credit: credit.into(),
            next: next.into(),
            next_at,
            regular: regular.into(),
            lines: lines.into_iter().map(PlanChangePreviewLineBody::from).collect(),
        }
    }
}

impl From<PreviewLine> for PlanChangePreviewLineBody {
    fn from(line: PreviewLine) -> Self {
        let PreviewLine { description, amount, from, to } = line;
        Self { description, amount: amount.into(), from, to }
    }
}

/// When a subscription ends after its cancellation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CancelAt {
    /// At the end of the paid period.
    #[default]
    PeriodEnd,
    /// At once.
    Now,
}

/// The cancellation of a subscription.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelSubscription {
    /// `period_end` (the default) or `now`.
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
