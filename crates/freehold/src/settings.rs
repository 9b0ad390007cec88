//! What an operator decides: the command line over the environment over `freehold.toml` over the defaults.
//!
//! Read in this order: `file` is what there is to set, `shape` reads it off its types, `variables` are its names in the
//! environment, `layers` puts everything together and tells every mistake.

mod billing;
mod file;
mod layers;
mod listen;
mod log;
mod near;
mod providers;
mod sections;
mod shape;
mod site;
mod supabase;
mod variables;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use clap::Args;
use freehold_core::Secret;
use freehold_db::{PoolSettings, StatementCache};
use freehold_delivery::mail::{Origin, Server};
use freehold_identity::{AuthSettings, SupabaseSettings, redirect::pattern_problem};
use freehold_outbound::IpNet;

pub use billing::{BillingOptions, BillingSettings, StripeSettings};
use file::File;
use layers::Layers;
pub use layers::Mistakes;
pub use listen::ListenAddress;
pub use log::{LogFormat, LogSettings};
pub use sections::{ConnectionSettings, Mailbox, OutboundSettings, Prepared, ShutdownSettings, WorkSettings};
use shape::Shape;
pub use site::is_near as site_is_near;
pub use supabase::SupabaseOptions;
pub use variables::Environment;

use crate::{command, mail::MailServer};

/// Every key with its default, and the documentation of it.
pub const DEFAULTS: &str = include_str!("../freehold.default.toml");

/// Names the settings file.
const CONFIG: &str = "FREEHOLD_CONFIG";
/// Names the folder with Postgres' programs.
const POSTGRES_BIN: &str = "FREEHOLD_POSTGRES_BIN";
/// Short for `FREEHOLD_LOG_FILTER`.
const LOG: &str = "FREEHOLD_LOG";

/// The settings that every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Settings file; freehold.toml in this folder when there is one
    ///
    /// [env: FREEHOLD_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Where the server listens: 8080, localhost:8080, :8080, … [default: 127.0.0.1:8080]
    ///
    /// [env: FREEHOLD_LISTEN]
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,

    /// Where the local Postgres, the secret key and the sandbox of Stripe are kept [default: .freehold]
    ///
    /// [env: FREEHOLD_DATA]
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<String>,

    /// Product to sell: voice, documents, pharmacy, studio, or the path of a product.toml of your own [default: voice]
    ///
    /// [env: FREEHOLD_PRODUCT]
    #[arg(long, global = true, value_name = "PRODUCT")]
    product: Option<String>,

    /// Where people reach the server, scheme and host alone [default: http:// and the listening address]
    ///
    /// [env: FREEHOLD_SITE_URL]
    #[arg(long, global = true, value_name = "URL")]
    site_url: Option<String>,

    /// What is logged: a level from error to trace, or parts with levels [default: info]
    ///
    /// [env: FREEHOLD_LOG]
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,

    /// Folder with Postgres' programs; searched for when not given
    ///
    /// [env: FREEHOLD_POSTGRES_BIN]
    #[arg(long, global = true, value_name = "FOLDER")]
    postgres_bin: Option<PathBuf>,

    /// Postgres to use; without it a local server is started in the data folder
    #[arg(long, env = "DATABASE_URL", global = true, value_name = "URL", hide_env_values = true, hide = true)]
    database_url: Option<String>,

    /// Another login for migrations
    #[arg(
        long,
        env = "DATABASE_MIGRATION_URL",
        global = true,
        value_name = "URL",
        hide_env_values = true,
        hide = true
    )]
    database_migration_url: Option<String>,

    /// Mail server to send by; without it mails are shown at /dev/mail
    #[arg(long, env = "SMTP_URL", global = true, value_name = "URL", hide_env_values = true, hide = true)]
    smtp_url: Option<String>,

    /// 64 hexadecimal digits that seal everything secret
    #[arg(long, env = "FREEHOLD_SECRET_KEY", global = true, value_name = "KEY", hide_env_values = true, hide = true)]
    secret_key: Option<String>,

    #[command(flatten)]
    billing: BillingOptions,

    #[command(flatten)]
    supabase: SupabaseOptions,
}

