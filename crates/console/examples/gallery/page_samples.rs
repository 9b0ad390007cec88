//! The pages of the kit with sample data: front page, home, account, and every component.

use askama::Template;
use freehold_catalog::Product;
use freehold_console::{
    AccountFactor, AccountPage, AccountSession, ActivityLine, ActivityPage, Brand, ChoosePlan, FrontPage, Hint,
    HomeEvent, HomePage, PlanLinks, QuickAction, Shell,
};
use freehold_pages::{
    Banner, Choice, Confirm, Empty, Flash, Group, NavEntry, NavGroup, OperatorBanner, Organization, Pager, Progress,
    Theme, Tone, Viewer, chart::Chart,
};

use crate::samples::{SITE, plans};

/// The frame for visitors.
pub(crate) fn bare() -> Shell {
    let own = |path: &str| Some(format!("https://voicefx.example/{path}"));
    Shell {
        brand: Brand {
            product_name: "VoiceFX AI".to_owned(),
            site_url: SITE.to_owned(),
            terms: own("terms"),
            privacy: own("privacy"),
            contact: Some("mailto:help@voicefx.example".to_owned()),
            credit: false,
        },
        path: "/".to_owned(),
        ..Shell::default()
    }
}

/// The frame of a signed-in user at this path.
pub(crate) fn shell(path: &str) -> Shell {
    let organization = |id: &str, name: &str, role: &str, current: bool| Organization {
        id: format!("0199a1b2-0000-7000-8000-00000000000{id}"),
        name: name.to_owned(),
        role: role.to_owned(),
        logo: current.then(|| "/assets/logo.svg".to_owned()),
        current,
    };
    let entry =
        |(to, label): (&str, &str)| NavEntry { path: to.to_owned(), label: label.to_owned(), current: to == path };
    let group =
        |group, entries: &[(&str, &str)]| NavGroup { group, entries: entries.iter().copied().map(entry).collect() };
    Shell {
        viewer: Some(Viewer {
            name: Some("Ada Lovelace".to_owned()),
            email: "ada@example.org".to_owned(),
            organizations: vec![
                organization("1", "Riverside Dental", "owner", true),
                organization("2", "Ada's organization", "owner", false),
                organization("3", "Lakeside Physiotherapy and Rehabilitation", "member", false),
            ],
            token: "5f8a".to_owned(),
        }),
        path: path.to_owned(),
        navigation: vec![
            group(Group::Product, &[("/home", "Home")]),
            group(
                Group::Organization,
                &[
                    ("/activity", "Activity"),
                    ("/members", "Members"),
                    ("/keys", "API keys"),
                    ("/webhooks", "Webhooks"),
                    ("/organization", "Profile"),
                    ("/billing", "Billing"),
                ],
            ),
            group(Group::Account, &[("/account", "Account")]),
        ],
        ..bare()
    }
}

