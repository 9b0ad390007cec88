//! Erasing a user: their personal data in the audit becomes unreadable, and the chain stays valid.

use freehold_core::Role;
use freehold_module::Infra;
use freehold_tenancy::audit::{Export, Format, audit_chain, audit_renew};
use freehold_vault::{MasterKeys, Vault};
use freehold_web::Credential;
use serde_json::{Value, json};

use crate::{
    audit, export,
    harness::{
        administrator::AsAdministrator,
        app::{Person, TestApp},
    },
    verified,
};

const ADDRESS: &str = "203.0.113.77";
const AGENT: &str = "AdasBrowser/1.0";

/// Whether a text is in clear in any row of the audit.
async fn stored(app: &TestApp, text: &str) -> bool {
    let found = format!(
        "select (select count(*) from freehold.audit_entries as e where e::text like '%{text}%')
              + (select count(*) from freehold.audit_persons as p where p::text like '%{text}%')"
    );
    app.count(&found).await > 0
}

async fn key_create(app: &TestApp, by: &Person) {
    let ask = app.post("/api/v1/keys").person(by).header("user-agent", AGENT).from(&format!("{ADDRESS}:4711"));
    ask.json(&json!({ "name": "a key" })).send().await.expect(201);
}

#[tokio::test]
async fn erasing_a_user_leaves_the_chain_valid_and_their_data_unreadable() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let admin = app.member(&owner, Role::Admin).await;
    let (stranger, email) = (app.stranger().await, admin.email.as_str());
    let invite = json!({ "email": email, "role": "viewer" });
    app.post("/api/v1/invitations").person(&stranger).from("198.51.100.9:4711").json(&invite).send().await.expect(201);
    key_create(&app, &admin).await;
    assert!(stored(&app, ADDRESS).await, "until the entry is chained");
    audit_chain(&app.backbone.infra).await.unwrap();
    for text in [ADDRESS, AGENT, "198.51.100.9", email] {
        assert!(!stored(&app, text).await, "{text} is stored in clear");
    }
    let (before, theirs) = (export(&app, &owner, "").await, export(&app, &stranger, "").await);
    let text = String::from_utf8([before.clone(), theirs].concat()).unwrap();
    assert!([ADDRESS, AGENT, "198.51.100.9", email].iter().all(|known| text.contains(known)), "{text}");
    assert_eq!(verified(&before).unwrap().erased, 0);

    // This one is not chained when the user is erased.
    key_create(&app, &admin).await;
    app.delete(&format!("/auth/v1/admin/users/{}", admin.id)).by(&app).await.expect(200);
    audit_chain(&app.backbone.infra).await.unwrap();

    let entries = audit(&app, &owner, "").await;
    let of_admin: Vec<&Value> = entries.iter().filter(|entry| entry["actor"]["id"] == admin.id.as_str()).collect();
    assert_eq!(of_admin.len(), 2);
    for entry in of_admin {
        assert_eq!((&entry["client"], &entry["detail"]["name"]), (&Value::Null, &json!("a key")));
        assert_eq!(entry["erased"], json!(["client.address", "client.agent"]));
    }
    let theirs = audit(&app, &stranger, "?action=invitation.created").await;
    let invited = &theirs[0];
    assert_eq!((&invited["erased"], &invited["detail"]), (&json!(["detail.email"]), &json!({ "role": "viewer" })));
    assert_eq!(invited["client"]["address"], "198.51.100.9", "the one who invited them is not erased");

    for (person, query, entries) in [(&owner, "", 2), (&owner, "?format=csv", 2), (&stranger, "", 1)] {
        let after = export(&app, person, query).await;
        let text = String::from_utf8(after.clone()).unwrap();
        for erased in [ADDRESS, AGENT, email] {
            assert!(!text.contains(erased) && !stored(&app, erased).await, "{erased} can be read");
        }
        let verified = verified(&after).unwrap();
        assert_eq!(verified.erased, entries);
    }
    let keys = "select count(*) from freehold.audit_persons where erased_at is not null and sealed_key is null";
    assert_eq!(app.count(keys).await, 3, "of the user in two organizations, and of their address in a third");
}

#[tokio::test]
async fn erased_data_cannot_be_put_back_into_an_export() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let admin = app.member(&owner, Role::Admin).await;
    key_create(&app, &admin).await;
    app.delete(&format!("/auth/v1/admin/users/{}", admin.id)).by(&app).await.expect(200);
    let file = String::from_utf8(export(&app, &owner, "").await).unwrap();
    let invented =
        r#""readable":[{"salt":"00000000000000000000000000000000","values":{"client.address":"192.0.2.1"}}]"#;
    let forged = file.replacen(r#""readable":[null]"#, invented, 1);
    assert_ne!(file, forged);
    let broken = verified(forged.as_bytes()).unwrap_err();
    assert!(broken.what.starts_with("its readable personal data was changed"), "{broken}");
    // Nor can readable data be passed off as erased.
    let readable = file.find(r#""readable":[{"#).unwrap();
    let end = readable + file[readable..].find("}]").unwrap();
    let end = end + file[end..].find(']').unwrap() + 1;
    let hidden = format!("{}\"readable\":[null]{}", &file[..readable], &file[end..]);
    assert!(verified(hidden.as_bytes()).is_err());
}

#[tokio::test]
async fn a_former_secret_key_is_not_needed_any_more_after_the_renewal() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    key_create(&app, &owner).await;
    audit_chain(&app.backbone.infra).await.unwrap();
    let before = export(&app, &owner, "").await;
    let with = |keys: MasterKeys| Infra { vault: Vault::from(keys), ..app.backbone.infra.clone() };
    let both = with(MasterKeys::new([8; 32]).and_previous([7; 32]));
    assert!(audit_renew(&both).await.unwrap() >= 2, "the head, and the owner's key");
    assert_eq!(audit_renew(&both).await.unwrap(), 0);

    let new = with(MasterKeys::new([8; 32]));
    let tenant = owner.organization.parse().unwrap();
    let caller = app.backbone.caller(&Credential::Key(&owner.key), Some(tenant)).await.unwrap();
    let mut export = Export::begin(&new, &caller, Format::Jsonl, None).await.unwrap();
    let mut after = Vec::new();
    while let Some(piece) = export.next().await.unwrap() {
        after.extend(piece);
    }
    let (before, after) = (verified(&before).unwrap(), verified(&after).unwrap());
    assert_eq!((before.head, after.erased), (after.head, 0));
    assert_ne!(before.public_key, after.public_key);
}
