//! The pages of signed-in users: who may see and do what, with nothing but forms and a cookie.

use freehold_core::Role;

use crate::{
    harness::app::{Answer, Person, TestApp},
    pages::is_a_page,
};

/// A user's browser.
pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    cookie: String,
}

impl<'a> Browser<'a> {
    /// Signs in with a code, without a page to go to.
    pub(crate) async fn of(app: &'a TestApp, person: &Person) -> Self {
        let email = person.email.replace('@', "%40");
        app.advance_seconds(61);
        app.post("/sign-in").browser().form(&format!("email={email}")).send().await.expect(200);
        let form = format!("email={email}&code={}", app.code(&person.email).await);
        let gone = app.post("/sign-in/code").browser().form(&form).send().await.expect(303);
        assert_eq!(gone.header("location"), "https://app.example.org/home");
        let set = gone.header("set-cookie");
        assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{set}");
        Self { app, cookie: set.split(';').next().unwrap().to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.app.get(path).browser().header("cookie", &self.cookie).send().await
    }

    /// Gets a page that is there.
    async fn page(&self, path: &str) -> String {
        let page = self.get(path).await.expect(200);
        is_a_page(&page);
        page.text().to_owned()
    }

    async fn token(&self) -> String {
        value_of(&self.page("/account").await, "name=\"token\" value=\"")
    }

    async fn press(&self, path: &str, fields: &str) -> Answer {
        let form = format!("token={}&{fields}", self.token().await);
        self.app.post(path).browser().header("cookie", &self.cookie).form(&form).send().await
    }

    /// The page that a form leads to, with the message that it shows once.
    async fn follow(&self, answer: Answer) -> String {
        let answer = answer.expect(303);
        let flash = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let cookie = format!("{}; {flash}", self.cookie);
        let page = self.app.get(answer.header("location")).browser().header("cookie", &cookie).send().await.expect(200);
        is_a_page(&page);
        assert!(page.header("set-cookie").starts_with("freehold_flash=; "), "the message is shown again");
        page.text().to_owned()
    }
}

fn value_of(page: &str, before: &str) -> String {
    page.split(before).nth(1).unwrap_or_else(|| panic!("{before} in {page}")).split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn visitors_sign_in_and_come_back_to_where_they_wanted_to_go() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    for path in ["/home", "/account", "/home?organization=7"] {
        let asked = app.get(path).browser().send().await.expect(303);
        let to = asked.header("location").to_owned();
        let back = format!("redirect_to=https%3A%2F%2Fapp.example.org{}", path.replace('/', "%2F"));
        assert!(to.starts_with("/sign-in?") && to.contains(back.split('?').next().unwrap()), "{to}");
        let page = app.get(&to).browser().send().await.expect(200);
        is_a_page(&page);
        assert!(page.holds("value=\"https://app.example.org/"), "{page}");
    }
    let browser = Browser::of(&app, &owner).await;
    assert_eq!(browser.get("/sign-in").await.expect(303).header("location"), "/home");
    assert!(browser.page("/docs").await.contains("Signed in as"), "the docs do not say who is signed in");
    assert!(browser.page("/").await.contains("Go to your home page"));
}

#[tokio::test]
async fn the_home_page_shows_the_usage_and_events_of_ones_own_organization() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let browser = Browser::of(&app, &owner).await;
    let home = browser.page("/home").await;
    for text in ["Usage", "calls", "Recent activity", "API key", "Signed in as", "owner@example.org"] {
        assert!(home.contains(text), "{text}: {home}");
    }
    browser.get(&format!("/home?organization={}", stranger.organization)).await.expect(404);
    browser.get("/home?organization=nothing").await.expect(404);
    let viewer = app.member(&owner, Role::Viewer).await;
    let viewers = Browser::of(&app, &viewer).await;
    let page = viewers.page(&format!("/home?organization={}", owner.organization)).await;
    assert!(!page.contains("Recent events"), "a viewer reads events: {page}");
    assert!(!page.contains("Choose a plan"), "a viewer is asked to pay: {page}");
}

#[tokio::test]
async fn a_form_without_the_pages_token_does_nothing() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let (browser, other) = (Browser::of(&app, &owner).await, Browser::of(&app, &stranger).await);
    let others = other.token().await;
    for path in [
        "/account/name",
        "/account/sessions/end",
        "/account/sessions/end-others",
        "/organization/select",
        "/theme",
        "/sign-out",
    ] {
        for token in ["", "00", &others] {
            let form = format!("token={token}&name=Eve&session=x&to=dark");
            let refused =
                app.post(path).browser().header("cookie", &browser.cookie).form(&form).send().await.expect(403);
            is_a_page(&refused);
        }
        let signed_out = app.post(path).browser().form("token=&name=Eve&session=x&to=dark").send().await.expect(303);
        assert!(signed_out.header("location").starts_with('/'), "{path}");
    }
    assert!(!browser.page("/account").await.contains("Eve"));
    assert_eq!(app.count("select count(*) from auth.sessions").await, 4);
}

