//! What an operator can do with users on the command line, beside a running server.

use reqwest::Method;
use serde_json::json;

use crate::{
    client::{Answer, Client, Tenant},
    postgres::connect,
    server::{Home, Program, eventually},
};

async fn sign_in(site: &str, email: &str) -> Answer {
    let client = Client::new();
    let url = format!("{site}/auth/v1/token?grant_type=password");
    let body = json!({ "email": email, "password": "correct horse battery" });
    client.send(client.request(Method::POST, url).json(&body)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_locks_people_out_lets_them_in_and_deletes_them_and_it_is_written_down() {
    let home = Home::begun().await;
    let program = Program::at(&home);
    let server = program.start().await;
    let person = Tenant::sign_up(&server.site, "ada").await;
    let email = "ada@example.test";
    let operate = async |arguments: &[&str], code: i32| {
        let run = program.run(arguments).await;
        assert_eq!(run.code, Some(code), "{}", run.output);
        run.output
    };

    assert!(operate(&["users", "list", "ada@"], 0).await.contains("ada@example.test\n  since "));
    let said = operate(&["users", "ban", "Ada@example.test", "--for", "24h"], 0).await;
    assert!(said.contains("is locked out until "), "{said}");
    assert_eq!(sign_in(&server.site, email).await.expect(400)["error_code"], "user_banned");
    let me = async || {
        let client = &person.client;
        let asks = client.request(Method::GET, format!("{}/api/v1/me", server.site)).bearer_auth(&person.access_token);
        client.send(asks).await.unwrap().status
    };
    eventually("his session stops", async || me().await != 200).await;
    operate(&["users", "ban", email, "--lift"], 0).await;
    sign_in(&server.site, email).await.expect(200);

    assert!(operate(&["users", "ban", "nobody@example.test"], 1).await.contains("no user has the address"));
    assert!(operate(&["users", "ban", email, "--for", "soon"], 1).await.contains("is no span such as 24h"));
    operate(&["users", "delete", email], 0).await;
    assert_eq!(sign_in(&server.site, email).await.expect(400)["error_code"], "invalid_credentials");

    // Exit codes of an import: 1 for a file without users, 3 if rows were refused, 0 if all users exist afterwards.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.sql");
    let import = async |dump: &str, code: i32| {
        std::fs::write(&file, dump).unwrap();
        operate(&["users", "import", file.to_str().unwrap()], code).await
    };
    let said = import("", 1).await;
    assert!(said.contains("nothing was imported from ") && said.contains("it is empty"), "{said}");
    assert!(import("PGDMP\u{1}\u{e}", 1).await.contains("pg_restore --data-only --schema auth"));
    let row = |id: &str, email: &str| format!("INSERT INTO auth.users (id, email) VALUES ('{id}', '{email}');\n");
    let (good, odd) =
        (row("0b0b7f5e-0000-4000-8000-000000000001", "eve@example.test"), row("seven", "seven@example.test"));
    let said = import(&format!("{good}{odd}"), 3).await;
    assert!(said.contains("refused: line 2: user seven: its id is not a UUID"), "{said}");
    assert!(said.contains("users: 1 imported, 0 already there, 1 refused"), "{said}");
    assert!(import(&good, 0).await.contains("users: 0 imported, 1 already there, 0 refused"));

    let database = connect(&home.url()).await;
    let entries = "select payload ->> 'action' || ' ' || (payload -> 'traits' ->> 'user_email')
                   from auth.audit_log_entries where payload ->> 'actor_username' = 'operator' order by created_at";
    let entries: Vec<String> = database.query(entries, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let expected = ["user_modified", "user_modified", "user_deleted"].map(|action| format!("{action} {email}"));
    assert_eq!(entries, expected);
    drop(database);
    server.stop().await;
}
