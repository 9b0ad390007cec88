//! What the forms of `/members`, `/keys`, `/webhooks` and `/account` share.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use freehold_core::{Error, Result};
use freehold_pages::{Confirm, MemberPage, Shell};
use freehold_web::{Answer, Backbone};
use serde::Deserialize;

use crate::AskPage;

/// The fields of a form in the order in which they were sent; checkboxes repeat a name.
pub(super) type Fields = Vec<(String, String)>;

/// The fields of a form that has none of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

/// The first value of a field; empty when the form does not have it.
pub(super) fn value<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.trim())
}

/// All values of a field.
pub(super) fn values(fields: &Fields, name: &str) -> Vec<String> {
    fields.iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone()).collect()
}

/// A random value for a form that creates something, so that sending it twice creates one thing.
pub(super) fn attempt(backbone: &Backbone) -> String {
    backbone.ids.next::<()>().to_string()
}

/// The page that asks for confirmation.
pub(super) fn ask(shell: &Shell, confirm: Confirm) -> Answer<Response> {
    let confirm = Confirm { back: shell.link(&confirm.back), ..confirm };
    shell.show(&AskPage { shell: shell.clone(), confirm })
}

/// What is wrong, in a sentence or two for the page of a form, and the status of that page.
///
/// # Errors
/// The error itself, if it is an internal one.
pub(super) fn trouble(error: Error) -> Result<(StatusCode, String)> {
    let status = StatusCode::from_u16(error.code().status).unwrap_or(StatusCode::BAD_REQUEST);
    if status.is_server_error() {
        return Err(error);
    }
    let mut text = error.message().to_owned();
    for field in error.fields() {
        let name = field.pointer.trim_start_matches('/').split('/').next().unwrap_or_default().replace('_', " ");
        let sentence = format!(" {name}: {}.", field.message.trim_end_matches('.'));
        text.push_str(&sentence);
    }
    Ok((status, text))
}

/// Goes to the page at `to`, which says that it was done or why not.
pub(super) fn told(
    backbone: &Backbone,
    page: &MemberPage,
    to: &str,
    outcome: Result<impl Into<String>>,
) -> Answer<Response> {
    match outcome {
        Ok(text) => page.done(backbone, to, text),
        Err(error) => page.failed(backbone, to, error),
    }
}

/// Redirects to a path of this site, within the organization of the page.
pub(super) fn go(shell: &Shell, to: &str) -> Response {
    Redirect::to(&shell.link(to)).into_response()
}
