//! Every page, rendered with ordinary data, hostile data, no data and much data.

#[cfg(test)]
mod accessible;
#[path = "../../examples/gallery/billing_samples.rs"]
mod billing_samples;
#[cfg(test)]
mod hostile;
#[path = "../../examples/gallery/organization_samples.rs"]
mod organization_samples;
#[path = "../../examples/gallery/page_samples.rs"]
mod page_samples;
#[path = "../../examples/gallery/samples.rs"]
mod samples;
#[path = "../../examples/gallery/sign_in_samples.rs"]
mod sign_in_samples;
#[cfg(test)]
mod strict;
#[path = "../../examples/gallery/write.rs"]
mod write;

use freehold_console::{MailPurpose, SignInStep, SignInWays};

use crate::strict::ordinary;

#[test]
fn every_page_has_its_landmarks_one_heading_and_a_title() {
    for (name, html) in ordinary() {
        for part in ["<html lang=\"en\">", "<header", "<nav", "<main id=\"content\"", "<footer", "href=\"#content\""] {
            assert!(html.contains(part), "{name} has no {part}");
        }
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        assert!(html.contains(" · VoiceFX AI</title>"), "{name}");
    }
}

#[test]
fn every_field_has_a_label_and_no_id_is_used_twice() {
    for (name, html) in ordinary() {
        let ids: Vec<_> = strict::values_of(&html, "id");
        let mut distinct = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(ids.len(), distinct.len(), "{name}: {ids:?}");
        for input in strict::tags(&html).into_iter().filter(|tag| tag.starts_with("<input") && !tag.contains("hidden"))
        {
            let id = strict::values_of(input, "id")[0];
            assert!(html.contains(&format!("<label for=\"{id}\">")), "{name}: {input}");
        }
    }
}

#[test]
fn the_page_of_a_link_masks_its_address() {
    let html = sign_in_samples::confirm().render().unwrap();
    assert!(html.contains("a…@example.org") && !html.contains("ada@example.org"));
}

#[test]
fn the_confirmation_posts_what_the_link_carried_and_may_go_on_to_its_destination() {
    let page = sign_in_samples::confirm();
    let html = page.render().unwrap();
    for field in [
        "method=\"post\" action=\"/sign-in/confirm\"",
        "name=\"token\" value=\"pM2vWb9oQ4nT7sYx1cKdLr\"",
        "name=\"type\" value=\"magiclink\"",
        "name=\"redirect_to\" value=\"https://app.example.org/welcome\"",
    ] {
        assert!(html.contains(field), "{field}");
    }
    assert!(
        page.content_security_policy("https://freehold.example")
            .contains("form-action 'self' https://app.example.org;")
    );
}

#[test]
fn the_mailbox_is_mentioned_only_where_there_is_one() {
    let mut dev = samples::dev();
    dev.local_mailbox = false;
    dev.parts.clear();
    dev.steps.clear();
    assert!(!dev.render().unwrap().contains("/dev/mail"));
    let step = SignInStep::CheckMail { local_mailbox: false, purpose: MailPurpose::SignIn };
    let sent = sign_in_samples::sign_in(step, None);
    assert!(!sent.render().unwrap().contains("/dev/mail"));
}

#[test]
fn pages_without_rows_say_so() {
    assert!(samples::mailbox(&[]).render().unwrap().contains("No mail yet"));
    let (mut plans, mut errors, mut docs) = (samples::plans(), samples::errors(), samples::docs());
    plans.plans.clear();
    errors.codes.clear();
    docs.document = serde_json::Value::Null.into();
    assert!(plans.render().unwrap().contains("No plans yet"));
    assert!(errors.render().unwrap().contains("No codes"));
    let events = freehold_console::EventsPage { events: Vec::new(), ..samples::events() };
    assert!(events.render().unwrap().contains("No events"));
    assert!(docs.render().unwrap().contains("No calls"));
}

#[test]
fn only_the_plan_the_reader_is_on_is_marked() {
    let mut page = samples::plans();
    assert_eq!(page.render().unwrap().matches("your plan</span>").count(), 1);
    page.current = None;
    assert_eq!(page.render().unwrap().matches("your plan</span>").count(), 0);
}

#[test]
fn a_product_offers_the_ways_in_that_it_has() {
    let by_mail = sign_in_samples::sign_in_by_mail().render().unwrap();
    assert!(!by_mail.contains("type=\"password\"") && !by_mail.contains("Forgot password?"));
    let by_password = sign_in_samples::sign_in_by_password().render().unwrap();
    assert!(!by_password.contains("sign-in link") && !by_password.contains("Use a code from a mail"));
    let mut all = sign_in_samples::sign_in(SignInStep::AskAddress, None);
    let html = all.render().unwrap();
    assert!(
        html.contains("href=\"/sign-in/with?provider=google&#38;redirect_to=https%3A%2F%2Fapp.example.org%2Fwelcome\"")
    );
    assert!(html.contains("Create account"));
    all.ways = SignInWays { sign_up: false, ..all.ways };
    assert!(!all.render().unwrap().contains("Create account"));
}

#[test]
fn an_invitation_masks_its_address_before_sign_in() {
    for (name, page) in sign_in_samples::invitations() {
        let html = page.render().unwrap();
        assert_eq!(html.contains("ada@example.org"), name == "invitation-invited", "{name}");
    }
}

#[test]
fn every_page_of_a_signed_in_user_says_who_is_signed_in() {
    for html in [
        page_samples::home().render().unwrap(),
        page_samples::account().render().unwrap(),
        billing_samples::paying().render().unwrap(),
        billing_samples::cancel().render().unwrap(),
    ] {
        assert!(
            html.contains("Signed in as") && html.contains("ada@example.org") && html.contains("action=\"/sign-out\"")
        );
        assert!(html.contains("value=\"0199a1b2-0000-7000-8000-000000000003\""), "no switch of organization: {html}");
    }
    assert!(!page_samples::front().render().unwrap().contains("Signed in as"));
}

#[test]
fn no_mark_of_freehold_is_on_a_product_that_does_not_ask_for_it() {
    let mut page = page_samples::front();
    let html = page.render().unwrap();
    assert!(!html.contains("Freehold") && !html.contains("mark.svg"), "{html}");
    page.shell.brand.credit = true;
    assert!(page.render().unwrap().contains("is powered by Freehold"));
}

#[test]
fn every_form_of_a_signed_in_page_sends_its_token() {
    for (name, html) in ordinary() {
        for form in html.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap()) {
            let own = ["/sign-in", "/sign-up", "/dev/", "/impersonation\""]
                .iter()
                .any(|path| form.contains(&format!("action=\"{path}")));
            assert!(own || !form.contains("method=\"post\"") || form.contains("name=\"token\""), "{name}: {form}");
        }
    }
}

#[test]
fn a_field_holds_its_own_value() {
    let html = page_samples::account().render().unwrap();
    assert!(html.contains("name=\"name\" type=\"text\" value=\"Ada Lovelace\""), "{html}");
}
