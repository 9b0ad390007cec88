//! `/templates`.

use freehold_core::OptionExt;
use freehold_web::{Answer, Authenticated, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    WORKFLOWS_READ,
    template::{self, Template},
};

/// The templates of workflows.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowTemplateList)]
pub(crate) struct TemplateList {
    /// The templates, in their display order.
    data: Vec<TemplateSummary>,
}

/// A template in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowTemplateSummary)]
pub(crate) struct TemplateSummary {
    /// Id of the template, which `POST /workflows` takes as `template`.
    id: String,
    /// Display name of the template.
    name: String,
    /// What the agent of the template does.
    description: String,
    /// Who uses the template, and for what.
    purpose: String,
}

/// List templates
///
/// Returns templates from which to create workflows.
#[utoipa::path(get, path = "/templates", tag = "Templates", responses((status = 200, body = TemplateList)))]
pub(crate) async fn template_list(Authenticated(caller): Authenticated) -> Answer<Json<TemplateList>> {
    caller.allow(WORKFLOWS_READ)?;
    let summary = |template: Template| {
        let Template { id, name, description, purpose, .. } = template;
        TemplateSummary { id, name, description, purpose }
    };
    Ok(Json(TemplateList { data: template::template_list().into_iter().map(summary).collect() }))
}

/// Get a template
///
/// Returns a template with its graph, and inputs and a script for a sample run.
#[utoipa::path(
    get, path = "/templates/{id}", tag = "Templates",
    params(("id" = String, Path)),
    responses((status = 200, body = Template)),
)]
pub(crate) async fn template_get(
    Authenticated(caller): Authenticated,
    Path(id): Path<String>,
) -> Answer<Json<Template>> {
    caller.allow(WORKFLOWS_READ)?;
    Ok(Json(template::template_find(&id).or_not_found("template")?))
}
