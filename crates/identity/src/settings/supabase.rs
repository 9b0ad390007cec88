//! Settings of a Supabase project: from the environment alone, because most of them are secret.

use freehold_core::Secret;

/// Settings of a Supabase project.
#[derive(Clone, Debug, Default)]
pub struct SupabaseSettings {
    /// The secret that an older project's tokens are signed with (`SUPABASE_JWT_SECRET`). With a project, tokens that
    /// it signs are accepted; without one, tokens issued for a project that this server has replaced.
    pub jwt_secret: Option<Secret>,
    /// The project that users sign in at; none: they sign in here.
    pub project: Option<ProjectSettings>,
}

/// A Supabase project.
#[derive(Clone, Debug)]
pub struct ProjectSettings {
    /// URL without a slash at the end (`SUPABASE_URL`): `https://abcdefghijklmnopqrst.supabase.co`.
    pub url: String,
    /// `sb_secret_…` or the `service_role` token (`SUPABASE_SECRET_KEY`, `SUPABASE_SERVICE_ROLE_KEY`); none: users
    /// cannot be managed from here.
    pub service_key: Option<Secret>,
    /// `sb_publishable_…` or the `anon` token (`SUPABASE_PUBLISHABLE_KEY`, `SUPABASE_ANON_KEY`), with which the pages
    /// sign in at the project; none: they link to `sign_in_url`.
    pub public_key: Option<Secret>,
    /// URL where the application signs its users in (`SUPABASE_SIGN_IN_URL`); none: unknown.
    pub sign_in_url: Option<String>,
}

impl ProjectSettings {
    /// URL of its sign-in service, which is also the issuer of its tokens.
    pub fn auth_url(&self) -> String {
        format!("{}/auth/v1", self.url)
    }
}
