//! `/dev`: only for visitors on this machine.

use super::{ADA, confirming};
use crate::harness::app::{Setup, TestApp};

const PAGES: [&str; 2] = ["/dev/mail", "/dev/mail/messages"];

#[tokio::test]
async fn a_visitor_on_this_machine_reads_the_mails() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    app.sign_up("eve@example.org").await.expect(200);
    for peer in ["127.0.0.1:1", "127.8.9.10:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        for page in PAGES {
            app.get(page).from(peer).send().await.expect(200);
        }
    }
    let mails = app.get("/dev/mail/messages?to=ADA@example.org").send().await.expect(200);
    assert_eq!(mails.ids().len(), 1);
    assert_eq!(mails.at("/data/0/code"), app.code(ADA).await);
    let id = mails.at("/data/0/id");
    let page = app.get(&format!("/dev/mail/{id}")).browser().send().await.expect(200);
    assert!(page.text().contains(&app.code(ADA).await));
    let html = app.get(&format!("/dev/mail/{id}/html")).browser().send().await.expect(200);
    assert!(html.header("content-security-policy").contains("default-src 'none'"), "{html}");
}

#[tokio::test]
async fn no_other_visitor_reads_them() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    let id = app.mails(ADA).await[0].id;
    for page in local_pages(id) {
        app.get(&page).send().await.expect(200);
        for peer in ["192.168.1.7:1", "10.0.0.1:1", "203.0.113.9:1", "[2001:db8::1]:1", "0.0.0.0:1", "[::]:1"] {
            app.get(&page).from(peer).send().await.refused(404, "not_found");
        }
        // A proxy on this machine forwards requests of others.
        for name in ["x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-proto", "cf-connecting-ip"] {
            app.get(&page).header(name, "203.0.113.9").send().await.refused(404, "not_found");
        }
    }
}

#[tokio::test]
async fn pages_of_other_sites_cannot_read_the_mailbox() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    let id = app.mails(ADA).await[0].id;
    for page in local_pages(id) {
        let own = app.get(&page).header("host", "localhost:8080");
        for (name, value) in [
            ("host", "evil.example:8080"),
            ("host", "127.0.0.1.evil.example"),
            ("origin", "https://evil.example"),
            ("origin", "http://localhost:3000"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let refused = own.clone().header(name, value).send().await.refused(404, "not_found");
            assert_eq!(refused.header("access-control-allow-origin"), "", "{page}, {name}: {value}");
            assert!(!refused.holds(ADA), "{refused}");
        }
        let own = own.header("origin", "http://localhost:8080").header("sec-fetch-site", "same-origin");
        assert_eq!(own.send().await.expect(200).header("access-control-allow-origin"), "", "{page}");
        let preflight = app.ask(http::Method::OPTIONS, &page).header("origin", "https://evil.example");
        let preflight = preflight.header("access-control-request-method", "GET").send().await;
        assert_eq!(preflight.header("access-control-allow-origin"), "", "{preflight}");
        assert_ne!(preflight.status(), 200, "{preflight}");
    }
}

/// Every page under `/dev`.
fn local_pages(mail: uuid::Uuid) -> Vec<String> {
    let further = ["/dev/mail/templates", "/dev/mail/templates/magic_link/html", "/dev/billing"].map(str::to_owned);
    let mails = [format!("/dev/mail/{mail}"), format!("/dev/mail/{mail}/html")];
    PAGES.map(str::to_owned).into_iter().chain(further).chain(mails).collect()
}

#[tokio::test]
async fn where_mails_are_sent_there_is_no_mailbox() {
    let app = TestApp::with(Setup { mailbox: false, ..Setup::default() }).await;
    for page in PAGES {
        app.get(page).send().await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn an_address_that_is_none_has_no_mails() {
    let app = confirming().await;
    for to in ["%00", "%FF", "'", "*", "%25"] {
        let answer = app.get(&format!("/dev/mail/messages?to={to}")).send().await;
        assert!(answer.status() < 500, "{answer}");
    }
    for id in ["x", "%00", "00000000-0000-0000-0000-000000000000", "..%2f"] {
        app.get(&format!("/dev/mail/{id}")).send().await.refused(404, "not_found");
    }
}
