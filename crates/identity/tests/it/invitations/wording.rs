//! The texts of mails, with a product's name.

use serde_json::json;

use super::{ADA, invite};
use crate::harness::app::{Setup, TestApp};

#[tokio::test]
async fn a_product_says_it_in_its_own_words() {
    let own = "\n[mail.magic_link]\nsubject = \"Moin! {product_name}\"\ntext = \"\"\"\nHier ist dein Link.\n\nEr gilt {validity}.\n\"\"\"\n\n[mail.organization_invitation]\nbutton = \"Komm rein\"\n";
    let app = TestApp::with(Setup::default().with_text(format!("{}{own}", Setup::default().product.toml))).await;
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
    assert!(mail.subject(&brand).starts_with("Invitation to join"), "what is left out stays");
    // The local mailbox and the page of all mails use it, too.
    let inbox = app.get("/dev/mail").browser().send().await.expect(200);
    assert!(inbox.text().contains("Moin! VoiceFX AI"));
    let all = app.get("/dev/mail/templates").browser().send().await.expect(200);
    assert!(all.text().contains("Moin! VoiceFX AI") && all.text().contains("Komm rein"));
}

#[tokio::test]
async fn an_invitation_never_carries_a_link_or_a_hidden_character_of_its_organization() {
    let app = TestApp::new().await;
    let owner = app.somebody(ADA).await;
    let brand = freehold_delivery::mail::Brand::of_product(&app.backbone.product);
    let rename = |name: &str| {
        app.patch(&format!("/api/v1/organizations/{}", owner.organization))
            .person(&owner)
            .json(&json!({ "name": name }))
            .send()
    };
    for (number, (name, shown)) in [
        ("URGENT: your account is locked. Unlock at https://evil.example/login now", "an organization"),
        ("www.evil.example", "an organization"),
        ("evil.example/login", "an organization"),
        ("Go to evil.example", "Go to evil example"),
        ("Booking.com", "Booking com"),
        ("Müller & Co. KG", "Müller & Co. KG"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(rename(name).await.expect(200).at("/name"), name, "names stay as they are");
        let to = format!("joan{number}@example.org");
        invite(&app, &owner, &to, "member").await.expect(201);
        let mail = app.mails(&to).await.remove(0).mail;
        assert_eq!(mail.subject(&brand), format!("Invitation to join {shown} on VoiceFX AI"));
        let (text, html) = (mail.text(&brand).unwrap(), mail.html(&brand).unwrap());
        for body in [text, html] {
            assert!(!body.contains("evil.example") && !body.contains("Booking.com"), "{body}");
        }
    }
    // A name that was stored before such names were rejected is shown without the hidden characters.
    let hostile = "Acme\u{202e}moc.live\u{2028}GmbH";
    app.test.admin().await.execute("update freehold.tenants set name = $1", &[&hostile]).await.unwrap();
    invite(&app, &owner, "last@example.org", "member").await.expect(201);
    let mail = app.mails("last@example.org").await.remove(0).mail;
    assert_eq!(mail.subject(&brand), "Invitation to join Acmemoc live GmbH on VoiceFX AI");
    for (name, named) in [
        ("Acme\u{202e}moc", "U+202E RIGHT-TO-LEFT OVERRIDE at position 5"),
        ("Acme\u{2066}", "U+2066 LEFT-TO-RIGHT ISOLATE at position 5"),
        ("\u{200b}Acme", "U+200B ZERO WIDTH SPACE at position 1"),
        ("Ac\u{2028}me", "U+2028 LINE SEPARATOR at position 3"),
        ("Ac\u{7}me", "U+0007 (a control character) at position 3"),
    ] {
        for answer in [
            rename(name).await,
            app.post("/api/v1/organizations").person(&owner).json(&json!({ "name": name })).send().await,
        ] {
            let refused = answer.refused(422, "validation_failed");
            assert_eq!(refused.at("/errors/0/pointer"), "/name");
            assert!(refused.at("/detail").contains(named), "{refused}");
        }
    }
}
