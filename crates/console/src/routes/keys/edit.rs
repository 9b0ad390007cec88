//! The name of a key, and the networks from which it can be used.

use axum::{extract::State, response::Response};
use freehold_core::{ApiKeyId, Result};
use freehold_identity::key::{self, Key, KeyChange, WRITE};
use freehold_pages::{MemberForm, MemberPage};
use freehold_web::{Answer, Backbone, Path, plan_rate_take};

use super::{
    super::form::{Fields, trouble, value},
    networks,
};
use crate::KeyEditPage;

pub(super) async fn edit(
    State(backbone): State<Backbone>,
    page: MemberPage,
    Path(id): Path<ApiKeyId>,
) -> Answer<Response> {
    page.caller.allow(WRITE)?;
    let key = key::key_get(&backbone.db, &page.caller, id).await?;
    page.shell.show(&KeyEditPage {
        shell: page.shell.clone(),
        id: id.to_string(),
        name: key.name,
        networks: key.allowed_networks.join(", "),
        error: String::new(),
    })
}

pub(super) async fn update(
    State(backbone): State<Backbone>,
    Path(id): Path<ApiKeyId>,
    form: MemberForm<Fields>,
) -> Answer<Response> {
    let MemberForm { page, fields, .. } = form;
    match updated(&backbone, &page, id, &fields).await {
        Ok(key) => page.done(&backbone, "/keys", format!("The API key “{}” was saved.", key.name)),
        Err(error) => {
            let (status, error) = trouble(error)?;
            let filled = KeyEditPage {
                shell: page.shell.clone(),
                id: id.to_string(),
                name: value(&fields, "name").to_owned(),
                networks: value(&fields, "allowed_networks").to_owned(),
                error,
            };
            page.shell.show_with(status, &filled)
        }
    }
}

async fn updated(backbone: &Backbone, page: &MemberPage, id: ApiKeyId, fields: &Fields) -> Result<Key> {
    plan_rate_take(backbone, &page.caller).await?;
    let change = KeyChange {
        name: Some(value(fields, "name").to_owned()),
        allowed_networks: Some(networks(value(fields, "allowed_networks"))),
    };
    let key = key::key_update(&backbone.db, &page.caller, id, change).await?;
    backbone.resolver.forget();
    Ok(key)
}
