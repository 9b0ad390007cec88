//! A product: what a team sells on the backbone.

use freehold_core::Area;
use freehold_db::{MigrationSet, Statement};
use freehold_jobs::{Handler, Schedule, outbox::EventType};
use utoipa_axum::router::OpenApiRouter;

use crate::Backbone;

/// The one value that a product hands to the binary.
#[derive(Clone, Copy)]
pub struct Product {
    /// The name of its `product.toml`, for messages.
    pub file: &'static str,
    /// The text of its `product.toml`.
    pub toml: &'static str,
    /// Its tables.
    pub migrations: Option<MigrationSet>,
    /// Its SQL, for the test that prepares all of it.
    pub statements: &'static [&'static [&'static Statement]],
    /// What its permissions and scopes are about.
    pub areas: &'static [Area],
    /// What does its jobs.
    pub jobs: fn(&Backbone) -> Vec<Handler>,
    /// Its jobs that come regularly.
    pub schedules: &'static [Schedule],
    /// What it tells outside.
    pub events: &'static [EventType],
    /// Its part of the API, under `/api/v1`.
    pub routes: fn() -> OpenApiRouter<Backbone>,
    /// The topics of that part: the tag of its operations, and what they are about.
    pub topics: &'static [(&'static str, &'static str)],
}

impl Product {
    /// A product that is a `product.toml` alone: its application lives elsewhere.
    pub const fn from_toml(file: &'static str, toml: &'static str) -> Self {
        Self {
            file,
            toml,
            migrations: None,
            statements: &[],
            areas: &[],
            jobs: |_| Vec::new(),
            schedules: &[],
            events: &[],
            routes: OpenApiRouter::new,
            topics: &[],
        }
    }
}
