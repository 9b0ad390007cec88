//! A fifth product: what a product needs, in one file. One table, one meter, one operation, one page, one job, one
//! event, one mail, one setting and hooks; nothing else of the repository knows it.

use std::time::Duration;

use askama::Template;
use axum::{Router, extract::State, response::Html, routing::get};
use freehold_app::App;
use freehold_core::{Area, Context, Permission, Result, Role, TenantId, UserId};
use freehold_db::{
    Migration, MigrationSet,
    audit::{NewEntry, audit_append},
    statements,
};
use freehold_delivery::mail::{Brand, NewMail, mail_enqueue};
use freehold_jobs::{
    Done, Handler, JobKind, Schedule, WorkerSettings,
    outbox::{Event, EventType, event_publish},
};
use freehold_metering::usage::usage_record;
use freehold_module::{
    AuditAction, Hooks, MailTemplate, Module, SettingValue, Settings, TypedSetting,
    mail::{MailContent, MailText, mail_data_read},
};
use freehold_pages::{Group, MemberPage, NavItem};
use freehold_tenancy::member::owner_emails;
use freehold_web::{Answer, Authenticated, Backbone, Json, Product, Surface};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    harness::{app::Setup, app::TestApp, eventually},
    signed_in::Browser,
};

static PRODUCT: Product = Product {
    file: "todo/product.toml",
    toml: r#"
        id = "todo"
        name = "Todo"
        description = "A list of what there is to do."
        tenancy = "organizations"
        isolation = "shared"
        sign_in = ["password", "magic_link"]
        default_plan = "free"
        currency = "usd"
        [meters.items]
        name = "items"
        one = "item"
        kind = "level"
        [plans.free]
        version = 1
        name = "Free"
        price = "free"
        [plans.free.limits]
        items = 2
    "#,
    module: Some(Module {
        migrations: Some(MIGRATIONS),
        statements: &[STATEMENTS],
        events: &[EventType::of::<ItemCreated>()],
        actions: &[ADDED],
        mails: &[&[LEFT]],
        settings: &[DONE.setting],
        areas: &[ITEMS],
        jobs: |app| vec![tidy(app)],
        schedules: &[Schedule { name: TIDY.name, every: Duration::from_hours(1), kind: &TIDY }],
        hooks: Hooks {
            tenant_created: Some(|app, tx, tenant| {
                Box::pin(async move {
                    tx.execute(note_insert(tenant, app.ids.next::<()>().uuid(), "Welcome")).await.map(drop)
                })
            }),
            member_removed: Some(|app, tenant, user| Box::pin(left(app, tenant, user))),
            ..Hooks::NONE
        },
        ..Module::named("todo")
    }),
    surface: Surface {
        api: || OpenApiRouter::new().routes(routes!(item_create)),
        topics: &[("Items", "What there is to do.")],
        pages: || Router::new().route("/items", get(items)),
        navigation: &[NavItem {
            path: "/items",
            label: "Items",
            group: Group::Product,
            needs: Some(Permission::read(ITEMS)),
        }],
        ..Surface::NONE
    },
};

const MIGRATIONS: MigrationSet = MigrationSet {
    name: "todo",
    tenant_tables: &["todo.items"],
    migrations: &[Migration {
        number: 1,
        name: "items",
        sql: "create schema todo;
              grant usage on schema todo to freehold_app, freehold_system, freehold_readonly, authenticated, anon;
              create table todo.items (
                tenant_id uuid not null, id uuid not null, text text not null, primary key (tenant_id, id)
              );
              select freehold.protect('todo.items', system => 'write');",
    }],
};

/// The mail to owners about a member who left.
const LEFT: MailTemplate = MailTemplate {
    name: "todo_left",
    about: "To an organization's owners, when a member left.",
    variables: &["product_name"],
    sealed: &[],
    read: |data| Ok(mail_data_read::<Left>(data)?.content()),
    sample: || Left { product_name: "Todo".to_owned(), site_url: "https://todo.example".to_owned() }.content(),
};

