//! `/dev/mail`: the local mailbox, for visitors at this machine.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::State,
    http::{HeaderValue, header},
    response::Response,
    routing::get,
};
use freehold_core::{Error, OptionExt};
use freehold_delivery::{
    mail,
    mailbox::{Received, mailbox_get, mailbox_list},
};
use freehold_web::{Answer, Backbone, Json, Path, Query};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Pages, bare, html};
use crate::{MailPage, MailboxPage, ReceivedMail};

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/dev/mail", get(mailbox))
        .route("/dev/mail/messages", get(messages))
        .route("/dev/mail/{id}", get(mail))
        .route("/dev/mail/{id}/html", get(mail_html))
}

#[derive(Deserialize)]
struct To {
    to: Option<String>,
}

async fn mailbox(State(backbone): State<Backbone>, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    let looks = mail::Brand::of_product(&backbone.product);
    let mails = mailbox_list(&backbone.db, &backbone.vault, &backbone.mails, None).await?.into_iter().map(|received| {
        ReceivedMail {
            id: received.id.to_string(),
            subject: received.mail.subject(&looks),
            received_at: received.received_at.to_string(),
            template: received.mail.template().name.to_owned(),
            to: received.to,
        }
    });
    html(MailboxPage { shell: bare(&backbone), sent: pages.local.sends_mails, mails: mails.collect() }.render())
}

/// The mailbox as JSON, for tests and the demo.
async fn messages(State(backbone): State<Backbone>, Query(query): Query<To>) -> Answer<Json<Value>> {
    let mails = mailbox_list(&backbone.db, &backbone.vault, &backbone.mails, query.to.as_deref()).await?;
    let looks = mail::Brand::of_product(&backbone.product);
    let body = |received: Received| {
        json!({
            "id": received.id,
            "to": received.to,
            "subject": received.mail.subject(&looks),
            "template": received.mail.template().name,
            "received_at": received.received_at,
            "code": received.mail.code(),
            "link": received.mail.link(),
        })
    };
    Ok(Json(json!({ "data": mails.into_iter().map(body).collect::<Vec<_>>() })))
}

async fn mail(State(backbone): State<Backbone>, Path(id): Path<String>) -> Answer<Response> {
    let received = find(&backbone, &id).await?;
    let looks = look(&backbone, &received);
    let page = MailPage {
        shell: bare(&backbone),
        id: received.id.to_string(),
        subject: received.mail.subject(&looks),
        received_at: received.received_at.to_string(),
        template: received.mail.template().name.to_owned(),
        text: received.mail.text(&looks)?,
        code: received.mail.code().map(str::to_owned),
        link: received.mail.link().map(str::to_owned),
        to: received.to,
    };
    Ok(with_policy(html(page.render())?, MailPage::CONTENT_SECURITY_POLICY))
}

async fn mail_html(State(backbone): State<Backbone>, Path(id): Path<String>) -> Answer<Response> {
    let received = find(&backbone, &id).await?;
    Ok(with_policy(html(Ok(received.mail.html(&look(&backbone, &received))?))?, MailPage::HTML_CONTENT_SECURITY_POLICY))
}

/// The brand of the mail.
fn look(backbone: &Backbone, received: &Received) -> mail::Brand {
    mail::Brand::of_product(&backbone.product).of_tenant(received.brand.clone())
}

async fn find(backbone: &Backbone, id: &str) -> Result<Received, Error> {
    let id: Uuid = id.parse().ok().or_not_found("mail")?;
    mailbox_get(&backbone.db, &backbone.vault, &backbone.mails, id).await
}

pub(super) fn with_policy(mut page: Response, policy: &'static str) -> Response {
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    page
}
