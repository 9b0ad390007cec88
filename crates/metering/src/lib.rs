//! Entitlements and usage.
//!
//! [`plan`] knows every version of every plan and the entitlements of a tenant, [`limit_override`] the limits that an
//! operator set for one; [`usage`] counts levels and counters
//! exactly, in a ledger; [`application`] is usage that an application records over the API; [`rate`] counts requests in
//! a window.

pub mod application;
pub mod event;
mod export;
pub mod limit_override;
mod meter;
mod module;
pub mod plan;
pub mod rate;
pub mod usage;

pub use module::module;

use freehold_db::{Migration, MigrationSet, Statement};

/// The migrations of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "metering",
    tenant_tables: &[
        "freehold.limit_overrides",
        "freehold.rate_windows",
        "freehold.usage_alerts",
        "freehold.usage_events",
        "freehold.usage_reservations",
        "freehold.usage_totals",
    ],
    migrations: &[
        Migration { number: 1, name: "plan_versions", sql: include_str!("../migrations/0001_plan_versions.sql") },
        Migration { number: 2, name: "usage", sql: include_str!("../migrations/0002_usage.sql") },
        Migration { number: 3, name: "usage_functions", sql: include_str!("../migrations/0003_usage_functions.sql") },
        Migration { number: 4, name: "rate_windows", sql: include_str!("../migrations/0004_rate_windows.sql") },
        Migration { number: 5, name: "usage_sweep", sql: include_str!("../migrations/0005_usage_sweep.sql") },
        Migration { number: 6, name: "bounded_rates", sql: include_str!("../migrations/0006_bounded_rates.sql") },
        Migration { number: 7, name: "usage_batches", sql: include_str!("../migrations/0007_usage_batches.sql") },
        Migration { number: 8, name: "limit_overrides", sql: include_str!("../migrations/0008_limit_overrides.sql") },
    ],
};

/// Every SQL statement of this crate.
pub const STATEMENTS: &[&[&Statement]] = &[
    plan::STATEMENTS,
    usage::STATEMENTS,
    application::STATEMENTS,
    rate::STATEMENTS,
    limit_override::STATEMENTS,
    export::STATEMENTS,
];
