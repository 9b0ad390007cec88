//! The OpenAPI 3.1 document: what every handler says of itself, and what holds for all of them.

mod complete;
mod schemas;
mod topics;

use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document, Server,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

pub use complete::complete;
pub use topics::{OPERATOR_TOPICS, Topic};

#[derive(OpenApi)]
#[openapi(
    info(description = "Send an access token or an API key as `Authorization: Bearer …`. \
        Errors are problem documents (RFC 9457) with a stable `code`; lists that grow take `limit` and `cursor`; \
        a POST that creates something in an organization takes an `Idempotency-Key`."),
    modifiers(&Security),
    security(("bearer" = []), ("key" = []))
)]
struct Base;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An access token from /auth/v1, or an API key (sk_live_…, sk_test_…)"))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let key = ApiKey::Header(ApiKeyValue::with_description("X-API-Key", "An API key (sk_live_…, sk_test_…)"));
        components.add_security_scheme("key", SecurityScheme::ApiKey(key));
        let service = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The operator's service key (sb_secret_…), for the product's own application"))
            .build();
        components.add_security_scheme("service", SecurityScheme::Http(service));
    }
}

#[derive(OpenApi)]
#[openapi(
    info(description = "For the operators of the server. Sign in with an address, a password and a code, and send the \
        token of the session as `Authorization: Bearer …`. Errors are problem documents (RFC 9457) with a stable `code`; \
        lists take `limit` and `cursor`."),
    modifiers(&OperatorSecurity),
    security(("operator" = []))
)]
struct OperatorBase;

struct OperatorSecurity;

impl Modify for OperatorSecurity {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let operator = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token of an operator's session (fho_…)"))
            .build();
        components.add_security_scheme("operator", SecurityScheme::Http(operator));
    }
}

/// The document that the routes of users are added to.
pub fn base(product_name: &str) -> Document {
    named(Base::openapi(), product_name.to_owned())
}

/// The document that the routes of operators are added to.
pub fn operator_base(product_name: &str) -> Document {
    named(OperatorBase::openapi(), format!("{product_name} for operators"))
}

fn named(mut document: Document, title: String) -> Document {
    document.info.title = title;
    "1".clone_into(&mut document.info.version);
    document.servers = Some(vec![Server::new("/")]);
    document
}
