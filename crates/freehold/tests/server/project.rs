//! A server whose users sign in at a Supabase project. Another Freehold server plays the part of the project.

use reqwest::{Method, header, redirect::Policy};
use serde_json::Value;

use crate::{
    client::{Client, Tenant, text},
    nginx::free_address,
    server::{Home, Program, Server, eventually},
};

/// Starts the project, and returns it with the keys that it gives to applications.
async fn project(home: &Home) -> (Server, Value) {
    let program = Program::at(home);
    let server = program.start().await;
    let port = server.site.rsplit_once(':').unwrap().1.to_owned();
    let at = program.with("FREEHOLD_LISTEN", &format!("127.0.0.1:{port}"));
    let printed = at.run(&["keys", "supabase", "--json"]).await;
    assert_eq!(printed.code, Some(0), "{}", printed.output);
    let keys = serde_json::from_str(&printed.output[printed.output.find('{').unwrap()..]).unwrap();
    (server, keys)
}

/// A server that uses this project.
fn customer(home: &Home, project: &Server, keys: &Value) -> Program {
    Program::at(home)
        .with("SUPABASE_URL", &project.site)
        .with("SUPABASE_SERVICE_ROLE_KEY", &text(keys, "/service_role_key"))
        .with("SUPABASE_ANON_KEY", &text(keys, "/anon_key"))
}

async fn doctor(program: &Program) -> String {
    program.run(&["doctor"]).await.output
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_of_a_project_sign_in_on_pages_pay_and_are_locked_out_with_a_ban() {
    let (home, other) = (Home::new(), Home::new());
    let (project, keys) = project(&other).await;
    let ada = Tenant::sign_up(&project.site, "ada").await;
    let program = customer(&home, &project, &keys);
    let server = program.start().await;
    let screen = server.output.text();
    assert!(screen.contains(&format!("the Supabase project at {}", project.site)), "{screen}");
    assert!(!screen.contains("Sign in as"), "no link of this server signs anybody in: {screen}");

    let browser = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let signed_out = browser.get(format!("{}/billing", server.site)).send().await.unwrap().text().await.unwrap();
    assert!(signed_out.contains("action=\"/sign-in/password\""), "{signed_out}");
    let form = [("email", "ada@example.test"), ("password", "correct horse battery")];
    let to = ("redirect_to", format!("{}/billing", server.site));
    let form: Vec<(&str, &str)> = form.into_iter().chain([(to.0, to.1.as_str())]).collect();
    let body = form.iter().map(|(name, value)| format!("{name}={}", freehold_core::percent_encode(value)));
    let body = body.collect::<Vec<_>>().join("&");
    let request = browser
        .post(format!("{}/sign-in/password", server.site))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let arrived = request.body(body).send().await.unwrap();
    assert_eq!(
        (arrived.status().as_u16(), arrived.headers()[header::LOCATION].to_str().unwrap()),
        (303, to.1.as_str())
    );
    let cookies = arrived.headers().get_all(header::SET_COOKIE).iter();
    let cookies: Vec<&str> = cookies.map(|cookie| cookie.to_str().unwrap()).collect();
    assert!(cookies.iter().all(|cookie| cookie.contains("; HttpOnly")), "{cookies:?}");
    let cookies: Vec<&str> = cookies.iter().filter_map(|cookie| cookie.split(';').next()).collect();
    let billing = browser.get(&to.1).header(header::COOKIE, cookies.join("; ")).send().await.unwrap();
    let billing = billing.text().await.unwrap();
    assert!(billing.contains("ada@example.test") && billing.contains("action=\"/sign-out\""), "{billing}");

    let me = async || {
        let request = ada.client.request(Method::GET, format!("{}/api/v1/me", server.site));
        ada.client.send(request.bearer_auth(&ada.access_token)).await.unwrap()
    };
    let id = text(&me().await.expect(200), "/id");
    let client = Client::new();
    let ban = client.request(Method::PUT, format!("{}/auth/v1/admin/users/{id}", project.site));
    let ban = ban.bearer_auth(text(&keys, "/service_role_key")).json(&serde_json::json!({ "ban_duration": "24h" }));
    client.send(ban).await.unwrap().expect(200);
    eventually("the ban is seen", async || me().await.status == 401).await;
    // The log arrives through a pipe of its own, and names one reason per second.
    let why = "an access token was refused: the token's user is banned";
    eventually("the log says why", async || me().await.status == 401 && server.output.text().contains(why)).await;
    let log = server.output.text();
    for secret in ["/service_role_key", "/anon_key", "/secret_key"] {
        assert!(!log.contains(&text(&keys, secret)), "a key is in the log");
    }
    server.stop().await;
    project.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_looks_at_the_project_and_at_the_keys() {
    let (home, other) = (Home::new(), Home::new());
    let (project, keys) = project(&other).await;
    let program = customer(&home, &project, &keys);
    let well = doctor(&program).await;
    for said in [
        &format!("people sign in at {}; 1 of its keys can be used", project.site),
        "SUPABASE_SECRET_KEY administers its users",
        "SUPABASE_PUBLISHABLE_KEY signs visitors of pages in",
    ] {
        assert!(well.contains(said), "{said}: {well}");
    }
    let anon = text(&keys, "/anon_key");
    for (changed, said) in [
        (program.clone().with("SUPABASE_SERVICE_ROLE_KEY", &anon), "SUPABASE_SECRET_KEY is a key of the kind anon"),
        (
            program.clone().with("SUPABASE_ANON_KEY", &text(&keys, "/secret_key")),
            "SUPABASE_PUBLISHABLE_KEY is a key of the kind service_role",
        ),
        (
            program.clone().with("SUPABASE_SERVICE_ROLE_KEY", "sb_secret_wrong"),
            "the Supabase project refuses SUPABASE_SECRET_KEY",
        ),
        (program.clone().with("SUPABASE_SERVICE_ROLE_KEY", ""), "SUPABASE_SECRET_KEY is not set"),
        (program.clone().with("SUPABASE_ANON_KEY", ""), "SUPABASE_PUBLISHABLE_KEY is not set"),
        (program.clone().with("SUPABASE_URL", &format!("{}/nowhere", project.site)), "correct SUPABASE_URL"),
        // With a database on another machine, Freehold may not connect to addresses of this machine.
        (program.clone().with("DATABASE_URL", "postgres://u@127.0.0.1:1/none"), "or open its address in [outbound]"),
        (program.clone().with("SUPABASE_URL", &format!("http://{}", free_address())), "is not reached"),
    ] {
        let output = doctor(&changed).await;
        assert!(output.contains(said), "{said}: {output}");
    }
    project.stop().await;
}
