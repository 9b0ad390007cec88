//! Plans and their versions. Current versions are in `product.toml`; earlier ones are in the database, because a tenant
//! keeps the version it bought.

mod store;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use freehold_catalog::{Exports, Limit, Modules, Plan, Product, Queue};
use freehold_core::{Caller, Context, Error, Result, codes};
use freehold_db::Db;
use freehold_jobs::QueueTerms;

pub use store::STATEMENTS;

use crate::limit_override::Overrides;

/// The entitlements of each plan, in each version.
pub struct Entitlements {
    product: Arc<Product>,
    /// Plans by id and version. Versions never change, so the cache stays valid.
    versions: RwLock<HashMap<(String, i32), Arc<Plan>>>,
    /// Whether billing is disabled, so that every plan has everything.
    unlimited: bool,
    /// The limits that operators set for single tenants.
    overrides: Overrides,
}

impl Entitlements {
    /// Records new versions of the product's plans, and loads all versions ever sold. A plan that was changed without a
    /// higher version is refused with the differences, since tenants would silently get other limits than they bought.
    pub async fn load(db: &Db, product: Arc<Product>) -> Result<Self> {
        let mut tx = db.system("record plan versions").begin().await?;
        refuse_other_product(&product.id, tx.fetch_optional(store::product_in_use()).await?)?;
        for plan in product.plans() {
            let definition = serde_json::to_value(plan).context("writing a plan as JSON")?;
            tx.execute(store::version_insert(&product.id, &plan.id, plan.version, definition)).await?;
        }
        let stored = tx.fetch_all(store::version_list(&product.id)).await?;
        tx.commit().await?;

        let mut versions = HashMap::new();
        for (id, version, definition) in stored {
            let stored: Plan = serde_json::from_value(definition).context("reading a plan version")?;
            if let Some(today) = product.plan(&id).filter(|plan| plan.version == version) {
                refuse_silent_change(today, &stored)?;
            }
            versions.insert((id, version), Arc::new(stored));
        }
        Ok(Self { product, versions: RwLock::new(versions), unlimited: false, overrides: Overrides::default() })
    }

    /// Whether [`load`](Self::load) would refuse the product; changes nothing.
    ///
    /// # Errors
    /// The error that `load` would return.
    pub async fn check(db: &Db, product: &Product) -> Result<()> {
        let mut tx = db.system("compare plan versions with the product").begin().await?;
        let in_use = tx.fetch_optional(store::product_in_use()).await?;
        let stored = tx.fetch_all(store::version_list(&product.id)).await?;
        tx.commit().await?;
        refuse_other_product(&product.id, in_use)?;
        for (id, version, definition) in stored {
            let stored: Plan = serde_json::from_value(definition).context("reading a plan version")?;
            if let Some(today) = product.plan(&id).filter(|plan| plan.version == version) {
                refuse_silent_change(today, &stored)?;
            }
        }
        Ok(())
    }

    /// The same without billing: every plan has all modules and no limit. Recorded versions stay.
    #[must_use]
    pub fn without_limits(mut self) -> Self {
        let versions = self.versions.get_mut().unwrap_or_else(PoisonError::into_inner);
        for plan in versions.values_mut() {
            *plan = Arc::new(unlimited(plan));
        }
        self.unlimited = true;
        self
    }

