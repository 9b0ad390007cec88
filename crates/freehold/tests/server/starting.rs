//! What an operator reads when a program cannot start: which setting is wrong, where it is, and what to do; no texts
//! for callers of the API.

use std::{fs, io::Write, net::TcpListener, thread};

use crate::{
    nginx::free_address,
    postgres::{Postgres, connect},
    server::{Finished, Home, Program},
};

const PASSWORD: &str = "hunter2hunter2";
/// What callers of the API read, which is of no use at a terminal.
const FOR_CALLERS: &[&str] = &["An internal error", "trace id", "temporarily unavailable", "try again with the same"];
/// Every command that opens the database.
const COMMANDS: &[&[&str]] = &[
    &[],
    &["serve"],
    &["work"],
    &["migrate"],
    &["doctor"],
    &["keys", "list"],
    &["keys", "supabase"],
    &["users", "list"],
    &["mail", "list"],
    &["billing", "events"],
    &["plan", "acme", "pro"],
];

/// Asserts that a command refuses, with all of these texts and none for callers.
async fn refused(program: &Program, arguments: &[&str], said: &[&str]) -> Finished {
    let finished = program.run(arguments).await;
    assert_eq!(finished.code, Some(1), "{arguments:?}: {}", finished.output);
    // The doctor prints the advice after a dash, and every text in one line.
    for word in said {
        assert!(finished.output.contains(word), "{arguments:?} does not say {word:?}: {}", finished.output);
    }
    for word in FOR_CALLERS.iter().chain(&[PASSWORD, "panicked", "db error"]) {
        assert!(!finished.output.contains(word), "{arguments:?} says {word:?}: {}", finished.output);
    }
    finished
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_says_that_postgres_does_not_answer_and_which_setting_to_check() {
    let home = Home::new();
    let port = free_address().port();
    let url = format!("postgres://app:{PASSWORD}@127.0.0.1:{port}/x");
    let program = Program::at(&home).with("DATABASE_URL", &url);
    let sentence = format!("Postgres at 127.0.0.1:{port} does not answer: connection refused.");
    for arguments in COMMANDS {
        refused(&program, arguments, &[&sentence, "host and port in DATABASE_URL"]).await;
    }
    // If the other setting is the one that fails, it is named.
    let migrating = program.with("DATABASE_MIGRATION_URL", &url);
    refused(&migrating, &["migrate"], &[&sentence, "host and port in DATABASE_MIGRATION_URL"]).await;
    let lost = Program::at(&home).with("DATABASE_URL", "postgres://app@nowhere.invalid/x");
    refused(&lost, &["migrate"], &["The host of nowhere.invalid:5432 cannot be found", "DATABASE_URL"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_login_is_told_with_user_database_and_setting() {
    let home = Home::new();
    let postgres = Postgres::start_with_tcp(&home).await;
    let owner = connect(&postgres.url("postgres", "postgres")).await;
    let make = format!("create role app login password '{PASSWORD}'; create role mute login");
    owner.batch_execute(&make).await.unwrap();
    owner.batch_execute("create database apart").await.unwrap();
    owner.batch_execute("revoke connect on database apart from public").await.unwrap();
    let port = postgres.port();
    let at = |login: &str, rest: &str| {
        Program::at(&home).with("DATABASE_URL", &format!("postgres://{login}@127.0.0.1:{port}/{rest}"))
    };
    let place = format!("127.0.0.1:{port}");
    for (login, rest, said) in [
        ("app:wrong", "postgres", &["refused the password of the user \"app\"", "in DATABASE_URL"][..]),
        ("nobody:wrong", "postgres", &["the user \"nobody\"", "in DATABASE_URL"]),
        ("app", "postgres", &["asks for the password of the user \"app\"", "Add the password in DATABASE_URL"]),
        (&format!("app:{PASSWORD}"), "nothing", &["has no database \"nothing\"", "DATABASE_URL"]),
        (
            &format!("app:{PASSWORD}"),
            "apart",
            &["user \"app\" into the database \"apart\"", "grant connect on database"],
        ),
        (&format!("app:{PASSWORD}"), "postgres?sslmode=require", &["offers no TLS", "sslmode=disable"]),
    ] {
        for arguments in [&["migrate"][..], &["keys", "list"], &["doctor"]] {
            let said: Vec<&str> = said.iter().copied().chain([place.as_str()]).collect();
            refused(&at(login, rest), arguments, &said).await;
        }
    }
    // The login may connect, and nothing else.
    let rights = at(&format!("app:{PASSWORD}"), "postgres");
    refused(&rights, &["migrate"], &["may not create", "DATABASE_MIGRATION_URL"]).await;
    drop(owner);
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_postgres_is_told_so() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
        }
    });
    let at = |url: String| Program::at(&home).with("DATABASE_URL", &url);
    let wrong = at(format!("postgres://app@127.0.0.1:{port}/x?sslmode=disable"));
    refused(&wrong, &["migrate"], &[&format!("127.0.0.1:{port}"), "DATABASE_URL"]).await;
    let lost = at("postgres://app@127.0.0.1:1/x?sslmode=verify-full&sslrootcert=/nowhere.pem".to_owned());
    for arguments in [&["migrate"][..], &["keys", "list"]] {
        refused(&lost, arguments, &["127.0.0.1:1", "/nowhere.pem", "Correct sslrootcert in DATABASE_URL"]).await;
    }
    for (url, said) in [
        (format!("mysql://app:{PASSWORD}@127.0.0.1/x"), "begins with mysql://, which is not Postgres"),
        (format!("postgres://app:{PASSWORD}@127.0.0.1/x?schema=public"), "its parameter schema is not one"),
        (format!("app:{PASSWORD}@127.0.0.1/x"), "does not begin with postgres://"),
        (format!("postgres://app:{PASSWORD}@127.0.0.1/x?sslmode=sometimes"), "sslmode=sometimes"),
    ] {
        refused(&at(url.clone()), &["migrate"], &["DATABASE_URL is invalid: ", said]).await;
        refused(&at(url), &["doctor"], &["DATABASE_URL is invalid: ", said]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_product_of_the_database_is_told_without_words_for_callers() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let program = Program::at(&home).with("DATABASE_URL", &postgres.database("freehold").await);
    program.start().await.stop().await;
    let other = program.with("FREEHOLD_PRODUCT", "studio");
    for arguments in [&[][..], &["work"], &["doctor"]] {
        refused(&other, arguments, &["belongs to the product \"voice\"", "--product voice"]).await;
    }
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_folder_that_cannot_be_one_is_named_with_its_option() {
    let home = Home::new();
    let file = home.path().join("afile");
    fs::write(&file, "").unwrap();
    let at = |path: &str| Program::at(&home).with("FREEHOLD_DATA", path);
    for path in [file.to_str().unwrap(), &format!("{}/below", file.display())] {
        for arguments in [&[][..], &["keys", "list"], &["migrate"], &["doctor"]] {
            refused(&at(path), arguments, &["the data folder ", path, "is a file, not a folder", "--data"]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_usual_form_of_a_listening_address_is_taken() {
    let home = Home::begun().await;
    for (listen, site) in
        [("localhost:0", "http://localhost:"), ("127.0.0.1:0", "http://127.0.0.1:"), (":0", "http://localhost:")]
    {
        let server = Program::at(&home).with("FREEHOLD_LISTEN", listen).start().await;
        assert!(server.site.starts_with(site), "{listen}: {}", server.site);
        server.stop().await;
    }
    let port = free_address().port().to_string();
    let server = Program::at(&home).with("FREEHOLD_LISTEN", &port).start().await;
    assert_eq!(server.site, format!("http://127.0.0.1:{port}"));
    server.stop().await;
    for listen in ["localhost", "nowhere", "127.0.0.1:http", "http://localhost:8080"] {
        let program = Program::at(&home).with("FREEHOLD_LISTEN", listen);
        refused(&program, &[], &["FREEHOLD_LISTEN is ", "localhost:8080", "0.0.0.0:8080"]).await;
        let typed = Program::at(&home);
        refused(&typed, &["--listen", listen], &["--listen is ", "localhost:8080"]).await;
    }
    let foreign = Program::at(&home).with("FREEHOLD_LISTEN", "192.0.2.1:8080");
    for arguments in [&[][..], &["doctor"]] {
        refused(&foreign, arguments, &["cannot listen on 192.0.2.1:8080", "no such address"]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_setting_of_the_file_is_taken_from_the_environment_and_an_unknown_one_stops_the_start() {
    let home = Home::new();
    let program = Program::at(&home)
        .with("FREEHOLD_AUTH_SIGNUP_DISABLED", "true")
        .with("FREEHOLD_CONNECTIONS_MOST", "77")
        .with("FREEHOLD_OUTBOUND_ALLOW", "10.1.0.0/16, fd12::/32")
        // The environment of a pod that runs beside a Kubernetes service with the name freehold.
        .with("FREEHOLD_SERVICE_HOST", "10.96.0.12")
        .with("FREEHOLD_PORT", "tcp://10.96.0.12:80")
        .with("FREEHOLD_PORT_80_TCP_ADDR", "10.96.0.12");
    let shown = program.run(&["settings", "--product", "studio"]).await;
    assert_eq!(shown.code, Some(0), "{}", shown.output);
    for line in [
        "auth.signup_disabled = true  # FREEHOLD_AUTH_SIGNUP_DISABLED",
        "connections.most = 77  # FREEHOLD_CONNECTIONS_MOST",
        "product = \"studio\"  # --product",
        "auth.code_digits = 6  # default",
        "DATABASE_URL: not set",
    ] {
        assert!(shown.output.lines().any(|found| found == line), "{line}: {}", shown.output);
    }
    let server = program.start().await;
    let body = serde_json::json!({ "email": "ada@example.org", "password": "correct horse battery" });
    let client = crate::client::Client::new();
    let signup = client.request(reqwest::Method::POST, format!("{}/auth/v1/signup", server.site)).json(&body);
    let refused_signup = client.send(signup).await.unwrap();
    assert_eq!(refused_signup.body["error_code"], "signup_disabled", "{refused_signup:?}");
    server.stop().await;

    let wrong = program.with("FREEHOLD_LISTN", "1").with("FREEHOLD_AUTH_PASSKEYS", "maybe");
    fs::write(home.path().join("freehold.toml"), "[database]\nconections = 4\n\n[auth]\nDATABASE_URL = \"x\"\n")
        .unwrap();
    let said = [
        "4 settings are wrong",
        "freehold.toml, line 2: there is no setting conections in [database]. Did you mean connections?",
        "freehold.toml, line 5: DATABASE_URL in [auth] is a secret",
        "Did you mean FREEHOLD_LISTEN?",
        "FREEHOLD_AUTH_PASSKEYS is \"maybe\". Write true or false",
    ];
    for arguments in [&[][..], &["migrate"], &["work"]] {
        refused(&wrong, arguments, &said).await;
    }
    refused(&wrong, &["doctor"], &said[1..]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_url_with_a_path_a_query_or_a_fragment_is_refused() {
    let home = Home::new();
    for (url, said) in [
        ("https://app.example.org/backbone", "site_url has the path /backbone"),
        ("https://app.example.org?x=y", "site_url has a query"),
        ("https://app.example.org/#x", "site_url has a fragment"),
    ] {
        let program = Program::at(&home).with("FREEHOLD_SITE_URL", url);
        for arguments in [&[][..], &["work"], &["doctor"]] {
            refused(&program, arguments, &[said, "FREEHOLD_SITE_URL"]).await;
        }
        refused(&Program::at(&home), &["--site-url", url], &[said, "--site-url"]).await;
    }
}
