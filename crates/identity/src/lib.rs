//! Who is this? The Supabase Auth protocol, spoken by ourselves, and API keys.
//!
//! Read in this order: [`user`] are people, [`sign_up`] and [`sign_in`] let them in, [`verify`] uses up what was mailed to
//! them, [`session`] keeps them in, [`access_token`] is what they show with every request; [`key`] is what programs show. The rest is what these are made
//! of: [`password`], [`one_time`] codes and links, [`refresh_token`], [`signing_key`], the form of an [`api_key`].

pub mod access_token;
pub mod admin;
pub mod anonymous;
pub mod api_key;
pub mod audit_entry;
pub mod codes;
pub mod email_change;
mod even;
pub mod event;
pub mod factor;
pub mod flow;
pub mod import;
pub mod key;
pub mod limit;
mod mail_request;
pub mod mail_token;
pub mod one_time;
pub mod passkey;
pub mod password;
pub mod project;
pub mod provider;
mod realm;
pub mod reauthentication;
pub mod recovery;
pub mod redirect;
pub mod refresh_token;
pub mod service_key;
pub mod session;
mod settings;
pub mod sign_in;
pub mod sign_up;
pub mod signing;
pub mod signing_key;
pub mod sweep;
pub mod user;
pub mod user_change;
pub mod verify;
pub mod ways;

use std::{pin::Pin, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use freehold_core::{Clock, Ids, Random, Result, TenantId};
use freehold_db::{Db, Migration, MigrationSet, Statement, SystemTx};
use freehold_outbound::Outbound;
use freehold_vault::Vault;

pub use realm::{HOUSE, Realm, RealmKind, realm_is_founders, realm_of, realm_of_newcomer, realm_tenant};
pub use settings::{
    AuthSettings, FactorSettings, LimitSettings, PeopleOf, ProjectSettings, ProviderKind, ProviderSettings,
    ProvidersSettings, SessionSettings, Settings, SupabaseSettings, SweepSettings, WebauthnSettings, secret_variable,
};

use access_token::Verifier;
use password::{Cost, PasswordPolicy, Passwords, at_once};
use project::Project;
use signing::Keeper;

/// The tables of this room.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "identity",
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

/// Every statement of this room.
pub const STATEMENTS: &[&[&Statement]] = &[
    user::STATEMENTS,
    session::STATEMENTS,
    factor::STATEMENTS,
    factor::recovery_code::STATEMENTS,
    passkey::STATEMENTS,
    sign_in::STATEMENTS,
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

/// What signing in needs. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    /// Where people are kept.
    pub db: Db,
    /// Seals keys, and peppers what is only compared.
    pub vault: Vault,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// Chance.
    pub random: Random,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// What a new password must be like.
    pub policy: PasswordPolicy,
    /// Signs and checks access tokens.
    pub verifier: Arc<Verifier>,
    /// Looks for keys that were changed elsewhere.
    pub looks: Arc<signing::Looks>,
    /// Where people sign in, when not here.
    pub project: Option<Arc<Project>>,
    /// How sign-in behaves here.
    pub settings: Arc<Settings>,
    /// What happens to somebody who signs in for the first time.
    pub newcomer: Arc<Newcomer>,
    /// Who was invited; nobody, until [`Identity::with_invitations`] says otherwise.
    pub invited: Arc<Invited>,
    /// Asks other issuers of tokens.
    pub outbound: Outbound,
    /// Where else people may show who they are.
    pub providers: Arc<provider::Providers>,
    /// Who was refused for asking too often.
    pub refusals: limit::Refusals,
    /// Who is counted at this moment.
    pub turns: limit::Turns,
}

/// Gives somebody who signs in for the first time a place, in the transaction of the sign-in. Another room knows how.
pub type Newcomer = dyn for<'a> Fn(&'a mut SystemTx, &'a user::User) -> Settled<'a> + Send + Sync;

/// What a [`Newcomer`] answers.
pub type Settled<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Whether an address was invited, by this tenant or by any. Another room knows.
pub type Invited = dyn for<'a> Fn(&'a mut SystemTx, &'a str, Option<TenantId>) -> Awaited<'a> + Send + Sync;

/// What an [`Invited`] answers.
pub type Awaited<'a> = Pin<Box<dyn Future<Output = Result<bool>> + Send + 'a>>;

impl Identity {
    /// Loads the signing keys, and makes the first one where there is none.
    pub async fn load(
        db: Db,
        vault: Vault,
        clock: Clock,
        random: Random,
        settings: Settings,
        newcomer: Arc<Newcomer>,
        outbound: Outbound,
    ) -> Result<Self> {
        let ids = Ids::new(clock.clone(), random.clone());
        let (own, time, chance) = (db.clone(), clock.clone(), random.clone());
        let keeper = Keeper { db: own, vault: vault.clone(), clock: time, ids: ids.clone(), random: chance };
        let project = Project::named(&settings.supabase)?;
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
            newcomer,
            invited: Arc::new(|_, _, _| Box::pin(async { Ok(false) })),
            outbound,
            providers: Arc::new(providers),
            refusals,
            turns: limit::Turns::default(),
        })
    }

    /// Lets people in when this says that they are invited: into a tenant with people of its own, and where nobody may sign
    /// up uninvited.
    #[must_use]
    pub fn with_invitations(self, invited: Arc<Invited>) -> Self {
        Self { invited, ..self }
    }

    /// What it takes to keep keys.
    pub fn keeper(&self) -> Keeper {
        let Self { db, vault, clock, ids, random, .. } = self.clone();
        Keeper { db, vault, clock, ids, random }
    }
}

/// SHA-256 in lower-case hexadecimal digits.
pub(crate) fn sha256_hex(text: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref())
}
