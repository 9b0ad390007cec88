//! The pages of members, API keys and webhooks with sample data and without data.

use askama::Template;
use freehold_console::{
    AskPage, DeliveryLine, EndpointLine, InvitationLine, InviteForm, KeyArea, KeyEditPage, KeyLine, KeyNewPage,
    KeyRotatePage, KeyUsagePage, KeysPage, MemberLine, MembersPage, OrganizationPage, ProfileFields, RoleArea,
    RoleLine, RolePage, SecretPage, WebhookNewPage, WebhookPage, WebhooksPage,
};
use freehold_pages::{Banner, Choice, Confirm, Empty, Pager, Tone, chart::Chart};

use crate::page_samples::shell;

/// Every page with sample data and, where it has a list, without data.
pub(crate) fn ordinary() -> Result<Vec<(&'static str, String)>, askama::Error> {
    let mut looking = members();
    looking.invite = None;
    looking.may_create_roles = false;
    for member in &mut looking.members {
        member.roles.clear();
        member.removable = member.you;
        member.transferable = false;
    }
    for role in &mut looking.roles {
        role.editable = false;
    }
    for invitation in &mut looking.invitations {
        (invitation.sendable, invitation.withdrawable) = (false, false);
    }
    let mut refused = members();
    if let Some(form) = &mut refused.invite {
        "This e-mail address has an open invitation already. Resend or revoke that one.".clone_into(&mut form.error);
    }
    Ok(vec![
        ("members", members().render()?),
        ("members-looking", looking.render()?),
        ("members-refused", refused.render()?),
        ("members-remove", confirm().render()?),
        ("organization", organization().render()?),
        ("organization-refused", refused_profile().render()?),
        ("organization-looking", OrganizationPage { writable: false, ..organization() }.render()?),
        ("keys", keys().render()?),
        ("keys-empty", KeysPage { keys: Vec::new(), ..keys() }.render()?),
        ("members-roles-new", role().render()?),
        ("keys-new", key_new().render()?),
        ("keys-edit", key_edit().render()?),
        ("keys-usage", key_usage().render()?),
        ("keys-rotate", key_rotate().render()?),
        ("keys-shown", secret().render()?),
        ("webhooks", webhooks().render()?),
        ("webhooks-empty", WebhooksPage { endpoints: Vec::new(), ..webhooks() }.render()?),
        ("webhooks-new", webhook_new().render()?),
        ("webhooks-endpoint", webhook().render()?),
        ("webhooks-endpoint-empty", WebhookPage { deliveries: Vec::new(), notice: None, ..webhook() }.render()?),
    ])
}

pub(crate) fn choice(value: &str, label: &str, hint: &str, selected: bool) -> Choice {
    Choice { value: value.to_owned(), label: label.to_owned(), hint: hint.to_owned(), selected }
}

fn roles(selected: &str) -> Vec<Choice> {
    ["viewer", "member", "admin", "owner"].map(|role| choice(role, role, "", role == selected)).to_vec()
}

pub(crate) fn organization() -> OrganizationPage {
    OrganizationPage {
        shell: shell("/organization"),
        profile: ProfileFields {
            name: "Riverside Dental".to_owned(),
            slug: "riverside-dental".to_owned(),
            website: "https://riverside.example/".to_owned(),
            contact_email: String::new(),
            time_zone: "Europe/London".to_owned(),
            locale: "en-GB".to_owned(),
        },
        logo: "/assets/logo.svg".to_owned(),
        writable: true,
        error: String::new(),
        logo_error: String::new(),
    }
}

fn refused_profile() -> OrganizationPage {
    OrganizationPage {
        logo: String::new(),
        error: "Another organization has this slug, or had it before. Choose another one.".to_owned(),
        logo_error: "The logo is no PNG, JPEG or WebP image. Send one of these; an SVG is not accepted.".to_owned(),
        ..organization()
    }
}

fn members() -> MembersPage {
    let member = |id: &str, email: &str, role: &str, since: &str, you| MemberLine {
        id: format!("0199a1b2-0000-7000-8000-00000000001{id}"),
        email: email.to_owned(),
        you,
        role: role.to_owned(),
        since: since.to_owned(),
        roles: roles(role),
        removable: true,
        transferable: !you,
    };
    let invitation = |id: &str, email: &str, by: &str, expired| InvitationLine {
        id: format!("0199a1b2-0000-7000-8000-00000000002{id}"),
        email: email.to_owned(),
        role: "member".to_owned(),
        invited_by: by.to_owned(),
        until: "28 November 2026".to_owned(),
        expired,
        sendable: true,
        withdrawable: true,
    };
    MembersPage {
        shell: shell("/members"),
        members: vec![
            member("1", "ada@example.org", "owner", "3 March 2026", true),
            member("2", "grace.hopper@riverside-dental.example.org", "admin", "12 April 2026", false),
            member("3", "lin@example.org", "member", "1 October 2026", false),
            member("4", "front-desk@example.org", "viewer", "21 November 2026", false),
        ],
        pager: Pager::new("/members", None, Some("a")),
        may_create_roles: true,
        roles: vec![RoleLine {
            id: "0199a1b2-0000-7000-8000-000000000031".to_owned(),
            name: "Reception".to_owned(),
            description: "Answers the telephone and plans calls".to_owned(),
            permissions: "workflows:read, campaigns, runs".to_owned(),
            members: 2,
            editable: true,
        }],
        invitations: vec![
            invitation("1", "bea@example.org", "ada@example.org", false),
            invitation("2", "carl@example.org", "an API key", true),
        ],
        invite: Some(InviteForm {
            email: String::new(),
            role: String::new(),
            roles: roles("member"),
            attempt: "0199a1b2".to_owned(),
            error: String::new(),
        }),
    }
}

