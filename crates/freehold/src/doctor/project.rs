//! Checks the Supabase project for sign-in: whether it answers, whether its signing keys are supported, and whether our
//! keys fit.

use std::time::Duration;

use freehold_core::Secret;
use freehold_identity::{ProjectSettings, project::jwks_count};
use freehold_outbound::{Answer, Bytes, HeaderMap, HeaderValue, Method, Outbound, Request, SendError, Url, header};

use super::finding::Finding;
use crate::settings::Settings;

/// Time limit for an answer of the project.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// The project's sign-in service.
struct Service {
    outbound: Outbound,
    /// URL that the paths of requests are added to.
    base: Url,
}

pub(super) async fn examine(settings: &Settings) -> Vec<Finding> {
    let Some(project) = &settings.supabase.project else { return Vec::new() };
    let outbound = match Outbound::new(settings.outbound.allowed(settings.database_url.is_none())) {
        Ok(outbound) => outbound,
        Err(error) => {
            return vec![Finding::fail(format!("the Supabase project cannot be asked: {error}"), "look at [outbound]")];
        }
    };
    let base = match Url::parse(&project.auth_url()) {
        Ok(base) => base,
        Err(error) => {
            let what = format!("SUPABASE_URL is no address: {error}");
            return vec![Finding::fail(what, "set it to the project's address, such as https://abc.supabase.co")];
        }
    };
    let service = Service { outbound, base };
    let (url, has_secret) = (&project.url, settings.supabase.jwt_secret.is_some());
    let published = service.ask("/.well-known/jwks.json", None).await;
    let mut findings = vec![match &published {
        Ok(answer) => published_keys(url, answer, has_secret),
        Err(error) => unreached(url, error),
    }];
    findings.push(service_key(&service, project, published.is_ok()).await);
    findings.push(public_key(&service, project, published.is_ok()).await);
    findings
}

fn unreached(url: &str, error: &SendError) -> Finding {
    if error.failure().name() == "refused_address" {
        return Finding::fail(
            format!("the Supabase project at {url} is not called: {error}"),
            "correct SUPABASE_URL, or open its address in [outbound] of freehold.toml: allow = [\"10.1.2.3/32\"]",
        );
    }
    Finding::fail(
        format!("the Supabase project at {url} is not reached: {error}"),
        "correct SUPABASE_URL, or wait until it is back",
    )
}

fn published_keys(url: &str, answer: &Answer, has_secret: bool) -> Finding {
    let count = if answer.status == 200 { jwks_count(&answer.body) } else { None };
    match count {
        None => Finding::fail(
            format!("{url} answers {} when asked for its keys, and no key set", answer.status),
            "correct SUPABASE_URL: the project's address without a path, such as https://abc.supabase.co",
        ),
        Some((0, all)) if !has_secret => Finding::fail(
            format!("the Supabase project at {url} publishes {all} keys, none of which can be used here"),
            "set SUPABASE_JWT_SECRET for a project that signs with its secret, or let it sign with ES256 or RS256",
        ),
        Some((0, _)) => Finding::ok(format!("people sign in at {url}, which signs with SUPABASE_JWT_SECRET")),
        Some((usable, _)) => Finding::ok(format!("people sign in at {url}; {usable} of its keys can be used")),
    }
}

async fn service_key(service: &Service, project: &ProjectSettings, reached: bool) -> Finding {
    let name = "SUPABASE_SECRET_KEY";
    let Some(key) = &project.service_key else {
        return Finding::warn(
            format!(
                "{name} is not set: users who are banned or deleted at the project are noticed when their session is asked for, and not behind cookies of pages"
            ),
            "set it, so that they are locked out within a minute",
        );
    };
    if let Some(kind) = kind_of(key).filter(|kind| *kind != "service_role") {
        return Finding::fail(
            format!("{name} is a key of the kind {kind}"),
            "set the project's secret or service_role key",
        );
    }
    let answer = service.ask("/admin/users", Some(key)).await;
    fits(name, &answer, reached, "administers its users")
}

async fn public_key(service: &Service, project: &ProjectSettings, reached: bool) -> Finding {
    let name = "SUPABASE_PUBLISHABLE_KEY";
    let Some(key) = &project.public_key else {
        return Finding::warn(
            format!("{name} is not set: /billing and invitations cannot sign users in"),
            "set it (or SUPABASE_ANON_KEY), and SUPABASE_SIGN_IN_URL to where the application signs in",
        );
    };
    if let Some(kind) = kind_of(key).filter(|kind| *kind != "anon") {
        return Finding::fail(
            format!("{name} is a key of the kind {kind}"),
            "set the project's publishable or anon key",
        );
    }
    let answer = service.ask("/settings", Some(key)).await;
    fits(name, &answer, reached, "signs visitors of pages in")
}

fn fits(name: &str, answer: &Result<Answer, SendError>, reached: bool, what: &str) -> Finding {
    match answer {
        Ok(answer) if answer.status == 200 => Finding::ok(format!("{name} {what}")),
        Ok(answer) if matches!(answer.status, 401 | 403) => Finding::fail(
            format!("the Supabase project refuses {name} ({})", answer.status),
            "set a key of this project",
        ),
        Ok(answer) => Finding::warn(
            format!("{name} could not be tried: the project answers {}", answer.status),
            "try again later",
        ),
        Err(_) if !reached => Finding::warn(format!("{name} could not be tried"), "first let the project be reached"),
        Err(error) => Finding::warn(format!("{name} could not be tried: {error}"), "try again later"),
    }
}

/// The role in a key: `anon` or `service_role`; none: the key contains no role.
fn kind_of(key: &Secret) -> Option<&'static str> {
    let text = key.expose();
    if text.starts_with("sb_publishable_") {
        return Some("anon");
    }
    if text.starts_with("sb_secret_") {
        return Some("service_role");
    }
    freehold_identity::service_key::role_claimed(text)
}

impl Service {
    async fn ask(&self, path: &str, key: Option<&Secret>) -> Result<Answer, SendError> {
        let mut headers = HeaderMap::new();
        let value = |text: String| HeaderValue::from_str(&text).ok();
        if let Some(key) = key {
            headers
                .extend(value(key.expose().to_owned()).map(|value| (header::HeaderName::from_static("apikey"), value)));
            headers.extend(value(format!("Bearer {}", key.expose())).map(|value| (header::AUTHORIZATION, value)));
        }
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        if path == "/admin/users" {
            url.set_query(Some("per_page=1"));
        }
        let request = Request { url, method: Method::GET, headers, body: Bytes::new(), time_limit: ANSWERED_WITHIN };
        self.outbound.send(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn a_key_of_another_kind_is_noticed() {
        let kind = |text: &str| kind_of(&Secret::new(text));
        assert_eq!((kind("sb_publishable_x"), kind("sb_secret_x")), (Some("anon"), Some("service_role")));
        assert_eq!(kind("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.x"), Some("service_role"));
        assert_eq!((kind("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.x"), kind("nonsense")), (Some("anon"), None));
    }

    #[test]
    fn keys_that_cannot_be_used_are_a_failure_without_the_secret() {
        let answer =
            |status, body: &str| Answer { status, headers: HeaderMap::new(), body: body.into(), took: Duration::ZERO };
        let none = answer(200, r#"{"keys":[]}"#);
        assert_eq!(published_keys("https://x", &none, false).level, Level::Fail);
        assert_eq!(published_keys("https://x", &none, true).level, Level::Ok);
        assert_eq!(published_keys("https://x", &answer(404, "<html>"), true).level, Level::Fail);
    }
}
