//! The audit log of users, in Supabase Auth's words (`auth.audit_log_entries`). The tenancy crate keeps the audit log
//! of organizations.

mod store;

use freehold_core::Result;
use freehold_db::{Db, JsonText, Query, SystemTx, row};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::{Realm, session::Client, user::User};

/// Records, in the transaction of the change, that `user` did `action` or that it was done to them. `traits` must not
/// contain a secret.
pub async fn audit_note(tx: &mut SystemTx, action: Action, user: &User, traits: Value, client: &Client) -> Result<()> {
    let entry = audit_entry(tx, action, user, traits, client);
    tx.execute(entry).await.map(drop)
}

/// The statement that records an entry in this transaction.
pub(crate) fn audit_entry(tx: &SystemTx, action: Action, user: &User, traits: Value, client: &Client) -> Query<()> {
    let now = tx.now();
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
    store::entry_insert(tx.id::<()>().uuid(), user.realm, payload, ip)
}

/// The administrator named in an entry.
#[derive(Clone, Debug)]
pub struct By {
    /// The role: `service_role` for a caller with a service key, `operator` for the server's command line.
    pub role: String,
    /// The client that the request came from.
    pub client: Client,
}

impl By {
    /// An operator at the server's command line.
    pub fn operator() -> Self {
        Self { role: "operator".to_owned(), client: Client::default() }
    }
}

/// Records, in the transaction of the change, what an administrator did to `user`.
pub async fn audit_note_by(tx: &mut SystemTx, by: &By, action: Action, user: &User) -> Result<()> {
    let ids = &tx.ids().clone();
    let now = tx.now();
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
    tx.execute(store::entry_insert(ids.next::<()>().uuid(), user.realm, payload, ip)).await.map(drop)
}

row! {
    /// One entry of the audit log.
    #[derive(Clone, Debug)]
    pub struct AuditEntry {
        /// Id of the entry.
        pub id: Uuid,
        /// `action`, `actor_id`, `actor_username`, `log_type`, `traits` and so on.
        pub payload: JsonText<Value>,
        /// When it happened.
        pub created_at: Timestamp,
        /// IP address of the client; empty: unknown.
        pub ip_address: String,
    }
}

/// The field of an entry that a search looks in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditScope {
    /// The e-mail address of the actor.
    Author,
    /// The action.
    Action,
    /// The type of what the action is about.
    Type,
}

/// Filter of the audit log.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only entries whose field contains the text, ignoring case.
    pub holds: Option<(AuditScope, String)>,
    /// Only entries of this realm.
    pub realm: Option<Realm>,
}

/// Returns a page of entries, the latest first, and the number of all entries that match.
pub async fn audit_entry_list(
    db: &Db,
    filter: &AuditFilter,
    limit: i64,
    offset: i64,
) -> Result<(Vec<AuditEntry>, i64)> {
    let text = |scope| filter.holds.as_ref().filter(|(held, _)| *held == scope).map(|(_, text)| text.to_lowercase());
    let (author, action, kind) = (text(AuditScope::Author), text(AuditScope::Action), text(AuditScope::Type));
    let mut tx = db.system("list the audit log of users").begin().await?;
    let count = store::entry_count(filter.realm, author.clone(), action.clone(), kind.clone());
    let (total,) = tx.fetch_one(count).await?;
    let entries = tx.fetch_all(store::entry_list(filter.realm, author, action, kind, limit, offset)).await?;
    Ok((entries, total))
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $kind:literal;)*) => {
        /// The actions, by Supabase Auth's names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// Name of the action in the entry.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Type of what the action is about.
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
    /// Accepted an invitation.
    InviteAccepted = "invite_accepted", "account";
    /// Signed up.
    UserSignedUp = "user_signedup", "team";
    /// Was invited.
    UserInvited = "user_invited", "team";
    /// Was deleted by an administrator.
    UserDeleted = "user_deleted", "team";
    /// Was changed by an administrator.
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
    /// A refresh token was exchanged.
    TokenRefreshed = "token_refreshed", "token";
    /// A session was ended.
    TokenRevoked = "token_revoked", "token";
    /// A sign-in method was added.
    IdentityLinked = "identity_linked", "user";
    /// A sign-in method was removed.
    IdentityUnlinked = "identity_unlinked", "user";
    /// A second factor was enrolled, not verified yet.
    FactorEnrolled = "factor_in_progress", "factor";
    /// A second factor was removed.
    FactorUnenrolled = "factor_unenrolled", "factor";
    /// A challenge for a second factor was created.
    ChallengeCreated = "challenge_created", "factor";
    /// A second factor's code was tried.
    VerificationAttempted = "verification_attempted", "factor";
    /// An administrator changed a second factor.
    FactorUpdated = "factor_updated", "factor";
    /// An administrator deleted a second factor.
    FactorDeleted = "factor_deleted", "factor";
    /// Recovery codes were created.
    RecoveryCodesGenerated = "recovery_codes_generated", "factor";
    /// A recovery code was used.
    RecoveryCodesVerified = "recovery_codes_verified", "factor";
    /// Recovery codes were replaced.
    RecoveryCodesRegenerated = "recovery_codes_regenerated", "factor";
    /// Recovery codes were deleted.
    RecoveryCodesDeleted = "recovery_codes_deleted", "factor";
    /// A passkey was registered.
    PasskeyCreated = "passkey_created", "user";
    /// A passkey was renamed.
    PasskeyUpdated = "passkey_updated", "user";
    /// A passkey was deleted.
    PasskeyDeleted = "passkey_deleted", "user";
}
