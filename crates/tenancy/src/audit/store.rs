//! SQL of the audit: entries, chains, and the keys of personal data.

use freehold_core::{TenantId, UserId};
use freehold_db::{params, row, statements};
use jiff::Timestamp;
use uuid::Uuid;

use super::{EntryRow, head::ChainRow};

row! {
    /// The key of a person.
    pub(super) struct PersonRow {
        pub(super) key_id: Uuid,
        pub(super) person: Option<String>,
        pub(super) sealed_key: Option<Vec<u8>>,
    }
}

row! {
    /// A key of a person that a former master key encrypted.
    pub(super) struct FormerKey {
        pub(super) tenant_id: TenantId,
        pub(super) key_id: Uuid,
        pub(super) sealed_key: Vec<u8>,
    }
}

params! {
    /// The entries of a list. None selects all.
    pub(super) struct FilterRow<'a> {
        pub(super) action: Option<&'a str>,
        pub(super) actor: Option<Uuid>,
        pub(super) actor_kind: Option<&'a str>,
        pub(super) subject: Option<&'a str>,
        pub(super) since: Option<Timestamp>,
        pub(super) until: Option<Timestamp>,
    }
}

params! {
    /// Columns of entries that join their chain.
    pub(super) struct Links {
        pub(super) ids: Vec<Uuid>,
        pub(super) numbers: Vec<i64>,
        pub(super) hashes: Vec<Vec<u8>>,
        pub(super) personal: Vec<String>,
    }
}