fn role() -> RolePage {
    let area = |name: &str, read, write| RoleArea { name: name.to_owned(), read, write, writable: name != "usage" };
    RolePage {
        shell: shell("/members"),
        id: String::new(),
        name: "Reception".to_owned(),
        description: "Answers the telephone and plans calls".to_owned(),
        areas: vec![
            area("members", false, false),
            area("usage", true, false),
            area("workflows", true, false),
            area("campaigns", true, true),
        ],
        attempt: "0199a1b2".to_owned(),
        error: String::new(),
    }
}

fn confirm() -> AskPage {
    AskPage {
        shell: shell("/members"),
        confirm: Confirm {
            title: "Remove lin@example.org?".to_owned(),
            sentences: vec![
                "They lose access to Riverside Dental at once.".to_owned(),
                "Their open invitations are withdrawn. Their API keys are suspended until an owner adopts them."
                    .to_owned(),
            ],
            action: "/members/3/remove".to_owned(),
            fields: Vec::new(),
            button: "Remove the member".to_owned(),
            back: "/members".to_owned(),
        },
    }
}

pub(crate) fn keys() -> KeysPage {
    let key = |name: &str, state: &'static str, scopes: &str, last_used: &str| KeyLine {
        id: "0199a1b2-0000-7000-8000-000000000031".to_owned(),
        name: name.to_owned(),
        prefix: "sk_live_4fJq8sWz".to_owned(),
        state,
        test: state == "expired",
        role: "owner".to_owned(),
        scopes: scopes.to_owned(),
        networks: if name == "nightly import" { "198.51.100.0/24, 2001:db8::7/128" } else { "" }.to_owned(),
        made_by: if state == "suspended" { "a former member".to_owned() } else { "ada@example.org".to_owned() },
        created: "3 March 2026".to_owned(),
        last_used: last_used.to_owned(),
        expires: "never".to_owned(),
        previous: if name == "nightly import" { "sk_live_9dKx2mQa… until 22 November 2026, 03:00 UTC" } else { "" }
            .to_owned(),
        revocable: state != "revoked",
        editable: state != "revoked",
        rotatable: state == "active",
        adoptable: state == "suspended",
    };
    KeysPage {
        shell: shell("/keys"),
        keys: vec![
            key("nightly import", "active", "usage:read, workflows:read", "21 November 2026, 03:00 UTC"),
            key("reception desk", "suspended", "everything", "1 November 2026, 16:41 UTC"),
            key("trial", "expired", "runs", "never"),
            key("old laptop", "revoked", "everything", "3 April 2026, 09:12 UTC"),
        ],
        pager: Pager::default(),
        may_create: true,
        empty: Empty::new("No API keys yet", "A key lets a program call the API in the name of this organization.")
            .with_action("Create an API key", "/keys/new"),
    }
}

fn key_new() -> KeyNewPage {
    let area = |(name, read): (&str, bool)| KeyArea { name: name.to_owned(), read, write: false };
    KeyNewPage {
        shell: shell("/keys"),
        name: "nightly import".to_owned(),
        modes: vec![
            choice("live", "Live", "For real data.", true),
            choice("test", "Test", "For trying things out. A test key cannot create a live one.", false),
        ],
        access: vec![
            choice("some", "Only the scopes below", "Choose what the program needs, and no more.", true),
            choice("all", "Everything you may do", "Also what your role may do later.", false),
        ],
        areas: [("organization", false), ("members", false), ("usage", true), ("events", true), ("workflows", false)]
            .map(area)
            .to_vec(),
        expiries: vec![choice("", "Never", "", true), choice("30", "In 30 days", "", false)],
        networks: "198.51.100.0/24".to_owned(),
        attempt: "0199a1b2".to_owned(),
        error: "The request is invalid. scopes: choose at least one, or everything you may do.".to_owned(),
    }
}

