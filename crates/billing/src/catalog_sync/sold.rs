//! Finding the plan that a Stripe price stands for.
//!
//! A catalog price has metadata that name the plan. A price of a custom deal is mapped to a plan, in this order, by an
//! operator's setting ([`CustomPrices`]), by the metadata `freehold_plan` of the price, by a lookup key such as
//! `freehold_voice_pro_acme`, and by the metadata of its product at Stripe.

use std::collections::BTreeMap;

use freehold_catalog::{self as catalog, Product};
use freehold_core::Plan;

use super::{INTERVAL, Interval, PER, PLAN, PLAN_VERSION, PRODUCT};
use crate::stripe::object;

/// What a Stripe price stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    /// The plan, in the version that the price buys.
    pub plan: Plan,
    /// Billing interval. For a custom price with another interval, the nearer of the two.
    pub interval: Interval,
    /// Whether the quantity is the number of members.
    pub per_member: bool,
    /// Whether the price was agreed with the customer, and is not a catalog price.
    pub custom: bool,
}

/// The plans that prices of custom deals stand for, from the operator's settings: `[billing.prices]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomPrices(BTreeMap<String, (Plan, Option<Interval>)>);

impl CustomPrices {
    /// Parses `price_1Abc = "enterprise/year"`. The key is a price's id, its lookup key, or the id of its product at
    /// Stripe; the value is a plan, and an interval if the price's own is not the right one.
    ///
    /// # Errors
    /// A sentence that names the entry, when there is no such plan or interval.
    pub fn of(entries: &BTreeMap<String, String>, product: &Product) -> Result<Self, String> {
        let read = |(name, value): (&String, &String)| {
            let (plan, interval) =
                value.split_once('/').map_or((value.as_str(), None), |(plan, rest)| (plan, Some(rest)));
            let wrong = |why: &str| format!("{name} = {value:?} in [billing.prices]: {why}");
            let interval = interval.map(str::trim).map(str::parse).transpose().map_err(wrong)?;
            let plan = product.plan(plan.trim()).ok_or_else(|| {
                let plans: Vec<&str> = product.plans().iter().map(|plan| plan.id.as_str()).collect();
                wrong(&format!("there is no plan {plan:?}; expected one of {}", plans.join(", ")))
            })?;
            Ok((name.clone(), (today(plan), interval)))
        };
        entries.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    fn find(&self, price: &object::Price) -> Option<&(Plan, Option<Interval>)> {
        let names = [Some(&price.id), price.lookup_key.as_ref(), price.product.as_ref()];
        names.into_iter().flatten().find_map(|name| self.0.get(name))
    }
}

fn today(plan: &catalog::Plan) -> Plan {
    Plan { id: plan.id.clone(), version: plan.version }
}

/// The plan and interval of this price; none when it names no plan of the product.
pub fn sold(price: &object::Price, product: &Product, custom: &CustomPrices) -> Option<Sold> {
    if let Some((plan, interval)) = custom.find(price) {
        return agreed(price, plan.clone(), *interval);
    }
    let word = |name: &str| price.metadata.get(name).map(String::as_str);
    if word(PRODUCT).is_some_and(|id| id != product.id) {
        return None;
    }
    if let Some(found) = of_catalog(price, product) {
        return Some(found);
    }
    if let Some(plan) = word(PLAN) {
        let found = product.plan(plan)?;
        let version = word(PLAN_VERSION).and_then(|text| text.parse().ok());
        let plan = Plan { id: found.id.clone(), version: version.unwrap_or(found.version) };
        return agreed(price, plan, None);
    }
    let plan = price.lookup_key.as_deref().and_then(|key| plan_of_key(key, product))?;
    agreed(price, today(plan), None)
}

/// The plan of a price that names none itself, from the metadata of its product at Stripe.
pub fn sold_of_product(price: &object::Price, of: &object::Product, product: &Product) -> Option<Sold> {
    if of.metadata.get(PRODUCT).is_some_and(|id| *id != product.id) {
        return None;
    }
    let plan = of.metadata.get(PLAN).and_then(|plan| product.plan(plan))?;
    agreed(price, today(plan), None)
}

/// A price as [`apply`](super::apply) creates it: with all of its metadata, or with its lookup key, which an operator
/// may have set by hand.
fn of_catalog(price: &object::Price, product: &Product) -> Option<Sold> {
    let word = |name: &str| price.metadata.get(name).map(String::as_str);
    let told = word(PRODUCT).and(word(PLAN).zip(word(PLAN_VERSION).and_then(|text| text.parse().ok())));
    let key = price.lookup_key.as_deref().and_then(|key| lookup_key_read(key, &product.id));
    let (plan, version) = told.or(key.map(|(plan, version, _)| (plan, version)))?;
    let interval = interval_of(price).or(key.map(|(.., each)| each))?;
    let of_today = product.plan(plan).filter(|today| today.version == version);
    let per_member = match word(PER) {
        Some(per) => per == "member",
        // A price that is not per member has no such entry; one made by hand may have no metadata at all.
        None => told.is_none() && of_today.is_some_and(catalog::Plan::per_member),
    };
    let custom = key.is_none() && word(INTERVAL).is_none();
    Some(Sold { plan: Plan { id: plan.to_owned(), version }, interval, per_member, custom })
}

/// A price that was agreed with a customer. Its quantity stays as agreed, unless the metadata say that it is per
/// member.
fn agreed(price: &object::Price, plan: Plan, interval: Option<Interval>) -> Option<Sold> {
    let interval = interval.or_else(|| interval_of(price))?;
    let per_member = price.metadata.get(PER).is_some_and(|per| per == "member");
    Some(Sold { plan, interval, per_member, custom: true })
}

/// The billing interval: a year or more counts as a year, anything shorter as a month. None: a one-time price.
fn interval_of(price: &object::Price) -> Option<Interval> {
    let said = price.metadata.get(INTERVAL).and_then(|text| text.parse().ok());
    let recurring = price.recurring.as_ref().map(|each| {
        let months = match each.interval.as_str() {
            "year" => 12,
            "month" => 1,
            _ => 0,
        };
        if months * each.interval_count >= 12 { Interval::Year } else { Interval::Month }
    });
    said.or(recurring)
}

/// The lookup key of a plan version's price.
pub fn lookup_key(product: &str, plan: &str, version: i32, interval: Interval) -> String {
    format!("freehold_{product}_{plan}_v{version}_{interval}")
}

fn lookup_key_read<'k>(key: &'k str, product: &str) -> Option<(&'k str, i32, Interval)> {
    let rest = key.strip_prefix("freehold_")?.strip_prefix(product)?.strip_prefix('_')?;
    let (rest, interval) = rest.rsplit_once('_')?;
    let (plan, version) = rest.rsplit_once("_v")?;
    Some((plan, version.parse().ok()?, interval.parse().ok()?))
}

