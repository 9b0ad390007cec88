//! The settings of an operator: the command line overrides the environment, which overrides `freehold.toml`, which
//! overrides the defaults.
//!
//! Read in this order: `file` has the type of the settings file, `shape` derives all settings from it, `variables`
//! their names in the environment, `layers` merges the sources and reports every mistake.

mod arguments;
mod billing;
mod file;
mod files;
mod layers;
mod listen;
mod log;
mod mail;
mod near;
mod product;
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
use freehold_identity::{AuthSettings, SupabaseSettings, redirect::pattern_problem};
use freehold_module::{Setting, Settings as ModuleSettings};
use freehold_outbound::IpNet;

use arguments::variables;
pub use billing::{BillingOptions, BillingSettings, StripeSettings};
use file::File;
pub use files::{FilesOptions, FilesSettings};
use layers::Layers;
pub use layers::Mistakes;
pub use listen::ListenAddress;
pub use log::{LogFormat, LogSettings};
pub use mail::MailServer;
use mail::mail_server;
pub use sections::{ConnectionSettings, Mailbox, OutboundSettings, Prepared, ShutdownSettings, WorkSettings};
use shape::Shape;
pub use site::is_near as site_is_near;
pub use supabase::{SupabaseOptions, SupabaseSource};
pub use variables::Environment;

use crate::{compose, products};

/// Every key with its default and its documentation.
pub const DEFAULTS: &str = include_str!("../freehold.default.toml");

/// The variable with the path of the settings file.
const CONFIG: &str = "FREEHOLD_CONFIG";
/// The variable with the folder of Postgres' programs.
const POSTGRES_BIN: &str = "FREEHOLD_POSTGRES_BIN";
/// A short name of `FREEHOLD_LOG_FILTER`.
const LOG: &str = "FREEHOLD_LOG";

/// The options that every command accepts.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Path of the settings file; freehold.toml in the current folder when it exists
    ///
    /// [env: FREEHOLD_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Address to listen on: 8080, localhost:8080, :8080, … [default: 127.0.0.1:8080]
    ///
    /// [env: FREEHOLD_LISTEN]
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,

    /// Folder for the local Postgres, the secret key and the Stripe sandbox [default: .freehold]
    ///
    /// [env: FREEHOLD_DATA]
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<String>,

    /// Product to serve: voice, documents, pharmacy or studio [default: voice]
    ///
    /// [env: FREEHOLD_PRODUCT]
    #[arg(long, global = true, value_name = "PRODUCT")]
    product: Option<String>,

    /// Public URL of the server, scheme and host only [default: http:// and the listening address]
    ///
    /// [env: FREEHOLD_SITE_URL]
    #[arg(long, global = true, value_name = "URL")]
    site_url: Option<String>,

    /// Log filter: a level from error to trace, or modules with levels [default: info]
    ///
    /// [env: FREEHOLD_LOG]
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,

    /// Folder with Postgres' programs; by default the server searches for them
    ///
    /// [env: FREEHOLD_POSTGRES_BIN]
    #[arg(long, global = true, value_name = "FOLDER")]
    postgres_bin: Option<PathBuf>,

    /// URL of the Postgres to use; without it a local server is started in the data folder
    #[arg(long, env = "DATABASE_URL", global = true, value_name = "URL", hide_env_values = true, hide = true)]
    database_url: Option<String>,

    /// URL with another login for migrations
    #[arg(
        long,
        env = "DATABASE_MIGRATION_URL",
        global = true,
        value_name = "URL",
        hide_env_values = true,
        hide = true
    )]
    database_migration_url: Option<String>,

    /// URL of the mail server; without it mails are shown at /dev/mail
    #[arg(long, env = "SMTP_URL", global = true, value_name = "URL", hide_env_values = true, hide = true)]
    smtp_url: Option<String>,

    /// Key that encrypts all secrets: 64 hexadecimal digits
    #[arg(long, env = "FREEHOLD_SECRET_KEY", global = true, value_name = "KEY", hide_env_values = true, hide = true)]
    secret_key: Option<String>,

    #[command(flatten)]
    billing: BillingOptions,

    #[command(flatten)]
    files: FilesOptions,

    #[command(flatten)]
    supabase: SupabaseOptions,
}

