//! SQL of API keys.

use freehold_core::{ApiKeyId, TenantId, UserId};
use freehold_db::{params, row, statements};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::Key;

row! {
    /// A key in the chain that a key derives from, with the standing of the user behind it.
    pub(super) struct Link {
        pub(super) tenant_id: TenantId,
        pub(super) id: ApiKeyId,
        pub(super) live: bool,
        pub(super) role: String,
        pub(super) scopes: Vec<String>,
        pub(super) created_by: Option<UserId>,
        pub(super) expires_at: Option<Timestamp>,
        pub(super) parent_id: Option<ApiKeyId>,
        pub(super) stopped: bool,
        pub(super) role_now: Option<String>,
        pub(super) permissions_now: Option<Vec<String>>,
        pub(super) banned: bool,
        pub(super) secret_ends: Option<Timestamp>,
        pub(super) allowed_networks: Vec<String>,
    }
}

params! {
    /// A key to insert.
    pub(super) struct NewKeyRow<'a> {
        pub(super) tenant: TenantId,
        pub(super) id: ApiKeyId,
        pub(super) name: &'a str,
        pub(super) prefix: &'a str,
        pub(super) digest: Vec<u8>,
        pub(super) live: bool,
        pub(super) role: &'a str,
        pub(super) scopes: &'a [String],
        pub(super) created_by: Option<UserId>,
        pub(super) parent: Option<ApiKeyId>,
        pub(super) expires_at: Option<Timestamp>,
        pub(super) allowed_networks: Vec<String>,
    }
}

params! {
    /// The new secret of a key.
    pub(super) struct NewSecretRow<'a> {
        pub(super) id: ApiKeyId,
        pub(super) prefix: &'a str,
        pub(super) digest: Vec<u8>,
        pub(super) previous_until: Timestamp,
    }
}

