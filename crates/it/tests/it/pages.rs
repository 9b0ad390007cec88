//! The pages, through the real router.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::json;

use crate::harness::app::{Answer, Ask, Setup, TestApp};

const POLICY: &str = freehold_console::CONTENT_SECURITY_POLICY;

/// Checks what is true of every page.
#[track_caller]
pub(crate) fn is_a_page(page: &Answer) {
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{page}");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    let policy = page.header("content-security-policy");
    for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(directive), "{policy}");
    }
    assert!(!policy.contains("unsafe-") && !policy.contains('*'), "{policy}");
    let text = page.text();
    assert!(text.starts_with("<!doctype html>") && text.contains("<title>") && text.contains("<main"), "{page}");
    for (number, script) in text.split("<script").skip(1).enumerate() {
        let (tag, rest) = script.split_once('>').unwrap();
        assert!(tag.contains("src=\"/assets/") && rest.trim_start().starts_with("</script>"), "script {number}: {tag}");
    }
    let lower = text.to_lowercase();
    assert!(!lower.contains("<style") && !lower.contains(" style="), "has a style of its own");
    assert!(!lower.contains("javascript:"), "has a script in a link");
    for attribute in ["onclick", "onload", "onerror", "onsubmit", "onfocus", "onmouseover"] {
        assert!(!lower.contains(&format!(" {attribute}=")), "has a script in {attribute}");
    }
}

/// Pages that need neither a session nor data.
const PAGES: [&str; 10] =
    ["/", "/welcome", "/plans", "/billing", "/docs", "/docs/errors", "/sign-in", "/dev", "/dev/mail", "/dev/billing"];

#[tokio::test]
async fn every_page_is_one_under_the_strict_policy() {
    for product in ["voice", "documents", "pharmacy", "studio"] {
        let app = TestApp::with(crate::of(product)).await;
        for path in PAGES {
            let page = app.get(path).browser().send().await.expect(200);
            is_a_page(&page);
            assert_eq!(page.header("content-security-policy"), POLICY, "{path}");
            assert!(page.text().contains(&app.backbone.product.name), "{path} does not say whose it is");
            // The same without a browser's headers.
            assert_eq!(app.get(path).send().await.expect(200).text(), page.text(), "{path}");
        }
    }
}

#[tokio::test]
async fn everything_that_a_page_loads_or_leads_to_is_there() {
    let app = TestApp::with(crate::voice()).await;
    let mut checked = BTreeSet::new();
    for path in PAGES {
        let page = app.get(path).browser().send().await.expect(200);
        for name in ["href=\"", "src=\""] {
            for target in page.text().split(name).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()) {
                let (place, anchor) = target.split_once('#').unwrap_or((target.as_str(), ""));
                let place = if place.is_empty() { path } else { place };
                if !place.starts_with('/') || !checked.insert(target.clone()) {
                    continue;
                }
                let found = app.get(place).browser().send().await.expect(200);
                assert!(
                    anchor.is_empty() || found.text().contains(&format!("id=\"{anchor}\"")),
                    "{path} leads to {target}"
                );
            }
        }
    }
    assert!(checked.len() > 10, "the links were not found");
}

/// What a visitor's request differs by.
type Change = fn(Ask) -> Ask;

#[tokio::test]
async fn only_visitors_at_the_machine_of_the_local_whole_see_how_it_is_set_up() {
    let setup = ["What it runs on", "SETTING", "local replacement", "/dev/mail", "curl"];
    let app = TestApp::with(crate::voice()).await;
    let own = app.get("/dev").send().await.expect(200);
    for text in setup {
        assert!(own.text().contains(text), "{text} is not there: {own}");
    }
    let deployed = TestApp::with(Setup { whole: false, ..crate::voice() }).await;
    let far = TestApp::with(Setup { near: false, ..crate::voice() }).await;
    let visits: [(&TestApp, Change); 5] = [
        (&deployed, |ask| ask),
        (&far, |ask| ask),
        (&app, |ask| ask.from("203.0.113.9:1")),
        (&app, |ask| ask.header("x-forwarded-for", "203.0.113.9")),
        (&app, |ask| ask.header("host", "app.example.org")),
    ];
    for (app, change) in visits {
        is_a_page(&change(app.get("/dev")).browser().send().await.expect(404));
        let page = change(app.get("/")).browser().send().await.expect(200);
        is_a_page(&page);
        for text in setup {
            assert!(!page.text().contains(text), "{text} is told: {page}");
        }
        assert!(page.text().contains("VoiceFX AI") && page.text().contains("href=\"/sign-in\""), "{page}");
    }
    assert!(!app.get("/").send().await.expect(200).holds("What it runs on"));
}

