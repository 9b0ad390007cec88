//! One thing to do at Stripe.

use std::{error, fmt};

use super::shelf::{ShelfPrice, ShelfProduct};
use crate::stripe::{
    self, Client,
    request::{PriceUpdate, ProductFields},
};

/// One thing to do at Stripe. Its `Display` is a line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A plan is new there.
    ProductCreate(ShelfProduct),
    /// The wording of a plan changed.
    ProductUpdate {
        /// As it is to be.
        product: ShelfProduct,
        /// What changes, in words.
        changes: Vec<String>,
    },
    /// A plan that is no longer sold.
    ProductRetire {
        /// Its id there.
        id: String,
        /// Its name there.
        name: String,
    },
    /// A version or an interval is new there.
    PriceCreate(ShelfPrice),
    /// What can change of a price changed: its name, its marks, whether it is sold.
    PriceUpdate {
        /// Its id there.
        id: String,
        /// As it is to be.
        price: ShelfPrice,
        /// It was not sold.
        again: bool,
    },
    /// A version that is no longer sold. Who pays it goes on.
    PriceRetire {
        /// Its id there.
        id: String,
        /// What it is found by.
        lookup_key: String,
    },
    /// What cannot be done, because the amount of a price never changes at Stripe.
    Refused {
        /// What it is found by.
        lookup_key: String,
        /// What differs.
        why: String,
    },
}

impl Step {
    /// Whether it says that nothing can be done.
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

/// Why the catalog did not get to Stripe. A sentence or two for operators.
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

    /// Stripe's answer; none where a step was refused before anything was done.
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
