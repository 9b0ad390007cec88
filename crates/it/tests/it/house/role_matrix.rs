//! Which role, and an API key with which scope, may call which operation: found by calling all of them, and stored as
//! `docs/roles.md`.

use freehold_core::{Action, Permission, Role};
use serde_json::json;

use super::{
    refuse, snapshot,
    walk::{About, Operation, Things, world},
};
use crate::harness::app::{Answer, Ask, Person, TestApp};

/// Operations whose sample would end what later requests need, or whose answer depends on which object the sample
/// names. They are called for an object that does not exist: 404 means allowed.
const WITHOUT_OBJECT: [&str; 5] = [
    "PATCH /api/v1/keys/{id}",
    "POST /api/v1/keys/{id}/rotate",
    "POST /api/v1/invitations/{id}/resend",
    "PATCH /api/v1/organizations/{id}/members/{user_id}",
    "POST /api/v1/organizations/{id}/transfer",
];

/// Name and permissions of the custom role in the table.
const CUSTOM: &str = "reception";
const CUSTOM_PERMISSIONS: [&str; 4] = ["workflows:read", "campaigns", "files:read", "members"];

/// A kind of caller.
struct Column {
    /// Its heading.
    name: String,
    caller: Credential,
}

enum Credential {
    /// A member by access token.
    Member(Person),
    /// An API key.
    Key(String),
}

impl Column {
    fn member(name: &str, person: Person) -> Self {
        Self { name: name.to_owned(), caller: Credential::Member(person) }
    }

    /// A key of the owner with this scope.
    async fn scope(app: &TestApp, owner: &Person, scope: Permission) -> Self {
        let name = scope.to_string();
        let body = json!({ "name": name, "scopes": [name] });
        let made = app.post("/api/v1/keys").person(owner).json(&body).send().await.expect(201);
        Self { name, caller: Credential::Key(made.at("/key")) }
    }

    fn as_caller(&self, ask: Ask) -> Ask {
        match &self.caller {
            Credential::Member(person) => ask.person(person),
            Credential::Key(key) => ask.key(key),
        }
    }
}

/// The callers, those who may do least first, so that no operation is refused for what another caller did before.
struct Columns {
    scopes: Vec<Column>,
    roles: Vec<Column>,
}

impl Columns {
    async fn of(app: &TestApp, owner: &Person) -> Self {
        let mut roles = vec![Column::member(CUSTOM, app.member_with(owner, CUSTOM, &CUSTOM_PERMISSIONS).await)];
        for role in [Role::Viewer, Role::Member, Role::Admin] {
            roles.push(Column::member(role.name(), app.member(owner, role).await));
        }
        roles.push(Column::member("owner", owner.clone()));
        roles.push(Column { name: "key".to_owned(), caller: Credential::Key(owner.key.clone()) });
        let mut scopes = Vec::new();
        for &area in &app.backbone.areas {
            for action in [Action::Read, Action::Write] {
                scopes.push(Column::scope(app, owner, Permission { area, action }).await);
            }
        }
        Self { scopes, roles }
    }
}

/// Whether the caller may call the operation.
///
/// # Errors
/// What is wrong with the answer, when it does not tell.
fn allowed(operation: &Operation, column: &Column, answer: &Answer) -> Result<bool, String> {
    let unclear = |why: &str| Err(format!("{} as {}: {why}: {answer}", operation.name, column.name));
    match answer.status() {
        403 if answer.code() == "permission_denied" => Ok(false),
        401 | 403 | 429 => unclear("the answer does not tell about rights"),
        404 if !lacks_object(operation) => unclear("the object is not there"),
        500 => unclear("the request failed"),
        _ => Ok(true),
    }
}

fn lacks_object(operation: &Operation) -> bool {
    operation.method == "DELETE" || WITHOUT_OBJECT.contains(&operation.name.as_str())
}

