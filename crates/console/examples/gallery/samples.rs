//! Pages with sample data. The gallery shows them, the tests render them.

use std::sync::Arc;

use freehold_catalog::Color;
use freehold_console::{
    DevPage, DocsPage, ErrorCode, ErrorPage, ErrorsPage, EventEntry, EventsPage, MailBrandChoice, MailPage,
    MailTemplate, MailTemplatesPage, MailboxPage, Part, PlanCard, PlanLimit, PlanPrice, PlansPage, ReceivedMail,
    Standing, Step, Trouble, WelcomePage,
};
use freehold_delivery::mail::{self, Mail};
use serde_json::json;

use crate::page_samples::{bare, links};

pub(crate) const SITE: &str = "http://127.0.0.1:8900";

pub(crate) fn dev() -> DevPage {
    let part = |name: &str, now: &str, standing, setting: Option<&str>| Part {
        name: name.to_owned(),
        now: now.to_owned(),
        standing,
        setting: setting.map(str::to_owned),
    };
    let step = |title: &str, text: &str, command: String| Step {
        title: title.to_owned(),
        text: text.to_owned(),
        command: Some(command),
    };
    DevPage {
        shell: bare(),
        description: "AI voice agents that answer and make your calls.".to_owned(),
        parts: vec![
            part("Database", "Local Postgres in `.freehold`", Standing::StandIn, Some("DATABASE_URL")),
            part("Sign-in", "Built in, speaks the Supabase Auth protocol", Standing::Connected, None),
            part("Mail", "Local mailbox at [/dev/mail](/dev/mail)", Standing::StandIn, Some("SMTP_URL")),
            part("Payments", "Not connected: no plan can be bought", Standing::Missing, Some("STRIPE_SECRET_KEY")),
        ],
        steps: vec![
            step(
                "Sign up",
                "Creates an account and mails a code, which is in the [local mailbox](/dev/mail).",
                format!(
                    "curl {SITE}/auth/v1/signup -H 'Content-Type: application/json' \\\n  -d '{{\"email\": \"ada@example.org\", \"password\": \"correct horse battery staple\"}}'"
                ),
            ),
            step(
                "Confirm with the code",
                "Returns an `access_token` and creates an organization on the free plan.",
                format!(
                    "curl {SITE}/auth/v1/verify -H 'Content-Type: application/json' \\\n  -d '{{\"type\": \"signup\", \"email\": \"ada@example.org\", \"token\": \"THE CODE\"}}'"
                ),
            ),
            step(
                "Create a key and run a workflow",
                "Programs authenticate with a key. It is shown once.",
                format!(
                    "curl {SITE}/api/v1/keys -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'Content-Type: application/json' -d '{{\"name\": \"first key\"}}'"
                ),
            ),
        ],
        local_mailbox: true,
    }
}

pub(crate) fn welcome() -> WelcomePage {
    WelcomePage { shell: bare() }
}

/// The product's brand, for its mails.
pub(crate) fn mail_brand() -> mail::Brand {
    mail::Brand {
        product_name: "VoiceFX AI".to_owned(),
        sender_name: "VoiceFX AI".to_owned(),
        reply_to: None,
        color: Color::of(0x1d, 0x6b, 0x48),
        support: Some("help@voicefx.example".to_owned()),
        footer: None,
        speaks_for: None,
        wording: mail::Wording::default(),
    }
}

/// Every mail of the capabilities with sample data.
pub(crate) fn mails() -> Vec<Mail> {
    freehold_module::mails(&freehold_app::capabilities()).iter().map(Mail::sample).collect()
}

pub(crate) fn mail_templates() -> MailTemplatesPage {
    let choice = |value: &str, name: &str| MailBrandChoice {
        value: value.to_owned(),
        name: name.to_owned(),
        chosen: value == "sample",
    };
    let brands = vec![choice("product", "VoiceFX AI"), choice("sample", "Example organization")];
    let sample = |mail: &Mail| MailTemplate {
        name: mail.template().name.to_owned(),
        about: mail.template().about.to_owned(),
        subject: mail.subject(&mail_brand()),
        text: format!("{} as plain text", mail.template()),
    };
    MailTemplatesPage {
        shell: bare(),
        brands,
        sender: "Bright Dental via VoiceFX AI".to_owned(),
        reply_to: Some("reception@brightdental.example".to_owned()),
        mails: mails().iter().map(sample).collect(),
    }
}

