//! What an operator does from the command line.

pub mod mail;

use anyhow::{Result, anyhow};
use freehold_core::{Clock, Plan};
use freehold_tenancy::tenant::{tenant_change_plan, tenant_find_by_slug};

use crate::{compose, database::Database, settings::Settings};

/// `freehold migrate`: brings the schema up to date.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub async fn migrate(settings: &Settings) -> Result<()> {
    let product = compose::product(&settings.product)?;
    let database = Database::open_beside(settings).await?;
    let migrated = database.migrate(&compose::migrations(&product)).await;
    database.close().await?;
    let migrated = migrated?;
    for name in &migrated.applied {
        println!("applied {name}");
    }
    println!("{} applied, {} were there before", migrated.applied.len(), migrated.known);
    Ok(())
}

/// `freehold plan`: puts an organization on another plan.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub async fn plan_change(settings: &Settings, slug: &str, plan: &str) -> Result<()> {
    let product = compose::specification(&compose::product(&settings.product)?)?;
    let names: Vec<&str> = product.plans().iter().map(|plan| plan.id.as_str()).collect();
    let found =
        product.plan(plan).ok_or_else(|| anyhow!("there is no plan {plan:?}; there are: {}", names.join(", ")))?;
    let database = Database::open_beside(settings).await?;
    let changed = change(&database, slug, &Plan { id: found.id.clone(), version: found.version }).await;
    database.close().await?;
    changed?;
    println!("{slug} is on the plan {} (version {}) from now on", found.name, found.version);
    Ok(())
}

async fn change(database: &Database, slug: &str, plan: &Plan) -> Result<()> {
    let db = database.pool()?;
    let mut tx = db.system("operator changes a plan").begin().await?;
    let tenant = tenant_find_by_slug(&mut tx, slug).await?;
    tenant_change_plan(&mut tx, tenant.tenant_id, plan, Clock::system().now()).await?;
    tx.commit().await?;
    Ok(())
}
