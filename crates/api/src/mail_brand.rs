//! The branding of an organization's mails.

use axum::extract::State;
use freehold_core::{Area, Permission};
use freehold_delivery::mail::{self, MailBrand, MailBrandNew};
use freehold_web::{Answer, Authenticated, Backbone, IfMatch, Json, Versioned};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The branding of the organization's mails. The product's value applies where a field is null.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailBrandBody {
    /// Name of the sender; readers see `Bright Dental via VoiceFX AI`. Null for the product's name.
    sender_name: Option<String>,
    /// E-mail address for replies; null for the product's.
    #[schema(format = IdnEmail)]
    reply_to: Option<String>,
    /// Color of buttons and links as `#rrggbb`; null for the product's.
    color: Option<String>,
    /// Line at the end of every mail; null for none of your own.
    footer: Option<String>,
    /// When the branding was last changed, UTC; null for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
}

impl From<MailBrand> for MailBrandBody {
    fn from(brand: MailBrand) -> Self {
        let MailBrand { sender_name, reply_to, color, footer, updated_at } = brand;
        Self { sender_name, reply_to, color, footer, updated_at }
    }
}

/// The branding of the organization's mails. The product's value applies where a field is null or left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMailBrand {
    /// Name of the sender: 1 to 60 characters on one line, without `@`, `<`, `>`, quotes and backslashes.
    #[schema(min_length = 1, max_length = 60, example = "Bright Dental")]
    sender_name: Option<String>,
    /// E-mail address for replies, with only ASCII characters before the `@`.
    #[schema(format = IdnEmail, max_length = 254, example = "reception@brightdental.example")]
    reply_to: Option<String>,
    /// Color of buttons and links: `#` and six hexadecimal digits. Where text would be unreadable, a darker or lighter
    /// shade is used.
    #[schema(pattern = "^#[0-9A-Fa-f]{6}$", example = "#6d3bc4")]
    color: Option<String>,
    /// Line at the end of every mail: 1 to 300 characters.
    #[schema(min_length = 1, max_length = 300, example = "Bright Dental Ltd, 12 Mill Lane, Bristol")]
    footer: Option<String>,
}

/// Get the mail branding
///
/// Returns the branding of your organization's mails.
#[utoipa::path(get, path = "/mail/brand", tag = "Organizations", responses((status = 200, body = MailBrandBody)))]
pub(crate) async fn mail_brand_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
) -> Answer<Versioned<Json<MailBrandBody>>> {
    caller.allow(Permission::read(Area::Organization))?;
    let brand = mail::mail_brand_get(&backbone.db, &caller).await?;
    Ok(Versioned(version(&brand), Json(brand.into())))
}

/// Replace the mail branding
///
/// Replaces the branding of your organization's mails. With `If-Match`, only if the branding has not changed since.
#[utoipa::path(put, path = "/mail/brand", tag = "Organizations",
    params(("If-Match" = Option<String>, Header, description = "`ETag` of the version on which the change is based")),
    request_body = UpdateMailBrand, responses((status = 200, body = MailBrandBody)))]
pub(crate) async fn mail_brand_update(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    if_match: IfMatch,
    Json(body): Json<UpdateMailBrand>,
) -> Answer<Versioned<Json<MailBrandBody>>> {
    caller.allow(Permission::write(Area::Organization))?;
    let UpdateMailBrand { sender_name, reply_to, color, footer } = body;
    let new = MailBrandNew { sender_name, reply_to, color, footer };
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let check = |current: &MailBrand| if_match.check(&version(current));
    let brand = mail::mail_brand_replace(&mut tx, caller.tenant(), new, check).await?;
    tx.commit().await?;
    Ok(Versioned(version(&brand), Json(brand.into())))
}

fn version(brand: &MailBrand) -> String {
    brand.updated_at.unwrap_or(Timestamp::UNIX_EPOCH).as_microsecond().to_string()
}
