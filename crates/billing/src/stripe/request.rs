//! Stripe's requests that need more than an id.

use freehold_core::TenantId;

use super::{form::Form, object::Metadata};

/// Metadata key: id of the tenant.
pub const TENANT: &str = "freehold_tenant";
/// Metadata key of a checkout: its number within the tenant.
pub const CHECKOUT: &str = "freehold_checkout";
/// Metadata key of a subscription that continues a tenant's own trial.
pub const TRIAL: &str = "freehold_trial";
/// Metadata key of a refund: the extra subscription that it is for.
pub const EXTRA: &str = "freehold_extra";

/// Number of objects in a page: Stripe's maximum.
pub(super) const PAGE: usize = 100;

/// A customer to create.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    /// Name on invoices.
    pub name: Option<String>,
    /// Address for invoices.
    pub email: Option<String>,
    /// Id of the tenant.
    pub tenant: TenantId,
}

impl NewCustomer {
    pub(super) fn form(&self) -> Form {
        Form::new()
            .with_some("name", self.name.as_ref())
            .with_some("email", self.email.as_ref())
            .with_metadata([(TENANT, self.tenant.to_string())])
    }
}

/// How the rest of a period is settled after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proration {
    /// Settled with the next invoice.
    NextInvoice,
    /// Settled at once, by an invoice of its own.
    AtOnce,
    /// Not settled.
    None,
}

impl Proration {
    /// Name at Stripe.
    pub fn word(self) -> &'static str {
        match self {
            Self::NextInvoice => "create_prorations",
            Self::AtOnce => "always_invoice",
            Self::None => "none",
        }
    }
}

/// A change of one item of a subscription.
#[derive(Clone, Debug, Default)]
pub struct ItemChange<'a> {
    /// Id of the item: `si_…`.
    pub id: &'a str,
    /// New price; none: stays as it is.
    pub price: Option<&'a str>,
    /// New quantity; none: stays as it is.
    pub quantity: Option<i64>,
}

/// A change of a subscription. Fields that are left out stay as they are.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionUpdate<'a> {
    /// Items that change.
    pub items: Vec<ItemChange<'a>>,
    /// Whether it ends with the paid period.
    pub cancel_at_period_end: Option<bool>,
    /// Whether to remove the time at which it was to end.
    pub cancel_at_cleared: bool,
    /// Whether its trial ends now, so that it is paid.
    pub trial_ended: bool,
    /// Whether its invoices are collected again.
    pub pause_cleared: bool,
    /// How a change in the middle of a period is settled; none: with the next invoice.
    pub proration: Option<Proration>,
    /// Time of the proration, in seconds since 1970, so that the amount is that of a preview.
    pub proration_date: Option<i64>,
    /// Whether nothing changes when the card is declined.
    pub only_if_paid: bool,
    /// Metadata to set.
    pub metadata: Metadata,
}

impl SubscriptionUpdate<'_> {
    /// The fields that a preview accepts.
    fn preview_form(&self) -> Form {
        let mut form = Form::new();
        for (index, item) in self.items.iter().enumerate() {
            let fields =
                Form::new().with("id", item.id).with_some("price", item.price).with_some("quantity", item.quantity);
            form = form.within(&format!("items[{index}]"), fields);
        }
        form.with_some("cancel_at_period_end", self.cancel_at_period_end)
            .with_some("cancel_at", self.cancel_at_cleared.then_some(""))
            .with_some("trial_end", self.trial_ended.then_some("now"))
            .with_some("proration_behavior", self.proration.map(Proration::word))
            .with_some("proration_date", self.proration_date)
    }

    pub(super) fn form(&self) -> Form {
        self.preview_form()
            .with_some("pause_collection", self.pause_cleared.then_some(""))
            .with_some("payment_behavior", self.only_if_paid.then_some("error_if_incomplete"))
            .with_metadata(self.metadata.iter().map(|(key, value)| (key.as_str(), value.clone())))
    }
}

/// Options for cancelling a subscription at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cancellation<'a> {
    /// Whether to create an invoice for pending usage and prorations.
    pub invoice_now: bool,
    /// Whether the rest of the period becomes credit.
    pub prorate: bool,
    /// Reason, shown with the subscription at Stripe.
    pub comment: Option<&'a str>,
}

