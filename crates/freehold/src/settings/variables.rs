//! Settings in the environment. One rule: `FREEHOLD_`, the section and the key, in capitals, joined by underscores:
//! `FREEHOLD_AUTH_SIGNUP_DISABLED` is `signup_disabled` in `[auth]`. The list of variables is derived from the
//! settings' types.

use std::collections::BTreeMap;

use freehold_identity::secret_variable;

use super::{near::nearest, shape::Shape};

/// The prefix of Freehold's variables.
const PREFIX: &str = "FREEHOLD_";
/// The prefix of the secrets of identity providers: `FREEHOLD_PROVIDER_GOOGLE_SECRET`.
const OF_PROVIDER: (&str, &str) = ("FREEHOLD_PROVIDER_", "_SECRET");
/// The prefixes of variables for Freehold's tests.
const OF_TESTS: &[&str] = &["FREEHOLD_TEST_", "FREEHOLD_POSTGRES_TEST_"];

/// The variables of the environment, by name. Empty ones count as not set, because compose files and unit files have no
/// other way to leave one out.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process. Variables that are not UTF-8 are left out, except Freehold's.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os();
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        };
        Self::of(variables.filter_map(text))
    }

    /// An environment with these variables.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect())
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Freehold's variables, in any spelling, without those that Kubernetes, Docker and the tests set.
    fn ours(&self) -> impl Iterator<Item = (&str, &str)> {
        let ours = |name: &str| name.get(..PREFIX.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(PREFIX));
        let variables = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        variables.filter(move |(name, value)| {
            ours(name) && !OF_TESTS.iter().any(|begin| name.starts_with(begin)) && !of_a_service(name, value)
        })
    }
}

/// Whether Kubernetes or Docker set this for a service called freehold, or freehold-something. Every container beside
/// such a service gets these variables.
fn of_a_service(name: &str, value: &str) -> bool {
    let address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let Some((before, after)) = name.rsplit_once("_SERVICE_HOST").or_else(|| name.split_once("_SERVICE_PORT")) else {
        // FREEHOLD_PORT=tcp://10.0.0.1:80, FREEHOLD_PORT_80_TCP=tcp://…, FREEHOLD_PORT_80_TCP_ADDR=10.0.0.1
        let Some((_, port)) = name.split_once("_PORT") else {
            // FREEHOLD_NAME=/web/freehold is set by Docker's links.
            return name.ends_with("_NAME") && value.starts_with('/') && value.matches('/').count() == 2;
        };
        let mut parts = port.trim_start_matches('_').split('_');
        let number = parts.next().is_some_and(|number| number.parse::<u16>().is_ok());
        let protocol = matches!(parts.next(), Some("TCP" | "UDP" | "SCTP"));
        return (port.is_empty() && address)
            || number && protocol && matches!(parts.next(), None | Some("PROTO" | "PORT" | "ADDR" | "START" | "END"));
    };
    !before.is_empty() && (after.is_empty() || after.starts_with('_'))
}

/// A variable, the path of its setting, and its value.
pub(super) type Found = (String, Vec<String>, String);

/// The meaning of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It sets the setting at this path.
    Setting(Vec<String>),
    /// It is the secret of an identity provider.
    ProviderSecret,
    /// It is another variable that the program reads: `DATABASE_URL`.
    Other,
}

/// Every variable that can be set, with its meaning.
pub(super) struct Variables<'s> {
    settings: Vec<(String, Vec<String>)>,
    /// Open sections: the prefix of their variables, their path, and the shape of their parts.
    open: Vec<(String, Vec<String>, &'s Shape)>,
    others: Vec<String>,
}

impl<'s> Variables<'s> {
    /// The variables of these settings, and these other variables.
    pub(super) fn of(shape: &'s Shape, others: Vec<String>) -> Self {
        let leaves = shape.leaves();
        let open = leaves.iter().filter_map(|(path, shape)| match shape {
            Shape::Open(each) => Some((format!("{}_", variable(path)), path.clone(), &**each)),
            _ => None,
        });
        Self {
            open: open.collect(),
            settings: leaves.iter().map(|(path, _)| (variable(path), path.clone())).collect(),
            others,
        }
    }

