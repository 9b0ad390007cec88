//! Writes the pages with sample data as files.

use std::{error::Error, fs, path::Path};

use askama::Template as _;
use freehold_console::{MARK, MailPurpose, STYLESHEET, SignInStep, Trouble, WELCOME_SCRIPT};
use freehold_pages::{brand_css, logo};

use crate::{billing_samples, organization_samples, page_samples, samples, sign_in_samples};

/// Writes every page and its assets.
pub(crate) fn write_all(folder: &Path) -> Result<(), Box<dyn Error>> {
    write(folder, "assets/freehold.css", STYLESHEET)?;
    write(folder, "assets/mark.svg", MARK)?;
    let product = page_samples::product();
    write(folder, "assets/brand.css", &brand_css(&product))?;
    write(folder, "assets/logo.svg", &logo(&product))?;
    write(folder, "assets/welcome.js", WELCOME_SCRIPT)?;
    for (name, page) in pages()? {
        write(folder, name, &page)?;
    }
    for (name, page) in organization_samples::ordinary()? {
        write(folder, &format!("{name}/index.html"), &page)?;
    }
    for (name, page) in sign_in_samples::invitations() {
        write(folder, &format!("{name}/index.html"), &page.render()?)?;
    }
    let (mails, brand) = (samples::mails(), samples::mail_brand());
    write(folder, "dev/mail/index.html", &samples::mailbox(&mails).render()?)?;
    for (id, mail) in mails.iter().enumerate() {
        write(folder, &format!("dev/mail/{id}/html/index.html"), &mail.html(&brand)?)?;
        write(folder, &format!("dev/mail/{id}/index.html"), &samples::mail(id, mail, mail.text(&brand)?).render()?)?;
    }
    write(folder, "dev/mail/templates/index.html", &samples::mail_templates().render()?)?;
    for mail in &mails {
        let html = mail.html(&brand.sample_tenant())?;
        write(folder, &format!("dev/mail/templates/{}/html/index.html", mail.template()), &html)?;
    }
    Ok(())
}

fn pages() -> Result<Vec<(&'static str, String)>, askama::Error> {
    let sent = || sign_in_samples::sent(MailPurpose::SignIn);
    let wrong_code = Some("The code is wrong or has expired.");
    let wrong_password = Some("Wrong e-mail address or password.");
    let short = Some("Password should be at least 8 characters.");
    let trace_id = "0af7651916cd43dd8448eb211c80319c".to_owned();
    Ok(vec![
        ("index.html", page_samples::front().render()?),
        ("home/index.html", page_samples::home().render()?),
        ("home-empty/index.html", page_samples::home_empty().render()?),
        ("home-nowhere/index.html", page_samples::home_nowhere().render()?),
        ("home-suspended/index.html", page_samples::home_suspended().render()?),
        ("account/index.html", page_samples::account().render()?),
        ("account-empty/index.html", page_samples::account_empty().render()?),
        ("components/index.html", page_samples::components().render()?),
        ("dev/index.html", samples::dev().render()?),
        ("sign-in/index.html", sign_in_samples::sign_in(SignInStep::AskAddress, None).render()?),
        ("sign-in-wrong/index.html", sign_in_samples::sign_in(SignInStep::AskAddress, wrong_password).render()?),
        ("sign-in-by-mail/index.html", sign_in_samples::sign_in_by_mail().render()?),
        ("sign-in-by-password/index.html", sign_in_samples::sign_in_by_password().render()?),
        ("sign-in-sent/index.html", sign_in_samples::sign_in(sent(), None).render()?),
        ("sign-in-code/index.html", sign_in_samples::sign_in(sent(), wrong_code).render()?),
        ("sign-up/index.html", sign_in_samples::sign_up(short).render()?),
        ("sign-in/forgot/index.html", sign_in_samples::forgot().render()?),
        ("sign-in/new-password/index.html", sign_in_samples::new_password(short).render()?),
        ("sign-in/factor/index.html", sign_in_samples::factor(wrong_code).render()?),
        ("auth/v1/verify/index.html", sign_in_samples::confirm().render()?),
        ("half-confirmed/index.html", sign_in_samples::half_confirmed().render()?),
        ("impersonation/index.html", sign_in_samples::impersonation("The token is invalid.").render()?),
        ("operator/index.html", page_samples::home_of_operator().render()?),
        ("link-expired/index.html", sign_in_samples::link_expired().render()?),
        ("notice/index.html", sign_in_samples::notice().render()?),
        ("welcome/index.html", samples::welcome().render()?),
        ("mailbox-empty/index.html", samples::mailbox(&[]).render()?),
        ("plans/index.html", samples::plans().render()?),
        ("billing/index.html", billing_samples::paying().render()?),
        ("billing-looking/index.html", billing_samples::looking().render()?),
        ("billing-arriving/index.html", billing_samples::arriving().render()?),
        ("billing-off/index.html", billing_samples::off().render()?),
        ("billing/change/index.html", billing_samples::change().render()?),
        ("billing/cancel/index.html", billing_samples::cancel().render()?),
        ("billing/checkout/index.html", billing_samples::leave().render()?),
        ("dev/billing/index.html", billing_samples::inbox(6).render()?),
        ("dev/billing/event/index.html", billing_samples::event().render()?),
        ("dev/billing/account/index.html", billing_samples::stripe_account().render()?),
        ("docs/index.html", samples::docs().render()?),
        ("docs/search/index.html", samples::docs().render_search("list", &[])?),
        ("docs/topics/keys/index.html", samples::docs().render_topic("keys")?.unwrap_or_default()),
        ("docs/operations/key_create/index.html", samples::docs().render_operation("key_create")?.unwrap_or_default()),
        ("docs/errors/index.html", samples::errors().render()?),
        ("docs/events/index.html", samples::events().render()?),
        ("404/index.html", samples::error(Trouble::NotFound).render()?),
        ("500/index.html", samples::error(Trouble::Internal { trace_id }).render()?),
        ("503/index.html", samples::error(Trouble::Unavailable { retry_after_seconds: Some(30) }).render()?),
    ])
}

fn write(folder: &Path, name: &str, content: &str) -> std::io::Result<()> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content)
}
