//! The sign-in pages.

use freehold_console::{
    Carried, InvitationOffer, InvitationPage, InvitationReader, InvitationState, MailPurpose, ProviderButton, Purpose,
    SignInStep,
};

use super::shell;
use crate::sign_in_samples as samples;

/// Each with `text` in every field, and `rows` rows in every list.
pub(super) fn pages(text: &str, rows: usize) -> Vec<(&'static str, String)> {
    let own = || text.to_owned();
    let carried = || Carried { redirect_to: Some(own()), organization: Some(own()) };
    let asking = |step| {
        let mut page = samples::sign_in(step, Some(text));
        (page.shell, page.email, page.carried) = (shell(text), own(), carried());
        page.ways.providers = vec![ProviderButton { name: own(), label: own() }; rows];
        harmless(&page.content_security_policy(text));
        page.render().unwrap()
    };
    let mut confirm = samples::confirm();
    (confirm.shell, confirm.purpose) = (shell(text), Purpose::of(text));
    (confirm.email, confirm.token, confirm.kind) = (own(), own(), own());
    confirm.redirect_to = Some(own());
    harmless(&confirm.content_security_policy(text));
    let (mut sign_up, mut forgot) = (samples::sign_up(Some(text)), samples::forgot());
    (sign_up.shell, sign_up.email, sign_up.carried) = (shell(text), own(), carried());
    (forgot.shell, forgot.email, forgot.carried, forgot.error) = (shell(text), own(), carried(), Some(own()));
    let (mut new_password, mut factor) = (samples::new_password(Some(text)), samples::factor(Some(text)));
    (new_password.email, new_password.ticket, new_password.carried) = (own(), own(), carried());
    (factor.ticket, factor.carried) = (own(), carried());
    let mut pages = vec![
        ("sign in", asking(SignInStep::AskAddress)),
        ("check your mail", asking(samples::sent(MailPurpose::SignUp))),
        ("confirm", confirm.render().unwrap()),
        ("sign up", sign_up.render().unwrap()),
        ("forgotten", forgot.render().unwrap()),
        ("new password", new_password.render().unwrap()),
        ("second step", factor.render().unwrap()),
        ("impersonation", samples::impersonation(text).render().unwrap()),
    ];
    pages.extend(invitations(text));
    pages
}

fn invitations(text: &str) -> Vec<(&'static str, String)> {
    let own = || text.to_owned();
    let carried = || Carried { redirect_to: Some(own()), organization: Some(own()) };
    let offer =
        || InvitationOffer { organization: own(), invited_by: Some(own()), role: own(), email: own(), until: own() };
    let readers = [
        InvitationReader::SignedOut { carried: carried(), sign_up: true },
        InvitationReader::Invited { email: own(), invitation: own(), token: own() },
        InvitationReader::Other { email: own(), carried: carried() },
    ];
    let mut states: Vec<_> =
        readers.into_iter().map(|reader| InvitationState::Open { offer: offer(), reader }).collect();
    states.push(InvitationState::Joined { organization: own() });
    let page = |state| InvitationPage { shell: shell(text), state, error: Some(own()) };
    states.into_iter().map(|state| ("invitation", page(state).render().unwrap())).collect()
}

/// Checks that no part of the text became a directive.
#[track_caller]
fn harmless(policy: &str) {
    assert!(!policy.contains("alert") && !policy.contains('\n'), "{policy}");
}