    /// The meaning of this name; none: it is unknown.
    fn meaning(&self, name: &str) -> Option<Meaning> {
        if let Some((_, path)) = self.settings.iter().find(|(known, _)| known == name) {
            return Some(Meaning::Setting(path.clone()));
        }
        if self.others.iter().any(|known| known == name) {
            return Some(Meaning::Other);
        }
        let (begin, end) = OF_PROVIDER;
        if name.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end)).is_some_and(|name| !name.is_empty()) {
            return Some(Meaning::ProviderSecret);
        }
        // FREEHOLD_AUTH_PROVIDERS_GOOGLE_CLIENT_ID
        self.open.iter().find_map(|(begin, path, each)| {
            let rest = name.strip_prefix(begin.as_str())?;
            let Shape::Section(keys) = each else { return None };
            let ending =
                |key: &&str| rest.strip_suffix(&format!("_{}", key.to_uppercase())).filter(|name| !name.is_empty());
            // The longest name first: api_url before url.
            let keys = keys.iter().map(|(key, _)| *key);
            let key = keys.filter(|key| ending(key).is_some()).max_by_key(|key| key.len())?;
            let name = ending(&key)?.to_lowercase();
            Some(Meaning::Setting([path.clone(), vec![name, key.to_owned()]].concat()))
        })
    }

    /// The settings in an environment, each with its variable and value, and the variables that are unknown.
    pub(super) fn read(&self, environment: &Environment) -> (Vec<Found>, Vec<String>) {
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for (name, value) in environment.ours() {
            match self.meaning(name) {
                Some(Meaning::Setting(path)) => found.push((name.to_owned(), path, value.to_owned())),
                Some(Meaning::ProviderSecret | Meaning::Other) => {}
                None => problems.push(self.unknown(name)),
            }
        }
        (found, problems)
    }

    fn unknown(&self, name: &str) -> String {
        if let Some((begin, path, _)) = self.open.iter().find(|(begin, ..)| name.starts_with(begin.as_str())) {
            let whole = begin.trim_end_matches('_');
            return format!(
                "{name} is not a variable of Freehold. Give the whole section [{}] in {whole}, as {{ name = \"value\" }}.",
                path.join(".")
            );
        }
        let known = || self.settings.iter().map(|(name, _)| name).chain(&self.others).map(String::as_str);
        let tail = name.get(PREFIX.len()..).unwrap_or_default().to_uppercase();
        // A name without its section, or a name without a section with the prefix.
        let whole = known().filter(|known| *known == tail || known.ends_with(&format!("_{tail}")));
        let only = |mut all: Vec<&'_ str>| if all.len() == 1 { all.pop().map(str::to_owned) } else { None };
        let squeezed = name.to_uppercase().split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
        let meant = known().find(|known| *known == squeezed).map(str::to_owned);
        let meant = meant.or_else(|| only(whole.collect())).or_else(|| nearest(&squeezed, known()).map(str::to_owned));
        match meant {
            Some(meant) => format!("{name} is not a variable of Freehold. Did you mean {meant}?"),
            None => format!(
                "{name} is not a variable of Freehold. Unset it, or give it a name that does not begin with {PREFIX}."
            ),
        }
    }
}

/// Secrets in the environment whose provider is not in the settings.
pub(super) fn secrets_without_provider<'n>(
    environment: &Environment,
    providers: impl Iterator<Item = &'n String>,
) -> Vec<String> {
    let known: Vec<String> = providers.map(|name| secret_variable(name)).collect();
    let (begin, end) = OF_PROVIDER;
    let secrets = environment.ours().filter(|(name, _)| name.starts_with(begin) && name.ends_with(end));
    let lost = secrets.filter(|(name, _)| !known.iter().any(|known| known == name));
    let problem = |(name, _): (&str, &str)| match nearest(name, known.iter().map(String::as_str)) {
        Some(meant) => format!("{name} is the secret of no provider. Did you mean {meant}?"),
        None => format!(
            "{name} is the secret of no provider: there is no such section in [auth.providers]. Add it, or unset {name}."
        ),
    };
    lost.map(problem).collect()
}

