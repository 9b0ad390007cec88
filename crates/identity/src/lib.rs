//! Authentication: the Supabase Auth protocol, implemented by Freehold itself, and API keys.
//!
//! Read in this order: [`people`] are the users, [`signin`] signs them up and in, over the [`factors`] that they have
//! enrolled, [`sessions`] keeps them signed in by access and refresh tokens, [`keys`] signs those tokens and holds the
//! credentials of programs, [`guard`] limits and disguises what strangers can find out.

mod base;
pub mod codes;
pub mod event;
mod export;
pub mod factors;
pub mod guard;
pub mod keys;
mod module;
pub mod people;
pub mod purposes;
mod realm;
pub mod sessions;
mod settings;
pub mod signin;
pub mod sweep;

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use freehold_core::{Random, Result};
use freehold_db::{Db, Migration, MigrationSet, Statement};
use freehold_outbound::Outbound;
use freehold_vault::Vault;

pub use base::Base;
pub use factors::{enrolled, factor, passkey};
pub use guard::{even, limit, reauthentication, redirect};
pub use keys::{api_key, keeper, key, service_key, signing, signing_key};
pub use module::module;
pub use people::{admin, anonymous, audit_entry, email_change, erasure, hooks, import, user, user_change, ways};
pub use realm::{HOUSE, Realm, RealmKind, realm_is_founders, realm_of, realm_of_newcomer, realm_tenant};
pub use sessions::{access_token, client, refresh_token, session};
pub use settings::{
    AuthSettings, FactorSettings, LimitSettings, PeopleOf, ProjectSettings, ProviderKind, ProviderSettings,
    ProvidersSettings, SessionSettings, Settings, SupabaseSettings, SweepSettings, WebauthnSettings, secret_variable,
};
pub use signin::{
    claims, flow, mail_token, methods, one_time, password, project, provider, recovery, sign_in, sign_up, verify,
};

use hooks::Hooks;
use limit::Limits;
use password::{Cost, Passwords, at_once};
use project::Project;
use provider::Providers;
use session::Sessions;
use signin::{mail_request, sign_in_mail};
use signing::TokenKeys;

/// The migrations of this crate's tables.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "identity",
    tenant_tables: &["freehold.api_key_days"],
    migrations: &[
        Migration { number: 1, name: "auth_schema", sql: include_str!("../migrations/0001_auth_schema.sql") },
        Migration { number: 2, name: "signing_keys", sql: include_str!("../migrations/0002_signing_keys.sql") },
        Migration { number: 3, name: "api_keys", sql: include_str!("../migrations/0003_api_keys.sql") },
        Migration { number: 4, name: "people", sql: include_str!("../migrations/0004_people.sql") },
        Migration { number: 5, name: "mail_flows", sql: include_str!("../migrations/0005_mail_flows.sql") },
        Migration { number: 6, name: "factors", sql: include_str!("../migrations/0006_factors.sql") },
        Migration { number: 7, name: "limits", sql: include_str!("../migrations/0007_limits.sql") },
        Migration { number: 8, name: "keys", sql: include_str!("../migrations/0008_keys.sql") },
        Migration { number: 9, name: "people_lock", sql: include_str!("../migrations/0009_people_lock.sql") },
        Migration { number: 10, name: "places", sql: include_str!("../migrations/0010_places.sql") },
        Migration { number: 11, name: "sign_in", sql: include_str!("../migrations/0011_sign_in.sql") },
        Migration { number: 12, name: "key_authority", sql: include_str!("../migrations/0012_key_authority.sql") },
        Migration { number: 13, name: "bounded_limits", sql: include_str!("../migrations/0013_bounded_limits.sql") },
        Migration { number: 14, name: "key_rotation", sql: include_str!("../migrations/0014_key_rotation.sql") },
        Migration { number: 15, name: "key_networks", sql: include_str!("../migrations/0015_key_networks.sql") },
        Migration { number: 16, name: "key_days", sql: include_str!("../migrations/0016_key_days.sql") },
    ],
};

/// All SQL statements of this crate.
pub const STATEMENTS: &[&[&Statement]] = &[
    user::STATEMENTS,
    session::STATEMENTS,
    enrolled::STATEMENTS,
    factor::STATEMENTS,
    factor::recovery_code::STATEMENTS,
    passkey::STATEMENTS,
    sign_up::STATEMENTS,
    mail_request::STATEMENTS,
    mail_token::STATEMENTS,
    verify::STATEMENTS,
    ways::STATEMENTS,
    email_change::STATEMENTS,
    reauthentication::STATEMENTS,
    user_change::STATEMENTS,
    erasure::STATEMENTS,
    flow::STATEMENTS,
    provider::STATEMENTS,
    audit_entry::STATEMENTS,
    admin::STATEMENTS,
    import::STATEMENTS,
    key::STATEMENTS,
    key::days::STATEMENTS,
    limit::STATEMENTS,
    signing::STATEMENTS,
    sweep::STATEMENTS,
    service_key::STATEMENTS,
    project::STATEMENTS,
    export::STATEMENTS,
];

/// The parts of sign-in. Composition builds it and faces hold it; a function takes the parts that it needs. Cheap to
/// clone.
#[derive(Clone)]
pub struct Identity {
    /// Database, secrets and settings.
    pub base: Arc<Base>,
    /// The keys that sign and verify access tokens, with the Supabase project that users sign in at.
    pub tokens: TokenKeys,
    /// What opens, refreshes and ends sessions, with the hooks of the program.
    pub sessions: Sessions,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// External identity providers.
    pub providers: Arc<Providers>,
    /// What counts requests and guesses.
    pub limits: Limits,
}

impl Identity {
    /// Loads the signing keys, and creates the first one when there is none.
    pub async fn load(db: Db, vault: Vault, random: Random, settings: Settings, outbound: Outbound) -> Result<Self> {
        let clock = db.clock().clone();
        let project = Project::named(&settings.supabase, outbound.clone(), clock.clone())?;
        let providers = Arc::new(Providers::new(&settings.auth.providers, outbound, clock)?);
        let passwords = Passwords::new(Cost::OWASP, at_once(), random.clone())?;
        let base = Arc::new(Base { db, vault, random, settings });
        let tokens = TokenKeys::load(base.clone(), project).await?;
        let sessions = Sessions { base: base.clone(), verifier: tokens.verifier.clone(), hooks: Hooks::default() };
        let limits = Limits::new(base.clone());
        Ok(Self { base, tokens, sessions, passwords, providers, limits })
    }

    /// Settings of sign-in.
    pub fn settings(&self) -> &Settings {
        &self.base.settings
    }

    /// Lets the program provision new users and say who is invited.
    #[must_use]
    pub fn with_hooks(self, hooks: Hooks) -> Self {
        Self { sessions: Sessions { hooks, ..self.sessions }, ..self }
    }
}

/// SHA-256 in lower-case hexadecimal digits.
pub(crate) fn sha256_hex(text: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref())
}
