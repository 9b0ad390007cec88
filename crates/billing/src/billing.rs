//! The context of all billing functions.

use std::{fmt, ops::Deref, sync::Arc};

use freehold_catalog::Product;
use freehold_core::{Clock, Ids, Random, Secret};
use freehold_db::Db;
use freehold_jobs::Nudge;
use freehold_metering::plan::Entitlements;
use freehold_vault::Vault;

use crate::{catalog_sync::CustomPrices, inbox::Unsigned, stripe::Client};

/// The context of billing. Cheap to clone.
#[derive(Clone)]
pub struct Billing(Arc<Inner>);

struct Inner {
    parts: Parts,
    unsigned: Unsigned,
}

/// The parts of a [`Billing`].
pub struct Parts {
    /// Database of the accounts.
    pub db: Db,
    /// The only clock of the lifecycle.
    pub clock: Clock,
    /// Generates ids.
    pub ids: Ids,
    /// Random source.
    pub random: Random,
    /// Client of Stripe, or of a server with the same API.
    pub stripe: Client,
    /// Secrets that webhooks are signed with; several while one replaces another. Empty: all webhooks are rejected.
    pub webhook_secrets: Vec<Secret>,
    /// Origins besides the site's that checkout and portal may redirect back to, such as `https://app.example.com`.
    pub return_origins: Vec<String>,
    /// The plans that prices of custom deals stand for.
    pub custom_prices: CustomPrices,
    /// Most organizations without a paid plan that one user may own; none: no limit.
    pub unpaid_organizations: Option<u32>,
    /// Computes the digests of users and cards that had a trial.
    pub vault: Vault,
    /// Options of checkout pages besides the price.
    pub checkout: CheckoutTerms,
    /// Plans and prices of the product, from `product.toml`.
    pub product: Arc<Product>,
    /// The entitlements of each plan.
    pub entitlements: Arc<Entitlements>,
    /// URL of this server for users, without a slash at the end.
    pub site_url: String,
    /// Wakes the worker of this process.
    pub nudge: Nudge,
    /// Called when a standing has changed, so that this process drops its cached callers.
    pub changed: Arc<dyn Fn() + Send + Sync>,
}

/// Options of checkout pages besides the price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutTerms {
    /// Whether visitors can type in a promotion code.
    pub promotion_codes: bool,
    /// Ids of Stripe tax rates for new subscriptions: `txr_…`
    pub tax_rates: Vec<String>,
}

impl Default for CheckoutTerms {
    /// Promotion codes are accepted, and no tax is added to the price.
    fn default() -> Self {
        Self { promotion_codes: true, tax_rates: Vec::new() }
    }
}

impl Billing {
    /// Creates the context from these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner { parts, unsigned: Unsigned::default() }))
    }

    /// Counter of webhooks without a valid signature.
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
