//! VoiceFX AI: voice agents for businesses, a product on Freehold.
//!
//! A [`graph`] describes what an agent does, and an [`execution`] follows it in a conversation with a [`callee`]. A
//! [`workflow`] is a graph with a name and versions, a [`run`] is an execution that is stored and metered, and a
//! [`template`] is an example workflow. A [`split`] is an experiment that compares versions of a workflow, and
//! [`analytics`] counts the results of the calls.

mod action;
pub mod analytics;
pub mod callee;
pub mod campaign;
pub mod contact;
mod country;
mod demo;
pub mod engine;
pub mod events;
pub mod execution;
mod export;
mod fold;
pub mod graph;
mod phone;
mod routes;
pub mod run;
mod sample;
pub mod split;
pub mod start;
pub mod template;
pub mod workflow;

use freehold_app::App;
use freehold_core::{Area, FieldError, Permission};
use freehold_db::{Migration, MigrationSet};
use freehold_jobs::Handler;
use freehold_module::Module;
use freehold_web::{FirstStep, Product, Surface};

/// The product, as the binary uses it.
pub const PRODUCT: Product = Product {
    file: "products/voice/product.toml",
    toml: include_str!("../product.toml"),
    module: Some(MODULE),
    surface: Surface {
        api: routes::routes,
        topics: &[
            ("Workflows", "Workflows: the graphs that calls follow, and their versions."),
            ("Templates", "Ready-made workflows to begin with."),
            ("Runs", "Runs of workflows: calls and chats, with what was said and collected."),
            ("Campaigns", "Campaigns call lists of contacts by a workflow, within calling hours."),
            ("Splits", "Experiments (A/B): versions of a workflow compared on real runs."),
            ("Engines", "Voice engines: the servers that speak and listen for your workflows."),
            ("Analytics", "Figures on calls, workflows and campaigns, as JSON, CSV and PDF."),
        ],
        first_steps: &[FirstStep {
            title: "Create a workflow",
            text: "Creates a workflow from a template. The [API reference](/docs) says how to run it and how to write your own.",
            path: "/api/v1/workflows",
            body: r#"{"template": "appointment_reminder"}"#,
        }],
        demo: Some(|play| Box::pin(demo::script(play))),
        ..Surface::NONE
    },
};

/// The product's tables, jobs and events.
pub const MODULE: Module<App> = Module {
    migrations: Some(MigrationSet {
        name: "voice",
        tenant_tables: &[
            "voice.call_quarters",
            "voice.campaigns",
            "voice.contacts",
            "voice.engine_calls",
            "voice.engine_reports",
            "voice.engines",
            "voice.runs",
            "voice.splits",
            "voice.workflow_versions",
            "voice.workflows",
        ],
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
            Migration {
                number: 12,
                name: "engine_calls_of_run",
                sql: include_str!("../migrations/0012_engine_calls_of_run.sql"),
            },
            Migration { number: 13, name: "workflows_id", sql: include_str!("../migrations/0013_workflows_id.sql") },
            Migration { number: 14, name: "runs_id", sql: include_str!("../migrations/0014_runs_id.sql") },
            Migration { number: 15, name: "campaigns_id", sql: include_str!("../migrations/0015_campaigns_id.sql") },
            Migration { number: 16, name: "engines_id", sql: include_str!("../migrations/0016_engines_id.sql") },
            Migration {
                number: 17,
                name: "engine_calls_run",
                sql: include_str!("../migrations/0017_engine_calls_run.sql"),
            },
        ],
    }),
    statements: &[
        analytics::STATEMENTS,
        campaign::STATEMENTS,
        campaign::progress::STATEMENTS,
        contact::STATEMENTS,
        contact::outcome::STATEMENTS,
        engine::STATEMENTS,
        engine::call::STATEMENTS,
        split::STATEMENTS,
        split::outcome::STATEMENTS,
        workflow::STATEMENTS,
        run::STATEMENTS,
        export::STATEMENTS,
    ],
    events: events::ALL,
    actions: action::ALL,
    areas: &[WORKFLOWS, RUNS, CAMPAIGNS, ANALYTICS, ENGINES],
    jobs,
    schedules: &[
        engine::call::watch::SCHEDULE,
        campaign::drive::REVIVES,
        campaign::drive::WATCHES,
        run::abandoned::SCHEDULE,
    ],
    exports: export::EXPORTS,
    ..Module::named("voice")
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
fn jobs(app: &App) -> Vec<Handler> {
    let runs = vec![run::abandoned::handler(app)];
    [engine::call::watch::handlers(app), campaign::drive::handlers(app), runs].concat()
}

/// Converts problems with a graph, inputs or a script to the field errors of the API.
fn field_errors(problems: Vec<graph::validate::Problem>, below: &str) -> Vec<FieldError> {
    let said = problems.into_iter();
    said.map(|problem| FieldError { pointer: format!("{below}{}", problem.pointer), message: problem.message })
        .collect()
}
