//! Files of organizations: their rows in the database, their content as objects in a folder or in a bucket of an S3.
//!
//! Read in this order: [`mod@file`] are the rows, [`upload`] writes a file, [`content`] reads it, [`link`] lets others
//! read it; [`archive`] are files that Freehold itself makes; [`storage`] is where the objects are; [`sweep`] completes
//! what a program that ended left, [`check`] compares rows with objects, and [`erasure`] deletes all files of an
//! organization. The path of an object can be built only from a tenant and a file, and only in this crate.

mod action;
pub mod archive;
pub mod check;
pub mod content;
pub mod erasure;
pub mod error;
pub mod event;
mod export;
pub mod file;
mod files;
pub mod link;
mod module;
mod path;
pub mod storage;
pub mod sweep;
pub mod upload;

pub use files::{FileLimits, Files};
pub use module::module;
pub use path::{FileId, FileKind};

use freehold_db::{Migration, MigrationSet, Statement};

/// The migrations of this crate's table.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "files",
    tenant_tables: &["freehold.files"],
    migrations: &[
        Migration { number: 1, name: "files", sql: include_str!("../migrations/0001_files.sql") },
        Migration { number: 2, name: "archives", sql: include_str!("../migrations/0002_archives.sql") },
    ],
};

/// Every SQL statement of this crate.
pub const STATEMENTS: &[&[&Statement]] = &[
    file::STATEMENTS,
    upload::STATEMENTS,
    archive::STATEMENTS,
    sweep::STATEMENTS,
    check::STATEMENTS,
    export::STATEMENTS,
    erasure::STATEMENTS,
];
