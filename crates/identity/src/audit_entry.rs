//! What happened to people, in Supabase Auth's words (`auth.audit_log_entries`). What happens in organizations is told by
//! the tenancy room.

mod store;

use freehold_core::{Ids, Result};
use freehold_db::{Db, JsonText, Query, SystemTx, row};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::{Identity, Realm, session::Client, user::User};

/// Writes down, in the transaction of the change, that `user` did or suffered `action`. No secret may be among the
/// `traits`.
pub async fn audit_note(
    identity: &Identity,
    tx: &mut SystemTx,
    action: Action,
    user: &User,
    traits: Value,
    client: &Client,
) -> Result<()> {
    tx.execute(audit_entry(identity, action, user, traits, client)).await.map(drop)
}

/// What writes that down.
pub(crate) fn audit_entry(
    identity: &Identity,
    action: Action,
    user: &User,
    traits: Value,
    client: &Client,
) -> Query<()> {
    let now = identity.clock.now();
    let payload = json!({
        "action": action.name(),
        "actor_id": user.id,
        "actor_username": user.email,
        "actor_via_sso": user.is_sso_user,
        "log_type": action.log_type(),
        "traits": traits,
        "timestamp": now,
    });
    let ip = client.ip.map(|ip| ip.to_string()).unwrap_or_default();
    store::entry_insert(identity.ids.next::<()>().uuid(), user.realm, payload, ip, now)
}

/// An administrator, as entries name him.
#[derive(Clone, Debug)]
pub struct By {
    /// The role of his key: `service_role`; or `operator`, who has the server's command line.
    pub role: String,
    /// From where he came.
    pub client: Client,
}

impl By {
    /// Whoever has the server's command line.
    pub fn operator() -> Self {
        Self { role: "operator".to_owned(), client: Client::default() }
    }
}

/// Writes down, in the transaction of the change, what an administrator did to `user`.
pub async fn audit_note_by(
    ids: &Ids,
    now: Timestamp,
    tx: &mut SystemTx,
    by: &By,
    action: Action,
    user: &User,
) -> Result<()> {
    let payload = json!({
        "action": action.name(),
        "actor_id": Uuid::nil(),
        "actor_username": by.role,
        "actor_via_sso": false,
        "log_type": action.log_type(),
        "traits": { "user_id": user.id, "user_email": user.email, "user_phone": user.phone },
        "timestamp": now,
    });
    let ip = by.client.ip.map(|ip| ip.to_string()).unwrap_or_default();
    tx.execute(store::entry_insert(ids.next::<()>().uuid(), user.realm, payload, ip, now)).await.map(drop)
}

row! {
    /// One thing that happened.
    #[derive(Clone, Debug)]
    pub struct AuditEntry {
        /// Which.
        pub id: Uuid,
        /// `action`, `actor_id`, `actor_username`, `log_type`, `traits` and so on.
        pub payload: JsonText<Value>,
        /// When.
        pub created_at: Timestamp,
        /// From where; empty: not known.
        pub ip_address: String,
    }
}

/// In what of an entry a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditScope {
    /// Who did it: the address.
    Author,
    /// What was done.
    Action,
    /// What it is about.
    Type,
}

/// Which entries are wanted.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only those that hold the text there, in whatever case.
    pub holds: Option<(AuditScope, String)>,
    /// Only those of this realm.
    pub realm: Option<Realm>,
}

/// A page of what happened, the latest first, and how many entries there are in all.
pub async fn audit_entry_list(
    db: &Db,
    filter: &AuditFilter,
    limit: i64,
    offset: i64,
) -> Result<(Vec<AuditEntry>, i64)> {
    let text = |scope| filter.holds.as_ref().filter(|(held, _)| *held == scope).map(|(_, text)| text.to_lowercase());
    let (author, action, kind) = (text(AuditScope::Author), text(AuditScope::Action), text(AuditScope::Type));
    let mut tx = db.system("list what happened to people").begin().await?;
    let count = store::entry_count(filter.realm, author.clone(), action.clone(), kind.clone());
    let (total,) = tx.fetch_one(count).await?;
    let entries = tx.fetch_all(store::entry_list(filter.realm, author, action, kind, limit, offset)).await?;
    Ok((entries, total))
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $kind:literal;)*) => {
        /// What happened, under Supabase Auth's name for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// The name in the entry.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What the action is about.
            pub const fn log_type(self) -> &'static str {
                match self { $(Self::$name => $kind,)* }
            }
        }
    };
}

actions! {
    /// Signed in.
    Login = "login", "account";
    /// Signed out.
    Logout = "logout", "account";
    /// Was invited.
    InviteAccepted = "invite_accepted", "account";
    /// Signed up.
    UserSignedUp = "user_signedup", "team";
    /// Somebody invited them.
    UserInvited = "user_invited", "team";
    /// An administrator deleted them.
    UserDeleted = "user_deleted", "team";
    /// An administrator changed them.
    UserModified = "user_modified", "user";
    /// Asked for a mail to choose a new password.
    UserRecoveryRequested = "user_recovery_requested", "user";
    /// Asked for a code for reauthentication.
    UserReauthenticateRequested = "user_reauthenticate_requested", "user";
    /// Asked for a mail to confirm the address.
    UserConfirmationRequested = "user_confirmation_requested", "user";
    /// Signed up with an address that is taken.
    UserRepeatedSignup = "user_repeated_signup", "user";
    /// Chose a new password.
    UserUpdatedPassword = "user_updated_password", "user";
    /// A refresh token was traded.
    TokenRefreshed = "token_refreshed", "token";
    /// A session was ended.
    TokenRevoked = "token_revoked", "token";
    /// A way of signing in was added.
    IdentityLinked = "identity_linked", "user";
    /// A way of signing in was taken away.
    IdentityUnlinked = "identity_unlinked", "user";
    /// A second factor was begun.
    FactorEnrolled = "factor_in_progress", "factor";
    /// A second factor was given up.
    FactorUnenrolled = "factor_unenrolled", "factor";
    /// A challenge for a second factor was made.
    ChallengeCreated = "challenge_created", "factor";
    /// A second factor was tried.
    VerificationAttempted = "verification_attempted", "factor";
    /// An administrator changed a second factor.
    FactorUpdated = "factor_updated", "factor";
    /// An administrator took a second factor away.
    FactorDeleted = "factor_deleted", "factor";
    /// Recovery codes were made.
    RecoveryCodesGenerated = "recovery_codes_generated", "factor";
    /// A recovery code was used.
    RecoveryCodesVerified = "recovery_codes_verified", "factor";
    /// Recovery codes were replaced.
    RecoveryCodesRegenerated = "recovery_codes_regenerated", "factor";
    /// Recovery codes were taken away.
    RecoveryCodesDeleted = "recovery_codes_deleted", "factor";
    /// A passkey was registered.
    PasskeyCreated = "passkey_created", "user";
    /// A passkey was given another name.
    PasskeyUpdated = "passkey_updated", "user";
    /// A passkey was taken away.
    PasskeyDeleted = "passkey_deleted", "user";
}
