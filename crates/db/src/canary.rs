//! Before the server answers its first request it plays two tenants against each other, and refuses to start when one
//! sees the other, or when a table's protection is not what `freehold.protect` made.

use freehold_core::{Caller, Error, Id, Plan, Result, Standing, TenantId};
use uuid::Uuid;

use crate::{Db, statements};

/// Nobody's tenants: they exist only here, and own nothing but their canary.
const FIRST: TenantId = Id::new(Uuid::from_u128(0xCA9A_0000_0000_4000_8000_0000_0000_0001));
const SECOND: TenantId = Id::new(Uuid::from_u128(0xCA9A_0000_0000_4000_8000_0000_0000_0002));

statements! {
    /// What is wrong with the protection of the tables; nothing when all is well.
    fn faults_find() -> (String,) = "select fault from freehold.isolation_faults() as fault";

    /// Leaves this tenant's canary.
    fn canary_leave(tenant: TenantId) -> () =
        "insert into freehold.canary (tenant_id) values ($1) on conflict (tenant_id) do nothing";

    /// Writes a canary. With `on conflict` the select policy would refuse it too, and hide what the insert policy does.
    fn canary_forge(tenant: TenantId) -> () =
        "/* the canary: to be refused */ insert into freehold.canary (tenant_id) values ($1)";

    /// Whose canaries are visible.
    fn canaries_visible() -> (TenantId,) = "select tenant_id from freehold.canary";

    /// Tries to change a canary.
    fn canary_touch(tenant: TenantId) -> () = "update freehold.canary set touched = touched + 1 where tenant_id = $1";

    /// Tries to remove a canary.
    fn canary_remove(tenant: TenantId) -> () = "delete from freehold.canary where tenant_id = $1";

    /// Protected tables in which the tenant, who owns nothing but a canary, sees a row.
    fn tables_leaking() -> (String,) = "select leak from freehold.visible_tables() as leak where leak <> 'freehold.canary'";
}

/// What is wrong with the isolation, in sentences; empty when nothing is.
pub async fn faults(db: &Db) -> Result<Vec<String>> {
    let mut faults: Vec<String> =
        db.system("isolation check").fetch_all(faults_find()).await?.into_iter().map(|(fault,)| fault).collect();
    let plan = || Plan { id: String::new(), version: 0 };
    let first = db.tenant(&Caller::system(FIRST, "canary", plan(), Standing::Good));
    let second = db.tenant(&Caller::system(SECOND, "canary", plan(), Standing::Good));
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

/// Whether a row for `other` is refused when `own` writes it. Rolled back in any case.
async fn foreign_insert_refused(db: &Db, own: TenantId, other: TenantId) -> Result<bool> {
    let caller = Caller::system(own, "canary", Plan { id: String::new(), version: 0 }, Standing::Good);
    let mut tx = db.tenant(&caller).begin().await?;
    let Err(error) = tx.execute(canary_forge(other)).await else { return Ok(false) };
    match crate::error::database_error(&error).map(|cause| cause.code().code()) {
        Some("42501") => Ok(true),
        // The policies let it through; only the row that is there already was in the way.
        Some("23505") => Ok(false),
        _ => Err(error),
    }
}

/// Nothing, when tenants are isolated; an error that names every fault, when not.
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
