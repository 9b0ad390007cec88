//! Postgres as providers offer it: no superuser, two logins, TLS, and several installations in one server.

use std::fs;

use tokio_postgres::NoTls;

use crate::{
    certificates::{Authority, encrypt},
    client::{Client, Tenant},
    installed::{Installed, VERSIONS},
    server::{Home, Program, signal},
};

/// Names with capitals, digits, dashes, dots, spaces and quotation marks.
const OWNER: &str = "owner-1.Ada";
const WEB: &str = "web 1\"x";
const DATABASE: &str = "first-App";

const KEY: (&str, &str) = ("FREEHOLD_SECRET_KEY", "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed");

/// The program with both logins, and with the login of requests alone.
fn programs(home: &Home, postgres: &Installed, [owner, web, database]: [&str; 3]) -> (Program, Program) {
    let web = Program::at(home).with(KEY.0, KEY.1).with("DATABASE_URL", &postgres.url(web, database));
    (web.clone().with("DATABASE_MIGRATION_URL", &postgres.url(owner, database)), web)
}

async fn passes(program: &Program, arguments: &[&str]) -> String {
    let finished = program.run(arguments).await;
    assert_eq!(finished.code, Some(0), "{arguments:?}: {}", finished.output);
    finished.output
}

async fn fails(program: &Program, arguments: &[&str]) -> String {
    let finished = program.run(arguments).await;
    assert_eq!(finished.code, Some(1), "{arguments:?}: {}", finished.output);
    finished.output
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_of_a_database_who_is_no_superuser_migrates_and_the_login_of_requests_does_the_rest() {
    for version in VERSIONS {
        let home = Home::new();
        let postgres = Installed::start(&home, version).await;
        postgres.database(OWNER, DATABASE).await;
        let (both, web) = programs(&home, &postgres, [OWNER, WEB, DATABASE]);

        let early = fails(&both, &["doctor"]).await;
        assert!(early.contains("freehold migrate"), "{version}: {early}");
        let migrated = passes(&both, &["migrate"]).await;
        assert!(migrated.contains("created the login") && migrated.contains("password of DATABASE_URL"), "{migrated}");
        let again = passes(&both, &["migrate"]).await;
        assert!(again.contains("\n0 applied") || again.starts_with("0 applied"), "{version}: {again}");
        for program in [&both, &web] {
            let healthy = passes(program, &["doctor"]).await;
            assert!(healthy.contains(" 0 failures"), "{version}: {healthy}");
            assert!(healthy.contains("can do nothing but take on their roles"), "{version}: {healthy}");
            assert!(healthy.contains("the database can be read and written"), "{version}: {healthy}");
        }

        // From here on without the login of migrations. The demo reads mails, and has a webhook endpoint on this
        // machine.
        let settings = "[mail]\nmailbox = \"always\"\n[outbound]\nallow = [\"127.0.0.0/8\"]\n";
        fs::write(home.path().join("freehold.toml"), settings).unwrap();
        let server = web.start().await;
        let demo = passes(&web, &["demo", "--url", &server.site]).await;
        assert!(demo.contains("all as they should be"), "{version}: {demo}");
        let tenant = Tenant::sign_up(&server.site, "managed").await;
        tenant.run(&server.site, "first", &tenant.sample).await.unwrap().expect(201);
        let mut worker = web.begin_as(&["work"]);
        worker.output.holding("Freehold works for").await;
        passes(&web, &["users", "list"]).await;
        passes(&web, &["keys", "list"]).await;
        signal("TERM", worker.process());
        assert_eq!(worker.ended().await.code(), Some(0), "{}", worker.output.text());
        server.stop().await;

        // The program is newer than the schema.
        let admin = postgres.admin(DATABASE).await;
        let last = "delete from freehold.migrations where (set_name, number) in
                    (select set_name, number from freehold.migrations order by set_name = 'web' desc, number desc limit 1)";
        admin.batch_execute(last).await.unwrap();
        for command in [["serve"], ["work"]] {
            let behind = fails(&web, &command).await;
            for said in ["The schema is 1 migration behind", "freehold migrate", "DATABASE_MIGRATION_URL", "web 1"] {
                assert!(behind.contains(said), "{version}: {said}: {behind}");
            }
            assert!(!behind.contains("secret@"), "{behind}");
        }
        postgres.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_logins_work_over_tls_through_a_pooler_in_transaction_mode() {
    for version in VERSIONS {
        let home = Home::new();
        let postgres = Installed::start(&home, version).await;
        postgres.database("owner", "app").await;
        // With `verify-full` on both versions: Postgres 18 as the package of PyPI builds it has no TLS of its own.
        let authority = Authority::new();
        let root = home.path().join("authority.pem");
        fs::write(&root, &authority.pem).unwrap();
        let pooler = postgres.pooler(&["owner", "web"], &authority).await;
        let admin = postgres.admin("postgres").await;
        admin.batch_execute("create role web login noinherit password 'secret'").await.unwrap();
        let web = Program::at(&home).with(KEY.0, KEY.1).with("DATABASE_URL", &pooler.url_over_tls("web", "app", &root));
        let both = web.clone().with("DATABASE_MIGRATION_URL", &pooler.url_over_tls("owner", "app", &root));
        passes(&both, &["migrate"]).await;
        assert!(passes(&both, &["doctor"]).await.contains(" 0 failures"), "{version}");

        let settings = "[mail]\nmailbox = \"always\"\n[outbound]\nallow = [\"127.0.0.0/8\"]\n";
        fs::write(home.path().join("freehold.toml"), settings).unwrap();
        let server = web.start().await;
        let demo = passes(&web, &["demo", "--url", &server.site]).await;
        assert!(demo.contains("all as they should be"), "{version}: {demo}");
        let mut worker = web.begin_as(&["work"]);
        worker.output.holding("Freehold works for").await;
        signal("TERM", worker.process());
        assert_eq!(worker.ended().await.code(), Some(0), "{}", worker.output.text());
        server.stop().await;
        drop(pooler);
        postgres.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_alone_may_serve_and_a_login_without_rights_is_told_what_to_do() {
    for version in VERSIONS {
        let home = Home::new();
        let postgres = Installed::start(&home, version).await;
        postgres.database("owner", "app").await;
        let admin = postgres.admin("app").await;
        admin.batch_execute("create role plain login password 'secret'").await.unwrap();

        let plain = Program::at(&home).with(KEY.0, KEY.1).with("DATABASE_URL", &postgres.url("plain", "app"));
        let refused = fails(&plain, &["serve"]).await;
        for said in ["has no schema of Freehold yet", "DATABASE_MIGRATION_URL", "\"plain\""] {
            assert!(refused.contains(said), "{version}: {said}: {refused}");
        }
        let owner = plain.with("DATABASE_URL", &postgres.url("owner", "app"));
        let early = fails(&owner, &["doctor"]).await;
        assert!(!early.contains("can do nothing but take on their roles"), "{version}: {early}");
        let server = owner.start().await;
        Tenant::sign_up(&server.site, "alone").await;
        server.stop().await;
        assert!(passes(&owner, &["doctor"]).await.contains(" 0 failures"));
        postgres.stop().await;
    }
}

/// The rows that a login can read in another installation's database.
async fn reads(url: &str, roles: &[&str]) -> Vec<String> {
    let Ok((client, connection)) = tokio_postgres::connect(url, NoTls).await else { return Vec::new() };
    tokio::spawn(connection);
    let mut seen = Vec::new();
    for role in std::iter::once(&"none").chain(roles) {
        if client.batch_execute(&format!("set role {role}")).await.is_err() {
            continue;
        }
        for table in ["freehold.tenants", "freehold.people", "freehold.signing_keys", "auth.users", "voice.workflows"] {
            if client.query(&format!("select * from {table}"), &[]).await.is_ok() {
                seen.push(format!("{role} reads {table}"));
            }
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_installations_in_one_server_cannot_read_each_other() {
    for version in VERSIONS {
        let home = Home::new();
        let postgres = Installed::start(&home, version).await;
        let installations = [["ownerone", "webone", "app"], ["ownertwo", "webtwo", "app-Two"]];
        let mut servers = Vec::new();
        for names in installations {
            postgres.database(names[0], names[2]).await;
            let (both, web) = programs(&home, &postgres, names);
            passes(&both, &["migrate"]).await;
            servers.push(web.start().await);
            Tenant::sign_up(&servers.last().unwrap().site, names[1]).await;
        }
        let roles = postgres.admin("postgres").await;
        let found = "select quote_ident(rolname) from pg_roles where rolname ~ '^freehold_'";
        let found: Vec<String> = roles.query(found, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        assert_eq!(found.len(), 8, "{version}: each has roles of its own: {found:?}");
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        for (mine, other) in [(0, 1), (1, 0)] {
            let own = installations[mine];
            let own_data = reads(&postgres.url(own[1], own[2]), &found).await;
            assert!(!own_data.is_empty(), "{version}: the question finds what there is");
            for login in &installations[mine][..2] {
                let seen = reads(&postgres.url(login, installations[other][2]), &found).await;
                assert_eq!(seen, Vec::<String>::new(), "{version}: {login} at {}", installations[other][2]);
            }
            let (both, _) = programs(&home, &postgres, own);
            let healthy = passes(&both, &["doctor"]).await;
            assert!(healthy.contains("no other installation in this Postgres server may read this one"), "{healthy}");
        }
        for server in servers {
            server.stop().await;
        }

        // One login gets the roles of both installations.
        let grant = "grant \"freehold_app_app_two\", \"freehold_system_app_two\" to webone";
        roles.batch_execute(grant).await.unwrap();
        let (both, _) = programs(&home, &postgres, installations[0]);
        let told = fails(&both, &["doctor"]).await;
        assert!(told.contains("the login webone may take on roles of this installation and of another one"), "{told}");
        postgres.stop().await;
    }
}

/// The roles and logins of a dropped database remain in the Postgres server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_logins_of_a_dropped_installation_cannot_read_a_new_one() {
    for version in VERSIONS {
        let home = Home::new();
        let postgres = Installed::start(&home, version).await;
        postgres.database("owner", "app").await;
        let (old, _) = programs(&home, &postgres, ["owner", "web", "app"]);
        passes(&old, &["migrate"]).await;
        let admin = postgres.admin("postgres").await;
        admin.batch_execute("drop database app").await.unwrap();
        postgres.database("ownernew", "shop").await;
        let (new, _) = programs(&home, &postgres, ["ownernew", "webnew", "shop"]);
        passes(&new, &["migrate"]).await;
        let found = "select quote_ident(rolname) from pg_roles where rolname ~ '^freehold_'";
        let found: Vec<String> = admin.query(found, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        for login in ["owner", "web"] {
            let seen = reads(&postgres.url(login, "shop"), &found).await;
            assert_eq!(seen, Vec::<String>::new(), "{version}: {login}");
        }
        let own = reads(&postgres.url("webnew", "shop"), &found).await;
        assert!(!own.is_empty(), "{version}: the question finds what there is");
        let healthy = passes(&new, &["doctor"]).await;
        assert!(healthy.contains(" 0 failures") && !healthy.contains("may read this database"), "{version}: {healthy}");

        let app = found.iter().find(|role| role.starts_with("freehold_app_")).unwrap();
        let stranger =
            format!("create role passerby login; grant {app} to passerby; grant connect on database shop to passerby");
        admin.batch_execute(&stranger).await.unwrap();
        let told = passes(&new, &["doctor"]).await;
        assert!(told.contains("the login passerby may read this database as well"), "{version}: {told}");
        postgres.stop().await;
    }
}

/// Installations of earlier versions had roles with the same names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn installations_that_share_their_roles_are_told_apart_by_who_may_connect() {
    for version in VERSIONS {
        let home = Home::new();
        let postgres = Installed::start(&home, version).await;
        postgres.database("owner", "app").await;
        let (one, _) = programs(&home, &postgres, ["owner", "webone", "app"]);
        passes(&one, &["migrate"]).await;
        let admin = postgres.admin("postgres").await;
        for statement in [
            "create database copy template app owner owner",
            "create role webtwo login noinherit password 'secret'",
            "grant freehold_app, freehold_system, freehold_readonly to webtwo",
        ] {
            admin.batch_execute(statement).await.unwrap();
        }
        let (two, _) = programs(&home, &postgres, ["owner", "webtwo", "copy"]);
        for (program, database) in [(&one, "app"), (&two, "copy")] {
            let told = fails(program, &["doctor"]).await;
            assert!(told.contains("uses the same roles") && told.contains(database), "{version}: {told}");
        }
        for program in [&one, &two] {
            passes(program, &["migrate"]).await;
            assert!(passes(program, &["doctor"]).await.contains(" 0 failures"));
        }
        let roles = ["freehold_system", "freehold_app", "freehold_readonly"];
        for (login, database) in [("webone", "copy"), ("webtwo", "app")] {
            assert_eq!(reads(&postgres.url(login, database), &roles).await, Vec::<String>::new(), "{version}: {login}");
        }
        for (login, database) in [("webone", "app"), ("webtwo", "copy")] {
            assert_ne!(reads(&postgres.url(login, database), &roles).await, Vec::<String>::new(), "{version}: {login}");
        }
        postgres.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_checked_as_sslmode_asks() {
    let home = Home::new();
    // The newest version is built without TLS.
    let postgres = Installed::start(&home, VERSIONS[0]).await;
    postgres.database("owner", "app").await;
    let authority = Authority::new();
    assert!(encrypt(&home, &postgres, &authority).await, "Debian's Postgres has TLS");
    let root = home.path().join("authority.pem");
    fs::write(&root, &authority.pem).unwrap();
    let other = home.path().join("other.pem");
    fs::write(&other, Authority::new().pem).unwrap();

    let url = |host: &str, query: &str| {
        let url = postgres.url("owner", "app").replace("127.0.0.1", host);
        if query.is_empty() { url } else { format!("{url}?{query}") }
    };
    let program = |url: String| Program::at(&home).with(KEY.0, KEY.1).with("DATABASE_URL", &url);
    let verified = format!("sslrootcert={}", root.display());
    let by_other = format!("sslrootcert={}", other.display());
    // The certificate is for localhost, not for 127.0.0.1.
    for (host, query) in [
        ("localhost", format!("sslmode=verify-full&{verified}")),
        ("localhost", format!("sslmode=verify-ca&{verified}")),
        ("127.0.0.1", format!("sslmode=verify-ca&{verified}")),
        ("127.0.0.1", "sslmode=require".to_owned()),
        ("127.0.0.1", "sslmode=prefer".to_owned()),
        ("127.0.0.1", String::new()),
    ] {
        passes(&program(url(host, &query)), &["migrate"]).await;
    }
    for (host, query, said) in [
        ("127.0.0.1", format!("sslmode=verify-full&{verified}"), "certificate"),
        ("localhost", format!("sslmode=verify-full&{by_other}"), "certificate"),
        ("127.0.0.1", format!("sslmode=verify-ca&{by_other}"), "certificate"),
        ("localhost", "sslmode=verify-full&sslrootcert=system".to_owned(), "certificate"),
        ("localhost", "sslmode=verify-full&sslrootcert=/nowhere.pem".to_owned(), "/nowhere.pem"),
        ("localhost", "sslmode=require&schema=public".to_owned(), "schema"),
        ("localhost", "sslmode=disable".to_owned(), "no encryption"),
    ] {
        let refused = fails(&program(url(host, &query)), &["migrate"]).await;
        assert!(refused.contains(said) && !refused.contains("secret@"), "{query}: {refused}");
    }
    let server = program(url("localhost", &format!("sslmode=verify-full&{verified}"))).start().await;
    Client::new().get(format!("{}/readyz", server.site)).await.unwrap().expect(200);
    server.stop().await;
    postgres.stop().await;
}
