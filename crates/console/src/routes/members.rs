//! `/members`: members and invitations.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use freehold_app::invitation::{InvitationDraft, invitation_resend, invitation_revoke};
use freehold_core::{Caller, Error, PageRequest, Result, Role, UserId};
use freehold_pages::{Choice, Confirm, MemberForm, MemberPage, Pager, times::day};
use freehold_tenancy::{
    invitation::{Invitation, InvitationId, InvitationState, invitation_list},
    member::{self, Member, WRITE, member_emails, member_list},
};
use freehold_web::{Answer, Attempt, Backbone, Creation, Paging, Path, Query, plan_rate_take};
use jiff::Timestamp;
use serde::Deserialize;

use super::form::{Fields, Nothing, ask, attempt, told, trouble, value};
use crate::{InvitationLine, InviteForm, MemberLine, MembersPage};

/// Most invitations on the page: an organization has more only while it invites by API.
const INVITATIONS: i64 = 100;

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/members", get(show))
        .route("/members/invitations", post(invite))
        .route("/members/invitations/{id}/resend", post(resend))
        .route("/members/invitations/{id}/revoke", get(revoke_ask).post(revoke))
        .route("/members/{id}/role", post(role))
        .route("/members/{id}/remove", get(remove_ask).post(remove))
}

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RoleForm {
    role: String,
}

async fn show(State(backbone): State<Backbone>, page: MemberPage, Query(wanted): Query<Wanted>) -> Answer<Response> {
    shown(&backbone, page, wanted.cursor, StatusCode::OK, None).await
}

/// The page, with the form that was refused.
async fn shown(
    backbone: &Backbone,
    page: MemberPage,
    cursor: Option<String>,
    status: StatusCode,
    refused: Option<InviteForm>,
) -> Answer<Response> {
    let (db, caller, now) = (&backbone.db, &*page.caller, backbone.clock.now());
    let listed = member_list(db, caller, Paging::new(None, cursor.clone()).place_request()?).await?;
    let invitations = invitation_list(db, caller, PageRequest::new(Some(INVITATIONS), None)?).await?.data;
    let invitations: Vec<_> =
        invitations.into_iter().filter(|each| each.accepted_at.is_none() && each.revoked_at.is_none()).collect();
    let users: Vec<UserId> = (listed.data.iter().map(|member| member.user_id))
        .chain(invitations.iter().filter_map(|invitation| invitation.invited_by))
        .collect();
    let emails = member_emails(db, caller, &users).await?;
    let next = listed.next_cursor.as_ref().map(ToString::to_string);
    let filled = MembersPage {
        members: listed.data.iter().map(|member| member_line(caller, member, &emails)).collect(),
        pager: Pager::new(&page.shell.link("/members"), cursor.as_deref(), next.as_deref()),
        invitations: invitations.iter().map(|each| invitation_line(caller, each, &emails, now)).collect(),
        invite: caller
            .allow(WRITE)
            .and_then(|()| caller.allow_change())
            .is_ok()
            .then(|| invite_form(backbone, caller, refused)),
        shell: page.shell.clone(),
    };
    page.shell.show_with(status, &filled)
}

fn invite_form(backbone: &Backbone, caller: &Caller, refused: Option<InviteForm>) -> InviteForm {
    let form = refused.unwrap_or_default();
    let roles = roles(caller, "member");
    if form.attempt.is_empty() { InviteForm { roles, attempt: attempt(backbone), ..form } } else { form }
}

/// The roles that the caller may give, with this one selected.
fn roles(caller: &Caller, selected: &str) -> Vec<Choice> {
    let choice = |role: Role| Choice {
        value: role.name().to_owned(),
        label: role.name().to_owned(),
        hint: String::new(),
        selected: role.name() == selected,
    };
    Role::ALL.into_iter().filter(|role| *role <= caller.role()).map(choice).collect()
}

fn member_line(caller: &Caller, member: &Member, emails: &BTreeMap<UserId, String>) -> MemberLine {
    let you = caller.user() == Some(member.user_id);
    let reached = member.role.parse::<Role>().and_then(|role| caller.role().reach(role)).is_ok();
    let writes = caller.allow_taking_away(WRITE).is_ok() && reached;
    MemberLine {
        id: member.user_id.to_string(),
        email: emails.get(&member.user_id).cloned().unwrap_or_else(|| "a user without an e-mail address".to_owned()),
        you,
        role: member.role.clone(),
        since: day(member.joined_at),
        roles: if writes { roles(caller, &member.role) } else { Vec::new() },
        removable: you || writes,
    }
}

fn invitation_line(
    caller: &Caller,
    invitation: &Invitation,
    emails: &BTreeMap<UserId, String>,
    now: Timestamp,
) -> InvitationLine {
    let reached = invitation.role.parse::<Role>().and_then(|role| caller.role().reach(role)).is_ok();
    let invited_by = match (invitation.invited_by, invitation.invited_by_key) {
        (Some(user), _) => emails.get(&user).cloned().unwrap_or_else(|| "a former member".to_owned()),
        (None, Some(_)) => "an API key".to_owned(),
        (None, None) => "a former member".to_owned(),
    };
    InvitationLine {
        id: invitation.invitation_id.to_string(),
        email: invitation.email.clone(),
        role: invitation.role.clone(),
        invited_by,
        until: day(invitation.expires_at),
        expired: invitation.state(now) == InvitationState::Expired,
        sendable: reached && caller.allow(WRITE).and_then(|()| caller.allow_change()).is_ok(),
        withdrawable: reached && caller.allow_taking_away(WRITE).is_ok(),
    }
}

