//! The products and prices that Stripe should have for a plan.

use freehold_catalog::{Plan, Price, Product};
use freehold_core::Money;

use super::{INTERVAL, Interval, PER, PLAN, PLAN_VERSION, PRODUCT, lookup_key};
use crate::stripe::{
    object::{self, Metadata},
    request::{NewPrice, PriceUpdate, ProductFields},
};

/// A product at Stripe, as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShelfProduct {
    /// Id of the product at Stripe: `freehold_voice_pro`.
    pub id: String,
    /// `VoiceFX AI Pro`: name on pages and invoices.
    pub name: String,
    /// The plan's features; empty: none.
    pub description: String,
    /// `member` for a price per member; empty otherwise.
    pub unit_label: String,
    pub(super) metadata: Metadata,
    pub(super) prices: Vec<ShelfPrice>,
}

/// A price at Stripe, as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShelfPrice {
    /// Id of its product at Stripe.
    pub product: String,
    /// Lookup key that finds the price.
    pub lookup_key: String,
    /// Amount per interval.
    pub amount: Money,
    /// Billing interval.
    pub interval: Interval,
    /// Whether the amount is per member.
    pub per_member: bool,
    pub(super) nickname: String,
    pub(super) metadata: Metadata,
}

impl ShelfProduct {
    /// The products and prices for a plan in its present version; none when it has no price.
    pub(super) fn of(product: &Product, plan: &Plan) -> Option<Self> {
        let Price::Paid { month, year, per_member } = plan.price else { return None };
        let id = format!("freehold_{}_{}", product.id, plan.id);
        let amounts = [(Interval::Month, Some(month)), (Interval::Year, year)];
        let metadata = |more: &[(&str, String)]| {
            let both = [(PRODUCT, product.id.clone()), (PLAN, plan.id.clone())];
            both.iter().chain(more).map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Metadata>()
        };
        let price = |(interval, amount): (Interval, Option<Money>)| {
            let mut more = vec![(PLAN_VERSION, plan.version.to_string()), (INTERVAL, interval.to_string())];
            more.extend(per_member.then(|| (PER, "member".to_owned())));
            Some(ShelfPrice {
                product: id.clone(),
                lookup_key: lookup_key(&product.id, &plan.id, plan.version, interval),
                amount: amount?,
                interval,
                per_member,
                nickname: format!("{}, version {}, by the {interval}", plan.name, plan.version),
                metadata: metadata(&more),
            })
        };
        Some(Self {
            name: format!("{} {}", product.name, plan.name),
            description: plan.features.join(", "),
            unit_label: if per_member { "member".to_owned() } else { String::new() },
            metadata: metadata(&[]),
            prices: amounts.into_iter().filter_map(price).collect(),
            id,
        })
    }

    /// What differs at the product found at Stripe, each as a line for operators.
    pub(super) fn differences(&self, found: &object::Product) -> Vec<String> {
        let (description, label) = (found.description.as_deref(), found.unit_label.as_deref());
        let words = [
            ("name", found.name.as_str(), &self.name),
            ("description", description.unwrap_or_default(), &self.description),
            ("unit label", label.unwrap_or_default(), &self.unit_label),
        ];
        let differs = words.iter().filter(|(_, from, to)| from != to);
        let mut changes: Vec<String> =
            differs.map(|(what, from, to)| format!("{what} {from:?} becomes {to:?}")).collect();
        if !found.active {
            changes.push("it is sold again".to_owned());
        }
        if lacks(&found.metadata, &self.metadata) {
            changes.push("it is marked as ours".to_owned());
        }
        changes
    }

    pub(super) fn fields(&self, is_new: bool) -> ProductFields<'_> {
        let text = |text: &'_ str| !is_new || !text.is_empty();
        ProductFields {
            name: Some(&self.name),
            // An empty value removes a field, so it is left out for a new product.
            description: Some(self.description.as_str()).filter(|words| text(words)),
            unit_label: Some(self.unit_label.as_str()).filter(|words| text(words)),
            active: Some(true),
            metadata: self.metadata.clone(),
        }
    }
}

impl ShelfPrice {
    /// Whether the price with this lookup key at Stripe has the name and the metadata of this one.
    pub(super) fn is_described_by(&self, found: &object::Price) -> bool {
        found.nickname.as_ref() == Some(&self.nickname) && !lacks(&found.metadata, &self.metadata)
    }

    /// Why the price with this lookup key at Stripe is not this one: a field differs that cannot be changed there.
    pub(super) fn contradicts(&self, found: &object::Price) -> Option<String> {
        let amount = found.unit_amount.unwrap_or_default();
        let every = found.recurring.as_ref().map(|every| (every.interval.as_str(), every.interval_count));
        let ours = (self.amount.minor, self.amount.currency.code(), Some((self.interval.name(), 1)));
        if (amount, found.currency.as_str(), every) != ours {
            let (interval, count) = every.unwrap_or(("once", 1));
            return Some(format!(
                "Stripe has it as {amount} {} by {count} {interval}, product.toml as {} {} by 1 {}, in the smallest unit",
                found.currency,
                self.amount.minor,
                self.amount.currency.code(),
                self.interval,
            ));
        }
        if found.product.as_ref().is_some_and(|product| *product != self.product) {
            return Some(format!("Stripe has it for the product {}", found.product.as_deref().unwrap_or_default()));
        }
        let per_member = found.metadata.get(PER).is_some_and(|per| per == "member");
        if found.metadata.contains_key(PLAN_VERSION) && per_member != self.per_member {
            let per = |each: bool| if each { "for each member" } else { "for the whole organization" };
            return Some(format!("Stripe has it {}, product.toml {}", per(per_member), per(self.per_member)));
        }
        None
    }

    pub(super) fn new_price(&self) -> NewPrice<'_> {
        NewPrice {
            product: &self.product,
            lookup_key: &self.lookup_key,
            unit_amount: self.amount.minor,
            currency: self.amount.currency.code(),
            interval: self.interval.name(),
            nickname: &self.nickname,
            metadata: self.metadata.clone(),
        }
    }

    pub(super) fn changed(&self) -> PriceUpdate<'_> {
        PriceUpdate { active: Some(true), nickname: Some(&self.nickname), metadata: self.metadata.clone() }
    }
}

/// Whether a metadata entry is missing or differs. Entries of others are ignored.
fn lacks(found: &Metadata, wanted: &Metadata) -> bool {
    wanted.iter().any(|(name, value)| found.get(name) != Some(value))
}
