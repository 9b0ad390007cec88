//! What mails say, in a product's own words.

use serde_json::json;

use super::{ADA, invite};
use crate::harness::app::{Setup, TestApp};

#[tokio::test]
async fn a_product_says_it_in_its_own_words() {
    let own = "\n[mail.magic_link]\nsubject = \"Moin! {product_name}\"\ntext = \"\"\"\nHier ist dein Link.\n\nEr gilt {validity}.\n\"\"\"\n\n[mail.organization_invitation]\nbutton = \"Komm rein\"\n";
    let app = TestApp::with(Setup::of_text(format!("{}{own}", freehold_voice::PRODUCT.toml))).await;
    let owner = app.somebody(ADA).await;
    app.post("/auth/v1/otp").json(&json!({ "email": ADA })).send().await.expect(200);
    let brand = freehold_delivery::mail::Brand::of_product(&app.backbone.product);
    let mail = app.mails(ADA).await.remove(0).mail;
    assert_eq!(mail.subject(&brand), "Moin! VoiceFX AI");
    let text = mail.text(&brand).unwrap();
    assert!(text.contains("Hier ist dein Link.\n\nEr gilt 1 hour.\n") && text.contains(mail.code().unwrap()), "{text}");
    invite(&app, &owner, "joan@example.org", "member").await.expect(201);
    let mail = app.mails("joan@example.org").await.remove(0).mail;
    assert!(mail.html(&brand).unwrap().contains(">Komm rein</a>"));
    assert!(mail.subject(&brand).starts_with("You are invited to"), "what is left out stays");
    // The local mailbox and the page of all mails say it, too.
    let inbox = app.get("/dev/mail").browser().send().await.expect(200);
    assert!(inbox.text().contains("Moin! VoiceFX AI"));
    let all = app.get("/dev/mail/templates").browser().send().await.expect(200);
    assert!(all.text().contains("Moin! VoiceFX AI") && all.text().contains("Komm rein"));
}
