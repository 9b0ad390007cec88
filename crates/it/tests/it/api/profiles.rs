//! The profile of an organization: slug, settings, logo.

use freehold_core::Role;
use serde_json::{Value, json};

use crate::harness::app::{Answer, Person, TestApp};

/// The beginning of a PNG of this size, which says all that is read of it.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut image = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    image.extend(width.to_be_bytes());
    image.extend(height.to_be_bytes());
    image.extend(b"\x08\x06\0\0\0\0\0\0\0");
    image
}

fn path(person: &Person) -> String {
    format!("/api/v1/organizations/{}", person.organization)
}

async fn update(app: &TestApp, person: &Person, change: Value) -> Answer {
    app.patch(&path(person)).person(person).json(&change).send().await
}

async fn set_logo(app: &TestApp, person: &Person, image: Vec<u8>) -> Answer {
    let put = app.put(&format!("{}/logo", path(person))).person(person);
    put.header("content-type", "text/html").bytes(image).send().await
}

#[tokio::test]
async fn each_value_is_changed_by_itself_and_recorded() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let before = app.get(&path(&owner)).person(&owner).send().await.expect(200).json();
    assert_eq!(
        (&before["time_zone"], &before["locale"], &before["website"]),
        (&json!("UTC"), &json!("en"), &Value::Null)
    );
    let change = json!({ "website": "https://Riverside.example", "time_zone": "europe/vilnius", "locale": "DE-at" });
    let after = update(&app, &owner, change).await.expect(200).json();
    assert_eq!(after["website"], "https://riverside.example/");
    assert_eq!((&after["time_zone"], &after["locale"]), (&json!("Europe/Vilnius"), &json!("de-AT")));
    assert_eq!((&after["name"], &after["slug"]), (&before["name"], &before["slug"]), "what is left out stays");
    update(&app, &owner, json!({ "website": "", "contact_email": "Hello@Riverside.example" })).await.expect(200);
    let entries = app.get("/api/v1/audit?action=organization.*").person(&owner).send().await.expect(200).json();
    let entry = &entries["data"][0];
    assert_eq!(entry["before"], json!({ "website": "https://riverside.example/", "contact_email": null }));
    assert_eq!(entry["after"], json!({ "website": null, "contact_email": "hello@riverside.example" }));
    let stored = "select count(*) from freehold.audit_entries where after::text like '%hello@%'";
    assert_eq!(app.count(stored).await, 0, "an address stands among the personal data, which can be erased");
    update(&app, &owner, json!({})).await.expect(200);
    update(&app, &owner, json!({ "locale": "de-AT" })).await.expect(200);
    assert_eq!(app.count("select count(*) from freehold.events where type = 'organization.updated'").await, 2);
    for (field, value) in [
        ("name", ""),
        ("slug", "Not A Slug"),
        ("slug", "api"),
        ("website", "javascript:alert(1)"),
        ("contact_email", "nobody"),
        ("time_zone", "Mars/Olympus"),
        ("locale", "english"),
    ] {
        let refused = update(&app, &owner, json!({ field: value })).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), format!("/{field}"), "{value}");
    }
}

#[tokio::test]
async fn a_slug_belongs_to_one_organization_also_after_a_change() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, other) = (app.owner().await, app.stranger().await);
    let slug = async |person: &Person, slug: &str| update(&app, person, json!({ "slug": slug })).await;
    slug(&owner, "first").await.expect(200);
    slug(&other, "first").await.refused(409, "conflict");
    slug(&owner, "second").await.expect(200);
    slug(&other, "first").await.refused(409, "conflict");
    // An organization with that name gets another slug.
    app.advance_seconds(1);
    let named = app.post("/api/v1/organizations").token(&other.token).json(&json!({ "name": "First" }));
    assert!(named.send().await.expect(201).at("/slug").starts_with("first-"));
    let mut tx = app.backbone.db.system("test").begin().await.unwrap();
    let found = freehold_tenancy::tenant::tenant_find_by_slug(&mut tx, "first").await.unwrap();
    assert_eq!((found.tenant_id.to_string(), &*found.slug), (owner.organization.clone(), "second"));
    drop(tx);
    slug(&owner, "first").await.expect(200);
    for number in 0..6 {
        app.advance_seconds(1);
        slug(&owner, &format!("number-{number}")).await.expect(200);
    }
    assert_eq!(app.count("select count(*) from freehold.former_slugs").await, 5);
    let other = Person {
        organization: app.get("/api/v1/organizations").token(&other.token).send().await.ids()[0].clone(),
        ..other
    };
    let taken = app.patch(&path(&other)).token(&other.token).header("x-organization-id", &other.organization);
    taken.json(&json!({ "slug": "first" })).send().await.expect(200);
}

