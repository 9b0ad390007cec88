//! Importing users from Supabase: `freehold users import`.

use std::fmt::Write;

use freehold::operate::users::{people_from_database, people_from_dump};
use freehold_core::Secret;
use freehold_identity::{
    PeopleOf,
    import::{Report, Table},
};
use serde_json::json;

use crate::harness::{
    administrator::AsAdministrator,
    app::{Answer, PASSWORD, TestApp},
};

const ADA: &str = "ada@example.org";
const PEOPLE: &str = "/auth/v1/admin/users";

/// Output of `supabase db dump --data-only --schema auth`, shortened.
const DUMP: &str = include_str!("people.sql");
const OLD_PASSWORD: &str = "abcdefghijklmnopqrstuvwxyz";

async fn bring(app: &TestApp, dump: &str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.sql");
    std::fs::write(&file, dump).unwrap();
    let keeper = app.backbone.identity.base.keeper();
    let (report, strange) = people_from_dump(&keeper, PeopleOf::House, &file).await.unwrap();
    assert_eq!(strange, Vec::<String>::new());
    report
}

/// Imports a file of these bytes; returns the results for its users, or the command's error.
async fn import_bytes(app: &TestApp, bytes: &[u8]) -> Result<(Report, Vec<String>), String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people");
    std::fs::write(&file, bytes).unwrap();
    let keeper = app.backbone.identity.base.keeper();
    people_from_dump(&keeper, PeopleOf::House, &file).await.map_err(|error| format!("{error:#}"))
}