/// The word that begins items to delete.
const DONE: TypedSetting<String> = TypedSetting::text("done_word", "The word that begins items to delete.", "done");

const ITEMS: Area = Area::Product("items");

/// An item in the audit, and in words.
const ADDED: AuditAction =
    AuditAction::new("item.created", ITEMS, "{actor} added the item [“{detail.text}”]").page("/items");
const TIDY: JobKind = JobKind::maintenance("todo.tidy");

statements! {
    /// Adds a note.
    fn note_insert(tenant: TenantId, id: Uuid, text: &str) -> () =
        "insert into todo.items (tenant_id, id, text) values ($1, $2, $3)";

    /// Lists the texts of a tenant.
    fn note_list(; tenant) -> (String,) = "select text from todo.items where tenant_id = $1 order by id";

    /// Deletes what was done, of all tenants.
    fn notes_tidy(word: &str) -> () = "delete from todo.items where starts_with(text, $1 || ': ')";
}

/// The data of the mail.
#[derive(Deserialize)]
struct Left {
    product_name: String,
    site_url: String,
}

impl Left {
    fn content(self) -> MailContent {
        let Self { product_name, site_url } = self;
        let title = format!("A member left {product_name}");
        MailContent {
            text: MailText::titled(title, vec!["Share their items.".to_owned()], "Items"),
            variables: vec![("product_name", product_name)],
            link: Some(format!("{site_url}/items")),
            reason: "You get this mail because you are an owner.".to_owned(),
            site_url,
            ..MailContent::default()
        }
    }
}

/// The content of `item.created`.
#[derive(Debug, Serialize, ToSchema)]
struct ItemCreated {
    /// What there is to do.
    text: String,
}

impl Event for ItemCreated {
    const TYPE: &'static str = "item.created";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "An item was created.";
    fn sample() -> Self {
        Self { text: "Water the plants".to_owned() }
    }
}

/// A new item.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateItem {
    /// What there is to do.
    text: String,
}

/// Create an item
///
/// Adds an item to the list of the organization.
#[utoipa::path(
    post, path = "/items", tag = "Items", request_body = CreateItem,
    responses((status = 200, body = String, content_type = "application/json")),
)]
async fn item_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Json(body): Json<CreateItem>,
) -> Answer<Json<String>> {
    caller.allow(Permission::write(ITEMS))?;
    let id = backbone.ids.next::<()>().uuid();
    let allowance = backbone.entitlements.allowance(&backbone.db, &caller, "items").await?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    usage_record(&mut tx, &allowance, id, 1).await?;
    tx.execute(note_insert(caller.tenant(), id, &body.text)).await?;
    let created = ItemCreated { text: body.text.clone() };
    let event = event_publish(&mut tx, &created).await?;
    let entry = NewEntry::of_event(event, ADDED.name, id).detail(json!({ "text": created.text }));
    audit_append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(Json(body.text))
}

/// The page with the items.
async fn items(State(backbone): State<Backbone>, page: MemberPage) -> Answer<Html<String>> {
    page.caller.allow(Permission::read(ITEMS))?;
    let texts = backbone.db.tenant(&page.caller).fetch_all(note_list()).await?;
    let texts = texts.into_iter().map(|(text,)| text).collect();
    Ok(Html(ItemsPage { texts }.render().context("rendering the items")?))
}

/// The page's content, which the template escapes.
#[derive(Template)]
#[template(source = "{% for text in texts %}<p>{{ text }}</p>{% endfor %}", ext = "html")]
struct ItemsPage {
    texts: Vec<String>,
}