statements! {
    /// Inserts a key.
    fn key_insert(new: NewKeyRow<'_>; now) -> Key =
        "insert into freehold.api_keys
           (tenant_id, id, name, prefix, digest, live, role, scopes, created_by, parent_id, created_at, expires_at,
            allowed_networks)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $13, $11, $12)
         returning id, name, prefix, live, role, scopes, created_by, parent_id, created_at, expires_at, last_used_at,
           suspended_at, revoked_at, rotated_at, previous_prefix, previous_until, allowed_networks";

    /// Replaces the secret of a key. The one before is valid for a while, the one before that no longer.
    fn key_rotate(new: NewSecretRow<'_>; now) -> Key =
        "update freehold.api_keys
         set previous_prefix = prefix, previous_digest = digest, previous_until = $4,
           prefix = $2, digest = $3, rotated_at = $5
         where id = $1
         returning id, name, prefix, live, role, scopes, created_by, parent_id, created_at, expires_at, last_used_at,
           suspended_at, revoked_at, rotated_at, previous_prefix, previous_until, allowed_networks";

    /// Sets the name and the networks of a key.
    fn key_update(id: ApiKeyId, name: &str, allowed_networks: Vec<String>) -> Key =
        "update freehold.api_keys set name = $2, allowed_networks = $3 where id = $1
         returning id, name, prefix, live, role, scopes, created_by, parent_id, created_at, expires_at, last_used_at,
           suspended_at, revoked_at, rotated_at, previous_prefix, previous_until, allowed_networks";

    /// The networks of a key.
    fn key_networks(id: ApiKeyId) -> (Vec<String>,) = "select allowed_networks from freehold.api_keys where id = $1";

    /// When the secret of a key was replaced last.
    fn key_rotated_at(id: ApiKeyId) -> (Option<Timestamp>,) = "select rotated_at from freehold.api_keys where id = $1";

    /// Length of the chain of keys that ends with this one.
    fn key_line(id: ApiKeyId) -> (i64,) = "select count(*) from freehold.key_line($1)";

    /// A page of keys.
    fn key_list(before: Uuid, rows: i64) -> Key =
        "select id, name, prefix, live, role, scopes, created_by, parent_id, created_at, expires_at, last_used_at,
           suspended_at, revoked_at, rotated_at, previous_prefix, previous_until, allowed_networks
         from freehold.api_keys where id < $1 order by id desc limit $2";

    /// The key with this id.
    fn key_find(id: ApiKeyId) -> Key =
        "select id, name, prefix, live, role, scopes, created_by, parent_id, created_at, expires_at, last_used_at,
           suspended_at, revoked_at, rotated_at, previous_prefix, previous_until, allowed_networks
         from freehold.api_keys where id = $1";

    /// The key with this id, locked.
    fn key_lock(id: ApiKeyId) -> Key =
        "select id, name, prefix, live, role, scopes, created_by, parent_id, created_at, expires_at, last_used_at,
           suspended_at, revoked_at, rotated_at, previous_prefix, previous_until, allowed_networks
         from freehold.api_keys where id = $1 for update";

    /// The key and all keys that derive from it, locked in the order of their ids.
    fn keys_lock(id: ApiKeyId) -> Key =
        "with recursive derived (id) as (
           select $1::uuid
           union
           select k.id from derived as d join freehold.api_keys as k on k.parent_id = d.id
         )
         select id, name, prefix, live, role, scopes, created_by, parent_id, created_at, expires_at, last_used_at,
           suspended_at, revoked_at, rotated_at, previous_prefix, previous_until, allowed_networks
         from freehold.api_keys where id in (select id from derived) order by id for update";

    /// Role and permissions of the caller's user, locked against changes but not against reading.
    fn rights_share(user: UserId) -> (String, Vec<String>) =
        "select role, permissions from freehold.members where user_id = $1 for share";

    /// Whether the key is the other one or derives from it.
    fn key_descends(id: ApiKeyId, from: ApiKeyId) -> (bool,) =
        "select exists (select from freehold.key_line($1) as k where k.id = $2)";

    /// Role and permissions of a member.
    fn rights_of(user: Option<UserId>) -> (String, Vec<String>) =
        "select role, permissions from freehold.members where user_id = $1";

    /// Revokes a key and all keys that derive from it; returns those that were not revoked before.
    fn key_revoke(id: ApiKeyId; now) -> Key =
        "with recursive derived (id) as (
           select $1::uuid
           union
           select k.id from derived as d join freehold.api_keys as k on k.parent_id = d.id
         )
         update freehold.api_keys as k set revoked_at = $2
         from derived as d where k.id = d.id and k.revoked_at is null
         returning k.id, k.name, k.prefix, k.live, k.role, k.scopes, k.created_by, k.parent_id, k.created_at, k.expires_at,
           k.last_used_at, k.suspended_at, k.revoked_at, k.rotated_at, k.previous_prefix, k.previous_until,
           k.allowed_networks";

    /// Makes another user responsible for the key, and detaches it from the key that created it.
    fn key_adopt(id: ApiKeyId, owner: UserId) -> Key =
        "update freehold.api_keys set created_by = $2, parent_id = null, suspended_at = null where id = $1
         returning id, name, prefix, live, role, scopes, created_by, parent_id, created_at, expires_at, last_used_at,
           suspended_at, revoked_at, rotated_at, previous_prefix, previous_until, allowed_networks";

    /// The suspended keys among these.
    fn keys_suspended(tenant: TenantId, ids: Vec<Uuid>) -> Key =
        "select id, name, prefix, live, role, scopes, created_by, parent_id, created_at, expires_at, last_used_at,
           suspended_at, revoked_at, rotated_at, previous_prefix, previous_until, allowed_networks
         from freehold.api_keys
         where tenant_id = $1 and id = any ($2) and suspended_at is not null and revoked_at is null
         order by id";

    /// Requests a mail to the organization's owners, once for each cause.
    fn owners_mail(tenant: TenantId, cause: &str, data: Value; now) -> () =
        "select from freehold.members as m
         join auth.users as u on u.id = m.user_id
         join freehold.tenants as t on t.tenant_id = m.tenant_id
         cross join lateral freehold.mail_enqueue(
           freehold.uuid_v7($4), $2 || '/' || u.id, 'keys_suspended', u.email,
           $3::jsonb || jsonb_build_object('organization', t.name), $4, $1
         ) as asked
         where m.tenant_id = $1 and m.role = 'owner' and u.email is not null";

    /// The key with a secret of this digest, then the keys it derives from, nearest first. The secret before a rotation
    /// has an end. Records the key's use once a minute, so that a busy key does not write with every request.
    fn key_line_used(digests: Vec<Vec<u8>>; now) -> Link =
        "with matched as (
           select id, null::timestamptz as secret_ends from freehold.api_keys where digest = any ($1)
           union all
           select id, previous_until from freehold.api_keys where previous_digest = any ($1) and previous_until > $2
         ), found as (
           select k.id, k.parent_id, k.last_used_at, m.secret_ends
           from matched as m join freehold.api_keys as k on k.id = m.id
           where k.revoked_at is null and k.suspended_at is null and (k.expires_at is null or k.expires_at > $2)
         ), touched as (
           update freehold.api_keys as k set last_used_at = $2 from found as f
           where k.id = f.id and (f.last_used_at is null or f.last_used_at < $2 - interval '1 minute')
         ), line as (
           select 0 as place, f.secret_ends, k.* from found as f join freehold.api_keys as k on k.id = f.id
           union all
           select l.place, null::timestamptz, k.*
           from found as f, freehold.key_line(f.parent_id) as l join freehold.api_keys as k on k.id = l.id
         )
         select l.tenant_id, l.id, l.live, l.role, l.scopes, l.created_by, l.expires_at, l.parent_id,
           l.revoked_at is not null or l.suspended_at is not null as stopped,
           m.role as role_now, m.permissions as permissions_now,
           u.id is null or u.deleted_at is not null or coalesce(u.banned_until > $2, false) as banned,
           l.secret_ends, l.allowed_networks
         from line as l
         left join freehold.members as m on m.tenant_id = l.tenant_id and m.user_id = l.created_by
         left join auth.users as u on u.id = l.created_by
         order by l.place";

    /// The key with this digest, or with a secret before it of this digest, whatever its state, in any or in this
    /// organization.
    fn key_of_digest(digests: Vec<Vec<u8>>, tenant: Option<TenantId>) -> Key =
        "select id, name, prefix, live, role, scopes, created_by, parent_id, created_at, expires_at, last_used_at,
           suspended_at, revoked_at, rotated_at, previous_prefix, previous_until, allowed_networks
         from freehold.api_keys
         where (digest = any ($1) or previous_digest = any ($1)) and ($2 is null or tenant_id = $2)";

    /// The same chain for a key known by its id, without recording its use.
    fn key_line_of(id: ApiKeyId; now) -> Link =
        "select k.tenant_id, k.id, k.live, k.role, k.scopes, k.created_by, k.expires_at, k.parent_id,
           k.revoked_at is not null or k.suspended_at is not null as stopped,
           m.role as role_now, m.permissions as permissions_now,
           u.id is null or u.deleted_at is not null or coalesce(u.banned_until > $2, false) as banned,
           null::timestamptz as secret_ends, k.allowed_networks
         from freehold.key_line($1) as l join freehold.api_keys as k on k.id = l.id
         left join freehold.members as m on m.tenant_id = k.tenant_id and m.user_id = k.created_by
         left join auth.users as u on u.id = k.created_by
         order by l.place";
}
