//! Before the server answers its first request, two test tenants try to read and write each other's rows. The server
//! refuses to start when one of them succeeds, or when a table is not protected as `freehold.protect` protects it.

use freehold_core::{Caller, Error, Id, Plan, Result, Standing, TenantId};
use uuid::Uuid;

use crate::{Db, statements};

/// The two test tenants. They exist only here and own nothing but their canary rows.
const FIRST: TenantId = Id::new(Uuid::from_u128(0xCA9A_0000_0000_4000_8000_0000_0000_0001));
const SECOND: TenantId = Id::new(Uuid::from_u128(0xCA9A_0000_0000_4000_8000_0000_0000_0002));

statements! {
    /// Lists what is wrong with the protection of the tables; no rows when nothing is.
    fn faults_find() -> (String,) = "select fault from freehold.isolation_faults() as fault";

    /// Writes this tenant's own canary row.
    fn canary_leave(tenant: TenantId) -> () =
        "insert into freehold.canary (tenant_id) values ($1) on conflict (tenant_id) do nothing";

    /// Writes a canary row for another tenant. Without `on conflict`, because the select policy would refuse that too
    /// and so hide whether the insert policy works.
    fn canary_forge(tenant: TenantId) -> () =
        "/* the canary: to be refused */ insert into freehold.canary (tenant_id) values ($1)";

    /// Lists the tenants whose canary rows are visible.
    fn canaries_visible() -> (TenantId,) = "select tenant_id from freehold.canary";

    /// Tries to update a canary row.
    fn canary_touch(tenant: TenantId) -> () = "update freehold.canary set touched = touched + 1 where tenant_id = $1";

    /// Tries to delete a canary row.
    fn canary_remove(tenant: TenantId) -> () = "delete from freehold.canary where tenant_id = $1";

    /// Lists the protected tables in which the tenant, which owns only a canary row, sees a row.
    fn tables_leaking() -> (String,) = "select leak from freehold.visible_tables() as leak where leak <> 'freehold.canary'";
}

/// Lists what is wrong with the isolation of tenants, in sentences; empty when nothing is.
pub async fn faults(db: &Db) -> Result<Vec<String>> {
    let mut faults: Vec<String> =
        db.system("isolation check").fetch_all(faults_find()).await?.into_iter().map(|(fault,)| fault).collect();
    let plan = || Plan { id: String::new(), version: 0 };
    let [first, second] = [FIRST, SECOND].map(|tenant| Caller::system(tenant, "canary", plan(), Standing::Good));
    let (first, second) = (db.tenant(&first), db.tenant(&second));
    first.execute(canary_leave(FIRST)).await?;
    second.execute(canary_leave(SECOND)).await?;

    for (who, own, tenant) in [("first", FIRST, &first), ("second", SECOND, &second)] {
        let other = if own == FIRST { SECOND } else { FIRST };
        let seen = tenant.fetch_all(canaries_visible()).await?;
        if seen != [(own,)] {
            faults.push(format!(
                "the {who} canary tenant sees {} canaries in freehold.canary instead of its own one",
                seen.len()
            ));
        }
        for (table,) in tenant.fetch_all(tables_leaking()).await? {
            faults.push(format!("a tenant that owns nothing sees rows in {table}"));
        }
        if tenant.execute(canary_touch(other)).await? + tenant.execute(canary_remove(other)).await? > 0 {
            faults.push(format!("the {who} canary tenant changed a row of the other in freehold.canary"));
        }
        if !foreign_insert_refused(db, own, other).await? {
            faults.push(format!("the {who} canary tenant wrote a row for the other into freehold.canary"));
        }
    }
    Ok(faults)
}

/// Whether the database refuses a row of `other` that `own` writes. The transaction is rolled back in any case.
async fn foreign_insert_refused(db: &Db, own: TenantId, other: TenantId) -> Result<bool> {
    let caller = Caller::system(own, "canary", Plan { id: String::new(), version: 0 }, Standing::Good);
    let mut tx = db.tenant(&caller).begin().await?;
    let Err(error) = tx.execute(canary_forge(other)).await else { return Ok(false) };
    match crate::error::database_error(&error).map(|cause| cause.code().code()) {
        Some("42501") => Ok(true),
        // The policies allowed the insert; only the existing row with the same key prevented it.
        Some("23505") => Ok(false),
        _ => Err(error),
    }
}

/// Succeeds when tenants are isolated; otherwise the error names every fault.
pub async fn canary(db: &Db) -> Result<()> {
    let faults = faults(db).await?;
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::internal(format!(
        "refusing to start, because tenants are not isolated from each other:\n  - {}\n\
         As freehold_owner, restore the table's protection with the `select freehold.protect(…)` of its migration; other \
         arguments would give it another protection.",
        faults.join("\n  - ")
    )))
}
