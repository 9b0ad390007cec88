//! A product on the backbone.

use freehold_core::Area;
use freehold_db::{MigrationSet, Statement};
use freehold_jobs::{Handler, Schedule, outbox::EventType};
use utoipa_axum::router::OpenApiRouter;

use crate::Backbone;

/// The definition that a product passes to the binary.
#[derive(Clone, Copy)]
pub struct Product {
    /// Name of its `product.toml`, for messages.
    pub file: &'static str,
    /// Text of its `product.toml`.
    pub toml: &'static str,
    /// Migrations of the product's tables.
    pub migrations: Option<MigrationSet>,
    /// SQL statements of the product, for the test that prepares all of them.
    pub statements: &'static [&'static [&'static Statement]],
    /// Areas of the product for permissions and scopes.
    pub areas: &'static [Area],
    /// Handlers of the product's jobs.
    pub jobs: fn(&Backbone) -> Vec<Handler>,
    /// Schedules of the product's recurring jobs.
    pub schedules: &'static [Schedule],
    /// Event types of the product.
    pub events: &'static [EventType],
    /// Routes of the product under `/api/v1`.
    pub routes: fn() -> OpenApiRouter<Backbone>,
    /// The topics of that part: the tag of its operations, and what they are about.
    pub topics: &'static [(&'static str, &'static str)],
}

impl Product {
    /// A product that consists of a `product.toml` only; its application runs elsewhere.
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
