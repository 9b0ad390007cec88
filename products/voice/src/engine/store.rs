//! SQL of engines.

use freehold_core::TenantId;
use freehold_db::{params, row, statements};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Engine, EngineId};
use crate::run::RunId;

row! {
    /// The sealed secrets of an engine.
    pub(super) struct SealedSecrets {
        pub(super) id: EngineId,
        pub(super) sealed_secret: Vec<u8>,
        pub(super) previous_sealed_secret: Option<Vec<u8>>,
        pub(super) previous_until: Option<Timestamp>,
    }
}

params! {
    /// An engine to insert.
    pub(super) struct EngineRow<'a> {
        pub(super) tenant: TenantId,
        pub(super) id: EngineId,
        pub(super) name: &'a str,
        pub(super) url: &'a str,
        pub(super) enabled: bool,
        pub(super) lease_seconds: i32,
        pub(super) longest_seconds: i32,
        pub(super) sealed_secret: Vec<u8>,
    }
}

statements! {
    /// Counts the engines.
    fn engine_count(; tenant) -> (i64,) =
        "select count(*) from voice.engines where tenant_id = $1 and deleted_at is null";

    /// Creates an engine.
    fn engine_insert(engine: EngineRow<'_>; now) -> Engine =
        "insert into voice.engines (
           tenant_id, id, name, url, enabled, lease_seconds, longest_seconds, sealed_secret, created_at, updated_at
         ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
         returning id, name, url, enabled, lease_seconds, longest_seconds, previous_until, created_at, updated_at";

    /// Finds one engine.
    fn engine_find(id: EngineId; tenant) -> Engine =
        "select id, name, url, enabled, lease_seconds, longest_seconds, previous_until, created_at, updated_at
         from voice.engines where tenant_id = $2 and id = $1 and deleted_at is null";

    /// Finds one engine and locks its row.
    fn engine_lock(id: EngineId; tenant) -> Engine =
        "select id, name, url, enabled, lease_seconds, longest_seconds, previous_until, created_at, updated_at
         from voice.engines where tenant_id = $2 and id = $1 and deleted_at is null for update";

    /// Lists a page of engines.
    fn engine_list(before: Uuid, rows: i64; tenant) -> Engine =
        "select id, name, url, enabled, lease_seconds, longest_seconds, previous_until, created_at, updated_at
         from voice.engines where tenant_id = $3 and id < $1 and deleted_at is null order by id desc limit $2";

    /// Lists at most two engines that get runs, which is enough to tell one from several.
    fn engine_enabled_list(; tenant) -> Engine =
        "select id, name, url, enabled, lease_seconds, longest_seconds, previous_until, created_at, updated_at
         from voice.engines where tenant_id = $1 and enabled and deleted_at is null limit 2";

    /// Updates an engine.
    fn engine_update(
        id: EngineId, name: &str, url: &str, enabled: bool, lease_seconds: i32, longest_seconds: i32; now, tenant
    ) -> Engine =
        "update voice.engines
         set name = $2, url = $3, enabled = $4, lease_seconds = $5, longest_seconds = $6, updated_at = $7
         where tenant_id = $8 and id = $1
         returning id, name, url, enabled, lease_seconds, longest_seconds, previous_until, created_at, updated_at";

    /// Gives the engine a new secret; the present one stays valid for a while.
    fn engine_rotate(
        id: EngineId, sealed_secret: Vec<u8>, previous_until: Timestamp; now, tenant
    ) -> Engine =
        "update voice.engines
         set sealed_secret = $2, previous_sealed_secret = sealed_secret, previous_until = $3, updated_at = $4
         where tenant_id = $5 and id = $1 and deleted_at is null
         returning id, name, url, enabled, lease_seconds, longest_seconds, previous_until, created_at, updated_at";

    /// Deletes an engine.
    fn engine_delete(id: EngineId; now, tenant) -> () =
        "update voice.engines set deleted_at = $2, enabled = false, updated_at = $2
         where tenant_id = $3 and id = $1 and deleted_at is null";

    /// Finds the secrets of an engine, even if it has been deleted.
    fn engine_secrets(id: EngineId; tenant) -> SealedSecrets =
        "select id, sealed_secret, previous_sealed_secret, previous_until from voice.engines
         where tenant_id = $2 and id = $1";

    /// Finds the secrets of a run's engine.
    fn engine_secrets_of_run(run: RunId; tenant) -> SealedSecrets =
        "select e.id, e.sealed_secret, e.previous_sealed_secret, e.previous_until
         from voice.engine_calls as c join voice.engines as e on e.tenant_id = c.tenant_id and e.id = c.engine_id
         where c.tenant_id = $2 and c.run_id = $1";
}
