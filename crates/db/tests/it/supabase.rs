//! Supabase's functions, and a database created by Supabase.

use freehold_db::Migrator;
use tokio_postgres::Client;

use crate::harness::{TestDatabase, schema};

const ASKED: &str = "select auth.uid()::text, auth.role(), auth.email(), auth.jwt() ->> 'aud'";

async fn asked(client: &Client) -> [Option<String>; 4] {
    let row = client.query_one(ASKED, &[]).await.unwrap();
    [0, 1, 2, 3].map(|column| row.get(column))
}

#[tokio::test]
async fn who_asks_is_told_as_on_supabase() {
    let test = TestDatabase::new().await;
    let client = test.admin().await;
    client.batch_execute("set role authenticated").await.unwrap();
    assert_eq!(asked(&client).await, [None, None, None, None], "nothing was ever set");
    client.batch_execute("begin; set local request.jwt.claims = '{}'; commit").await.unwrap();
    assert_eq!(asked(&client).await, [None, None, None, None], "after a transaction that had claims, they are empty");

    let sub = "018f0000-0000-7000-8000-000000000001";
    let claims = format!(r#"{{"sub":"{sub}","role":"authenticated","email":"ada@example.org","aud":"authenticated"}}"#);
    client.batch_execute(&format!("set request.jwt.claims = '{claims}'")).await.unwrap();
    let some = |text: &str| Some(text.to_owned());
    let all = [some(sub), some("authenticated"), some("ada@example.org"), some("authenticated")];
    assert_eq!(asked(&client).await, all);

    let older = "018f0000-0000-7000-8000-000000000002";
    client
        .batch_execute(&format!("set request.jwt.claim.sub = '{older}'; set request.jwt.claim.role = 'anon'"))
        .await
        .unwrap();
    assert_eq!(asked(&client).await[..2], [some(older), some("anon")], "PostgREST's older form goes first");
}

/// As in a Supabase project: `auth` belongs to `supabase_auth_admin`; `postgres` may use it and refer to its tables,
/// and is not a superuser.
const PROJECT: &str = include_str!("supabase.sql");

#[tokio::test]
async fn the_schema_builds_on_a_supabase_project() {
    let cluster = crate::harness::Cluster::private("supabase");
    let test = TestDatabase::bare(cluster).await;
    test.admin().await.batch_execute(PROJECT).await.unwrap();
    let login = test.admin_settings().with_user("project_owner");
    let sets = schema::migration_sets(&schema::NO_PRODUCT);
    let mut migrator = Migrator::connect(&login, Some("freehold_server")).await.unwrap();
    migrator.migrate(&sets).await.unwrap();
    freehold_db::canary(&test.db).await.unwrap();

    let ada = test.person().await;
    let tenant = test.tenant(ada).await;
    let client = test.admin().await;
    let sign_in = format!(r#"set role authenticated; set request.jwt.claims = '{{"sub":"{ada}"}}'"#);
    client.batch_execute(&sign_in).await.unwrap();
    let tenants = client.query("select tenant_id from freehold.tenants", &[]).await.unwrap();
    assert_eq!(tenants.iter().map(|row| row.get::<_, uuid::Uuid>(0)).collect::<Vec<_>>(), [tenant.uuid()]);
}
