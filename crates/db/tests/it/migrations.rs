//! Building the schema.

use freehold_db::{Migration, MigrationSet, Migrator};

use crate::harness::{TestDatabase, schema};

fn set(migrations: Vec<Migration>) -> [MigrationSet; 2] {
    [freehold_db::MIGRATIONS, MigrationSet { name: "shop", tenant_tables: &[], migrations: migrations.leak() }]
}

const fn migration(number: i32, name: &'static str, sql: &'static str) -> Migration {
    Migration { number, name, sql }
}

async fn migrator(test: &TestDatabase) -> Migrator {
    Migrator::connect(&test.admin_settings(), Some("freehold_server")).await.unwrap()
}

#[tokio::test]
async fn each_change_is_applied_once() {
    let test = TestDatabase::empty().await;
    let sets = schema::migration_sets(&schema::NO_PRODUCT);
    let all: usize = sets.iter().map(|set| set.migrations.len()).sum();
    let first = migrator(&test).await.migrate(&sets).await.unwrap();
    assert_eq!((first.applied.len(), first.known), (all, 0));
    assert_eq!(first.applied[0], "db/0001_tenant_context");
    let second = migrator(&test).await.migrate(&sets).await.unwrap();
    assert_eq!((second.applied.len(), second.known), (0, all));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_start_at_once_apply_each_change_once() {
    for _ in 0..4 {
        let test = TestDatabase::empty().await;
        let sets = schema::migration_sets(&schema::NO_PRODUCT);
        let all: usize = sets.iter().map(|set| set.migrations.len()).sum();
        let servers: Vec<_> = (0..6)
            .map(|_| {
                let (settings, sets) = (test.admin_settings(), sets.clone());
                tokio::spawn(async move {
                    let mut migrator = Migrator::connect(&settings, Some("freehold_server")).await?;
                    migrator.migrate(&sets).await
                })
            })
            .collect();
        let (mut applied, mut known) = (0, 0);
        for server in servers {
            let migrated = server.await.unwrap().unwrap();
            applied += migrated.applied.len();
            known += migrated.known;
        }
        assert_eq!((applied, known), (all, 5 * all));
    }
}

#[tokio::test]
async fn a_change_that_was_changed_is_refused_with_its_name() {
    let test = TestDatabase::empty().await;
    let sets = set(vec![migration(1, "goods", "create schema shop; create table shop.goods (id int primary key)")]);
    migrator(&test).await.migrate(&sets).await.unwrap();
    let sets = set(vec![migration(1, "goods", "create schema shop; create table shop.goods (id bigint primary key)")]);
    let refused = format!("{:?}", migrator(&test).await.migrate(&sets).await.unwrap_err());
    assert!(refused.contains("shop/0001_goods was changed"), "{refused}");
}

#[tokio::test]
async fn a_change_that_fails_leaves_nothing_behind() {
    let test = TestDatabase::empty().await;
    let good = migration(1, "goods", "create schema shop; create table shop.goods (id int primary key)");
    let broken = "create table shop.prices (id int primary key); insert into shop.goods values (1); select 1 / 0";
    let sets =
        set(vec![good, migration(2, "prices", broken), migration(3, "later", "create table shop.later (id int)")]);
    let mut migrator = migrator(&test).await;
    let failed = format!("{:?}", migrator.migrate(&sets).await.unwrap_err());
    assert!(failed.contains("shop/0002_prices"), "the change is not named: {failed}");
    let admin = test.admin().await;
    let left =
        "select (select count(*) from shop.goods), to_regclass('shop.prices')::text, to_regclass('shop.later')::text,
                (select max(number) from freehold.migrations where set_name = 'shop')";
    let row = admin.query_one(left, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
    assert_eq!((row.get::<_, Option<String>>(1), row.get::<_, Option<String>>(2)), (None, None));
    assert_eq!(row.get::<_, i32>(3), 1);

    let sets = set(vec![good, migration(2, "prices", "create table shop.prices (id int primary key)")]);
    assert_eq!(migrator.migrate(&sets).await.unwrap().applied, ["shop/0002_prices"]);
}
