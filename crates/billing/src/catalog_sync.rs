//! Brings what `product.toml` sells to Stripe: a product there for each plan that has a price, and a price for each of
//! its versions and intervals, found by its lookup key. Doing it twice does nothing the second time.
//!
//! Read in this order: [`plan`] says what would be done, [`apply`] does it, [`sold`] is the way back from a price of
//! Stripe's to what was bought.

mod shelf;
mod step;

use std::collections::BTreeMap;

use freehold_catalog::Product;
use freehold_core::Plan;
pub use step::{Step, SyncError};

pub use crate::interval::Interval;
use crate::stripe::{self, Client, object};
use shelf::{ShelfPrice, ShelfProduct};

/// The product of ours that a thing at Stripe belongs to: its id in `product.toml`.
pub const PRODUCT: &str = "freehold_product";
/// The plan it is.
pub const PLAN: &str = "freehold_plan";
/// The version of that plan.
pub const PLAN_VERSION: &str = "freehold_version";
/// How often it is paid.
pub const INTERVAL: &str = "freehold_interval";
/// `member` where it is paid for each member.
pub const PER: &str = "freehold_per";

/// What a price of Stripe's stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    /// The plan, in the version that is bought with it.
    pub plan: Plan,
    /// How often it is paid.
    pub interval: Interval,
    /// Whether the quantity is the number of members.
    pub per_member: bool,
}

/// What this price sells of the product; none where it is not one of its prices. The metadata says so, or else the lookup
/// key: somebody may have made the price by hand.
pub fn sold(price: &object::Price, product: &Product) -> Option<Sold> {
    let word = |name: &str| price.metadata.get(name).map(String::as_str);
    let told = match word(PRODUCT) {
        Some(id) if id != product.id => return None,
        Some(_) => word(PLAN).zip(word(PLAN_VERSION).and_then(|text| text.parse().ok())),
        None => None,
    };
    let key = price.lookup_key.as_deref().and_then(|key| lookup_key_read(key, &product.id));
    let (plan, version) = told.or(key.map(|(plan, version, _)| (plan, version)))?;
    let recurring = price.recurring.as_ref().filter(|recurring| recurring.interval_count == 1);
    let interval = recurring.and_then(|recurring| recurring.interval.parse().ok());
    let interval = interval.or(word(INTERVAL).and_then(|text| text.parse().ok())).or(key.map(|(.., each)| each))?;
    let today = product.plan(plan).filter(|today| today.version == version);
    let per_member = match word(PER) {
        Some(per) => per == "member",
        // Prices for everybody say nothing; one made by hand may say nothing at all.
        None => told.is_none() && today.is_some_and(freehold_catalog::Plan::per_member),
    };
    Some(Sold { plan: Plan { id: plan.to_owned(), version }, interval, per_member })
}

/// What the price of a plan's version is found by.
pub fn lookup_key(product: &str, plan: &str, version: i32, interval: Interval) -> String {
    format!("freehold_{product}_{plan}_v{version}_{interval}")
}

fn lookup_key_read<'k>(key: &'k str, product: &str) -> Option<(&'k str, i32, Interval)> {
    let rest = key.strip_prefix("freehold_")?.strip_prefix(product)?.strip_prefix('_')?;
    let (rest, interval) = rest.rsplit_once('_')?;
    let (plan, version) = rest.rsplit_once("_v")?;
    Some((plan, version.parse().ok()?, interval.parse().ok()?))
}

/// What is to be done so that Stripe sells what the product sells, in the order of doing; empty when it does. Nothing is
/// changed. A [`Step::Refused`] is what cannot be done: then nothing is.
pub async fn plan(client: &Client, product: &Product) -> stripe::Result<Vec<Step>> {
    let there: BTreeMap<String, object::Product> = client.product_list().await?.into_iter().map(by_id).collect();
    let (mut steps, mut retired) = (Vec::new(), Vec::new());
    let wanted: Vec<ShelfProduct> = product.plans().iter().filter_map(|plan| ShelfProduct::of(product, plan)).collect();
    for wanted in &wanted {
        let mut prices = Vec::new();
        match there.get(&wanted.id) {
            None => steps.push(Step::ProductCreate(wanted.clone())),
            Some(found) => {
                steps.extend(wanted.update(found));
                prices = client.price_list_of(&wanted.id).await?;
            }
        }
        // Its lookup key may have gone to a price of another product.
        let keys: Vec<&str> = wanted.prices.iter().map(|price| price.lookup_key.as_str()).collect();
        let keyed = client.price_list(&keys).await?;
        steps.extend(wanted.prices.iter().filter_map(|price| price.step(&keyed)));
        retired.extend(retire(&prices, &product.id, &wanted.prices));
    }
    let gone = |found: &&object::Product| {
        found.metadata.get(PRODUCT) == Some(&product.id)
            && found.active
            && !wanted.iter().any(|each| each.id == found.id)
    };
    for found in there.values().filter(gone) {
        retired.extend(retire(&client.price_list_of(&found.id).await?, &product.id, &[]));
        retired.push(Step::ProductRetire { id: found.id.clone(), name: found.name.clone() });
    }
    // Last, so that there is always something to buy.
    steps.extend(retired);
    Ok(steps)
}

