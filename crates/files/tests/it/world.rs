//! A server with an owner, on a folder or on an S3.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request},
};
use bytes::Bytes;
use freehold_core::{Bounds, Caller, SessionId, Standing, UserId};
use freehold_files::{
    FileLimits, Files,
    check::{Checked, files_check},
    storage::{Storage, StorageSettings},
    sweep::files_sweep,
};
use futures_util::{Stream, StreamExt, stream};
use jiff::SignedDuration;
use tower::ServiceExt;

use crate::harness::{
    app::{Answer, Ask, Person, Setup, TestApp},
    bucket::{Bucket, files_below},
    scratch,
};

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) owner: Person,
    /// The S3; none: the objects are in a folder.
    pub(crate) bucket: Option<Bucket>,
    pub(crate) folder: PathBuf,
}

impl World {
    pub(crate) async fn in_folder() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = scratch().join(format!("folder-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        Self::with(StorageSettings::Folder(folder.clone()), folder, None).await
    }

    pub(crate) async fn in_s3() -> Self {
        let bucket = Bucket::start().await;
        Self::with(StorageSettings::S3(bucket.settings()), bucket.objects(), Some(bucket)).await
    }

    async fn with(settings: StorageSettings, folder: PathBuf, bucket: Option<Bucket>) -> Self {
        // A file may have 20 MB, and an organization 30 MB.
        let limits = FileLimits { file: 20_000_000, organization: None, redirect: true };
        let files = Files { storage: Storage::open(&settings).unwrap(), limits };
        let setup = Setup::default().with_text(include_str!("product.toml").to_owned()).storing(files);
        let app = TestApp::with(setup).await;
        let owner = app.owner().await;
        Self { app, owner, bucket, folder }
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.app.backbone.files.storage
    }

    /// The owner as a caller.
    pub(crate) async fn caller(&self) -> Arc<Caller> {
        let tenant = self.owner.organization.parse().unwrap();
        let found = self.app.backbone.system_caller(tenant, "test").await.unwrap().unwrap();
        let user: UserId = self.app.test.ids.next();
        let session: SessionId = self.app.test.ids.next();
        let (role, plan) = (found.role(), found.plan().clone());
        Arc::new(Caller::member(tenant, user, session, Bounds::of_role(role), plan, Standing::Good))
    }

    /// An upload by the owner.
    pub(crate) fn upload(&self, name: &str, content: impl Into<Vec<u8>>) -> Ask {
        self.app.post(&format!("/api/v1/files?name={name}")).person(&self.owner).bytes(content)
    }

    /// The id of an uploaded file.
    pub(crate) async fn uploaded(&self, content: impl Into<Vec<u8>>) -> String {
        self.upload("a.bin", content).send().await.expect(201).at("/id")
    }

    /// An upload whose length is not declared; the status and the body of the answer.
    pub(crate) async fn stream(
        &self,
        body: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    ) -> (u16, String) {
        let request = Request::builder().method(Method::POST).uri("/api/v1/files?name=stream.bin");
        let request = request.header("authorization", format!("Bearer {}", self.owner.token));
        let mut request = request.body(Body::from_stream(body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 50_000))));
        let answer = self.app.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    pub(crate) fn content(&self, id: &str) -> Ask {
        self.app.get(&format!("/api/v1/files/{id}/content")).person(&self.owner)
    }

    pub(crate) async fn delete(&self, id: &str) -> Answer {
        self.app.delete(&format!("/api/v1/files/{id}")).person(&self.owner).send().await
    }

    /// Used and reserved bytes.
    pub(crate) async fn used(&self) -> (i64, i64) {
        let query =
            "select coalesce(sum(used), 0)::bigint, coalesce(sum(reserved), 0)::bigint from freehold.usage_totals
                     where meter = 'storage'";
        let row = self.app.test.admin().await.query_one(query, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }

    /// What the storage has: objects, and what is being written.
    pub(crate) fn objects(&self) -> Vec<PathBuf> {
        files_below(&self.folder)
    }

    pub(crate) async fn sweep(&self) -> u64 {
        files_sweep(&self.app.backbone.db, self.storage()).await.unwrap()
    }

    /// Lets every upload that is under way become due.
    pub(crate) fn wait(&self) {
        self.app.clock().advance(SignedDuration::from_mins(20));
    }

    pub(crate) async fn check(&self) -> Checked {
        files_check(&self.app.backbone.db, self.storage(), false).await.unwrap()
    }

    /// Asserts that there are this many files, and nothing besides them: no other row, no other object, no other byte.
    pub(crate) async fn assert_sound(&self, files: usize) {
        let checked = self.check().await;
        assert_eq!(checked.findings, []);
        assert_eq!(usize::try_from(checked.files).unwrap(), files);
        assert_eq!(self.objects().len(), files, "{:?}", self.objects());
        assert_eq!(self.bucket.as_ref().map_or(0, Bucket::parts), 0);
        let rows = self.app.count("select count(*) from freehold.files").await;
        assert_eq!(usize::try_from(rows).unwrap(), files, "rows");
        let stored = self.app.count("select coalesce(sum(size), 0)::bigint from freehold.files").await;
        assert_eq!(self.used().await, (stored, 0));
    }
}

/// Bytes that repeat after a prime number, so that parts differ.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|index| u8::try_from(index % 251).unwrap()).collect()
}

/// The same in chunks.
pub(crate) fn chunks(content: Vec<u8>, size: usize) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    let content = Bytes::from(content);
    stream::unfold(content, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        let chunk = rest.split_to(size.min(rest.len()));
        Some((Ok(chunk), rest))
    })
    .boxed()
}
