//! Billing on the site's own pages, with nothing but forms and a cookie.

use freehold_core::Role;

use super::shop::Shop;
use crate::{
    harness::app::{Answer, Person, Stripe, TestApp},
    pages::is_a_page,
};

const GOOD: &str = "4242424242424242";

/// A user's browser.
pub(super) struct Browser<'a> {
    shop: &'a Shop,
    cookie: String,
    organization: String,
}

impl<'a> Browser<'a> {
    /// Signs in with a code.
    pub(super) async fn of(shop: &'a Shop, person: &Person) -> Self {
        let email = person.email.replace('@', "%40");
        shop.app.post("/sign-in").browser().form(&format!("email={email}")).send().await.expect(200);
        let code = shop.app.code(&person.email).await;
        let form = format!("email={email}&code={code}&redirect_to=https%3A%2F%2Fapp.example.org%2Fbilling");
        let gone = shop.app.post("/sign-in/code").browser().form(&form).send().await.expect(303);
        assert_eq!(gone.header("location"), "https://app.example.org/billing", "no token in the address");
        let cookie = gone.header("set-cookie");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { shop, cookie, organization: person.organization.clone() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.shop.app.get(path).browser().header("cookie", &self.cookie).send().await
    }

    /// Gets the page, and the token of its forms.
    pub(super) async fn page(&self) -> (String, String) {
        let page = self.get(&format!("/billing?organization={}", self.organization)).await.expect(200);
        is_a_page(&page);
        let text = page.text().to_owned();
        let token = text.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        (text, token)
    }

    async fn press(&self, button: &str, fields: &str) -> Answer {
        let (_, token) = self.page().await;
        let form = format!("token={token}&organization={}&{fields}", self.organization);
        let ask = self.shop.app.post(&format!("/billing/{button}")).browser().header("cookie", &self.cookie);
        ask.form(&form).send().await
    }

    /// Presses a button; returns where it leads.
    async fn pressed(&self, button: &str, fields: &str) -> String {
        let gone = self.press(button, fields).await.expect(303);
        let page = self.get(gone.header("location")).await.expect(200);
        is_a_page(&page);
        page.text().to_owned()
    }
}

/// The URL that a page redirects to.
fn leads_to(page: &Answer) -> String {
    is_a_page(page);
    let link = page.text().split("class=\"button wide\" href=\"").nth(1).unwrap();
    link.split('"').next().unwrap().replace("&#38;", "&")
}

#[tokio::test]
async fn a_visitor_who_chooses_a_plan_is_offered_it_after_signing_up() {
    let shop = Shop::of("voice").await;
    let app = &shop.app;
    let front = app.get("/").browser().send().await.expect(200);
    is_a_page(&front);
    let chosen = front.text().split("Choose Starter").next().unwrap();
    let chosen = chosen.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
    let target = "https%3A%2F%2Fapp.example.org%2Fbilling%3Fplan%3Dstarter";
    assert_eq!(chosen, format!("/sign-up?redirect_to={target}"));
    let form = app.get(chosen).browser().send().await.expect(200);
    assert!(form.holds("https://app.example.org/billing?plan=starter"), "{form}");
    let email = "bo%40example.org";
    let fields = format!("email={email}&redirect_to={target}");
    app.post("/sign-in").browser().form(&fields).send().await.expect(200);
    let code = app.code("bo@example.org").await;
    let gone = app.post("/sign-in/code").browser().form(&format!("{fields}&code={code}")).send().await.expect(303);
    assert_eq!(gone.header("location"), "https://app.example.org/billing?plan=starter");
    let cookie = gone.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = app.get("/billing?plan=starter").browser().header("cookie", &cookie).send().await.expect(200);
    is_a_page(&page);
    assert!(page.holds("You chose Starter"), "{page}");
    let offered = page.text().split("id=\"chosen\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(offered.contains("name=\"plan\" value=\"starter\"") && offered.contains("Choose Starter"), "{offered}");
    // A plan that does not exist, and one without a button, are not offered.
    for other in ["nothing", "free", "%22%3E"] {
        let page = app.get(&format!("/billing?plan={other}")).browser().header("cookie", &cookie).send().await;
        let page = page.expect(200);
        is_a_page(&page);
        assert!(!page.holds("You chose"), "{page}");
    }
}

