//! The statements that the tests send.

use freehold_core::TenantId;
use freehold_db::{Db, row, statements};

row! {
    /// The settings of a connection.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(crate) struct Context {
        /// Role that the statement runs as.
        pub(crate) role: String,
        /// Tenant whose rows it sees.
        pub(crate) tenant: Option<String>,
        /// Claims of the caller.
        pub(crate) claims: Option<String>,
        /// Process id of the backend.
        pub(crate) backend: i32,
    }
}

statements! {
    /// Inserts a note.
    fn note_insert(tenant: TenantId, body: &str) -> () = "insert into it.notes (tenant_id, body) values ($1, $2)";

    /// All visible notes.
    fn note_list() -> (TenantId, String) = "select tenant_id, body from it.notes order by body";

    /// Number of visible notes.
    fn note_count() -> (i64,) = "select count(*) from it.notes";

    /// Updates all notes of a tenant.
    fn note_update(tenant: TenantId, body: &str) -> () = "update it.notes set body = $2 where tenant_id = $1";

    /// Moves all notes to a tenant.
    fn note_give(tenant: TenantId) -> () = "update it.notes set tenant_id = $1";

    /// Deletes all notes of a tenant.
    fn note_delete(tenant: TenantId) -> () = "delete from it.notes where tenant_id = $1";

    /// The present settings.
    fn context() -> Context =
        "select current_user::text as role, current_setting('freehold.tenant_id', true) as tenant,
                current_setting('request.jwt.claims', true) as claims, pg_backend_pid() as backend";

    /// Sleeps for this many seconds.
    fn pause(seconds: f64) -> (bool,) = "select true from pg_sleep($1)";

    /// Number of prepared statements on the connection.
    fn prepared_count() -> (i64,) = "select count(*) from pg_prepared_statements";

    /// Fails when the number is 0.
    fn divide(by: i32) -> (i32,) = "select 1 / $1";
}

/// Takes every connection of the pool at the same time and checks that nothing is set on it. Returns the process ids of
/// the backends.
pub(crate) async fn pool_is_whole_and_clean(db: &Db, size: usize) -> Vec<i32> {
    let mut held = Vec::new();
    let mut backends = Vec::new();
    // Three reasons, because no reason gets every connection.
    let doors = [db.system("test"), db.system("another test"), db.system("a third test")];
    assert!(size <= doors.len());
    for door in &doors[..size] {
        let mut tx = door.begin().await.unwrap();
        let found = tx.fetch_one(context()).await.unwrap();
        assert_eq!(found.role, "freehold_system");
        assert_eq!(found.tenant.unwrap_or_default(), "", "the connection still carries a tenant");
        assert_eq!(found.claims.unwrap_or_default(), "", "the connection still carries somebody's claims");
        backends.push(found.backend);
        held.push(tx);
    }
    for tx in held {
        tx.commit().await.unwrap();
    }
    backends.sort_unstable();
    let connections = backends.len();
    backends.dedup();
    assert_eq!(backends.len(), connections, "a connection was handed out twice");
    backends
}
