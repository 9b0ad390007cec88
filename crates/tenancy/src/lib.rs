//! Organizations and their members.
//!
//! A tenant is an organization, even when it has one user only. [`tenant`] creates and changes it, [`member`] are its
//! members with their roles, [`role`] are the roles that it makes itself, [`invitation`] invites new members,
//! [`resolve`] finds tenant, role and plan for every request, [`audit`] is the audit log, and [`activity`] shows its
//! entries in words.

mod action;
pub mod activity;
pub mod audit;
mod authority;
pub mod departure;
mod erasure;
pub mod event;
mod export;
pub mod invitation;
pub mod member;
mod module;
pub mod resolve;
pub mod role;
pub mod tenant;

pub use module::module;

use freehold_db::{Migration, MigrationSet, Statement};

/// The migrations of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "tenancy",
    tenant_tables: &["freehold.audit_entries", "freehold.audit_chains", "freehold.audit_persons"],
    migrations: &[
        Migration { number: 1, name: "tenants", sql: include_str!("../migrations/0001_tenants.sql") },
        Migration { number: 2, name: "members", sql: include_str!("../migrations/0002_members.sql") },
        Migration { number: 3, name: "settling", sql: include_str!("../migrations/0003_settling.sql") },
        Migration { number: 4, name: "audit", sql: include_str!("../migrations/0004_audit.sql") },
        Migration { number: 5, name: "invitations", sql: include_str!("../migrations/0005_invitations.sql") },
        Migration { number: 6, name: "departures", sql: include_str!("../migrations/0006_departures.sql") },
        Migration { number: 7, name: "authority_ends", sql: include_str!("../migrations/0007_authority_ends.sql") },
        Migration { number: 8, name: "invitation_rates", sql: include_str!("../migrations/0008_invitation_rates.sql") },
        Migration { number: 9, name: "lists", sql: include_str!("../migrations/0009_lists.sql") },
        Migration { number: 10, name: "members_user_id", sql: include_str!("../migrations/0010_members_user_id.sql") },
        Migration { number: 11, name: "audit_service", sql: include_str!("../migrations/0011_audit_service.sql") },
        Migration { number: 12, name: "audit_apart", sql: include_str!("../migrations/0012_audit_apart.sql") },
        Migration { number: 13, name: "audit_record", sql: include_str!("../migrations/0013_audit_record.sql") },
        Migration { number: 14, name: "audit_chains", sql: include_str!("../migrations/0014_audit_chains.sql") },
        Migration { number: 15, name: "audit_persons", sql: include_str!("../migrations/0015_audit_persons.sql") },
        Migration { number: 16, name: "audit_cuts", sql: include_str!("../migrations/0016_audit_cuts.sql") },
        Migration { number: 17, name: "roles", sql: include_str!("../migrations/0017_roles.sql") },
        Migration {
            number: 18,
            name: "roles_of_members",
            sql: include_str!("../migrations/0018_roles_of_members.sql"),
        },
        Migration { number: 19, name: "ownership_mail", sql: include_str!("../migrations/0019_ownership_mail.sql") },
        Migration { number: 20, name: "audit_actions", sql: include_str!("../migrations/0020_audit_actions.sql") },
        Migration { number: 21, name: "profiles", sql: include_str!("../migrations/0021_profiles.sql") },
        Migration { number: 22, name: "former_slugs", sql: include_str!("../migrations/0022_former_slugs.sql") },
    ],
};

/// Every SQL statement of this crate.
pub const STATEMENTS: &[&[&Statement]] = &[
    tenant::STATEMENTS,
    authority::STATEMENTS,
    role::STATEMENTS,
    member::STATEMENTS,
    invitation::STATEMENTS,
    departure::STATEMENTS,
    erasure::STATEMENTS,
    resolve::STATEMENTS,
    audit::STATEMENTS,
    activity::STATEMENTS,
    export::STATEMENTS,
];
