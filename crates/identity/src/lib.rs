//! Authentication: the Supabase Auth protocol, implemented by Freehold itself, and API keys.
//!
//! Read in this order: [`people`] are the users, [`signin`] signs them up and in, over the [`factors`] that they have
//! enrolled, [`sessions`] keeps them signed in by access and refresh tokens, [`keys`] signs those tokens and holds the
//! credentials of programs, [`guard`] limits and disguises what strangers can find out.

pub mod codes;
pub mod event;
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

use std::{pin::Pin, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use freehold_core::{Clock, Error, Ids, Random, Result, TenantId};
use freehold_db::{Db, Migration, MigrationSet, Statement, SystemTx};
use freehold_outbound::Outbound;
use freehold_vault::Vault;

pub use factors::{enrolled, factor, passkey};
pub use guard::{limit, reauthentication, redirect};
pub use keys::{api_key, keeper, key, service_key, signing, signing_key};
pub use module::module;
pub use people::{admin, anonymous, audit_entry, email_change, import, user, user_change, ways};
pub use realm::{HOUSE, Realm, RealmKind, realm_is_founders, realm_of, realm_of_newcomer, realm_tenant};
pub use sessions::{access_token, client, refresh_token, session};
pub use settings::{
    AuthSettings, FactorSettings, LimitSettings, PeopleOf, ProjectSettings, ProviderKind, ProviderSettings,
    ProvidersSettings, SessionSettings, Settings, SupabaseSettings, SweepSettings, WebauthnSettings, secret_variable,
};
pub use signin::{
    flow, mail_token, methods, one_time, password, project, provider, recovery, sign_in, sign_up, verify,
};

use access_token::Verifier;
use guard::even;
use password::{Cost, PasswordPolicy, Passwords, at_once};
use project::Project;
use signin::{mail_request, sign_in_mail};
use signing::Keeper;

/// The migrations of this crate's tables.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "identity",
    tenant_tables: &[],
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
    flow::STATEMENTS,
    provider::STATEMENTS,
    audit_entry::STATEMENTS,
    admin::STATEMENTS,
    import::STATEMENTS,
    key::STATEMENTS,
    limit::STATEMENTS,
    signing::STATEMENTS,
    sweep::STATEMENTS,
    service_key::STATEMENTS,
    project::STATEMENTS,
];

/// The services and settings that sign-in needs. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    /// Database of the users.
    pub db: Db,
    /// Seals secrets, and computes keyed digests of those that are only compared.
    pub vault: Vault,
    /// Source of the current time.
    pub clock: Clock,
    /// Generates ids.
    pub ids: Ids,
    /// Random source.
    pub random: Random,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Policy for new passwords.
    pub policy: PasswordPolicy,
    /// Signs and verifies access tokens.
    pub verifier: Arc<Verifier>,
    /// Looks for signing keys that another process changed.
    pub looks: Arc<signing::Looks>,
    /// The Supabase project that users sign in at; none: they sign in here.
    pub project: Option<Arc<Project>>,
    /// Settings of sign-in.
    pub settings: Arc<Settings>,
    /// Provisioning hook for a user who signs in for the first time; does nothing, until [`Identity::with_newcomers`]
    /// sets it.
    pub newcomer: Arc<Newcomer>,
    /// Checks whether an address was invited; always no, until [`Identity::with_invitations`] sets it.
    pub invited: Arc<Invited>,
    /// HTTP client for other token issuers.
    pub outbound: Outbound,
    /// External identity providers.
    pub providers: Arc<provider::Providers>,
    /// Rate-limited subjects, remembered in memory.
    pub refusals: limit::Refusals,
    /// Subjects whose requests are being counted at this moment.
    pub turns: limit::Turns,
}

/// The provisioning hook: gives a user who signs in for the first time an organization, in the transaction of the
/// sign-in. The program supplies it when it starts.
pub type Newcomer = dyn for<'a> Fn(&'a mut SystemTx, &'a user::User) -> Settled<'a> + Send + Sync;

/// The future that a [`Newcomer`] returns.
pub type Settled<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Whether an address was invited, by this tenant or by any. The program supplies it when it starts.
pub type Invited = dyn for<'a> Fn(&'a mut SystemTx, &'a str, Option<TenantId>) -> Awaited<'a> + Send + Sync;

/// The future that an [`Invited`] returns.
pub type Awaited<'a> = Pin<Box<dyn Future<Output = Result<bool>> + Send + 'a>>;

impl Identity {
    /// Loads the signing keys, and creates the first one when there is none.
    pub async fn load(
        db: Db,
        vault: Vault,
        clock: Clock,
        random: Random,
        settings: Settings,
        outbound: Outbound,
    ) -> Result<Self> {
        let ids = Ids::new(clock.clone(), random.clone());
        let (own, time, chance) = (db.clone(), clock.clone(), random.clone());
        let keeper = Keeper { db: own, vault: vault.clone(), clock: time, ids: ids.clone(), random: chance };
        let project = Project::named(&settings.supabase, outbound.clone(), clock.clone())?;
        let verifier = Arc::new(signing::verifier_load(&keeper, &settings, project.as_deref()).await?);
        let passwords = Passwords::new(Cost::OWASP, at_once(), random.clone())?;
        let policy = PasswordPolicy {
            min_length: settings.auth.password_min_length,
            required: settings.auth.password_required.clone(),
        };
        let settings = Arc::new(settings);
        let refusals = limit::Refusals::default();
        let providers = provider::Providers::new(&settings.auth.providers, outbound.clone(), clock.clone())?;
        Ok(Self {
            db,
            vault,
            clock,
            ids,
            random,
            passwords,
            policy,
            verifier,
            looks: Arc::default(),
            project,
            settings,
            newcomer: Arc::new(|_, _| Box::pin(async { Ok(()) })),
            invited: Arc::new(|_, _, _| Box::pin(async { Ok(false) })),
            outbound,
            providers: Arc::new(providers),
            refusals,
            turns: limit::Turns::default(),
        })
    }

    /// Provisions users at their first sign-in with `newcomer`.
    #[must_use]
    pub fn with_newcomers(self, newcomer: Arc<Newcomer>) -> Self {
        Self { newcomer, ..self }
    }

    /// Lets invited users sign up: into a tenant with users of its own, and where sign-up is closed to others.
    /// `invited` checks whether an address is invited.
    #[must_use]
    pub fn with_invitations(self, invited: Arc<Invited>) -> Self {
        Self { invited, ..self }
    }

    /// The project that users sign in at.
    ///
    /// # Errors
    /// `internal` when users sign in here.
    pub fn project(&self) -> Result<&Project> {
        self.project.as_deref().ok_or_else(|| Error::internal("users sign in here, not at a project"))
    }

    /// The services needed to import users' secrets.
    pub fn keeper(&self) -> Keeper {
        let Self { db, vault, clock, ids, random, .. } = self.clone();
        Keeper { db, vault, clock, ids, random }
    }
}

/// SHA-256 in lower-case hexadecimal digits.
pub(crate) fn sha256_hex(text: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref())
}
