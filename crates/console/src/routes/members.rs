//! `/members`: members, the organization's own roles, and invitations.

mod roles;

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use freehold_app::{
    invitation::{InvitationDraft, invitation_resend, invitation_revoke},
    ownership::ownership_transfer,
};
use freehold_core::{Bounds, Caller, Error, PageRequest, Result, Role, UserId};
use freehold_pages::{Choice, Confirm, MemberForm, MemberPage, Pager, times::day};
use freehold_tenancy::{
    invitation::{Invitation, InvitationId, InvitationState, invitation_list},
    member::{self, Member, WRITE, member_emails, member_list, reach_check},
    role::{self, CustomRole, RoleChoice, role_list},
};
use freehold_web::{Answer, Attempt, Backbone, Creation, Paging, Path, Query, plan_rate_take};
use jiff::Timestamp;
use serde::Deserialize;

use super::form::{Fields, Nothing, ask, attempt, told, trouble, value};
use crate::{InvitationLine, InviteForm, MemberLine, MembersPage, RoleLine};

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
        .route("/members/{id}/transfer", get(transfer_ask).post(transfer))
        .merge(roles::routes())
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
    let custom = role_list(db, caller, PageRequest::new(Some(role::MOST), None)?).await?.data;
    let giver = Giver { caller, roles: givable(backbone, caller, &custom) };
    let next = listed.next_cursor.as_ref().map(ToString::to_string);
    let may_create = caller.allow(WRITE).and_then(|()| caller.allow_change()).is_ok();
    let filled = MembersPage {
        members: listed.data.iter().map(|member| member_line(backbone, &giver, member, &emails)).collect(),
        pager: Pager::new(&page.shell.link("/members"), cursor.as_deref(), next.as_deref()),
        roles: custom.into_iter().map(|role| role_line(&giver, may_create, role)).collect(),
        may_create_roles: may_create,
        invitations: invitations.iter().map(|each| invitation_line(caller, each, &emails, now)).collect(),
        invite: may_create.then(|| invite_form(backbone, &giver, refused)),
        shell: page.shell.clone(),
    };
    page.shell.show_with(status, &filled)
}

/// The user who looks at the page, and the roles that they may give.
struct Giver<'a> {
    caller: &'a Caller,
    /// Each with the value and the label of its option.
    roles: Vec<(String, String)>,
}

impl Giver<'_> {
    /// The options, with this value selected.
    fn choices(&self, selected: &str) -> Vec<Choice> {
        let choice = |(value, label): &(String, String)| Choice {
            value: value.clone(),
            label: label.clone(),
            hint: String::new(),
            selected: value == selected,
        };
        self.roles.iter().map(choice).collect()
    }
}

/// The roles that the caller may give: built-in ones, then the organization's own.
fn givable(backbone: &Backbone, caller: &Caller, custom: &[CustomRole]) -> Vec<(String, String)> {
    let may = |wanted: &Bounds| caller.bounds().check_member(wanted, &backbone.areas).is_ok();
    let built_in = Role::ALL.into_iter().filter(|role| may(&Bounds::of_role(*role)));
    let built_in = built_in.map(|role| (role.name().to_owned(), role.name().to_owned()));
    let custom = custom.iter().filter(|role| role.rights().is_ok_and(|rights| may(&rights.bounds())));
    built_in.chain(custom.map(|role| (role.role_id.to_string(), role.name.clone()))).collect()
}

fn role_line(giver: &Giver<'_>, may_write: bool, role: CustomRole) -> RoleLine {
    let CustomRole { role_id, name, description, permissions, members, .. } = role;
    let id = role_id.to_string();
    let editable = may_write && giver.roles.iter().any(|(value, _)| *value == id);
    RoleLine { id, name, description, permissions: permissions.join(", "), members, editable }
}

fn invite_form(backbone: &Backbone, giver: &Giver<'_>, refused: Option<InviteForm>) -> InviteForm {
    let form = refused.unwrap_or_default();
    let selected = if form.role.is_empty() { "member" } else { form.role.as_str() };
    let roles = giver.choices(selected);
    let attempt = if form.attempt.is_empty() { attempt(backbone) } else { form.attempt };
    InviteForm { roles, attempt, ..form }
}

