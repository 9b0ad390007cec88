//! The `freehold` command.

use std::process::ExitCode;

use clap::Parser;
use freehold::{
    command::{Cli, Command},
    demo, doctor, operate, serve, work,
};
use tracing_subscriber::EnvFilter;

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
        None | Some(Command::Serve) => Box::pin(serve::serve(cli.options.resolve()?)).await?,
        Some(Command::Work) => work::alone(cli.options.resolve()?).await?,
        Some(Command::Migrate) => operate::migrate(&cli.options.resolve()?).await?,
        Some(Command::Mail { action }) => operate::mail::mail(&cli.options.resolve()?, action).await?,
        Some(Command::Billing { action }) => operate::billing::billing(&cli.options.resolve()?, action).await?,
        Some(Command::Keys { action }) => operate::keys::keys(&cli.options.resolve()?, action).await?,
        Some(Command::Users { action }) => operate::users::users(&cli.options.resolve()?, action).await?,
        Some(Command::Plan { organization, plan, .. }) => {
            operate::plan_change(&cli.options.resolve()?, &organization, plan.as_deref()).await?;
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