    /// Whether billing is disabled, so that no limit applies.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.unlimited
    }

    /// The limits that operators set for single tenants.
    pub(crate) fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// Forgets the cached limits that operators set, after a change on this server.
    pub fn overrides_forget(&self) {
        self.overrides.forget();
    }

    /// The product of these plans.
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// The plan in the version that was bought. A version that a newer server sold, and this server does not know yet,
    /// is looked up.
    pub async fn plan(&self, db: &Db, bought: &freehold_core::Plan) -> Result<Arc<Plan>> {
        if let Some(plan) = self.known(bought) {
            return Ok(plan);
        }
        let find = store::version_find(&self.product.id, &bought.id, bought.version);
        let Some((definition,)) = db.system("look up plan version").fetch_optional(find).await? else {
            return Err(Error::internal(format!("version {} of plan {:?} was never sold", bought.version, bought.id)));
        };
        let plan: Plan = serde_json::from_value(definition).context("reading a plan version")?;
        let plan = Arc::new(if self.unlimited { unlimited(&plan) } else { plan });
        let mut versions = self.versions.write().unwrap_or_else(PoisonError::into_inner);
        versions.insert((bought.id.clone(), bought.version), plan.clone());
        Ok(plan)
    }

    /// The caller's limit of a meter.
    pub async fn limit(&self, db: &Db, caller: &Caller, meter: &str) -> Result<Limit> {
        let plan = self.plan(db, caller.plan()).await?;
        self.limit_in(&plan, meter)
    }

    /// The limit of a meter in a bought plan.
    pub(crate) fn limit_in(&self, plan: &Plan, meter: &str) -> Result<Limit> {
        if self.unlimited && self.product.meter(meter).is_some() {
            return Ok(Limit::Unlimited);
        }
        let limit = self.product.limit(plan, meter);
        limit.ok_or_else(|| Error::internal(format!("the product has no meter {meter:?}")))
    }

    /// The terms of the job queue in the caller's plan.
    pub async fn queue_terms(&self, db: &Db, caller: &Caller) -> Result<QueueTerms> {
        let plan = self.plan(db, caller.plan()).await?;
        Ok(QueueTerms { weight: plan.processing.weight().into(), room: plan.queue_room() })
    }

    /// Succeeds when the caller's plan includes the module; otherwise `module_not_in_plan`.
    pub async fn module_require(&self, db: &Db, caller: &Caller, module: &str) -> Result<()> {
        let plan = self.plan(db, caller.plan()).await?;
        if plan.has_module(module) {
            return Ok(());
        }
        let name = self.product.module(module).map_or(module, |module| module.name.as_str());
        Err(Error::new(
            codes::MODULE_NOT_IN_PLAN,
            format!("The plan {} does not include {name}. Upgrade to use it.", plan.name),
        ))
    }

    fn known(&self, bought: &freehold_core::Plan) -> Option<Arc<Plan>> {
        let versions = self.versions.read().unwrap_or_else(PoisonError::into_inner);
        versions.get(&(bought.id.clone(), bought.version)).cloned()
    }
}

/// The plan with all modules and without limits.
fn unlimited(plan: &Plan) -> Plan {
    Plan {
        limits: plan.limits.keys().map(|meter| (meter.clone(), Limit::Unlimited)).collect(),
        modules: Modules::All,
        queue: Some(Queue { room: None }),
        webhooks: Some(i32::MAX),
        audit_days: None,
        exports: Some(Exports::NO_LIMIT),
        ..plan.clone()
    }
}

/// The plan of a new tenant.
pub fn plan_of_new_tenant(product: &Product) -> freehold_core::Plan {
    let plan = product.default_plan();
    freehold_core::Plan { id: plan.id.clone(), version: plan.version }
}

/// A database belongs to one product, whose plans another product does not know.
fn refuse_other_product(wanted: &str, in_use: Option<(String,)>) -> Result<()> {
    match in_use {
        Some((found,)) if found != wanted => Err(Error::internal(format!(
            "this database belongs to the product {found:?}, not {wanted:?}: start with --product {found}, or take another \
             database (--data with another folder)"
        ))),
        _ => Ok(()),
    }
}

fn refuse_silent_change(today: &Plan, stored: &Plan) -> Result<()> {
    let changes = today.changes_since(stored);
    if changes.is_empty() {
        return Ok(());
    }
    let list: Vec<String> =
        changes.iter().map(|change| format!("{}: was {}, is {}", change.what, change.from, change.to)).collect();
    Err(Error::internal(format!(
        "plan {:?} of product.toml was changed, but is still version {}: {}. Tenants keep the version they bought, so \
         write version = {} to sell the changed plan from now on.",
        today.id,
        today.version,
        list.join("; "),
        today.version + 1
    )))
}
