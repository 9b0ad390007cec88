//! Puts the crates together with a product: the same for the server, the tests and the benchmark. It knows no product;
//! the list of the products that a program contains is the program's.

mod background;

use std::{collections::HashSet, sync::Arc};

use anyhow::{Result, anyhow};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, Method, header},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use freehold_app::{App, SystemCallers, capabilities};
use freehold_catalog::{Counter, Known, Product as Spec};
use freehold_console::Local;
use freehold_core::{Code, Error, codes};
use freehold_db::{MigrationSet, Statement};
use freehold_jobs::{Handler, Schedule, outbox::EventType};
use freehold_module::{Mails, Module, Setting};
use freehold_pages::Site;
use freehold_vault::Purpose;
use freehold_web::{
    Backbone, Json, Parts, Problem, Product, Resolver, ServerState, TrustedProxies, credentials, elsewhere::doors,
    frame::frame, limits,
};
use serde_json::Value;
use tower::{Layer, ServiceExt};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

pub use background::{webhooks, worker};
pub use freehold_app::{Materials, Money};

/// Largest body of a request: 1 MiB.
const BODY_LIMIT: usize = 1024 * 1024;

/// The parsed `product.toml` of the product.
pub fn specification(product: &Product) -> Result<Spec> {
    let mails: Vec<_> = mails(product).iter().map(|template| (template.name, template.variables)).collect();
    Spec::parse_with(product.file, product.toml, Known { mails: &mails, counters: &counters(product) })
        .map_err(|mistakes| anyhow!("{mistakes}"))
}

/// All modules, in the order in which they are migrated: those of the backbone, and the product's.
pub fn modules(product: &Product) -> Vec<Module<App>> {
    capabilities().into_iter().chain([freehold_web::module()]).chain(product.module).collect()
}

/// The migrations of all modules, in order.
pub fn migrations(product: &Product) -> Vec<MigrationSet> {
    modules(product).iter().filter_map(|module| module.migrations).collect()
}

/// Every SQL statement of all modules.
pub fn statements(product: &Product) -> Vec<&'static Statement> {
    modules(product).iter().flat_map(|module| module.statements).flat_map(|part| part.iter().copied()).collect()
}

/// Every error code of the API.
pub fn error_codes(product: &Product) -> Vec<Code> {
    modules(product).iter().flat_map(|module| module.error_codes).copied().collect()
}

/// Every type of event that is published.
pub fn event_types(product: &Product) -> Vec<EventType> {
    modules(product).iter().flat_map(|module| module.events).copied().collect()
}

/// Everything that code counts by itself.
pub fn counters(product: &Product) -> Vec<Counter> {
    modules(product).iter().flat_map(|module| module.counters).copied().collect()
}

/// Every setting that modules declare.
pub fn module_settings(product: &Product) -> Vec<Setting> {
    modules(product).iter().flat_map(|module| module.settings).copied().collect()
}

/// Every purpose that secrets are sealed for.
pub fn seal_purposes(product: &Product) -> Vec<Purpose> {
    modules(product).iter().flat_map(|module| module.seal_purposes).copied().collect()
}

/// Every mail that is sent.
pub fn mails(product: &Product) -> Mails {
    freehold_module::mails(&modules(product))
}

/// Checks that no two modules declare the same.
///
/// # Errors
/// Names what is declared twice.
pub fn declarations_check(product: &Product) -> Result<()> {
    let modules = modules(product);
    let declared = |module: &Module<App>| {
        let mails = module.mails.iter().copied().flatten().map(|mail| ("mail", mail.name));
        let settings = module.settings.iter().map(|setting| ("setting", setting.name));
        let purposes = module.seal_purposes.iter().map(|purpose| ("purpose of sealing", purpose.label()));
        let counters = module.counters.iter().map(|counter| ("counter", counter.name));
        let own = [("module", module.name)].into_iter();
        own.chain(mails).chain(settings).chain(purposes).chain(counters).collect::<Vec<_>>()
    };
    // `[product]` has a key of this name already.
    let mut known = HashSet::from([("setting", "name")]);
    match modules.iter().flat_map(declared).find(|declared| !known.insert(*declared)) {
        Some((what, name)) => Err(anyhow!("the {what} {name:?} is declared twice; give one of them another name")),
        None => Ok(()),
    }
}

/// The handlers of the jobs of all modules.
pub fn handlers(app: &App) -> Vec<Handler> {
    app.modules.iter().flat_map(|module| (module.jobs)(app)).collect()
}

/// The schedules of all modules whose jobs have a handler. A capability that is switched off has none.
pub fn schedules(app: &App) -> Vec<Schedule> {
    let handled: HashSet<&str> = handlers(app).iter().map(|handler| handler.kind.name).collect();
    let all = app.modules.iter().flat_map(|module| module.schedules).copied();
    all.filter(|schedule| handled.contains(schedule.kind.name)).collect()
}

