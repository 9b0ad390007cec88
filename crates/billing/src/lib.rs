//! Money: what a tenant pays at Stripe, and where it stands because of it.
//!
//! Stripe knows who pays what; Freehold knows what that means. Nothing that Stripe tells is believed: an event in the
//! [`inbox`] makes us ask anew ([`refresh`]), and what was answered is written down as [`subscription`]s of an [`account`].
//! Out of that and the time [`lifecycle`] decides where the tenant stands; [`reconcile`] mends what got lost on the way.
//! What people ask for ([`checkout`], [`portal`], [`change`]) goes to Stripe, and comes back from there. Who pays twice all the
//! same gets it back ([`extra`]).
//!
//! Read in this order: [`Billing`] holds the parts, [`stripe`] is the client, [`catalog_sync`] brings plans to Stripe; then
//! the above.

pub mod account;
mod billing;
pub mod catalog_sync;
pub mod change;
pub mod checkout;
pub mod customer;
pub mod event;
pub mod extra;
pub mod inbox;
mod interval;
pub mod invoice;
pub mod job;
pub mod lifecycle;
mod offer;
pub mod overview;
pub mod portal;
pub mod reconcile;
pub mod refresh;
mod return_url;
mod running;
pub mod seats;
pub mod stripe;
pub mod subscription;
pub mod trial;
pub mod unpaid;

pub use billing::{Billing, CheckoutTerms, Parts};
pub use interval::Interval;

use freehold_core::Code;
use freehold_db::{Migration, MigrationSet, Statement};

/// The tables of this room.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "billing",
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

/// Every statement of this room.
pub const STATEMENTS: &[&[&Statement]] = &[
    account::STATEMENTS,
    subscription::STATEMENTS,
    extra::STATEMENTS,
    inbox::STATEMENTS,
    seats::STATEMENTS,
    lifecycle::STATEMENTS,
    trial::STATEMENTS,
    unpaid::STATEMENTS,
];

/// The errors that only this room makes.
pub mod codes {
    use super::Code;

    /// The card was refused, or its owner has to be asked first.
    pub const PAYMENT_FAILED: Code = Code::new("payment_failed", 402, "The payment did not go through");

    /// Nothing is sold on this server, so nothing is limited.
    pub const BILLING_DISABLED: Code =
        Code::new("billing_disabled", 404, "Nothing is sold here, and nothing is limited");

    /// The person owns as many organizations that pay nothing as this server allows.
    pub const UNPAID_ORGANIZATIONS: Code =
        Code::new("unpaid_organizations", 402, "Too many organizations that pay nothing");

    /// All of the above.
    pub const ALL: &[Code] = &[PAYMENT_FAILED, BILLING_DISABLED, UNPAID_ORGANIZATIONS];
}
