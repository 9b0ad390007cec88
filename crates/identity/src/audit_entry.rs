//! What happened to people, in Supabase Auth's words (`auth.audit_log_entries`). What happens in organizations is told by
//! the tenancy room.

mod store;

use freehold_core::Result;
use freehold_db::SystemTx;
use serde_json::{Value, json};

pub use store::STATEMENTS;

use crate::{Identity, session::Client, user::User};

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
    tx.execute(store::entry_insert(identity.ids.next::<()>().uuid(), user.realm, payload, ip, now)).await.map(drop)
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
    /// An administrator took a second factor away.
    FactorDeleted = "factor_deleted", "factor";
    /// Recovery codes were made.
    RecoveryCodesGenerated = "generate_recovery_codes", "user";
    /// Recovery codes were taken away.
    RecoveryCodesDeleted = "recovery_codes_deleted", "user";
}