impl Cancellation<'_> {
    pub(super) fn form(self) -> Form {
        Form::new()
            .with_some("invoice_now", self.invoice_now.then_some(true))
            .with_some("prorate", self.prorate.then_some(true))
            .with_some("cancellation_details[comment]", self.comment)
    }
}

/// A checkout page to create.
#[derive(Clone, Debug)]
pub struct NewCheckout<'a> {
    /// Id of the customer.
    pub customer: &'a str,
    /// Id of the price: `price_…`.
    pub price: &'a str,
    /// Quantity of the price: 1, or the number of members.
    pub quantity: i64,
    /// URL after the payment.
    pub success_url: &'a str,
    /// URL when the user cancels.
    pub cancel_url: &'a str,
    /// Id of the tenant.
    pub tenant: TenantId,
    /// End of the trial, until which nothing is due; at least 48 hours from now.
    pub trial_end: Option<i64>,
    /// Whether visitors can type in a promotion code.
    pub promotion_codes: bool,
    /// Tax rates of the subscription: `txr_…`
    pub tax_rates: &'a [String],
    /// When the page expires: 30 minutes to 24 hours from now; otherwise after 24 hours.
    pub expires_at: Option<i64>,
    /// Number of the checkout within the tenant, from 1.
    pub number: i64,
}

impl NewCheckout<'_> {
    /// The parameters without the number: equal ones are for the same page.
    pub fn wanted(&self) -> String {
        Self { number: 0, ..self.clone() }.form().encode()
    }

    pub(super) fn form(&self) -> Form {
        let tenant = self.tenant.to_string();
        let trial = self.trial_end.map(|_| (TRIAL, "own".to_owned()));
        let data = Form::new()
            .with_metadata([(TENANT, tenant.clone())].into_iter().chain(trial))
            .with_some("trial_end", self.trial_end);
        let data = self
            .tax_rates
            .iter()
            .enumerate()
            .fold(data, |data, (index, rate)| data.with(format!("default_tax_rates[{index}]"), rate));
        Form::new()
            .with("mode", "subscription")
            .with("customer", self.customer)
            .with("client_reference_id", &tenant)
            .with("line_items[0][price]", self.price)
            .with("line_items[0][quantity]", self.quantity)
            .with("success_url", self.success_url)
            .with("cancel_url", self.cancel_url)
            .with_some("expires_at", self.expires_at)
            .with_some("allow_promotion_codes", self.promotion_codes.then_some(true))
            .with_metadata([(TENANT, tenant), (CHECKOUT, self.number.to_string())])
            .within("subscription_data", data)
    }
}

/// A portal page to create.
#[derive(Clone, Debug)]
pub struct NewPortal<'a> {
    /// Id of the customer.
    pub customer: &'a str,
    /// URL that the page leads back to.
    pub return_url: &'a str,
    /// Id of the portal configuration: `bpc_…`; none: the account's settings.
    pub configuration: Option<&'a str>,
}

impl NewPortal<'_> {
    pub(super) fn form(&self) -> Form {
        Form::new()
            .with("customer", self.customer)
            .with("return_url", self.return_url)
            .with_some("configuration", self.configuration)
    }
}

/// A preview of a change.
#[derive(Clone, Debug)]
pub struct NewPreview<'a> {
    /// Id of the subscription.
    pub subscription: &'a str,
    /// The change; its `only_if_paid` and `metadata` are ignored. Empty: the next invoice.
    pub update: SubscriptionUpdate<'a>,
    /// Whether to preview the regular later invoices instead of the next one.
    pub recurring: bool,
}

impl NewPreview<'_> {
    pub(super) fn form(&self) -> Form {
        Form::new()
            .with("subscription", self.subscription)
            .with_some("preview_mode", self.recurring.then_some("recurring"))
            .within("subscription_details", self.update.preview_form())
    }
}