/// The settings, resolved.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address to listen on.
    pub listen: ListenAddress,
    /// URL at which users reach the server, without a slash at the end; none: the address it listens on.
    pub site_url: Option<String>,
    /// Name of the product.
    pub product: String,
    /// The data folder.
    pub data: PathBuf,
    /// Filter and format of the log.
    pub log: LogSettings,
    /// Proxies in front of the server, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Limits on clients' connections: their number, and the time a client may take.
    pub connections: ConnectionSettings,
    /// Time limits of a shutdown.
    pub shutdown: ShutdownSettings,
    /// URL of the Postgres; none: the local one.
    pub database_url: Option<Secret>,
    /// URL with the login for migrations; none: the one of `database_url`.
    pub database_migration_url: Option<Secret>,
    /// The key that encrypts all secrets; none: the one in the data folder.
    pub secret_key: Option<Secret>,
    /// Folder with Postgres' programs; none: the server searches for them.
    pub postgres_bin: Option<PathBuf>,
    /// Size and time limits of the connection pool; without a statement cache.
    pub pool: PoolSettings,
    /// Whether connections keep prepared statements.
    pub prepared: Prepared,
    /// The settings of sign-in.
    pub auth: AuthSettings,
    /// The settings of a Supabase project.
    pub supabase: SupabaseSettings,
    /// When mails are shown at `/dev/mail`.
    pub mailbox: Mailbox,
    /// The mail server; none: no mail is sent.
    pub mail_server: Option<MailServer>,
    /// The settings of billing.
    pub billing: BillingSettings,
    /// The settings of files.
    pub files: FilesSettings,
    /// The addresses that customers' webhooks and engines may have.
    pub outbound: OutboundSettings,
    /// The settings of background workers.
    pub work: WorkSettings,
    /// The settings of the product's modules.
    pub module_settings: ModuleSettings,
}

impl Settings {
    /// Whether mails are shown at `/dev/mail`: only if the site's address is one of this machine, because the page
    /// shows the mails of all users to its visitors.
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
    /// Reads the settings file, then the environment and the command line, which override it.
    ///
    /// # Errors
    /// [`Mistakes`] with all mistakes in the settings.
    pub fn resolve(self) -> Result<Settings> {
        self.resolve_in(&Environment::of_process())
    }

    /// Like [`Self::resolve`], with this environment instead of the process's.
    pub fn resolve_in(self, environment: &Environment) -> Result<Settings> {
        self.resolve_with(environment, declared)
    }

    /// Like [`Self::resolve_in`]; `declared` returns the settings that the modules of a product declare, none if there
    /// is no such product.
    fn resolve_with(
        mut self,
        environment: &Environment,
        declared: fn(&str) -> Option<Vec<Setting>>,
    ) -> Result<Settings> {
        let shape = Shape::of::<File>();
        let mut layers = self.layers(&shape, environment, declared)?;
        let file: File = layers.settle()?;
        checks(&mut layers, &file);
        let providers = kept(&mut layers, providers::with_secrets(file.auth.providers, environment));
        let mail_server = kept(&mut layers, mail_server(given(self.smtp_url), file.mail.from));
        let supabase = kept(&mut layers, self.supabase.resolve());
        let billing = kept(&mut layers, self.billing.resolve(file.billing));
        let files = kept(&mut layers, self.files.resolve(file.files, &file.data, environment));
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
            files: files.context(whole)?,
            outbound: file.outbound,
            work: file.work,
            module_settings: layers.module_settings(),
        })
    }

    /// A line for each setting, with where it was set; of secrets only the names.
    pub fn listing(self, environment: &Environment) -> Result<Vec<String>> {
        self.listing_with(environment, declared)
    }

    fn listing_with(
        mut self,
        environment: &Environment,
        declared: fn(&str) -> Option<Vec<Setting>>,
    ) -> Result<Vec<String>> {
        let shape = Shape::of::<File>();
        let mut layers = self.layers(&shape, environment, declared)?;
        let _: File = layers.settle()?;
        layers.finish()?;
        let mut lines: Vec<String> =
            layers.every().into_iter().map(|(key, value, origin)| format!("{key} = {value}  # {origin}")).collect();
        let secrets = variables().into_iter().filter(|variable| variable.secret).map(|variable| {
            let set = environment.get(&variable.name).is_some();
            (variable.name, set)
        });
        let secrets = secrets.chain(layers.product_secrets());
        lines.extend(secrets.map(|(name, set)| format!("{name}: {}", if set { "set" } else { "not set" })));
        Ok(lines)
    }

    fn layers<'s>(
        &mut self,
        shape: &'s Shape,
        environment: &Environment,
        declared: fn(&str) -> Option<Vec<Setting>>,
    ) -> Result<Layers<'s>> {
        let variables = variables();
        let secrets = variables.iter().filter(|variable| variable.secret).map(|variable| variable.name.clone());
        let mut layers = Layers::new(shape, secrets.collect())?;
        let config = self.config.take().or_else(|| environment.get(CONFIG).map(PathBuf::from));
        layers.file(config.as_deref())?;
        layers.product(self.product.as_deref(), environment, declared);
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

