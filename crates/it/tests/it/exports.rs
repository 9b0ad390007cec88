//! Exports: what is in an archive and what never is, the limit of the plan, links, and what is left of an export that
//! fails, expires or is cancelled.

mod archive;
mod endings;
mod links;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use freehold_compose as compose;
use freehold_jobs::{Worker, WorkerSettings};
use serde_json::Value;
use tokio::sync::watch;

use crate::harness::{
    app::{Ask, Person, TestApp},
    eventually,
};

/// Runs all waiting jobs.
pub(crate) async fn run_jobs(app: &TestApp) {
    let (db, random) = (app.backbone.db.clone(), app.test.random.clone());
    let worker = Worker::new(db, random, compose::handlers(&app.backbone), Vec::new(), WorkerSettings::default());
    let (stop, stopping) = watch::channel(false);
    let working = tokio::spawn(worker.run(stopping));
    let waiting =
        "select count(*) from freehold.jobs where kind = 'privacy.export' and state in ('waiting', 'running')";
    eventually("no export waits", async || app.count(waiting).await == 0).await;
    stop.send_replace(true);
    working.await.unwrap();
}

/// Requests an export of the user's organization.
fn request(app: &TestApp, person: &Person) -> Ask {
    app.post("/api/v1/export").person(person)
}

/// An export of the user's organization whose archive is ready.
async fn exported(app: &TestApp, person: &Person) -> Value {
    let id = request(app, person).send().await.expect(202).at("/id");
    run_jobs(app).await;
    let export = app.get(&format!("/api/v1/export/{id}")).person(person).send().await.expect(200).json();
    assert_eq!(export["state"], "ready", "{export}");
    export
}

/// Path and query of the link to an archive.
fn link(export: &Value) -> String {
    export["url"].as_str().unwrap().strip_prefix("https://app.example.org").unwrap().to_owned()
}

/// The files of an archive, unpacked by their paths.
fn unpacked(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let (name, mut content) = (file.name().unwrap().into_owned(), Vec::new());
        assert!(file.enclosed_name().is_some(), "{name} leads out of the folder");
        std::io::Read::read_to_end(&mut file, &mut content).unwrap();
        assert!(files.insert(name, content).is_none(), "a path appears twice");
    }
    files
}

/// The mails about exports to an address, by their templates.
async fn mails(app: &TestApp, to: &str) -> Vec<&'static str> {
    let mails = app.mails(to).await;
    mails.iter().map(|mail| mail.mail.template().name).filter(|template| template.starts_with("export_")).collect()
}

/// The files in a folder and in those below it.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { found.extend(files_below(&entry)) } else { found.push(entry) }
    }
    found
}

/// The rows of a file of JSON lines.
fn rows(files: &BTreeMap<String, Vec<u8>>, path: &str) -> Vec<Value> {
    let text = std::str::from_utf8(files.get(path).unwrap_or_else(|| panic!("{path} is missing"))).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}: {error}: {line}")))
        .collect()
}
