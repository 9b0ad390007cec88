//! Mails and webhooks.
//!
//! [`mail`] writes and sends mails; [`mailbox`] shows them locally while no mail server is connected. [`webhook`]
//! delivers events to customers' servers.

mod action;
mod export;
pub mod mail;
pub mod mailbox;
mod module;
pub mod webhook;

pub use module::module;

use freehold_db::{Migration, MigrationSet, Statement};

/// The migrations of this crate's tables.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "delivery",
    tenant_tables: &["freehold.webhook_deliveries", "freehold.webhook_endpoints", "freehold.webhook_lanes"],
    migrations: &[
        Migration { number: 1, name: "mails", sql: include_str!("../migrations/0001_mails.sql") },
        Migration { number: 2, name: "webhooks", sql: include_str!("../migrations/0002_webhooks.sql") },
        Migration {
            number: 3,
            name: "webhook_functions",
            sql: include_str!("../migrations/0003_webhook_functions.sql"),
        },
        Migration { number: 4, name: "mail_sending", sql: include_str!("../migrations/0004_mail_sending.sql") },
        Migration { number: 5, name: "mail_brands", sql: include_str!("../migrations/0005_mail_brands.sql") },
        Migration {
            number: 6,
            name: "mail_suppressions",
            sql: include_str!("../migrations/0006_mail_suppressions.sql"),
        },
        Migration { number: 7, name: "mail_secrets", sql: include_str!("../migrations/0007_mail_secrets.sql") },
        Migration { number: 8, name: "mail_lanes", sql: include_str!("../migrations/0008_mail_lanes.sql") },
        Migration {
            number: 9,
            name: "mail_lanes_queued",
            sql: include_str!("../migrations/0009_mail_lanes_queued.sql"),
        },
        Migration { number: 10, name: "mails_due", sql: include_str!("../migrations/0010_mails_due.sql") },
        Migration { number: 11, name: "webhook_keys", sql: include_str!("../migrations/0011_webhook_keys.sql") },
        Migration {
            number: 12,
            name: "webhook_keys_swapped",
            sql: include_str!("../migrations/0012_webhook_keys_swapped.sql"),
        },
        Migration { number: 13, name: "export_links", sql: include_str!("../migrations/0013_export_links.sql") },
    ],
};

/// Every SQL statement of this crate.
pub const STATEMENTS: &[&[&Statement]] = &[
    mail::ENQUEUE_STATEMENTS,
    mail::ERASURE_STATEMENTS,
    mail::SENDER_STATEMENTS,
    mail::QUEUE_STATEMENTS,
    mail::SECRETS_STATEMENTS,
    mail::SUPPRESSION_STATEMENTS,
    mail::TENANT_BRAND_STATEMENTS,
    mailbox::STATEMENTS,
    webhook::endpoint::STATEMENTS,
    webhook::delivery::STATEMENTS,
    webhook::DISPATCHER_STATEMENTS,
    webhook::SENDER_STATEMENTS,
    webhook::sweep::STATEMENTS,
    webhook::trouble::STATEMENTS,
    export::STATEMENTS,
];
