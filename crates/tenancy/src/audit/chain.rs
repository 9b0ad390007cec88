//! Entries join the chain of their tenant: each gets the next number, and the hash over the entry before it and its own
//! content. This happens after the transaction that wrote the entry, so no change waits for another.
//!
//! Whatever is committed and has no number is next, in the order of time and id within a batch. So an entry whose
//! transaction took long gets a later number and is never passed over. Of two processes that chain entries of one
//! tenant, the second waits for the first; chains of different tenants never wait for each other.

use freehold_core::{Context, Error, Result, TenantId};
use freehold_db::{Db, SystemTx};
use freehold_module::Infra;
use freehold_vault::Vault;
use jiff::SignedDuration;
use serde_json::value::to_raw_value;
use uuid::Uuid;

use super::{
    head::{Head, SignedHead, Word, whole},
    person::{Open, Place, Sealer, open_items},
    record::Record,
    store,
};

/// Most entries that one transaction chains.
const BATCH: i64 = 1000;
/// Most tenants that one query returns.
const TENANTS: i64 = 500;
/// Entries that wait longer for their chain than this are a fault.
const LATE: SignedDuration = SignedDuration::from_mins(1);

/// Chains all entries that are committed, and returns their number. A tenant whose chain cannot be continued does not
/// keep the others from theirs.
///
/// # Errors
/// The error of the first chain that could not be continued, after the others were.
pub async fn audit_chain(infra: &Infra) -> Result<u64> {
    let (mut chained, mut after, mut failed) = (0, Uuid::nil(), None);
    loop {
        let waiting =
            infra.db.system("chain audit entries").fetch_all(store::tenants_unchained(after, TENANTS)).await?;
        let Some((last,)) = waiting.last() else { return failed.map_or(Ok(chained), Err) };
        after = last.uuid();
        for (tenant,) in waiting {
            match tenant_chain(infra, tenant).await {
                Ok(some) => chained += some,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
    }
}

/// Chains all entries of one tenant that are committed, and returns their number.
pub async fn tenant_chain(infra: &Infra, tenant: TenantId) -> Result<u64> {
    let mut chained = 0;
    loop {
        let some = batch_chain(infra, tenant).await?;
        chained += some;
        if some < BATCH.unsigned_abs() {
            return Ok(chained);
        }
    }
}

/// How many entries of all tenants should be chained for a while and are not.
pub async fn audit_late(db: &Db) -> Result<i64> {
    let before = db.clock().now().saturating_sub(LATE).context("subtracting a minute")?;
    let found = db.system("count late audit entries").fetch_optional(store::unchained_count(before)).await?;
    Ok(found.map_or(0, |(count,)| count))
}

async fn batch_chain(infra: &Infra, tenant: TenantId) -> Result<u64> {
    let (vault, random) = (&infra.vault, &infra.random);
    let mut tx = infra.db.system("chain audit entries").begin().await?;
    tx.execute(store::chain_begin(tenant)).await?;
    let chain = tx.fetch_one(store::chain_lock(tenant)).await?;
    // A head that this program did not sign is not continued: that would make it valid.
    let mut head = chain.read(vault, tenant)?.last();
    let rows = tx.fetch_all(store::unchained_list(tenant, BATCH)).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let personal: Vec<Vec<Open>> = rows.iter().map(|row| open_items(row.personal.clone())).collect::<Result<_>>()?;
    let Some(sealer) = Sealer::load(&mut tx, vault, random, tenant, &personal).await? else { return Ok(0) };
    let mut links = store::Links { ids: Vec::new(), numbers: Vec::new(), hashes: Vec::new(), personal: Vec::new() };
    for (row, open) in rows.into_iter().zip(personal) {
        let items = sealer.seal(&Place::new(tenant, row.entry_id.uuid()), &open);
        let items = to_raw_value(&items).context("writing an audit entry")?.get().to_owned();
        let record = Record::of(row, head.number + 1, items.clone())?;
        head = Head { number: record.number, hash: record.digest(tenant, &head.hash) };
        links.ids.push(record.id);
        links.numbers.push(head.number);
        links.hashes.push(head.hash.to_vec());
        links.personal.push(items);
    }
    let count = links.ids.len() as u64;
    if tx.execute(store::entries_chain(tenant, links)).await? != count {
        return Err(Error::internal(format!("entries of {tenant} were chained by another process")));
    }
    head_store(&mut tx, vault, tenant, head).await?;
    tx.commit().await?;
    Ok(count)
}

/// Signs a head and stores it.
pub(super) async fn head_store(tx: &mut SystemTx, vault: &Vault, tenant: TenantId, head: Head) -> Result<()> {
    let SignedHead { head, signed_at, public_key, signature } = head.sign(vault, Word::Head, tenant, whole(tx.now()));
    let key = public_key.as_bytes();
    tx.execute(store::chain_advance(tenant, head.number, &head.hash, signed_at, key, &signature)).await.map(drop)
}
