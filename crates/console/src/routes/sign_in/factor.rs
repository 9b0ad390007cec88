//! The second step of a sign-in, for users with a second factor.

use axum::{
    extract::{Request, State},
    response::Response,
};
use freehold_core::{Error, Result};
use freehold_identity::{
    codes,
    factor::{Factor, factor_challenge, factor_list, factor_verify, recovery_code::codes_verify},
    session::{Holder, Tokens},
};
use freehold_web::{Answer, Backbone};
use serde::Deserialize;

use super::{
    Visit,
    arrival::{Arrival, Step, factor_page, proceed, too_late},
    sentence, visit,
};
use crate::{FactorPage, routes::bare};

#[derive(Deserialize)]
struct FactorForm {
    ticket: String,
    code: Option<String>,
    recovery_code: Option<String>,
    redirect_to: Option<String>,
}

pub(super) async fn factor_show(State(backbone): State<Backbone>, request: Request) -> Answer<Response> {
    let (visit, form): (Visit, FactorForm) = visit(&backbone, request).await?;
    let Some((arrival, claims)) = Arrival::open(&backbone, Step::Factor, &form.ticket) else {
        return too_late(&backbone, &visit, form.redirect_to);
    };
    let holder = claims.holder();
    let factors = {
        let mut tx = backbone.db.system("ask for a second factor").begin().await?;
        factor_list(&mut tx, holder.user).await?
    };
    let shown = match form.recovery_code.as_deref().filter(|code| !code.is_empty()) {
        Some(code) => codes_verify(&backbone.identity.sessions, holder, code, &visit.client).await,
        None => code_show(&backbone, &visit, holder, &factors, form.code.as_deref().unwrap_or_default()).await,
    };
    match shown {
        Ok(tokens) => {
            let arrival = Arrival::new(&tokens, &arrival.kind);
            let claims = backbone.claims(tokens.access_token.expose())?;
            proceed(&backbone, &visit, &arrival, &claims, visit.carried(form.redirect_to))
        }
        Err(error) => {
            let (status, said) = sentence(error)?;
            let page = FactorPage {
                shell: bare(&backbone),
                ticket: form.ticket,
                app: true,
                recovery: factors.iter().any(|factor| factor.verified && factor.kind == "recovery_code"),
                carried: visit.carried(form.redirect_to),
                error: Some(said),
            };
            factor_page(&backbone, status, &page)
        }
    }
}

/// Verifies a code of an authenticator app. A user with several apps may enter the code of any of them.
async fn code_show(
    backbone: &Backbone,
    visit: &Visit,
    holder: Holder,
    factors: &[Factor],
    code: &str,
) -> Result<Tokens> {
    let identity = &backbone.identity;
    let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let mut refused = Error::new(codes::MFA_VERIFICATION_FAILED, "Invalid TOTP code entered");
    for factor in factors.iter().filter(|factor| factor.verified && factor.kind == "totp") {
        let challenge = factor_challenge(&identity.base, holder, factor.id, &visit.client).await?;
        match factor_verify(&identity.sessions, holder, factor.id, challenge.id, &code, &visit.client).await {
            Ok(tokens) => return Ok(tokens),
            Err(error) if error.code().status < 500 => refused = error,
            Err(error) => return Err(error),
        }
    }
    Err(refused)
}
