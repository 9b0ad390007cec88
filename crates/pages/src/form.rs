//! The `POST` of a form. The token is checked before the handler runs, by the handler's type.

use axum::{
    extract::{FromRequest, RawForm, Request},
    http::request::Parts,
};
use freehold_core::{Error, Result, codes};
use freehold_web::{Backbone, length_check, read_form};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{MemberPage, Refusal, UserPage, context::Wanted};

/// A form that a signed-in user sent from a page of this site; never an operator in their place.
#[derive(Clone, Debug)]
pub struct Form<T> {
    /// Who sent it.
    pub page: UserPage,
    /// The fields of the form.
    pub fields: T,
    /// The request, for the client's address.
    pub parts: Parts,
}

/// The same from a page of an organization; it acts on the organization of that page.
#[derive(Clone, Debug)]
pub struct MemberForm<T> {
    /// Who sent it.
    pub page: MemberPage,
    /// The fields of the form.
    pub fields: T,
    /// The request, for the client's address.
    pub parts: Parts,
}

/// The fields that every form has.
#[derive(Deserialize)]
struct Common {
    #[serde(default)]
    token: String,
    #[serde(default)]
    organization: String,
}

impl<T: DeserializeOwned> FromRequest<Backbone> for Form<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, backbone: &Backbone) -> Result<Self, Refusal> {
        let Form { page, fields, parts } = form_of(request, backbone).await?;
        Ok(Self { page: page.own()?, fields, parts })
    }
}

/// The form of a user, or of an operator in their place.
async fn form_of<T: DeserializeOwned>(request: Request, backbone: &Backbone) -> Result<Form<T>, Refusal> {
    let (parts, body) = request.into_parts();
    let mut head = parts.clone();
    let form = body_read(Request::from_parts(parts, body)).await?;
    let common: Common = read_form(&form)?;
    let page = UserPage::load(backbone, &mut head, Wanted::Form(&common.organization, &common.token)).await?;
    Ok(Form { page, fields: read_form(&form)?, parts: head })
}

impl<T: DeserializeOwned> FromRequest<Backbone> for MemberForm<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, backbone: &Backbone) -> Result<Self, Refusal> {
        let Form { page, fields, parts } = form_of(request, backbone).await?;
        Ok(Self { page: page.try_into()?, fields, parts })
    }
}

/// Reads the fields of a form without asking who sent it: for sign-in.
///
/// # Errors
/// `malformed_request`.
pub async fn form_read<T: DeserializeOwned>(request: Request) -> Result<T> {
    read_form(&body_read(request).await?)
}

async fn body_read(request: Request) -> Result<Vec<u8>> {
    let form = RawForm::from_request(length_check(request)?, &()).await;
    let RawForm(form) = form.map_err(|_| {
        let expected = "The form could not be read. Send its fields as application/x-www-form-urlencoded.";
        Error::new(codes::MALFORMED_REQUEST, expected)
    })?;
    Ok(form.to_vec())
}
