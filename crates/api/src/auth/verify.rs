//! Verification of a link or code from a mail.

use axum::extract::{Request, State};
use freehold_core::{Error, Result};
use freehold_db::Db;
use freehold_identity::{
    Realm, codes,
    one_time::{LinkToken, OneTimeCode},
    user::email_find,
    verify::{HALF_CONFIRMED, Proof, Verified, VerifyType, proof_use},
};
use freehold_web::{Answer, Backbone, Json, client, realm};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    body::SessionBody,
    otp::{given, invalid},
    request::read,
};

/// The proof that the user reads the mail: `token_hash` alone, or `token` (the code) with `email`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct VerifyOtp {
    /// Kind of mail: `signup`, `invite`, `magiclink`, `recovery`, `email_change`, or `email` for any kind that signs
    /// in.
    #[schema(value_type = Option<VerifyType>)]
    r#type: Option<String>,
    /// The numeric code from the mail.
    token: Option<String>,
    /// Value of `token` in the mail's link.
    token_hash: Option<String>,
    /// E-mail address to which the code was sent.
    #[schema(format = IdnEmail)]
    email: Option<String>,
    /// Phone number; not supported, since Freehold sends no text messages.
    phone: Option<String>,
    /// URL from the mail's link; refused with `token_hash`.
    #[schema(format = "uri")]
    redirect_to: Option<String>,
}

/// The answer to a link or code.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum VerifyAnswer {
    /// The user is signed in.
    Session(Box<SessionBody>),
    /// The other address of a change has to confirm, too.
    HalfConfirmed(AddressConfirmed),
}

/// One of the two addresses of a change is confirmed.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddressConfirmed {
    /// What to do next, as a sentence.
    msg: &'static str,
    /// The HTTP status code of the answer; always `200`.
    code: &'static str,
}

/// Verify a link or code
///
/// Signs in with the code or link of a mail, and confirms the address if it is unconfirmed. Works once. For a change of
/// address that both addresses must confirm, the first answer says that the other one has to confirm, too.
#[utoipa::path(post, path = "/verify", tag = "Sign-in", security(()), request_body = VerifyOtp,
    responses((status = 200, body = VerifyAnswer)))]
pub(crate) async fn otp_verify(State(backbone): State<Backbone>, request: Request) -> Answer<Json<VerifyAnswer>> {
    let (parts, body) = request.into_parts();
    let client = client(&backbone, &parts);
    let realm = realm(&backbone, &parts)?;
    let body: VerifyOtp = read(parts, body).await?;
    let (proof, kind) = proof(&backbone.db, realm, body).await?;
    match proof_use(&backbone.identity.limits, &backbone.identity.sessions, proof, kind, &client).await? {
        Verified::SignedIn(tokens) => {
            Ok(Json(VerifyAnswer::Session(Box::new(SessionBody::load(&backbone, *tokens).await?))))
        }
        Verified::HalfConfirmed => {
            Ok(Json(VerifyAnswer::HalfConfirmed(AddressConfirmed { msg: HALF_CONFIRMED, code: "200" })))
        }
        Verified::Code(_) => Err(Error::internal("a program got a browser's code").into()),
    }
}

async fn proof(db: &Db, realm: Realm, body: VerifyOtp) -> Result<(Proof, VerifyType)> {
    let name = given(body.r#type).ok_or_else(|| invalid("Verify requires a verification type"))?;
    let kind = VerifyType::parse(&name).ok_or_else(|| invalid("Invalid email verification type"))?;
    let (email, phone) = (given(body.email), given(body.phone));
    let proof = match (given(body.token), given(body.token_hash)) {
        (None, None) | (Some(_), Some(_)) => {
            return Err(invalid("Verify requires either a token or a token hash"));
        }
        (None, Some(_)) if email.is_some() || phone.is_some() || given(body.redirect_to).is_some() => {
            return Err(invalid("Only the token_hash and type should be provided"));
        }
        (None, Some(hash)) => {
            let expired = || Error::new(codes::OTP_EXPIRED, "Email link is invalid or has expired");
            Proof::Link(LinkToken::parse(&hash).ok_or_else(expired)?)
        }
        (Some(token), None) => {
            let (Some(email), None) = (email, phone) else {
                return Err(invalid("Only an email address or phone number should be provided on verify"));
            };
            // A text that cannot be a code is treated as a wrong code.
            let expired = || Error::new(codes::OTP_EXPIRED, "Token has expired or is invalid");
            Proof::Code {
                realm,
                email: email_find(db, realm, &email).await?,
                code: OneTimeCode::parse(&token).ok_or_else(expired)?,
            }
        }
    };
    Ok((proof, kind))
}
