//! The engine of `examples/voice-engine`, started as its README says.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use freehold_core::Clock;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Scene, Works, engine_create};
use crate::{calls, harness::app::TestApp, owner, run, workflow};

/// A process that ends when this value is dropped.
struct Engine {
    child: Child,
    url: String,
}

impl Engine {
    fn start(secret: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/voice-engine/engine.py");
        let mut command = Command::new("python3");
        command.arg(file).arg("0").env("ENGINE_SECRET", secret).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3 starts");
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let url = first.trim().strip_prefix("listening on ").expect("the engine says where it listens").to_owned();
        Self { child, url }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_conducts_runs_from_end_to_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("http://{}", listener.local_addr().unwrap());
    // It checks the server's times against its own clock.
    let app = TestApp::with(crate::voice().at(&site, Clock::system().now())).await;
    let service = app.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    let served = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    let owner = owner(&app).await;
    let template = freehold_voice::template::template_find("appointment_reminder").unwrap();
    let workflow = workflow(&app, &owner, &json!(template.graph)).await;
    // The URL is known when the engine runs, and its secret once the engine is created here.
    let made = engine_create(&app, &owner, "https://engine.example.org/").await;
    let engine = Engine::start(&made.at("/secret"));
    let here = app.patch(&format!("/api/v1/engines/{}", made.at("/id"))).key(&owner.key);
    here.json(&json!({ "url": engine.url })).send().await.expect(200);

    let works = Works::on(&app);
    let body = json!({ "channel": "http", "inputs": template.sample_inputs, "phone_number": "+4930901820" });
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(run(&app, &owner, &workflow, &body).await.expect(201).at("/id"));
    }
    for id in ids {
        let path = format!("/api/v1/runs/{id}");
        let read = async || app.get(&path).key(&owner.key).send().await.expect(200);
        crate::harness::eventually("the call has ended", async || read().await.at("/ended_at") != "null").await;
        let ended = read().await;
        assert_eq!(Scene::outcome(&ended), ("completed".into(), "confirmed".into(), "true".into()), "{ended}");
        let ended = ended.json();
        let transcript = ended["transcript"].as_array().unwrap();
        assert!(transcript.iter().any(|line| line["speaker"] == "callee"), "{ended}");
        assert!(transcript[0]["text"].as_str().unwrap().contains("Ada Miller"), "{ended}");
        assert_eq!(ended["engine"]["stage"], "answered");
        assert_ne!(ended["cost"]["minor"], Value::from(0));
    }
    assert_eq!(calls(&app, &owner).await, (5, 0));
    drop(works);
    served.abort();
}
