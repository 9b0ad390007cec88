//! After a change of the master key: heads of quiet chains are signed anew, and the keys of personal data encrypted
//! anew, so that the former master key can be removed from the configuration.

use freehold_core::{Context, Result};
use freehold_module::Infra;

use super::{
    chain::head_store,
    head::AUDIT_HEAD,
    person::{AUDIT_PERSON, key_place},
    retention::cut_store,
    store::{self, FormerKey},
};

/// Most rows that one query returns.
const ROWS: i64 = 500;

/// Signs and encrypts anew what former master keys signed and encrypted; returns how much.
///
/// # Errors
/// `internal` when a former master key is not configured any more.
pub async fn audit_renew(infra: &Infra) -> Result<u64> {
    Ok(heads_renew(infra).await? + keys_renew(infra).await?)
}

async fn heads_renew(infra: &Infra) -> Result<u64> {
    let (vault, mut renewed) = (&infra.vault, 0);
    let current = vault.public_key(AUDIT_HEAD);
    loop {
        let former = store::chains_of_former_keys(current.as_bytes(), ROWS);
        let former = infra.db.system("sign audit heads anew").fetch_all(former).await?;
        if former.is_empty() {
            return Ok(renewed);
        }
        for (tenant,) in former {
            let mut tx = infra.db.system("sign audit heads anew").begin().await?;
            let chain = tx.fetch_one(store::chain_lock(tenant)).await?;
            let chain = chain.read(vault, tenant)?;
            if let Some(signed) = chain.head {
                head_store(&mut tx, vault, tenant, signed.head).await?;
            }
            if let Some(signed) = chain.cut {
                cut_store(&mut tx, vault, tenant, signed.head).await?;
            }
            tx.commit().await?;
            renewed += 1;
        }
    }
}

async fn keys_renew(infra: &Infra) -> Result<u64> {
    let (vault, mut renewed) = (&infra.vault, 0);
    loop {
        let former = store::keys_of_former_keys(&vault.current_header(), ROWS);
        let former = infra.db.system("encrypt audit keys anew").fetch_all(former).await?;
        if former.is_empty() {
            return Ok(renewed);
        }
        for FormerKey { tenant_id, key_id, sealed_key } in former {
            let place = key_place(tenant_id, key_id);
            let key = vault.open(AUDIT_PERSON, &sealed_key, &place).context("opening a key of the audit")?;
            let sealed = vault.seal(AUDIT_PERSON, &key, &place, &infra.random);
            let renew = store::person_renew(tenant_id, key_id, sealed, sealed_key);
            renewed += infra.db.system("encrypt audit keys anew").execute(renew).await?;
        }
    }
}