async fn invite(State(backbone): State<Backbone>, form: MemberForm<Fields>) -> Answer<Response> {
    let MemberForm { page, fields, .. } = form;
    match invited(&backbone, &page.caller, &fields).await {
        Ok(text) => page.done(&backbone, "/members", text),
        Err(error) => {
            let (status, error) = trouble(error)?;
            let refused = InviteForm {
                email: value(&fields, "email").to_owned(),
                roles: roles(&page.caller, value(&fields, "role")),
                attempt: attempt(&backbone),
                error,
            };
            shown(&backbone, page, None, status, Some(refused)).await
        }
    }
}

async fn invited(backbone: &Backbone, caller: &Caller, fields: &Fields) -> Result<String> {
    plan_rate_take(backbone, caller).await?;
    let role: Role = role_of(value(fields, "role"))?;
    let draft = InvitationDraft::prepare(backbone, caller, value(fields, "email"), role).await?;
    let creation = Creation::of_form(backbone, "/members/invitations", value(fields, "attempt"), fields, ());
    if let Attempt::Fresh(mut fresh, ()) = creation.attempt(backbone, caller).await? {
        let created = draft.create(&mut fresh.tx).await?;
        fresh.finish(StatusCode::CREATED, &created.invitation_id).await?;
    }
    Ok(format!("The invitation was sent to {}.", value(fields, "email")))
}

fn role_of(text: &str) -> Result<Role> {
    Role::ALL
        .into_iter()
        .find(|role| role.name() == text)
        .ok_or_else(|| Error::invalid("/role", "choose viewer, member, admin or owner"))
}

async fn resend(
    State(backbone): State<Backbone>,
    Path(id): Path<InvitationId>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let sent = async {
        plan_rate_take(&backbone, &form.page.caller).await?;
        let sent = invitation_resend(&backbone, &form.page.caller, id).await?;
        Ok(format!("The invitation was sent to {} again. Its previous link no longer works.", sent.email))
    };
    told(&backbone, &form.page, "/members", sent.await)
}

async fn revoke_ask(page: MemberPage, Path(id): Path<InvitationId>) -> Answer<Response> {
    page.caller.allow_taking_away(WRITE)?;
    let confirm = Confirm {
        title: "Withdraw the invitation?".to_owned(),
        sentences: vec!["The link in its mail stops working. You can invite the address again.".to_owned()],
        action: format!("/members/invitations/{id}/revoke"),
        fields: Vec::new(),
        button: "Withdraw the invitation".to_owned(),
        back: "/members".to_owned(),
    };
    ask(&page.shell, confirm)
}

async fn revoke(
    State(backbone): State<Backbone>,
    Path(id): Path<InvitationId>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let revoked = async {
        plan_rate_take(&backbone, &form.page.caller).await?;
        let revoked = invitation_revoke(&backbone, &form.page.caller, id).await?;
        Ok(format!("The invitation of {} was withdrawn.", revoked.email))
    };
    told(&backbone, &form.page, "/members", revoked.await)
}

async fn role(
    State(backbone): State<Backbone>,
    Path(user): Path<UserId>,
    form: MemberForm<RoleForm>,
) -> Answer<Response> {
    let changed = async {
        let caller = &*form.page.caller;
        plan_rate_take(&backbone, caller).await?;
        let role = role_of(&form.fields.role)?;
        let changed = member::member_change_role(&backbone.db, caller, &backbone.areas, user, role).await?;
        backbone.resolver.forget();
        Ok(format!("The role is now {}.", changed.role))
    };
    told(&backbone, &form.page, "/members", changed.await)
}

async fn remove_ask(State(backbone): State<Backbone>, page: MemberPage, Path(user): Path<UserId>) -> Answer<Response> {
    page.caller.allow_taking_away_from(user, WRITE)?;
    let own = page.caller.user() == Some(user);
    let emails = member_emails(&backbone.db, &page.caller, &[user]).await?;
    let who = emails.get(&user).map_or("this member", String::as_str);
    let organization = page.organization_name().to_owned();
    let (title, sentence, button) = if own {
        (format!("Leave {organization}?"), "You lose access at once.".to_owned(), "Leave the organization")
    } else {
        (format!("Remove {who}?"), format!("They lose access to {organization} at once."), "Remove the member")
    };
    let whose = if own { "Your" } else { "Their" };
    let confirm = Confirm {
        title,
        sentences: vec![
            sentence,
            format!(
                "{whose} open invitations are withdrawn. {whose} API keys are suspended until an owner adopts them."
            ),
        ],
        action: format!("/members/{user}/remove"),
        fields: Vec::new(),
        button: button.to_owned(),
        back: "/members".to_owned(),
    };
    ask(&page.shell, confirm)
}

async fn remove(
    State(backbone): State<Backbone>,
    Path(user): Path<UserId>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let page = form.page;
    let own = page.caller.user() == Some(user);
    let removed = async {
        plan_rate_take(&backbone, &page.caller).await?;
        member::member_remove(&backbone.db, &page.caller, &backbone.areas, user).await?;
        backbone.resolver.forget();
        Ok(())
    };
    match removed.await {
        // The user is no longer a member, so the next page is one of another organization or of none.
        Ok(()) if own => Ok(Redirect::to("/home").into_response()),
        removed => told(&backbone, &page, "/members", removed.map(|()| "The member was removed.")),
    }
}
