//! No page contains what the strict content security policy forbids.

use askama::Template as _;
use freehold_console::{MARK, MailPurpose, STYLESHEET, SignInStep, Trouble, WELCOME_SCRIPT};

use crate::{billing_samples, organization_samples, page_samples, samples, sign_in_samples};

/// Every page as the gallery shows it.
pub(crate) fn ordinary() -> Vec<(&'static str, String)> {
    let mails = samples::mails();
    let text = mails[0].text(&samples::mail_brand()).unwrap();
    let trace_id = "0af7651916cd43dd8448eb211c80319c".to_owned();
    let sent = sign_in_samples::sent(MailPurpose::Recovery);
    let wrong = Some("The code is wrong.");
    let mut pages = vec![
        ("front", page_samples::front().render().unwrap()),
        ("home", page_samples::home().render().unwrap()),
        ("home, empty", page_samples::home_empty().render().unwrap()),
        ("home, nowhere", page_samples::home_nowhere().render().unwrap()),
        ("home, suspended", page_samples::home_suspended().render().unwrap()),
        ("account", page_samples::account().render().unwrap()),
        ("account, empty", page_samples::account_empty().render().unwrap()),
        ("components", page_samples::components().render().unwrap()),
        ("developers", samples::dev().render().unwrap()),
        ("sign in", sign_in_samples::sign_in(SignInStep::AskAddress, wrong).render().unwrap()),
        ("sign in by mail", sign_in_samples::sign_in_by_mail().render().unwrap()),
        ("sign in by password", sign_in_samples::sign_in_by_password().render().unwrap()),
        ("check your mail", sign_in_samples::sign_in(sent, wrong).render().unwrap()),
        ("sign up", sign_in_samples::sign_up(wrong).render().unwrap()),
        ("forgotten", sign_in_samples::forgot().render().unwrap()),
        ("new password", sign_in_samples::new_password(wrong).render().unwrap()),
        ("second step", sign_in_samples::factor(wrong).render().unwrap()),
        ("confirm", sign_in_samples::confirm().render().unwrap()),
        ("half confirmed", sign_in_samples::half_confirmed().render().unwrap()),
        ("impersonation", sign_in_samples::impersonation("The token is invalid.").render().unwrap()),
        ("operator", page_samples::home_of_operator().render().unwrap()),
        ("link expired", sign_in_samples::link_expired().render().unwrap()),
        ("notice", sign_in_samples::notice().render().unwrap()),
        ("welcome", samples::welcome().render().unwrap()),
        ("mailbox", samples::mailbox(&mails).render().unwrap()),
        ("mail", samples::mail(0, &mails[0], text).render().unwrap()),
        ("mail templates", samples::mail_templates().render().unwrap()),
        ("plans", samples::plans().render().unwrap()),
        ("billing", billing_samples::paying().render().unwrap()),
        ("billing, looking", billing_samples::looking().render().unwrap()),
        ("billing, arriving", billing_samples::arriving().render().unwrap()),
        ("billing, off", billing_samples::off().render().unwrap()),
        ("change", billing_samples::change().render().unwrap()),
        ("cancel", billing_samples::cancel().render().unwrap()),
        ("leave", billing_samples::leave().render().unwrap()),
        ("inbox", billing_samples::inbox(3).render().unwrap()),
        ("event", billing_samples::event().render().unwrap()),
        ("stripe's account", billing_samples::stripe_account().render().unwrap()),
        ("docs", samples::docs().render().unwrap()),
        ("search", samples::docs().render_search("workflow", &[]).unwrap()),
        ("topic", samples::docs().render_topic("keys").unwrap().unwrap()),
        ("operation", samples::docs().render_operation("key_create").unwrap().unwrap()),
        ("errors", samples::errors().render().unwrap()),
        ("events", samples::events().render().unwrap()),
        ("not found", samples::error(Trouble::NotFound).render().unwrap()),
        ("internal", samples::error(Trouble::Internal { trace_id }).render().unwrap()),
        ("unavailable", samples::error(Trouble::Unavailable { retry_after_seconds: None }).render().unwrap()),
        ("too many", samples::error(Trouble::TooMany { retry_after_seconds: Some(90) }).render().unwrap()),
    ];
    pages.extend(organization_samples::ordinary().unwrap());
    pages.extend(sign_in_samples::invitations().into_iter().map(|(name, page)| (name, page.render().unwrap())));
    pages
}

/// The tags of a page, each from `<` to `>`. Askama escapes both in data, so they delimit.
pub(crate) fn tags(html: &str) -> Vec<&str> {
    html.split_inclusive('>').filter_map(|piece| piece.find('<').map(|start| &piece[start..])).collect()
}

/// The values of an attribute in all tags of a page.
pub(crate) fn values_of<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    tags(html).into_iter().filter_map(|tag| tag.split_once(start.as_str())?.1.split('"').next()).collect()
}

/// Fails if a page has an inline script, style or event handler, or loads from another site.
#[track_caller]
pub(crate) fn assert_strict(name: &str, html: &str) {
    for tag in tags(html) {
        let lower = tag.to_ascii_lowercase();
        let mut words = lower.split_whitespace();
        let element = words.next().unwrap_or_default();
        assert!(!element.starts_with("<style"), "{name}: {tag}");
        assert!(element != "<script" || lower == "<script src=\"/assets/welcome.js\" defer>", "{name}: {tag}");
        assert!(!element.starts_with("<script>"), "{name}: {tag}");
        let attributes = lower.split('"').step_by(2).flat_map(str::split_whitespace).collect::<Vec<_>>();
        for attribute in attributes {
            assert!(!attribute.starts_with("style="), "{name}: {tag}");
            assert!(!(attribute.starts_with("on") && attribute.ends_with('=')), "{name}: {tag}");
        }
        for attribute in ["src", "action"] {
            assert!(values_of(tag, attribute).iter().all(|value| value.starts_with('/')), "{name}: {tag}");
        }
        assert!(!values_of(tag, "href").iter().any(|value| value.starts_with("javascript:")), "{name}: {tag}");
    }
}

#[test]
fn no_page_holds_a_script_or_style_of_its_own_or_loads_from_elsewhere() {
    for (name, html) in ordinary() {
        assert_strict(name, &html);
    }
}

#[test]
fn the_assets_load_nothing_either() {
    for asset in [STYLESHEET, WELCOME_SCRIPT] {
        assert!(!asset.contains("url(") && !asset.contains("@import") && !asset.contains("://"));
    }
    assert!(!MARK.contains("<script") && !MARK.contains("style"));
    for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
        assert!(!WELCOME_SCRIPT.contains(word), "{word}");
    }
}

#[test]
fn no_template_switches_escaping_off() {
    let mut seen = 0;
    for folder in ["templates", "../pages/templates", "../delivery/templates"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let template = std::fs::read_to_string(&path).unwrap();
            for word in ["safe", "escape"] {
                assert!(
                    !template.contains(&format!("|{word}")) && !template.contains(&format!("| {word}")),
                    "{path:?}"
                );
            }
            assert!(!template.contains("autoescape"), "{path:?}");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen} templates");
}

#[test]
fn the_scan_finds_what_it_looks_for() {
    for bad in [
        "<p style=\"a\">",
        "<p class=\"x\" onclick=\"y\">",
        "<script>",
        "<script src=\"/other.js\">",
        "<style>",
        "<img src=\"https://example.org\">",
        "<a href=\"javascript:x\">",
    ] {
        assert!(std::panic::catch_unwind(|| assert_strict("bad", bad)).is_err(), "{bad}");
    }
}