pub(crate) fn product() -> Product {
    let toml = include_str!("../../../../products/voice/product.toml");
    Product::parse("product.toml", toml).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

pub(crate) fn front() -> FrontPage {
    FrontPage {
        shell: bare(),
        description: "AI voice agents that answer and make your calls.".to_owned(),
        plans: plans().plans,
        links: links(),
        sign_up: true,
    }
}

pub(crate) fn links() -> PlanLinks {
    PlanLinks {
        choose: Some(ChoosePlan::AfterSignUp { site_url: "https://app.example.org".to_owned() }),
        start: Some("/sign-up".to_owned()),
        contact: Some("mailto:help@voicefx.example".to_owned()),
    }
}

pub(crate) fn usage() -> Vec<Progress> {
    let meter = |name: &str, used, limit, resets: Option<&str>| Progress {
        name: name.to_owned(),
        used,
        limit,
        resets_on: resets.map(str::to_owned),
    };
    vec![
        meter("calls", 412, Some(500), Some("1 December 2026")),
        meter("workflows", 3, Some(5), None),
        meter("campaigns", 0, Some(3), None),
    ]
}

pub(crate) fn home() -> HomePage {
    let hint = |title: &str, text: &str, path: &str, label: &str, done| Hint {
        title: title.to_owned(),
        text: text.to_owned(),
        path: path.to_owned(),
        label: label.to_owned(),
        done,
    };
    let action = |path: &str, title: &str, text: &str| QuickAction {
        title: title.to_owned(),
        text: text.to_owned(),
        path: path.to_owned(),
    };
    let event = |text: &str, time: &str| HomeEvent {
        text: text.to_owned(),
        time: format!("29 November 2026, {time} UTC"),
        datetime: format!("2026-11-29T{time}:00Z"),
    };
    HomePage {
        shell: shell("/home"),
        banners: Vec::new(),
        plan: Some("Starter".to_owned()),
        usage: usage(),
        hints: vec![
            hint(
                "Invite your colleagues",
                "They work in the same organization, each with a role of their own.",
                "/members",
                "Invite",
                false,
            ),
            hint("Create an API key", "Programs call the API with it.", "/keys", "Create", true),
            hint(
                "Choose a plan",
                "Larger plans have higher limits. You can change or cancel at any time.",
                "/billing#plans",
                "Compare",
                true,
            ),
        ],
        actions: vec![
            action("/members", "Members", "Invite colleagues and set their roles"),
            action("/keys", "API keys", "Create and revoke keys"),
            action("/billing", "Billing", "Plan, card and invoices"),
            action("/docs", "API reference", "Every call with examples"),
        ],
        changes: Some(changes()),
        events: vec![event("A call was completed", "16:42"), event("A call was completed", "16:38")],
    }
}

/// Changes in words.
fn changes() -> Vec<ActivityLine> {
    let change = |before: &str, object: &str, path: &str, time: &str| ActivityLine {
        before: before.to_owned(),
        object: object.to_owned(),
        after: String::new(),
        path: path.to_owned(),
        time: format!("29 November 2026, {time} UTC"),
        datetime: format!("2026-11-29T{time}:00Z"),
    };
    vec![
        change("Ada Lovelace created the API key ", "“nightly import”", "/keys", "15:01"),
        change("Bea changed the role of ", "cem@example.org", "/members", "11:20"),
        change("Deleted user renamed the organization from “Riverside” to “Riverside Dental”", "", "", "09:15"),
    ]
}

/// The activity feed.
pub(crate) fn activity() -> ActivityPage {
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        hint: String::new(),
        selected: value.is_empty(),
    };
    ActivityPage {
        shell: shell("/activity"),
        changes: changes(),
        kinds: vec![choice("", "Everything"), choice("key", "API keys"), choice("member", "Member")],
        pager: Pager::new("/activity", None, Some("c1")),
        audit: true,
    }
}

/// The activity feed of a new organization.
pub(crate) fn activity_empty() -> ActivityPage {
    ActivityPage { changes: Vec::new(), pager: Pager::default(), audit: false, ..activity() }
}

/// The home page of a new organization.
pub(crate) fn home_empty() -> HomePage {
    HomePage {
        changes: Some(Vec::new()),
        usage: Vec::new(),
        actions: Vec::new(),
        hints: Vec::new(),
        events: Vec::new(),
        ..home()
    }
}

/// The home page of a user without an organization.
pub(crate) fn home_nowhere() -> HomePage {
    let mut page = home_empty();
    page.shell.navigation.remove(1);
    if let Some(viewer) = &mut page.shell.viewer {
        viewer.organizations.clear();
    }
    page
}

/// The home page while an operator works in the organization.
pub(crate) fn home_of_operator() -> HomePage {
    let mut page = home();
    page.shell.operator = Some(OperatorBanner { read_only: true, ends: "15:04 UTC".to_owned() });
    page
}

/// The home page of a read-only organization, after a message.
pub(crate) fn home_suspended() -> HomePage {
    let mut page = home();
    page.shell = page.shell.with_flash(Tone::Good, "The invitation was sent to bea@example.org.");
    page.banners = vec![Banner {
        link: Some(("Choose a plan".to_owned(), "/billing".to_owned())),
        ..Banner::new(
            Tone::Bad,
            "This organization is read-only",
            "The organization is suspended and read-only. A payment for a plan makes it writable again.",
        )
    }];
    page.usage[0].used = 540;
    page.usage[1].used = 5;
    page
}

