//! SQL of external identity providers.

use freehold_core::UserId;
use freehold_db::{row, statements};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::Realm;

row! {
    /// An invitation, found by its token.
    pub(super) struct Invited {
        pub(super) id: Uuid,
        pub(super) user_id: UserId,
        pub(super) created_at: Timestamp,
    }
}

row! {
    /// A sign-in method.
    pub(super) struct IdentityRow {
        pub(super) id: Uuid,
        pub(super) provider: String,
        pub(super) provider_id: String,
        pub(super) email: String,
        pub(super) verified: bool,
    }
}

statements! {
    /// Deletes the sealed values of a sign-in, so that the browser cannot return twice.
    fn flow_spend(id: Uuid; now) -> () =
        "update auth.flow_state set sealed = null, updated_at = $2 where id = $1";

    /// Stores the provider's tokens until the code is redeemed.
    fn flow_tokens_set(id: Uuid, access: Option<String>, refresh: Option<String>) -> () =
        "update auth.flow_state set provider_access_token = $2, provider_refresh_token = $3 where id = $1";

    /// The user of an external identity.
    fn identity_find(provider: &str, provider_id: &str) -> (Uuid, UserId) =
        "select id, user_id from auth.identities where provider = $1 and provider_id = $2";

    /// Records that it was used, and the provider's present data.
    fn identity_used(id: Uuid, data: Value; now) -> () =
        "update auth.identities set identity_data = $2, last_sign_in_at = $3, updated_at = $3 where id = $1";

    /// The users who have one of these addresses.
    fn users_by_email(realm: Realm, emails: Vec<String>) -> (UserId,) =
        "select id from freehold.people
         where realm = $1 and email = any($2) and not is_sso_user and deleted_at is null order by id limit 2";

    /// The users who sign in with an external identity that has one of these verified addresses, whatever their own
    /// address is.
    fn users_by_identity(realm: Realm, emails: Vec<String>) -> (UserId,) =
        "select distinct p.id from auth.identities as i join freehold.people as p on p.id = i.user_id
         where i.email = any($2) and p.realm = $1 and i.identity_data ->> 'email_verified' = 'true'
           and not p.is_sso_user and p.deleted_at is null
         limit 2";

    /// The realms in which a user signs in with this identity.
    fn realms_of(provider: &str, subject: &str, emails: Vec<String>) -> (Realm,) =
        "select distinct p.realm from auth.identities as i join freehold.people as p on p.id = i.user_id
         where i.email = any($3) and i.provider = $1 and i.identity_data ->> 'sub' = $2 and p.deleted_at is null
         limit 2";

    /// Removes the password of a user who never confirmed their address, and replaces their metadata by the provider's.
    fn user_strip(id: UserId, data: Value; now) -> () =
        "update auth.users set encrypted_password = null, raw_user_meta_data = $2, updated_at = $3 where id = $1";

    /// Deletes every other sign-in method.
    fn identities_delete_others(user: UserId, provider: &str, provider_id: &str) -> () =
        "delete from auth.identities where user_id = $1 and not (provider = $2 and provider_id = $3)";

    /// Deletes the sign-in methods whose providers did not verify the user's address: they verified none, or by now
    /// another one.
    fn identities_delete_unverified(user: UserId, emails: &[String]) -> () =
        "delete from auth.identities as i
         where i.user_id = $1 and i.provider not in ('email', 'phone')
           and (coalesce(i.identity_data ->> 'email_verified', '') <> 'true' or coalesce(i.email <> all($2), true))";

    /// Removes the phone number.
    fn user_phone_clear(id: UserId; now) -> () =
        "update auth.users set phone = null, phone_confirmed_at = null, updated_at = $2 where id = $1";

    /// Sets the user's address; the user is no longer anonymous.
    fn user_email_set(id: UserId, email: Option<String>, confirmed: Option<Timestamp>; now) -> () =
        "update auth.users set email = $2, email_confirmed_at = $3, updated_at = $4 where id = $1";

    /// Marks the user as no longer anonymous.
    fn user_named(id: UserId; now) -> () =
        "update auth.users set is_anonymous = false, updated_at = $2 where id = $1";

    /// The invitation with this token, locked so that it cannot be used twice.
    fn invitation_lock(hash: &str) -> Invited =
        "select id, user_id, created_at at time zone 'utc' as created_at from auth.one_time_tokens
         where token_hash = $1 and token_type = 'confirmation_token' for update";

    /// A user's sign-in methods, locked.
    fn identities_lock(user: UserId) -> IdentityRow =
        "select id, provider, provider_id, lower(coalesce(identity_data ->> 'email', '')) as email,
           coalesce(identity_data ->> 'email_verified', '') = 'true' as verified
         from auth.identities where user_id = $1 order by created_at, id for update";

    /// Deletes a sign-in method.
    fn identity_delete(id: Uuid) -> () = "delete from auth.identities where id = $1";
}
