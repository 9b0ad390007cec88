//! One change at Stripe.

use std::{error, fmt};

use super::shelf::{ShelfPrice, ShelfProduct};
use crate::stripe::{
    self, Client, object,
    request::{PriceUpdate, ProductFields},
};

/// One change at Stripe. Its `Display` is a line for operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Creates the product of a new plan.
    ProductCreate(ShelfProduct),
    /// Updates the texts of a plan's product.
    ProductUpdate {
        /// The product as it should be.
        product: ShelfProduct,
        /// Descriptions of the changes.
        changes: Vec<String>,
    },
    /// Retires the product of a plan that is no longer sold.
    ProductRetire {
        /// Id of the product at Stripe.
        id: String,
        /// Name of the product at Stripe.
        name: String,
    },
    /// Creates the price of a new version or interval.
    PriceCreate(ShelfPrice),
    /// Updates a price's changeable fields: its name, its metadata, whether it is sold.
    PriceUpdate {
        /// Id of the price at Stripe.
        id: String,
        /// The price as it should be.
        price: ShelfPrice,
        /// Whether the price was retired before.
        again: bool,
    },
    /// Retires the price of a version that is no longer sold. Existing subscriptions keep it.
    PriceRetire {
        /// Id of the price at Stripe.
        id: String,
        /// Lookup key of the price.
        lookup_key: String,
    },
    /// A change that is not possible, because the amount of a price never changes at Stripe.
    Refused {
        /// Lookup key of the price.
        lookup_key: String,
        /// What differs.
        why: String,
    },
}

impl Step {
    /// The step that updates the product found at Stripe; none: nothing differs.
    pub(super) fn of_product(wanted: &ShelfProduct, found: &object::Product) -> Option<Self> {
        let changes = wanted.differences(found);
        (!changes.is_empty()).then(|| Self::ProductUpdate { product: wanted.clone(), changes })
    }

    /// The step for a price, when Stripe has these prices; none: nothing to do.
    pub(super) fn of_price(wanted: &ShelfPrice, found: &[object::Price]) -> Option<Self> {
        let Some(found) = found.iter().find(|price| price.lookup_key.as_ref() == Some(&wanted.lookup_key)) else {
            return Some(Self::PriceCreate(wanted.clone()));
        };
        if let Some(why) = wanted.contradicts(found) {
            return Some(Self::Refused { lookup_key: wanted.lookup_key.clone(), why });
        }
        if found.active && wanted.is_described_by(found) {
            return None;
        }
        Some(Self::PriceUpdate { id: found.id.clone(), price: wanted.clone(), again: !found.active })
    }

    /// Whether the step is not possible.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    pub(super) async fn apply(&self, client: &Client) -> stripe::Result<()> {
        match self {
            Self::ProductCreate(product) => client.product_create(&product.id, &product.fields(true)).await.map(drop),
            Self::ProductUpdate { product, .. } => {
                client.product_update(&product.id, &product.fields(false)).await.map(drop)
            }
            Self::ProductRetire { id, .. } => {
                let fields = ProductFields { active: Some(false), ..ProductFields::default() };
                client.product_update(id, &fields).await.map(drop)
            }
            Self::PriceCreate(price) => client.price_create(&price.new_price(), None).await.map(drop),
            Self::PriceUpdate { id, price, .. } => client.price_update(id, &price.changed()).await.map(drop),
            Self::PriceRetire { id, .. } => {
                let update = PriceUpdate { active: Some(false), ..PriceUpdate::default() };
                client.price_update(id, &update).await.map(drop)
            }
            Self::Refused { .. } => Ok(()),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProductCreate(product) => write!(f, "create product {}: {}", product.id, product.name),
            Self::ProductUpdate { product, changes } => {
                write!(f, "change product {}: {}", product.id, changes.join("; "))
            }
            Self::ProductRetire { id, name } => write!(f, "stop selling product {id}: {name}"),
            Self::PriceCreate(price) => {
                let per = if price.per_member { " for each member" } else { "" };
                write!(f, "create price {}: {} a {}{per}", price.lookup_key, price.amount, price.interval)
            }
            Self::PriceUpdate { price, again: true, .. } => write!(f, "sell price {} again", price.lookup_key),
            Self::PriceUpdate { price, .. } => write!(f, "change price {}: its name and marks", price.lookup_key),
            Self::PriceRetire { lookup_key, .. } => {
                write!(f, "stop selling price {lookup_key}; who pays it goes on")
            }
            Self::Refused { lookup_key, why } => {
                write!(f, "refused: price {lookup_key} cannot change: {why}. Raise the plan's version")
            }
        }
    }
}

/// Why a sync failed. Displays as a sentence or two for operators.
#[derive(Debug)]
pub struct SyncError {
    step: String,
    cause: Option<stripe::Error>,
}

impl SyncError {
    pub(super) fn refused(step: &Step) -> Self {
        Self { step: step.to_string(), cause: None }
    }

    pub(super) fn unknown(cause: stripe::Error) -> Self {
        Self { step: "say what it sells".to_owned(), cause: Some(cause) }
    }

    pub(super) fn failed(step: &Step, cause: stripe::Error) -> Self {
        Self { step: step.to_string(), cause: Some(cause) }
    }

    /// Stripe's error; none when a step was refused before any was executed.
    pub fn cause(&self) -> Option<&stripe::Error> {
        self.cause.as_ref()
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            None => write!(f, "Nothing was done: {}.", self.step),
            Some(cause) => write!(f, "Stripe did not do this: {}: {cause} The next run goes on from here.", self.step),
        }
    }
}

impl error::Error for SyncError {}