/// The settings, resolved.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server listens.
    pub listen: ListenAddress,
    /// Where people reach it, without a slash at the end; none: where it listens.
    pub site_url: Option<String>,
    /// What is sold here.
    pub product: String,
    /// Where local things are kept.
    pub data: PathBuf,
    /// What is logged, and how.
    pub log: LogSettings,
    /// Proxies that stand in front of the server.
    pub trusted_proxies: Vec<IpNet>,
    /// How many connections of clients there may be, and how long a client may take.
    pub connections: ConnectionSettings,
    /// How long stopping may take.
    pub shutdown: ShutdownSettings,
    /// Postgres to use; none: the local one.
    pub database_url: Option<Secret>,
    /// Another login for migrations.
    pub database_migration_url: Option<Secret>,
    /// Seals everything secret; none: the one in the data folder.
    pub secret_key: Option<Secret>,
    /// Folder with Postgres' programs.
    pub postgres_bin: Option<PathBuf>,
    /// Size and patience of the pool; without a statement cache.
    pub pool: PoolSettings,
    /// Where statements are prepared.
    pub prepared: Prepared,
    /// How sign-in behaves.
    pub auth: AuthSettings,
    /// What is told of Supabase.
    pub supabase: SupabaseSettings,
    /// Who may look at the local mailbox.
    pub mailbox: Mailbox,
    /// What mails are sent by; none: nothing.
    pub mail_server: Option<MailServer>,
    /// How people pay.
    pub billing: BillingSettings,
    /// Where webhooks and engines of customers may be.
    pub outbound: OutboundSettings,
    /// How jobs are done.
    pub work: WorkSettings,
}

impl Settings {
    /// Whether mails are shown at `/dev/mail`: only where the site is of this machine, because the page shows the
    /// mails of every user to its visitors.
    pub fn shows_mails(&self, local: bool) -> bool {
        self.site_is_near()
            && match self.mailbox {
                Mailbox::Local => local && self.mail_server.is_none(),
                Mailbox::Always => true,
                Mailbox::Never => false,
            }
    }

    /// Whether the site's address is one of this machine.
    pub fn site_is_near(&self) -> bool {
        site_is_near(&self.site_url.clone().unwrap_or_else(|| self.listen.site()))
    }
}

impl Options {
    /// Reads the settings file and puts the environment and the command line over it.
    ///
    /// # Errors
    /// [`Mistakes`] with everything that is wrong.
    pub fn resolve(self) -> Result<Settings> {
        self.resolve_in(&Environment::of_process())
    }

    /// The same in this environment.
    pub fn resolve_in(mut self, environment: &Environment) -> Result<Settings> {
        let shape = Shape::of::<File>();
        let mut layers = self.layers(&shape, environment)?;
        let file: File = layers.settle()?;
        checks(&mut layers, &file);
        let providers = kept(&mut layers, providers::with_secrets(file.auth.providers, environment));
        let mail_server = kept(&mut layers, mail_server(given(self.smtp_url), file.mail.from));
        let supabase = kept(&mut layers, self.supabase.resolve());
        let billing = kept(&mut layers, self.billing.resolve(file.billing));
        let site_url = match file.site_url.trim() {
            "" => None,
            text => site::read(text).map_err(|problem| layers.check("site_url", Some(problem))).ok(),
        };
        layers.finish()?;
        let whole = "the settings are not whole";
        let postgres_bin = self.postgres_bin.or_else(|| environment.get(POSTGRES_BIN).map(PathBuf::from));
        Ok(Settings {
            listen: file.listen,
            site_url,
            product: file.product,
            data: file.data,
            log: file.log,
            trusted_proxies: file.trusted_proxies,
            connections: file.connections,
            shutdown: file.shutdown,
            database_url: given(self.database_url).map(Secret::new),
            database_migration_url: given(self.database_migration_url).map(Secret::new),
            secret_key: given(self.secret_key).map(Secret::new),
            postgres_bin,
            pool: PoolSettings {
                connections: file.database.connections,
                wait: Duration::from_secs(file.database.wait_seconds),
                statement_timeout: Duration::from_secs(file.database.statement_seconds),
                statement_cache: StatementCache::Off,
            },
            prepared: file.database.statement_cache,
            auth: AuthSettings { providers: providers.context(whole)?, ..file.auth },
            supabase: supabase.context(whole)?,
            mailbox: file.mail.mailbox,
            mail_server: mail_server.context(whole)?,
            billing: billing.context(whole)?,
            outbound: file.outbound,
            work: file.work,
        })
    }

    /// Every setting in a line, with where it stands; secrets only by their names.
    pub fn listing(mut self, environment: &Environment) -> Result<Vec<String>> {
        let shape = Shape::of::<File>();
        let mut layers = self.layers(&shape, environment)?;
        let _: File = layers.settle()?;
        layers.finish()?;
        let mut lines: Vec<String> =
            layers.every().into_iter().map(|(key, value, origin)| format!("{key} = {value}  # {origin}")).collect();
        lines.extend(command::variables().into_iter().filter(|variable| variable.secret).map(|variable| {
            let set = if environment.get(&variable.name).is_some() { "set" } else { "not set" };
            format!("{}: {set}", variable.name)
        }));
        Ok(lines)
    }

