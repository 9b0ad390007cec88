//! The second step of signing in, for users with a second factor.

use aws_lc_rs::hmac;
use serde_json::json;

use super::{ADA, encoded};
use crate::harness::app::{Answer, PASSWORD, Person, Setup, TestApp};

const BILLING: &str = "https://app.example.org/billing";

/// The app's code for this key at this time (RFC 6238).
fn totp(secret: &str, seconds: i64) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut held, mut key) = (0_u32, 0_u32, Vec::new());
    for letter in secret.chars() {
        held = held << 5 | u32::try_from(alphabet.find(letter).unwrap()).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            key.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    let step = u64::try_from(seconds / 30).unwrap().to_be_bytes();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key), &step);
    let tag = tag.as_ref();
    let at = usize::from(tag[19] & 0xf);
    let number = u32::from_be_bytes(tag[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

struct Protected {
    app: TestApp,
    ada: Person,
    secret: String,
}

impl Protected {
    /// A server where Ada has an authenticator app.
    async fn new() -> Self {
        let app = TestApp::with(Setup::of("pharmacy")).await;
        let ada = app.somebody(ADA).await;
        let body = json!({ "factor_type": "totp", "friendly_name": "phone" });
        let made = app.post("/auth/v1/factors").token(&ada.token).json(&body).send().await.expect(200);
        let (id, secret) = (made.at("/id"), made.at("/totp/secret"));
        let asked = app.post(&format!("/auth/v1/factors/{id}/challenge")).token(&ada.token).json(&json!({}));
        let challenge = asked.send().await.expect(200).at("/id");
        let mut this = Self { app, ada, secret };
        let body = json!({ "challenge_id": challenge, "code": this.code() });
        let verify = this.app.post(&format!("/auth/v1/factors/{id}/verify")).token(&this.ada.token).json(&body);
        this.ada.token = verify.send().await.expect(200).at("/access_token");
        this.app.advance_seconds(60);
        this
    }

    fn code(&self) -> String {
        totp(&self.secret, self.app.clock().now().as_second())
    }

    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.app.post(path).browser().form(&form.join("&")).send().await
    }

    /// Sends the password; returns the ticket of the form that asks for the code.
    async fn half(&self) -> String {
        let fields = [("email", ADA), ("password", PASSWORD), ("redirect_to", BILLING)];
        let asked = self.send("/sign-in/password", &fields).await.expect(200);
        assert!(asked.holds("Two-factor sign-in"), "{asked}");
        assert_eq!(asked.header("set-cookie"), "", "nobody is in with half of what it takes");
        asked.text().split("name=\"ticket\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn who_has_an_app_shows_its_code() {
    let app = Protected::new().await;
    let ticket = app.half().await;
    let wrong = if app.code() == "000000" { "000001" } else { "000000" };
    let fields = [("ticket", &*ticket), ("code", wrong), ("redirect_to", BILLING)];
    let refused = app.send("/sign-in/factor", &fields).await.expect(422);
    assert!(refused.holds("The code is wrong"), "{refused}");
    let code = app.code();
    let (first, rest) = code.split_at(3);
    let spaced = format!("{first} {rest}");
    let fields = [("ticket", &*ticket), ("code", &*spaced), ("redirect_to", BILLING)];
    let gone = app.send("/sign-in/factor", &fields).await.expect(303);
    assert_eq!(gone.header("location"), BILLING);
    let cookie = gone.header("set-cookie").split(';').next().unwrap().to_owned();
    app.app.get("/billing").browser().header("cookie", &cookie).send().await.expect(200);
    // A code is valid once.
    let again = app.half().await;
    let fields = [("ticket", &*again), ("code", &*code), ("redirect_to", BILLING)];
    app.send("/sign-in/factor", &fields).await.expect(422);
}

#[tokio::test]
async fn a_recovery_code_stands_in_for_a_lost_phone() {
    let app = Protected::new().await;
    let made = app.app.post("/auth/v1/factors/recovery-codes").token(&app.ada.token).json(&json!({}));
    let recovery = made.send().await.expect(200).at("/codes/0");
    let ticket = app.half().await;
    let wrong = [("ticket", &*ticket), ("recovery_code", "nope"), ("redirect_to", BILLING)];
    assert!(app.send("/sign-in/factor", &wrong).await.expect(422).holds("Use a recovery code"));
    let fields = [("ticket", &*ticket), ("recovery_code", &*recovery), ("redirect_to", BILLING)];
    app.send("/sign-in/factor", &fields).await.expect(303);
    let ticket = app.half().await;
    let fields = [("ticket", &*ticket), ("recovery_code", &*recovery), ("redirect_to", BILLING)];
    app.send("/sign-in/factor", &fields).await.expect(422);
}

#[tokio::test]
async fn a_forgotten_password_is_chosen_after_the_second_step() {
    let app = Protected::new().await;
    app.send("/sign-in/forgot", &[("email", ADA), ("redirect_to", BILLING)]).await.expect(200);
    let code = app.app.code(ADA).await;
    let fields = [("email", ADA), ("type", "recovery"), ("code", &*code), ("redirect_to", BILLING)];
    let asked = app.send("/sign-in/code", &fields).await.expect(200);
    assert!(asked.holds("Two-factor sign-in"), "{asked}");
    let ticket = |page: &Answer| {
        page.text().split("name=\"ticket\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let fields = [("ticket", &*ticket(&asked)), ("code", &*app.code()), ("redirect_to", BILLING)];
    let asked = app.send("/sign-in/factor", &fields).await.expect(200);
    assert!(asked.holds("Choose a new password"), "{asked}");
    let fields = [("ticket", &*ticket(&asked)), ("password", "a better horse"), ("redirect_to", BILLING)];
    let gone = app.send("/sign-in/new-password", &fields).await.expect(303);
    assert_eq!(gone.header("location"), BILLING);
    app.app.sign_in(ADA).await.refused(400, "invalid_credentials");
}
