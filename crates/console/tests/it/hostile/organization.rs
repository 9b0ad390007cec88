//! The pages of members, API keys and webhooks with hostile data.

use askama::Template;
use freehold_console::{
    InvitationLine, InviteForm, KeyArea, KeyEditPage, KeyNewPage, KeyRotatePage, KeyUsagePage, KeysPage, MemberLine,
    MembersPage, OrganizationPage, ProfileFields, RoleArea, RoleLine, RolePage, SecretPage, Shell, WebhookNewPage,
    WebhookPage, WebhooksPage,
};
use freehold_pages::{Banner, Pager, Tone, chart::Chart};

use crate::organization_samples::{choice, endpoint, keys, webhook, webhooks};

type Rendered = Vec<(&'static str, String)>;

/// Every page in this frame with `text` in every field, and `rows` rows in every list.
pub(super) fn pages(shell: &Shell, text: &str, rows: usize) -> Result<Rendered, askama::Error> {
    Ok([
        profile(shell, text)?,
        members(shell, text, rows)?,
        key_pages(shell, text, rows)?,
        webhook_pages(shell, text, rows)?,
    ]
    .concat())
}

fn profile(shell: &Shell, text: &str) -> Result<Rendered, askama::Error> {
    let own = || text.to_owned();
    let page = OrganizationPage {
        shell: shell.clone(),
        profile: ProfileFields {
            name: own(),
            slug: own(),
            website: own(),
            contact_email: own(),
            time_zone: own(),
            locale: own(),
        },
        logo: format!("/{text}"),
        writable: true,
        error: own(),
        logo_error: own(),
    };
    let looking = OrganizationPage { writable: false, ..page.clone() };
    Ok(vec![("profile", page.render()?), ("profile, looking", looking.render()?)])
}

fn members(shell: &Shell, text: &str, rows: usize) -> Result<Rendered, askama::Error> {
    let own = || text.to_owned();
    let choices = |rows| vec![choice(text, text, text, true); rows];
    let member = MemberLine {
        id: own(),
        email: own(),
        you: true,
        role: own(),
        since: own(),
        // There are four built-in roles, and at most 50 others.
        roles: choices(rows.min(4)),
        removable: true,
        transferable: true,
    };
    let role =
        RoleLine { id: own(), name: own(), description: own(), permissions: own(), members: i64::MAX, editable: true };
    let area = RoleArea { name: own(), read: true, write: true, writable: true };
    let edited = RolePage {
        shell: shell.clone(),
        id: own(),
        name: own(),
        description: own(),
        areas: vec![area; rows],
        attempt: own(),
        error: own(),
    };
    let invitation = InvitationLine {
        id: own(),
        email: own(),
        role: own(),
        invited_by: own(),
        until: own(),
        expired: true,
        sendable: true,
        withdrawable: true,
    };
    let members = MembersPage {
        shell: shell.clone(),
        members: vec![member; rows],
        pager: Pager::new("/members", Some(text), Some(text)),
        roles: vec![role; rows],
        may_create_roles: true,
        invitations: vec![invitation; rows],
        invite: Some(InviteForm { email: own(), role: own(), roles: choices(rows), attempt: own(), error: own() }),
    };
    Ok(vec![("members", members.render()?), ("a role", edited.render()?)])
}

fn key_pages(shell: &Shell, text: &str, rows: usize) -> Result<Rendered, askama::Error> {
    let own = || text.to_owned();
    let choices = |rows| vec![choice(text, text, text, true); rows];
    let mut key = keys().keys.remove(1);
    (key.id, key.name, key.prefix, key.role, key.scopes) = (own(), own(), own(), own(), own());
    (key.networks, key.previous) = (own(), own());
    (key.made_by, key.created, key.last_used, key.expires) = (own(), own(), own(), own());
    let new = KeyNewPage {
        name: own(),
        modes: choices(rows),
        access: choices(rows),
        areas: vec![KeyArea { name: own(), read: true, write: true }; rows],
        expiries: choices(rows),
        networks: own(),
        attempt: own(),
        error: own(),
        shell: shell.clone(),
    };
    let edit = KeyEditPage { shell: shell.clone(), id: own(), name: own(), networks: own(), error: own() };
    let rotate =
        KeyRotatePage { shell: shell.clone(), id: own(), name: own(), overlaps: choices(rows), attempt: own() };
    let chart = Chart { title: own(), points: vec![(own(), i64::MAX / 100); rows] };
    let usage = KeyUsagePage { shell: shell.clone(), name: own(), total: own(), chart };
    let shown = SecretPage {
        shell: shell.clone(),
        title: own(),
        text: own(),
        label: own(),
        secret: own(),
        next: (own(), format!("/{text}")),
    };
    Ok(vec![
        ("keys", KeysPage { shell: shell.clone(), keys: vec![key; rows], ..keys() }.render()?),
        ("a new key", new.render()?),
        ("a key to edit", edit.render()?),
        ("a key to rotate", rotate.render()?),
        ("a key's usage", usage.render()?),
        ("a shown key", shown.render()?),
    ])
}

fn webhook_pages(shell: &Shell, text: &str, rows: usize) -> Result<Rendered, askama::Error> {
    let own = || text.to_owned();
    let choices = |rows| vec![choice(text, text, text, true); rows];
    let mut line = endpoint(text, "failing", Tone::Warn);
    (line.id, line.description, line.events, line.created) = (own(), own(), own(), own());
    let mut delivery = webhook().deliveries.remove(0);
    (delivery.event_id, delivery.event, delivery.state) = (own(), own(), own());
    (delivery.answer, delivery.created, delivery.next) = (own(), own(), own());
    let page = WebhookPage {
        shell: shell.clone(),
        endpoint: line.clone(),
        notice: Some(Banner { tone: Tone::Bad, title: own(), text: own(), link: Some((own(), own())) }),
        signature: own(),
        filters: vec![(own(), format!("/{text}"), true); rows],
        deliveries: vec![delivery; rows],
        pager: Pager::new("/webhooks", Some(text), Some(text)),
        ..webhook()
    };
    let create = WebhookNewPage {
        shell: shell.clone(),
        url: own(),
        description: own(),
        which: choices(rows),
        events: choices(rows),
        attempt: own(),
        error: own(),
    };
    Ok(vec![
        ("webhooks", WebhooksPage { shell: shell.clone(), endpoints: vec![line; rows], ..webhooks() }.render()?),
        ("a new endpoint", create.render()?),
        ("an endpoint", page.render()?),
    ])
}