/// Creates the state of the router. Fails if tenants are not isolated from each other.
pub async fn backbone(materials: Materials, trusted_proxies: TrustedProxies, product: &Product) -> Result<Backbone> {
    declarations_check(product)?;
    freehold_db::canary(&materials.db).await.map_err(explain)?;
    let spec = Arc::new(specification(product)?);
    let system_callers = SystemCallers::default();
    let resolver = Resolver::new(system_callers.clone());
    let known = resolver.clone();
    let changed = Arc::new(move || known.forget());
    let app = App::load(materials, spec, modules(product).into(), system_callers, changed).await.map_err(explain)?;
    Ok(Backbone::new(Parts { app, resolver, server: ServerState::default(), trusted_proxies }))
}

/// An error for the operator, with the whole chain of causes; it contains no tenant's secret.
fn explain(error: Error) -> anyhow::Error {
    match std::error::Error::source(&error) {
        Some(_) => anyhow::Error::from(error).context("the server cannot start"),
        None => anyhow::Error::from(error),
    }
}

/// The router of all pages and API operations, and its OpenAPI document.
pub fn router(backbone: Backbone, product: &Product, local: Local) -> (Router, Value) {
    let api = || freehold_api::routes().merge((product.surface.api)());
    let document = freehold_api::openapi::base(&backbone.product.name);
    let (described, document) = OpenApiRouter::with_openapi(document)
        .nest("/api/v1", api())
        .nest("/auth/v1", freehold_api::auth::routes())
        .split_for_parts();
    // Serialising a document that we made ourselves cannot fail.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    freehold_api::openapi::complete(&mut document, &backbone.site_url, product.surface.topics);
    let operators = operator_document(&backbone);
    // The paths without a version, which older clients know.
    let (unversioned, _) = api().split_for_parts();
    let served = document.clone();
    let pages =
        freehold_console::routes(local, document.clone(), error_codes(product), event_types(product), product.surface);
    let site = Site::new(freehold_console::NAVIGATION.iter().chain(product.surface.navigation).copied());
    let router = described
        .nest("/api", unversioned)
        .merge(freehold_api::health::routes())
        .merge(freehold_api::stripe_routes())
        .merge(freehold_api::link_routes())
        .merge(pages)
        .merge((product.surface.pages)())
        .nest("/operator/v1", freehold_api::operator::routes().split_for_parts().0)
        .route("/api/v1/openapi.json", get(async move || Json(served)))
        .route("/operator/v1/openapi.json", get(async move || Json(operators)))
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(backbone.clone(), freehold_console::project_pages))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(backbone.clone(), limits))
        .layer(middleware::from_fn_with_state(backbone.clone(), freehold_console::error_pages))
        .layer(Extension(site))
        .layer(middleware::from_fn_with_state(backbone.clone(), doors))
        .layer(middleware::from_fn(freehold_api::auth::face))
        .layer(middleware::from_fn_with_state(backbone.clone(), frame))
        .layer(middleware::from_fn(cross_origin))
        .layer(middleware::from_fn_with_state(backbone.clone(), credentials))
        .with_state(backbone);
    (router, document)
}

/// The OpenAPI document of the operator API.
pub fn operator_document(backbone: &Backbone) -> Value {
    let document = freehold_api::openapi::operator_base(&backbone.product.name);
    let (_, document) =
        OpenApiRouter::with_openapi(document).nest("/operator/v1", freehold_api::operator::routes()).split_for_parts();
    // Serialising a document that we made ourselves cannot fail.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    let topics = freehold_api::openapi::OPERATOR_TOPICS;
    freehold_api::openapi::complete(&mut document, &backbone.site_url, topics);
    document
}

async fn nowhere() -> Problem {
    Problem(Error::new(codes::NOT_FOUND, "There is nothing at this path; /docs lists what there is."))
}

async fn wrong_method() -> Problem {
    Problem(Error::new(codes::METHOD_NOT_ALLOWED, "The path does not support this method. See /docs for its methods."))
}

/// Applications on other origins may call the API and sign-in, because they send a token, never a cookie. Pages and
/// /dev allow no other origin.
async fn cross_origin(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if ["/api/", "/auth/"].iter().any(|begin| path.starts_with(begin)) {
        let Ok(response) = cors().layer(next).oneshot(request).await;
        return response;
    }
    next.run(request).await
}

fn cors() -> CorsLayer {
    let exposed = ["x-total-count", "link", "x-supabase-api-version", "x-request-id", "ratelimit", "ratelimit-policy"];
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        // Listed one by one, because in browsers * does not include Authorization.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(
            exposed
                .map(HeaderName::from_static)
                .into_iter()
                .chain([header::ETAG, header::RETRY_AFTER])
                .collect::<Vec<_>>(),
        )
        .max_age(std::time::Duration::from_hours(1))
}
