//! Puts the crates together: the same for the server, the tests and the benchmark.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, Method, header},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use freehold_billing::{Billing, catalog_sync::CustomPrices};
use freehold_catalog::{Product as Spec, SignIn};
use freehold_console::Local;
use freehold_core::{Area, Clock, Code, Error, Ids, Random, Secret, codes};
use freehold_db::{Db, MigrationSet, Statement};
use freehold_delivery::webhook;
use freehold_identity::{AuthSettings, Identity, Invited, Newcomer, Settings as IdentitySettings, SupabaseSettings};
use freehold_jobs::{Nudge, outbox::EventType};
use freehold_metering::plan::Entitlements;
use freehold_outbound::Outbound;
use freehold_pages::Site;
use freehold_tenancy::invitation::invitation_awaits;
use freehold_vault::Vault;
use freehold_web::{
    Backbone, Json, Outage, Parts, Places, Problem, Product, Resolver, Running, Shutdown, TrustedProxies, credentials,
    elsewhere::doors, frame::frame, limits, newcomer_settle,
};
use serde_json::Value;
use tower::{Layer, ServiceExt};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

/// Every product that this program contains.
pub const PRODUCTS: &[(&str, Product)] = &[
    ("voice", freehold_voice::PRODUCT),
    (
        "documents",
        Product::from_toml("products/documents/product.toml", include_str!("../../../products/documents/product.toml")),
    ),
    (
        "pharmacy",
        Product::from_toml("products/pharmacy/product.toml", include_str!("../../../products/pharmacy/product.toml")),
    ),
    (
        "studio",
        Product::from_toml("products/studio/product.toml", include_str!("../../../products/studio/product.toml")),
    ),
];

/// Largest body of a request: 1 MiB.
const BODY_LIMIT: usize = 1024 * 1024;

/// The product of this name, or of the `product.toml` at this path: its application lives elsewhere.
pub fn product(name: &str) -> Result<Product> {
    if let Some((_, product)) = PRODUCTS.iter().find(|(known, _)| *known == name) {
        return Ok(*product);
    }
    if name.contains(std::path::MAIN_SEPARATOR) || Path::new(name).extension().is_some_and(|kind| kind == "toml") {
        return product_read(name);
    }
    let names: Vec<&str> = PRODUCTS.iter().map(|(name, _)| *name).collect();
    Err(anyhow!(
        "there is no product {name:?}; there are: {}; or give the path of a product.toml, such as ./product.toml",
        names.join(", ")
    ))
}

fn product_read(path: &str) -> Result<Product> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading the product of --product from {path}"))?;
    // Read once, when the process starts, and needed until it ends, as the text of a product that is built in.
    let product = Product::from_toml(path.to_owned().leak(), text.leak());
    specification(&product)?;
    Ok(product)
}

/// The parsed `product.toml` of the product.
pub fn specification(product: &Product) -> Result<Spec> {
    Spec::parse(product.file, product.toml).map_err(|mistakes| anyhow!("{mistakes}"))
}

/// The migrations of the backbone and the product, in order.
pub fn migrations(product: &Product) -> Vec<MigrationSet> {
    let backbone = [
        freehold_db::MIGRATIONS,
        freehold_jobs::MIGRATIONS,
        freehold_identity::MIGRATIONS,
        freehold_metering::MIGRATIONS,
        freehold_tenancy::MIGRATIONS,
        freehold_delivery::MIGRATIONS,
        freehold_billing::MIGRATIONS,
        freehold_web::MIGRATIONS,
    ];
    backbone.into_iter().chain(product.migrations).collect()
}

/// Every SQL statement of the backbone and the product.
pub fn statements(product: &Product) -> Vec<&'static Statement> {
    let rooms: [&[&[&Statement]]; 8] = [
        &[
            freehold_db::CANARY_STATEMENTS,
            freehold_db::INSPECT_STATEMENTS,
            freehold_db::FOREIGN_STATEMENTS,
            freehold_db::HEALTH_STATEMENTS,
        ],
        freehold_jobs::STATEMENTS,
        freehold_identity::STATEMENTS,
        freehold_metering::STATEMENTS,
        freehold_tenancy::STATEMENTS,
        freehold_delivery::STATEMENTS,
        freehold_billing::STATEMENTS,
        &[freehold_web::IDEMPOTENCY_STATEMENTS],
    ];
    rooms.into_iter().chain([product.statements]).flatten().flat_map(|module| module.iter().copied()).collect()
}

/// Every error code of the API.
pub fn error_codes() -> Vec<Code> {
    codes::ALL.iter().chain(freehold_identity::codes::ALL).chain(freehold_billing::codes::ALL).copied().collect()
}

/// Every type of event that is published, with the product's.
pub fn event_types(product: &Product) -> Vec<EventType> {
    let rooms = [
        freehold_identity::event::ALL,
        freehold_tenancy::event::ALL,
        freehold_metering::event::ALL,
        webhook::event::ALL,
        freehold_billing::event::ALL,
        product.events,
    ];
    rooms.into_iter().flatten().copied().collect()
}

/// The parts from which a backbone is created.
pub struct Materials {
    /// A migrated database.
    pub db: Db,
    /// Encrypts secrets.
    pub vault: Vault,
    /// The clock.
    pub clock: Clock,
    /// The random source.
    pub random: Random,
    /// The URL at which users reach the server, without a slash at the end.
    pub site_url: String,
    /// The settings of sign-in.
    pub auth: AuthSettings,
    /// The settings of a Supabase project.
    pub supabase: SupabaseSettings,
    /// The client for addresses that customers entered.
    pub outbound: Outbound,
    /// The connection to Stripe; none: billing is switched off, and no limit applies.
    pub money: Option<Money>,
    /// The proxies in front of the server.
    pub trusted_proxies: TrustedProxies,
}

