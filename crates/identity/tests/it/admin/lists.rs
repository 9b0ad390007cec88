//! Lists of users, and paging through them.

use serde_json::json;

use super::{AsAdministrator, PEOPLE, make};
use crate::harness::app::{Answer, TestApp};

async fn crowd(count: usize) -> TestApp {
    let app = TestApp::new().await;
    for number in 0..count {
        let body = json!({ "email": format!("p{number:02}@example.org"), "user_metadata": { "full_name": format!("Person {number} of All") } });
        make(&app, body).await.expect(200);
        app.advance_seconds(1);
    }
    app
}

fn addresses(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    body["users"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
}

async fn list(app: &TestApp, query: &str) -> Answer {
    app.get(&format!("{PEOPLE}{query}")).by(app).await
}

/// How supabase-js reads a `Link` header, including its mistakes.
fn pages_as_the_client_reads_them(link: &str) -> Vec<(String, u32)> {
    let read = |link: &str| {
        let mut halves = link.split(';');
        let page = halves.next().unwrap().split('=').nth(1).unwrap()[..1].parse().unwrap();
        (halves.next().unwrap().split('=').nth(1).unwrap().trim_matches('"').to_owned(), page)
    };
    link.split(',').map(read).collect()
}

#[tokio::test]
async fn pages_are_numbered_and_say_how_many_there_are() {
    let app = crowd(7).await;
    let first = list(&app, "?page=1&per_page=3").await.expect(200);
    assert_eq!(addresses(&first), ["p06@example.org", "p05@example.org", "p04@example.org"]);
    assert_eq!((first.header("x-total-count"), first.at("/aud")), ("7", "authenticated".to_owned()));
    assert_eq!(
        first.header("link"),
        "</auth/v1/admin/users?page=2&per_page=3>; rel=\"next\", </auth/v1/admin/users?page=3&per_page=3>; rel=\"last\""
    );
    assert_eq!(pages_as_the_client_reads_them(first.header("link")), [("next".into(), 2), ("last".into(), 3)]);
    let last = list(&app, "?per_page=3&filter=PERSON&page=3&sort=created_at%20asc").await.expect(200);
    assert_eq!(addresses(&last), ["p06@example.org"]);
    assert_eq!(
        last.header("link"),
        "</auth/v1/admin/users?page=3&per_page=3&filter=PERSON&sort=created_at%20asc>; rel=\"last\""
    );
    let behind = list(&app, "?page=9&per_page=3").await.expect(200);
    assert!(addresses(&behind).is_empty());
    let all = list(&app, "").await.expect(200);
    assert_eq!(addresses(&all).len(), 7);
    assert_eq!(all.json()["users"][0]["identities"][0]["provider"], "email");
    assert!(all.json().get("pagination").is_none());
    // What supabase-js sends by default.
    assert_eq!(addresses(&list(&app, "?page=&per_page=").await.expect(200)).len(), 7);
}

#[tokio::test]
async fn a_list_is_gone_through_by_cursor_while_others_come() {
    let app = crowd(7).await;
    for sort in ["created_at%20desc", "created_at%20asc"] {
        let mut found = Vec::new();
        let mut answer = list(&app, &format!("?limit=3&sort={sort}")).await.expect(200);
        loop {
            found.extend(addresses(&answer));
            assert!(answer.header("x-total-count").is_empty());
            let more = answer.json()["pagination"]["has_more"].as_bool().unwrap();
            assert_eq!(more, answer.json()["pagination"].get("next_cursor").is_some());
            if !more {
                break;
            }
            make(&app, json!({ "email": format!("late{}@example.org", found.len()) })).await;
            let cursor = answer.at("/pagination/next_cursor");
            answer = list(&app, &format!("?limit=3&cursor={cursor}&sort={sort}")).await.expect(200);
        }
        let mut known: Vec<String> = found.iter().filter(|email| email.starts_with('p')).cloned().collect();
        known.sort();
        known.dedup();
        assert_eq!(known.len(), 7, "{found:?}");
    }
}

#[tokio::test]
async fn people_of_one_moment_are_all_found() {
    let app = TestApp::new().await;
    for number in 0..5 {
        make(&app, json!({ "email": format!("p{number}@example.org") })).await.expect(200);
    }
    let first = list(&app, "?limit=2").await.expect(200);
    let second = list(&app, &format!("?limit=2&cursor={}", first.at("/pagination/next_cursor"))).await.expect(200);
    let third = list(&app, &format!("?limit=2&cursor={}", second.at("/pagination/next_cursor"))).await.expect(200);
    let mut all: Vec<String> = [first, second, third].iter().flat_map(addresses).collect();
    all.sort();
    assert_eq!(all.len(), 5);
    all.dedup();
    assert_eq!(all.len(), 5);
}

#[tokio::test]
async fn people_are_looked_for_by_address_and_name() {
    let app = crowd(3).await;
    assert_eq!(addresses(&list(&app, "?filter=P01@").await.expect(200)), ["p01@example.org"]);
    assert_eq!(addresses(&list(&app, "?filter=person%202").await.expect(200)), ["p02@example.org"]);
    assert!(addresses(&list(&app, "?filter=%25").await.expect(200)).is_empty());
    assert!(addresses(&list(&app, "?aud=others").await.expect(200)).is_empty());
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let app = TestApp::new().await;
    for (query, message) in [
        ("?page=x", "Bad Pagination Parameters"),
        ("?page=-1", "Bad Pagination Parameters"),
        ("?page=1&per_page=0", "Bad Pagination Parameters: per_page must be greater than 0"),
        ("?limit=0", "Bad Pagination Parameters: limit must be greater than 0"),
        ("?cursor=x", "Bad Pagination Parameters: invalid cursor"),
        ("?cursor=1_2", "Bad Pagination Parameters: invalid cursor"),
        ("?sort=email", "Bad Sort Parameters: bad field for sort 'email'"),
        ("?sort=created_at%20up", "Bad Sort Parameters: bad direction for sort 'up', only 'asc' and 'desc' allowed"),
    ] {
        let refused = list(&app, query).await.refused(400, "validation_failed");
        assert!(refused.at("/msg").starts_with(message), "{query}: {refused}");
    }
    let empty = list(&app, "?per_page=1").await.expect(200);
    assert_eq!(empty.header("x-total-count"), "0");
    list(&app, "?page=4294967295&per_page=4294967295").await.expect(200);
}
