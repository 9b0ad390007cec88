//! What everything here needs.

use std::{fmt, ops::Deref, sync::Arc};

use freehold_catalog::Product;
use freehold_core::{Clock, Ids, Random, Secret};
use freehold_db::Db;
use freehold_jobs::Nudge;
use freehold_metering::plan::Entitlements;
use freehold_vault::Vault;

use crate::{catalog_sync::CustomPrices, inbox::Unsigned, stripe::Client};

/// The parts of billing. Cheap to clone.
#[derive(Clone)]
pub struct Billing(Arc<Inner>);

struct Inner {
    parts: Parts,
    unsigned: Unsigned,
}

/// The parts of a [`Billing`].
pub struct Parts {
    /// Where everything is kept.
    pub db: Db,
    /// The one clock of the lifecycle.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// Chance.
    pub random: Random,
    /// Stripe, or what speaks like it.
    pub stripe: Client,
    /// What its events are signed with; several while one is replaced by another. None: no event is believed.
    pub webhook_secrets: Vec<Secret>,
    /// Origins besides the site's that checkout and portal may lead back to, such as `https://app.example.com`.
    pub return_origins: Vec<String>,
    /// Which plans the prices of custom deals stand for.
    pub custom_prices: CustomPrices,
    /// How many organizations a person may own that pay nothing; none: any number.
    pub unpaid_organizations: Option<u32>,
    /// Makes the digests of who had a trial.
    pub vault: Vault,
    /// What checkout pages offer and charge besides the price.
    pub checkout: CheckoutTerms,
    /// What is sold.
    pub product: Arc<Product>,
    /// What each plan entitles to.
    pub entitlements: Arc<Entitlements>,
    /// Where people reach this server, without a slash at the end.
    pub site_url: String,
    /// Wakes the worker of this process.
    pub nudge: Nudge,
    /// Somebody stands elsewhere now: what this process remembers of callers is to be forgotten.
    pub changed: Arc<dyn Fn() + Send + Sync>,
}

/// What checkout pages offer and charge besides the price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutTerms {
    /// Whether visitors can type in a promotion code.
    pub promotion_codes: bool,
    /// Stripe's ids of the tax rates of new subscriptions: `txr_…`
    pub tax_rates: Vec<String>,
}

impl Default for CheckoutTerms {
    /// Promotion codes are accepted, and nothing is added to the price.
    fn default() -> Self {
        Self { promotion_codes: true, tax_rates: Vec::new() }
    }
}

impl Billing {
    /// Billing made of these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner { parts, unsigned: Unsigned::default() }))
    }

    /// Counts webhooks without a valid signature.
    pub(crate) fn unsigned(&self) -> &Unsigned {
        &self.0.unsigned
    }
}

impl Deref for Billing {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

impl fmt::Debug for Billing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Billing").field("product", &self.product.id).finish_non_exhaustive()
    }
}
