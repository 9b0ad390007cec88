//! VoiceFX AI: voice agents for businesses, a product on Freehold.
//!
//! A [`graph`] describes what an agent does, and an [`execution`] follows it in a conversation with a [`callee`]. A
//! [`workflow`] is a graph with a name and versions, a [`run`] is an execution that is stored and metered, and a
//! [`template`] is an example workflow. A [`split`] is an experiment that compares versions of a workflow, and
//! [`analytics`] counts the results of the calls.

pub mod analytics;
pub mod callee;
pub mod campaign;
pub mod contact;
mod country;
pub mod engine;
pub mod events;
pub mod execution;
mod fold;
pub mod graph;
mod phone;
mod routes;
pub mod run;
pub mod split;
pub mod start;
pub mod template;
pub mod workflow;

use freehold_core::{Area, FieldError, Permission};
use freehold_db::{Migration, MigrationSet};
use freehold_jobs::Handler;
use freehold_web::{Backbone, Product};

/// The product, as the binary uses it.
pub const PRODUCT: Product = Product {
    file: "products/voice/product.toml",
    toml: include_str!("../product.toml"),
    migrations: Some(MigrationSet {
        name: "voice",
        migrations: &[
            Migration { number: 1, name: "workflows", sql: include_str!("../migrations/0001_workflows.sql") },
            Migration { number: 2, name: "runs", sql: include_str!("../migrations/0002_runs.sql") },
            Migration { number: 3, name: "splits", sql: include_str!("../migrations/0003_splits.sql") },
            Migration { number: 4, name: "call_quarters", sql: include_str!("../migrations/0004_call_quarters.sql") },
            Migration { number: 5, name: "call_counting", sql: include_str!("../migrations/0005_call_counting.sql") },
            Migration { number: 6, name: "campaigns", sql: include_str!("../migrations/0006_campaigns.sql") },
            Migration { number: 7, name: "contacts", sql: include_str!("../migrations/0007_contacts.sql") },
            Migration { number: 8, name: "engines", sql: include_str!("../migrations/0008_engines.sql") },
            Migration { number: 9, name: "engine_calls", sql: include_str!("../migrations/0009_engine_calls.sql") },
            Migration {
                number: 10,
                name: "runs_under_way",
                sql: include_str!("../migrations/0010_runs_under_way.sql"),
            },
            Migration { number: 11, name: "contact_zones", sql: include_str!("../migrations/0011_contact_zones.sql") },
        ],
    }),
    statements: &[
        analytics::STATEMENTS,
        campaign::STATEMENTS,
        contact::STATEMENTS,
        engine::STATEMENTS,
        engine::call::STATEMENTS,
        split::STATEMENTS,
        workflow::STATEMENTS,
        run::STATEMENTS,
    ],
    areas: &[WORKFLOWS, RUNS, CAMPAIGNS, ANALYTICS, ENGINES],
    jobs,
    schedules: &[
        engine::call::watch::SCHEDULE,
        campaign::drive::REVIVES,
        campaign::drive::WATCHES,
        run::abandoned::SCHEDULE,
    ],
    events: events::ALL,
    routes: routes::routes,
    topics: &[
        ("Workflows", "Workflows: the graphs that calls follow, and their versions."),
        ("Templates", "Ready-made workflows to begin with."),
        ("Runs", "Runs of workflows: calls and chats, with what was said and collected."),
        ("Campaigns", "Campaigns call lists of contacts by a workflow, within calling hours."),
        ("Splits", "Experiments (A/B): versions of a workflow compared on real runs."),
        ("Engines", "Voice engines: the servers that speak and listen for your workflows."),
        ("Analytics", "Figures on calls, workflows and campaigns, as JSON, CSV and PDF."),
    ],
};

/// Workflows and their versions.
pub const WORKFLOWS: Area = Area::Product("workflows");
/// Runs and their transcripts.
pub const RUNS: Area = Area::Product("runs");
/// Call counts, which reveal nothing of a transcript.
pub const ANALYTICS: Area = Area::Product("analytics");
/// Voice engines.
pub const ENGINES: Area = Area::Product("engines");

/// Campaigns and their contacts.
pub const CAMPAIGNS: Area = Area::Product("campaigns");

const WORKFLOWS_READ: Permission = Permission::read(WORKFLOWS);
const WORKFLOWS_WRITE: Permission = Permission::write(WORKFLOWS);
const RUNS_READ: Permission = Permission::read(RUNS);
const RUNS_WRITE: Permission = Permission::write(RUNS);
const CAMPAIGNS_READ: Permission = Permission::read(CAMPAIGNS);
const CAMPAIGNS_WRITE: Permission = Permission::write(CAMPAIGNS);
const ANALYTICS_READ: Permission = Permission::read(ANALYTICS);

/// The plan module with calls and workflows by day.
const BASIC_ANALYTICS: &str = "basic_analytics";
/// The plan module with hours, campaigns and the results of experiments.
const ADVANCED_ANALYTICS: &str = "advanced_analytics";
const ENGINES_READ: Permission = Permission::read(ENGINES);
const ENGINES_WRITE: Permission = Permission::write(ENGINES);

/// The meter of existing workflows.
const WORKFLOWS_METER: &str = "workflows";
/// The meter of calls per month.
const CALLS_METER: &str = "calls";
/// The meter of existing campaigns.
const CAMPAIGNS_METER: &str = "campaigns";

/// The handlers of the product's jobs.
fn jobs(backbone: &Backbone) -> Vec<Handler> {
    let runs = vec![run::abandoned::handler(backbone)];
    [engine::call::watch::handlers(backbone), campaign::drive::handlers(backbone), runs].concat()
}

/// Converts problems with a graph, inputs or a script to the field errors of the API.
fn field_errors(problems: Vec<graph::validate::Problem>, below: &str) -> Vec<FieldError> {
    let said = problems.into_iter();
    said.map(|problem| FieldError { pointer: format!("{below}{}", problem.pointer), message: problem.message })
        .collect()
}
