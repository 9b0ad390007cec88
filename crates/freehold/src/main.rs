//! The `freehold` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use freehold::{demo, doctor, operate, serve, settings::Options};
use tracing_subscriber::EnvFilter;

/// The SaaS backbone a team owns: tenants, sign-in, plans, keys and metering, in one program over Postgres.
///
/// Without a command it serves: with nothing configured it starts a Postgres of its own in .freehold, shows mails at
/// /dev/mail, and prints what is real and what is a stand-in.
#[derive(Parser)]
#[command(name = "freehold", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (this is what freehold alone does)
    Serve,
    /// Play the main job against a running server: sign up, build, run, until the plan says stop
    Demo {
        /// The server
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        url: String,
    },
    /// Bring the database's schema up to date
    Migrate,
    /// Check configuration, database, roles, policies, clock and disk, and say what to do
    Doctor,
    /// Put an organization on another plan; the server may keep running
    Plan {
        /// The organization's slug, as GET /api/v1/organizations shows it
        organization: String,
        /// The plan's id in product.toml
        plan: String,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("FREEHOLD_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::from(error)),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Some(Command::Demo { url }) => return Ok(demo::demo(&url).await),
        Some(Command::Doctor) => return doctor::doctor(cli.options).await,
        None | Some(Command::Serve) => serve::serve(cli.options.resolve()?).await?,
        Some(Command::Migrate) => operate::migrate(&cli.options.resolve()?).await?,
        Some(Command::Plan { organization, plan }) => {
            operate::plan_change(&cli.options.resolve()?, &organization, &plan).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "the last words of a command")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("freehold: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
    ExitCode::FAILURE
}