/// A refund to create.
#[derive(Clone, Debug)]
pub struct NewRefund<'a> {
    /// Payment to refund: `pi_…`, or else [`charge`](Self::charge).
    pub payment_intent: Option<&'a str>,
    /// Charge to refund: `ch_…`
    pub charge: Option<&'a str>,
    /// Amount, in the currency's smallest unit.
    pub amount: i64,
    /// The extra subscription that the refund is for.
    pub extra: &'a str,
}

impl NewRefund<'_> {
    pub(super) fn form(&self) -> Form {
        Form::new()
            .with_some("payment_intent", self.payment_intent)
            .with_some("charge", self.charge.filter(|_| self.payment_intent.is_none()))
            .with("amount", self.amount)
            .with("reason", "duplicate")
            .with_metadata([(EXTRA, self.extra.to_owned())])
    }
}

/// A product to create or update. Fields that are left out stay as they are.
#[derive(Clone, Debug, Default)]
pub struct ProductFields<'a> {
    /// Name on pages and invoices.
    pub name: Option<&'a str>,
    /// Description below the name; empty removes it.
    pub description: Option<&'a str>,
    /// Whether it is sold; none: stays as it is.
    pub active: Option<bool>,
    /// Unit of the product; empty removes it.
    pub unit_label: Option<&'a str>,
    /// Metadata to set.
    pub metadata: Metadata,
}

impl ProductFields<'_> {
    pub(super) fn form(&self) -> Form {
        Form::new()
            .with_some("name", self.name)
            .with_some("description", self.description)
            .with_some("active", self.active)
            .with_some("unit_label", self.unit_label)
            .with_metadata(self.metadata.iter().map(|(key, value)| (key.as_str(), value.clone())))
    }
}

/// A price to create.
#[derive(Clone, Debug)]
pub struct NewPrice<'a> {
    /// Id of the product.
    pub product: &'a str,
    /// Lookup key.
    pub lookup_key: &'a str,
    /// Amount in the currency's smallest unit.
    pub unit_amount: i64,
    /// Currency as a lower-case ISO 4217 code: `usd`.
    pub currency: &'a str,
    /// `month` or `year`.
    pub interval: &'a str,
    /// Internal name, for bookkeeping.
    pub nickname: &'a str,
    /// Metadata that name the plan.
    pub metadata: Metadata,
}

impl NewPrice<'_> {
    pub(super) fn form(&self) -> Form {
        Form::new()
            .with("product", self.product)
            .with("lookup_key", self.lookup_key)
            .with("unit_amount", self.unit_amount)
            .with("currency", self.currency)
            .with("recurring[interval]", self.interval)
            .with("nickname", self.nickname)
            .with_metadata(self.metadata.iter().map(|(key, value)| (key.as_str(), value.clone())))
    }
}

/// A change of a price; its amount cannot change. Fields that are left out stay as they are.
#[derive(Clone, Debug, Default)]
pub struct PriceUpdate<'a> {
    /// Whether it is sold; none: stays as it is.
    pub active: Option<bool>,
    /// Internal name, for bookkeeping.
    pub nickname: Option<&'a str>,
    /// Metadata to set.
    pub metadata: Metadata,
}

impl PriceUpdate<'_> {
    pub(super) fn form(&self) -> Form {
        Form::new()
            .with_some("active", self.active)
            .with_some("nickname", self.nickname)
            .with_metadata(self.metadata.iter().map(|(key, value)| (key.as_str(), value.clone())))
    }
}

/// Filter of events.
#[derive(Clone, Debug, Default)]
pub struct EventFilter<'a> {
    /// Only events before this one; used to request the next page.
    pub after: Option<&'a str>,
    /// Only events since this time, in seconds since 1970. Stripe keeps events for 30 days.
    pub created_from: Option<i64>,
    /// Only events that all endpoints received, or only those that some did not.
    pub delivery_success: Option<bool>,
    /// Event types, at most 20; empty: all.
    pub types: &'a [&'a str],
}

impl EventFilter<'_> {
    pub(super) fn form(&self) -> Form {
        Form::new()
            .with("limit", PAGE)
            .with_some("starting_after", self.after)
            .with_some("created[gte]", self.created_from)
            .with_some("delivery_success", self.delivery_success)
            .with_list("types", self.types)
    }
}
