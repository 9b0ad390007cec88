//! SQL of signing in by others.

use freehold_core::UserId;
use freehold_db::statements;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{link::IdentityRow, person::Invited};
use crate::Realm;

statements! {
    /// What was kept for the browser is used up: nobody comes back a second time.
    fn flow_spend(id: Uuid, now: Timestamp) -> () =
        "update auth.flow_state set sealed = null, updated_at = $2 where id = $1";

    /// Keeps the provider's tokens until the code is redeemed.
    fn flow_tokens_set(id: Uuid, access: Option<String>, refresh: Option<String>) -> () =
        "update auth.flow_state set provider_access_token = $2, provider_refresh_token = $3 where id = $1";

    /// Whose way of signing in it is.
    fn identity_find(provider: &str, provider_id: &str) -> (Uuid, UserId) =
        "select id, user_id from auth.identities where provider = $1 and provider_id = $2";

    /// It was used, and the provider says this now.
    fn identity_used(id: Uuid, data: Value, now: Timestamp) -> () =
        "update auth.identities set identity_data = $2, last_sign_in_at = $3, updated_at = $3 where id = $1";

    /// Who has one of these addresses.
    fn users_by_email(realm: Realm, emails: Vec<String>) -> (UserId,) =
        "select id from freehold.people
         where realm = $1 and email = any($2) and not is_sso_user and deleted_at is null order by id limit 2";

    /// Who signs in with one of these addresses, which was verified, whatever the own one is.
    fn users_by_identity(realm: Realm, emails: Vec<String>) -> (UserId,) =
        "select distinct p.id from auth.identities as i join freehold.people as p on p.id = i.user_id
         where i.email = any($2) and p.realm = $1 and i.identity_data ->> 'email_verified' = 'true'
           and not p.is_sso_user and p.deleted_at is null
         limit 2";

    /// The realms in which somebody signs in with this.
    fn realms_of(provider: &str, subject: &str, emails: Vec<String>) -> (Realm,) =
        "select distinct p.realm from auth.identities as i join freehold.people as p on p.id = i.user_id
         where i.email = any($3) and i.provider = $1 and i.identity_data ->> 'sub' = $2 and p.deleted_at is null
         limit 2";

    /// Who never confirmed his address has no password, and says of himself what the provider says.
    fn user_strip(id: UserId, data: Value, now: Timestamp) -> () =
        "update auth.users set encrypted_password = null, raw_user_meta_data = $2, updated_at = $3 where id = $1";

    /// Takes every other way of signing in away.
    fn identities_delete_others(user: UserId, provider: &str, provider_id: &str) -> () =
        "delete from auth.identities where user_id = $1 and not (provider = $2 and provider_id = $3)";

    /// Takes the ways of signing in away whose providers did not verify the person's address: they verified none, or by now
    /// another one.
    fn identities_delete_unverified(user: UserId, emails: &[String]) -> () =
        "delete from auth.identities as i
         where i.user_id = $1 and i.provider not in ('email', 'phone')
           and (coalesce(i.identity_data ->> 'email_verified', '') <> 'true' or coalesce(i.email <> all($2), true))";

    /// Takes the number away.
    fn user_phone_clear(id: UserId, now: Timestamp) -> () =
        "update auth.users set phone = null, phone_confirmed_at = null, updated_at = $2 where id = $1";

    /// Gives the person an address; with that he is somebody.
    fn user_email_set(id: UserId, email: Option<String>, confirmed: Option<Timestamp>, now: Timestamp) -> () =
        "update auth.users set email = $2, email_confirmed_at = $3, updated_at = $4 where id = $1";

    /// The person is no longer nobody.
    fn user_named(id: UserId, now: Timestamp) -> () =
        "update auth.users set is_anonymous = false, updated_at = $2 where id = $1";

    /// The invitation with this token, kept from being used twice.
    fn invitation_lock(hash: &str) -> Invited =
        "select id, user_id, created_at at time zone 'utc' as created_at from auth.one_time_tokens
         where token_hash = $1 and token_type = 'confirmation_token' for update";

    /// The ways in which a person signs in, kept from changing.
    fn identities_lock(user: UserId) -> IdentityRow =
        "select id, provider, provider_id, lower(coalesce(identity_data ->> 'email', '')) as email,
           coalesce(identity_data ->> 'email_verified', '') = 'true' as verified
         from auth.identities where user_id = $1 order by created_at, id for update";

    /// Takes a way of signing in away.
    fn identity_delete(id: Uuid) -> () = "delete from auth.identities where id = $1";
}
