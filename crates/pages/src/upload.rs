//! The `POST` of a form with a file.

use axum::extract::{FromRequest, Request};
use axum::http::header;
use bytes::Bytes;
use freehold_core::{Error, Result, codes};
use freehold_web::{Backbone, RawBody};
use futures_util::stream;
use multer::{Multipart, parse_boundary};

use crate::{MemberPage, Refusal, UserPage, context::Wanted};

/// A file that a member sent with a form from a page of an organization. The token is checked as in a
/// [`MemberForm`](crate::MemberForm). A form has one file, and is as large as the body of a request may be.
#[derive(Clone, Debug)]
pub struct MemberUpload {
    /// Who sent it.
    pub page: MemberPage,
    /// The content of the file; empty when the user chose none.
    pub file: Bytes,
}

/// The parts of a form with a file.
#[derive(Default)]
struct Sent {
    token: String,
    organization: String,
    file: Bytes,
}

impl FromRequest<Backbone> for MemberUpload {
    type Rejection = Refusal;

    async fn from_request(request: Request, backbone: &Backbone) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let mut head = parts.clone();
        let sent = read(Request::from_parts(parts, body)).await?;
        let page = UserPage::load(backbone, &mut head, Wanted::Form(&sent.organization, &sent.token)).await?;
        Ok(Self { page: page.try_into()?, file: sent.file })
    }
}

async fn read(request: Request) -> Result<Sent, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = parse_boundary(kind).map_err(|_| malformed())?;
    let RawBody(body) = RawBody::from_request(request, &()).await?;
    let mut parts = Multipart::new(stream::iter([Ok::<_, std::convert::Infallible>(body)]), boundary);
    let mut sent = Sent::default();
    while let Some(part) = parts.next_field().await.map_err(|_| malformed())? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let content = part.bytes().await.map_err(|_| malformed())?;
        let text = || String::from_utf8(content.to_vec()).map_err(|_| malformed());
        match name.as_str() {
            "token" => sent.token = text()?,
            "organization" => sent.organization = text()?,
            _ if is_file => sent.file = content,
            _ => {}
        }
    }
    Ok(sent)
}

fn malformed() -> Error {
    Error::new(codes::MALFORMED_REQUEST, "The form could not be read. Send its fields as multipart/form-data.")
}
