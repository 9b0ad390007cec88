//! Billing: what a tenant pays at Stripe, and which state and standing follow from it.
//!
//! Stripe is the source of payments; Freehold derives the consequences. The content of a webhook is never used: an
//! event in the [`inbox`] makes Freehold ask Stripe again ([`refresh`]), and the answer is stored as [`subscription`]s
//! of an [`account`]. From these and the time [`lifecycle`] decides the tenant's state, and [`settle`]
//! stores it; [`reconcile`] repairs what was
//! missed. What users request ([`checkout`], [`portal`], [`change`]) goes to Stripe, and its result comes back from
//! there. A tenant that pays twice gets a refund ([`extra`]).
//!
//! Read in this order: [`Billing`] is the context, [`stripe`] is the client, [`catalog_sync`] syncs plans to Stripe;
//! then the modules above.

pub mod account;
mod action;
mod billing;
pub mod catalog_sync;
pub mod change;
pub mod checkout;
pub mod customer;
pub mod erasure;
pub mod event;
mod export;
pub mod extra;
pub mod inbox;
mod interval;
pub mod invoice;
pub mod job;
pub mod lifecycle;
mod mail;
mod module;
mod offer;
pub mod overview;
pub mod portal;
pub mod reconcile;
pub mod refresh;
mod return_url;
mod running;
pub mod seats;
pub mod settle;
pub mod stripe;
pub mod subscription;
pub mod trial;
pub mod unpaid;

pub use billing::{Billing, CheckoutTerms, Parts};
pub use interval::Interval;
pub use module::module;

use freehold_core::Code;
use freehold_db::{Migration, MigrationSet, Statement};

/// The migrations of this crate's tables.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "billing",
    tenant_tables: &[],
    migrations: &[
        Migration { number: 1, name: "billing", sql: include_str!("../migrations/0001_billing.sql") },
        Migration {
            number: 2,
            name: "billing_functions",
            sql: include_str!("../migrations/0002_billing_functions.sql"),
        },
        Migration { number: 3, name: "billing_notices", sql: include_str!("../migrations/0003_billing_notices.sql") },
        Migration { number: 4, name: "abandoned", sql: include_str!("../migrations/0004_abandoned.sql") },
        Migration { number: 5, name: "one_subscription", sql: include_str!("../migrations/0005_one_subscription.sql") },
        Migration { number: 6, name: "trials", sql: include_str!("../migrations/0006_trials.sql") },
        Migration { number: 7, name: "odd_events", sql: include_str!("../migrations/0007_odd_events.sql") },
        Migration { number: 8, name: "event_secrets", sql: include_str!("../migrations/0008_event_secrets.sql") },
        Migration { number: 9, name: "event_sessions", sql: include_str!("../migrations/0009_event_sessions.sql") },
    ],
};

/// All SQL statements of this crate.
pub const STATEMENTS: &[&[&Statement]] = &[
    account::STATEMENTS,
    erasure::STATEMENTS,
    subscription::STATEMENTS,
    extra::STATEMENTS,
    inbox::STATEMENTS,
    seats::STATEMENTS,
    settle::STATEMENTS,
    trial::STATEMENTS,
    unpaid::STATEMENTS,
    export::STATEMENTS,
];

/// The error codes of this crate.
pub mod codes {
    use super::Code;

    /// The card was refused, or its owner has to be asked first.
    pub const PAYMENT_FAILED: Code = Code::new("payment_failed", 402, "The payment failed");

    /// Nothing is sold on this server, so nothing is limited.
    pub const BILLING_DISABLED: Code = Code::new("billing_disabled", 404, "Billing is disabled on this server");

    /// The user owns as many organizations without a paid plan as this server allows.
    pub const UNPAID_ORGANIZATIONS: Code =
        Code::new("unpaid_organizations", 402, "The user owns too many unpaid organizations");

    /// All codes above.
    pub const ALL: &[Code] = &[PAYMENT_FAILED, BILLING_DISABLED, UNPAID_ORGANIZATIONS];
}
