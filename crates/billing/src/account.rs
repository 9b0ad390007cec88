//! A tenant's billing account: its customer at Stripe, its trial, and its state.

mod store;

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use freehold_core::{Context, OptionExt, Plan, Result, TenantId};
use freehold_db::{SystemTx, TenantTx, row};
use jiff::{SignedDuration, Timestamp};

pub use store::STATEMENTS;

use crate::{Billing, trial};

/// Account states that count as paying.
const PAYING: [&str; 2] = ["active", "past_due"];

row! {
    /// A tenant's billing account, without its subscriptions.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Account {
        /// Id of the tenant.
        pub tenant_id: TenantId,
        /// Id of the tenant's customer at Stripe; none: the tenant has no customer yet.
        pub customer_id: Option<String>,
        /// `free`, `trialing`, `active`, `past_due`, `suspended`, `cancelled` or `archived`.
        pub state: String,
        /// When the state began.
        pub state_since: Timestamp,
        /// When the trial without a card ends; none: there was no trial.
        pub trial_ends_at: Option<Timestamp>,
        /// Plan that an operator granted, whatever Stripe says; none: no plan was granted.
        pub granted_plan: Option<String>,
        /// Version of the granted plan.
        pub granted_version: Option<i32>,
        /// When the account must be checked again, because time alone changes its state or makes a mail due; none:
        /// never.
        pub due_at: Option<Timestamp>,
        /// Number of times that Stripe was asked.
        pub refresh_begun: i64,
        /// Number of the newest answer that was stored.
        pub refresh_done: i64,
        /// When that answer was stored; none: never.
        pub refreshed_at: Option<Timestamp>,
        /// When the tenant was created.
        pub created_at: Timestamp,
    }
}

impl Account {
    /// The plan that an operator granted.
    pub fn granted(&self) -> Option<Plan> {
        let (id, version) = self.granted_plan.clone().zip(self.granted_version)?;
        Some(Plan { id, version })
    }
}

/// Locks the account until the transaction ends. Opens one if it is missing, because the tenant is new or older than
/// billing; its trial then begins now, if the product has one and the owner had none before. `not_found` when there is
/// no such tenant.
pub async fn account_lock(tx: &mut SystemTx, billing: &Billing, tenant: TenantId) -> Result<Account> {
    if let Some(account) = tx.fetch_optional(store::account_lock(tenant)).await? {
        return Ok(account);
    }
    let trial_ends_at = trial::trial_begin(tx, billing, tenant).await?;
    tx.execute(store::account_open(tenant, trial_ends_at)).await?;
    let account = tx.fetch_optional(store::account_lock(tenant)).await?;
    account.ok_or_else(|| freehold_core::Error::not_found("organization"))
}

/// The account of the caller's tenant; none: the tenant is older than billing and has no account yet.
pub async fn account_get(tx: &mut TenantTx) -> Result<Option<Account>> {
    tx.fetch_optional(store::account_get()).await
}

/// The account of a tenant, for reading.
pub async fn account_find(billing: &Billing, tenant: TenantId) -> Result<Option<Account>> {
    billing.db.system("read a billing account").fetch_optional(store::account_find(tenant)).await
}

/// Whether a tenant pays: it has a subscription that is paid or being retried, or a plan that an operator granted. Where
/// nothing is sold, every tenant counts as paying.
pub async fn account_pays(billing: Option<&Billing>, tenant: TenantId) -> Result<bool> {
    let Some(billing) = billing else { return Ok(true) };
    let account = account_find(billing, tenant).await?;
    Ok(account.is_some_and(|account| account.granted().is_some() || PAYING.contains(&account.state.as_str())))
}

/// The tenant with this customer id.
pub async fn account_of_customer(billing: &Billing, customer: &str) -> Result<Option<TenantId>> {
    let query = store::account_of_customer(customer);
    let found = billing.db.system("find the tenant of a customer").fetch_optional(query).await?;
    Ok(found.map(|(tenant,)| tenant))
}

