//! The page that asks for confirmation, and the page that shows a secret once.

use askama::Template;

use crate::Shell;
use freehold_pages::Confirm;

/// A page that asks for confirmation before something is ended or deleted.
#[derive(Clone, Debug, Template)]
#[template(path = "confirm_page.html")]
pub struct AskPage {
    /// The frame of the page.
    pub shell: Shell,
    /// What is asked.
    pub confirm: Confirm,
}

/// The answer to a form that created a secret. It is the only page that has it: nothing stores it, and its address
/// leads elsewhere.
#[derive(Clone, Debug, Template)]
#[template(path = "secret.html")]
pub struct SecretPage {
    /// The frame of the page.
    pub shell: Shell,
    /// Title: `The API key “ci” was created`.
    pub title: String,
    /// What the secret is for and where it belongs, one or two sentences.
    pub text: String,
    /// Label of the secret: `API key`.
    pub label: String,
    /// The secret; it is shown only on this page.
    pub secret: String,
    /// Label and path of the way on.
    pub next: (String, String),
}