fn by_id(product: object::Product) -> (String, object::Product) {
    (product.id.clone(), product)
}

/// Prices of ours that are no longer sold. Whoever pays one goes on paying it.
fn retire(found: &[object::Price], product: &str, wanted: &[ShelfPrice]) -> Vec<Step> {
    let ours = found.iter().filter(|price| price.active && price.metadata.get(PRODUCT).is_some_and(|id| id == product));
    let gone = ours.filter(|price| !wanted.iter().any(|each| Some(&each.lookup_key) == price.lookup_key.as_ref()));
    let named = |price: &object::Price| price.lookup_key.clone().unwrap_or_else(|| price.id.clone());
    let mut gone: Vec<(String, String)> = gone.map(|price| (named(price), price.id.clone())).collect();
    gone.sort();
    gone.into_iter().map(|(lookup_key, id)| Step::PriceRetire { id, lookup_key }).collect()
}

/// Does what [`plan`] said. Refused as a whole where a step is; where one fails those before it are done, and the next
/// [`plan`] goes on from there.
pub async fn apply(client: &Client, steps: &[Step]) -> Result<(), SyncError> {
    if let Some(refused) = steps.iter().find(|step| step.is_refused()) {
        return Err(SyncError::refused(refused));
    }
    for step in steps {
        step.apply(client).await.map_err(|error| SyncError::failed(step, error))?;
    }
    Ok(())
}

/// [`plan`] and [`apply`]; what was done.
pub async fn sync(client: &Client, product: &Product) -> Result<Vec<Step>, SyncError> {
    let steps = plan(client, product).await.map_err(SyncError::unknown)?;
    apply(client, &steps).await?;
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn voice() -> Product {
        let text = include_str!("../../../products/voice/product.toml");
        let text = text.replace(r#"year = "$990" }"#, r#"year = "$990", per = "member" }"#);
        Product::parse("product.toml", &text).unwrap()
    }

    fn price(value: Value) -> object::Price {
        serde_json::from_value(value).unwrap()
    }

    fn pro(version: i32, interval: Interval, per_member: bool) -> Sold {
        Sold { plan: Plan { id: "pro".to_owned(), version }, interval, per_member }
    }

    #[test]
    fn a_price_says_what_it_sells() {
        let metadata = |per: Option<&str>| {
            let mut metadata = json!({ PRODUCT: "voice", PLAN: "pro", PLAN_VERSION: "3", INTERVAL: "year" });
            if let Some(per) = per {
                metadata[PER] = json!(per);
            }
            price(json!({ "id": "price_1", "metadata": metadata }))
        };
        assert_eq!(sold(&metadata(None), &voice()), Some(pro(3, Interval::Year, false)));
        assert_eq!(sold(&metadata(Some("member")), &voice()), Some(pro(3, Interval::Year, true)));
        let other = price(json!({ "id": "price_1", "metadata": { PRODUCT: "studio", PLAN: "pro", PLAN_VERSION: "1" },
            "lookup_key": "freehold_voice_pro_v1_month" }));
        assert_eq!(sold(&other, &voice()), None);
    }

    #[test]
    fn a_lookup_key_says_so_too() {
        let keyed = |key: &str| sold(&price(json!({ "id": "price_1", "lookup_key": key })), &voice());
        assert_eq!(keyed("freehold_voice_pro_v1_month"), Some(pro(1, Interval::Month, true)));
        // Of an old version nobody knows whom it was for but its metadata.
        assert_eq!(keyed("freehold_voice_pro_v7_year"), Some(pro(7, Interval::Year, false)));
        let odd = keyed("freehold_voice_pro_v2_plus_v1_year").unwrap();
        assert_eq!((odd.plan.id.as_str(), odd.plan.version), ("pro_v2_plus", 1));
        for key in ["freehold_voice_pro_v1_week", "freehold_voice_pro_month", "freehold_voicepro_v1_month", "pro", ""] {
            assert_eq!(keyed(key), None, "{key}");
        }
        assert_eq!(sold(&price(json!({ "id": "price_1" })), &voice()), None);
        assert_eq!(lookup_key("voice", "pro", 1, Interval::Month), "freehold_voice_pro_v1_month");
    }
}
