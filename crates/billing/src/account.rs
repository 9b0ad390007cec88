//! A tenant's account: its customer at Stripe, its trial, and the state it is in.

mod store;

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use freehold_core::{Context, OptionExt, Plan, Result, TenantId};
use freehold_db::{SystemTx, TenantTx, row};
use jiff::{SignedDuration, Timestamp};

pub use store::STATEMENTS;

use crate::{Billing, lifecycle, trial};

row! {
    /// What is known of a tenant's payments besides its subscriptions.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Account {
        /// Whose.
        pub tenant_id: TenantId,
        /// The customer at Stripe.
        pub customer_id: Option<String>,
        /// `free`, `trialing`, `active`, `past_due`, `suspended`, `cancelled` or `archived`.
        pub state: String,
        /// Since when.
        pub state_since: Timestamp,
        /// When the trial without a card ends; none: there was none.
        pub trial_ends_at: Option<Timestamp>,
        /// The plan an operator gave it, whatever Stripe says.
        pub granted_plan: Option<String>,
        /// The version of that plan.
        pub granted_version: Option<i32>,
        /// When time alone changes something.
        pub due_at: Option<Timestamp>,
        /// How often Stripe was asked.
        pub refresh_begun: i64,
        /// The last of them that was written down.
        pub refresh_done: i64,
        /// When that was.
        pub refreshed_at: Option<Timestamp>,
        /// When the tenant was made.
        pub created_at: Timestamp,
    }
}

impl Account {
    /// The plan an operator gave it.
    pub fn granted(&self) -> Option<Plan> {
        let (id, version) = self.granted_plan.clone().zip(self.granted_version)?;
        Some(Plan { id, version })
    }
}

/// Opens the account of a tenant that is being made in this transaction.
pub async fn account_open(tx: &mut SystemTx, billing: &Billing, tenant: TenantId, now: Timestamp) -> Result<()> {
    let account = account_lock(tx, billing, tenant, now).await?;
    lifecycle::settle(tx, billing, &account, None, now).await.map(drop)
}

/// The account, and nobody else changes it until the transaction ends. Made where it is missing, because the tenant is new or
/// older than billing; its
/// trial begins now then, if the product has one and its owner had none before. `not_found` when there is no such tenant.
pub async fn account_lock(tx: &mut SystemTx, billing: &Billing, tenant: TenantId, now: Timestamp) -> Result<Account> {
    if let Some(account) = tx.fetch_optional(store::account_lock(tenant)).await? {
        return Ok(account);
    }
    let trial_ends_at = trial::trial_begin(tx, billing, tenant, now).await?;
    tx.execute(store::account_open(tenant, trial_ends_at, now)).await?;
    let account = tx.fetch_optional(store::account_lock(tenant)).await?;
    account.ok_or_else(|| freehold_core::Error::not_found("organization"))
}

/// The account of the caller's tenant; none: it is older than billing and was never looked at.
pub async fn account_get(tx: &mut TenantTx) -> Result<Option<Account>> {
    tx.fetch_optional(store::account_get()).await
}

/// The account of a tenant, to look at.
pub async fn account_find(billing: &Billing, tenant: TenantId) -> Result<Option<Account>> {
    billing.db.system("look at a billing account").fetch_optional(store::account_find(tenant)).await
}

/// Whose customer this is.
pub async fn account_of_customer(billing: &Billing, customer: &str) -> Result<Option<TenantId>> {
    let query = store::account_of_customer(customer);
    let found = billing.db.system("find the tenant of a customer").fetch_optional(query).await?;
    Ok(found.map(|(tenant,)| tenant))
}

/// Writes down which customer at Stripe the tenant is.
pub async fn account_put_customer(billing: &Billing, tenant: TenantId, customer: &str, now: Timestamp) -> Result<()> {
    let mut tx = billing.db.system("write down a customer").begin().await?;
    account_lock(&mut tx, billing, tenant, now).await?;
    account_write_customer(&mut tx, tenant, customer, now).await?;
    tx.commit().await
}

/// The same, of an account that this transaction has locked.
pub(crate) async fn account_write_customer(
    tx: &mut SystemTx,
    tenant: TenantId,
    customer: &str,
    now: Timestamp,
) -> Result<()> {
    tx.execute(store::account_put_customer(tenant, customer, now)).await.map(drop)
}

/// Gives the tenant a plan whatever Stripe says, or takes that back.
pub async fn account_grant(billing: &Billing, tenant: TenantId, plan: Option<&Plan>) -> Result<()> {
    let now = billing.clock.now();
    let mut tx = billing.db.system("operator grants a plan").begin().await?;
    account_lock(&mut tx, billing, tenant, now).await?;
    let (id, version) = plan.map(|plan| (plan.id.as_str(), plan.version)).unzip();
    let account = tx.fetch_one(store::account_grant(tenant, id, version, now)).await?;
    let subscriptions = crate::subscription::subscription_list_of(&mut tx, tenant).await?;
    lifecycle::settle(&mut tx, billing, &account, crate::subscription::counting(&subscriptions), now).await?;
    tx.commit().await?;
    (billing.changed)();
    Ok(())
}

/// A number for asking Stripe once more, and the last event that was in the inbox before. `None`: no such tenant.
pub(crate) async fn refresh_begin(billing: &Billing, tenant: TenantId) -> Result<(Account, i64)> {
    let now = billing.clock.now();
    let mut tx = billing.db.system("ask Stripe anew").begin().await?;
    account_lock(&mut tx, billing, tenant, now).await?;
    let account = tx.fetch_one(store::refresh_begin(tenant)).await?;
    let (last,) = tx.fetch_one(store::last_event()).await?;
    tx.commit().await?;
    Ok((account, last))
}

/// Writes down that this answer of Stripe's is the one that holds.
pub(crate) async fn refresh_end(tx: &mut SystemTx, tenant: TenantId, number: i64, now: Timestamp) -> Result<()> {
    tx.execute(store::refresh_end(tenant, number, now)).await.map(drop)
}

/// Accounts with a customer, a page of them in the order of their ids.
pub(crate) async fn account_page(billing: &Billing, after: TenantId, limit: i64) -> Result<Vec<TenantId>> {
    let rows = billing.db.system("reconcile with Stripe").fetch_all(store::account_page(after, limit)).await?;
    Ok(rows.into_iter().map(|(tenant,)| tenant).collect())
}

/// How long the making of a page is waited for by others that want the same; much longer than it takes.
const CHECKOUT_MADE: SignedDuration = SignedDuration::from_mins(2);

/// A number for the checkout of a page: the same for those who want the same page at the same time.
pub(crate) async fn checkout_begin(billing: &Billing, tenant: TenantId, wanted: &str) -> Result<i64> {
    let digest = digest::digest(&digest::SHA256, wanted.as_bytes());
    let digest = STANDARD.encode(digest.as_ref());
    let now = billing.clock.now();
    let since = now.saturating_sub(CHECKOUT_MADE).context("how long a page is being made")?;
    let begin = store::checkout_begin(tenant, &digest, since, now);
    let found = billing.db.system("number a checkout").fetch_optional(begin).await?;
    found.map(|(number,)| number).or_not_found("organization")
}

/// The page of this number is no longer being made. The number of the newest checkout.
pub(crate) async fn checkout_end(billing: &Billing, tenant: TenantId, number: i64) -> Result<i64> {
    let end = store::checkout_end(tenant, number);
    let found = billing.db.system("number a checkout").fetch_optional(end).await?;
    found.map(|(number,)| number).or_not_found("organization")
}