#[tokio::test]
async fn a_user_buys_changes_cancels_and_keeps_a_plan_with_the_pages_alone() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let browser = Browser::of(&shop, &owner).await;
    let (page, _) = browser.page().await;
    assert!(page.contains("is on the Free plan, which costs nothing") && page.contains("Choose Pro"), "{page}");
    assert!(!page.contains("Cancel the subscription") && page.contains("No invoices yet"), "{page}");

    // Webhooks are lost; a user who has paid sees their plan all the same.
    shop.stripe("/_sandbox/chaos", Some(&[("drop", "1")])).await;
    let leaving = browser.press("checkout", "plan=starter&interval=month").await.expect(200);
    let (status, back) = shop.pay(&leads_to(&leaving), GOOD).await;
    assert_eq!(status, 303);
    let back = back.strip_prefix("https://app.example.org").unwrap().to_owned();
    let page = browser.get(&back).await.expect(200);
    is_a_page(&page);
    assert!(page.holds("your payment has arrived") && page.holds("is on the Starter plan, paid monthly"), "{page}");
    assert!(page.holds("Pay yearly") || page.holds("Yearly"), "{page}");
    shop.stripe("/_sandbox/chaos", Some(&[("drop", "0")])).await;

    let asks = format!("/billing/change?organization={}&plan=pro&interval=month", owner.organization);
    let asked = browser.get(&asks).await.expect(200);
    is_a_page(&asked);
    assert!(asked.holds("Pay $70 and change to Pro") && asked.holds("$99"), "{asked}");
    let page = browser.pressed("change", "plan=pro&interval=month").await;
    assert!(page.contains("The plan was changed") && page.contains("is on the Pro plan"), "{page}");

    let asked = browser.get(&format!("/billing/cancel?organization={}", owner.organization)).await.expect(200);
    assert!(asked.holds("End the subscription on 15 April 2026") && asked.holds("is on the Free plan"), "{asked}");
    let page = browser.pressed("cancel", "").await;
    assert!(
        page.contains("The subscription ends on 15 April 2026") && page.contains("Keep the subscription"),
        "{page}"
    );
    let page = browser.pressed("resume", "").await;
    assert!(page.contains("The subscription continues") && !page.contains("Keep the subscription"), "{page}");
    assert!(page.contains("$70") && page.contains("$29"), "both invoices: {page}");
    let portal = browser.press("portal", "").await.expect(200);
    assert!(leads_to(&portal).contains("/p/session/"), "{portal}");
    let page = browser.pressed("cancel", "at=now").await;
    assert!(page.contains("There are no further payments") && page.contains("is on the Free plan"), "{page}");
    let requested =
        shop.app.get("/api/v1/audit?action=billing.*&actor_kind=user").person(&owner).send().await.expect(200);
    let seen: Vec<String> = (0..4).map(|at| requested.at(&format!("/data/{at}/action"))).collect();
    let [change, cancel, resume] = ["change", "cancel", "resume"].map(|act| format!("billing.{act}_requested"));
    assert_eq!(seen, [cancel.clone(), resume, cancel, change], "{requested}");
    assert_eq!(requested.at("/data/0/actor/id"), owner.id);
}

#[tokio::test]
async fn a_card_that_is_refused_is_said_on_the_page() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let browser = Browser::of(&shop, &owner).await;
    let refused = browser.press("change", "plan=pro&interval=month").await.expect(409);
    is_a_page(&refused);
    assert!(refused.holds("That did not work") && refused.holds("There is no subscription"), "{refused}");
    for fields in ["plan=nothing&interval=month", "plan=pro&interval=week", "plan=free&interval=month", ""] {
        is_a_page(&browser.press("checkout", fields).await.expect(422));
    }
}

#[tokio::test]
async fn no_other_site_and_no_stranger_presses_a_button() {
    let shop = Shop::of("voice").await;
    let (owner, stranger) = (shop.app.owner().await, shop.app.stranger().await);
    let (browser, other) = (Browser::of(&shop, &owner).await, Browser::of(&shop, &stranger).await);
    shop.subscribe(&owner, "starter", GOOD).await;
    let (_, token) = browser.page().await;
    let (_, others) = other.page().await;
    let send = |cookie: &str, token: &str| {
        let form = format!("token={token}&organization={}", owner.organization);
        shop.app.post("/billing/cancel").browser().header("cookie", cookie).form(&form).send()
    };
    for wrong in ["", "00", &others, &token[1..]] {
        let refused = send(&browser.cookie, wrong).await.expect(403);
        is_a_page(&refused);
    }
    // Another user's organization is not found.
    send(&other.cookie, &others).await.expect(404);
    other.get(&format!("/billing?organization={}", owner.organization)).await.expect(404);
    // A changed cookie is not a session.
    let forged = browser.cookie.replacen(&owner.id, &stranger.id, 1);
    assert_ne!(forged, browser.cookie);
    for cookie in ["", "freehold_session=x.y.z", &forged] {
        assert_eq!(send(cookie, &token).await.expect(303).header("location"), "/billing");
        let page = shop.app.get("/billing").browser().header("cookie", cookie).send().await.expect(200);
        assert!(page.holds("Sign in to VoiceFX AI") && !page.holds("owner@example.org"), "{page}");
    }
    // Another site cannot sign a user in here, under any account.
    shop.app.advance_seconds(60);
    shop.app.post("/sign-in").browser().form("email=owner%40example.org").send().await.expect(200);
    let form = format!("email=owner%40example.org&code={}", shop.app.code(&owner.email).await);
    let elsewhere = shop.app.post("/sign-in/code").browser().header("sec-fetch-site", "cross-site").form(&form);
    assert_eq!(elsewhere.send().await.expect(303).header("set-cookie"), "");
    // The cookie is for the pages only.
    shop.app.get("/api/v1/me").header("cookie", &browser.cookie).send().await.refused(401, "unauthenticated");

    let still = shop.app.get("/api/v1/billing/subscription").person(&owner).send().await.expect(200);
    assert_eq!(still.at("/cancel_at_period_end"), "false");
    // After a sign-out the cookie is invalid.
    browser.press("sign-out", "").await.expect(303);
    let page = browser.get("/billing").await.expect(200);
    assert!(page.holds("Sign in to VoiceFX AI"), "{page}");
}