pub(crate) fn mailbox(mails: &[Mail]) -> MailboxPage {
    let mails = mails.iter().enumerate().map(|(index, mail)| ReceivedMail {
        id: index.to_string(),
        to: "ada@example.org".to_owned(),
        subject: mail.subject(&mail_brand()),
        received_at: format!("2026-11-21T11:{:02}:09Z", 40 - index),
        template: mail.template().to_string(),
    });
    MailboxPage { shell: bare(), sent: false, mails: mails.collect() }
}

pub(crate) fn mail(id: usize, mail: &Mail, text: String) -> MailPage {
    MailPage {
        shell: bare(),
        id: id.to_string(),
        to: "ada@example.org".to_owned(),
        subject: mail.subject(&mail_brand()),
        received_at: "2026-11-21T11:40:09Z".to_owned(),
        template: mail.template().to_string(),
        text,
        code: mail.code().map(str::to_owned),
        link: mail.link().map(str::to_owned),
    }
}

pub(crate) fn plans() -> PlansPage {
    let paid = |month: &str, year: &str| PlanPrice::Paid { month: month.to_owned(), year: Some(year.to_owned()) };
    let plan = |name: &str, price, limits: [&str; 3], features: &[&str]| PlanCard {
        id: name.to_lowercase(),
        name: name.to_owned(),
        price,
        limits: ["workflows", "calls", "campaigns"]
            .into_iter()
            .zip(limits)
            .map(|(meter, amount)| PlanLimit { meter: meter.to_owned(), amount: amount.to_owned() })
            .collect(),
        features: features.iter().map(|&feature| feature.to_owned()).collect(),
    };
    PlansPage {
        shell: bare(),
        plans: vec![
            plan("Free", PlanPrice::Free, ["1", "50 a month", "none"], &["Basic analytics"]),
            plan("Starter", paid("$29", "$290"), ["5", "500 a month", "3"], &["Basic analytics", "Email support"]),
            plan(
                "Pro",
                paid("$99", "$990"),
                ["unlimited", "5,000 a month", "unlimited"],
                &["Advanced analytics", "API access", "Priority support"],
            ),
            plan(
                "Enterprise",
                PlanPrice::ContactSales,
                ["unlimited", "unlimited", "unlimited"],
                &["Everything in Pro", "Custom integrations", "Dedicated support", "Service level agreement"],
            ),
        ],
        current: Some("starter".to_owned()),
        how_to_change:
            "Owners and administrators choose a plan at [Billing](/billing). The new limits hold as soon as it is \
                        paid, and a smaller plan deletes nothing."
                .to_owned(),
        links: links(),
    }
}

pub(crate) fn docs() -> DocsPage {
    let document = serde_json::from_str(include_str!("openapi.json")).unwrap_or_default();
    DocsPage { shell: bare(), document: Arc::new(document) }
}

pub(crate) fn events() -> EventsPage {
    let door = json!({ "type": "object", "required": ["name"], "properties": { "name": { "type": "string", "description": "Which." } } });
    let schema = json!({
        "type": "object",
        "required": ["door"],
        "properties": {
            "door": { "$ref": "#/$defs/Door" },
            "times": { "type": "integer", "minimum": 1, "description": "How often." },
        },
        "$defs": { "Door": door },
    });
    let message = json!({
        "id": "01985a2e-7c60-7a31-8f2e-6d0c4be91a57", "type": "door.opened", "version": 2,
        "timestamp": "2026-07-30T09:15:00Z", "data": { "door": { "name": "front" }, "times": 3 },
    });
    let summary = "A door was opened, see [the doors](/docs).".to_owned();
    EventsPage {
        shell: bare(),
        events: vec![EventEntry { name: "door.opened".to_owned(), version: 2, summary, schema, message }],
    }
}

pub(crate) fn errors() -> ErrorsPage {
    let code = |status, name: &str, title: &str| ErrorCode { name: name.to_owned(), status, title: title.to_owned() };
    ErrorsPage {
        shell: bare(),
        codes: vec![
            code(400, "malformed_request", "The request is malformed"),
            code(401, "unauthenticated", "A valid access token or API key is required"),
            code(402, "quota_exceeded", "The plan's limit is reached"),
            code(402, "subscription_suspended", "The organization is suspended and read-only"),
            code(409, "idempotency_key_reused", "The Idempotency-Key was used for another request"),
            code(500, "internal", "An internal error occurred"),
        ],
    }
}

pub(crate) fn error(trouble: Trouble) -> ErrorPage {
    ErrorPage { shell: bare(), trouble }
}
