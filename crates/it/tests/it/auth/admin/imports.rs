//! People who move here from Supabase: `freehold users import`.

use std::fmt::Write;

use freehold::operate::users::{people_from_database, people_from_dump};
use freehold_core::Secret;
use freehold_identity::{
    PeopleOf,
    import::{Report, Table},
};
use serde_json::json;

use super::{ADA, AsAdministrator, PEOPLE};
use crate::harness::app::{Answer, PASSWORD, Setup, TestApp};

/// What `supabase db dump --data-only --schema auth` writes, shortened.
const DUMP: &str = include_str!("people.sql");
const OLD_PASSWORD: &str = "abcdefghijklmnopqrstuvwxyz";

async fn bring(app: &TestApp, dump: &str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.sql");
    std::fs::write(&file, dump).unwrap();
    let keeper = app.backbone.identity.keeper();
    let (report, strange) = people_from_dump(&keeper, PeopleOf::House, &file).await.unwrap();
    assert_eq!(strange, Vec::<String>::new());
    report
}

fn said(report: &Report) -> Vec<String> {
    report.refused.iter().chain(&report.lacking).map(ToString::to_string).collect()
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    app.post("/auth/v1/token?grant_type=password").json(&body).send().await
}

#[tokio::test]
async fn people_do_not_notice_that_they_moved() {
    let app = TestApp::with(Setup::default().confirming()).await;
    let report = bring(&app, DUMP).await;
    assert_eq!((report.users.added, report.identities.added, report.factors.added), (7, 5, 1), "{:#?}", said(&report));
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
    // Not confirmed there, so not here; locked out there, so here.
    sign_in(&app, "unconfirmed@example.org", OLD_PASSWORD).await.refused(400, "email_not_confirmed");
    assert_eq!(sign_in(&app, "banned@example.org", OLD_PASSWORD).await.code(), "user_banned");
    // Who has a number only is kept.
    assert_eq!(app.count("select count(*) from auth.users where phone = '491701234567'").await, 1);
}

#[tokio::test]
async fn a_second_time_changes_nothing() {
    let app = TestApp::new().await;
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
async fn what_cannot_be_brought_is_said_with_its_line_and_without_its_secrets() {
    let app = TestApp::new().await;
    super::make(&app, json!({ "email": "taken@example.org" })).await.expect(200);
    let report = bring(&app, DUMP).await;
    let line = |needle: &str| DUMP.lines().position(|line| line.contains(needle)).unwrap() + 1;
    assert_eq!(
        said(&report),
        [
            format!(
                "line {}: person 0b0b7f5e-0000-4000-8000-000000000006: its address is none that mail can be sent to",
                line("no address")
            ),
            format!("line {}: person seven: its id is no UUID", line("seven")),
            format!(
                "line {}: person 0b0b7f5e-0000-4000-8000-000000000008: its raw_user_meta_data is no JSON object",
                line("broken@")
            ),
            format!(
                "line {}: person 0b0b7f5e-0000-4000-8000-000000000009: its address is that of somebody else here",
                line("taken@")
            ),
            format!(
                "line {}: way in 1b0b7f5e-0000-4000-8000-000000000009: its person is not here",
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
                "line {}: person 0b0b7f5e-0000-4000-8000-000000000005: has no password here: the password hash is neither bcrypt, nor argon2, nor Firebase scrypt",
                line("md5md5")
            ),
        ]
    );
    assert!(!format!("{report:?}").contains("md5md5"));
    // One bad row keeps no good one out.
    sign_in(&app, ADA, OLD_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn many_people_come_in_portions() {
    let app = TestApp::new().await;
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
    let (source, app) = (TestApp::new().await, TestApp::new().await);
    bring(&source, DUMP).await;
    for number in 0..3 {
        source.sign_up(&format!("here{number}@example.org")).await.expect(200);
    }
    let url = || Secret::new(source.test.cluster().url("postgres", source.test.name()));
    let before = source.count("select hashtext(string_agg(u::text, '|' order by id))::int8 from auth.users as u").await;
    let keeper = app.backbone.identity.keeper();
    let report = people_from_database(&keeper, PeopleOf::House, url()).await.unwrap();
    assert_eq!((report.users.added, report.users.refused), (10, 0), "{:#?}", said(&report));
    assert_eq!(report.identities.added, 8);
    assert_eq!(
        source.count("select hashtext(string_agg(u::text, '|' order by id))::int8 from auth.users as u").await,
        before,
        "the other database is only read"
    );
    sign_in(&app, ADA, OLD_PASSWORD).await.expect(200);
    sign_in(&app, "here1@example.org", PASSWORD).await.expect(200);
    let again = people_from_database(&keeper, PeopleOf::House, url()).await.unwrap();
    assert_eq!((again.users.added, again.users.known, again.identities.known), (0, 10, 8));
    let nowhere = Secret::new("postgres://nobody:secret@127.0.0.1:9/none");
    let refused = people_from_database(&keeper, PeopleOf::House, nowhere).await.unwrap_err();
    assert!(!format!("{refused:#}").contains("secret"), "{refused:#}");
}

#[tokio::test]
async fn an_authenticator_app_comes_along_sealed() {
    let app = TestApp::new().await;
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