/// The row of an operation of the organization.
async fn row(app: &TestApp, operation: &Operation, things: &Things, columns: &Columns) -> Result<String, String> {
    let nowhere = Things { organization: things.organization.clone(), ..Things::nowhere(app) };
    let things = if lacks_object(operation) { &nowhere } else { things };
    let mut scopes: Vec<&str> = Vec::new();
    for column in &columns.scopes {
        let answer = column.as_caller(operation.ask(app, things)).send().await;
        if allowed(operation, column, &answer)? {
            scopes.push(&column.name);
        }
    }
    // Writing includes reading, so the scope for reading stands for both.
    let readable: Vec<&str> = scopes.iter().filter_map(|scope| scope.strip_suffix(":read")).collect();
    for area in &readable {
        if !scopes.contains(&format!("{area}:write").as_str()) {
            return Err(format!("{}: the scope {area}:read allows it and {area}:write does not", operation.name));
        }
    }
    scopes.retain(|scope| !readable.iter().any(|area| scope.strip_suffix(":write") == Some(area)));
    let mut cells = Vec::new();
    for column in &columns.roles {
        let answer = column.as_caller(operation.ask(app, things)).send().await;
        cells.push(if allowed(operation, column, &answer)? { "yes" } else { "–" });
    }
    let scopes: Vec<String> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
    let scopes = if scopes.is_empty() { "–".to_owned() } else { scopes.join(", ") };
    Ok(format!("| `{}` | {} | {scopes} |", operation.name, cells.join(" | ")))
}

#[tokio::test]
async fn the_table_of_roles_is_the_one_in_the_repository() {
    let (app, owner, things, operations) = world().await;
    let columns = Columns::of(&app, &owner).await;
    let (mut rows, mut broken) = (Vec::new(), Vec::new());
    for operation in operations.iter().filter(|operation| operation.about == About::Tenant) {
        match row(&app, operation, &things, &columns).await {
            Ok(row) => rows.push(row),
            Err(error) => broken.push(error),
        }
    }
    refuse("Each operation allows or refuses each caller:", &broken);
    let heads: Vec<&str> = columns.roles.iter().map(|column| column.name.as_str()).collect();
    let line = "|---".repeat(heads.len() + 2);
    let table = format!("| operation | {} | scopes |\n{line}|\n{}", heads.join(" | "), rows.join("\n"));
    let others = [About::Person, About::Service, About::Administrator, About::Public].map(|about| {
        let names = operations.iter().filter(|operation| operation.about == about);
        let lines: Vec<String> = names.map(|operation| format!("- `{}`", operation.name)).collect();
        assert!(!lines.is_empty(), "no operation is {about:?}");
        format!("## {}\n\n{}\n", heading(about), lines.join("\n"))
    });
    snapshot::same_as("docs/roles.md", &format!("{HEAD}\n{table}\n\n{}\n{}", permissions(&app), others.join("\n")));
}

const HEAD: &str = "\
# Roles

Who may call which operation of the API. Made from requests to a server by `make snapshots`; do not edit.

## Operations of an organization

- `reception` is an example of a custom role, with the permissions `workflows:read`, `campaigns`, `files:read` and `members`.
- `key` is an owner's API key without scopes.
- `scopes` are those that suffice alone. Writing includes reading, so `files:read` stands for `files:write`, too. An operation with `–`
  needs several scopes, because a key grants at most what it may do itself: to invite a viewer, it needs `members:write` and everything
  that a viewer may do. Or no key may call it.
- `yes` means that the role suffices. The object counts, too: a member cannot change a member above themselves, or a key that may do more.
";

const fn heading(about: About) -> &'static str {
    match about {
        About::Person => "Operations of a signed-in user, whatever their role; no API key",
        About::Service => "Operations of the application, with its service key",
        About::Administrator => "Administration of users, with a service key",
        About::Public => "Operations without a credential",
        About::Tenant => "Operations of an organization",
    }
}

/// The permissions of each role.
fn permissions(app: &TestApp) -> String {
    let mark = |role: Role, permission| if role.allows(permission) { "yes" } else { "–" };
    let all = app.backbone.areas.iter().flat_map(|&area| [Permission::read(area), Permission::write(area)]);
    let rows: Vec<String> = all
        .map(|permission| {
            let cells = Role::ALL.map(|role| mark(role, permission));
            format!("| `{permission}` | {} |", cells.join(" | "))
        })
        .collect();
    let heads = Role::ALL.map(Role::name).join(" | ");
    format!("## Permissions\n\n| permission | {heads} |\n{}|\n{}\n", "|---".repeat(5), rows.join("\n"))
}
