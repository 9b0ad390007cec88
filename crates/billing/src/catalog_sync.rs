//! Brings what `product.toml` sells to Stripe: a product there for each plan that has a price, and a price for each of
//! its versions and intervals, found by its lookup key. Doing it twice does nothing the second time.
//!
//! Read in this order: [`plan`] says what would be done, [`apply`] does it, [`sold()`] is the way back from a price of
//! Stripe's to what was bought.

mod shelf;
mod sold;
mod step;

use std::collections::BTreeMap;

use freehold_catalog::Product;
pub use sold::{CustomPrices, Sold, lookup_key, sold, sold_of_product};
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

/// Prices of ours that are no longer sold. Whoever pays one goes on paying it. Prices of custom deals, which name no version,
/// are an operator's own.
fn retire(found: &[object::Price], product: &str, wanted: &[ShelfPrice]) -> Vec<Step> {
    let made = |price: &&object::Price| {
        price.metadata.get(PRODUCT).is_some_and(|id| id == product) && price.metadata.contains_key(PLAN_VERSION)
    };
    let ours = found.iter().filter(|price| price.active).filter(made);
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
