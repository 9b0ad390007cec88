//! A server on a socket, and a helper through which a script uses the test's mails, clock and a page of another origin.

use std::{net::SocketAddr, path::PathBuf, process::Stdio, sync::Arc};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use freehold_core::{Clock, Secret};
use freehold_identity::{
    service_key::{ServiceKeySet, service_keys_show},
    signing::keys_refresh,
};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;
use tokio::{net::TcpListener, process::Command, sync::Mutex, task::JoinHandle};

use crate::harness::{
    CEILING,
    app::{Setup, TestApp},
};

/// A server that Supabase's client can reach, with the script's helper beside it.
pub(crate) struct House {
    /// URL of the server.
    url: String,
    /// URL of the helper.
    helper: String,
    /// The keys that the client is created with.
    keys: ServiceKeySet,
    helping: JoinHandle<()>,
    shared: Arc<Shared>,
}

struct Shared {
    app: TestApp,
    serving: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for House {
    fn drop(&mut self) {
        self.helping.abort();
        if let Ok(serving) = self.shared.serving.try_lock() {
            serving.iter().for_each(JoinHandle::abort);
        }
    }
}

impl House {
    /// Starts a server with this setup; its clock starts at the present, because the client reads its own clock.
    pub(crate) async fn open(setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = TestApp::with(setup.at(&url, Clock::system().now())).await;
        let router = app.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let identity = &app.backbone.identity;
        let keys = service_keys_show(&identity.keeper(), &identity.settings.issuer()).await.unwrap();
        keys_refresh(identity).await.unwrap();
        let shared = Arc::new(Shared { app, serving: Mutex::new(Some(serving)) });

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let helper = format!("http://{}", listener.local_addr().unwrap());
        let router = helper_router(shared.clone());
        let helping = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, helper, keys, helping, shared }
    }

    /// Runs a script of this folder, with the keys that are tokens.
    pub(crate) async fn run(&self, script: &str) {
        self.run_with(script, &self.keys.anon_key, &self.keys.service_role_key).await;
    }

    /// The same with the newer keys, which are not tokens.
    pub(crate) async fn run_with_newer_keys(&self, script: &str) {
        self.run_with(script, &self.keys.publishable_key, &self.keys.secret_key).await;
    }

    async fn run_with(&self, script: &str, anon: &Secret, service: &Secret) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/client/js").join(script);
        let mut node = Command::new("node");
        node.arg(path)
            .env("NODE_PATH", packages().join("node_modules"))
            .env("FREEHOLD_URL", &self.url)
            .env("HELPER_URL", &self.helper)
            .env("ANON_KEY", anon.expose())
            .env("SERVICE_KEY", service.expose());
        let output = node.stdin(Stdio::null()).kill_on_drop(true).output();
        let output = tokio::time::timeout(CEILING, output).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let all = output.status.success() && said.trim_end().ends_with("all of it");
        assert!(all, "{said}{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The folder where `scripts/test-programs.sh` unpacks them.
fn packages() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.freehold/supabase-client");
    assert!(folder.join("versions").is_file(), "{} is missing: run `make test`", folder.display());
    folder
}

fn helper_router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(async || Html("<!doctype html><title>An application</title>")))
        .route("/supabase.js", get(client_script))
        .route("/mail", get(mail))
        .route("/now", get(now))
        .route("/advance", post(advance))
        .route("/stop", post(stop))
        .with_state(shared)
}

#[derive(Deserialize)]
struct Asked {
    to: Option<String>,
    seconds: Option<i64>,
}

/// The newest mail to an address.
async fn mail(State(shared): State<Arc<Shared>>, Query(asked): Query<Asked>) -> Response {
    let mails = shared.app.mails(&asked.to.unwrap_or_default()).await;
    match mails.first() {
        Some(received) => {
            let mail = &received.mail;
            let template = mail.template().name;
            Json(json!({ "template": template, "code": mail.code(), "link": mail.link(), "count": mails.len() }))
                .into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The server's clock, in milliseconds since 1970.
async fn now(State(shared): State<Arc<Shared>>) -> String {
    shared.app.clock().now().as_millisecond().to_string()
}

async fn advance(State(shared): State<Arc<Shared>>, Query(asked): Query<Asked>) {
    shared.app.clock().advance(SignedDuration::from_secs(asked.seconds.unwrap_or_default()));
}

/// Takes the server off its socket.
async fn stop(State(shared): State<Arc<Shared>>) {
    if let Some(serving) = shared.serving.lock().await.take() {
        serving.abort();
        // Accepted connections are served to the end; the client opens a new connection for its next request.
        let _ = serving.await;
    }
}

async fn client_script() -> Response {
    let file = packages().join("node_modules/@supabase/supabase-js/dist/umd/supabase.js");
    let text = tokio::fs::read(file).await.unwrap();
    ([(header::CONTENT_TYPE, "text/javascript")], text).into_response()
}
