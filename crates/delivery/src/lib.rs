//! What leaves the house.
//!
//! [`mail`] are the mails there are and what they say; [`mailbox`] is where they end while no mail server is connected.

pub mod mail;
pub mod mailbox;

use freehold_db::{Migration, MigrationSet, Statement};

/// The tables of this room.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "delivery",
    migrations: &[Migration { number: 1, name: "mails", sql: include_str!("../migrations/0001_mails.sql") }],
};

/// Every statement of this room.
pub const STATEMENTS: &[&[&Statement]] = &[mailbox::STATEMENTS];
