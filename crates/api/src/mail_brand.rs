//! How an organization's mails look.

use axum::extract::State;
use freehold_core::{Area, Permission};
use freehold_delivery::mail::{self, MailBrand, MailBrandNew};
use freehold_web::{Answer, Authenticated, Backbone, IfMatch, Json, Versioned};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the mails look that are sent for the organization. What is `null` is the product's.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailBrandBody {
    /// What they are signed with; readers see `Bright Dental via VoiceFX AI`.
    sender_name: Option<String>,
    /// Where answers go.
    reply_to: Option<String>,
    /// Of buttons and links.
    color: Option<String>,
    /// A line below every mail.
    footer: Option<String>,
    /// When it was last changed; `null`: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
}

impl From<MailBrand> for MailBrandBody {
    fn from(brand: MailBrand) -> Self {
        let MailBrand { sender_name, reply_to, color, footer, updated_at } = brand;
        Self { sender_name, reply_to, color, footer, updated_at }
    }
}

/// How the mails are to look. What is left out or `null` becomes the product's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailBrandChange {
    /// 1 to 60 characters on one line, without `@`, `<`, `>`, quotes and backslashes.
    #[schema(min_length = 1, max_length = 60, example = "Bright Dental")]
    sender_name: Option<String>,
    /// One mail address, with only ASCII before the `@`.
    #[schema(max_length = 254, example = "reception@brightdental.example")]
    reply_to: Option<String>,
    /// Six hexadecimal digits. Where text in it could not be read, a darker or lighter shade is taken.
    #[schema(pattern = "^#[0-9A-Fa-f]{6}$", example = "#6d3bc4")]
    color: Option<String>,
    /// 1 to 300 characters on one line.
    #[schema(min_length = 1, max_length = 300, example = "Bright Dental Ltd, 12 Mill Lane, Bristol")]
    footer: Option<String>,
}

/// Read the mail brand
///
/// How the mails look that are sent for your organization.
#[utoipa::path(get, path = "/mail/brand", tag = "Organizations", responses((status = 200, body = MailBrandBody)))]
pub(crate) async fn mail_brand_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
) -> Answer<Versioned<Json<MailBrandBody>>> {
    caller.allow(Permission::read(Area::Organization))?;
    let brand = mail::mail_brand_get(&backbone.db, &caller).await?;
    Ok(Versioned(version(&brand), Json(brand.into())))
}

/// Change the mail brand
///
/// Decides how the mails look that are sent for your organization; all of it is replaced. With `If-Match`, only if nobody
/// changed it meanwhile.
#[utoipa::path(put, path = "/mail/brand", tag = "Organizations",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` the change was made from")),
    request_body = MailBrandChange, responses((status = 200, body = MailBrandBody)))]
pub(crate) async fn mail_brand_replace(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    if_match: IfMatch,
    Json(body): Json<MailBrandChange>,
) -> Answer<Versioned<Json<MailBrandBody>>> {
    caller.allow(Permission::write(Area::Organization))?;
    let MailBrandChange { sender_name, reply_to, color, footer } = body;
    let new = MailBrandNew { sender_name, reply_to, color, footer };
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let check = |current: &MailBrand| if_match.check(&version(current));
    let brand = mail::mail_brand_replace(&mut tx, caller.tenant(), new, check, backbone.clock.now()).await?;
    tx.commit().await?;
    Ok(Versioned(version(&brand), Json(brand.into())))
}

fn version(brand: &MailBrand) -> String {
    brand.updated_at.unwrap_or(Timestamp::UNIX_EPOCH).as_microsecond().to_string()
}
