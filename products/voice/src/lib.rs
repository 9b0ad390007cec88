//! VoiceFX AI: voice agents for businesses, sold on Freehold.
//!
//! A [`graph`] says what an agent does, an [`execution`] walks it with a [`callee`]; a [`workflow`] is a graph with a name
//! and versions, a [`run`] one execution that was kept and metered; a [`template`] is a workflow to begin with.

pub mod callee;
pub mod execution;
pub mod graph;
mod routes;
pub mod run;
pub mod template;
pub mod workflow;

use freehold_core::{Area, FieldError, Permission};
use freehold_db::{Migration, MigrationSet};
use freehold_web::Product;

/// The product, for the binary.
pub const PRODUCT: Product = Product {
    file: "products/voice/product.toml",
    toml: include_str!("../product.toml"),
    migrations: Some(MigrationSet {
        name: "voice",
        migrations: &[
            Migration { number: 1, name: "workflows", sql: include_str!("../migrations/0001_workflows.sql") },
            Migration { number: 2, name: "runs", sql: include_str!("../migrations/0002_runs.sql") },
        ],
    }),
    statements: &[workflow::STATEMENTS, run::STATEMENTS],
    areas: &[WORKFLOWS, RUNS],
    routes: routes::routes,
};

/// Workflows and their versions.
pub const WORKFLOWS: Area = Area::Product("workflows");
/// Runs and their transcripts.
pub const RUNS: Area = Area::Product("runs");

const WORKFLOWS_READ: Permission = Permission::read(WORKFLOWS);
const WORKFLOWS_WRITE: Permission = Permission::write(WORKFLOWS);
const RUNS_READ: Permission = Permission::read(RUNS);
const RUNS_WRITE: Permission = Permission::write(RUNS);

/// The meter of workflows that exist.
const WORKFLOWS_METER: &str = "workflows";
/// The meter of calls a month.
const CALLS_METER: &str = "calls";

/// What is wrong with a graph, inputs or a script, as the API says it.
fn field_errors(problems: Vec<graph::validate::Problem>, below: &str) -> Vec<FieldError> {
    let said = problems.into_iter();
    said.map(|problem| FieldError { pointer: format!("{below}{}", problem.pointer), message: problem.message })
        .collect()
}
