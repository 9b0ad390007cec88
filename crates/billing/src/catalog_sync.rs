//! Syncs the plans of `product.toml` to Stripe: a product for each plan that has a price, and a price for each of its
//! versions and intervals, found by its lookup key. A second sync changes nothing.
//!
//! Read in this order: [`plan`] returns the steps, [`apply`] executes them, [`sold()`] finds the plan of a Stripe
//! price.

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

/// Metadata key: id of the product in `product.toml` that an object at Stripe belongs to.
pub const PRODUCT: &str = "freehold_product";
/// Metadata key: id of the plan.
pub const PLAN: &str = "freehold_plan";
/// Metadata key: version of the plan.
pub const PLAN_VERSION: &str = "freehold_version";
/// Metadata key: billing interval.
pub const INTERVAL: &str = "freehold_interval";
/// Metadata key: `member` for a price per member.
pub const PER: &str = "freehold_per";

/// Returns the steps after which Stripe sells what the catalog sells, in the order to execute them; empty when there is
/// nothing to change. Changes nothing itself. A [`Step::Refused`] is a step that cannot be done; then no step is
/// executed.
pub async fn plan(client: &Client, product: &Product) -> stripe::Result<Vec<Step>> {
    let there: BTreeMap<String, object::Product> = client.product_list().await?.into_iter().map(by_id).collect();
    let (mut steps, mut retired) = (Vec::new(), Vec::new());
    let wanted: Vec<ShelfProduct> = product.plans().iter().filter_map(|plan| ShelfProduct::of(product, plan)).collect();
    for wanted in &wanted {
        let mut prices = Vec::new();
        match there.get(&wanted.id) {
            None => steps.push(Step::ProductCreate(wanted.clone())),
            Some(found) => {
                steps.extend(Step::of_product(wanted, found));
                prices = client.price_list_of(&wanted.id).await?;
            }
        }
        // Another product's price may use its lookup key now.
        let keys: Vec<&str> = wanted.prices.iter().map(|price| price.lookup_key.as_str()).collect();
        let keyed = client.price_list(&keys).await?;
        steps.extend(wanted.prices.iter().filter_map(|price| Step::of_price(price, &keyed)));
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
    // Retired last, so that there is always a price to buy.
    steps.extend(retired);
    Ok(steps)
}

fn by_id(product: object::Product) -> (String, object::Product) {
    (product.id.clone(), product)
}

/// Steps that retire catalog prices which are no longer sold. Existing subscriptions keep them. Prices of custom deals,
/// which name no version, belong to the operator.
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

/// Executes the steps of [`plan`]. Rejects all of them when one is refused. When one fails, the steps before it are
/// done, and the next [`plan`] returns the rest.
pub async fn apply(client: &Client, steps: &[Step]) -> Result<(), SyncError> {
    if let Some(refused) = steps.iter().find(|step| step.is_refused()) {
        return Err(SyncError::refused(refused));
    }
    for step in steps {
        step.apply(client).await.map_err(|error| SyncError::failed(step, error))?;
    }
    Ok(())
}

/// Calls [`plan`] and [`apply`]; returns the executed steps.
pub async fn sync(client: &Client, product: &Product) -> Result<Vec<Step>, SyncError> {
    let steps = plan(client, product).await.map_err(SyncError::unknown)?;
    apply(client, &steps).await?;
    Ok(steps)
}