statements! {
    /// A page of entries.
    fn audit_list(filter: FilterRow<'_>, before: Uuid, rows: i64; tenant) -> EntryRow =
        "select entry_id, at, actor_kind, actor_id, action, subject, detail::text, before::text, after::text, personal,
           sealed::text, number, hash
         from freehold.audit_entries
         where tenant_id = $9 and entry_id < $7
           and ($1 is null or action = $1 or (right($1, 2) = '.*' and starts_with(action, left($1, -1))))
           and ($2 is null or actor_id = $2) and ($3 is null or actor_kind = $3) and ($4 is null or subject = $4)
           and ($5 is null or at >= $5) and ($6 is null or at < $6)
         order by entry_id desc limit $8";

    /// Entries of the chain by their numbers.
    fn chain_read(after: i64, up_to: i64, rows: i64; tenant) -> EntryRow =
        "select entry_id, at, actor_kind, actor_id, action, subject, detail::text, before::text, after::text, personal,
           sealed::text, number, hash
         from freehold.audit_entries where tenant_id = $4 and number > $1 and number <= $2 order by number limit $3";

    /// Number of the first entry since this time, as the chain orders them; null when there is none.
    fn chain_first(since: Timestamp; tenant) -> (Option<i64>,) =
        "select min(number) from freehold.audit_entries where tenant_id = $2 and at >= $1";

    /// The head of the chain.
    fn chain_head(; tenant) -> ChainRow =
        "select number, hash, signed_at, public_key, signature, cut_number, cut_hash, cut_at, cut_public_key,
           cut_signature
         from freehold.audit_chains where tenant_id = $1";

    /// Tenants with entries that are not chained, after this one in their order.
    fn tenants_unchained(after: Uuid, rows: i64) -> (TenantId,) =
        "select distinct tenant_id from freehold.audit_entries
         where number is null and tenant_id > $1 order by tenant_id limit $2";

    /// How many entries have waited for their chain since before this time, over all tenants.
    fn unchained_count(before: Timestamp) -> (i64,) =
        "select count(*) from freehold.audit_entries where number is null and at < $1";

    /// Begins the chain of a tenant.
    fn chain_begin(tenant: TenantId) -> () =
        "insert into freehold.audit_chains (tenant_id) values ($1) on conflict (tenant_id) do nothing";

    /// Locks the chain of a tenant.
    fn chain_lock(tenant: TenantId) -> ChainRow =
        "select number, hash, signed_at, public_key, signature, cut_number, cut_hash, cut_at, cut_public_key,
           cut_signature
         from freehold.audit_chains where tenant_id = $1 for update";

    /// Entries that are not chained, in the order in which they join the chain.
    fn unchained_list(tenant: TenantId, rows: i64) -> EntryRow =
        "select entry_id, at, actor_kind, actor_id, action, subject, detail::text, before::text, after::text, personal,
           sealed::text, number, hash
         from freehold.audit_entries where tenant_id = $1 and number is null order by at, entry_id limit $2";

    /// Chains entries.
    fn entries_chain(tenant: TenantId, links: Links) -> () =
        "update freehold.audit_entries as e
         set number = l.number, hash = l.hash, personal = null, sealed = l.personal::json
         from unnest($2, $3, $4, $5) as l (entry_id, number, hash, personal)
         where e.tenant_id = $1 and e.entry_id = l.entry_id";

    /// Stores the signed head of a chain.
    fn chain_advance(
        tenant: TenantId, number: i64, hash: &[u8], signed_at: Timestamp, public_key: &[u8], signature: &[u8]
    ) -> () =
        "update freehold.audit_chains set number = $2, hash = $3, signed_at = $4, public_key = $5, signature = $6
         where tenant_id = $1";

    /// Number of the last entry of the chain's beginning in which all entries are older than this time; null when all
    /// entries are.
    fn cut_find(tenant: TenantId, before: Timestamp) -> (Option<i64>,) =
        "select min(number) - 1 from freehold.audit_entries where tenant_id = $1 and at >= $2 and number is not null";

    /// Hash of an entry.
    fn hash_find(tenant: TenantId, number: i64) -> (Vec<u8>,) =
        "select hash from freehold.audit_entries where tenant_id = $1 and number = $2 and hash is not null";

    /// Stores the signed place up to which entries are deleted.
    fn cut_store(
        tenant: TenantId, number: i64, hash: &[u8], at: Timestamp, public_key: &[u8], signature: &[u8]
    ) -> () =
        "update freehold.audit_chains
         set cut_number = $2, cut_hash = $3, cut_at = $4, cut_public_key = $5, cut_signature = $6 where tenant_id = $1";

    /// Deletes the entries up to that place; returns their number.
    fn cut_delete(tenant: TenantId) -> (i64,) = "select freehold.audit_cut($1)";

    /// Tenants whose heads another key signed than this one.
    fn chains_of_former_keys(public_key: &[u8], rows: i64) -> (TenantId,) =
        "select tenant_id from freehold.audit_chains
         where public_key <> $1 or cut_public_key <> $1 order by tenant_id limit $2";

    /// Keys of persons that another master key encrypted than the one that begins in this way.
    fn keys_of_former_keys(header: &[u8], rows: i64) -> FormerKey =
        "select tenant_id, key_id, sealed_key from freehold.audit_persons
         where substring(sealed_key from 1 for 5) <> $1 order by tenant_id, key_id limit $2";

    /// Stores a key that was encrypted anew, unless it was destroyed meanwhile.
    fn person_renew(tenant: TenantId, key: Uuid, sealed: Vec<u8>, former: Vec<u8>) -> () =
        "update freehold.audit_persons set sealed_key = $3
         where tenant_id = $1 and key_id = $2 and sealed_key = $4";

    /// Keys of persons, by their names.
    fn persons_by_name(tenant: TenantId, names: Vec<String>) -> PersonRow =
        "select key_id, person, sealed_key from freehold.audit_persons where tenant_id = $1 and person = any($2)";

    /// Keys of persons, by their ids.
    fn persons_by_id(ids: Vec<Uuid>; tenant) -> PersonRow =
        "select key_id, person, sealed_key from freehold.audit_persons where tenant_id = $2 and key_id = any($1)";

    /// The keys that were destroyed.
    fn persons_erased(; tenant) -> (Uuid,) =
        "select key_id from freehold.audit_persons where tenant_id = $1 and erased_at is not null order by key_id";

    /// Stores new keys.
    fn persons_insert(tenant: TenantId, ids: Vec<Uuid>, persons: Vec<String>, sealed: Vec<Vec<u8>>) -> () =
        "insert into freehold.audit_persons (tenant_id, key_id, person, sealed_key)
         select $1, n.key_id, n.person, n.sealed_key from unnest($2, $3, $4) as n (key_id, person, sealed_key)
         on conflict (tenant_id, person) do nothing";

    /// Destroys the keys of a user, and prevents that new ones are made: in the organizations that have one, in those
    /// of the user, and where entries of the user wait for their chain.
    fn person_destroy(person: &str, user: UserId, tenants: Vec<Uuid>; now) -> () =
        "insert into freehold.audit_persons (tenant_id, key_id, person, erased_at)
         select o.tenant_id, gen_random_uuid(), $1, $4 from (
           select p.tenant_id from freehold.audit_persons as p where p.person = $1
           union select unnest($3)
           union select e.tenant_id from freehold.audit_entries as e where e.number is null and e.actor_id = $2
         ) as o (tenant_id)
         on conflict (tenant_id, person) do update set sealed_key = null, erased_at = excluded.erased_at";

    /// Destroys the keys of addresses, and forgets the addresses.
    fn addresses_destroy(persons: Vec<String>; now) -> () =
        "update freehold.audit_persons set person = null, sealed_key = null, erased_at = $2 where person = any($1)";
}
