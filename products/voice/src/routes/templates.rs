//! `/templates`.

use freehold_core::OptionExt;
use freehold_web::{Answer, Authenticated, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    WORKFLOWS_READ,
    template::{self, Template},
};

/// The templates.
#[derive(Serialize, ToSchema)]
pub(crate) struct TemplateList {
    /// In the order in which they are shown.
    data: Vec<TemplateSummary>,
}

/// A template in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct TemplateSummary {
    /// What `POST /workflows` takes as `template`.
    id: String,
    /// Its name.
    name: String,
    /// What the agent does.
    description: String,
    /// Who uses it and what it is good for.
    purpose: String,
}

/// List templates
///
/// Workflows to begin with.
#[utoipa::path(get, path = "/templates", tag = "Templates", responses((status = 200, body = TemplateList)))]
pub(crate) async fn template_list(Authenticated(caller): Authenticated) -> Answer<Json<TemplateList>> {
    caller.allow(WORKFLOWS_READ)?;
    let summary = |template: Template| {
        let Template { id, name, description, purpose, .. } = template;
        TemplateSummary { id, name, description, purpose }
    };
    Ok(Json(TemplateList { data: template::template_list().into_iter().map(summary).collect() }))
}

/// Read a template
///
/// A template with its graph, and inputs and a script for a sample run.
#[utoipa::path(get, path = "/templates/{id}", tag = "Templates", params(("id" = String, Path)),
    responses((status = 200, body = Template)))]
pub(crate) async fn template_get(
    Authenticated(caller): Authenticated,
    Path(id): Path<String>,
) -> Answer<Json<Template>> {
    caller.allow(WORKFLOWS_READ)?;
    Ok(Json(template::template_find(&id).or_not_found("template")?))
}