#[tokio::test]
async fn assets_say_what_they_are() {
    let app = TestApp::with(crate::voice()).await;
    for (path, kind) in [
        ("/assets/freehold.css", "text/css; charset=utf-8"),
        ("/assets/brand.css", "text/css; charset=utf-8"),
        ("/assets/logo.svg", "image/svg+xml"),
        ("/assets/welcome.js", "text/javascript; charset=utf-8"),
        ("/assets/mark.svg", "image/svg+xml"),
        ("/favicon.ico", "image/svg+xml"),
    ] {
        let asset = app.get(path).send().await.expect(200);
        assert_eq!((asset.header("content-type"), asset.header("x-content-type-options")), (kind, "nosniff"));
        assert_eq!(asset.header("cache-control"), "public, max-age=600");
        assert!(!asset.text().is_empty());
    }
    app.get("/assets/../Cargo.toml").send().await.refused(404, "not_found");
    app.get("/assets/%2e%2e/Cargo.toml").send().await.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_people_and_a_document_for_programs() {
    let app = TestApp::with(crate::voice()).await;
    for path in ["/nothing", "/api/v1/nothing", "/docs/nothing", "/plans/x"] {
        let page = app.get(path).browser().send().await.expect(404);
        is_a_page(&page);
        let program = app.get(path).send().await.refused(404, "not_found");
        assert_eq!(program.header("content-type"), "application/problem+json");
    }
    is_a_page(&app.post("/plans").browser().send().await.expect(405));
    app.ask(Method::DELETE, "/plans").send().await.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn nothing_of_the_path_comes_back_into_the_page() {
    let app = TestApp::with(crate::voice()).await;
    let script = "%3Cscript%3Ealert(1)%3C/script%3E";
    for path in [
        format!("/{script}"),
        format!("/sign-in?redirect_to=%22%3E{script}"),
        format!("/auth/v1/verify?token={script}&type={script}"),
    ] {
        let page = app.get(&path).browser().send().await;
        is_a_page(&page);
        assert!(!page.text().contains("<script>alert"), "{path}");
    }
}

#[tokio::test]
async fn a_user_signs_in_with_the_pages_alone() {
    let app = TestApp::with(crate::voice().confirming()).await;
    let asked = app.post("/sign-in").browser().form("email=Ada%40Example.org&redirect_to=").send().await.expect(200);
    is_a_page(&asked);
    let code = app.code("ada@example.org").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let form = |code: &str| app.post("/sign-in/code").browser().form(&format!("email=ada%40example.org&code={code}"));
    let page = form(wrong).send().await.expect(422);
    is_a_page(&page);
    assert!(page.text().contains("The code is wrong"), "{page}");
    let gone = form(&code).send().await.expect(303);
    assert_eq!(gone.header("location"), "https://app.example.org/home", "no token in the address");
    let cookie = gone.header("set-cookie").split(';').next().unwrap().to_owned();
    let home = app.get("/home").browser().header("cookie", &cookie).send().await.expect(200);
    is_a_page(&home);
    assert!(home.holds("Signed in as") && home.holds("ada@example.org"), "{home}");
    is_a_page(&form(&code).send().await.expect(422));
}

#[tokio::test]
async fn the_sign_in_page_reveals_no_account() {
    let app = TestApp::with(crate::voice().confirming()).await;
    app.somebody("ada@example.org").await;
    app.advance_seconds(60);
    let ask = |email: &str| app.post("/sign-in").browser().form(&format!("email={email}")).send();
    let known = ask("ada%40example.org").await.expect(200);
    let unknown = ask("eve%40example.org").await.expect(200);
    assert_eq!(known.text().replace("ada@", "eve@"), unknown.text());
    let none = ask("no+address").await.expect(200);
    assert!(none.text().contains("Enter a valid e-mail address"), "{none}");
}

#[tokio::test]
async fn forms_that_cannot_be_read_are_refused() {
    let app = TestApp::with(crate::voice()).await;
    for path in ["/sign-in", "/sign-in/code", "/sign-in/confirm"] {
        for body in
            ["", "email", "email=%FF", "email=%00", "code=1", "=&=&=", "email=a%40b.c&email=d%40e.f", "token=%00"]
        {
            let answer = app.post(path).browser().form(body).send().await;
            assert!(answer.status() < 500, "{body}: {answer}");
        }
        let json = app.post(path).json(&json!({ "email": "ada@example.org" })).send().await;
        json.refused(400, "malformed_request");
        let large = app.post(path).form(&format!("email={}", "x".repeat(1024 * 1024 + 1))).send().await;
        assert!((400..500).contains(&large.status()), "{large}");
    }
    assert_eq!(app.count("select count(*) from auth.users").await, 0);
}

#[tokio::test]
async fn every_operation_of_the_api_has_a_page_that_is_linked_and_found() {
    let app = TestApp::with(crate::voice()).await;
    let index = app.get("/docs").browser().send().await.expect(200);
    let mut topics = String::new();
    for link in links(index.text(), "/docs/topics/") {
        topics.push_str(app.get(&link).browser().send().await.expect(200).text());
    }
    let pages = links(&topics, "/docs/operations/");
    let mut operations = 0;
    for (path, methods) in app.document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            let address = format!("/docs/operations/{id}");
            assert!(pages.contains(&address), "no topic links to {address}");
            assert!(index.text().contains(operation["tags"][0].as_str().unwrap()), "the topic of {id} is not in /docs");
            let page = app.get(&address).browser().send().await.expect(200);
            assert!(page.text().contains(path), "{path} is not in {address}");
            let found = app.get(&format!("/docs?q={id}")).browser().send().await.expect(200);
            let (_, results) = found.text().split_once("role=\"status\"").unwrap();
            assert!(results.contains(&format!("\"{address}\"")), "the search does not find {id}");
            operations += 1;
        }
    }
    assert_eq!(pages.len(), operations, "pages without operation: {pages:?}");
    for (word, result) in
        [("quota_exceeded", "/docs/errors#quota_exceeded"), ("key.created", "/docs/events#api_key.created")]
    {
        let found = app.get(&format!("/docs?q={word}")).browser().send().await.expect(200);
        assert!(found.text().contains(&format!("\"{result}\"")), "{result}: {found}");
    }
}

#[tokio::test]
async fn the_reference_refuses_what_it_does_not_have_and_takes_every_query() {
    let app = TestApp::with(crate::voice()).await;
    for path in ["/docs/topics/nothing", "/docs/operations/nothing", "/docs/operations/..%2f", "/docs/topics/%00"] {
        app.get(path).browser().send().await.expect(404);
    }
    for query in ["", "q=", "q=%3Cscript%3E", "q=%F0%9F%94%91", "other=1", &format!("q={}", "key+".repeat(1000))] {
        let page = app.get(&format!("/docs?{query}")).browser().send().await.expect(200);
        assert!(page.text().contains("name=\"q\"") && !page.text().contains("<script>"), "{query}: {page}");
    }
    app.get("/docs?q=%00").browser().send().await.expect(400);
}

/// The addresses under `path` to which a page links, each once, in alphabetical order.
fn links(html: &str, path: &str) -> BTreeSet<String> {
    let start = format!("href=\"{path}");
    let links = html.split(&start).skip(1).filter_map(|rest| rest.split('"').next());
    links.map(|key| format!("{path}{key}")).collect()
}
