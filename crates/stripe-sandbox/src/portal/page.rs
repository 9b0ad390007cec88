//! The portal's page.

use askama::Template;
use serde_json::json;

use crate::{
    account::Account,
    checkout::exempt_of,
    customer,
    form::Params,
    invoice::{self, preview, sum},
    money,
    page::{self, Answer, CardRow},
    portal::{
        Configuration, PortalSession,
        action::{self, Next},
    },
    subscription::{Status, Subscription, item},
};

struct Plan {
    price: String,
    name: String,
    words: String,
    now: bool,
    /// What a change to it costs or credits today.
    costs: Option<String>,
}

struct Row {
    id: String,
    name: String,
    words: String,
    status: &'static str,
    good: bool,
    line: String,
    until: String,
    ends: bool,
    paused: bool,
    plans: Vec<Plan>,
}

struct InvoiceRow {
    day: String,
    number: String,
    amount: String,
    status: &'static str,
    url: String,
}

#[derive(Template)]
#[template(path = "portal.html")]
struct Page {
    title: String,
    id: String,
    who: String,
    return_url: Option<String>,
    /// `overview`, `plan`, `card` or `cancel`.
    view: String,
    subscription: String,
    rows: Vec<Row>,
    card: Option<String>,
    invoices: Vec<InvoiceRow>,
    may_plan: bool,
    may_card: bool,
    may_cancel: bool,
    at_once: bool,
    shows_invoices: bool,
    notice: Option<&'static str>,
    error: Option<String>,
    cards: Vec<CardRow>,
}

fn notice(word: &str) -> Option<&'static str> {
    Some(match word {
        "changed" => "Your plan was changed.",
        "card" => "Your card was changed.",
        "canceling" => "Your subscription will end with its period.",
        "canceled" => "Your subscription has ended.",
        "kept" => "Your subscription continues.",
        "resumed" => "Your subscription was resumed.",
        _ => return None,
    })
}

/// `GET /p/session/{id}`
pub(crate) fn show(account: &mut Account, id: &str, params: &mut Params) -> Answer {
    let Some(session) = account.portal_sessions.get(id).cloned() else { return page::not_found() };
    let mut text = |key: &str| params.text(key).ok().flatten().unwrap_or_default();
    let (mut view, mut done, subscription) = (text("view"), text("done"), text("subscription"));
    let mut error = None;
    match action::card_arrived(account, &session) {
        Some(true) => "card".clone_into(&mut done),
        Some(false) => {
            "card".clone_into(&mut view);
            error = Some("Your bank did not confirm this card.".to_owned());
        }
        None => {}
    }
    if view.is_empty() && done.is_empty() {
        let first = match session.flow["type"].as_str() {
            Some("payment_method_update") => "card",
            Some("subscription_cancel") => "cancel",
            Some("subscription_update" | "subscription_update_confirm") => "plan",
            _ => "overview",
        };
        first.clone_into(&mut view);
    }
    draw(account, &session, View { name: view, subscription, notice: notice(&done), error }, 200)
}

struct View {
    name: String,
    subscription: String,
    notice: Option<&'static str>,
    error: Option<String>,
}

fn draw(account: &mut Account, session: &PortalSession, view: View, status: u16) -> Answer {
    let Ok(customer) = customer::live(account, &session.customer, "customer") else { return page::not_found() };
    let Some(configuration) = account.configurations.get(&session.configuration).cloned() else {
        return page::not_found();
    };
    let with_plans = view.name == "plan";
    let rows: Vec<Row> = account
        .subscriptions
        .iter()
        .rev()
        .filter(|each| each.customer == customer.id && each.status != Status::IncompleteExpired)
        .take(10)
        .map(|each| row(account, &configuration, each, with_plans && !each.status.is_over()))
        .collect();
    let open = account.subscriptions.iter().rev().find(|each| each.customer == customer.id && !each.status.is_over());
    let flow = ["subscription_cancel", "subscription_update"]
        .iter()
        .find_map(|kind| session.flow[kind]["subscription"].as_str());
    let chosen = if view.subscription.is_empty() {
        flow.or(open.map(|each| each.id.as_str()))
    } else {
        Some(view.subscription.as_str())
    };
    let own = open.and_then(|each| each.default_payment_method.clone()).or(customer.default_payment_method);
    let features = &configuration.features;
    let page = Page {
        title: "Billing".to_owned(),
        id: session.id.clone(),
        who: customer.name.or(customer.email).unwrap_or(customer.id.clone()),
        return_url: session.return_url.clone(),
        view: view.name,
        subscription: chosen.unwrap_or_default().to_owned(),
        card: own.and_then(|id| account.payment_methods.get(&id)).map(crate::payment_method::PaymentMethod::words),
        invoices: invoices(account, &customer.id),
        may_plan: configuration.allows("subscription_update"),
        may_card: configuration.allows("payment_method_update"),
        may_cancel: configuration.allows("subscription_cancel"),
        at_once: features["subscription_cancel"]["mode"] == json!("immediately"),
        shows_invoices: configuration.allows("invoice_history"),
        rows,
        notice: view.notice,
        error: view.error,
        cards: page::cards(),
    };
    page::html(status, &page)
}

