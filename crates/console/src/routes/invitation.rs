//! `/invitation`: shows an invitation and lets the invited user accept it.

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use freehold_app::invitation::{invitation_accept, invitation_look, invitee};
use freehold_core::{Error, OptionExt, Result, TenantId, codes};
use freehold_identity::{
    PeopleOf,
    user::{User, user_find},
};
use freehold_pages::{Shell, form_read, times::day};
use freehold_tenancy::invitation::Offer;
use freehold_web::{Answer, Backbone, MaybeVisitor, Query, Visitor};
use serde::Deserialize;

use super::{bare, front::sign_up_open, html_with_status};
use crate::{Carried, InvitationOffer, InvitationPage, InvitationReader, InvitationState};

pub(super) fn routes() -> Router<Backbone> {
    Router::new().route("/invitation", get(look).post(accept))
}

#[derive(Deserialize)]
struct Wanted {
    token: Option<String>,
}

#[derive(Deserialize)]
struct AcceptForm {
    invitation: String,
    token: String,
}

/// The link of the mail: shows the invitation and changes nothing.
async fn look(
    State(backbone): State<Backbone>,
    MaybeVisitor(visitor): MaybeVisitor,
    shell: Shell,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    show(&backbone, shell, visitor, wanted.token.as_deref().unwrap_or_default(), None).await
}

async fn accept(
    State(backbone): State<Backbone>,
    MaybeVisitor(visitor): MaybeVisitor,
    request: Request,
) -> Answer<Response> {
    let form: AcceptForm = form_read(request).await?;
    let Some(visitor) = visitor else { return show(&backbone, bare(&backbone), None, &form.invitation, None).await };
    visitor.form_check(&backbone, &form.token)?;
    let organization = invitation_look(&backbone, &form.invitation).await?.map(|offer| offer.organization);
    match invitation_accept(&backbone, visitor.user, &form.invitation).await {
        Ok(_) => {
            backbone.resolver.forget();
            let state = InvitationState::Joined { organization: organization.or_not_found("invitation")? };
            html_with_status(StatusCode::OK, InvitationPage { shell: bare(&backbone), state, error: None }.render())
        }
        Err(error) if error.code().status < 500 => {
            show(&backbone, bare(&backbone), Some(visitor), &form.invitation, Some(&error)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn show(
    backbone: &Backbone,
    shell: Shell,
    visitor: Option<Visitor>,
    token: &str,
    trouble: Option<&Error>,
) -> Answer<Response> {
    let offer = invitation_look(backbone, token).await?.filter(|offer| offer.is_open(backbone.clock.now()));
    let (status, state) = match offer {
        None => (StatusCode::NOT_FOUND, InvitationState::Gone),
        Some(offer) => {
            let status = trouble.and_then(|error| StatusCode::from_u16(error.code().status).ok());
            (status.unwrap_or(StatusCode::OK), open(backbone, visitor, offer, token).await?)
        }
    };
    let page = InvitationPage { shell, state, error: trouble.map(sentence) };
    html_with_status(status, page.render())
}

fn sentence(error: &Error) -> String {
    if error.is(codes::QUOTA_EXCEEDED) {
        return "The plan of the organization has no seat left. Ask an owner to change the plan.".to_owned();
    }
    error.message().to_owned()
}

async fn open(backbone: &Backbone, visitor: Option<Visitor>, offer: Offer, token: &str) -> Result<InvitationState> {
    let mut tx = backbone.db.system("read an invitation").begin().await?;
    let inviter = match offer.invited_by {
        Some(inviter) => user_find(&mut tx, inviter).await?.map(|user| user.email).filter(|email| !email.is_empty()),
        None => None,
    };
    let reader = match visitor {
        Some(visitor) => user_find(&mut tx, visitor.user).await?.map(|user| (visitor, user)),
        None => None,
    };
    drop(tx);
    let reader = reader_of(backbone, reader, &offer, token);
    let Offer { organization, email, role, role_name, expires_at, .. } = offer;
    let role = role_name.unwrap_or(role);
    let offer = InvitationOffer { organization, invited_by: inviter, role, email, until: day(expires_at) };
    Ok(InvitationState::Open { offer, reader })
}

fn reader_of(backbone: &Backbone, reader: Option<(Visitor, User)>, offer: &Offer, token: &str) -> InvitationReader {
    let carried = carried(backbone, offer.tenant_id, token);
    match reader {
        None => InvitationReader::SignedOut { carried, sign_up: sign_up_open(backbone) },
        Some((visitor, user)) => match offer.check(invitee(&user, offer.tenant_id)) {
            Ok(()) => InvitationReader::Invited {
                email: user.email,
                invitation: token.to_owned(),
                token: visitor.form_token(backbone),
            },
            Err(_) => InvitationReader::Other { email: user.email, carried },
        },
    }
}

/// Values for sign-in and sign-up that lead back here.
fn carried(backbone: &Backbone, tenant: TenantId, token: &str) -> Carried {
    let per_tenant = backbone.identity.settings().auth.identity == PeopleOf::PerTenant;
    Carried {
        redirect_to: Some(format!("{}/invitation?token={token}", backbone.site_url)),
        organization: per_tenant.then(|| tenant.to_string()),
    }
}
