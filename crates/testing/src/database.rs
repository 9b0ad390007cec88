//! A fresh database for a test.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use freehold_core::{Bounds, Caller, Clock, Ids, Plan, Random, Role, Standing, TenantId, UserId};
use freehold_db::{Db, Migrator, Settings};
use freehold_web::Product;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{Cluster, connect, schema, settings};

/// The login that requests use, as in production.
pub(crate) const SERVER_LOGIN: &str = "freehold_server";

/// A database with all migrations applied, cloned from a template in 40 ms, and dropped with this value.
pub struct TestDatabase {
    /// The database as requests see it.
    pub db: Db,
    /// Starts at noon of 15 March 2026.
    pub clock: Clock,
    /// Seeded, so that tests are repeatable.
    pub random: Random,
    /// Ids from clock and random source.
    pub ids: Ids,
    name: String,
    /// None: already returned.
    cluster: Option<Arc<Cluster>>,
}

impl TestDatabase {
    /// A database of the backbone without a product, on the server that all tests share.
    pub async fn new() -> Self {
        Self::on(Cluster::shared()).await
    }

    /// A database for this product, on the server that all tests share.
    pub async fn of(product: &Product) -> Self {
        Self::migrated(Cluster::shared(), product).await
    }

    /// Sets the clock.
    pub fn at(mut self, now: Timestamp) -> Self {
        self.clock = Clock::fixed(now);
        self.ids = Ids::new(self.clock.clone(), self.random.clone());
        self.db = self.pool(16);
        self
    }

    /// Another pool with this many connections, the same clock and the same source of ids.
    pub fn pool(&self, connections: usize) -> Db {
        Db::new(&self.settings(connections), self.ids.clone()).unwrap()
    }

    /// A database of the backbone without a product, on this server.
    pub async fn on(cluster: Arc<Cluster>) -> Self {
        Self::migrated(cluster, &schema::NO_PRODUCT).await
    }

    /// An empty database.
    pub async fn empty() -> Self {
        Self::made(Cluster::shared(), "template1").await
    }

    /// An empty database on this server.
    pub async fn bare(cluster: Arc<Cluster>) -> Self {
        Self::made(cluster, "template1").await
    }

    /// The same database after its private server, which no other test uses, was stopped and started again.
    pub fn restart(mut self, server: &str) -> Self {
        let cluster = self.cluster.take().unwrap();
        assert_eq!(Arc::strong_count(&cluster), 1, "somebody else holds the server");
        drop(cluster);
        let (name, db) = (self.name.clone(), self.db.clone());
        let (clock, random, ids) = (self.clock.clone(), self.random.clone(), self.ids.clone());
        Self { db, clock, random, ids, name, cluster: Some(Cluster::private(server)) }
    }

    async fn migrated(cluster: Arc<Cluster>, product: &Product) -> Self {
        let template = template(&cluster, product).await;
        Self::made(cluster, &template).await
    }

    async fn made(cluster: Arc<Cluster>, template: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let admin = connect(&cluster.url("postgres", "postgres")).await;
        admin.batch_execute(&format!("create database {name} template {template}")).await.unwrap();
        let clock = Clock::fixed("2026-03-15T12:00:00Z".parse().unwrap());
        let random = Random::seeded(2026);
        let ids = Ids::new(clock.clone(), random.clone());
        let db = Db::new(&settings(cluster.url(SERVER_LOGIN, &name), 16), ids.clone()).unwrap();
        Self { db, clock, random, ids, name, cluster: Some(cluster) }
    }

