//! What is told of Supabase: by the environment alone, because most of it is secret.

use freehold_core::Secret;

/// What is told of Supabase.
#[derive(Clone, Debug, Default)]
pub struct SupabaseSettings {
    /// What an older project's tokens are signed with (`SUPABASE_JWT_SECRET`). With a project, tokens that it signs are
    /// taken; without one, those that were made for a project which this server has taken the place of.
    pub jwt_secret: Option<Secret>,
    /// People sign in at this project, and not here.
    pub project: Option<ProjectSettings>,
}

/// A Supabase project.
#[derive(Clone, Debug)]
pub struct ProjectSettings {
    /// Without a slash at the end (`SUPABASE_URL`): `https://abcdefghijklmnopqrst.supabase.co`.
    pub url: String,
    /// `sb_secret_…` or the `service_role` token (`SUPABASE_SECRET_KEY`, `SUPABASE_SERVICE_ROLE_KEY`); none: people are
    /// not administered from here.
    pub service_key: Option<Secret>,
    /// `sb_publishable_…` or the `anon` token (`SUPABASE_PUBLISHABLE_KEY`, `SUPABASE_ANON_KEY`), with which our pages sign in through
    /// the project; none: they lead to `sign_in_url`.
    pub public_key: Option<Secret>,
    /// Where the application signs its users in (`SUPABASE_SIGN_IN_URL`); none: our pages do not know.
    pub sign_in_url: Option<String>,
}

impl ProjectSettings {
    /// Where its sign-in is, which is what its tokens call their issuer.
    pub fn auth_url(&self) -> String {
        format!("{}/auth/v1", self.url)
    }
}
