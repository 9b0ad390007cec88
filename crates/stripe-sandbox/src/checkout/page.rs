//! The page of a checkout session.

use askama::Template;

use crate::{
    account::Account,
    checkout::{
        Session, Status,
        complete::{Filled, Next, complete, redeem},
        due_today, exempt_of,
    },
    coupon::Duration,
    discount::Discount,
    form::Params,
    invoice::sum,
    money,
    page::{self, Answer, CardRow},
    subscription::{Subscription, item},
    tax_rate::TaxRate,
};

struct Row {
    name: String,
    words: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "checkout.html")]
struct Page {
    title: String,
    id: String,
    heading: String,
    rows: Vec<Row>,
    due: String,
    trial: Option<String>,
    then: Option<String>,
    email: String,
    email_fixed: bool,
    name: String,
    card: String,
    /// The promotion code, if visitors can enter one.
    code: Option<String>,
    /// Discounts and taxes, with their names.
    extras: Vec<(String, String)>,
    asks_card: bool,
    setup: bool,
    button: String,
    cancel_url: Option<String>,
    error: Option<String>,
    cards: Vec<CardRow>,
}

/// `GET /c/pay/{id}`
pub(crate) fn show(account: &Account, id: &str) -> Answer {
    form(account, id, &Filled::default(), None, 200)
}

fn form(account: &Account, id: &str, filled: &Filled, error: Option<String>, status: u16) -> Answer {
    let Some(session) = account.sessions.get(id) else { return page::not_found() };
    match session.status {
        Status::Complete => return page::message(200, "All done here", "This checkout is complete."),
        Status::Expired => {
            return page::message(410, "This page has expired", "Go back to where you came from and start again.");
        }
        Status::Open => {}
    }
    let described = session.described(account).ok();
    let due = described.as_ref().map_or(0, |described| due_today(account, described).total());
    let currency = session.currency.clone().unwrap_or_else(|| "usd".to_owned());
    let trial_end = described.as_ref().and_then(|subscription| subscription.trial).map(|(_, end)| end);
    let rows: Vec<Row> = session.prices.iter().map(|(price, quantity)| row(account, price, *quantity)).collect();
    let every =
        session.prices.iter().find_map(|(price, _)| price.recurring.as_ref()).map(crate::price::Recurring::words);
    let extras = described.as_ref().map(|described| extras(account, described)).unwrap_or_default();
    let later = described.as_ref().map(|described| later(account, described));
    let asks_card = session.asks_card(due);
    let button = match (session.setup, trial_end.is_some(), due) {
        (true, ..) => "Save card".to_owned(),
        (_, true, _) => "Start trial".to_owned(),
        (.., 0) => "Subscribe".to_owned(),
        (.., due) => format!("Pay {}", money::words(due, &currency)),
    };
    let heading = rows.first().map_or_else(|| "Save your card".to_owned(), |row| format!("Subscribe to {}", row.name));
    page::html(
        status,
        &Page {
            title: heading.clone(),
            id: id.to_owned(),
            heading,
            due: money::words(due, &currency),
            trial: trial_end.map(|end| format!("Free until {}", page::day(end))),
            then: later.zip(every).map(|(later, every)| format!("{later} every {every}")),
            rows,
            email: if filled.email.is_empty() {
                session.customer_email.clone().unwrap_or_default()
            } else {
                filled.email.clone()
            },
            email_fixed: session.customer_email.is_some(),
            name: if filled.name.is_empty() {
                session.customer_name.clone().unwrap_or_default()
            } else {
                filled.name.clone()
            },
            card: filled.card.clone(),
            code: session.takes_codes().then(|| {
                filled.code.clone().filter(|_| error.is_some()).or_else(|| session.code(account)).unwrap_or_default()
            }),
            extras,
            asks_card,
            setup: session.setup,
            button,
            cancel_url: session.cancel_url.clone(),
            error,
            cards: page::cards(),
        },
    )
}

