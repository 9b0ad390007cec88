//! The hosted pages: plain HTML without scripts, with forms that are posted.

use askama::Template;
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    account::Account,
    card::{CARDS, TestCard},
    error::StripeError,
    form::Params,
    money, payment_intent,
    payment_intent::{Outcome, PaymentIntent},
    setup_intent,
    setup_intent::SetupIntent,
};

/// The response of a page.
#[derive(Debug)]
pub(crate) enum Answer {
    Html(u16, String),
    /// A redirect with status 303, which the browser follows with GET.
    Redirect(String),
    Pdf(String, Vec<u8>),
}

/// The style sheet of every page.
pub(crate) const STYLE: &str = include_str!("../templates/page.css");

/// Renders a page from its template.
pub(crate) fn html(status: u16, page: &impl Template) -> Answer {
    match page.render() {
        Ok(html) => Answer::Html(status, html),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            Answer::Html(500, "The page could not be written.".to_owned())
        }
    }
}

/// A page with only a sentence.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message {
    pub(crate) title: String,
    pub(crate) text: String,
}

/// Renders a page with only a message.
pub(crate) fn message(status: u16, title: &str, text: &str) -> Answer {
    html(status, &Message { title: title.to_owned(), text: text.to_owned() })
}

/// The page for an unknown address.
pub(crate) fn not_found() -> Answer {
    message(404, "Nothing here", "This address belongs to no session, invoice or payment of the sandbox.")
}

/// A test card in the list on the pages.
#[derive(Clone, Debug)]
pub(crate) struct CardRow {
    pub(crate) number: String,
    pub(crate) words: &'static str,
}

/// The most useful test cards; the README lists the others.
pub(crate) fn cards() -> Vec<CardRow> {
    let row = |card: &TestCard| CardRow { number: spaced(card.number), words: card.words };
    CARDS.iter().take(6).map(row).collect()
}

fn spaced(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits.chunks(4).map(|chunk| chunk.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// `21 November 2026`
pub(crate) fn day(at: i64) -> String {
    Timestamp::from_second(at).unwrap_or_default().to_zoned(TimeZone::UTC).strftime("%-d %B %Y").to_string()
}

/// The page on which a card's owner authenticates.
#[derive(Template)]
#[template(path = "authenticate.html")]
pub(crate) struct Authenticate {
    pub(crate) title: String,
    pub(crate) what: String,
    pub(crate) action: String,
    /// Fields that are submitted with the form.
    pub(crate) fields: Vec<(String, String)>,
}

fn authenticate_of(account: &Account, id: &str) -> Option<(String, bool)> {
    if let Some(intent) = account.payment_intents.get(id) {
        let waits = intent.status == payment_intent::Status::RequiresAction;
        return Some((format!("a payment of {}", money::words(intent.amount, &intent.currency)), waits));
    }
    let intent: &SetupIntent = account.setup_intents.get(id)?;
    Some(("keeping this card for later payments".to_owned(), intent.status == "requires_action"))
}

/// `GET /authenticate/{id}`
pub(crate) fn authenticate(account: &Account, id: &str, then: Option<String>) -> Answer {
    match authenticate_of(account, id) {
        None => not_found(),
        Some((_, false)) => message(200, "Nothing to confirm", "This payment no longer waits for confirmation."),
        Some((what, true)) => html(
            200,
            &Authenticate {
                title: "Confirm with your bank".to_owned(),
                what,
                action: format!("/authenticate/{id}"),
                fields: then.map(|then| ("then".to_owned(), then)).into_iter().collect(),
            },
        ),
    }
}

/// `POST /authenticate/{id}`
pub(crate) fn authenticate_answer(account: &mut Account, id: &str, params: &mut Params) -> Answer {
    let yes = params.text("outcome").ok().flatten().as_deref() == Some("yes");
    let then = params.text("then").ok().flatten().filter(|then| then.starts_with('/') && !then.starts_with("//"));
    let result: Result<bool, StripeError> = if account.payment_intents.get(id).is_some() {
        payment_intent::request::authenticate(account, id, yes).map(|outcome| matches!(outcome, Outcome::Succeeded))
    } else if account.setup_intents.get(id).is_some() {
        setup_intent::authenticate(account, id, yes).map(|()| true)
    } else {
        return not_found();
    };
    match (result, then) {
        (_, Some(then)) => Answer::Redirect(then),
        (Ok(true), None) => message(200, "Confirmed", "You can close this page."),
        (Ok(false), None) => message(402, "Not confirmed", "The payment was not made."),
        (Err(error), None) => message(402, "Not confirmed", error.message()),
    }
}

/// Whether the payment of this intent waits for the card's owner.
pub(crate) fn waits(account: &Account, intent: Option<&String>) -> bool {
    let intent = intent.and_then(|id| account.payment_intents.get(id));
    intent.is_some_and(|intent: &PaymentIntent| intent.status == payment_intent::Status::RequiresAction)
}
