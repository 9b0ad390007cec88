//! Pages with hostile data.

mod organization;
mod sign_in;

use std::sync::Arc;

use askama::Template as _;
use freehold_console::{BillingButton, BillingContent, ChoosePlan, PlanPrice, ReceivedMail, Shell, Standing, Trouble};
use freehold_pages::{OperatorBanner, Tone};
use serde_json::{Value, json};

use crate::{billing_samples, page_samples, samples, strict::assert_strict};

const MARKUP: &str = "\"><script>alert('x')</script><img src=x onerror=alert(1)> style=\"x\" ' & javascript:alert(1)";

/// The frame with `text` in every field.
pub(super) fn shell(text: &str) -> Shell {
    let mut shell = page_samples::shell(text);
    shell.brand.product_name = text.to_owned();
    shell.brand.site_url = text.to_owned();
    shell.pinned = true;
    if let Some(viewer) = &mut shell.viewer {
        (viewer.name, viewer.email, viewer.token) = (Some(text.to_owned()), text.to_owned(), text.to_owned());
        for organization in &mut viewer.organizations {
            (organization.id, organization.name, organization.role) =
                (text.to_owned(), text.to_owned(), text.to_owned());
        }
    }
    for entry in shell.navigation.iter_mut().flat_map(|group| &mut group.entries) {
        entry.label = text.to_owned();
    }
    shell.operator = Some(OperatorBanner { read_only: true, ends: text.to_owned() });
    shell.with_flash(Tone::Bad, text)
}

/// Every page with `text` in every field, and `rows` rows in every list.
fn pages(text: &str, rows: usize) -> Vec<(&'static str, String)> {
    let own = || text.to_owned();
    let (mut home, mut plans, mut errors) = (samples::dev(), samples::plans(), samples::errors());
    (home.shell, plans.shell, errors.shell) = (shell(text), shell(text), shell(text));
    home.description = own();
    home.parts[0].name = own();
    home.parts[0].now = format!("{text} [x]({text}) [y](javascript:alert(1))");
    home.parts[0].setting = Some(own());
    home.parts[0].standing = Standing::StandIn;
    home.steps[0].title = own();
    home.steps[0].text = own();
    home.steps[0].command = Some(own());
    home.parts = home.parts.into_iter().cycle().take(rows).collect();
    home.steps = home.steps.into_iter().cycle().take(rows).collect();
    let plan = &mut plans.plans[0];
    (plan.id, plan.name, plan.features[0]) = (own(), own(), own());
    (plan.limits[0].meter, plan.limits[0].amount) = (own(), own());
    plan.price = PlanPrice::Paid { month: own(), year: Some(own()) };
    plans.plans = plans.plans.into_iter().cycle().take(rows).collect();
    (plans.current, plans.how_to_change) = (Some(own()), own());
    (errors.codes[0].name, errors.codes[0].title) = (own(), own());
    errors.codes = errors.codes.into_iter().cycle().take(rows).collect();
    let mut pages = vec![
        ("developers", home.render().unwrap()),
        ("plans", plans.render().unwrap()),
        ("errors", errors.render().unwrap()),
        ("internal", samples::error(Trouble::Internal { trace_id: own() }).render().unwrap()),
        ("events", events(text, rows)),
    ];
    pages.extend(sign_in::pages(text, rows));
    pages.extend(kit(text, rows));
    pages.extend(billing(text, rows));
    pages.extend(organization::pages(&shell(text), text, rows).unwrap());
    pages.extend(mails(text, rows));
    pages.extend(docs(text, rows));
    pages
}

