//! Supabase's own client, unmodified, works with the server (`research/features.md` 1.11). The scripts in `js/`, one
//! for each test, say what it must see.

mod house;

use crate::harness::app::Setup;
use house::House;

/// A server where addresses must be confirmed, as in production, and everything is switched on.
fn open() -> Setup {
    Setup::default().confirming().with_auth(|auth| {
        auth.anonymous_users = true;
        auth.manual_linking = true;
        auth.redirect_urls = vec!["http://127.0.0.1:*/**".to_owned()];
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_up_confirm_sign_in_refresh_and_sign_out() {
    House::open(open()).await.run("session.cjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_codes_in_both_flows() {
    House::open(open()).await.run("links.cjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_have_supabases_codes_statuses_and_names() {
    House::open(open()).await.run("errors.cjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_change_of_themselves() {
    House::open(open()).await.run("user.cjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_and_back() {
    House::open(open()).await.run("factors.cjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators() {
    House::open(open()).await.run("admin.cjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_with_the_newer_keys() {
    House::open(open()).await.run_with_newer_keys("admin.cjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_keeps_its_session() {
    House::open(open()).await.run("browser.cjs").await;
}