/// Keeps a note about a member who left, and mails the owners.
async fn left(app: &App, tenant: TenantId, user: UserId) -> Result<()> {
    let mut tx = app.db.system("test").begin().await?;
    tx.execute(note_insert(tenant, app.ids.next::<()>().uuid(), &format!("{user} left"))).await?;
    for to in owner_emails(&mut tx, tenant).await? {
        let data = json!({ "product_name": app.product.name, "site_url": app.site_url });
        let data = data.as_object().cloned().unwrap_or_default();
        let cause = format!("todo_left/{tenant}/{user}/{to}");
        let mail = NewMail { template: LEFT, cause: &cause, to: &to, data, tenant: Some(tenant) };
        mail_enqueue(&mut tx, &app.infra, mail).await?;
    }
    tx.commit().await
}

fn tidy(app: &App) -> Handler {
    Handler::with(&TIDY, app.clone(), |app, _| async move {
        app.db.system("test").execute(notes_tidy(&app.settings.get(&DONE))).await.map(|_| Done::Done)
    })
}

/// A server of the product, with its table.
async fn served() -> TestApp {
    let settings = || Settings::from_iter([("done_word", SettingValue::Text("ready".to_owned()))]);
    TestApp::with(Setup { settings, ..Setup::of_product(&PRODUCT) }).await
}

#[tokio::test]
async fn a_product_is_one_declaration() {
    let app = served().await;
    let owner = app.owner().await;
    let create =
        async |text: &str| app.post("/api/v1/items").person(&owner).json(&json!({ "text": text })).send().await;
    create("Water the <plants>").await.expect(200);
    create("ready: Read").await.expect(200);
    create("Write").await.refused(402, "quota_exceeded");
    assert_eq!(app.count("select count(*) from freehold.events where type = 'item.created'").await, 2);
    let usage = app.get("/api/v1/usage").person(&owner).send().await.expect(200);
    assert!(usage.text().contains("\"items\""), "{usage}");
    let key = json!({ "name": "narrow", "scopes": ["items:read"] });
    let key = app.post("/api/v1/keys").person(&owner).json(&key).send().await.expect(201).at("/key");
    app.post("/api/v1/items").key(&key).json(&json!({ "text": "x" })).send().await.refused(403, "permission_denied");

    let browser = Browser::of(&app, &owner).await;
    assert!(browser.get("/home").await.expect(200).holds("href=\"/items\""), "the page is in the navigation");
    let page = browser.get("/items").await.expect(200);
    assert_eq!(
        page.text(),
        "<p>Welcome</p><p>Water the &#60;plants&#62;</p><p>ready: Read</p>",
        "with that of the hook"
    );
    let feed = app.get("/api/v1/activity?action=item.*&limit=1").person(&owner).send().await.expect(200);
    assert_eq!(feed.at("/data/0/text"), format!("{} added the item “ready: Read”", owner.email));
    assert!(browser.get("/home").await.expect(200).holds("the item <a href=\"/items\">“ready: Read”</a>"));
    let stranger = app.stranger().await;
    let page = Browser::of(&app, &stranger).await.get("/items").await.expect(200);
    assert_eq!(page.text(), "<p>Welcome</p>", "another organization sees its own only");

    let member = app.member(&owner, Role::Member).await;
    app.delete(&format!("/api/v1/organizations/{}/members/{}", owner.organization, member.id))
        .person(&owner)
        .send()
        .await
        .expect(204);
    let settings = WorkerSettings { poll: Duration::from_millis(10), ..WorkerSettings::default() };
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let working = tokio::spawn(freehold_compose::worker(&app.backbone, settings).run(stopping));
    let left = "select count(*) from todo.items where text like '% left'";
    eventually("the hook of a removed member runs", async || app.count(left).await == 1).await;
    let mails = app.mails(&owner.email).await;
    let mail = mails.iter().find(|mail| mail.mail.template() == LEFT).unwrap();
    assert_eq!(mail.mail.subject(&Brand::of_product(&app.backbone.product)), "A member left Todo");
    assert!(mail.mail.link().unwrap().ends_with("/items"));
    app.clock().advance(SignedDuration::from_hours(2));
    let done = "select count(*) from todo.items where text like 'ready: %'";
    eventually("the job of the product runs", async || app.count(done).await == 0).await;
    stop.send_replace(true);
    working.await.unwrap();
}
