//! An operator's commands.

pub mod audit;
pub mod billing;
pub mod erasure;
pub mod files;
pub mod keys;
pub mod mail;
pub mod operators;
pub mod users;

use anyhow::{Result, anyhow, bail};
use freehold_billing::settle::account_grant;
use freehold_core::Plan;
use freehold_tenancy::tenant::{tenant_change_plan, tenant_find_by_slug};
use freehold_web::Product;
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    compose,
    database::Database,
    products,
    settings::{Environment, Options, Settings},
};

/// `freehold migrate`: brings the schema up to date.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub async fn migrate(settings: &Settings) -> Result<()> {
    let product = products::product(&settings.product)?;
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

/// `freehold settings`: every setting, and where it was set.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub fn settings(options: Options, environment: &Environment) -> Result<()> {
    for line in options.listing(environment)? {
        println!("{line}");
    }
    Ok(())
}

/// `freehold plan`: gives an organization a plan, whatever it pays; without `plan`, takes the given plan back.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub async fn plan_change(settings: &Settings, slug: &str, plan: Option<&str>) -> Result<()> {
    let product = products::product(&settings.product)?;
    let spec = compose::specification(&product)?;
    let names: Vec<&str> = spec.plans().iter().map(|plan| plan.id.as_str()).collect();
    let find =
        |id: &str| spec.plan(id).ok_or_else(|| anyhow!("there is no plan {id:?}; there are: {}", names.join(", ")));
    let found = plan.map(find).transpose()?;
    let plan = found.map(|found| Plan { id: found.id.clone(), version: found.version });
    let database = Database::open_beside(settings).await?;
    let changed = change(settings, &database, &product, slug, plan.as_ref()).await;
    database.close().await?;
    changed?;
    match found {
        Some(found) => println!("{slug} has the plan {} (version {}) from now on", found.name, found.version),
        None => println!("{slug} has what it pays for from now on"),
    }
    Ok(())
}

async fn change(
    settings: &Settings,
    database: &Database,
    product: &Product,
    slug: &str,
    plan: Option<&Plan>,
) -> Result<()> {
    let db = database.pool()?;
    let billing = crate::billing::of_command(settings, &db, product).await?;
    db.clock_follow().await?;
    let mut tx = db.system("operator changes a plan").begin().await?;
    let tenant = tenant_find_by_slug(&mut tx, slug).await?.tenant_id;
    match (billing, plan) {
        (Some(billing), plan) => {
            tx.commit().await?;
            account_grant(&billing, tenant, plan).await?;
        }
        // Billing is switched off, so no other code changes the plan.
        (None, Some(plan)) => {
            tenant_change_plan(&mut tx, tenant, plan).await?;
            tx.commit().await?;
        }
        (None, None) => bail!("billing is disabled: enabled in [billing] is false; name a plan"),
    }
    Ok(())
}

/// A time as `2026-03-15 12:00Z`.
fn minute(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%MZ").to_string()
}
