//! One server.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, http::Method};
use freehold_billing::{
    CheckoutTerms,
    stripe::{Client, Settings},
};
use freehold_compose::{self as compose, Materials, Money};
use freehold_console::{Local, Part, Standing};
use freehold_core::{Clock, Secret};
use freehold_delivery::mailbox::{Received, mailbox_list};
use freehold_files::{
    FileLimits, Files,
    storage::{Storage, StorageSettings},
};
use freehold_identity::AuthSettings;
use freehold_outbound::{Allowed, Outbound};
use freehold_web::Backbone;
use jiff::SignedDuration;
use serde_json::Value;

use super::{Ask, Documented, Setup, Stripe};
use crate::{TestDatabase, mail_sender::vault, scratch};

/// Site URL of every test's server.
pub(crate) const SITE: &str = "https://app.example.org";

/// A router and its services.
pub struct Served {
    /// The services of the server.
    pub backbone: Backbone,
    /// The router of the server.
    pub router: Router,
    /// The OpenAPI document it serves.
    pub document: Value,
    /// The OpenAPI document of the operator API.
    pub operators: Value,
    /// Both, to hold requests and answers against.
    pub documented: Arc<Documented>,
}

impl Served {
    pub(super) async fn start(test: &TestDatabase, setup: Setup) -> anyhow::Result<Self> {
        let mut auth = AuthSettings { autoconfirm: setup.autoconfirm, ..AuthSettings::default() };
        // All requests come from one address here, at one moment.
        auth.limits.enabled = false;
        (setup.auth)(&mut auth);
        let materials = Materials {
            db: test.db.clone(),
            vault: vault(),
            random: test.random.clone(),
            site_url: setup.site.to_owned(),
            auth,
            supabase: setup.supabase(),
            outbound: Outbound::new(Allowed::public_only().with_loopback())?,
            module_settings: (setup.settings)(),
            files: files(test, setup)?,
            money: money(test, setup),
        };
        let backbone = compose::backbone(materials, setup.proxies(), setup.product).await?;
        let part = |name: &str, standing| Part {
            name: name.to_owned(),
            now: "a test's".to_owned(),
            standing,
            setting: Some("SETTING".to_owned()),
        };
        let parts = vec![part("Database", Standing::Connected), part("Mail", Standing::StandIn)];
        let local = Local { mailbox: setup.mailbox, sends_mails: false, whole: setup.whole, near: setup.near, parts };
        let (router, document) = compose::router(backbone.clone(), setup.product, local);
        let operators = compose::operator_document(&backbone);
        let documented = Documented::of(&both(document.clone(), operators.clone()));
        Ok(Self { backbone, router, document, operators, documented })
    }

    /// The clock of the server.
    pub fn clock(&self) -> &Clock {
        &self.backbone.clock
    }

    /// Moves the clock.
    pub fn advance_seconds(&self, seconds: i64) {
        self.clock().advance(SignedDuration::from_secs(seconds));
    }

    /// A request from this machine.
    pub fn ask(&self, method: Method, path: &str) -> Ask {
        Ask::new(self.router.clone(), self.documented.clone(), method, path)
    }

    /// A `GET` request.
    pub fn get(&self, path: &str) -> Ask {
        self.ask(Method::GET, path)
    }

    /// A `POST` request.
    pub fn post(&self, path: &str) -> Ask {
        self.ask(Method::POST, path)
    }

    /// A `PUT` request.
    pub fn put(&self, path: &str) -> Ask {
        self.ask(Method::PUT, path)
    }

    /// A `PATCH` request.
    pub fn patch(&self, path: &str) -> Ask {
        self.ask(Method::PATCH, path)
    }

    /// A `DELETE` request.
    pub fn delete(&self, path: &str) -> Ask {
        self.ask(Method::DELETE, path)
    }

    /// The mails to an address, the newest first.
    pub async fn mails(&self, to: &str) -> Vec<Received> {
        mailbox_list(&self.backbone.db, &self.backbone.vault, &self.backbone.mails, Some(to)).await.unwrap()
    }

    /// The code of the newest mail.
    pub async fn code(&self, to: &str) -> String {
        self.mails(to).await[0].mail.code().unwrap().to_owned()
    }

    /// Path and query of the link in the newest mail.
    pub async fn link(&self, to: &str) -> String {
        let mails = self.mails(to).await;
        mails[0].mail.link().unwrap().strip_prefix(SITE).unwrap().to_owned()
    }

    /// The token in the newest mail's link.
    pub async fn link_token(&self, to: &str) -> String {
        let link = self.link(to).await;
        link.split_once("token=").unwrap().1.split('&').next().unwrap().to_owned()
    }
}

/// One document with the operations and schemas of both.
fn both(mut document: Value, mut operators: Value) -> Value {
    for place in ["/paths", "/components/schemas"] {
        let more = operators.pointer_mut(place).map(Value::take);
        if let (Some(Value::Object(all)), Some(Value::Object(more))) = (document.pointer_mut(place), more) {
            all.extend(more);
        }
    }
    document
}

/// A client on this machine.
pub(super) fn near() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 50_000))
}

/// The file store. Without one in the setup, a folder that is named after the database, so that two servers of a test
/// share it.
fn files(test: &TestDatabase, setup: Setup) -> anyhow::Result<Files> {
    if let Some(files) = setup.files {
        return Ok(files.clone());
    }
    let folder = StorageSettings::Folder(scratch().join("files").join(test.name()));
    Ok(Files { storage: Storage::open(&folder)?, limits: FileLimits::default() })
}

/// Settings of billing. A Stripe that does not answer fails at once.
fn money(test: &TestDatabase, setup: Setup) -> Option<Money> {
    let (url, key, secret, checkout) = match setup.stripe {
        Stripe::Off => return None,
        Stripe::Away => ("http://127.0.0.1:9", "sk_test_nobody", "whsec_nobody", CheckoutTerms::default()),
        Stripe::At { url, key, secret, checkout } => (url, key, secret, checkout.clone()),
    };
    let (clock, random) = (test.clock.clone(), test.random.clone());
    let settings = Settings { url: url.to_owned(), key: Secret::new(key.to_owned()), clock, random };
    let stripe = Client::hasty(settings).unwrap();
    let prices = setup.prices.iter().map(|(name, plan)| ((*name).to_owned(), (*plan).to_owned())).collect();
    Some(Money {
        stripe,
        webhook_secrets: vec![Secret::new(secret.to_owned())],
        return_origins: Vec::new(),
        prices,
        checkout,
        unpaid_organizations: Some(5),
    })
}
