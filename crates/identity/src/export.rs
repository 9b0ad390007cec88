//! The part of identity in an export of an organization's data, and of a user's. Passwords, secrets, tokens and
//! digests never leave.

use freehold_core::UserId;
use freehold_db::statements;
use freehold_module::{Export, ExportRow, ExportRows, FIRST_ID, UserExport};

/// The rows of an organization.
pub(crate) const EXPORTS: &[Export] = &[
    Export { name: "api_keys", first: FIRST_ID, rows: ExportRows::Tenant(api_keys_export) },
    Export { name: "api_key_days", first: FIRST_ID, rows: ExportRows::Tenant(api_key_days_export) },
];

/// The rows of a user.
pub(crate) const USER_EXPORTS: &[UserExport] = &[
    UserExport { name: "profile", first: FIRST_ID, rows: own_profile_export },
    UserExport { name: "identities", first: FIRST_ID, rows: own_identities_export },
    UserExport { name: "sessions", first: FIRST_ID, rows: own_sessions_export },
    UserExport { name: "factors", first: FIRST_ID, rows: own_factors_export },
    UserExport { name: "passkeys", first: FIRST_ID, rows: own_passkeys_export },
    UserExport { name: "audit_entries", first: FIRST_ID, rows: own_audit_entries_export },
];

statements! {
    /// API keys as JSON, without what their secrets are compared with.
    fn api_keys_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, name, prefix, live, role, scopes, created_by, parent_id, created_at, expires_at, last_used_at,
             suspended_at, revoked_at, rotated_at, allowed_networks
           from freehold.api_keys where tenant_id = $3 and id > $1::text::uuid
           order by id limit $2
         ) as r order by r.id";

    /// Requests of API keys by day as JSON.
    fn api_key_days_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.key_id::text || '/' || r.day::text as key, to_json(r)::text as line from (
           select key_id, day, requests
           from freehold.api_key_days
           where tenant_id = $3
             and (key_id, day) > (left($1, 36)::uuid, coalesce(nullif(substr($1, 38), ''), '-infinity')::timestamptz)
           order by key_id, day limit $2
         ) as r order by r.key_id, r.day";

    /// The account of a user as JSON.
    fn own_profile_export(user: UserId, after: &str, rows: i64) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, email, phone, new_email, email_confirmed_at, phone_confirmed_at, invited_at, last_sign_in_at,
             app_metadata, user_metadata, created_at, updated_at, banned_until, encrypted_password is not null as
             has_password
           from freehold.people where id = $1 and id > $2::text::uuid limit $3
         ) as r";

    /// A user's identities at providers as JSON.
    fn own_identities_export(user: UserId, after: &str, rows: i64) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, provider, provider_id, identity_data, last_sign_in_at, created_at, updated_at
           from auth.identities where user_id = $1 and id > $2::text::uuid order by id limit $3
         ) as r order by r.id";

    /// A user's sessions as JSON.
    fn own_sessions_export(user: UserId, after: &str, rows: i64) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, created_at, updated_at, refreshed_at, not_after, aal, user_agent, ip
           from auth.sessions where user_id = $1 and id > $2::text::uuid order by id limit $3
         ) as r order by r.id";

    /// A user's second factors as JSON, without their secrets.
    fn own_factors_export(user: UserId, after: &str, rows: i64) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, friendly_name, factor_type, status, phone, created_at, updated_at
           from auth.mfa_factors where user_id = $1 and id > $2::text::uuid order by id limit $3
         ) as r order by r.id";

    /// A user's passkeys as JSON, without their keys.
    fn own_passkeys_export(user: UserId, after: &str, rows: i64) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, friendly_name, aaguid, backed_up, created_at, updated_at, last_used_at
           from auth.webauthn_credentials where user_id = $1 and id > $2::text::uuid order by id limit $3
         ) as r order by r.id";

    /// What a user did with their account, as JSON.
    fn own_audit_entries_export(user: UserId, after: &str, rows: i64) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, payload, ip_address, created_at
           from auth.audit_log_entries where payload ->> 'actor_id' = $1::uuid::text and id > $2::text::uuid order by id limit $3
         ) as r order by r.id";
}
