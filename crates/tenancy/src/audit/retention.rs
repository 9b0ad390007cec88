//! Deletes old entries: the beginning of a chain, up to a place that is signed. What follows is verified as before.

use freehold_core::{Error, Result, TenantId};
use freehold_db::SystemTx;
use freehold_module::Infra;
use freehold_vault::Vault;
use jiff::Timestamp;

use super::{
    head::{Head, SignedHead, Word, whole},
    store,
};

/// Most entries that one transaction deletes.
const BATCH: i64 = 5000;

/// Deletes the beginning of an organization's chain in which all entries are older than `before`; returns the number of
/// entries. Entries that are not chained stay.
///
/// # Errors
/// `internal` when the chain was changed by other means than this program.
pub async fn audit_cut(infra: &Infra, tenant: TenantId, before: Timestamp) -> Result<u64> {
    let mut deleted = 0;
    loop {
        let some = batch_cut(infra, tenant, before).await?;
        if some == 0 {
            return Ok(deleted);
        }
        deleted += some;
    }
}

async fn batch_cut(infra: &Infra, tenant: TenantId, before: Timestamp) -> Result<u64> {
    let mut tx = infra.db.system("delete old audit entries").begin().await?;
    let Some(chain) = tx.fetch_optional(store::chain_lock(tenant)).await? else { return Ok(0) };
    let chain = chain.read(&infra.vault, tenant)?;
    let (first, last) = (chain.deleted().number, chain.last().number);
    let (young,) = tx.fetch_one(store::cut_find(tenant, before)).await?;
    let number = young.unwrap_or(last).min(first + BATCH);
    if number <= first {
        return Ok(0);
    }
    let found = tx.fetch_optional(store::hash_find(tenant, number)).await?;
    let hash = found.and_then(|(hash,)| hash.try_into().ok());
    let hash = hash.ok_or_else(|| Error::internal(format!("the audit chain of {tenant} lacks entry {number}")))?;
    cut_store(&mut tx, &infra.vault, tenant, Head { number, hash }).await?;
    let (deleted,) = tx.fetch_one(store::cut_delete(tenant)).await?;
    tx.commit().await?;
    Ok(deleted.unsigned_abs())
}

/// Signs the place of a cut and stores it.
pub(super) async fn cut_store(tx: &mut SystemTx, vault: &Vault, tenant: TenantId, cut: Head) -> Result<()> {
    let SignedHead { head, signed_at, public_key, signature } = cut.sign(vault, Word::Cut, tenant, whole(tx.now()));
    let key = public_key.as_bytes();
    tx.execute(store::cut_store(tenant, head.number, &head.hash, signed_at, key, &signature)).await.map(drop)
}
