//! The settings of a Supabase project, from the environment only.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use freehold_core::Secret;
use freehold_identity::{ProjectSettings, SupabaseSettings};

/// The variables of a Supabase project.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_field_names, reason = "options are named by their fields")]
pub struct SupabaseOptions {
    /// URL of the Supabase project where users sign in, instead of here
    #[arg(long, env = "SUPABASE_URL", global = true, value_name = "URL", hide = true)]
    supabase_url: Option<String>,

    /// Secret key of the project, for administering its users
    #[arg(long, env = "SUPABASE_SECRET_KEY", global = true, value_name = "KEY", hide_env_values = true, hide = true)]
    supabase_secret_key: Option<String>,

    /// Older form of the project's secret key
    #[arg(
        long,
        env = "SUPABASE_SERVICE_ROLE_KEY",
        global = true,
        value_name = "KEY",
        hide_env_values = true,
        hide = true
    )]
    supabase_service_role_key: Option<String>,

    /// Publishable key of the project, with which this server's pages sign users in
    #[arg(
        long,
        env = "SUPABASE_PUBLISHABLE_KEY",
        global = true,
        value_name = "KEY",
        hide_env_values = true,
        hide = true
    )]
    supabase_publishable_key: Option<String>,

    /// Older form of the project's publishable key
    #[arg(long, env = "SUPABASE_ANON_KEY", global = true, value_name = "KEY", hide_env_values = true, hide = true)]
    supabase_anon_key: Option<String>,

    /// URL at which the application signs users in, for pages that cannot
    #[arg(long, env = "SUPABASE_SIGN_IN_URL", global = true, value_name = "URL", hide = true)]
    supabase_sign_in_url: Option<String>,

    /// JWT secret of an older project
    #[arg(
        long,
        env = "SUPABASE_JWT_SECRET",
        global = true,
        value_name = "SECRET",
        hide_env_values = true,
        hide = true
    )]
    supabase_jwt_secret: Option<String>,
}

impl SupabaseOptions {
    pub(super) fn resolve(self) -> Result<SupabaseSettings> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let secret = |text: Option<String>| given(text).map(Secret::new);
        let service_key = secret(self.supabase_secret_key).or(secret(self.supabase_service_role_key));
        let public_key = secret(self.supabase_publishable_key).or(secret(self.supabase_anon_key));
        let sign_in_url = given(self.supabase_sign_in_url);
        let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
        if sign_in_url.as_deref().is_some_and(|url| !is_web(url)) {
            bail!("SUPABASE_SIGN_IN_URL has to begin with https:// or http://");
        }
        let jwt_secret = secret(self.supabase_jwt_secret);
        if jwt_secret.as_ref().is_some_and(|secret| secret.expose().len() < 32) {
            bail!(
                "SUPABASE_JWT_SECRET has less than 32 characters; it is shown in the project's settings, under JWT keys"
            );
        }
        let project = match given(self.supabase_url) {
            None => None,
            Some(url) if is_web(&url) => Some(ProjectSettings {
                url: url.trim_end_matches('/').to_owned(),
                service_key,
                public_key,
                sign_in_url,
            }),
            Some(_) => bail!("SUPABASE_URL has to begin with https:// or http://"),
        };
        Ok(SupabaseSettings { jwt_secret, project })
    }
}

/// Where users are imported from: a dump of a Supabase project's database, or the database itself.
#[derive(Args)]
pub struct SupabaseSource {
    /// SQL dump of the project's database; - reads standard input. Takes precedence over --database
    #[arg(value_name = "DUMP", required_unless_present = "database")]
    pub dump: Option<PathBuf>,
    /// URL of the project's database, which is only read: postgres://…
    #[arg(long, env = "SUPABASE_DB_URL", hide_env_values = true, value_name = "URL")]
    pub database: Option<String>,
}
