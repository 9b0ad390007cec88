//! `/dev/mail/templates`: every mail with sample data, for visitors at this machine. It shows tenants' brands only
//! where the local mailbox is shown; elsewhere a proxy on this machine without forwarding headers would show them to
//! all its users.

use std::sync::Arc;

use axum::{Extension, Router, extract::State, response::Response, routing::get};
use freehold_core::{Error, OptionExt, Result};
use freehold_delivery::mail::{self, Mail, NamedBrand, mail_brand_list};
use freehold_web::{Answer, Backbone, Path, Query};
use serde::Deserialize;

use super::{Pages, bare, html, mailbox::with_policy};
use crate::{MailBrandChoice, MailPage, MailTemplate, MailTemplatesPage};

/// Value of the product's own brand in addresses.
const PRODUCT: &str = "product";
/// Value of the sample tenant's brand in addresses.
const SAMPLE: &str = "sample";

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/dev/mail/templates", get(mail_templates))
        .route("/dev/mail/templates/{name}/html", get(mail_template_html))
}

#[derive(Deserialize)]
struct Wanted {
    brand: Option<String>,
}

async fn mail_templates(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    let (choices, shown) = brands(&backbone, pages.local.mailbox, wanted.brand.as_deref()).await?;
    let mails = backbone.mails.iter().map(|template| {
        let mail = Mail::sample(template);
        Ok(MailTemplate {
            name: template.name.to_owned(),
            about: template.about.to_owned(),
            subject: mail.subject(&shown),
            text: mail.text(&shown)?,
        })
    });
    let page = MailTemplatesPage {
        shell: bare(&backbone),
        brands: choices,
        sender: shown.sender_name.clone(),
        reply_to: shown.reply_to.as_ref().map(ToString::to_string),
        mails: mails.collect::<Result<Vec<_>>>()?,
    };
    Ok(with_policy(html(page.render())?, MailPage::CONTENT_SECURITY_POLICY))
}

async fn mail_template_html(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    let template = backbone.mails.find(&name).or_not_found("mail template")?;
    let (_, shown) = brands(&backbone, pages.local.mailbox, wanted.brand.as_deref()).await?;
    Ok(with_policy(html(Ok(Mail::sample(template).html(&shown)?))?, MailPage::HTML_CONTENT_SECURITY_POLICY))
}

/// The brands to choose from, and the wanted one.
async fn brands(
    backbone: &Backbone,
    with_tenants: bool,
    wanted: Option<&str>,
) -> Result<(Vec<MailBrandChoice>, mail::Brand), Error> {
    let product = mail::Brand::of_product(&backbone.product);
    let wanted = wanted.unwrap_or(PRODUCT);
    let mut known = vec![
        (PRODUCT.to_owned(), product.product_name.clone(), product.clone()),
        (SAMPLE.to_owned(), "Example organization".to_owned(), product.sample_tenant()),
    ];
    if with_tenants {
        let tenants = mail_brand_list(&backbone.db).await?;
        let entry =
            |NamedBrand { tenant, organization, brand }| (tenant.to_string(), organization, product.of_tenant(brand));
        known.extend(tenants.into_iter().map(entry));
    }
    let choice = |(value, name, _): &(String, String, mail::Brand)| MailBrandChoice {
        value: value.clone(),
        name: name.clone(),
        chosen: value == wanted,
    };
    let choices = known.iter().map(choice).collect();
    let shown = known.into_iter().find(|(value, ..)| value == wanted).or_not_found("brand")?;
    Ok((choices, shown.2))
}
