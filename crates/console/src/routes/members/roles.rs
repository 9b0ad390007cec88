//! `/members/roles`: forms for the organization's own roles.

use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};
use freehold_core::{Action, Permission, Result, Scopes};
use freehold_pages::{Confirm, MemberForm, MemberPage};
use freehold_tenancy::{
    member::WRITE,
    role::{CustomRole, NewRole, RoleChange, RoleId, role_create, role_delete, role_get, role_update},
};
use freehold_web::{Answer, Attempt, Backbone, Creation, Path, plan_rate_take};

use super::super::form::{Fields, Nothing, ask, attempt, told, trouble, value, values};
use crate::{RoleArea, RolePage};

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/members/roles/new", get(new).post(create))
        .route("/members/roles/{id}", get(edit).post(update))
        .route("/members/roles/{id}/delete", get(delete_ask).post(delete))
}

/// The values of the form.
struct Filled<'a> {
    /// Id of the role; none for a new one.
    id: Option<RoleId>,
    name: &'a str,
    description: &'a str,
    permissions: Vec<String>,
    error: String,
}

impl<'a> Filled<'a> {
    fn of_fields(id: Option<RoleId>, fields: &'a Fields, error: String) -> Self {
        let permissions = values(fields, "permission");
        Self { id, name: value(fields, "name"), description: value(fields, "description"), permissions, error }
    }

    fn of_role(role: &'a CustomRole) -> Self {
        let permissions = role.permissions.clone();
        Self {
            id: Some(role.role_id),
            name: &role.name,
            description: &role.description,
            permissions,
            error: String::new(),
        }
    }
}

/// The form with the permissions that the user may give.
fn shown(backbone: &Backbone, page: &MemberPage, status: StatusCode, filled: Filled<'_>) -> Answer<Response> {
    let bounds = page.caller.bounds();
    // No permission is not every permission.
    let chosen = (!filled.permissions.is_empty()).then(|| Scopes::stored(filled.permissions.clone()));
    let is = |permission| chosen.as_ref().is_some_and(|chosen| chosen.allow(permission));
    let areas = backbone.areas.iter().filter(|&&area| bounds.allow(Permission::read(area))).map(|&area| {
        let write = Permission { area, action: Action::Write };
        RoleArea {
            name: area.name().to_owned(),
            read: is(Permission::read(area)),
            write: is(write),
            writable: bounds.allow(write),
        }
    });
    let role = RolePage {
        shell: page.shell.clone(),
        id: filled.id.map(|id| id.to_string()).unwrap_or_default(),
        name: filled.name.to_owned(),
        description: filled.description.to_owned(),
        areas: areas.collect(),
        attempt: attempt(backbone),
        error: filled.error,
    };
    page.shell.show_with(status, &role)
}

async fn new(State(backbone): State<Backbone>, page: MemberPage) -> Answer<Response> {
    page.caller.allow(WRITE)?;
    let fields = Fields::new();
    shown(&backbone, &page, StatusCode::OK, Filled::of_fields(None, &fields, String::new()))
}

async fn create(State(backbone): State<Backbone>, form: MemberForm<Fields>) -> Answer<Response> {
    let MemberForm { page, fields, .. } = form;
    match created(&backbone, &page, &fields).await {
        Ok(()) => page.done(&backbone, "/members", format!("The role {} was created.", value(&fields, "name"))),
        Err(error) => {
            let (status, error) = trouble(error)?;
            shown(&backbone, &page, status, Filled::of_fields(None, &fields, error))
        }
    }
}

/// Creates the role, unless the form was sent before.
async fn created(backbone: &Backbone, page: &MemberPage, fields: &Fields) -> Result<()> {
    let caller = &*page.caller;
    caller.allow(WRITE)?;
    plan_rate_take(backbone, caller).await?;
    let text = |name: &str| value(fields, name).to_owned();
    let new =
        NewRole { name: text("name"), description: text("description"), permissions: values(fields, "permission") };
    let creation = Creation::of_form(backbone, "/members/roles/new", value(fields, "attempt"), fields, new);
    if let Attempt::Fresh(mut fresh, new) = creation.attempt(backbone, caller).await? {
        let made = role_create(&mut fresh.tx, &backbone.areas, new).await?;
        fresh.finish(StatusCode::CREATED, &made.role_id).await?;
    }
    Ok(())
}

async fn edit(State(backbone): State<Backbone>, page: MemberPage, Path(id): Path<RoleId>) -> Answer<Response> {
    page.caller.allow(WRITE)?;
    let role = role_get(&backbone.db, &page.caller, id).await?;
    shown(&backbone, &page, StatusCode::OK, Filled::of_role(&role))
}

async fn update(
    State(backbone): State<Backbone>,
    Path(id): Path<RoleId>,
    form: MemberForm<Fields>,
) -> Answer<Response> {
    let MemberForm { page, fields, .. } = form;
    let updated = async {
        plan_rate_take(&backbone, &page.caller).await?;
        let text = |name: &str| Some(value(&fields, name).to_owned());
        let permissions = Some(values(&fields, "permission"));
        let change = RoleChange { name: text("name"), description: text("description"), permissions };
        let updated = role_update(&backbone.db, &page.caller, &backbone.areas, id, change).await?;
        backbone.resolver.forget();
        Ok(updated)
    };
    match updated.await {
        Ok(role) => page.done(&backbone, "/members", format!("The role {} was changed.", role.name)),
        Err(error) => {
            let (status, error) = trouble(error)?;
            shown(&backbone, &page, status, Filled::of_fields(Some(id), &fields, error))
        }
    }
}

async fn delete_ask(State(backbone): State<Backbone>, page: MemberPage, Path(id): Path<RoleId>) -> Answer<Response> {
    page.caller.allow(WRITE)?;
    let role = role_get(&backbone.db, &page.caller, id).await?;
    let confirm = Confirm {
        title: format!("Delete the role “{}”?", role.name),
        sentences: vec!["A role that members have, or that an open invitation names, cannot be deleted.".to_owned()],
        action: format!("/members/roles/{id}/delete"),
        fields: Vec::new(),
        button: "Delete the role".to_owned(),
        back: "/members".to_owned(),
    };
    ask(&page.shell, confirm)
}

async fn delete(
    State(backbone): State<Backbone>,
    Path(id): Path<RoleId>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let deleted = async {
        plan_rate_take(&backbone, &form.page.caller).await?;
        role_delete(&backbone.db, &form.page.caller, &backbone.areas, id).await?;
        Ok("The role was deleted.")
    };
    told(&backbone, &form.page, "/members", deleted.await)
}