    /// Its server.
    pub fn cluster(&self) -> &Arc<Cluster> {
        self.cluster.as_ref().unwrap()
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Settings for requests, with this many connections.
    pub fn settings(&self, connections: usize) -> Settings {
        settings(self.cluster().url(SERVER_LOGIN, &self.name), connections)
    }

    /// Settings for migrations: as the superuser `postgres`.
    pub fn admin_settings(&self) -> Settings {
        settings(self.cluster().url("postgres", &self.name), 4)
    }

    /// A bare connection of the superuser.
    pub async fn admin(&self) -> Client {
        connect(&self.cluster().url("postgres", &self.name)).await
    }

    /// A bare connection of the login that requests use.
    pub async fn server_login(&self) -> Client {
        connect(&self.cluster().url(SERVER_LOGIN, &self.name)).await
    }

    /// The owner of a new tenant.
    pub fn caller(&self) -> Caller {
        let plan = Plan { id: "free".to_owned(), version: 1 };
        Caller::member(
            self.ids.next(),
            self.ids.next(),
            self.ids.next(),
            Bounds::of_role(Role::Owner),
            plan,
            Standing::Good,
        )
    }

    /// The same user in the same tenant, suspended.
    pub fn suspended(&self, caller: &Caller) -> Caller {
        let (tenant, user) = (caller.tenant(), caller.user().unwrap());
        Caller::member(
            tenant,
            user,
            self.ids.next(),
            caller.bounds().clone(),
            caller.plan().clone(),
            Standing::Suspended,
        )
    }

    /// A user who has signed up.
    pub async fn person(&self) -> UserId {
        let (user, now): (UserId, _) = (self.ids.next(), self.clock.now());
        let insert = "insert into auth.users (id, email, created_at, updated_at) values ($1, $1::uuid::text || '@example.org', $2, $2)";
        self.admin().await.execute(insert, &[&user.uuid(), &now]).await.unwrap();
        user
    }

    /// A tenant created by the tenancy crate, with its owner.
    pub async fn tenant(&self, owner: UserId) -> TenantId {
        let plan = Plan { id: "free".to_owned(), version: 1 };
        let id: TenantId = self.ids.next();
        let new = freehold_tenancy::tenant::NewTenant { id, name: format!("T {id}"), personal: false, plan, owner };
        let mut tx = self.db.system("test").begin().await.unwrap();
        freehold_tenancy::tenant::tenant_create(&mut tx, new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A new bare id.
    pub fn uuid(&self) -> Uuid {
        self.ids.next::<freehold_core::UserKind>().uuid()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(cluster) = &self.cluster else { return };
        let (url, name) = (cluster.url("postgres", "postgres"), self.name.clone());
        let (done, dropped) = std::sync::mpsc::channel();
        cluster.runtime().spawn(async move {
            let client = connect(&url).await;
            let answer = client.batch_execute(&format!("drop database {name} with (force)")).await;
            let _ = done.send(answer.map_err(|error| error.to_string()));
        });
        if let Ok(Err(error)) = dropped.recv()
            && !std::thread::panicking()
        {
            panic!("could not drop the test's database: {error}");
        }
    }
}

/// Creates the template of the product's tables once, and returns its name; it gets that name when it is complete.
async fn template(cluster: &Cluster, product: &Product) -> String {
    static MAKING: Mutex<()> = Mutex::const_new(());
    let name = format!("template_{}", product.module.map_or("backbone", |module| module.name));
    let _making = MAKING.lock().await;
    let admin = connect(&cluster.url("postgres", "postgres")).await;
    if !admin.query("select from pg_database where datname = $1", &[&name]).await.unwrap().is_empty() {
        return name;
    }
    admin.batch_execute("drop database if exists making with (force)").await.unwrap();
    admin.batch_execute("create database making").await.unwrap();
    let mut migrator =
        Migrator::connect(&settings(cluster.url("postgres", "making"), 1), Some(SERVER_LOGIN)).await.unwrap();
    migrator.migrate(&schema::migration_sets(product)).await.unwrap();
    drop(migrator);
    // It can be renamed only when no connection uses it; the migrator's connection is about to end.
    super::eventually("the template is free", async || {
        admin.batch_execute(&format!("alter database making rename to {name}")).await.is_ok()
    })
    .await;
    name
}