fn kit(text: &str, rows: usize) -> Vec<(&'static str, String)> {
    let own = || text.to_owned();
    let mut home = page_samples::home_suspended();
    (home.shell, home.plan) = (shell(text), Some(own()));
    for banner in &mut home.banners {
        (banner.title, banner.text, banner.link) = (own(), own(), Some((own(), own())));
    }
    (home.usage[0].name, home.usage[0].resets_on) = (own(), Some(own()));
    let hint = &mut home.hints[0];
    (hint.title, hint.text, hint.path, hint.label) = (own(), own(), format!("/{text}"), own());
    let action = &mut home.actions[0];
    (action.title, action.text, action.path) = (own(), own(), format!("/{text}"));
    if let Some(events) = &mut home.events {
        (events[0].text, events[0].time, events[0].datetime) = (own(), own(), own());
        *events = events.iter().cloned().cycle().take(rows).collect();
    }
    home.usage = home.usage.into_iter().cycle().take(rows).collect();
    home.hints = home.hints.into_iter().cycle().take(rows).collect();
    home.actions = home.actions.into_iter().cycle().take(rows).collect();
    let mut account = page_samples::account();
    (account.shell, account.name, account.name_error) = (shell(text), own(), own());
    (account.factors[0].kind, account.factors[0].name, account.factors[0].added) = (own(), own(), own());
    let session = &mut account.sessions[1];
    (session.id, session.device, session.ip, session.began, session.last_used) = (own(), own(), own(), own(), own());
    account.sessions = account.sessions.into_iter().cycle().take(rows).collect();
    let mut front = page_samples::front();
    (front.shell, front.description, front.plans[1].id) = (shell(text), own(), own());
    front.links.choose = Some(ChoosePlan::AfterSignUp { site_url: own() });
    let mut components = page_samples::components();
    (components.shell, components.secret, components.error) = (shell(text), own(), own());
    (components.empty.title, components.empty.text) = (own(), own());
    let choice = &mut components.choices[0];
    (choice.value, choice.label, choice.hint) = (own(), own(), own());
    components.chart.title = own();
    components.chart.points = vec![(own(), i64::MIN), (own(), i64::MAX)].into_iter().cycle().take(rows).collect();
    vec![
        ("home", home.render().unwrap()),
        ("account", account.render().unwrap()),
        ("front", front.render().unwrap()),
        ("components", components.render().unwrap()),
    ]
}

fn billing(text: &str, rows: usize) -> Vec<(&'static str, String)> {
    let own = || text.to_owned();
    let mut page = billing_samples::paying();
    page.shell = shell(text);
    if let BillingContent::Account(account) = &mut page.content {
        (account.sentence, account.usage[0].name, account.usage[0].resets_on) = (own(), own(), Some(own()));
        let banner = &mut account.banners[0];
        (banner.title, banner.text, banner.link) = (own(), own(), Some((own(), own())));
        account.plans[0].button = Some(BillingButton::Mail { label: own(), address: own() });
        (account.plans[0].card.id, account.plans[0].note) = (own(), Some(own()));
        if let Some(invoices) = &mut account.invoices {
            let invoice = &mut invoices[0];
            (invoice.number, invoice.date, invoice.amount, invoice.status) = (own(), own(), own(), own());
            (invoice.page, invoice.pdf) = (Some(own()), Some(own()));
            *invoices = invoices.iter().cloned().cycle().take(rows).collect();
        }
        account.again = Some((2, own()));
        account.banners = account.banners.iter().cloned().cycle().take(rows).collect();
        account.usage = account.usage.iter().cloned().cycle().take(rows).collect();
        account.plans = account.plans.iter().cloned().cycle().take(rows).collect();
    }
    let mut change = billing_samples::change();
    (change.shell, change.title, change.button, change.trouble) = (shell(text), own(), own(), Some(own()));
    (change.sentences, change.fields, change.other) =
        (vec![own(); rows], vec![(own(), own())], Some((own(), own(), own())));
    let mut leave = billing_samples::leave();
    (leave.title, leave.to) = (own(), own());
    let mut inbox = billing_samples::inbox(rows);
    for event in &mut inbox.events {
        (event.id, event.kind, event.customer) = (own(), own(), Some(own()));
    }
    let mut event = billing_samples::event();
    (event.payload, event.note, event.object, event.tenant) = (own(), Some(own()), Some(own()), Some(own()));
    let mut account = billing_samples::stripe_account();
    account.facts = vec![(own(), own()); rows];
    vec![
        ("billing", page.render().unwrap()),
        ("change", change.render().unwrap()),
        ("leave", leave.render().unwrap()),
        ("inbox", inbox.render().unwrap()),
        ("event", event.render().unwrap()),
        ("stripe's account", account.render().unwrap()),
    ]
}

