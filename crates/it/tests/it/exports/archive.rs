//! What is in an archive, and what never is.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_STANDARD};
use data_encoding::HEXLOWER;
use freehold_core::Role;
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::{exported, link, mails, rows, run_jobs, unpacked};
use crate::{
    harness::app::{PASSWORD, Person, TestApp},
    voice,
    walk::Things,
};

/// Asserts that the manifest lists exactly the other files, with their sizes and checksums.
fn verify(files: &BTreeMap<String, Vec<u8>>) -> Value {
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["format"], "freehold export 1");
    let mut listed = BTreeSet::new();
    for entry in manifest["entries"].as_array().unwrap() {
        let path = entry["path"].as_str().unwrap();
        let content = files.get(path).unwrap_or_else(|| panic!("{path} is listed and missing"));
        assert_eq!(entry["size"], content.len(), "{path}");
        assert_eq!(entry["sha256"], HEXLOWER.encode(digest(&SHA256, content).as_ref()), "{path}");
        if let Some(rows) = entry["rows"].as_u64() {
            assert_eq!(usize::try_from(rows).unwrap(), content.split(|byte| *byte == b'\n').count() - 1, "{path}");
        }
        listed.insert(path.to_owned());
    }
    let others: Vec<_> = files.keys().filter(|path| *path != "manifest.json").collect();
    assert_eq!(listed.iter().collect::<Vec<_>>(), others);
    assert_eq!(manifest["files"], others.len());
    manifest
}

