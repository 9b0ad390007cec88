//! How sign-in behaves here.

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

use crate::redirect::{origin_check, redirect_check};

/// What sign-in is told: `[auth]` in `freehold.toml`, and what it has from elsewhere.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people reach this server, without a slash at the end: `https://app.example.org`.
    pub site_url: String,
    /// The product's name, for mails.
    pub product_name: String,
    /// People may sign in with a password.
    pub password: bool,
    /// People may sign in by a link or code sent to them.
    pub magic_link: bool,
    /// What the operator decides.
    pub auth: AuthSettings,
    /// What is told of Supabase.
    pub supabase: SupabaseSettings,
}

impl Settings {
    /// The issuer in access tokens.
    pub fn issuer(&self) -> String {
        format!("{}/auth/v1", self.site_url)
    }

    /// Where a browser goes after a link: `wanted`, when it may be sent there, else the site's welcome page. An open redirect
    /// would hand sessions to strangers.
    pub fn redirect_or_site(&self, wanted: Option<&str>) -> String {
        self.redirect(wanted, None)
    }

    /// The same for a request: what it asks for, else the page it comes from (its `Referer`), where that may be.
    pub fn redirect(&self, wanted: Option<&str>, referer: Option<&str>) -> String {
        let allowed = |target: &str| redirect_check(&self.site_url, &self.auth.redirect_urls, target);
        let target = [wanted, referer].into_iter().flatten().find_map(allowed);
        target.unwrap_or_else(|| format!("{}/welcome", self.site_url))
    }

    /// Whether a page of this origin (the header `Origin`) may ask in the name of somebody whose browser keeps a cookie of ours.
    pub fn origin_allowed(&self, origin: &str) -> bool {
        origin_check(&self.site_url, &self.auth.redirect_urls, origin)
    }
}