fn row(account: &Account, configuration: &Configuration, of: &Subscription, with_plans: bool) -> Row {
    let first = of.items.first();
    let name = first.map(|each| item::name(account, &each.price)).unwrap_or_default();
    let every =
        first.and_then(|each| each.price.recurring.as_ref()).map(crate::price::Recurring::words).unwrap_or_default();
    let (status, good) = match of.status {
        Status::Active => ("Active", true),
        Status::Trialing => ("Trial", true),
        Status::PastDue => ("Payment is overdue", false),
        Status::Unpaid => ("Unpaid", false),
        Status::Paused => ("Paused", false),
        Status::Incomplete => ("Waiting for its first payment", false),
        Status::Canceled | Status::IncompleteExpired => ("Ended", false),
    };
    let end = page::day(of.period.1);
    let line = match of.status {
        Status::Canceled => format!("Ended on {}", page::day(of.ended_at.unwrap_or(of.period.1))),
        Status::Paused => "Its trial ended without a card.".to_owned(),
        _ if of.cancel_at.is_some() => format!("Ends on {}", page::day(of.cancel_at.unwrap_or(of.period.1))),
        Status::Trialing => format!("Free until {end}"),
        _ => format!("Renews on {end}"),
    };
    Row {
        id: of.id.clone(),
        name,
        words: format!("{} / {every}", money::words(sum::period(of, exempt_of(account, of)).total(), &of.currency)),
        status: if of.cancel_at.is_some() && !of.status.is_over() { "Ends soon" } else { status },
        good: good && of.cancel_at.is_none(),
        line,
        until: end,
        ends: of.cancel_at.is_some() && !of.status.is_over(),
        paused: of.status == Status::Paused,
        plans: if with_plans { plans(account, configuration, of) } else { Vec::new() },
    }
}

fn plans(account: &Account, configuration: &Configuration, of: &Subscription) -> Vec<Plan> {
    let Some(first) = of.items.first() else { return Vec::new() };
    let mut prices: Vec<_> =
        action::offered(account, configuration).into_iter().filter_map(|id| account.prices.get(&id)).collect();
    prices.sort_by_key(|price| price.unit_amount);
    let plan = |price: &crate::price::Price| {
        let now = price.id == first.price.id;
        let costs = if now { None } else { preview::change_costs(account, &of.id, &first.id, &price.id) };
        let every = price.recurring.as_ref().map(crate::price::Recurring::words).unwrap_or_default();
        Plan {
            price: price.id.clone(),
            name: item::name(account, price),
            words: format!("{} / {every}", money::words(price.unit_amount * first.quantity, &price.currency)),
            now,
            costs: costs.filter(|costs| *costs != 0).map(|costs| match costs {
                credit if credit < 0 => {
                    format!("{} credit for what is paid already", money::words(-credit, &price.currency))
                }
                due if price.recurring == first.price.recurring => {
                    format!("{} for the rest of this period", money::words(due, &price.currency))
                }
                due => format!("{} today, then once a {every}", money::words(due, &price.currency)),
            }),
        }
    };
    prices.into_iter().filter(|price| price.currency == of.currency).map(plan).collect()
}

fn invoices(account: &Account, customer: &str) -> Vec<InvoiceRow> {
    let of =
        account.invoices.iter().rev().filter(|invoice| invoice.customer == customer && invoice.finalized_at.is_some());
    let row = |invoice: &invoice::Invoice| InvoiceRow {
        day: page::day(invoice.created),
        number: invoice.number.clone().unwrap_or_default(),
        amount: money::words(invoice.total(), &invoice.currency),
        status: invoice.status.word(),
        url: invoice.path.clone(),
    };
    of.take(24).map(row).collect()
}

/// `POST /p/session/{id}/{action}`
pub(crate) fn submit(account: &mut Account, id: &str, action: &str, params: &mut Params) -> Answer {
    let Some(session) = account.portal_sessions.get(id).cloned() else { return page::not_found() };
    let subscription = params.clone().text("subscription").ok().flatten().unwrap_or_default();
    match action::act(account, &session, action, params) {
        Ok(Next::Done(word)) => {
            let after = session.flow["after_completion"]["redirect"]["return_url"].as_str();
            Answer::Redirect(after.map_or_else(|| format!("/p/session/{id}?done={word}"), str::to_owned))
        }
        Ok(Next::Ask(url)) => Answer::Redirect(url),
        Err(error) => {
            let view = if matches!(action, "card" | "plan") { action } else { "overview" };
            let view =
                View { name: view.to_owned(), subscription, notice: None, error: Some(error.message().to_owned()) };
            draw(account, &session, view, if error.status == 402 { 402 } else { 400 })
        }
    }
}