/// The settings that the modules of this product declare; none: there is no such product.
fn declared(product: &str) -> Option<Vec<Setting>> {
    products::product(product).ok().map(|product| compose::module_settings(&product))
}

/// The value, unless it is empty.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// The value; on an error the default, and the mistake is recorded.
fn kept<T>(layers: &mut Layers<'_>, result: Result<T>) -> Option<T> {
    result.map_err(|error| layers.mistaken([format!("{error:#}")])).ok()
}

/// Records a mistake for every value that is out of its range.
fn checks(layers: &mut Layers<'_>, file: &File) {
    for (section, name, value, low, high) in ranges(file) {
        if !(low..=high).contains(&value) {
            let problem = format!("{name} in [{section}] is not between {low} and {high}");
            layers.check(&format!("{section}.{name}"), Some(problem));
        }
    }
    layers.check("log.filter", file.log.problem());
    for pattern in &file.auth.redirect_urls {
        let problem = pattern_problem(pattern).map(|problem| format!("redirect_urls in [auth]: {pattern:?} {problem}"));
        layers.check("auth.redirect_urls", problem);
    }
}

/// The numbers with a range: section, name, value, lowest and highest.
fn ranges(file: &File) -> Vec<(&'static str, &'static str, i128, i128, i128)> {
    let (connections, database, work) = (&file.connections, &file.database, &file.work);
    let (shutdown, auth, files) = (&file.shutdown, &file.auth, &file.files);
    let size = |value: usize| value.try_into().unwrap_or(i128::MAX);
    let (hours, days) = (87_600, 36_500);
    vec![
        ("connections", "most", size(connections.most), 10, 1_000_000),
        ("connections", "most_per_address", size(connections.most_per_address), 1, 1_000_000),
        ("connections", "header_seconds", connections.header_seconds.into(), 1, 3600),
        ("connections", "idle_seconds", connections.idle_seconds.into(), 1, 3600),
        ("connections", "transfer_seconds", connections.transfer_seconds.into(), 1, 3600),
        ("database", "connections", size(database.connections), 1, 1000),
        ("database", "wait_seconds", database.wait_seconds.into(), 1, 60),
        ("database", "statement_seconds", database.statement_seconds.into(), 1, 3600),
        ("work", "slots", size(work.slots), 1, 1000),
        ("work", "lease_seconds", work.lease_seconds.into(), 2, 600),
        ("shutdown", "finish_seconds", shutdown.finish_seconds.into(), 1, 600),
        ("files", "file_megabytes", files.file_megabytes.into(), 1, 1_000_000),
        ("files", "organization_megabytes", files.organization_megabytes.into(), 0, 1_000_000_000),
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

#[cfg(test)]
mod tests;
