//! No role of the program changes an entry or a chain, and a change by the owner of the database is found.

use freehold_tenancy::audit::audit_chain;

use crate::{
    busy, export,
    harness::{app::TestApp, sqlstate},
    verified,
};

#[tokio::test]
async fn chained_entries_and_chains_are_changed_by_no_role() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    audit_chain(&app.backbone.infra).await.unwrap();
    let insert = format!(
        "insert into freehold.audit_entries (tenant_id, entry_id, at, actor_kind, action, number, hash, sealed)
         values ('{}', gen_random_uuid(), now(), 'system', 'a.b', 99, '\\x00', '[]')",
        owner.organization
    );
    let refused = [
        ("freehold_app", "update freehold.audit_entries set number = 7"),
        ("freehold_app", "update freehold.audit_chains set number = 7"),
        ("freehold_app", "delete from freehold.audit_chains"),
        ("freehold_app", "update freehold.audit_persons set sealed_key = null"),
        ("freehold_app", &insert),
        ("freehold_system", &insert),
        ("freehold_system", "update freehold.audit_entries set number = number + 1"),
        ("freehold_system", "update freehold.audit_entries set number = null, hash = null, sealed = null"),
        ("freehold_system", "update freehold.audit_entries set sealed = '[]'"),
        ("freehold_system", "update freehold.audit_entries set detail = '{}'"),
        ("freehold_system", "delete from freehold.audit_entries"),
        ("freehold_system", "delete from freehold.audit_chains"),
    ];
    for (role, change) in refused {
        let login = app.test.server_login().await;
        let opening = format!("begin; set local role {role}; set local freehold.tenant_id = '{}'", owner.organization);
        login.batch_execute(&opening).await.unwrap();
        let error = login.batch_execute(change).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501", "{role}: {change}: {error:?}");
    }
    // Not even the owner of the database changes one by accident.
    let admin = app.test.admin().await;
    let change = admin.batch_execute("update freehold.audit_entries set detail = '{}'").await;
    assert_eq!(sqlstate(&change.unwrap_err()), Some("42501"));
}

#[tokio::test]
async fn an_unchained_entry_is_changed_by_no_role_either() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    for change in ["personal = null", "number = 1, hash = '\\x00'", "number = 1, hash = '\\x00', sealed = '[]'"] {
        let login = app.test.server_login().await;
        let opening =
            format!("begin; set local role freehold_system; set local freehold.tenant_id = '{}'", owner.organization);
        login.batch_execute(&opening).await.unwrap();
        let changed = login.batch_execute(&format!("update freehold.audit_entries set {change}")).await;
        assert_eq!(sqlstate(&changed.unwrap_err()), Some("42501"), "{change}");
    }
}

#[tokio::test]
async fn a_change_by_the_owner_of_the_database_is_found() {
    let app = TestApp::new().await;
    let owner = busy(&app).await;
    assert!(verified(&export(&app, &owner, "").await).is_ok());
    let admin = app.test.admin().await;
    let change = async |sql: &str| {
        let sql = format!("set session_replication_role = 'replica'; {sql}; set session_replication_role = 'origin'");
        admin.batch_execute(&sql).await.unwrap();
    };
    change("update freehold.audit_entries set detail = '{\"name\": \"another\"}' where number = 11").await;
    assert_eq!(verified(&export(&app, &owner, "").await).unwrap_err().number, Some(11));
    change("delete from freehold.audit_entries where number = 5").await;
    assert_eq!(verified(&export(&app, &owner, "").await).unwrap_err().number, Some(5));
    // A head that the program did not sign is neither exported nor continued.
    change("update freehold.audit_chains set number = 4, hash = sha256('x')").await;
    app.get("/api/v1/audit/export").person(&owner).send().await.refused(500, "internal");
    let key = serde_json::json!({ "name": "another" });
    app.post("/api/v1/keys").person(&owner).json(&key).send().await.expect(201);
    assert!(audit_chain(&app.backbone.infra).await.is_err());
}

#[tokio::test]
async fn one_broken_chain_does_not_stop_the_others() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    audit_chain(&app.backbone.infra).await.unwrap();
    let break_it = format!(
        "update freehold.audit_chains set hash = sha256('x') where tenant_id = '{}'",
        owner.organization.clone().min(stranger.organization.clone())
    );
    app.test.admin().await.batch_execute(&break_it).await.unwrap();
    for person in [&owner, &stranger] {
        let key = serde_json::json!({ "name": "another" });
        app.post("/api/v1/keys").person(person).json(&key).send().await.expect(201);
    }
    assert!(audit_chain(&app.backbone.infra).await.is_err());
    assert_eq!(app.count("select count(*) from freehold.audit_entries where number = 2").await, 1);
}
