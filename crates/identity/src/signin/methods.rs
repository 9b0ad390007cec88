//! The sign-in methods that a server offers.

use crate::{
    Settings,
    provider::{Provider, Providers},
};

/// The sign-in methods that a server offers to users.
#[derive(Debug)]
pub struct SignInMethods<'a> {
    /// Whether users sign in with a password.
    pub password: bool,
    /// Whether users sign in by a link or code in a mail.
    pub mail: bool,
    /// Whether users add passkeys.
    pub passkeys: bool,
    /// Whether users without an account can use the product anonymously.
    pub anonymous: bool,
    /// Whether new users may sign up.
    pub sign_up: bool,
    /// External identity providers, by name.
    pub providers: Vec<&'a Provider>,
}

/// Returns the sign-in methods of a server with these settings and external identity providers.
pub fn sign_in_methods<'a>(settings: &Settings, providers: &'a Providers) -> SignInMethods<'a> {
    SignInMethods {
        password: settings.password,
        mail: settings.magic_link,
        passkeys: settings.auth.passkeys,
        anonymous: settings.auth.anonymous_users,
        sign_up: !settings.auth.signup_disabled,
        providers: providers.all().collect(),
    }
}