/// The variable of the setting at this path.
pub(super) fn variable(path: &[String]) -> String {
    format!("{PREFIX}{}", path.join("_").to_uppercase())
}

/// A value of the environment as a value of the file; an error says what is expected.
pub(super) fn value(text: &str, shape: &Shape) -> Result<toml::Value, String> {
    let trimmed = text.trim();
    let toml = |text: &str| format!("value = {text}").parse::<toml::Table>().ok()?.remove("value");
    let read = match shape {
        Shape::Bool => match trimmed.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true.into()),
            "false" | "no" | "off" | "0" => Some(false.into()),
            _ => None,
        },
        Shape::Number => trimmed.parse::<i64>().ok().map(Into::into),
        Shape::Text | Shape::Choice(_) => Some(toml::Value::String(trimmed.to_owned())),
        Shape::List if trimmed.starts_with('[') => toml(trimmed).filter(toml::Value::is_array),
        Shape::List => {
            let items = trimmed.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(toml::Value::Array(items.map(|item| item.to_owned().into()).collect()))
        }
        Shape::Section(_) | Shape::Open(_) => {
            let json = || serde_json::from_str::<toml::Table>(trimmed).ok().map(toml::Value::Table);
            toml(trimmed).or_else(json).filter(toml::Value::is_table)
        }
    };
    read.ok_or_else(|| shape.expected())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::settings::file::File;

    fn read(variables: &[(&str, &str)]) -> (Vec<Found>, Vec<String>) {
        let shape = Shape::of::<File>();
        let others = vec!["FREEHOLD_CONFIG".to_owned(), "DATABASE_URL".to_owned()];
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Variables::of(&shape, others).read(&Environment::of(owned))
    }

    #[test]
    fn every_setting_has_a_variable_of_its_own() {
        let shape = Shape::of::<File>();
        let names: Vec<String> = shape.leaves().iter().map(|(path, _)| variable(path)).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        for (path, _) in shape.leaves() {
            let (found, problems) = read(&[(&variable(&path), "x")]);
            assert_eq!((found[0].1.clone(), problems), (path, Vec::new()));
        }
    }

    #[test]
    fn a_provider_is_named_in_the_middle() {
        let path = |name: &str| read(&[(name, "x")]).0[0].1.join("/");
        assert_eq!(path("FREEHOLD_AUTH_PROVIDERS_GOOGLE_CLIENT_ID"), "auth/providers/google/client_id");
        assert_eq!(path("FREEHOLD_AUTH_PROVIDERS_LINKEDIN_OIDC_API_URL"), "auth/providers/linkedin_oidc/api_url");
        assert_eq!(path("FREEHOLD_AUTH_PROVIDERS"), "auth/providers");
    }

    #[test]
    fn an_unknown_variable_is_told_with_the_one_that_was_meant() {
        for (name, said) in [
            ("FREEHOLD_LISTN", "Did you mean FREEHOLD_LISTEN?"),
            ("FREEHOLD_SIGNUP_DISABLED", "Did you mean FREEHOLD_AUTH_SIGNUP_DISABLED?"),
            ("FREEHOLD_AUTH__SIGNUP_DISABLED", "Did you mean FREEHOLD_AUTH_SIGNUP_DISABLED?"),
            ("freehold_auth_autoconfirm", "Did you mean FREEHOLD_AUTH_AUTOCONFIRM?"),
            ("FREEHOLD_DATABASE_URL", "Did you mean DATABASE_URL?"),
            ("FREEHOLD_DATABSE_CONNECTIONS", "Did you mean FREEHOLD_DATABASE_CONNECTIONS?"),
            ("FREEHOLD_BILLING_PRICES_X", "FREEHOLD_BILLING_PRICES, as"),
            ("FREEHOLD_AUTH_PROVIDERS_GOOGLE_COLOUR", "FREEHOLD_AUTH_PROVIDERS, as"),
            ("FREEHOLD_COFFEE", "Unset it"),
        ] {
            let (found, problems) = read(&[(name, "secret-value")]);
            assert!(found.is_empty() && problems.len() == 1, "{name}: {found:?} {problems:?}");
            assert!(problems[0].starts_with(name) && problems[0].contains(said), "{problems:?}");
            assert!(!problems[0].contains("secret-value"));
        }
    }

    #[test]
    fn variables_that_others_set_for_a_service_called_freehold_stop_nothing() {
        for (name, value) in [
            ("FREEHOLD_SERVICE_HOST", "10.96.0.12"),
            ("FREEHOLD_SERVICE_PORT", "80"),
            ("FREEHOLD_SERVICE_PORT_HTTP", "80"),
            ("FREEHOLD_PORT", "tcp://10.96.0.12:80"),
            ("FREEHOLD_PORT_80_TCP", "tcp://10.96.0.12:80"),
            ("FREEHOLD_PORT_80_TCP_PROTO", "tcp"),
            ("FREEHOLD_PORT_80_TCP_PORT", "80"),
            ("FREEHOLD_PORT_80_TCP_ADDR", "10.96.0.12"),
            ("FREEHOLD_WEB_SERVICE_HOST", "10.96.0.12"),
            ("FREEHOLD_WEB_PORT", "tcp://10.96.0.12:80"),
            ("FREEHOLD_WEB_PORT_8080_UDP_ADDR", "10.96.0.12"),
            ("FREEHOLD_NAME", "/app/freehold"),
            ("FREEHOLD_POSTGRES_TEST_DATA", "/tmp/x"),
            ("FREEHOLD_LISTN", ""),
            ("DATABASE_URI", "x"),
        ] {
            assert_eq!(read(&[(name, value)]), (Vec::new(), Vec::new()), "{name}");
        }
        for (name, value) in [("FREEHOLD_PORT", "8080"), ("FREEHOLD_PORT_EIGHTY", "1"), ("FREEHOLD_NAME", "shop")] {
            assert_eq!(read(&[(name, value)]).1.len(), 1, "{name}");
        }
    }

    #[test]
    fn values_are_read_by_their_kind() {
        let text = |text: &str, shape: &Shape| value(text, shape).map(|value| value.to_string());
        for (given, expected) in [("true", "true"), ("No", "false"), ("1", "true"), ("off", "false")] {
            assert_eq!(text(given, &Shape::Bool).unwrap(), expected);
        }
        assert_eq!(text(" 16 ", &Shape::Number).unwrap(), "16");
        assert_eq!(text("8080", &Shape::Text).unwrap(), "\"8080\"");
        for list in ["a, b", "[\"a\", \"b\"]", "a,b,"] {
            assert_eq!(value(list, &Shape::List).unwrap().as_array().unwrap().len(), 2, "{list}");
        }
        assert!(value("[]", &Shape::List).unwrap().as_array().unwrap().is_empty());
        let open = Shape::Open(Box::new(Shape::Text));
        for table in ["{ price_1Abc = \"pro/year\" }", "{\"price_1Abc\": \"pro/year\"}"] {
            assert_eq!(value(table, &open).unwrap()["price_1Abc"].as_str(), Some("pro/year"), "{table}");
        }
        for (wrong, shape, said) in [
            ("maybe", Shape::Bool, "true or false"),
            ("eight", Shape::Number, "whole number"),
            ("[a", Shape::List, "list"),
            ("x", open, "section"),
        ] {
            assert!(value(wrong, &shape).unwrap_err().contains(said), "{wrong}");
        }
    }
}