/// Every value of a column of bytes, in the ways in which text has it.
async fn bytes_of_all_tables(admin: &Client) -> Vec<(String, Vec<String>)> {
    let columns = "
        select c.oid::regclass::text, quote_ident(a.attname)
        from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('freehold', 'voice', 'auth')
          and a.atttypid = 'bytea'::regtype and a.attname not in ('sha256', 'hash', 'public_key', 'signature')
          and a.attname not like 'cut%'";
    let mut all = Vec::new();
    for row in admin.query(columns, &[]).await.unwrap() {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        for row in admin.query(&format!("select {column} from {table} where {column} is not null"), &[]).await.unwrap()
        {
            let value: Vec<u8> = row.get(0);
            let written = vec![HEXLOWER.encode(&value), BASE64_STANDARD.encode(&value)];
            all.push((format!("{column} of {table}"), written));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_has_the_data_of_every_module_and_no_secret() {
    let app = TestApp::with(voice()).await;
    let owner = app.owner().await;
    let things = Things::of(&app, &owner).await;
    let stranger = app.stranger().await;
    let strange = app.post("/api/v1/files?name=strange.txt").key(&stranger.key).bytes("a stranger's file");
    let strange = strange.send().await.expect(201).at("/id");
    // The archive that was requested with the other things.
    run_jobs(&app).await;
    let export = app.get(&format!("/api/v1/export/{}", things.export)).person(&owner).send().await.expect(200).json();
    let answer = app.get(&link(&export)).send().await.expect(200);
    assert_eq!(answer.header("content-type"), "application/zip");
    assert_eq!(export["size"], answer.bytes().len());
    assert_eq!(export["sha256"], HEXLOWER.encode(digest(&SHA256, answer.bytes()).as_ref()));
    let files = unpacked(answer.bytes());
    let manifest = verify(&files);
    assert_eq!(manifest["organization"], owner.organization);
    assert_eq!(export["entries"], files.len());
    assert_eq!(export["rows"], manifest["rows"]);

    has_things(&files, &owner, &things);
    has_no_secret(&files, &owner, &[&strange, &stranger.id, &stranger.email, &stranger.organization]);
    let text = text_of(&files);
    let bytes = bytes_of_all_tables(&app.test.admin().await).await;
    assert!(bytes.len() > 10, "no digests and sealed values were found");
    for (column, written) in bytes {
        assert!(!written.iter().any(|value| text.contains(value)), "the archive contains {column}");
    }
}

/// Asserts that the archive has what the owner created.
fn has_things(files: &BTreeMap<String, Vec<u8>>, owner: &Person, things: &Things) {
    for (path, id) in [
        ("voice/workflows.jsonl", &things.workflow),
        ("voice/runs.jsonl", &things.run),
        ("voice/splits.jsonl", &things.split),
        ("voice/campaigns.jsonl", &things.campaign),
        ("voice/engines.jsonl", &things.engine),
        ("identity/api_keys.jsonl", &things.key),
        ("delivery/webhook_endpoints.jsonl", &things.webhook),
        ("jobs/events.jsonl", &things.event),
        ("jobs/jobs.jsonl", &things.job),
        ("tenancy/organization.jsonl", &things.organization),
        ("tenancy/invitations.jsonl", &things.invitation),
        ("files/files.jsonl", &things.file),
        ("privacy/exports.jsonl", &things.export),
    ] {
        assert!(rows(files, path).iter().any(|row| row["id"] == **id), "{path} lacks {id}");
    }
    assert_eq!(rows(files, "tenancy/members.jsonl")[0]["email"], owner.email);
    assert_eq!(rows(files, "voice/contacts.jsonl")[0]["campaign_id"], things.campaign);
    assert_eq!(rows(files, "billing/account.jsonl").len(), 1);
    assert!(!rows(files, "metering/usage_totals.jsonl").is_empty());
    assert!(!rows(files, "delivery/mails.jsonl").is_empty());
    assert!(rows(files, "tenancy/audit.jsonl").len() > 3);
    assert_eq!(files[&format!("files/content/{}/prices.csv", things.file)], b"owner's prices");
}

/// All files of the archive, one after the other.
fn text_of(files: &BTreeMap<String, Vec<u8>>) -> String {
    let everything: Vec<u8> = files.values().flatten().copied().collect();
    String::from_utf8_lossy(&everything).into_owned()
}

/// Asserts that the archive has no secret of the owner and nothing of strangers.
fn has_no_secret(files: &BTreeMap<String, Vec<u8>>, owner: &Person, strange: &[&str]) {
    let text = text_of(files);
    let own = ["whsec_", "inv_", "argon2", &*owner.key, &owner.token, &owner.refresh, PASSWORD];
    for secret in own.iter().chain(strange) {
        assert!(!text.contains(*secret), "the archive contains {secret}");
    }
    // Events have the first characters of a key, by which members recognize it.
    for key in text.match_indices("sk_").map(|(at, _)| &text[at..]) {
        let length = key.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(key.len());
        assert!(length < owner.key.len() / 2, "the archive contains the key {}", &key[..length]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_of_many_rows_is_exported_whole_and_in_order() {
    let app = TestApp::with(voice()).await;
    let owner = app.owner().await;
    let insert = format!(
        "insert into voice.workflows (tenant_id, id, name, version, graph, created_at, updated_at)
         select '{0}', gen_random_uuid(), 'w', 1, e'{{\\n\"x\":\\n\"{1}\"}}', now(), now() from generate_series(1, 2500)",
        owner.organization,
        "y".repeat(3000)
    );
    let versions = "insert into voice.workflow_versions (tenant_id, workflow_id, version, graph, created_at)
                    select tenant_id, id, version, '{}', now() from voice.workflows, generate_series(1, 3) as version";
    let admin = app.test.admin().await;
    admin.batch_execute(&insert).await.unwrap();
    admin.batch_execute(&versions.replace("version, '{}'", "n, '{}'").replace("as version", "as n")).await.unwrap();
    let export = exported(&app, &owner).await;
    let files = unpacked(app.get(&link(&export)).send().await.expect(200).bytes());
    verify(&files);
    let ids = |path: &str| rows(&files, path).iter().map(|row| row["id"].to_string()).collect::<Vec<_>>();
    let workflows = ids("voice/workflows.jsonl");
    assert_eq!(workflows.len(), 2500);
    assert!(workflows.is_sorted_by(|one, other| one < other), "in order, none twice");
    assert_eq!(rows(&files, "voice/workflow_versions.jsonl").len(), 7500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_exports_their_own_data_and_nobody_elses() {
    let app = TestApp::with(voice()).await;
    let owner = app.owner().await;
    let member = app.member(&owner, Role::Viewer).await;
    let factor = json!({ "factor_type": "totp", "friendly_name": "My telephone" });
    app.post("/auth/v1/factors").token(&member.token).json(&factor).send().await.expect(200);
    let id = app.post("/api/v1/me/export").token(&member.token).send().await.expect(202).at("/id");
    run_jobs(&app).await;
    let path = format!("/api/v1/me/export/{id}");
    let export = app.get(&path).token(&member.token).send().await.expect(200).json();
    assert_eq!(export["state"], "ready", "{export}");
    let files = unpacked(app.get(&link(&export)).send().await.expect(200).bytes());
    let manifest = verify(&files);
    assert_eq!(manifest["user"], member.id);
    assert_eq!(rows(&files, "identity/profile.jsonl")[0]["email"], member.email);
    assert_eq!(rows(&files, "identity/factors.jsonl")[0]["friendly_name"], "My telephone");
    assert!(!rows(&files, "identity/sessions.jsonl").is_empty());
    assert!(!rows(&files, "identity/identities.jsonl").is_empty());
    assert!(!rows(&files, "identity/audit_entries.jsonl").is_empty());
    let memberships = rows(&files, "tenancy/memberships.jsonl");
    assert!(memberships.iter().any(|row| row["organization_id"] == owner.organization && row["role"] == "viewer"));
    let everything: Vec<u8> = files.values().flatten().copied().collect();
    let text = String::from_utf8_lossy(&everything);
    for secret in [&*owner.id, &*owner.email, "argon2", PASSWORD, &*member.token, &*member.refresh] {
        assert!(!text.contains(secret), "the archive contains {secret}");
    }

    app.get(&path).token(&owner.token).send().await.refused(404, "not_found");
    assert_eq!(app.get("/api/v1/me/export").token(&owner.token).send().await.expect(200).json()["data"], json!([]));
    assert_eq!(app.get("/api/v1/me/export").token(&member.token).send().await.expect(200).ids(), [id]);
    app.get(&format!("/api/v1/export/{}", export["id"].as_str().unwrap()))
        .person(&owner)
        .send()
        .await
        .refused(404, "not_found");
    assert_eq!(mails(&app, &member.email).await, ["export_ready"]);
    let again = app.post("/api/v1/me/export").token(&member.token).send().await.refused(429, "export_limit_reached");
    assert!(again.at("/detail").starts_with("This server allows 1 export a day."), "{again}");
}
