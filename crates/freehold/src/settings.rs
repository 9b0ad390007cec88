//! What an operator decides: the command line over the environment over `freehold.toml` over the defaults.

mod billing;
mod file;
mod providers;
mod sections;
mod supabase;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use clap::Args;
use freehold_core::Secret;
use freehold_db::{PoolSettings, StatementCache};
use freehold_delivery::mail::{Origin, Server};
use freehold_identity::{AuthSettings, SupabaseSettings, redirect::pattern_problem};
use freehold_outbound::IpNet;

pub use billing::{BillingOptions, BillingSettings, StripeSettings};
use file::File;
pub use sections::{ConnectionSettings, Drain, Mailbox, OutboundSettings, Prepared, ShutdownSettings, WorkSettings};
pub use supabase::SupabaseOptions;

use crate::{database::Database, mail::MailServer};

/// Every key with its default, and the documentation of it.
pub const DEFAULTS: &str = include_str!("../freehold.default.toml");

/// The settings that every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Settings file; freehold.toml in this folder when there is one
    #[arg(long, env = "FREEHOLD_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Where the server listens [default: 127.0.0.1:8080]
    #[arg(long, env = "FREEHOLD_LISTEN", global = true, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    /// Where the local Postgres, the secret key and the sandbox of Stripe are kept [default: .freehold]
    #[arg(long, env = "FREEHOLD_DATA", global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,

    /// What is sold here: voice, documents, pharmacy or studio [default: voice]
    #[arg(long, env = "FREEHOLD_PRODUCT", global = true, value_name = "NAME")]
    product: Option<String>,

    /// Where people reach the server, as it stands in mails [default: http:// and the listening address]
    #[arg(long, env = "FREEHOLD_SITE_URL", global = true, value_name = "URL")]
    site_url: Option<String>,

    /// New people need not confirm their address
    #[arg(long, env = "FREEHOLD_AUTH_AUTOCONFIRM", global = true, value_name = "YES", hide = true)]
    autoconfirm: Option<bool>,

    /// The server does jobs, too; without, freehold work does
    #[arg(long, env = "FREEHOLD_WORK_IN_SERVER", global = true, value_name = "YES", hide = true)]
    work_in_server: Option<bool>,

    /// Most jobs at once
    #[arg(long, env = "FREEHOLD_WORK_SLOTS", global = true, value_name = "NUMBER", hide = true)]
    work_slots: Option<usize>,

    /// Seconds without a sign of life after which others take over what a worker was doing
    #[arg(long, env = "FREEHOLD_WORK_LEASE_SECONDS", global = true, value_name = "NUMBER", hide = true)]
    work_lease_seconds: Option<u64>,

    /// Seconds requests are still accepted after SIGTERM
    #[arg(long, env = "FREEHOLD_SHUTDOWN_DRAIN_SECONDS", global = true, value_name = "SECONDS", hide = true)]
    shutdown_drain_seconds: Option<Drain>,

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

    /// Who mails come from
    #[arg(long, env = "FREEHOLD_MAIL_FROM", global = true, value_name = "ADDRESS", hide = true)]
    mail_from: Option<String>,

    /// 64 hexadecimal digits that seal everything secret
    #[arg(long, env = "FREEHOLD_SECRET_KEY", global = true, value_name = "KEY", hide_env_values = true, hide = true)]
    secret_key: Option<String>,

    /// Folder with Postgres' programs; searched for when not given
    #[arg(long, env = "FREEHOLD_POSTGRES_BIN", global = true, value_name = "FOLDER")]
    postgres_bin: Option<PathBuf>,

    #[command(flatten)]
    billing: BillingOptions,

    #[command(flatten)]
    supabase: SupabaseOptions,
}

/// The settings, resolved.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where people reach it, without a slash at the end; none: where it listens.
    pub site_url: Option<String>,
    /// What is sold here.
    pub product: String,
    /// Where local things are kept.
    pub data: PathBuf,
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
    /// Whether mails are shown at `/dev/mail`.
    pub fn shows_mails(&self, database: &Database) -> bool {
        match self.mailbox {
            Mailbox::Local => database.is_local() && self.mail_server.is_none(),
            Mailbox::Always => true,
            Mailbox::Never => false,
        }
    }
}

