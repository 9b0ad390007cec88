//! Rotation of signing keys while three servers run.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    client::{Client, Tenant, text},
    postgres::Postgres,
    server::{Home, Program, Server, eventually},
};

/// How many users refresh their sessions, each one refresh after the other.
const PEOPLE: usize = 6;
/// How often the key is rotated.
const ROTATIONS: usize = 6;
/// The fewest tokens that are used between two rotations.
const BETWEEN: usize = 60;

/// Starts three servers on one database.
async fn three(home: &Home, postgres: &Postgres) -> (Program, Vec<Server>) {
    fs::write(home.path().join("freehold.toml"), "[auth.limits]\nenabled = false\n").unwrap();
    let program = Program::at(home)
        .with("DATABASE_URL", &postgres.database("freehold").await)
        .with("FREEHOLD_SECRET_KEY", &"5eed".repeat(16))
        .with("FREEHOLD_SITE_URL", "http://one.test");
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(program.start().await);
    }
    (program, servers)
}

fn kid_of(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    text(&serde_json::from_slice(&header).unwrap(), "/kid")
}

/// Sends tokens with invented key ids, each of which is refused. Returns how many.
async fn made_up(site: String, stop: Arc<AtomicBool>) -> u64 {
    let (client, mut sent) = (Client::new(), 0);
    while !stop.load(Relaxed) {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": format!("made-up-{sent}") }).to_string();
        let token = format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(header));
        let request = client.request(Method::GET, format!("{site}/api/v1/me")).bearer_auth(token);
        client.send(request).await.unwrap().expect(401);
        sent += 1;
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_rotated_at_once_under_load_refuse_no_token_at_three_servers() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let (program, servers) = three(&home, &postgres).await;
    let sites: Vec<String> = servers.iter().map(|server| server.site.clone()).collect();
    let (shown, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut people = JoinSet::new();
    for number in 0..PEOPLE {
        let mut tenant = Tenant::sign_up(&sites[0], &format!("rotation-{number}")).await;
        let (sites, shown, stop) = (sites.clone(), Arc::clone(&shown), Arc::clone(&stop));
        people.spawn(async move {
            let mut refused = Vec::new();
            while !stop.load(Relaxed) {
                tenant.refresh(&sites[0]).await.unwrap().expect(200);
                let show = async |site: &str, path: &str| {
                    let request = tenant.client.request(Method::GET, format!("{site}{path}"));
                    let answer = tenant.client.send(request.bearer_auth(&tenant.access_token)).await.unwrap();
                    shown.fetch_add(1, Relaxed);
                    (answer.status != 200).then(|| format!("{site}{path}: {}", answer.status))
                };
                // Clients that check tokens themselves find the key at every server, too.
                let kid = kid_of(&tenant.access_token);
                let published = async |site: &str| {
                    let set = tenant.client.get(format!("{site}/auth/v1/.well-known/jwks.json")).await.unwrap();
                    let keys = set.expect(200);
                    let found = keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == kid.as_str());
                    (!found).then(|| format!("{site} does not publish {kid}"))
                };
                let (one, two, three) = tokio::join!(
                    show(&sites[1], "/api/v1/me"),
                    show(&sites[2], "/auth/v1/user"),
                    published(&sites[number % 3])
                );
                refused.extend([one, two, three].into_iter().flatten());
            }
            refused
        });
    }
    let noise = tokio::spawn(made_up(sites[1].clone(), Arc::clone(&stop)));
    for _ in 0..ROTATIONS {
        let until = shown.load(Relaxed) + BETWEEN;
        eventually("tokens are shown", async || shown.load(Relaxed) >= until).await;
        let rotated = program.run(&["keys", "rotate", "--now"]).await;
        assert_eq!(rotated.code, Some(0), "{}", rotated.output);
    }
    let until = shown.load(Relaxed) + BETWEEN;
    eventually("tokens are shown", async || shown.load(Relaxed) >= until).await;
    stop.store(true, Relaxed);
    let refused: Vec<String> = people.join_all().await.into_iter().flatten().collect();
    println!("{} tokens shown in {ROTATIONS} rotations, {} refused", shown.load(Relaxed), refused.len());
    println!("{} tokens with made-up keys", noise.await.unwrap());
    assert_eq!(refused, Vec::<String>::new());
    for server in servers {
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_applications_are_good_at_every_server_when_they_are_printed() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let (program, servers) = three(&home, &postgres).await;
    for renew in [false, true, true] {
        let arguments: &[&str] =
            if renew { &["keys", "supabase", "--json", "--renew"] } else { &["keys", "supabase", "--json"] };
        let printed = program.run(arguments).await;
        assert_eq!(printed.code, Some(0), "{}", printed.output);
        let begin = printed.output.find('{').unwrap();
        let keys: serde_json::Value = serde_json::from_str(&printed.output[begin..]).unwrap();
        for server in &servers {
            for name in ["service_role_key", "secret_key"] {
                let client = Client::new();
                let request = client.request(Method::GET, format!("{}/auth/v1/admin/users", server.site));
                let request = request.header("apikey", text(&keys, &format!("/{name}")));
                client.send(request.bearer_auth(text(&keys, &format!("/{name}")))).await.unwrap().expect(200);
            }
        }
    }
    for server in servers {
        server.stop().await;
    }
}