#[tokio::test]
async fn two_organizations_cannot_pass_a_slug_on_to_each_other_at_once() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, other) = (app.owner().await, app.stranger().await);
    for round in 0..8 {
        app.advance_seconds(60);
        let (old, new) = (format!("old-{round}"), format!("new-{round}"));
        update(&app, &owner, json!({ "slug": old })).await.expect(200);
        let (left, taken) =
            tokio::join!(update(&app, &owner, json!({ "slug": new })), update(&app, &other, json!({ "slug": old })));
        left.expect(200);
        taken.refused(409, "conflict");
    }
}

#[tokio::test]
async fn a_logo_is_an_image_at_an_address_of_its_own() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let logo = set_logo(&app, &owner, png(64, 48)).await.expect(200).at("/logo_url");
    let at = logo.strip_prefix("https://app.example.org").unwrap().to_owned();
    let shown = app.get(&at).send().await.expect(200);
    assert_eq!((shown.header("content-type"), shown.bytes()), ("image/png", &*png(64, 48)));
    assert_eq!(shown.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    assert_eq!(app.get("/api/v1/files").person(&owner).send().await.expect(200).ids().len(), 0, "it is no file");
    app.get(&format!("/api/v1/files/{}", at.rsplit('/').next().unwrap())).person(&owner).send().await.expect(404);

    let second = set_logo(&app, &owner, png(2048, 1)).await.expect(200).at("/logo_url");
    assert_ne!(second, logo);
    app.get(&at).send().await.refused(404, "not_found");
    for wrong in ["/logos/x/y".to_owned(), at.replace(&owner.organization, &app.test.uuid().to_string())] {
        app.get(&wrong).send().await.refused(404, "not_found");
    }
    app.delete(&format!("{}/logo", path(&owner))).person(&owner).send().await.expect(204);
    app.delete(&format!("{}/logo", path(&owner))).person(&owner).send().await.expect(204);
    assert_eq!(app.count("select count(*) from freehold.files where state = 'stored'").await, 0);
    let entries = app.get("/api/v1/activity?action=organization.*").person(&owner).send().await.expect(200).json();
    let texts: Vec<_> = entries["data"].as_array().unwrap().iter().map(|each| each["text"].clone()).collect();
    let expected =
        ["removed the logo", "changed the logo", "changed the logo"].map(|text| format!("{} {text}", owner.email));
    assert_eq!(texts, expected);
}

#[tokio::test]
async fn what_is_no_image_of_a_fitting_size_is_refused() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let mut large = png(64, 64);
    large.resize(512 * 1024 + 1, 0);
    set_logo(&app, &owner, large).await.refused(413, "body_too_large");
    for image in
        [&b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"[..], b"GIF89a\x01\0\x01\0", b"x"]
    {
        set_logo(&app, &owner, image.to_vec()).await.refused(415, "unsupported_media_type");
    }
    for (width, height) in [(2049, 8), (8, 2049), (0, 8), (u32::MAX, u32::MAX)] {
        set_logo(&app, &owner, png(width, height)).await.refused(422, "validation_failed");
    }
    set_logo(&app, &owner, b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0".to_vec()).await.refused(422, "validation_failed");
    set_logo(&app, &owner, Vec::new()).await.refused(400, "malformed_request");
    let member = app.member(&owner, Role::Member).await;
    set_logo(&app, &member, png(8, 8)).await.refused(403, "permission_denied");
    assert_eq!(app.count("select count(*) from freehold.files").await, 0, "nothing is left behind");
}
