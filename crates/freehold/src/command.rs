//! The command line of the `freehold` program.

use clap::{CommandFactory, Parser, Subcommand};

use crate::{
    operate::{
        audit::Action as AuditAction, billing::Action as BillingAction, erasure::Action as ErasureAction,
        files::Action as FilesAction, keys::Action as KeysAction, mail::Action as MailAction,
        operators::Action as OperatorAction, users::Action as UsersAction,
    },
    settings::Options,
};

/// The SaaS backbone a team owns: tenants, sign-in, plans, keys and metering, in one program over Postgres
///
/// Without a command it runs the server. Without any settings it starts a local Postgres in .freehold, shows mails at
/// /dev/mail, and prints which parts are real and which are local replacements.
#[derive(Parser)]
#[command(name = "freehold", version, max_term_width = 100, after_long_help = ENVIRONMENT)]
pub struct Cli {
    /// The command; none runs the server.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings of every command.
    #[command(flatten)]
    pub options: Options,
}

/// The text below the help of the program.
const ENVIRONMENT: &str = "\
Environment:
  Every setting of freehold.toml can be set in the environment: FREEHOLD_, its section and its name, as in
  FREEHOLD_AUTH_SIGNUP_DISABLED=true or FREEHOLD_LOG_FORMAT=json. Write lists as one,two. An empty variable counts as
  not set; an unknown one is an error. The command line overrides the environment, and the environment the file.
  Secrets are read from the environment only: DATABASE_URL, DATABASE_MIGRATION_URL, FREEHOLD_SECRET_KEY, SMTP_URL,
  STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, SUPABASE_…. `freehold settings`
  shows each value and its source; crates/freehold/freehold.default.toml documents every setting.";

/// The commands of the program.
#[derive(Subcommand)]
pub enum Command {
    /// Run the server (the default)
    Serve,
    /// Run a demo against a running server: sign up, build a workflow and run it, until the plan's limit is reached
    Demo {
        /// URL of the server
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        url: String,
    },
    /// Run background workers (jobs, mails, webhook deliveries) without the server; any number may run
    Work,
    /// Update the database's schema
    Migrate,
    /// Show every setting with its value and source; secrets only as set or not set
    Settings,
    /// Check settings, database, roles, policies, clock and disk, and say what to fix
    Doctor,
    /// List and retry mails, and stop or allow mails to an address
    Mail {
        /// What to do; see the help of each action
        #[command(subcommand)]
        action: MailAction,
    },
    /// Sync plans to Stripe, reconcile subscriptions with Stripe, and list or replay Stripe's events
    Billing {
        /// What to do; see the help of each action
        #[command(subcommand)]
        action: BillingAction,
    },
    /// Manage the keys that sign access tokens, and the keys for Supabase clients; check an API key
    Keys {
        /// What to do; see the help of each action
        #[command(subcommand)]
        action: KeysAction,
    },
    /// Verify exports of audit logs, and show the key that signs them
    Audit {
        /// What to do; see the help of each action
        #[command(subcommand)]
        action: AuditAction,
    },
    /// Import users from Supabase; list, ban or delete users
    Users {
        /// What to do; see the help of each action
        #[command(subcommand)]
        action: UsersAction,
    },
    /// Create, list and disable operators, who use the operator API
    Operator {
        /// What to do; see the help of each action
        #[command(subcommand)]
        action: OperatorAction,
    },
    /// Compare files with their objects in the file store
    Files {
        /// What to do; see the help of each action
        #[command(subcommand)]
        action: FilesAction,
    },
    /// Delete organizations and users whose grace period is over, and verify that nothing of them is left
    Erasure {
        /// What to do; see the help of each action
        #[command(subcommand)]
        action: ErasureAction,
    },
    /// Grant a plan to an organization, independent of payments; the server may keep running
    Plan {
        /// Slug of the organization, as GET /api/v1/organizations returns it
        organization: String,
        /// Id of the plan in product.toml
        #[arg(required_unless_present = "take_back", conflicts_with = "take_back")]
        plan: Option<String>,
        /// Revoke the granted plan, so that the paid plan applies again
        #[arg(long)]
        take_back: bool,
    },
}

/// The `--help` texts of the program and its commands, which `docs/help.txt` stores.
pub fn help() -> String {
    let mut program = Cli::command().term_width(100);
    program.build();
    // Values from the environment of this machine must not get into the repository.
    program = program.mut_args(|argument| argument.hide_env_values(true));
    let mut texts = vec![format!("$ freehold --help\n{}", program.render_long_help())];
    for command in program.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        *command = command.clone().mut_args(|argument| argument.hide_env_values(true));
        texts.push(format!("$ freehold {} --help\n{}", command.get_name().to_owned(), command.render_long_help()));
    }
    texts.join("\n")
}