fn events(text: &str, rows: usize) -> String {
    let mut page = samples::events();
    page.shell = shell(text);
    let event = &mut page.events[0];
    (event.name, event.summary) = (text.to_owned(), text.to_owned());
    event.schema = json!({
        "type": "object", "properties": { text: { "type": text, "description": text, "enum": [text] } }, "required": [text],
    });
    event.message = json!({ text: text });
    page.events = page.events.into_iter().cycle().take(rows).collect();
    page.render().unwrap()
}

fn mails(text: &str, rows: usize) -> Vec<(&'static str, String)> {
    let own = || text.to_owned();
    let mut mailbox = samples::mailbox(&[]);
    let mail = ReceivedMail { id: own(), to: own(), subject: own(), received_at: own(), template: own() };
    mailbox.mails = vec![mail; rows];
    let mut page = samples::mail(0, &samples::mails()[0], own());
    (page.id, page.to, page.subject, page.received_at) = (own(), own(), own(), own());
    (page.code, page.link) = (Some(own()), Some(format!("javascript:{text}")));
    let mut templates = samples::mail_templates();
    (templates.shell, templates.sender, templates.reply_to) = (shell(text), own(), Some(own()));
    for choice in &mut templates.brands {
        (choice.value, choice.name) = (own(), own());
    }
    for mail in &mut templates.mails {
        (mail.name, mail.about, mail.subject, mail.text) = (own(), own(), own(), own());
    }
    templates.mails = templates.mails.into_iter().cycle().take(rows).collect();
    vec![
        ("mailbox", mailbox.render().unwrap()),
        ("mail", page.render().unwrap()),
        ("mail templates", templates.render().unwrap()),
    ]
}

fn docs(text: &str, rows: usize) -> Vec<(&'static str, String)> {
    let operation = json!({
        "tags": [text], "operationId": text, "summary": text, "description": text, "deprecated": true,
        "parameters": [{"name": text, "in": "query", "required": true, "description": text, "schema": {"enum": [text]}}],
        "requestBody": {"content": {text: {"schema": {
            "required": [text],
            "properties": {text: {"type": text, "format": text, "pattern": text, "default": text, "description": text}},
        }}}},
        "responses": {text: {"description": text}, "200": {"content": {"a/json": {"example": text}}}},
    });
    let paths: serde_json::Map<String, Value> =
        (0..rows).map(|row| (format!("/{row}/{text}"), json!({"post": operation}))).collect();
    let mut page = samples::docs();
    page.shell = shell(text);
    let info = json!({"title": text, "version": text, "description": text});
    page.document = Arc::new(json!({"info": info, "tags": [{"name": text, "description": text}], "paths": paths}));
    let index = page.render().unwrap();
    let search = page.render_search(text, &[]).unwrap();
    if rows == 0 {
        return vec![("docs", index), ("search", search)];
    }
    let topic = page.render_topic(key_in(&index, "/docs/topics/")).unwrap().unwrap();
    let operation = page.render_operation(key_in(&topic, "/docs/operations/")).unwrap().unwrap();
    vec![("docs", index), ("topic", topic), ("operation", operation), ("search", search)]
}

/// The rest of the first link to a page under `path`.
fn key_in<'a>(html: &'a str, path: &str) -> &'a str {
    html.split_once(path).unwrap().1.split('"').next().unwrap()
}

#[test]
fn markup_in_data_stays_text() {
    for (name, html) in pages(MARKUP, 4) {
        assert!(html.contains("&#60;script&#62;"), "{name} does not show the text");
        assert!(!html.contains("<script>alert") && !html.contains("<img src=x"), "{name}");
        assert_strict(name, &html);
    }
}

#[test]
fn very_long_words_and_very_many_rows_render() {
    let long = "w".repeat(5_000);
    assert!(pages(&long, 2).iter().all(|(_, html)| html.contains(&long)));
    for (name, html) in pages("word", 500) {
        assert!(html.contains("word"), "{name}");
        assert!(html.len() < 4_000_000, "{name}: {} bytes", html.len());
    }
}

#[test]
fn empty_text_and_no_rows_render() {
    for (name, html) in pages("", 0) {
        assert!(html.contains("</html>"), "{name}");
    }
}

#[test]
fn text_that_looks_like_a_template_is_not_one() {
    for (name, html) in pages("{{ brand }}{% if true %}", 2) {
        assert!(html.contains("{{ brand }}{% if true %}"), "{name}");
    }
}
