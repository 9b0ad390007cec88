//! Deletes an organization: its rows in the tenant plane, table by table, and then the organization itself.

mod store;

use freehold_core::{Result, TenantId};
use freehold_db::{Db, SystemTx, row};
use freehold_module::Module;
use jiff::{SignedDuration, Timestamp};

pub use store::STATEMENTS;

use super::tenant_deletion::tenant_close;

/// Rows that one transaction deletes.
const BATCH: i32 = 1_000;

/// How long after an organization was deleted its rows are looked for once more. Requests and jobs that began before
/// may still write; those for which this is too short find no organization.
pub const CALM: SignedDuration = SignedDuration::from_mins(15);

row! {
    /// The erasure of an organization.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct TenantErasure {
        /// Id of the organization.
        pub id: TenantId,
        /// Id of the customer at Stripe; none: there was none.
        pub customer_id: Option<String>,
        /// When the organization itself was deleted, UTC; none: not yet.
        pub removed_at: Option<Timestamp>,
    }
}

/// The tables of the tenant plane of these modules, which an erasure empties for its organization.
pub fn tenant_tables<C>(modules: &[Module<C>]) -> Vec<String> {
    let sets = modules.iter().filter_map(|module| module.migrations);
    sets.flat_map(|set| set.tenant_tables).map(|&table| table.to_owned()).collect()
}

/// Begins the erasure of an organization that this transaction has locked, if its deletion is due: from now on nothing
/// cancels it, and the organization is not there for its members and keys. Returns whether it is due.
pub async fn tenant_erasure_begin(tx: &mut SystemTx, tenant: TenantId) -> Result<bool> {
    if tx.execute(store::tenant_deletion_begin(tenant)).await? == 0 {
        return Ok(false);
    }
    tenant_close(tx, tenant).await?;
    tx.execute(store::tenant_erasure_put(tenant)).await?;
    Ok(true)
}

/// Deletes the organization's rows from these tables, in batches. Returns their number.
pub async fn tenant_tables_purge(db: &Db, tenant: TenantId, tables: &[String]) -> Result<u64> {
    let ordered = db.system("erase an organization").fetch_all(store::erasure_order(tables)).await?;
    let mut deleted = 0;
    for (table,) in ordered {
        loop {
            let purge = store::tenant_purge(tenant, &table, BATCH);
            let some = db.system("erase an organization").fetch_optional(purge).await?.map_or(0, |(some,)| some);
            deleted += some.unsigned_abs();
            if some < i64::from(BATCH) {
                break;
            }
        }
    }
    Ok(deleted)
}

/// Deletes the organization itself, with every row that refers to it.
pub async fn tenant_remove(tx: &mut SystemTx, tenant: TenantId) -> Result<()> {
    tx.execute(store::tenant_delete(tenant)).await?;
    tx.execute(store::tenant_erasure_removed(tenant)).await.map(drop)
}

/// Up to 100 organizations that were deleted before this time and whose rows were not looked for since.
pub async fn tenant_erasures_open(db: &Db, before: Timestamp) -> Result<Vec<TenantErasure>> {
    db.system("find erasures to complete").fetch_all(store::tenant_erasures_open(before)).await
}

/// Records that nothing of an organization is left.
pub async fn tenant_erasure_end(db: &Db, tenant: TenantId) -> Result<()> {
    db.system("complete an erasure").execute(store::tenant_erasure_end(tenant)).await.map(drop)
}