/// Stores the tenant's customer id at Stripe.
pub async fn account_put_customer(billing: &Billing, tenant: TenantId, customer: &str) -> Result<()> {
    let mut tx = billing.db.system("record a customer").begin().await?;
    account_lock(&mut tx, billing, tenant).await?;
    account_write_customer(&mut tx, tenant, customer).await?;
    tx.commit().await
}

/// The same for an account that this transaction has locked.
pub(crate) async fn account_write_customer(tx: &mut SystemTx, tenant: TenantId, customer: &str) -> Result<()> {
    tx.execute(store::account_put_customer(tenant, customer)).await.map(drop)
}

/// Stores the plan that an operator grants, or that none is granted any more. The transaction has locked the account.
pub(crate) async fn account_write_grant(tx: &mut SystemTx, tenant: TenantId, plan: Option<&Plan>) -> Result<Account> {
    let (id, version) = plan.map(|plan| (plan.id.as_str(), plan.version)).unzip();
    tx.fetch_one(store::account_grant(tenant, id, version)).await
}

/// Stores when the trial without a card ends. The transaction has locked the account.
pub(crate) async fn account_write_trial(tx: &mut SystemTx, tenant: TenantId, ends_at: Timestamp) -> Result<Account> {
    tx.fetch_one(store::account_extend_trial(tenant, ends_at)).await
}

/// Takes a number for asking Stripe again; also returns the number of the newest event in the inbox. `not_found` when
/// there is no such tenant.
pub(crate) async fn refresh_begin(billing: &Billing, tenant: TenantId) -> Result<(Account, i64)> {
    let mut tx = billing.db.system("refresh a subscription from Stripe").begin().await?;
    account_lock(&mut tx, billing, tenant).await?;
    let account = tx.fetch_one(store::refresh_begin(tenant)).await?;
    let (last,) = tx.fetch_one(store::last_event()).await?;
    tx.commit().await?;
    Ok((account, last))
}

/// Records that Stripe's answer with this number was stored.
pub(crate) async fn refresh_end(tx: &mut SystemTx, tenant: TenantId, number: i64) -> Result<()> {
    tx.execute(store::refresh_end(tenant, number)).await.map(drop)
}

/// A page of the tenants that have a customer, in the order of their ids.
pub(crate) async fn account_page(billing: &Billing, after: TenantId, limit: i64) -> Result<Vec<TenantId>> {
    let rows = billing.db.system("reconcile with Stripe").fetch_all(store::account_page(after, limit)).await?;
    Ok(rows.into_iter().map(|(tenant,)| tenant).collect())
}

/// How long other requests for the same page wait for the one that creates it; much longer than that takes.
const CHECKOUT_MADE: SignedDuration = SignedDuration::from_mins(2);

/// Takes a number for a checkout page: requests for the same page at the same time get the same number.
pub(crate) async fn checkout_begin(billing: &Billing, tenant: TenantId, wanted: &str) -> Result<i64> {
    let digest = digest::digest(&digest::SHA256, wanted.as_bytes());
    let digest = STANDARD.encode(digest.as_ref());
    let now = billing.clock.now();
    let since = now.saturating_sub(CHECKOUT_MADE).context("how long a page is being made")?;
    let begin = store::checkout_begin(tenant, &digest, since);
    let found = billing.db.system("number a checkout").fetch_optional(begin).await?;
    found.map(|(number,)| number).or_not_found("organization")
}

/// Records that the page with this number is no longer being created. Returns the number of the newest checkout.
pub(crate) async fn checkout_end(billing: &Billing, tenant: TenantId, number: i64) -> Result<i64> {
    let end = store::checkout_end(tenant, number);
    let found = billing.db.system("number a checkout").fetch_optional(end).await?;
    found.map(|(number,)| number).or_not_found("organization")
}