/// The connection to Stripe or a sandbox.
pub struct Money {
    /// The client.
    pub stripe: freehold_billing::stripe::Client,
    /// The secrets that its webhooks are signed with.
    pub webhook_secrets: Vec<Secret>,
    /// Origins to which its pages may lead back, besides the site's.
    pub return_origins: Vec<String>,
    /// The plans of custom prices: `price_1Abc = "enterprise/year"`.
    pub prices: BTreeMap<String, String>,
    /// How many organizations without a payment a user may own; none: any number.
    pub unpaid_organizations: Option<u32>,
    /// Promotion codes and tax rates at checkout.
    pub checkout: freehold_billing::CheckoutTerms,
}

/// Creates the state of the router. Fails if tenants are not isolated from each other.
pub async fn backbone(materials: Materials, product: &Product) -> Result<Backbone> {
    let Materials { db, vault, clock, random, site_url, auth, supabase, outbound, money, trusted_proxies } = materials;
    freehold_db::canary(&db).await.map_err(explain)?;
    let spec = Arc::new(specification(product)?);
    let entitlements = Entitlements::load(&db, spec.clone(), clock.now()).await.map_err(explain)?;
    // Without billing no limit applies.
    let entitlements = Arc::new(if money.is_some() { entitlements } else { entitlements.without_limits() });
    let (resolver, nudge, ids) = (Resolver::default(), Nudge::default(), Ids::new(clock.clone(), random.clone()));
    let billing = money.map(|money| {
        let known = resolver.clone();
        let custom_prices = CustomPrices::of(&money.prices, &spec).map_err(anyhow::Error::msg)?;
        anyhow::Ok(Billing::new(freehold_billing::Parts {
            db: db.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            random: random.clone(),
            stripe: money.stripe,
            webhook_secrets: money.webhook_secrets,
            return_origins: money.return_origins,
            custom_prices,
            unpaid_organizations: money.unpaid_organizations,
            vault: vault.clone(),
            checkout: money.checkout,
            product: spec.clone(),
            entitlements: entitlements.clone(),
            site_url: site_url.clone(),
            nudge: nudge.clone(),
            changed: Arc::new(move || known.forget()),
        }))
    });
    let billing = billing.transpose()?;
    let places = Places { product: spec.clone(), billing: billing.clone(), clock: clock.clone(), ids: ids.clone() };
    let (newcomer, invited) = (newcomers(places), invitations(clock.clone()));
    let settings = sign_in_settings(&spec, &site_url, auth, supabase);
    let (own_db, own_vault) = (db.clone(), vault.clone());
    let identity =
        Identity::load(own_db, own_vault, clock.clone(), random.clone(), settings, newcomer, outbound.clone()).await;
    let areas: Vec<Area> = freehold_api::AREAS.iter().chain(product.areas).copied().collect();
    Ok(Backbone::new(Parts {
        ids,
        identity: identity.map_err(explain)?.with_invitations(invited),
        entitlements,
        resolver,
        running: Running::default(),
        shutdown: Shutdown::default(),
        outage: Outage::default(),
        nudge,
        product: spec,
        db,
        clock,
        random,
        vault,
        areas,
        site_url,
        outbound,
        billing,
        trusted_proxies,
    }))
}

fn sign_in_settings(spec: &Spec, site_url: &str, auth: AuthSettings, supabase: SupabaseSettings) -> IdentitySettings {
    IdentitySettings {
        site_url: site_url.to_owned(),
        product_name: spec.name.clone(),
        password: spec.sign_in.contains(&SignIn::Password),
        magic_link: spec.sign_in.contains(&SignIn::MagicLink),
        auth,
        supabase,
    }
}

/// The provisioning hook, which runs at a user's first sign-in.
fn newcomers(places: Places) -> Arc<Newcomer> {
    Arc::new(move |tx, user| {
        let places = places.clone();
        Box::pin(async move { newcomer_settle(&places, tx, user).await })
    })
}

/// The hook that says whether an address was invited.
fn invitations(clock: Clock) -> Arc<Invited> {
    Arc::new(move |tx, email, tenant| {
        let now = clock.now();
        Box::pin(async move { invitation_awaits(tx, email, tenant, now).await })
    })
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
    let api = || freehold_api::routes().merge((product.routes)());
    let document = freehold_api::openapi::base(&backbone.product.name);
    let (described, document) = OpenApiRouter::with_openapi(document)
        .nest("/api/v1", api())
        .nest("/auth/v1", freehold_api::auth::routes())
        .split_for_parts();
    // Serialising a document that we made ourselves cannot fail.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    freehold_api::openapi::complete(&mut document, &backbone.site_url, product.topics);
    // The paths without a version, which older clients know.
    let (unversioned, _) = api().split_for_parts();
    let served = document.clone();
    let pages = freehold_console::routes(local, document.clone(), error_codes(), event_types(product));
    let site = Site::new(freehold_console::NAVIGATION.iter().copied());
    let router = described
        .nest("/api", unversioned)
        .merge(freehold_api::health::routes())
        .merge(freehold_api::stripe_routes())
        .merge(pages)
        .route("/api/v1/openapi.json", get(async move || Json(served)))
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