    fn layers<'s>(&mut self, shape: &'s Shape, environment: &Environment) -> Result<Layers<'s>> {
        let variables = command::variables();
        let secrets = variables.iter().filter(|variable| variable.secret).map(|variable| variable.name.clone());
        let mut layers = Layers::new(shape, secrets.collect())?;
        let config = self.config.take().or_else(|| environment.get(CONFIG).map(PathBuf::from));
        layers.file(config.as_deref())?;
        let others = variables.into_iter().map(|variable| variable.name);
        let others = others.chain([CONFIG, POSTGRES_BIN, LOG].map(str::to_owned)).collect();
        layers.short(LOG, &["log", "filter"], environment);
        layers.environment(environment, others);
        for (option, path, text) in [
            ("--listen", &["listen"][..], self.listen.take()),
            ("--data", &["data"], self.data.take()),
            ("--product", &["product"], self.product.take()),
            ("--site-url", &["site_url"], self.site_url.take()),
            ("--log", &["log", "filter"], self.log.take()),
        ] {
            layers.option(option, path, text);
        }
        Ok(layers)
    }
}

/// What is not empty.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// The value; what is wrong is noted in its place.
fn kept<T>(layers: &mut Layers<'_>, result: Result<T>) -> Option<T> {
    result.map_err(|error| layers.mistaken([format!("{error:#}")])).ok()
}

/// Notes every value that is out of its range.
fn checks(layers: &mut Layers<'_>, file: &File) {
    for (section, name, value, low, high) in ranges(file) {
        if !(low..=high).contains(&value) {
            let problem = format!("{name} in [{section}] is not between {low} and {high}");
            layers.check(&format!("{section}.{name}"), Some(problem));
        }
    }
    for (name, problem) in file.connections.problems() {
        layers.check(&format!("connections.{name}"), Some(problem));
    }
    layers.check("log.filter", file.log.problem());
    for pattern in &file.auth.redirect_urls {
        let problem = pattern_problem(pattern).map(|problem| format!("redirect_urls in [auth]: {pattern:?} {problem}"));
        layers.check("auth.redirect_urls", problem);
    }
}

/// The numbers that may not be just any: section, name, value, lowest and highest.
fn ranges(file: &File) -> Vec<(&'static str, &'static str, i128, i128, i128)> {
    let (database, work, shutdown, auth) = (&file.database, &file.work, &file.shutdown, &file.auth);
    let size = |value: usize| value.try_into().unwrap_or(i128::MAX);
    let (hours, days) = (87_600, 36_500);
    vec![
        ("database", "connections", size(database.connections), 1, 1000),
        ("database", "wait_seconds", database.wait_seconds.into(), 1, 60),
        ("database", "statement_seconds", database.statement_seconds.into(), 1, 3600),
        ("work", "slots", size(work.slots), 1, 1000),
        ("work", "lease_seconds", work.lease_seconds.into(), 2, 600),
        ("shutdown", "finish_seconds", shutdown.finish_seconds.into(), 1, 600),
        ("auth", "password_min_length", size(auth.password_min_length), 1, 72),
        ("auth", "access_token_seconds", auth.access_token_seconds.into(), 120, 604_800),
        ("auth", "refresh_reuse_seconds", auth.refresh_reuse_seconds.into(), 0, 600),
        ("auth", "code_minutes", auth.code_minutes.into(), 1, 10_080),
        ("auth", "code_digits", size(auth.code_digits), 6, 10),
        ("auth", "resend_seconds", auth.resend_seconds.into(), 0, 86_400),
        ("auth.sessions", "lifetime_hours", auth.sessions.lifetime_hours.into(), 0, hours),
        ("auth.sessions", "idle_hours", auth.sessions.idle_hours.into(), 0, hours),
        ("auth.factors", "most", auth.factors.most.into(), 1, 100),
        ("auth.limits", "mails_confirmed_percent", auth.limits.mails_confirmed_percent.into(), 0, 100),
        ("auth.sweep", "audit_days", auth.sweep.audit_days.into(), 0, days),
        ("auth.sweep", "unconfirmed_days", auth.sweep.unconfirmed_days.into(), 0, days),
    ]
}

/// The mail server at `url`, used in the name of `from`.
fn mail_server(url: Option<String>, from: String) -> Result<Option<MailServer>> {
    // A misspelt sender is told before there is a server, too.
    let from = if from.trim().is_empty() {
        None
    } else {
        Some(Origin::parse(&from).context("reading from in [mail] (FREEHOLD_MAIL_FROM)")?)
    };
    let Some(url) = url.filter(|url| !url.is_empty()).map(Secret::new) else { return Ok(None) };
    let server = Server::parse(&url)?;
    let from = from.context(
        "SMTP_URL names a mail server, but from in [mail] (FREEHOLD_MAIL_FROM) does not say who mails come from",
    )?;
    Ok(Some(MailServer { server, from }))
}

#[cfg(test)]
mod tests;
