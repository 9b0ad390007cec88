//! A real S3 server in the test's process: it checks signatures, and keeps its objects in a folder.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use freehold_core::Secret;
use freehold_files::storage::S3Settings;
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use tokio::{net::TcpListener, task::JoinHandle};
use tower::ServiceExt;

use crate::scratch;

/// The bucket's name.
const NAME: &str = "files";
/// Its access key.
const KEY: (&str, &str) = ("AKIATEST", "a secret of the tests");

/// What MinIO answers when its disk is full.
const FULL: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>XMinioStorageFull</Code>\
                    <Message>Storage backend has reached its minimum free drive threshold.</Message></Error>";

/// A running server with one bucket.
pub struct Bucket {
    url: String,
    root: PathBuf,
    full: Arc<AtomicBool>,
    server: JoinHandle<()>,
}

impl Bucket {
    /// Starts the server on a free port.
    pub async fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let root = scratch().join(format!("bucket-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(root.join(NAME)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(&root).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY.0, KEY.1));
        let full = Arc::<AtomicBool>::default();
        let router = Router::new().fallback(answer).with_state((service.build(), full.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, root, full, server }
    }

    /// URL of the server.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The settings to use the bucket.
    pub fn settings(&self) -> S3Settings {
        S3Settings {
            bucket: NAME.to_owned(),
            region: Some("us-east-1".to_owned()),
            endpoint: Some(self.url.clone()),
            access_key: Some((KEY.0.to_owned(), Secret::new(KEY.1.to_owned()))),
            session_token: None,
        }
    }

    /// The same as variables of a program's environment.
    pub fn variables(&self) -> [(&'static str, &str); 5] {
        [
            ("S3_BUCKET", NAME),
            ("AWS_REGION", "us-east-1"),
            ("S3_ENDPOINT", &self.url),
            ("AWS_ACCESS_KEY_ID", KEY.0),
            ("AWS_SECRET_ACCESS_KEY", KEY.1),
        ]
    }

    /// Whether the disk of the server is full.
    pub fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }

    /// The folder with the objects.
    pub fn objects(&self) -> PathBuf {
        self.root.join(NAME)
    }

    /// How many parts of unfinished multipart uploads there are.
    pub fn parts(&self) -> usize {
        let entries = fs::read_dir(&self.root).unwrap().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(".upload_id-")).count()
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State((service, full)): State<(S3Service, Arc<AtomicBool>)>, request: Request) -> Response {
    if full.load(Ordering::Relaxed) && request.method() == Method::PUT {
        return (StatusCode::INSUFFICIENT_STORAGE, FULL).into_response();
    }
    match service.oneshot(request).await {
        Ok(answer) => answer.map(Body::new),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}")).into_response(),
    }
}

/// Every file below a folder: objects, and what is being written.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}