pub(crate) fn account() -> AccountPage {
    let session = |id: &str, device: &str, last_used: &str, current| AccountSession {
        id: id.to_owned(),
        device: device.to_owned(),
        ip: "203.0.113.9".to_owned(),
        began: "21 November 2026, 08:02 UTC".to_owned(),
        last_used: format!("{last_used} UTC"),
        current,
    };
    AccountPage {
        shell: shell("/account"),
        name: "Ada Lovelace".to_owned(),
        name_error: String::new(),
        by_password: true,
        own_sign_in: true,
        factors: vec![AccountFactor {
            kind: "Authenticator app".to_owned(),
            name: "Phone".to_owned(),
            added: "2 October 2026".to_owned(),
        }],
        sessions: vec![
            session("1", "Firefox on Linux", "29 November 2026, 16:42", true),
            session("2", "Safari on iPhone", "28 November 2026, 07:30", false),
            session("3", "curl", "12 November 2026, 11:00", false),
        ],
    }
}

/// The account of a user who gave no name, after an error.
pub(crate) fn account_empty() -> AccountPage {
    let mut page = account();
    page.sessions.truncate(1);
    page.factors.clear();
    AccountPage { name: String::new(), name_error: "The name is too long.".to_owned(), ..page }
}

/// Every component of the kit.
#[derive(Template)]
#[template(path = "components.html")]
pub(crate) struct ComponentsPage {
    pub(crate) shell: Shell,
    pub(crate) banners: Vec<Banner>,
    pub(crate) empty: Empty,
    pub(crate) meters: Vec<Progress>,
    pub(crate) pager: Pager,
    pub(crate) choices: Vec<Choice>,
    pub(crate) confirm: Confirm,
    pub(crate) chart: Chart,
    pub(crate) secret: String,
    pub(crate) error: String,
}

pub(crate) fn components() -> ComponentsPage {
    let choice = |value: &str, label: &str, hint: &str, selected| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        selected,
    };
    let values = [12, 18, 9, 0, 4, 22, 31, 28, 35, 19, 3, 6, 27, 40, 38, 33, 41, 12, 8, 30];
    let points = values.iter().enumerate().map(|(day, value)| (format!("{} November", day + 1), *value));
    let confirm = Confirm {
        title: "Revoke the API key “production”?".to_owned(),
        sentences: vec![
            "Programs that use it are refused within a second. A revoked key cannot be restored.".to_owned(),
        ],
        action: "/keys/revoke".to_owned(),
        fields: vec![("key".to_owned(), "7".to_owned())],
        button: "Revoke the key".to_owned(),
        back: "/keys".to_owned(),
    };
    let tones = [
        (Tone::Plain, "The trial ends on 5 December 2026"),
        (Tone::Good, "The plan was changed"),
        (Tone::Warn, "A payment did not go through"),
        (Tone::Bad, "This organization is read-only"),
    ];
    ComponentsPage {
        shell: Shell {
            theme: Theme::System,
            flash: Some(Flash { tone: Tone::Good, text: "The name was saved.".into() }),
            ..shell("/members")
        },
        banners: tones.map(|(tone, title)| Banner::new(tone, title, "Everything works until then.")).to_vec(),
        empty: Empty::new("No API keys yet", "Programs call the API with a key.").with_action("Create a key", "/keys"),
        meters: usage(),
        pager: Pager::new("/keys", Some("a"), Some("b")),
        choices: vec![
            choice("viewer", "Viewer", "Reads the product and its usage.", false),
            choice("member", "Member", "Works with the product.", true),
        ],
        confirm,
        chart: Chart { title: "Calls a day".to_owned(), points: points.collect() },
        secret: "sk_live_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        error: "Enter a valid e-mail address.".to_owned(),
    }
}
