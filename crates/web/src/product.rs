//! A product on the backbone.

use axum::Router;
use freehold_app::App;
use freehold_module::Module;
use utoipa_axum::router::OpenApiRouter;

use crate::{Backbone, NavItem, demo::Demo};

/// The definition that a product passes to the binary: its `product.toml`, its [`Module`], and its [`Surface`].
#[derive(Clone, Copy)]
pub struct Product {
    /// Name of its `product.toml`, for messages.
    pub file: &'static str,
    /// Text of its `product.toml`.
    pub toml: &'static str,
    /// Its tables, jobs, events and hooks; none: the application runs elsewhere.
    pub module: Option<Module<App>>,
    /// What it adds for HTTP.
    pub surface: Surface,
}

/// What a product adds for HTTP. A route that takes larger bodies than 1 MiB or more time than 30 seconds says so by
/// a layer of its own: [`axum::extract::DefaultBodyLimit`], [`crate::TimeLimit`].
#[derive(Clone, Copy)]
pub struct Surface {
    /// Routes under `/api/v1`.
    pub api: fn() -> OpenApiRouter<Backbone>,
    /// The topics of that part: the tag of its operations, and what they are about.
    pub topics: &'static [(&'static str, &'static str)],
    /// Pages, and addresses that other services call back, at any path that is not taken.
    pub pages: fn() -> Router<Backbone>,
    /// The links of its pages in the navigation, after those of the backbone.
    pub navigation: &'static [NavItem],
    /// What a developer who tries the product calls first, after the first API key was created.
    pub first_steps: &'static [FirstStep],
    /// Its demo, which `freehold demo` runs; none: it has none.
    pub demo: Option<Demo>,
}

/// A request that the developer's page shows.
#[derive(Clone, Copy, Debug)]
pub struct FirstStep {
    /// A few words: `Create a workflow`.
    pub title: &'static str,
    /// What it does, in Markdown.
    pub text: &'static str,
    /// The path of the `POST` request: `/api/v1/workflows`.
    pub path: &'static str,
    /// The JSON body.
    pub body: &'static str,
}

impl Surface {
    /// A product without routes and pages.
    pub const NONE: Self = Self {
        api: OpenApiRouter::new,
        topics: &[],
        pages: Router::new,
        navigation: &[],
        first_steps: &[],
        demo: None,
    };
}

impl Product {
    /// A product that consists of a `product.toml` only; its application runs elsewhere.
    pub const fn from_toml(file: &'static str, toml: &'static str) -> Self {
        Self { file, toml, module: None, surface: Surface::NONE }
    }
}
