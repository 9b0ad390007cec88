//! `/organization`: the profile of an organization.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use freehold_app::logo::{logo_path, logo_remove, logo_set};
use freehold_core::{Area, Permission, Result};
use freehold_pages::{MemberForm, MemberPage, MemberUpload};
use freehold_tenancy::tenant::{Tenant, TenantChange, tenant_get, tenant_update};
use freehold_web::{Answer, Backbone, plan_rate_take};

use super::form::{Fields, Nothing, told, trouble, value};
use crate::{OrganizationPage, ProfileFields};

const WRITE: Permission = Permission::write(Area::Organization);

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/organization", get(show).post(save))
        .route("/organization/logo", post(upload))
        .route("/organization/logo/remove", post(remove))
}

async fn show(State(backbone): State<Backbone>, page: MemberPage) -> Answer<Response> {
    let filled = filled(&backbone, &page).await?;
    page.shell.show(&filled)
}

async fn filled(backbone: &Backbone, page: &MemberPage) -> Result<OrganizationPage> {
    let caller = &*page.caller;
    caller.allow(Permission::read(Area::Organization))?;
    let mut tx = backbone.db.tenant(caller).begin().await?;
    let tenant = tenant_get(&mut tx, caller.tenant()).await?;
    drop(tx);
    Ok(OrganizationPage {
        shell: page.shell.clone(),
        logo: logo_path(tenant.tenant_id, tenant.logo_file).unwrap_or_default(),
        profile: fields_of(tenant),
        writable: caller.allow(WRITE).and_then(|()| caller.allow_change()).is_ok(),
        error: String::new(),
        logo_error: String::new(),
    })
}

fn fields_of(tenant: Tenant) -> ProfileFields {
    let Tenant { name, slug, website, contact_email, time_zone, locale, .. } = tenant;
    let (website, contact_email) = (website.unwrap_or_default(), contact_email.unwrap_or_default());
    ProfileFields { name, slug, website, contact_email, time_zone, locale }
}

async fn save(State(backbone): State<Backbone>, form: MemberForm<Fields>) -> Answer<Response> {
    let MemberForm { page, fields, .. } = form;
    let given = |name: &str| Some(value(&fields, name).to_owned());
    let change = TenantChange {
        name: given("name"),
        slug: given("slug"),
        website: given("website"),
        contact_email: given("contact_email"),
        time_zone: given("time_zone"),
        locale: given("locale"),
    };
    match saved(&backbone, &page, change.clone()).await {
        Ok(()) => page.done(&backbone, "/organization", "The profile was saved."),
        Err(error) => {
            page.caller.allow(WRITE)?;
            let (status, error) = trouble(error)?;
            let TenantChange { name, slug, website, contact_email, time_zone, locale } = change;
            let text = Option::unwrap_or_default;
            let profile = ProfileFields {
                name: text(name),
                slug: text(slug),
                website: text(website),
                contact_email: text(contact_email),
                time_zone: text(time_zone),
                locale: text(locale),
            };
            let filled = OrganizationPage { profile, error, ..filled(&backbone, &page).await? };
            page.shell.show_with(status, &filled)
        }
    }
}

async fn saved(backbone: &Backbone, page: &MemberPage, change: TenantChange) -> Result<()> {
    page.caller.allow(WRITE)?;
    page.caller.allow_change()?;
    plan_rate_take(backbone, &page.caller).await?;
    let mut tx = backbone.db.tenant(&page.caller).begin().await?;
    tenant_update(&mut tx, change, |_| Ok(())).await?;
    tx.commit().await
}

async fn upload(State(backbone): State<Backbone>, form: MemberUpload) -> Answer<Response> {
    let MemberUpload { page, file } = form;
    let stored = async {
        page.caller.allow(WRITE)?;
        plan_rate_take(&backbone, &page.caller).await?;
        logo_set(&backbone.app, &page.caller, file).await
    };
    match stored.await {
        Ok(_) => page.done(&backbone, "/organization", "The logo was saved."),
        Err(error) => {
            page.caller.allow(WRITE)?;
            let (_, logo_error) = trouble(error)?;
            let filled = OrganizationPage { logo_error, ..filled(&backbone, &page).await? };
            page.shell.show_with(StatusCode::UNPROCESSABLE_ENTITY, &filled)
        }
    }
}

async fn remove(State(backbone): State<Backbone>, form: MemberForm<Nothing>) -> Answer<Response> {
    let removed = async {
        plan_rate_take(&backbone, &form.page.caller).await?;
        logo_remove(&backbone.app, &form.page.caller).await?;
        Ok("The logo was removed.")
    };
    told(&backbone, &form.page, "/organization", removed.await)
}
