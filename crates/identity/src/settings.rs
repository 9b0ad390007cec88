//! Settings of sign-in.

mod auth;
mod factors;
mod limits;
mod providers;
mod supabase;

pub use auth::{AuthSettings, PeopleOf, SessionSettings};
pub use factors::{FactorSettings, WebauthnSettings};
pub use limits::{LimitSettings, SweepSettings};
pub use providers::{ProviderKind, ProviderSettings, ProvidersSettings, secret_variable};
pub use supabase::{ProjectSettings, SupabaseSettings};

use freehold_core::{Error, Result};

use crate::{
    codes,
    password::PasswordPolicy,
    redirect::{origin_check, redirect_check},
};

/// Settings of sign-in: `[auth]` in `freehold.toml`, and values from elsewhere.
#[derive(Clone, Debug)]
pub struct Settings {
    /// URL of this server for users, without a slash at the end: `https://app.example.org`.
    pub site_url: String,
    /// The product's name, for mails.
    pub product_name: String,
    /// Whether users may sign in with a password.
    pub password: bool,
    /// Whether users may sign in by a link or code in a mail.
    pub magic_link: bool,
    /// The section `[auth]`.
    pub auth: AuthSettings,
    /// Settings of a Supabase project.
    pub supabase: SupabaseSettings,
}

impl Settings {
    /// Issuer of access tokens.
    pub fn issuer(&self) -> String {
        format!("{}/auth/v1", self.site_url)
    }

    /// Succeeds where users sign in with a password.
    ///
    /// # Errors
    /// `email_provider_disabled`.
    pub fn password_check(&self) -> Result<()> {
        offered(self.password)
    }

    /// The policy for new passwords.
    pub fn password_policy(&self) -> PasswordPolicy {
        let AuthSettings { password_min_length: min_length, password_required: required, .. } = &self.auth;
        PasswordPolicy { min_length: *min_length, required: required.clone() }
    }

    /// Succeeds where users sign in by a link or code in a mail.
    ///
    /// # Errors
    /// `email_provider_disabled`.
    pub fn mail_check(&self) -> Result<()> {
        offered(self.magic_link)
    }

    /// Succeeds where users sign up with a password.
    ///
    /// # Errors
    /// `email_signups_disabled`.
    pub fn password_sign_up_check(&self) -> Result<()> {
        if self.password {
            return Ok(());
        }
        Err(Error::new(codes::EMAIL_SIGNUPS_DISABLED, "Email signups are disabled"))
    }

    /// Where a browser goes after a link: `wanted`, if it may be redirected there, else the site's welcome page. An
    /// open redirect would give sessions to strangers.
    pub fn redirect_or_site(&self, wanted: Option<&str>) -> String {
        self.redirect(wanted, None)
    }

    /// The same for a request: the URL that it names, else the page it comes from (its `Referer`), if that is allowed.
    pub fn redirect(&self, wanted: Option<&str>, referer: Option<&str>) -> String {
        let allowed = |target: &str| redirect_check(&self.site_url, &self.auth.redirect_urls, target);
        let target = [wanted, referer].into_iter().flatten().find_map(allowed);
        target.unwrap_or_else(|| format!("{}/welcome", self.site_url))
    }

    /// Whether a page of this origin (the header `Origin`) may send requests with the cookie of a signed-in user's
    /// browser.
    pub fn origin_allowed(&self, origin: &str) -> bool {
        origin_check(&self.site_url, &self.auth.redirect_urls, origin)
    }
}

/// Succeeds when the sign-in method is offered; the error is Supabase's.
fn offered(offered: bool) -> Result<()> {
    if offered { Ok(()) } else { Err(Error::new(codes::EMAIL_PROVIDER_DISABLED, "Email logins are disabled")) }
}