#[tokio::test]
async fn a_name_is_saved_shown_and_checked() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    let page = browser.follow(browser.press("/account/name", "name=Ada+Lovelace").await).await;
    assert!(page.contains("Your name was saved.") && page.contains("value=\"Ada Lovelace\""), "{page}");
    assert!(!browser.page("/account").await.contains("Your name was saved."), "the message is shown twice");
    assert!(browser.page("/home").await.contains("Ada Lovelace"), "the header does not know the name");
    let long = browser.press("/account/name", &format!("name={}", "x".repeat(81))).await.expect(422);
    is_a_page(&long);
    assert!(long.holds("aria-invalid"), "{long}");
    browser.press("/account/name", "name=%E2%80%8B").await.expect(422);
    browser.follow(browser.press("/account/name", "name=").await).await;
    assert!(!browser.page("/account").await.contains("Ada Lovelace"));
    // The message of another session is not shown.
    let set = browser.press("/account/name", "name=Ada").await.expect(303).header("set-cookie").to_owned();
    let other = Browser::of(&app, &owner).await;
    let cookie = format!("{}; {}", other.cookie, set.split(';').next().unwrap());
    let page = app.get("/account").browser().header("cookie", &cookie).send().await.expect(200);
    assert!(!page.holds("Your name was saved."), "{page}");
}

#[tokio::test]
async fn sessions_are_listed_and_signed_out() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let browser = Browser::of(&app, &owner).await;
    let phone = Browser::of(&app, &owner).await;
    let strangers = Browser::of(&app, &stranger).await;
    let page = browser.page("/account").await;
    assert!(page.contains("this browser") && page.contains("Sign out everywhere else"), "{page}");
    let id = phone.cookie.split(['=', '.']).nth(1).unwrap().to_owned();
    let page = strangers.follow(strangers.press("/account/sessions/end", &format!("session={id}")).await).await;
    assert!(page.contains("role=\"alert\""), "a stranger ended a session: {page}");
    phone.page("/home").await;
    let page = browser.follow(browser.press("/account/sessions/end", &format!("session={id}")).await).await;
    assert!(page.contains("The session was signed out."), "{page}");
    phone.get("/home").await.expect(303);
    let tablet = Browser::of(&app, &owner).await;
    browser.follow(browser.press("/account/sessions/end-others", "").await).await;
    tablet.get("/home").await.expect(303);
    app.get("/api/v1/me").person(&owner).send().await.refused(401, "unauthenticated");
    let gone = browser.press("/sign-out", "").await.expect(303);
    assert!(gone.header("set-cookie").contains("Max-Age=0"));
    browser.get("/home").await.expect(303);
}

#[tokio::test]
async fn a_user_switches_organization_and_theme() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let browser = Browser::of(&app, &owner).await;
    browser.press("/organization/select", &format!("to={}", stranger.organization)).await.expect(404);
    let own = owner.organization.clone();
    app.join(&Person { organization: stranger.organization.clone(), ..owner }, Role::Member).await;
    let gone = browser.press("/organization/select", &format!("to={}", stranger.organization)).await.expect(303);
    assert_eq!(gone.header("location"), "/home");
    let home = browser.page("/home").await;
    assert!(home.contains("stranger&#39;s organization</h1>") && home.contains("you are a member"), "{home}");

    let pinned = browser.page(&format!("/home?organization={own}")).await;
    assert!(pinned.contains(&format!("/account?organization={own}")), "links forget the organization: {pinned}");

    let gone = browser.press("/theme", "to=dark&back=%2Faccount").await.expect(303);
    assert_eq!(gone.header("location"), "/account");
    let theme = gone.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = app.get("/account").browser().header("cookie", format!("{}; {theme}", browser.cookie)).send().await;
    assert!(page.holds("data-theme=\"dark\""), "{page}");
    for evil in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let gone = browser.press("/theme", &format!("to=light&back={}", evil.replace('/', "%2F"))).await.expect(303);
        assert_eq!(gone.header("location"), "/home", "{evil}");
    }
}

#[tokio::test]
async fn the_api_and_the_developers_pages_do_not_know_the_cookie() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    browser.get("/api/v1/me").await.refused(401, "unauthenticated");
    let keys = app.post("/api/v1/keys").header("cookie", &browser.cookie).json(&serde_json::json!({ "name": "x" }));
    keys.send().await.refused(401, "unauthenticated");
    for path in ["/dev", "/dev/mail", "/dev/billing"] {
        let page = browser.get(path).await.expect(200);
        assert!(!page.holds("Signed in as"), "{path} reads the cookie: {page}");
    }
}