fn key_edit() -> KeyEditPage {
    KeyEditPage {
        shell: shell("/keys"),
        id: "0199a1b2-0000-7000-8000-000000000031".to_owned(),
        name: "nightly import".to_owned(),
        networks: "198.51.100.7/24".to_owned(),
        error: "The request is invalid. allowed networks: write 198.51.100.0/24 for the network.".to_owned(),
    }
}

fn key_usage() -> KeyUsagePage {
    KeyUsagePage {
        shell: shell("/keys"),
        name: "nightly import".to_owned(),
        total: "1,395".to_owned(),
        chart: Chart {
            title: "Requests a day".to_owned(),
            points: (1..=30).map(|day| (format!("{day} November 2026"), i64::from(day) * 3)).collect(),
        },
    }
}

fn key_rotate() -> KeyRotatePage {
    KeyRotatePage {
        shell: shell("/keys"),
        id: "0199a1b2-0000-7000-8000-000000000031".to_owned(),
        name: "nightly import".to_owned(),
        overlaps: vec![
            choice("0", "It stops at once", "", false),
            choice("86400", "For one more day", "", true),
            choice("604800", "For a week", "", false),
        ],
        attempt: "0199a1b2".to_owned(),
    }
}

fn secret() -> SecretPage {
    SecretPage {
        shell: shell("/keys"),
        title: "The API key “nightly import” was created".to_owned(),
        text: "Store it where the program reads its secrets. Every program that has it acts in the name of this organization."
            .to_owned(),
        label: "API key".to_owned(),
        secret: "sk_live_a_sample_that_opens_nothing_0000000000000".to_owned(),
        next: ("I have copied it".to_owned(), "/keys".to_owned()),
    }
}

pub(crate) fn endpoint(url: &str, state: &'static str, tone: Tone) -> EndpointLine {
    EndpointLine {
        id: "0199a1b2-0000-7000-8000-000000000041".to_owned(),
        url: url.to_owned(),
        description: "Writes finished calls into the patient file.".to_owned(),
        events: "call.completed, call.failed".to_owned(),
        state,
        tone,
        created: "12 April 2026".to_owned(),
    }
}

pub(crate) fn webhooks() -> WebhooksPage {
    WebhooksPage {
        shell: shell("/webhooks"),
        endpoints: vec![
            endpoint("https://hooks.riverside-dental.example/voice", "enabled", Tone::Good),
            endpoint("https://example.org/a/rather/long/path/that/ends/in/2026/hooks", "failing", Tone::Warn),
            endpoint("https://old.example.org/hooks", "disabled", Tone::Bad),
        ],
        pager: Pager::default(),
        may_create: true,
        empty: Empty::new("No webhook endpoints yet", "An endpoint is a URL of yours that gets events as they happen.")
            .with_action("Add an endpoint", "/webhooks/new"),
    }
}

fn webhook_new() -> WebhookNewPage {
    WebhookNewPage {
        shell: shell("/webhooks"),
        url: "https://hooks.riverside-dental.example/voice".to_owned(),
        description: String::new(),
        which: vec![
            choice("all", "All events, also those that are added later", "", false),
            choice("some", "Only the chosen events", "", true),
        ],
        events: vec![
            choice("call.completed", "call.completed", "A call has ended.", true),
            choice("key.created", "key.created", "An API key was created.", false),
        ],
        attempt: "0199a1b2".to_owned(),
        error: String::new(),
    }
}

pub(crate) fn webhook() -> WebhookPage {
    let delivery = |event: &str, state: &str, answer: &str, next: &str| DeliveryLine {
        event_id: "0199a1b2-0000-7000-8000-000000000051".to_owned(),
        event: event.to_owned(),
        state: state.to_owned(),
        attempts: 3,
        answer: answer.to_owned(),
        created: "21 November 2026, 11:12 UTC".to_owned(),
        next: next.to_owned(),
    };
    let filter = |label: &str, shown| (label.to_owned(), format!("/webhooks/7?state={label}"), shown);
    WebhookPage {
        shell: shell("/webhooks"),
        endpoint: endpoint("https://hooks.riverside-dental.example/voice", "failing", Tone::Warn),
        notice: Some(Banner::new(
            Tone::Warn,
            "The last deliveries failed",
            "No delivery has succeeded since 21 November 2026, 10:02 UTC. After five days it is disabled.",
        )),
        signature: "HMAC-SHA256 with the secret (v1)".to_owned(),
        enabled: true,
        may_change: true,
        may_remove: true,
        filters: vec![
            filter("All", true),
            filter("Waiting", false),
            filter("Delivered", false),
            filter("Failed", false),
        ],
        deliveries: vec![
            delivery("call.completed", "waiting", "503", "21 November 2026, 12:00 UTC"),
            delivery("call.failed", "failed", "No connection to hooks.riverside-dental.example.", ""),
            delivery("key.created", "delivered", "200", ""),
        ],
        pager: Pager::new("/webhooks/7", None, Some("a")),
    }
}
