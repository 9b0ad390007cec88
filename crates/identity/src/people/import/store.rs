//! SQL of imported users.

use freehold_db::statements;
use serde_json::Value;
use uuid::Uuid;

use super::Clash;

statements! {
    /// Imports users; returns those that were not here.
    fn users_insert(records: Value) -> (Uuid,) =
        "insert into auth.users (
           id, instance_id, aud, role, email, encrypted_password, email_confirmed_at, invited_at, raw_app_meta_data,
           raw_user_meta_data, created_at, updated_at, phone, phone_confirmed_at, banned_until, is_sso_user, deleted_at,
           is_anonymous
         )
         select r.id, r.instance_id, r.aud, r.role, r.email, r.encrypted_password, r.email_confirmed_at, r.invited_at,
           r.raw_app_meta_data, r.raw_user_meta_data, r.created_at, r.updated_at, r.phone, r.phone_confirmed_at,
           r.banned_until, r.is_sso_user, r.deleted_at, r.is_anonymous
         from jsonb_to_recordset($1) as r (
           id uuid, instance_id uuid, aud text, role text, email text, encrypted_password text,
           email_confirmed_at timestamptz, invited_at timestamptz, raw_app_meta_data jsonb, raw_user_meta_data jsonb,
           created_at timestamptz, updated_at timestamptz, phone text, phone_confirmed_at timestamptz,
           banned_until timestamptz, is_sso_user boolean, deleted_at timestamptz, is_anonymous boolean
         )
         on conflict do nothing
         returning id";

    /// Which users are here already, and whose address or phone number belongs to another user.
    fn users_clash(records: Value) -> Clash =
        "select r.id, exists (select from auth.users as u where u.id = r.id) as known,
           case
             when exists (
               select from auth.users as u
               where u.email = r.email and not u.is_sso_user and u.id <> r.id
                 and coalesce(u.instance_id, '00000000-0000-0000-0000-000000000000') = r.instance_id
             ) then 'its address is that of another user here'
             when exists (select from auth.users as u where u.phone = r.phone and u.id <> r.id)
               then 'its number is that of another user here'
           end as reason
         from jsonb_to_recordset($1) as r (id uuid, instance_id uuid, email text, phone text)";

    /// Imports identities; returns those that were not here.
    fn identities_insert(records: Value) -> (Uuid,) =
        "insert into auth.identities (
           id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at
         )
         select r.id, r.provider_id, r.user_id, r.identity_data, r.provider, r.last_sign_in_at, r.created_at, r.updated_at
         from jsonb_to_recordset($1) as r (
           id uuid, provider_id text, user_id uuid, identity_data jsonb, provider text, last_sign_in_at timestamptz,
           created_at timestamptz, updated_at timestamptz
         )
         where exists (select from auth.users as u where u.id = r.user_id)
         on conflict do nothing
         returning id";

    /// Which identities are here already, and which belong to another user.
    fn identities_clash(records: Value) -> Clash =
        "select r.id,
           exists (
             select from auth.identities as i
             where i.provider = r.provider and i.provider_id = r.provider_id and i.user_id = r.user_id
           ) as known,
           case
             when not exists (select from auth.users as u where u.id = r.user_id) then 'its user is not here'
             when exists (
               select from auth.identities as i where i.provider = r.provider and i.provider_id = r.provider_id
             ) then 'another user signs in with it here'
           end as reason
         from jsonb_to_recordset($1) as r (id uuid, provider_id text, user_id uuid, provider text)";

    /// Imports authenticator apps; returns those that were not here.
    fn factors_insert(records: Value) -> (Uuid,) =
        "insert into auth.mfa_factors (
           id, user_id, friendly_name, factor_type, status, secret, created_at, updated_at
         )
         select r.id, r.user_id, r.friendly_name, 'totp', 'verified', r.secret, r.created_at, r.updated_at
         from jsonb_to_recordset($1) as r (
           id uuid, user_id uuid, friendly_name text, secret text, created_at timestamptz, updated_at timestamptz
         )
         where exists (select from auth.users as u where u.id = r.user_id)
         on conflict do nothing
         returning id";

    /// Which authenticator apps are here already.
    fn factors_clash(records: Value) -> Clash =
        "select r.id, exists (select from auth.mfa_factors as f where f.id = r.id) as known,
           case
             when not exists (select from auth.users as u where u.id = r.user_id) then 'its user is not here'
             else 'another one of the user has its name'
           end as reason
         from jsonb_to_recordset($1) as r (id uuid, user_id uuid)";
}
