//! A product: what a team sells on the backbone.

use freehold_core::Area;
use freehold_db::{MigrationSet, Statement};
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
    /// Its part of the API, under `/api/v1`.
    pub routes: fn() -> OpenApiRouter<Backbone>,
}

impl Product {
    /// A product that is a `product.toml` alone: its application lives elsewhere.
    pub const fn from_toml(file: &'static str, toml: &'static str) -> Self {
        Self { file, toml, migrations: None, statements: &[], areas: &[], routes: OpenApiRouter::new }
    }
}
