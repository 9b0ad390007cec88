//! The environment variables that arguments of the command line are read from.

use clap::{Args, Command};

use super::{Options, SupabaseSource};

/// An environment variable from which an argument is read.
pub(super) struct Variable {
    /// Name of the variable, such as `DATABASE_URL`.
    pub(super) name: String,
    /// Whether the value is a secret and is never shown.
    pub(super) secret: bool,
}

/// Every environment variable that an argument of the program or its commands is read from.
pub(super) fn variables() -> Vec<Variable> {
    let arguments = SupabaseSource::augment_args(Options::augment_args(Command::new("freehold")));
    let mut found: Vec<Variable> = Vec::new();
    for argument in arguments.get_arguments() {
        let name = argument.get_env().map(|name| name.to_string_lossy().into_owned());
        if let Some(name) = name.filter(|name| !found.iter().any(|known| known.name == *name)) {
            found.push(Variable { name, secret: argument.is_hide_env_values_set() });
        }
    }
    found
}
