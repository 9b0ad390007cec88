//! The `freehold` command.

use std::process::ExitCode;

use clap::Parser;
use freehold::{
    command::{Cli, Command},
    demo, doctor, log,
    operate::{self, keys::Action as KeysAction},
    serve,
    settings::{Environment, Options, Settings},
    terminal, work,
};
use freehold_db::Origin;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::from(error)),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn run(Cli { command, options }: Cli) -> anyhow::Result<ExitCode> {
    match command {
        Some(Command::Demo { url }) => return Ok(demo::demo(&url).await),
        Some(Command::Doctor) => {
            return doctor::doctor(options.resolve().inspect(|settings| log::begin(&settings.log))).await;
        }
        Some(Command::Settings) => operate::settings(options, &Environment::of_process())?,
        None | Some(Command::Serve) => Box::pin(serve::serve(begin(options)?)).await?,
        Some(Command::Work) => Box::pin(work::alone(begin(options)?)).await?,
        Some(Command::Migrate) => operate::migrate(&begin(options)?).await?,
        Some(Command::Mail { action }) => operate::mail::mail(&begin(options)?, action).await?,
        Some(Command::Billing { action }) => operate::billing::billing(&begin(options)?, action).await?,
        Some(Command::Keys { action: KeysAction::Check }) => operate::keys::check::check()?,
        Some(Command::Keys { action }) => operate::keys::keys(&begin(options)?, action).await?,
        Some(Command::Audit { action }) => return operate::audit::audit(options, action),
        Some(Command::Users { action }) => {
            let settings = begin(options)?;
            return Origin::Operator.scope(operate::users::users(&settings, action)).await;
        }
        Some(Command::Operator { action }) => {
            let settings = begin(options)?;
            Origin::Operator.scope(operate::operators::operators(&settings, action)).await?;
        }
        Some(Command::Files { action }) => return operate::files::files(&begin(options)?, action).await,
        Some(Command::Erasure { action }) => {
            let settings = begin(options)?;
            return Box::pin(Origin::Operator.scope(operate::erasure::erasure(&settings, action))).await;
        }
        Some(Command::Plan { organization, plan, .. }) => {
            let settings = begin(options)?;
            let change = operate::plan_change(&settings, &organization, plan.as_deref());
            Origin::Operator.scope(change).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the settings and starts the log.
fn begin(options: Options) -> anyhow::Result<Settings> {
    let settings = options.resolve()?;
    log::begin(&settings.log);
    Ok(settings)
}

#[expect(clippy::print_stderr, reason = "the last words of a command")]
fn fail(error: &anyhow::Error) -> ExitCode {
    let mut sentences = terminal::sentences(error).into_iter();
    eprintln!("freehold: {}", sentences.next().unwrap_or_default());
    for cause in sentences {
        eprintln!("  because: {cause}");
    }
    ExitCode::FAILURE
}
