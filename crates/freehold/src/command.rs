//! The command line: what can be asked of the `freehold` program.

use clap::{CommandFactory, Parser, Subcommand};

use crate::{
    operate::{
        billing::Action as BillingAction, keys::Action as KeysAction, mail::Action as MailAction,
        users::Action as UsersAction,
    },
    settings::Options,
};

/// The SaaS backbone a team owns: tenants, sign-in, plans, keys and metering, in one program over Postgres.
///
/// Without a command it serves: with nothing configured it starts a Postgres of its own in .freehold, shows mails at
/// /dev/mail, and prints what is real and what is a stand-in.
#[derive(Parser)]
#[command(name = "freehold", version, max_term_width = 100, after_long_help = ENVIRONMENT)]
pub struct Cli {
    /// What to do; nothing: serve.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings.
    #[command(flatten)]
    pub options: Options,
}

/// What stands below the help of the program.
const ENVIRONMENT: &str = "\
Environment:
  Every setting of freehold.toml can be set in the environment: FREEHOLD_, its section and its name, as in
  FREEHOLD_AUTH_SIGNUP_DISABLED=true or FREEHOLD_LOG_FORMAT=json. Lists are written one,two. An empty variable counts as
  not set, and an unknown one stops the start. The command line goes before the environment, that before the file.
  Secrets stand in the environment only: DATABASE_URL, DATABASE_MIGRATION_URL, FREEHOLD_SECRET_KEY, SMTP_URL,
  STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, SUPABASE_…. `freehold settings` shows what holds and where it was set;
  crates/freehold/freehold.default.toml documents every setting.";

/// What the program does.
#[derive(Subcommand)]
pub enum Command {
    /// Run the server (this is what freehold alone does)
    Serve,
    /// Play the main job against a running server: sign up, build, run, until the plan says stop
    Demo {
        /// The server
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        url: String,
    },
    /// Do what happens later (jobs, mails, deliveries) apart from the server; any number may run
    Work,
    /// Bring the database's schema up to date
    Migrate,
    /// Show every setting, its value and where it stands; of secrets only whether they are set
    Settings,
    /// Check configuration, database, roles, policies, clock and disk, and say what to do
    Doctor,
    /// See what became of mails, send them again, stop and start mails to an address
    Mail {
        /// What to do
        #[command(subcommand)]
        action: MailAction,
    },
    /// Bring the plans to Stripe, compare everybody with it, see what it told and deal with that once more
    Billing {
        /// What to do
        #[command(subcommand)]
        action: BillingAction,
    },
    /// The keys that sign access tokens, and what applications show in the place of Supabase's keys
    Keys {
        /// What to do
        #[command(subcommand)]
        action: KeysAction,
    },
    /// Bring people from Supabase, list people, lock single ones out or delete them
    Users {
        /// What to do
        #[command(subcommand)]
        action: UsersAction,
    },
    /// Give an organization a plan, whatever it pays for; the server may keep running
    Plan {
        /// The organization's slug, as GET /api/v1/organizations shows it
        organization: String,
        /// The plan's id in product.toml
        #[arg(required_unless_present = "take_back", conflicts_with = "take_back")]
        plan: Option<String>,
        /// Take the given plan back: it has what it pays for again
        #[arg(long)]
        take_back: bool,
    },
}

/// A variable of the environment that an argument is read from.
pub struct Variable {
    /// `DATABASE_URL`.
    pub name: String,
    /// Its value is shown nowhere.
    pub secret: bool,
}

/// Every variable that an argument of the program or of one of its commands is read from.
pub fn variables() -> Vec<Variable> {
    fn of(command: &clap::Command, found: &mut Vec<Variable>) {
        for argument in command.get_arguments() {
            let name = argument.get_env().map(|name| name.to_string_lossy().into_owned());
            if let Some(name) = name.filter(|name| !found.iter().any(|known| known.name == *name)) {
                found.push(Variable { name, secret: argument.is_hide_env_values_set() });
            }
        }
        command.get_subcommands().for_each(|command| of(command, found));
    }
    let mut found = Vec::new();
    of(&Cli::command(), &mut found);
    found
}

/// What `--help` says, of the program and of each of its commands; kept in `docs/help.txt`.
pub fn help() -> String {
    let mut program = Cli::command().term_width(100);
    program.build();
    // What happens to be set where this runs is nobody's business.
    program = program.mut_args(|argument| argument.hide_env_values(true));
    let mut texts = vec![format!("$ freehold --help\n{}", program.render_long_help())];
    for command in program.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        *command = command.clone().mut_args(|argument| argument.hide_env_values(true));
        texts.push(format!("$ freehold {} --help\n{}", command.get_name().to_owned(), command.render_long_help()));
    }
    texts.join("\n")
}
