//! Calls that manage a project's users, with its service key.

use std::time::Duration;

use freehold_core::{Context, Error, Result, UserId, codes};
use freehold_outbound::{Answer, Bytes, HeaderMap, HeaderValue, Method, Request, Url, header};
use serde_json::{Value, json};

use super::{Project, keys::away};

/// Timeout of a call to the project.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// A user of the project in Supabase's JSON; none: there is no such user.
pub async fn project_person_get(project: &Project, id: UserId) -> Result<Option<Value>> {
    let answer = ask(project, Method::GET, &format!("/admin/users/{id}"), None).await?;
    if answer.status == 404 { Ok(None) } else { read(&answer).map(Some) }
}

/// Creates a user at the project from Supabase's `{email, password?, email_confirm?, user_metadata?, …}`; returns the
/// user as stored there.
pub async fn project_person_create(project: &Project, person: &Value) -> Result<Value> {
    read(&ask(project, Method::POST, "/admin/users", Some(person)).await?)
}

/// Updates a user at the project; returns the user as stored there.
pub async fn project_person_change(project: &Project, id: UserId, change: &Value) -> Result<Value> {
    read(&ask(project, Method::PUT, &format!("/admin/users/{id}"), Some(change)).await?)
}

/// Deletes a user at the project; returns whether the user existed.
pub async fn project_person_delete(project: &Project, id: UserId) -> Result<bool> {
    let body = json!({ "should_soft_delete": false });
    let answer = ask(project, Method::DELETE, &format!("/admin/users/{id}"), Some(&body)).await?;
    if answer.status == 404 { Ok(false) } else { read(&answer).map(|_| true) }
}

async fn ask(project: &Project, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
    send(project, credentials(project)?, method, path, body, ANSWERED_WITHIN).await
}

/// Sends a request to the project's sign-in service.
pub(super) async fn send(
    project: &Project,
    mut headers: HeaderMap,
    method: Method,
    path: &str,
    body: Option<&Value>,
    time_limit: Duration,
) -> Result<Answer> {
    let url = format!("{}{path}", project.auth_url());
    if body.is_some() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let request = Request {
        url: Url::parse(&url).context("reading SUPABASE_URL")?,
        method,
        headers,
        body: body.map(|body| Bytes::from(body.to_string())).unwrap_or_default(),
        time_limit,
    };
    project.outbound.send(request).await.map_err(away)
}

/// The service key, in two headers: the gateway takes it as `apikey`, and accepts a bearer token beside it only if it
/// is the same.
pub(super) fn credentials(project: &Project) -> Result<HeaderMap> {
    let missing = "SUPABASE_SECRET_KEY is not set. Set it to administer the project's users from here";
    let key = project.settings.service_key.as_ref().ok_or_else(|| Error::new(codes::CONFLICT, missing))?;
    let mut headers = HeaderMap::new();
    headers.insert("apikey", secret_value(key.expose())?);
    headers.insert(header::AUTHORIZATION, secret_value(&format!("Bearer {}", key.expose()))?);
    Ok(headers)
}

/// A header's value that is never logged.
pub(super) fn secret_value(text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text).context("reading a key or token of the project")?;
    value.set_sensitive(true);
    Ok(value)
}

fn read(answer: &Answer) -> Result<Value> {
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let said = || {
        let body = body.as_ref()?;
        ["msg", "message"].into_iter().find_map(|name| body.get(name)?.as_str()).map(str::to_owned)
    };
    match answer.status {
        200..300 => body.ok_or_else(|| away("its answer is no JSON, or too long")),
        401 | 403 => Err(Error::internal(format!(
            "the project refuses SUPABASE_SECRET_KEY: {}",
            said().unwrap_or_else(|| answer.status.to_string())
        ))),
        404 => Err(Error::not_found("user")),
        400..500 => {
            let said = said()
                .unwrap_or_else(|| format!("The Supabase project refused the request with status {}.", answer.status));
            Err(Error::new(codes::VALIDATION_FAILED, said))
        }
        status => Err(away(format!("the project answers {status}"))),
    }
}
