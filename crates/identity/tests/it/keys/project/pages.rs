//! The site's own pages sign in through the project.

use super::*;
use crate::harness::app::{Answer, Ask};

fn encoded(text: &str) -> String {
    freehold_core::percent_encode(text)
}

fn form(email: &str, password: &str, to: &str) -> String {
    format!("email={}&password={}&redirect_to={}", encoded(email), encoded(password), encoded(to))
}

fn page(app: &TestApp, path: &str, cookies: &str) -> Ask {
    app.get(path).browser().header("cookie", cookies)
}

async fn sign_in(app: &TestApp, to: &str) -> Answer {
    app.post("/sign-in/password").browser().form(&form(ADA, PASSWORD, to)).send().await
}

#[tokio::test]
async fn a_visitor_signs_in_with_the_password_of_the_project() {
    let project = Project::start().await;
    let app = project.customer().await;
    project.sign_up(ADA).await;
    for path in ["/sign-in", "/sign-up", "/sign-in/forgot"] {
        let page = app.get(path).browser().send().await.expect(200);
        assert!(page.holds("<form method=\"post\""), "{path}: {page}");
    }
    let site = &app.backbone.site_url;
    let arrived = sign_in(&app, &format!("{site}/invitation?token=x")).await.expect(303);
    assert_eq!(arrived.header("location"), format!("{site}/invitation?token=x"), "no token is in the address");
    let cookies = arrived.cookies();
    assert!(cookies.contains("freehold_session=") && cookies.contains("freehold_project="), "{cookies}");
    assert!(!cookies.contains("eyJ"), "the token is sealed: {cookies}");
    // An application gets the project's session.
    let handed = sign_in(&app, &format!("{site}/welcome")).await.expect(303);
    let place = handed.header("location").to_owned();
    let access = place.split_once("#access_token=").unwrap().1.split('&').next().unwrap();
    app.get("/api/v1/me").token(access).send().await.expect(200);

    let wrong = app.post("/sign-in/password").browser().form(&form(ADA, "wrong horse", "")).send().await.expect(422);
    assert!(wrong.holds("Wrong e-mail address or password.") && wrong.cookies().is_empty(), "{wrong}");
    let new = form("grace@example.org", PASSWORD, &format!("{site}/billing"));
    let new = app.post("/sign-up").browser().form(&new).send().await;
    assert!(matches!(new.status(), 200 | 303), "{new}");
    assert_eq!(project.app.count("select count(*) from auth.users where email = 'grace@example.org'").await, 1);
    let mailed =
        app.post("/sign-in/forgot").browser().form(&format!("email={}", encoded(ADA))).send().await.expect(200);
    assert!(mailed.holds("Check your mail"), "{mailed}");
    for path in
        ["/sign-in", "/sign-in/code", "/sign-in/confirm", "/sign-in/factor", "/sign-in/new-password", "/sign-up/again"]
    {
        let other = app.post(path).browser().form("email=a%40b.example").send().await.expect(422);
        assert!(other.holds("Sign in another way"), "{path}: {other}");
    }
    assert_eq!(app.count("select count(*) from auth.sessions").await, 0, "nobody signs in at this server");
}

#[tokio::test]
async fn the_session_of_a_visitor_is_refreshed_at_the_project_and_ends_with_it() {
    let project = Project::start().await;
    let app = project.customer().await;
    project.sign_up(ADA).await;
    let arrived = sign_in(&app, &format!("{}/billing", app.backbone.site_url)).await.expect(303);
    let first = arrived.cookies();
    assert_eq!(page(&app, "/billing", &first).send().await.expect(200).cookies(), "");
    advance(&[&app, &project.app], HOUR);
    let asks: Vec<_> = (0..5).map(|_| tokio::spawn(page(&app, "/billing", &first).send())).collect();
    let mut second = String::new();
    for ask in asks {
        second = ask.await.unwrap().expect(200).cookies();
        assert!(second.contains("freehold_project=") && second != first, "{second}");
    }
    // The cookie of another session is invalid.
    let other = sign_in(&app, &format!("{}/billing", app.backbone.site_url)).await.expect(303).cookies();
    let part =
        |cookies: &str, name: &str| cookies.split("; ").find(|cookie| cookie.starts_with(name)).unwrap().to_owned();
    let mixed = format!("{}; {}", part(&second, "freehold_session"), part(&other, "freehold_project"));
    let removed = page(&app, "/billing", &mixed).send().await.expect(200);
    assert!(removed.header("set-cookie").contains("Max-Age=0"), "{removed}");

    project.app.test.admin().await.batch_execute("delete from auth.sessions").await.unwrap();
    advance(&[&app, &project.app], HOUR);
    let ended = page(&app, "/billing", &second).send().await.expect(200);
    assert!(ended.header("set-cookie").contains("Max-Age=0") && ended.cookies().is_empty(), "{ended}");
}

#[tokio::test]
async fn a_visitor_who_is_banned_at_the_project_is_a_visitor_no_more() {
    let project = Project::start().await;
    let app = project.customer().await;
    let ada = project.sign_up(ADA).await;
    let cookies = sign_in(&app, &format!("{}/billing", app.backbone.site_url)).await.expect(303).cookies();
    let id = ada["user"]["id"].as_str().unwrap().parse().unwrap();
    project_person_change(app.backbone.identity.tokens.project().unwrap(), id, &json!({ "ban_duration": "24h" }))
        .await
        .unwrap();
    advance(&[&app, &project.app], 31);
    let refused = page(&app, "/billing", &cookies).send().await.expect(200);
    assert!(refused.header("set-cookie").contains("Max-Age=0"), "{refused}");
    let again = sign_in(&app, "").await.expect(422);
    assert!(again.holds("This account is locked."), "{again}");
}

#[tokio::test]
async fn without_a_key_of_the_project_the_pages_say_where_to_sign_in() {
    let project = Project::start().await;
    let app = project.keyless().await;
    for path in ["/sign-in", "/sign-up", "/sign-in/forgot"] {
        let page = app.get(path).browser().send().await.expect(200);
        assert!(page.holds("Sign in with the application") && page.holds("SUPABASE_PUBLISHABLE_KEY"), "{page}");
    }
    app.post("/sign-in/password").browser().form(&form(ADA, PASSWORD, "")).send().await.expect(200);
}