/// The same users in the format of another program.
fn inserts(with_columns: bool) -> String {
    let names = if with_columns { " (id, email, encrypted_password, email_confirmed_at)" } else { "" };
    let create = "CREATE TABLE auth.users (\n    id uuid NOT NULL,\n    email character varying(255),\n    \
        encrypted_password character varying(255),\n    email_confirmed_at timestamp with time zone\n);\n";
    let hash = "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.";
    let rows: Vec<String> = ["ada", "o''brien", "jürgen"]
        .iter()
        .enumerate()
        .map(|(number, name)| {
            let id = uuid::Uuid::from_u128(number as u128 + 1);
            let values = format!("('{id}', '{name}@example.org', '{hash}', '2024-01-01 00:00:00+00')");
            format!("INSERT INTO auth.users{names} VALUES {values};\n")
        })
        .collect();
    format!("{}{}", if with_columns { "SET client_encoding = 'UTF8';\n" } else { create }, rows.concat())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_dump_of_users_is_read_in_every_form_that_people_have() {
    let utf_16: Vec<u8> =
        format!("\u{feff}{}", inserts(true).replace('\n', "\r\n")).encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (form, bytes) in [
        ("INSERT with columns", inserts(true).into_bytes()),
        ("INSERT without columns", inserts(false).into_bytes()),
        ("gzip", gzip(inserts(true).as_bytes())),
        ("UTF-16", utf_16.clone()),
        ("UTF-16 in gzip", gzip(&utf_16)),
    ] {
        let app = TestApp::with(crate::voice()).await;
        let (report, strange) = import_bytes(&app, &bytes).await.unwrap_or_else(|error| panic!("{form}: {error}"));
        assert_eq!(
            (report.users.added, report.users.refused, strange.len()),
            (3, 0, 0),
            "{form}: {:#?}",
            said(&report)
        );
        for email in ["ada@example.org", "o'brien@example.org", "jürgen@example.org"] {
            sign_in(&app, email, OLD_PASSWORD).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_file_without_users_is_an_error_that_says_what_it_is_and_what_to_do() {
    let app = TestApp::with(crate::voice()).await;
    let other = "COPY public.todos (id) FROM stdin;\n1\n\\.\n";
    for (bytes, found, advice) in [
        (&b""[..], "empty", "supabase db dump"),
        (b"PGDMP\x01\x0e\x00\x00", "custom format", "pg_restore --data-only --schema auth"),
        (b"PK\x03\x04\x14\0", "zip", "Unpack it"),
        (b"<!DOCTYPE html><html><body>502</body></html>", "an HTML page", "supabase db dump"),
        (br#"[{"localId":"x","email":"ada@example.org"}]"#, "Firebase", "password_hash"),
        (b"id,email\n1,ada@example.org\n", "CSV", "password_hash"),
        (other.as_bytes(), "it has rows of public.todos", "supabase db dump"),
        (b"CREATE TABLE auth.users (id uuid);\n", "none of its rows", "--data-only"),
        (b"INSERT INTO auth.users VALUES ('1');\n", "does not name its columns", "--column-inserts"),
        (b"Dear Ada,\nhere are the users.\n", "without any SQL", "supabase db dump"),
    ] {
        let error = import_bytes(&app, bytes).await.expect_err(found);
        assert!(
            error.starts_with("nothing was imported from ") && error.contains(found) && error.contains(advice),
            "{error}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("toc.dat"), b"PGDMP").unwrap();
    let keeper = app.backbone.identity.base.keeper();
    let error = people_from_dump(&keeper, PeopleOf::House, folder.path()).await.unwrap_err();
    assert!(format!("{error:#}").contains("directory format"), "{error:#}");
    assert_eq!(app.count("select count(*) from auth.users").await, 0);
}

#[tokio::test]
async fn one_odd_field_refuses_no_user() {
    let app = TestApp::with(crate::voice()).await;
    let hash = "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.";
    let names = ["id", "email", "encrypted_password", "email_confirmed_at", "banned_until", "raw_user_meta_data"];
    let mut dump = format!("COPY auth.users ({}) FROM stdin;\n", names.join(", "));
    let large = json!({ "name": "Ada", "avatar": "x".repeat(5_000) }).to_string();
    let rows: [(&str, &str, &str, &str, &str); 6] = [
        ("infinite@example.org", "infinity", "-infinity", "{}", "email_confirmed_at"),
        ("before@example.org", "0044-03-15 00:00:00+00 BC", "\\N", "{}", "email_confirmed_at"),
        ("large@example.org", "2024-01-01 00:00:00+00", "\\N", &large, "avatar left out"),
        ("nul@example.org", "2024-01-01 00:00:00+00", "\\N", r#"{"name":"A\\u0000da"}"#, "NUL"),
        ("hid\u{200b}den@example.org", "2024-01-01 00:00:00+00", "\\N", "{}", "cannot be seen"),
        ("a..b@example.org", "2024-01-01 00:00:00+00", "\\N", "{}", "kept as it stands"),
    ];
    for (number, (email, confirmed, banned, metadata, _)) in rows.iter().enumerate() {
        let id = uuid::Uuid::from_u128(number as u128 + 1);
        writeln!(dump, "{id}\t{email}\t{hash}\t{confirmed}\t{banned}\t{metadata}").unwrap();
    }
    // Banned without an end, and still banned here.
    let id = uuid::Uuid::from_u128(7);
    writeln!(dump, "{id}\tlocked@example.org\t{hash}\t2024-01-01 00:00:00+00\tinfinity\t{{}}").unwrap();
    dump.push_str("\\.\n");
    let (report, strange) = import_bytes(&app, dump.as_bytes()).await.unwrap();
    assert_eq!((report.users.added, report.users.refused, strange.len()), (7, 0, 0), "{:#?}", said(&report));
    for (number, (email, _, _, _, what)) in rows.iter().enumerate() {
        let line = format!("line {}: user ", number + 2);
        assert!(
            said(&report).iter().any(|said| said.starts_with(&line) && said.contains(what)),
            "{:#?}",
            said(&report)
        );
        sign_in(&app, &email.replace('\u{200b}', ""), OLD_PASSWORD).await.expect(200);
    }
    assert_eq!(sign_in(&app, "locked@example.org", OLD_PASSWORD).await.code(), "user_banned");
}

fn said(report: &Report) -> Vec<String> {
    report.refused.iter().chain(&report.changed).map(ToString::to_string).collect()
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    app.post("/auth/v1/token?grant_type=password").json(&body).send().await
}

#[tokio::test]
async fn people_do_not_notice_that_they_moved() {
    let app = TestApp::with(crate::voice().confirming()).await;
    let report = bring(&app, DUMP).await;
    assert_eq!((report.users.added, report.identities.added, report.factors.added), (9, 5, 1), "{:#?}", said(&report));
    let ada = app.get(&format!("{PEOPLE}/0b0b7f5e-0000-4000-8000-000000000001")).by(&app).await.expect(200);
    assert_eq!((ada.at("/email"), ada.at("/created_at")), (ADA.to_owned(), "2024-02-03T04:05:06.789012Z".to_owned()));
    assert_eq!(ada.json()["app_metadata"], json!({ "provider": "email", "providers": ["email", "google"] }));
    assert_eq!(ada.json()["user_metadata"]["motto"], "tabs\tand \"quotes\" and \\ and\nlines");
    assert_eq!(ada.json()["identities"].as_array().unwrap().len(), 2);
    sign_in(&app, ADA, "not it at all").await.refused(400, "invalid_credentials");
    let session = sign_in(&app, ADA, OLD_PASSWORD).await.expect(200);
    assert_eq!(session.at("/user/id"), ada.at("/id"));
    let me = app.get("/api/v1/me").token(&session.at("/access_token")).send().await.expect(200);
    assert!(me.json()["organizations"][0]["id"].is_string(), "the first sign-in gives a place: {me}");
    let ours = "select count(*) from auth.users where encrypted_password like '$argon2id$v=19$m=19456,t=2,p=1$%'";
    assert_eq!(app.count(ours).await, 1);
    sign_in(&app, ADA, OLD_PASSWORD).await.expect(200);
    // Not confirmed there, so not confirmed here; banned there, so banned here.
    sign_in(&app, "unconfirmed@example.org", OLD_PASSWORD).await.refused(400, "email_not_confirmed");
    assert_eq!(sign_in(&app, "banned@example.org", OLD_PASSWORD).await.code(), "user_banned");
    // A user with only a phone number is kept.
    assert_eq!(app.count("select count(*) from auth.users where phone = '491701234567'").await, 1);
}

#[tokio::test]
async fn a_second_time_changes_nothing() {
    let app = TestApp::with(crate::voice()).await;
    let first = bring(&app, DUMP).await;
    sign_in(&app, ADA, OLD_PASSWORD).await.expect(200);
    let users = "select hashtext(string_agg(u::text, '|' order by id))::int8 from auth.users as u";
    let ways = "select hashtext(string_agg(i::text, '|' order by id))::int8 from auth.identities as i";
    let before = (app.count(users).await, app.count(ways).await);
    app.advance_seconds(60);
    let second = bring(&app, DUMP).await;
    assert_eq!((app.count(users).await, app.count(ways).await), before);
    for table in Table::ALL {
        let (first, second) = (first.of(table), second.of(table));
        assert_eq!((second.added, second.known, second.refused), (0, first.added, first.refused), "{table:?}");
    }
    assert_eq!(first.refused, second.refused);
}

#[tokio::test]
async fn what_cannot_be_imported_is_said_with_its_line_and_without_its_secrets() {
    let app = TestApp::with(crate::voice()).await;
    app.post(PEOPLE).json(&json!({ "email": "taken@example.org" })).by(&app).await.expect(200);
    let report = bring(&app, DUMP).await;
    let line = |needle: &str| DUMP.lines().position(|line| line.contains(needle)).unwrap() + 1;
    assert_eq!(
        said(&report),
        [
            format!("line {}: user seven: its id is not a UUID", line("seven")),
            format!(
                "line {}: user 0b0b7f5e-0000-4000-8000-000000000009: its address is that of another user here",
                line("taken@")
            ),
            format!(
                "line {}: identity 1b0b7f5e-0000-4000-8000-000000000009: its user is not here",
                line("way of the taken")
            ),
            format!(
                "line {}: second factor 2b0b7f5e-0000-4000-8000-000000000002: it was never verified",
                line("unverified")
            ),
            format!(
                "line {}: second factor 2b0b7f5e-0000-4000-8000-000000000003: phones are no second factor here",
                line("phone\tverified")
            ),
            format!(
                "line {}: user 0b0b7f5e-0000-4000-8000-000000000005: has no password here: the password hash is neither bcrypt, nor argon2, nor Firebase scrypt",
                line("md5md5")
            ),
            format!(
                "line {}: user 0b0b7f5e-0000-4000-8000-000000000006: has no address here: what stands there is none that mail can be sent to",
                line("no address")
            ),
            format!(
                "line {}: user 0b0b7f5e-0000-4000-8000-000000000008: its raw_user_meta_data was left out: it is not a JSON object",
                line("broken@")
            ),
        ]
    );
    assert!(!format!("{report:?}").contains("md5md5"));
    // One bad row does not prevent good ones from being imported.
    sign_in(&app, ADA, OLD_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn many_people_come_in_portions() {
    let app = TestApp::with(crate::voice()).await;
    let mut dump =
        "COPY auth.users (id, email, encrypted_password, email_confirmed_at, is_anonymous) FROM stdin;\n".to_owned();
    let hash = "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.";
    for number in 0..1_201 {
        let id = uuid::Uuid::from_u128(number + 1);
        writeln!(dump, "{id}\tp{number}@example.org\t{hash}\t2024-01-01 00:00:00+00\tf").unwrap();
    }
    dump.push_str("\\.\n");
    let report = bring(&app, &dump).await;
    assert_eq!((report.users.added, report.users.refused), (1_201, 0), "{:#?}", said(&report));
    sign_in(&app, "p1200@example.org", OLD_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn people_come_from_a_database_that_lives_too() {
    let (source, app) = (TestApp::with(crate::voice()).await, TestApp::with(crate::voice()).await);
    bring(&source, DUMP).await;
    for number in 0..3 {
        source.sign_up(&format!("here{number}@example.org")).await.expect(200);
    }
    let url = || Secret::new(source.test.cluster().url("postgres", source.test.name()));
    let before = source.count("select hashtext(string_agg(u::text, '|' order by id))::int8 from auth.users as u").await;
    let keeper = app.backbone.identity.base.keeper();
    let report = people_from_database(&keeper, PeopleOf::House, url()).await.unwrap();
    assert_eq!((report.users.added, report.users.refused), (12, 0), "{:#?}", said(&report));
    assert_eq!(report.identities.added, 8);
    assert_eq!(
        source.count("select hashtext(string_agg(u::text, '|' order by id))::int8 from auth.users as u").await,
        before,
        "the other database is only read"
    );
    sign_in(&app, ADA, OLD_PASSWORD).await.expect(200);
    sign_in(&app, "here1@example.org", PASSWORD).await.expect(200);
    let again = people_from_database(&keeper, PeopleOf::House, url()).await.unwrap();
    assert_eq!((again.users.added, again.users.known, again.identities.known), (0, 12, 8));
    let nowhere = Secret::new("postgres://nobody:secret@127.0.0.1:9/none");
    let refused = people_from_database(&keeper, PeopleOf::House, nowhere).await.unwrap_err();
    assert!(!format!("{refused:#}").contains("secret"), "{refused:#}");
}

#[tokio::test]
async fn an_authenticator_app_comes_along_sealed() {
    let app = TestApp::with(crate::voice()).await;
    bring(&app, DUMP).await;
    let plain = "select count(*) from auth.mfa_factors where secret like '%GEZDGNBV%'";
    assert_eq!(app.count(plain).await, 0);
    assert_eq!(app.count("select count(*) from auth.mfa_factors where secret like 'sealed:%'").await, 1);
    let factors = format!("{PEOPLE}/0b0b7f5e-0000-4000-8000-000000000003/factors");
    let factors = app.get(&factors).by(&app).await.expect(200);
    assert_eq!(
        (factors.at("/0/friendly_name"), factors.at("/0/status")),
        ("phone app".to_owned(), "verified".to_owned())
    );
}
