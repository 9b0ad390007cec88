//! `/dev/mail/templates`.

use freehold_delivery::mail::Mail;
use serde_json::json;

use crate::harness::app::{Setup, TestApp};

const PAGE: &str = "/dev/mail/templates";

#[tokio::test]
async fn an_operator_sees_every_mail_as_html_and_as_text_in_every_brand() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let brand = json!({ "sender_name": "Mill Lane Dental", "color": "#ffcc00" });
    app.put("/api/v1/mail/brand").key(&owner.key).json(&brand).send().await.expect(200);
    let product = crate::harness::mail_sender::brand();
    for (brand, sender) in [
        ("", "VoiceFX AI"),
        ("?brand=product", "VoiceFX AI"),
        ("?brand=sample", "Bright Dental via VoiceFX AI"),
        (&format!("?brand={}", owner.organization), "Mill Lane Dental via VoiceFX AI"),
    ] {
        let page = app.get(&format!("{PAGE}{brand}")).browser().send().await.expect(200);
        assert!(page.text().contains(&format!("<dd>{sender}</dd>")), "{brand}");
        assert!(page.header("content-security-policy").contains("frame-src 'self'"));
        for template in app.backbone.mails.iter() {
            assert!(page.text().contains(&Mail::sample(template).subject(&product)), "{brand} {template}");
            let html = app.get(&format!("{PAGE}/{template}/html{brand}")).send().await.expect(200);
            assert!(html.text().contains("</html>"), "{brand} {template}");
            assert!(html.header("content-security-policy").contains("default-src 'none'"));
        }
    }
    let shown = app.get(&format!("{PAGE}/magic_link/html?brand={}", owner.organization)).send().await.expect(200);
    assert!(shown.text().contains("background:#ffcc00"), "{shown}");
}

#[tokio::test]
async fn visitors_on_other_machines_do_not() {
    let app = TestApp::new().await;
    for page in [PAGE.to_owned(), format!("{PAGE}/magic_link/html")] {
        app.get(&page).from("203.0.113.9:1").send().await.refused(404, "not_found");
        app.get(&page).header("x-forwarded-for", "203.0.113.9").send().await.refused(404, "not_found");
    }
    for page in ["/nothing/html", "/magic_link/html?brand=nobody", "?brand=%3Cscript%3E"] {
        app.get(&format!("{PAGE}{page}")).send().await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn where_mails_are_not_shown_no_tenants_brand_is() {
    let app = TestApp::with(Setup { mailbox: false, ..Setup::default() }).await;
    let owner = app.owner().await;
    let brand = json!({ "sender_name": "Mill Lane Dental" });
    app.put("/api/v1/mail/brand").key(&owner.key).json(&brand).send().await.expect(200);
    let page = app.get(PAGE).send().await.expect(200);
    assert!(!page.text().contains("Mill Lane") && !page.text().contains(&owner.organization));
    app.get(&format!("{PAGE}?brand={}", owner.organization)).send().await.refused(404, "not_found");
}