#[tokio::test]
async fn who_may_not_pay_looks_without_buttons() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", GOOD).await;
    let viewer = shop.app.member(&owner, Role::Viewer).await;
    let browser = Browser::of(&shop, &viewer).await;
    let (page, _) = browser.page().await;
    assert!(page.contains("Only owners and administrators can change the plan") && page.contains("$29"), "{page}");
    for gone in ["/billing/checkout", "/billing/change", "/billing/cancel", "/billing/portal", "F00D", "<table"] {
        assert!(!page.contains(gone), "{gone}: {page}");
    }
    for button in ["checkout", "change", "cancel", "resume", "portal"] {
        is_a_page(&browser.press(button, "plan=pro&interval=month").await.expect(403));
    }
}

#[tokio::test]
async fn trouble_is_said_with_the_way_out() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let browser = Browser::of(&shop, &owner).await;
    shop.subscribe(&owner, "starter", "4000000000007767").await;
    shop.advance_days(32).await;
    let (page, _) = browser.page().await;
    assert!(page.contains("A payment did not go through") && page.contains(">Pay now</a>"), "{page}");
    shop.advance_days(8).await;
    let (page, _) = browser.page().await;
    assert!(page.contains("An invoice was not paid") && page.contains(">Pay now</a>"), "{page}");
    let stripe_away = [("fail", "1"), ("fail_status", "500")];
    shop.stripe("/_sandbox/chaos", Some(&stripe_away)).await;
    let (page, _) = browser.page().await;
    assert!(page.contains("The invoices cannot be shown at the moment"), "{page}");
}

#[tokio::test]
async fn where_nothing_is_sold_no_page_has_a_button_to_buy() {
    let app = TestApp::with(crate::voice().paying(Stripe::Off)).await;
    let page = app.get("/billing").browser().send().await.expect(200);
    is_a_page(&page);
    assert!(
        page.holds("Billing is off on this server") && !page.holds("<form") && !page.holds("class=\"button"),
        "{page}"
    );
    let page = app.get("/plans").browser().send().await.expect(200);
    assert!(
        page.holds("Billing is off on this server") && !page.holds("class=\"button") && !page.holds("/billing"),
        "{page}"
    );
    is_a_page(&app.get("/dev/billing").browser().send().await.expect(200));
    app.post("/billing/checkout").browser().form("plan=pro").send().await.expect(404);
}

#[tokio::test]
async fn operators_see_what_stripe_told_and_have_it_dealt_with_once_more() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", GOOD).await;
    let inbox = shop.app.get("/dev/billing").browser().send().await.expect(200);
    is_a_page(&inbox);
    let done = shop.app.get("/dev/billing?state=done").browser().send().await.expect(200);
    assert!(done.holds("customer.subscription.updated"), "{done}");
    let failed = shop.app.get("/dev/billing?state=failed").browser().send().await.expect(200);
    assert!(failed.holds("No event is in this state"), "{failed}");
    let id = done.text().split("href=\"/dev/billing/evt_").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path = format!("/dev/billing/evt_{id}");
    let event = shop.app.get(&path).browser().send().await.expect(200);
    is_a_page(&event);
    assert!(event.holds("&#34;type&#34;") && event.holds(&owner.organization), "{event}");
    let account = format!("/dev/billing/accounts/{}", owner.organization);
    assert!(shop.app.get(&account).browser().send().await.expect(200).holds("active"));

    let replay = shop.app.post(&format!("{path}/replay")).browser();
    replay.clone().header("sec-fetch-site", "cross-site").send().await.expect(404);
    assert_eq!(replay.send().await.expect(303).header("location"), format!("{path}?replayed=1"));
    shop.settle().await;
    for path in ["/dev/billing", &path, &account] {
        shop.app.get(path).browser().from("203.0.113.7:4000").send().await.expect(404);
    }
}