/// The discounts and taxes of a period.
fn extras(account: &Account, of: &Subscription) -> Vec<(String, String)> {
    let sums = sum::period(of, exempt_of(account, of));
    let mut extras = Vec::new();
    if sums.discount > 0 {
        let names: Vec<String> = of.discounts.iter().map(Discount::words).collect();
        extras.push((names.join(", "), money::words(-sums.discount, &of.currency)));
    }
    let rates = of.default_tax_rates.iter().chain(of.items.iter().flat_map(|item| &item.tax_rates));
    let mut names: Vec<String> = rates.map(TaxRate::words).collect();
    names.dedup();
    if !names.is_empty() {
        extras.push((names.join(", "), money::words(sums.tax, &of.currency)));
    }
    extras
}

/// What a period costs after its limited discounts have ended: `$12.00`.
fn later(account: &Account, of: &Subscription) -> String {
    let mut later = of.clone();
    if of.trial.is_none() {
        later.discounts.retain(|discount| discount.coupon.duration != Duration::Once);
    }
    money::words(sum::period(&later, exempt_of(account, of)).total(), &of.currency)
}

fn row(account: &Account, price: &crate::price::Price, quantity: i64) -> Row {
    let each = money::words(price.unit_amount, &price.currency);
    let every = price.recurring.as_ref().map(|recurring| format!(" / {}", recurring.words())).unwrap_or_default();
    let words = if price.is_metered() {
        format!("{each} each, by usage")
    } else if quantity == 1 {
        format!("{each}{every}")
    } else {
        format!("{quantity} × {each}{every}")
    };
    let amount =
        if price.is_metered() { String::new() } else { money::words(price.unit_amount * quantity, &price.currency) };
    Row { name: item::name(account, price), words, amount }
}

/// `POST /c/pay/{id}`
pub(crate) fn submit(account: &mut Account, id: &str, params: &mut Params) -> Answer {
    let has_code = params.has("promotion_code");
    let mut text = |key: &str| params.text(key).ok().flatten().unwrap_or_default().trim().to_owned();
    let only_code = text("apply") == "code";
    let filled = Filled {
        email: text("email"),
        name: text("name"),
        card: text("card_number"),
        code: has_code.then(|| text("promotion_code")),
        authenticated: match text("outcome").as_str() {
            "" => None,
            word => Some(word == "yes"),
        },
    };
    if only_code {
        return apply(account, id, &filled);
    }
    match complete(account, id, &filled) {
        Ok(Next::Done) => done(account, id),
        Ok(Next::Ask) => page::html(
            200,
            &page::Authenticate {
                title: "Confirm with your bank".to_owned(),
                what: "this card".to_owned(),
                action: format!("/c/pay/{id}"),
                fields: vec![
                    ("email".to_owned(), filled.email),
                    ("name".to_owned(), filled.name),
                    ("card_number".to_owned(), filled.card),
                ]
                .into_iter()
                .chain(filled.code.map(|code| ("promotion_code".to_owned(), code)))
                .collect(),
            },
        ),
        Err(error) if error.status == 404 => page::not_found(),
        Err(error) => {
            let words = match error.code() {
                Some("parameter_missing") => "Fill in your e-mail address and a card.".to_owned(),
                _ => error.message().to_owned(),
            };
            form(account, id, &filled, Some(words), if error.status == 402 { 402 } else { 400 })
        }
    }
}

/// Shows the discount of the promotion code, without a payment.
fn apply(account: &mut Account, id: &str, filled: &Filled) -> Answer {
    let Some(session) = account.sessions.get(id).filter(|session| session.status == Status::Open).cloned() else {
        return show(account, id);
    };
    match redeem(account, session, filled.code.as_deref()) {
        Ok(_) => form(account, id, filled, None, 200),
        Err(error) => form(account, id, filled, Some(error.message().to_owned()), 400),
    }
}

fn done(account: &Account, id: &str) -> Answer {
    let url = account.sessions.get(id).and_then(|session: &Session| session.success_url.clone());
    match url {
        Some(url) => {
            let url = url.replace("{CHECKOUT_SESSION_ID}", id).replace("%7BCHECKOUT_SESSION_ID%7D", id);
            Answer::Redirect(url)
        }
        None => page::message(200, "All done here", "This checkout is complete."),
    }
}
