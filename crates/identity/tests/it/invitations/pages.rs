//! Signing in with the pages alone: forms and a cookie.

use freehold_identity::PeopleOf;
use serde_json::json;

use super::{ADA, encoded, invite, token};
use crate::harness::app::{Answer, PASSWORD, Setup, TestApp};

const BILLING: &str = "https%3A%2F%2Fapp.example.org%2Fbilling";

/// The pharmacy product, where users sign in with a password only.
async fn by_password() -> TestApp {
    TestApp::with(Setup::of("pharmacy").confirming()).await
}

async fn send(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> Answer {
    let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    app.post(path).browser().form(&form.join("&")).send().await
}

/// The cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

/// A field of a form on a page.
fn field(page: &Answer, name: &str) -> String {
    let value = page.text().split(&format!("name=\"{name}\" value=\"")).nth(1);
    value.unwrap_or_else(|| panic!("no {name} in {page}")).split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_page_offers_what_the_product_allows() {
    let app = by_password().await;
    let page = app.get("/sign-in").browser().send().await.expect(200);
    assert!(
        page.holds("type=\"password\"") && page.holds("Forgot password?") && page.holds("Create account"),
        "{page}"
    );
    assert!(!page.holds("sign-in link"), "{page}");
    let refused = send(&app, "/sign-in", &[("email", ADA)]).await;
    assert!(refused.holds("not offered here"), "{refused}");
    assert_eq!(app.mails(ADA).await.len(), 0);
    let app = TestApp::with(Setup::of("studio")).await;
    let page = app.get("/sign-in").browser().send().await.expect(200);
    assert!(!page.holds("type=\"password\"") && page.holds("Send me a sign-in link"), "{page}");
    app.get("/sign-up?redirect_to=x").browser().send().await.expect(303);
    let refused = send(&app, "/sign-in/password", &[("email", ADA), ("password", PASSWORD)]).await.expect(422);
    assert!(refused.holds("not offered here"), "{refused}");
}

#[tokio::test]
async fn a_new_user_signs_up_confirms_and_sees_the_billing_page() {
    let app = by_password().await;
    let short = send(&app, "/sign-up", &[("email", ADA), ("password", "short")]).await.expect(422);
    assert!(short.holds("at least 6 characters"), "{short}");
    let to = ("redirect_to", "https://app.example.org/billing");
    let sent = send(&app, "/sign-up", &[("email", "Ada@Example.org"), ("password", PASSWORD), to]).await.expect(200);
    assert!(sent.holds("Check your mail"), "{sent}");
    // For an address that is taken the page is the same.
    let early = send(&app, "/sign-in/password", &[("email", ADA), ("password", PASSWORD)]).await.expect(422);
    assert!(early.holds("Confirm your address first"), "{early}");
    let code = app.code(ADA).await;
    let fields = [("email", ADA), ("type", "signup"), to];
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = send(&app, "/sign-in/code", &[fields[0], fields[1], to, ("code", wrong)]).await.expect(422);
    assert!(refused.holds("The code is wrong"), "{refused}");
    let gone = send(&app, "/sign-in/code", &[fields[0], fields[1], to, ("code", &code)]).await.expect(303);
    assert_eq!(gone.header("location"), "https://app.example.org/billing");
    let page = app.get("/billing").browser().header("cookie", cookie(&gone)).send().await.expect(200);
    assert!(page.holds(ADA), "{page}");

    app.advance_seconds(60);
    let taken = send(&app, "/sign-up", &[("email", ADA), ("password", "another horse"), to]).await.expect(200);
    assert_eq!(taken.text(), sent.text().replace("Ada@Example.org", ADA));
}

#[tokio::test]
async fn a_password_lets_in_and_a_wrong_one_says_so() {
    let app = by_password().await;
    app.somebody(ADA).await;
    for (email, password) in [(ADA, "wrong"), ("nobody@example.org", PASSWORD), (ADA, "")] {
        let refused = send(&app, "/sign-in/password", &[("email", email), ("password", password)]).await.expect(422);
        assert!(refused.holds("Wrong e-mail address or password.") || refused.holds("Type a password"), "{refused}");
        assert!(!refused.holds("wrong"), "a password comes back in the page");
    }
    let fields = [("email", ADA), ("password", PASSWORD), ("redirect_to", "https://app.example.org/billing")];
    let gone = send(&app, "/sign-in/password", &fields).await.expect(303);
    app.get("/billing").browser().header("cookie", cookie(&gone)).send().await.expect(200);
    // Without a redirect it leads to the home page, which uses the cookie.
    let gone = send(&app, "/sign-in/password", &fields[..2]).await.expect(303);
    assert_eq!(gone.header("location"), "https://app.example.org/home");
    // Another site's form cannot sign a user in.
    let form = format!("email={}&password={}&redirect_to={BILLING}", encoded(ADA), encoded(PASSWORD));
    let foreign = app.post("/sign-in/password").browser().header("sec-fetch-site", "cross-site").form(&form);
    assert_eq!(foreign.send().await.expect(303).header("set-cookie"), "");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced() {
    let app = by_password().await;
    let ada = app.somebody(ADA).await;
    app.advance_seconds(60);
    let to = ("redirect_to", "https://app.example.org/billing");
    app.get(&format!("/sign-in/forgot?redirect_to={BILLING}")).browser().send().await.expect(200);
    let unknown = send(&app, "/sign-in/forgot", &[("email", "nobody@example.org"), to]).await.expect(200);
    let known = send(&app, "/sign-in/forgot", &[("email", ADA), to]).await.expect(200);
    assert_eq!(known.text(), unknown.text().replace("nobody@example.org", ADA));
    let none = send(&app, "/sign-in/forgot", &[("email", "no address")]).await.expect(422);
    assert!(none.holds("Enter a valid e-mail address"), "{none}");

    // With the link, through the page that mail scanners see.
    let link = app.link(ADA).await;
    let page = app.get(&link).browser().send().await.expect(200);
    assert!(page.holds("Choose a new password for") && page.holds("a…@example.org") && !page.holds(ADA), "{page}");
    let then = field(&page, "redirect_to").replace("&#38;", "&");
    let fields = [("token", app.link_token(ADA).await), ("type", "recovery".to_owned()), ("redirect_to", then)];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let asked = send(&app, "/sign-in/confirm", &fields).await.expect(200);
    assert!(asked.holds("Choose a new password") && asked.holds(ADA), "{asked}");
    assert_eq!(asked.header("set-cookie"), "", "nobody is in before he has chosen");
    let ticket = field(&asked, "ticket");
    let save = |password: &str| {
        let form = format!("ticket={ticket}&password={}&redirect_to={BILLING}", encoded(password));
        app.post("/sign-in/new-password").browser().form(&form).send()
    };
    assert!(save("short").await.expect(422).holds("at least 6 characters"));
    assert!(save(PASSWORD).await.expect(422).holds("different from the old"));
    let gone = save("a better horse").await.expect(303);
    assert_eq!(gone.header("location"), "https://app.example.org/billing");
    app.get("/billing").browser().header("cookie", cookie(&gone)).send().await.expect(200);
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
    app.refresh(&ada.refresh).await.refused(400, "refresh_token_not_found");
    let fields = [("email", ADA), ("password", "a better horse")];
    send(&app, "/sign-in/password", &fields).await.expect(303);
    app.get("/sign-in/new-password").browser().send().await.expect(303);
}

#[tokio::test]
async fn a_ticket_is_good_for_its_form_and_for_a_while() {
    let app = by_password().await;
    app.somebody(ADA).await;
    app.advance_seconds(60);
    send(&app, "/sign-in/forgot", &[("email", ADA)]).await.expect(200);
    let fields = [("email", ADA), ("type", "recovery"), ("code", &*app.code(ADA).await)];
    let asked = send(&app, "/sign-in/code", &fields).await.expect(200);
    let ticket = field(&asked, "ticket");
    for ticket in ["", "00", "zz", &ticket[2..], &format!("{ticket}00")] {
        let fields = [("ticket", ticket), ("password", "a better horse")];
        let refused = send(&app, "/sign-in/new-password", &fields).await.expect(422);
        assert!(refused.holds("That took too long"), "{refused}");
    }
    let other = send(&app, "/sign-in/factor", &[("ticket", &ticket), ("code", "000000")]).await.expect(422);
    assert!(other.holds("That took too long"), "{other}");
    app.advance_seconds(16 * 60);
    let late = send(&app, "/sign-in/new-password", &[("ticket", &ticket), ("password", "a better horse")]).await;
    assert!(late.expect(422).holds("That took too long"));
    app.sign_in(ADA).await.expect(200);
}

#[tokio::test]
async fn who_is_invited_signs_up_and_joins_on_the_pages() {
    let app = by_password().await;
    let owner = app.owner().await;
    invite(&app, &owner, ADA, "member").await.expect(201);
    let secret = token(&app, ADA).await;
    let place = format!("/invitation?token={secret}");
    let page = app.get(&place).browser().send().await.expect(200);
    assert!(page.holds("Join owner&#39;s organization?") && page.holds("owner@example.org"), "{page}");
    assert!(page.holds("a…@example.org") && !page.holds(ADA), "{page}");
    let carried = encoded(&format!("https://app.example.org{place}"));
    assert!(page.holds(&format!("href=\"/sign-up?redirect_to={carried}\"")), "{page}");

    let to = format!("https://app.example.org{place}");
    let fields = [("email", ADA), ("password", PASSWORD), ("redirect_to", to.as_str())];
    send(&app, "/sign-up", &fields).await.expect(200);
    let code = app.mails(ADA).await.iter().find_map(|mail| mail.mail.code().map(str::to_owned)).unwrap();
    let fields = [("email", ADA), ("type", "signup"), ("code", &code), ("redirect_to", &to)];
    let gone = send(&app, "/sign-in/code", &fields).await.expect(303);
    assert_eq!(gone.header("location"), to);
    let cookie = cookie(&gone);
    let page = app.get(&place).browser().header("cookie", &cookie).send().await.expect(200);
    assert!(page.holds("You are signed in as") && page.holds(ADA), "{page}");
    let press = |token: &str| {
        let form = format!("invitation={secret}&token={token}");
        app.post("/invitation").browser().header("cookie", &cookie).form(&form).send()
    };
    press("00").await.refused(403, "permission_denied");
    let joined = press(&field(&page, "token")).await.expect(200);
    assert!(joined.holds("Welcome to owner&#39;s organization"), "{joined}");
    assert_eq!(app.count("select count(*) from freehold.members").await, 2);
    assert_eq!(app.count("select count(*) from freehold.tenants").await, 1);
    let page = app.get(&place).browser().header("cookie", &cookie).send().await.expect(404);
    assert!(page.holds("no longer valid"), "{page}");
}

#[tokio::test]
async fn another_user_is_told_to_sign_in_with_that_address() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    invite(&app, &owner, ADA, "member").await.expect(201);
    let secret = token(&app, ADA).await;
    let fields =
        [("email", &*stranger.email), ("password", PASSWORD), ("redirect_to", "https://app.example.org/billing")];
    let cookie = cookie(&send(&app, "/sign-in/password", &fields).await.expect(303));
    let ask = app.get(&format!("/invitation?token={secret}")).browser().header("cookie", &cookie);
    let page = ask.send().await.expect(200);
    assert!(page.holds("Sign in with that address") && page.holds(&stranger.email) && !page.holds(ADA), "{page}");
    for token in ["", "x", &format!("inv_{}", "0".repeat(64)), "%3Cscript%3E"] {
        let page = app.get(&format!("/invitation?token={token}")).browser().send().await.expect(404);
        assert!(page.holds("no longer valid"), "{page}");
    }
    let nobody = app.post("/invitation").browser().form(&format!("invitation={secret}&token=00")).send().await;
    assert!(nobody.expect(200).holds("Sign in"));
    assert_eq!(app.count("select count(*) from freehold.members").await, 2);
    app.post("/invitation").json(&json!({})).send().await.refused(400, "malformed_request");
}

#[tokio::test]
async fn who_tries_too_often_reads_it_on_a_page() {
    let app = TestApp::with(Setup::of("pharmacy").with_auth(|auth| auth.limits.enabled = true)).await;
    let mut last = None;
    for _ in 0..60 {
        let answer = send(&app, "/sign-in/forgot", &[("email", "no address")]).await;
        if answer.status() == 429 {
            last = Some(answer);
            break;
        }
    }
    let page = last.expect("nobody is ever stopped");
    assert!(page.header("content-type").starts_with("text/html") && page.holds("Too many requests"), "{page}");
}

#[tokio::test]
async fn where_people_are_a_tenants_the_pages_say_whose() {
    let setup = Setup::of("pharmacy").confirming();
    let app = TestApp::with(setup.with_auth(|auth| auth.identity = PeopleOf::PerTenant)).await;
    let owner = app.owner().await;
    invite(&app, &owner, ADA, "member").await.expect(201);
    let place = format!("/invitation?token={}", token(&app, ADA).await);
    let page = app.get(&place).browser().send().await.expect(200);
    let at = format!("organization={}", owner.organization);
    assert!(page.holds(&format!("&#38;{at}\"")), "{page}");
    let form = app.get(&format!("/sign-up?{at}")).browser().send().await.expect(200);
    assert!(form.holds(&format!("action=\"/sign-up?{at}\"")), "{form}");

    let to = format!("https://app.example.org{place}");
    let fields = [("email", ADA), ("password", PASSWORD), ("redirect_to", to.as_str())];
    // Without naming the tenant, the sign-up would create a new one.
    send(&app, &format!("/sign-up?{at}"), &fields).await.expect(200);
    let code = app.mails(ADA).await.iter().find_map(|mail| mail.mail.code().map(str::to_owned)).unwrap();
    let fields = [("email", ADA), ("type", "signup"), ("code", &code), ("redirect_to", &to)];
    let gone = send(&app, &format!("/sign-in/code?{at}"), &fields).await.expect(303);
    let cookie = cookie(&gone);
    let page = app.get(&place).browser().header("cookie", &cookie).send().await.expect(200);
    let form = format!("invitation={}&token={}", place.split_once('=').unwrap().1, field(&page, "token"));
    let joined = app.post("/invitation").browser().header("cookie", &cookie).form(&form).send().await.expect(200);
    assert!(joined.holds("Welcome to"), "{joined}");
    assert_eq!(app.count("select count(*) from freehold.members").await, 2);
    assert_eq!(app.count("select count(*) from freehold.tenants").await, 1);
    // The address and password work nowhere else.
    let fields = [("email", ADA), ("password", PASSWORD)];
    send(&app, "/sign-in/password", &fields).await.expect(422);
    send(&app, &format!("/sign-in/password?{at}"), &fields).await.expect(303);
    let broken = app.post("/sign-in/password?organization=x").browser().form("email=a&password=b").send().await;
    broken.refused(400, "malformed_request");
}
