//! Commands beside a running server: they find the server, wherever its socket is, and report its actual state.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::{
    client::Client,
    postgres::Postgres,
    server::{Home, Program},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_find_the_server_of_a_data_folder_whose_path_is_too_long_for_a_socket() {
    let home = Home::new();
    let deep = home.path().join("d".repeat(80)).join("e".repeat(60));
    fs::create_dir_all(&deep).unwrap();
    for folder in deep.ancestors().take(2) {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let program = Program::at(&home).with("FREEHOLD_DATA", deep.join("data").to_str().unwrap());
    let server = program.start().await;
    for arguments in [&["keys", "list"][..], &["doctor"], &["users", "list"], &["migrate"]] {
        // A command may have a different folder for temporary files than the server.
        let finished = program.clone().with("TMPDIR", home.path().to_str().unwrap()).run(arguments).await;
        assert_eq!(finished.code, Some(0), "{arguments:?}: {}", finished.output);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_and_keys_name_the_address_at_which_the_server_beside_them_listens() {
    let home = Home::begun().await;
    let program = Program::at(&home);
    let server = program.start().await;
    let beside = program.clone().with("FREEHOLD_LISTEN", "127.0.0.1:8080");
    let keys = beside.run(&["keys", "supabase"]).await.output;
    assert!(keys.contains(&format!("SUPABASE_URL={}", server.site)), "{keys}");
    let doctor = beside.run(&["doctor"]).await.output;
    let address = server.site.trim_start_matches("http://");
    assert!(
        doctor.contains(&format!(
            "a server (process {}) runs on this data folder, listens on {address}",
            server.process()
        )),
        "{doctor}"
    );
    assert!(doctor.contains("the database of the running server answers"), "{doctor}");
    assert!(!doctor.contains(":8080"), "{doctor}");
    server.stop().await;
    let alone = beside.run(&["keys", "supabase"]).await.output;
    assert!(alone.contains("SUPABASE_URL=http://127.0.0.1:8080"), "{alone}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_for_applications_are_good_when_they_are_printed() {
    for round in 0..3 {
        let home = Home::begun().await;
        let program = Program::at(&home);
        let server = program.start().await;
        for arguments in [&["keys", "supabase", "--json"][..], &["keys", "supabase", "--json", "--renew"]] {
            let printed = program.run(arguments).await;
            assert_eq!(printed.code, Some(0), "{}", printed.output);
            let begin = printed.output.find('{').unwrap();
            let keys: serde_json::Value = serde_json::from_str(&printed.output[begin..]).unwrap();
            for name in ["service_role_key", "secret_key"] {
                let key = keys[name].as_str().unwrap();
                let url = format!("{}/auth/v1/admin/users", keys["url"].as_str().unwrap());
                let request = Client::new().request(reqwest::Method::GET, url).bearer_auth(key).header("apikey", key);
                let answer = Client::new().send(request).await.unwrap();
                assert_eq!(answer.status, 200, "round {round}, {arguments:?}, {name}: {answer:?}");
            }
        }
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_fails_a_secret_key_that_serve_refuses() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let program = Program::at(&home).with("DATABASE_URL", &postgres.database("freehold").await);
    let (right, wrong) = ("0123456789abcdef".repeat(4), "fedcba9876543210".repeat(4));
    let right = program.clone().with("FREEHOLD_SECRET_KEY", &right);
    right.start().await.stop().await;
    let good = right.run(&["doctor"]).await;
    assert!(good.output.contains("the signing keys in the database open with FREEHOLD_SECRET_KEY"), "{}", good.output);
    let refused = program.with("FREEHOLD_SECRET_KEY", &wrong).run(&["doctor"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.output.contains("do not open with FREEHOLD_SECRET_KEY"), "{}", refused.output);
    assert!(!refused.output.contains(&wrong), "{}", refused.output);
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_start_screen_recommends_only_what_works_there() {
    let home = Home::new();
    let screen = async |program: &Program| {
        let server = program.start().await;
        let screen = server.output.holding("Ctrl-C stops it").await;
        let site = server.site.clone();
        (server, screen, site)
    };
    let voice = Program::at(&home);
    let (server, text, site) = screen(&voice).await;
    assert!(text.contains(&format!("demo --url {site}")), "{text}");
    let real = fs::canonicalize(home.data().join("postgres")).unwrap();
    assert!(text.contains(&format!("local Postgres in {}", real.display())), "{text}");
    let data = fs::canonicalize(home.data()).unwrap();
    assert!(text.contains(&format!("stored in {}", data.join("files").display())), "{text}");
    let played = voice.run(&["demo", "--url", &site]).await;
    assert_eq!(played.code, Some(0), "{}", played.output);
    server.stop().await;

    for product in ["documents", "pharmacy", "studio"] {
        let home = Home::new();
        let program = Program::at(&home).with("FREEHOLD_PRODUCT", product);
        let (server, text, site) = screen(&program).await;
        assert!(!text.contains(" demo"), "{product}: {text}");
        assert!(text.contains("doctor"), "{product}: {text}");
        let refused = program.run(&["demo", "--url", &site]).await;
        assert!(refused.code == Some(1) && refused.output.contains("--product voice"), "{}", refused.output);
        assert!(!refused.output.contains("expected"), "it says it at once: {}", refused.output);
        server.stop().await;
    }
    let bucket = voice.clone().with("S3_BUCKET", "acme-files").with("S3_ENDPOINT", "http://127.0.0.1:9");
    let (server, text, _) = screen(&bucket).await;
    assert!(text.contains("real      the bucket acme-files at http://127.0.0.1:9"), "{text}");
    server.stop().await;
    for (name, value) in [
        ("FREEHOLD_SITE_URL", "https://app.example.org"),
        ("FREEHOLD_AUTH_SIGNUP_DISABLED", "true"),
        ("FREEHOLD_BILLING_ENABLED", "false"),
    ] {
        let (server, text, _) = screen(&voice.clone().with(name, value)).await;
        assert!(!text.contains(" demo"), "{name}: {text}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_proxy_on_the_machine_opens_no_page_of_dev() {
    let home = Home::begun().await;
    let near = Program::at(&home);
    let pages = ["/dev/mail", "/dev/mail/messages", "/dev/mail/templates", "/dev/billing"];
    let server = near.start().await;
    for page in pages {
        assert_eq!(Client::new().get(format!("{}{page}", server.site)).await.unwrap().status, 200, "{page}");
        // As nginx does by default: HTTP/1.0, the upstream's own host name, and no header that names the visitor.
        assert!(old_request(&server.site, page).await.starts_with("HTTP/1.0 404"), "{page}");
    }
    server.stop().await;
    // If the site has another name, no visitor counts as being at this machine.
    for mailbox in ["always", "local"] {
        let far =
            near.clone().with("FREEHOLD_SITE_URL", "https://app.example.org").with("FREEHOLD_MAIL_MAILBOX", mailbox);
        let server = far.start().await;
        for page in pages {
            assert_eq!(Client::new().get(format!("{}{page}", server.site)).await.unwrap().status, 404, "{page}");
        }
        let home_page = Client::new().get(format!("{}/", server.site)).await.unwrap();
        assert!(!format!("{home_page:?}").contains("What it runs on"), "{home_page:?}");
        server.stop().await;
    }
}

/// Returns the response to a request as an older proxy sends it.
async fn old_request(site: &str, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = site.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