/// The plan of a custom lookup key: `freehold_voice_pro_acme`. The longest plan id that fits.
fn plan_of_key<'p>(key: &str, product: &'p Product) -> Option<&'p catalog::Plan> {
    let rest = key.strip_prefix("freehold_")?.strip_prefix(product.id.as_str())?.strip_prefix('_')?;
    let fits = |plan: &&catalog::Plan| {
        rest.strip_prefix(plan.id.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    product.plans().iter().filter(fits).max_by_key(|plan| plan.id.len())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn voice() -> Product {
        let text = include_str!("../../../../products/voice/product.toml");
        let text = text.replace(r#"year = "$990" }"#, r#"year = "$990", per = "member" }"#);
        Product::parse("product.toml", &text).unwrap()
    }

    fn price(value: Value) -> object::Price {
        serde_json::from_value(value).unwrap()
    }

    fn read(value: Value) -> Option<Sold> {
        sold(&price(value), &voice(), &CustomPrices::default())
    }

    fn pro(version: i32, interval: Interval, per_member: bool) -> Sold {
        Sold { plan: Plan { id: "pro".to_owned(), version }, interval, per_member, custom: false }
    }

    fn deal(plan: &str, interval: Interval) -> Option<Sold> {
        voice().plan(plan).map(|found| Sold { plan: today(found), interval, per_member: false, custom: true })
    }

    #[test]
    fn a_price_says_what_it_sells() {
        let metadata = |per: Option<&str>| {
            let mut metadata = json!({ PRODUCT: "voice", PLAN: "pro", PLAN_VERSION: "3", INTERVAL: "year" });
            if let Some(per) = per {
                metadata[PER] = json!(per);
            }
            json!({ "id": "price_1", "metadata": metadata })
        };
        assert_eq!(read(metadata(None)), Some(pro(3, Interval::Year, false)));
        assert_eq!(read(metadata(Some("member"))), Some(pro(3, Interval::Year, true)));
        let other = json!({ "id": "price_1", "metadata": { PRODUCT: "studio", PLAN: "pro", PLAN_VERSION: "1" },
            "lookup_key": "freehold_voice_pro_v1_month" });
        assert_eq!(read(other), None);
    }

    #[test]
    fn a_lookup_key_says_so_too() {
        let keyed = |key: &str| read(json!({ "id": "price_1", "lookup_key": key }));
        assert_eq!(keyed("freehold_voice_pro_v1_month"), Some(pro(1, Interval::Month, true)));
        // Only the metadata say whether a price of an old version was per member.
        assert_eq!(keyed("freehold_voice_pro_v7_year"), Some(pro(7, Interval::Year, false)));
        let odd = keyed("freehold_voice_pro_v2_plus_v1_year").unwrap();
        assert_eq!((odd.plan.id.as_str(), odd.plan.version), ("pro_v2_plus", 1));
        for key in ["freehold_voice_pro_v1_week", "freehold_voice_pro_month", "freehold_voicepro_v1_month", "pro", ""] {
            assert_eq!(keyed(key), None, "{key}");
        }
        assert_eq!(read(json!({ "id": "price_1" })), None);
        assert_eq!(lookup_key("voice", "pro", 1, Interval::Month), "freehold_voice_pro_v1_month");
    }

    #[test]
    fn a_price_of_a_custom_deal_stands_for_a_plan() {
        let monthly = json!({ "interval": "month", "interval_count": 1 });
        let yearly = json!({ "interval": "year", "interval_count": 1 });
        let with = |field: &str, value: Value, recurring: &Value| {
            let mut price = json!({ "id": "price_deal", "recurring": recurring });
            price[field] = value;
            read(price)
        };
        let month = deal("enterprise", Interval::Month);
        assert_eq!(with("metadata", json!({ PLAN: "enterprise" }), &monthly), month);
        assert_eq!(with("metadata", json!({ PRODUCT: "voice", PLAN: "enterprise" }), &monthly), month);
        assert_eq!(with("metadata", json!({ PRODUCT: "studio", PLAN: "enterprise" }), &monthly), None);
        assert_eq!(with("metadata", json!({ PLAN: "gold" }), &monthly), None);
        for key in
            ["freehold_voice_enterprise_acme", "freehold_voice_enterprise", "freehold_voice_enterprise_v1_month_acme"]
        {
            assert_eq!(with("lookup_key", json!(key), &monthly), month, "{key}");
        }
        assert_eq!(with("lookup_key", json!("freehold_voice_enterprises"), &monthly), None);
        assert_eq!(with("metadata", json!({ PLAN: "pro" }), &yearly), deal("pro", Interval::Year));
        // A quarter or a week is nearer to a month, two years are nearer to a year.
        for (each, count, near) in [
            ("month", 3, Interval::Month),
            ("week", 1, Interval::Month),
            ("month", 12, Interval::Year),
            ("year", 2, Interval::Year),
        ] {
            let recurring = json!({ "interval": each, "interval_count": count });
            assert_eq!(with("metadata", json!({ PLAN: "pro" }), &recurring), deal("pro", near), "{count} {each}");
        }
        let product = |metadata: Value| {
            let of = serde_json::from_value(json!({ "id": "prod_1", "metadata": metadata })).unwrap();
            sold_of_product(&price(json!({ "id": "price_1", "recurring": monthly })), &of, &voice())
        };
        assert_eq!(product(json!({ PRODUCT: "voice", PLAN: "pro" })), deal("pro", Interval::Month));
        assert_eq!(product(json!({ PRODUCT: "studio", PLAN: "pro" })), None);
        assert_eq!(product(json!({})), None);
    }

    #[test]
    fn an_operator_says_what_a_price_stands_for() {
        let entries = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let custom = CustomPrices::of(
            &entries(&[("price_a", "enterprise"), ("acme_deal", "pro/year"), ("prod_9", "pro")]),
            &voice(),
        );
        let custom = custom.unwrap();
        let read = |value: Value| sold(&price(value), &voice(), &custom);
        let monthly = json!({ "interval": "month", "interval_count": 1 });
        assert_eq!(read(json!({ "id": "price_a", "recurring": monthly })), deal("enterprise", Interval::Month));
        assert_eq!(read(json!({ "id": "price_b", "lookup_key": "acme_deal" })), deal("pro", Interval::Year));
        assert_eq!(
            read(json!({ "id": "price_c", "product": "prod_9", "recurring": monthly })),
            deal("pro", Interval::Month)
        );
        assert_eq!(read(json!({ "id": "price_d", "product": "prod_8", "recurring": monthly })), None);
        for (value, words) in [("gold", "there is no plan \"gold\""), ("pro/week", "expected \"month\" or \"year\"")] {
            let refused = CustomPrices::of(&entries(&[("price_a", value)]), &voice()).unwrap_err();
            assert!(refused.contains("price_a") && refused.contains(words), "{refused}");
        }
    }
}