fn member_line(
    backbone: &Backbone,
    giver: &Giver<'_>,
    member: &Member,
    emails: &BTreeMap<UserId, String>,
) -> MemberLine {
    let caller = giver.caller;
    let you = caller.user() == Some(member.user_id);
    let reached =
        member.bounds().and_then(|bounds| reach_check(caller, &backbone.areas, member.user_id, &bounds)).is_ok();
    let writes = caller.allow_taking_away(WRITE).is_ok() && reached;
    let role = member.role_name.as_ref().unwrap_or(&member.role).clone();
    let value = member.role_id.map_or_else(|| member.role.clone(), |id| id.to_string());
    let owns = caller.role() == Role::Owner && caller.allow_change().is_ok();
    MemberLine {
        id: member.user_id.to_string(),
        email: emails.get(&member.user_id).cloned().unwrap_or_else(|| "a user without an e-mail address".to_owned()),
        you,
        role,
        since: day(member.joined_at),
        roles: if writes { giver.choices(&value) } else { Vec::new() },
        removable: you || writes,
        transferable: owns && !you && member.role != Role::Owner.name(),
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
        role: invitation.role_name.as_ref().unwrap_or(&invitation.role).clone(),
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
                role: value(&fields, "role").to_owned(),
                roles: Vec::new(),
                attempt: attempt(&backbone),
                error,
            };
            shown(&backbone, page, None, status, Some(refused)).await
        }
    }
}

async fn invited(backbone: &Backbone, caller: &Caller, fields: &Fields) -> Result<String> {
    plan_rate_take(backbone, caller).await?;
    let role = role_of(value(fields, "role"))?;
    let draft = InvitationDraft::prepare(backbone, caller, value(fields, "email"), role).await?;
    let creation = Creation::of_form(backbone, "/members/invitations", value(fields, "attempt"), fields, ());
    if let Attempt::Fresh(mut fresh, ()) = creation.attempt(backbone, caller).await? {
        let created = draft.create(&mut fresh.tx).await?;
        fresh.finish(StatusCode::CREATED, &created.invitation_id).await?;
    }
    Ok(format!("The invitation was sent to {}.", value(fields, "email")))
}

/// The role of an option: the name of a built-in one, or the id of a custom one.
fn role_of(text: &str) -> Result<RoleChoice> {
    let built_in = Role::ALL.into_iter().find(|role| role.name() == text).map(RoleChoice::BuiltIn);
    built_in
        .or_else(|| text.parse().ok().map(RoleChoice::Custom))
        .ok_or_else(|| Error::invalid("/role", "choose a role of the list"))
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
        Ok(format!("The role is now {}.", changed.role_name.unwrap_or(changed.role)))
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

async fn transfer_ask(
    State(backbone): State<Backbone>,
    page: MemberPage,
    Path(user): Path<UserId>,
) -> Answer<Response> {
    page.caller.allow(WRITE)?;
    let emails = member_emails(&backbone.db, &page.caller, &[user]).await?;
    let who = emails.get(&user).map_or("this member", String::as_str);
    let organization = page.organization_name().to_owned();
    let confirm = Confirm {
        title: format!("Transfer {organization} to {who}?"),
        sentences: vec![
            "They become an owner and you become an admin.".to_owned(),
            "You cannot undo this yourself: only an owner can make you an owner again. Both of you get a mail."
                .to_owned(),
        ],
        action: format!("/members/{user}/transfer"),
        fields: Vec::new(),
        button: "Transfer ownership".to_owned(),
        back: "/members".to_owned(),
    };
    ask(&page.shell, confirm)
}

async fn transfer(
    State(backbone): State<Backbone>,
    Path(user): Path<UserId>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let transferred = async {
        plan_rate_take(&backbone, &form.page.caller).await?;
        ownership_transfer(&backbone, &form.page.caller, user).await?;
        backbone.resolver.forget();
        Ok("Ownership was transferred. You are an admin now.")
    };
    told(&backbone, &form.page, "/members", transferred.await)
}