impl Options {
    /// Reads the settings file and puts the environment and the command line over it.
    pub fn resolve(self) -> Result<Settings> {
        let file = File::read(self.config.as_deref())?;
        file_check(&file)?;
        let site_url = self.site_url.or(Some(file.site_url)).filter(|url| !url.is_empty());
        let site_url = site_url.map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) = &site_url
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            bail!("site_url has to begin with http:// or https://");
        }
        let mail_server = mail_server(self.smtp_url, self.mail_from.unwrap_or(file.mail.from))?;
        let database = &file.database;
        let work = WorkSettings {
            in_server: self.work_in_server.unwrap_or(file.work.in_server),
            slots: self.work_slots.unwrap_or(file.work.slots),
            lease_seconds: self.work_lease_seconds.unwrap_or(file.work.lease_seconds),
        };
        if !(1..=1000).contains(&work.slots) {
            bail!("slots in [work] is not between 1 and 1000");
        }
        if !(2..=600).contains(&work.lease_seconds) {
            bail!("lease_seconds in [work] is not between 2 and 600");
        }
        Ok(Settings {
            listen: self.listen.unwrap_or(file.listen),
            site_url,
            product: self.product.unwrap_or(file.product),
            data: self.data.unwrap_or(file.data),
            trusted_proxies: file.trusted_proxies,
            connections: file.connections,
            shutdown: ShutdownSettings {
                drain_seconds: self.shutdown_drain_seconds.unwrap_or(file.shutdown.drain_seconds),
                ..file.shutdown
            },
            database_url: self.database_url.map(Secret::new),
            database_migration_url: self.database_migration_url.map(Secret::new),
            secret_key: self.secret_key.map(Secret::new),
            postgres_bin: self.postgres_bin,
            pool: PoolSettings {
                connections: database.connections,
                wait: Duration::from_secs(database.wait_seconds),
                statement_timeout: Duration::from_secs(database.statement_seconds),
                statement_cache: StatementCache::Off,
            },
            prepared: database.statement_cache,
            auth: AuthSettings {
                autoconfirm: self.autoconfirm.unwrap_or(file.auth.autoconfirm),
                providers: providers::with_secrets(file.auth.providers)?,
                ..file.auth
            },
            supabase: self.supabase.resolve()?,
            mailbox: file.mail.mailbox,
            mail_server,
            billing: self.billing.resolve(file.billing)?,
            outbound: file.outbound,
            work,
        })
    }
}

/// Nothing, when what the file says can be followed.
fn file_check(file: &File) -> Result<()> {
    auth_check(&file.auth)?;
    if !(1..=1000).contains(&file.database.connections) {
        bail!("connections in [database] is not between 1 and 1000");
    }
    if let Some(problem) = file.connections.problem() {
        bail!("{problem}");
    }
    if let Some(problem) = file.shutdown.problem() {
        bail!("{problem}");
    }
    Ok(())
}

/// Nothing, when `[auth]` can be followed.
fn auth_check(auth: &AuthSettings) -> Result<()> {
    if auth.access_token_seconds < 120 {
        bail!("access_token_seconds in [auth] is below 120: clients refresh 90 seconds before the end");
    }
    if !(6..=10).contains(&auth.code_digits) {
        bail!("code_digits in [auth] is not between 6 and 10");
    }
    for pattern in &auth.redirect_urls {
        if let Some(problem) = pattern_problem(pattern) {
            bail!("redirect_urls in [auth]: {pattern:?} {problem}");
        }
    }
    Ok(())
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
mod tests {
    use super::*;

    #[test]
    fn the_defaults_read_and_say_what_the_help_says() {
        let settings = Options { config: Some("/dev/null".into()), ..Options::default() }.resolve().unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.product, "voice");
        assert_eq!(settings.data, PathBuf::from(".freehold"));
        assert_eq!(settings.site_url, None);
        assert_eq!(settings.auth, AuthSettings::default(), "[auth] of the file and of the identity room differ");
    }

    #[test]
    fn a_mistake_in_the_file_is_named() {
        let folder = std::env::temp_dir().join(format!("freehold-settings-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("freehold.toml");
        for (text, expected) in [
            ("lisen = \"x\"", "lisen"),
            ("listen = 8080", "listen"),
            ("[auth]\nautoconfirm = \"yes\"", "autoconfirm"),
            ("[outbound]\nallow = [\"10.1.0.0/33\"]", "allow"),
            ("trusted_proxies = [\"10.0.0.0/33\"]", "trusted_proxies"),
            ("[connections]\nmost = 9", "most in [connections] is not between 10 and 1000000"),
            ("[connections]\nheader_seconds = 0", "header_seconds in [connections] is not between 1 and 3600"),
            ("[shutdown]\ndrain_seconds = 601", "drain_seconds in [shutdown] is \"601\""),
            ("[shutdown]\ndrain_seconds = \"soon\"", "\"auto\" or a number of seconds"),
            ("[shutdown]\nfinish_seconds = 0", "finish_seconds in [shutdown] is not between 1 and 600"),
            ("[auth]\nredirect_urls = [\"app.example.com\"]", "redirect_urls"),
            ("[billing]\nreturn_urls = [\"app.example.com\"]", "return_urls"),
            ("[mail]\nfrom = \"VoiceFX\"", "from in [mail]"),
            ("product = ", "line 1"),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = Options { config: Some(file.clone()), ..Options::default() }.resolve().unwrap_err();
            assert!(format!("{error:#}").contains(expected), "{error:#}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_mail_server_needs_a_sender_and_tells_no_password() {
        let (url, from) = ("smtps://ada:hunter2@mail.example.org", "VoiceFX AI <no-reply@example.org>");
        let read = |url: &str, from: &str| mail_server(Some(url.to_owned()), from.to_owned());
        let server = read(url, from).unwrap().unwrap();
        assert_eq!(server.server.to_string(), "mail.example.org:465");
        assert!(!format!("{server:?}").contains("hunter2"));
        assert!(read("", from).unwrap().is_none() && mail_server(None, String::new()).unwrap().is_none());
        for (url, from) in [(url, ""), (url, "VoiceFX"), ("http://ada:hunter2@mail.example.org", from)] {
            let error = format!("{:#}", read(url, from).unwrap_err());
            assert!(!error.contains("hunter2") && (error.contains("[mail]") || error.contains("SMTP_URL")), "{error}");
        }
    }
}
