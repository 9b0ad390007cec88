//! What we ask Stripe for, where it takes more than an id.

use freehold_core::TenantId;

use super::{form::Form, object::Metadata};

/// The metadata that says whose a thing is.
pub const TENANT: &str = "freehold_tenant";
/// The metadata of a checkout that numbers those of a tenant.
pub const CHECKOUT: &str = "freehold_checkout";
/// The metadata of a subscription that took a tenant's own trial along.
pub const TRIAL: &str = "freehold_trial";
/// The metadata of a refund that names the subscription for which nothing should have been paid.
pub const EXTRA: &str = "freehold_extra";

/// A customer to make.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    /// As it is to stand on invoices.
    pub name: Option<String>,
    /// Where invoices go.
    pub email: Option<String>,
    /// Whose.
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

/// What becomes of the rest of a period when something changes in it.
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
    /// Stripe's word.
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
    /// Which: `si_…`.
    pub id: &'a str,
    /// The price it gets.
    pub price: Option<&'a str>,
    /// How many.
    pub quantity: Option<i64>,
}

/// A change of a subscription. What is left out stays.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionUpdate<'a> {
    /// Items that change.
    pub items: Vec<ItemChange<'a>>,
    /// Whether it ends with the period that is paid.
    pub cancel_at_period_end: Option<bool>,
    /// It no longer ends at the time that was set.
    pub cancel_at_cleared: bool,
    /// Its trial ends now, and it is paid.
    pub trial_ended: bool,
    /// Its invoices are collected again.
    pub pause_cleared: bool,
    /// How a change in the middle of a period is settled; otherwise with the next invoice.
    pub proration: Option<Proration>,
    /// The second for which it is settled, so that the sum is that of a preview.
    pub proration_date: Option<i64>,
    /// Nothing changes when the card is refused.
    pub only_if_paid: bool,
    /// Metadata to set.
    pub metadata: Metadata,
}

impl SubscriptionUpdate<'_> {
    /// What a preview understands.
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

/// A subscription that is to end at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cancellation<'a> {
    /// An invoice is made of usage and prorations that wait.
    pub invoice_now: bool,
    /// What is left of the period becomes credit.
    pub prorate: bool,
    /// Why, for those who look at the subscription at Stripe.
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

/// A page on which a customer begins to pay for a subscription.
#[derive(Clone, Debug)]
pub struct NewCheckout<'a> {
    /// Who pays.
    pub customer: &'a str,
    /// What: `price_…`.
    pub price: &'a str,
    /// How many.
    pub quantity: i64,
    /// Where the page leads when it is done.
    pub success_url: &'a str,
    /// Where it leads when its visitor turns back.
    pub cancel_url: &'a str,
    /// Whose.
    pub tenant: TenantId,
    /// Until when nothing is to be paid, at least 48 hours from now.
    pub trial_end: Option<i64>,
    /// Whether visitors can type in a promotion code.
    pub promotion_codes: bool,
    /// Tax rates of the subscription: `txr_…`
    pub tax_rates: &'a [String],
    /// When the page expires: 30 minutes to 24 hours from now; otherwise after 24 hours.
    pub expires_at: Option<i64>,
    /// Which checkout of the tenant it is, from 1.
    pub number: i64,
}

impl NewCheckout<'_> {
    /// What is asked for, without the number: two that are equal are for the same page.
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

/// A page on which a customer looks after what is paid.
#[derive(Clone, Debug)]
pub struct NewPortal<'a> {
    /// Whose.
    pub customer: &'a str,
    /// Where it leads back to.
    pub return_url: &'a str,
    /// What it offers: `bpc_…`; otherwise what the account's settings say.
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

/// What a change would cost.
#[derive(Clone, Debug)]
pub struct NewPreview<'a> {
    /// Of which subscription.
    pub subscription: &'a str,
    /// The change; its `only_if_paid` and `metadata` do not count. Empty: the next invoice.
    pub update: SubscriptionUpdate<'a>,
    /// What every later period costs, instead of the next invoice.
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

/// Money to give back.
#[derive(Clone, Debug)]
pub struct NewRefund<'a> {
    /// By what it was paid: `pi_…`, or else [`charge`](Self::charge).
    pub payment_intent: Option<&'a str>,
    /// `ch_…`
    pub charge: Option<&'a str>,
    /// How much, in the currency's smallest unit.
    pub amount: i64,
    /// The subscription for which nothing should have been paid.
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

/// A product to make or to change. What is left out stays.
#[derive(Clone, Debug, Default)]
pub struct ProductFields<'a> {
    /// As it is to stand on pages and invoices.
    pub name: Option<&'a str>,
    /// One line below it; empty takes it away.
    pub description: Option<&'a str>,
    /// Whether it can be bought.
    pub active: Option<bool>,
    /// What one of it is called; empty takes it away.
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

/// A price to make.
#[derive(Clone, Debug)]
pub struct NewPrice<'a> {
    /// Of which product.
    pub product: &'a str,
    /// What it is found by.
    pub lookup_key: &'a str,
    /// In the currency's smallest unit.
    pub unit_amount: i64,
    /// `usd`
    pub currency: &'a str,
    /// `month` or `year`.
    pub interval: &'a str,
    /// What people who keep the books read.
    pub nickname: &'a str,
    /// What it sells.
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

/// A change of a price; its amount cannot change. What is left out stays.
#[derive(Clone, Debug, Default)]
pub struct PriceUpdate<'a> {
    /// Whether it can be bought.
    pub active: Option<bool>,
    /// What people who keep the books read.
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

/// Which events are wanted.
#[derive(Clone, Debug, Default)]
pub struct EventFilter<'a> {
    /// Those before this one, which is how a page is continued.
    pub after: Option<&'a str>,
    /// Not older than this second. Stripe keeps events for 30 days.
    pub created_from: Option<i64>,
    /// Those that were delivered everywhere, or those that were not.
    pub delivery_success: Option<bool>,
    /// Of which types, at most 20; empty: all.
    pub types: &'a [&'a str],
}

impl EventFilter<'_> {
    pub(super) fn form(&self) -> Form {
        Form::new()
            .with("limit", super::calls::PAGE)
            .with_some("starting_after", self.after)
            .with_some("created[gte]", self.created_from)
            .with_some("delivery_success", self.delivery_success)
            .with_list("types", self.types)
    }
}
