//! The settings as layers: the defaults, overridden by the file, the environment and the command line. Each value has
//! its source, so that an error can name it, and all mistakes are reported at once.

use std::{collections::BTreeMap, fmt, fs, io, ops::Range, path::Path};

use anyhow::{Context, Result, bail};
use freehold_module::{Setting, Settings};
use serde::de::DeserializeOwned;
use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

use super::{
    DEFAULTS,
    near::nearest,
    product::{NAME, ProductLayer, SECTION},
    shape::Shape,
    variables::{Environment, Variables, value, variable},
};

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The defaults.
    Default,
    /// A line of the settings file.
    File { file: String, line: usize },
    /// A variable of the environment.
    Variable(String),
    /// An option of the command line: `--listen`.
    CommandLine(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "{file}, line {line}"),
            Self::Variable(name) => f.write_str(name),
            Self::CommandLine(option) => f.write_str(option),
        }
    }
}

/// All mistakes found in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => f.write_str(one),
            many => {
                write!(f, "{} settings are wrong:", many.len())?;
                many.iter().try_for_each(|one| write!(f, "\n  {one}"))
            }
        }
    }
}

impl std::error::Error for Mistakes {}

/// The settings while the layers are merged.
pub(super) struct Layers<'s> {
    shape: &'s Shape,
    defaults: Table,
    values: Table,
    /// Sources by path, joined by dots. A path that is not here has its default.
    origins: BTreeMap<String, Origin>,
    /// The mistakes so far, each with its line in the file; mistakes of other sources come last.
    mistakes: Vec<(usize, String)>,
    /// Names of variables with secrets, in lower case, with the section's name or without.
    secrets: Vec<String>,
    /// The settings of the running product.
    product: ProductLayer<Origin>,
}

impl<'s> Layers<'s> {
    /// The defaults. `secrets` are variables that must not be set in the file.
    pub(super) fn new(shape: &'s Shape, secrets: Vec<String>) -> Result<Self> {
        let defaults: Table = DEFAULTS.parse().context("reading the built-in defaults")?;
        let (values, origins) = (defaults.clone(), BTreeMap::new());
        let (mistakes, product) = (Vec::new(), ProductLayer::default());
        Ok(Self { shape, defaults, values, origins, mistakes, secrets, product })
    }

    /// Adds the settings file: the given one, or `freehold.toml` if it exists.
    pub(super) fn file(&mut self, named: Option<&Path>) -> Result<()> {
        let path = named.unwrap_or_else(|| Path::new("freehold.toml"));
        let name = path.display().to_string();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                bail!("the settings file {name} is not UTF-8. Save it as UTF-8.")
            }
            Err(error) => {
                bail!("the settings file {name} cannot be read: {error}. Correct --config (FREEHOLD_CONFIG).")
            }
        };
        self.text(&name, text.trim_start_matches('\u{feff}'));
        Ok(())
    }

    fn text(&mut self, file: &str, text: &str) {
        let line = |span: Range<usize>| text[..span.start.min(text.len())].matches('\n').count() + 1;
        // The rest of the file after a syntax error is read, too, but may be misread.
        let (parsed, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map(|span| format!(", line {}", line(span))).unwrap_or_default();
            self.note(None, format!("{file}{at}: {}.", error.message().trim_end_matches('.')));
        }
        if errors.is_empty() {
            self.table(file, &line, &mut Vec::new(), parsed.get_ref());
        }
    }

    fn table(&mut self, file: &str, line: &dyn Fn(Range<usize>) -> usize, path: &mut Vec<String>, table: &DeTable<'_>) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            path.push(name.to_owned());
            let origin = Origin::File { file: file.to_owned(), line: line(key.span()) };
            match (self.shape.find(path), value.get_ref()) {
                (None, _) => self.unknown(&origin, path),
                (Some(Shape::Section(_) | Shape::Open(_)), DeValue::Table(below)) => {
                    self.table(file, line, path, below);
                }
                (Some(_), DeValue::Table(below)) if *path == [SECTION] => self.product_table(file, line, below),
                (Some(_), _) => self.set(path, plain(value), origin),
            }
            path.pop();
        }
    }

    /// `[product]`: the name of the product, and its settings.
    fn product_table(&mut self, file: &str, line: &dyn Fn(Range<usize>) -> usize, table: &DeTable<'_>) {
        for (key, value) in table {
            let origin = Origin::File { file: file.to_owned(), line: line(key.span()) };
            if *key.get_ref() == NAME {
                self.set(&[SECTION.to_owned()], plain(value), origin);
            } else {
                self.product.written.push((key.get_ref().to_string(), plain(value), origin));
            }
        }
    }

    /// Reads the settings that the modules of the running product declare: those that `declared` returns for its name.
    /// Of a product that does not exist it returns none.
    pub(super) fn product(
        &mut self,
        chosen: Option<&str>,
        environment: &Environment,
        declared: impl Fn(&str) -> Option<Vec<Setting>>,
    ) {
        let written = self.values.get(SECTION).and_then(Value::as_str);
        let variable = variable(&[SECTION.to_owned()]);
        let name = chosen.or_else(|| environment.get(&variable)).or(written).unwrap_or_default().trim();
        // That the product does not exist is reported where it is loaded.
        let Some(declared) = declared(name) else { return };
        for (origin, problem) in self.product.declare(declared) {
            self.note(Some(&origin), problem);
        }
        for problem in self.product.environment(environment, Origin::Variable) {
            self.note(None, problem);
        }
    }

    /// The settings of the running product, for its modules.
    pub(super) fn module_settings(&self) -> Settings {
        self.product.settings()
    }

    /// The variables with secrets of the running product, and whether each is set.
    pub(super) fn product_secrets(&self) -> Vec<(String, bool)> {
        self.product.secrets()
    }

    fn unknown(&mut self, origin: &Origin, path: &[String]) {
        let Some((name, section)) = path.split_last() else { return };
        let place = place(section);
        if let Some(variable) = self.secret(path) {
            let problem = format!(
                "{origin}: {name}{place} is a secret, and secrets stand in the environment, not in a file. Set {variable} there."
            );
            return self.note(Some(origin), problem);
        }
        let leaves = self.shape.leaves();
        let siblings: Vec<&str> = match self.shape.find(section) {
            Some(Shape::Section(keys)) => keys.iter().map(|(key, _)| *key).collect(),
            _ => Vec::new(),
        };
        // The same key in another section, if there is only one.
        let mut elsewhere = leaves.iter().filter(|(path, _)| path.last() == Some(name)).map(|(path, _)| path);
        let elsewhere = elsewhere.next().filter(|_| elsewhere.next().is_none());
        let hint = match (nearest(name, siblings.iter().copied()), elsewhere) {
            (Some(meant), _) => format!("Did you mean {meant}?"),
            (None, Some(path)) => format!("Did you mean {}?", named(path)),
            (None, None) => format!("There are {}.", siblings.join(", ")),
        };
        self.note(Some(origin), format!("{origin}: there is no setting {name}{place}. {hint}"));
    }

    /// The environment variable to use in place of this key of the file.
    fn secret(&self, path: &[String]) -> Option<&str> {
        let name = path.last()?.to_lowercase();
        if path.len() == 4 && path[..2] == ["auth", "providers"] && name == "client_secret" {
            return Some("FREEHOLD_PROVIDER_…_SECRET");
        }
        let whole = path.join("_").to_lowercase();
        let is = |variable: &&String| {
            let variable = variable.to_lowercase();
            let bare = variable.strip_prefix("freehold_").unwrap_or(&variable);
            [&name, &whole].into_iter().any(|text| text == &variable || text == bare)
        };
        self.secrets.iter().find(is).map(String::as_str)
    }

    /// Adds the environment.
    pub(super) fn environment(&mut self, environment: &Environment, mut others: Vec<String>) {
        others.extend(self.product.variables());
        let (found, problems) = Variables::of(self.shape, others).read(environment);
        for problem in problems {
            self.note(None, problem);
        }
        for (variable, mut path, text) in found {
            let Some(shape) = self.shape.find(&path) else { continue };
            match value(&text, shape) {
                Ok(value) => {
                    self.known_name(&mut path);
                    self.set(&path, value, Origin::Variable(variable));
                }
                Err(expected) => self.note(None, format!("{variable} is {text:?}. {expected}")),
            }
        }
    }

    /// Maps a variable's provider to the file's, whose name (`custom:acme-eu`) may have characters that variables
    /// cannot have.
    fn known_name(&self, path: &mut [String]) {
        let [auth, providers, name, _] = path else { return };
        let known = self.values.get(auth).and_then(|auth| auth.get(providers.as_str())).and_then(Value::as_table);
        let spelt = |name: &str| name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_").to_lowercase();
        if let Some(known) = known.and_then(|known| known.keys().find(|known| spelt(known) == *name)) {
            name.clone_from(known);
        }
    }

    /// Adds a variable with a short name.
    pub(super) fn short(&mut self, variable: &str, path: &[&str], environment: &Environment) {
        if let Some(text) = environment.get(variable) {
            let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
            self.set(&path, Value::String(text.to_owned()), Origin::Variable(variable.to_owned()));
        }
    }

    /// Adds an option of the command line.
    pub(super) fn option(&mut self, option: &'static str, path: &[&str], text: Option<String>) {
        if let Some(text) = text {
            let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
            self.set(&path, Value::String(text), Origin::CommandLine(option));
        }
    }

    fn set(&mut self, path: &[String], value: Value, origin: Origin) {
        let Some((key, section)) = path.split_last() else { return };
        let mut table = &mut self.values;
        for part in section {
            let below = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(below) = below else { return };
            table = below;
        }
        table.insert(key.clone(), value);
        self.origins.insert(path.join("."), origin);
    }

    fn reset(&mut self, path: &[String]) {
        let default = path.iter().try_fold(&Value::Table(self.defaults.clone()), |table, key| table.get(key)).cloned();
        let Some((key, section)) = path.split_last() else { return };
        let mut table = &mut self.values;
        for part in section {
            let Some(Value::Table(below)) = table.get_mut(part) else { return };
            table = below;
        }
        match default {
            Some(default) => drop(table.insert(key.clone(), default)),
            None => drop(table.remove(key)),
        }
    }

    /// Deserializes the settings. For each invalid value a mistake is recorded and its default used, so that the others
    /// are checked, too.
    pub(super) fn settle<T: DeserializeOwned>(&mut self) -> Result<T> {
        for _ in 0..=self.origins.len() {
            match serde_path_to_error::deserialize(self.values.clone()) {
                Ok(settings) => return Ok(settings),
                Err(error) => {
                    let path: Vec<String> = self.settable(error.path());
                    let message = error.inner().message().to_owned();
                    if path.is_empty() {
                        bail!("the settings cannot be read: {message}");
                    }
                    let (origin, problem) = (self.origin(&path), self.wrong(&path, &message));
                    self.note(Some(&origin), problem);
                    self.reset(&path);
                }
            }
        }
        self.finish()?;
        bail!("the settings cannot be read")
    }

    fn note(&mut self, origin: Option<&Origin>, problem: String) {
        let line = match origin {
            Some(Origin::File { line, .. }) => *line,
            _ => usize::MAX,
        };
        self.mistakes.push((line, problem));
    }

    /// Records a mistake that concerns no single value.
    pub(super) fn mistaken(&mut self, problems: impl IntoIterator<Item = String>) {
        for problem in problems {
            self.note(None, problem);
        }
    }

    /// Ends the check: an error with all mistakes, if there are any.
    pub(super) fn finish(&self) -> Result<()> {
        let mut mistakes = self.mistakes.clone();
        mistakes.sort_by_key(|(line, _)| *line);
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(Mistakes(mistakes.into_iter().map(|(_, told)| told).collect()).into())
        }
    }

    /// The part of the path that is a setting of its own: an item of a list is not.
    fn settable(&self, path: &serde_path_to_error::Path) -> Vec<String> {
        let mut keys = Vec::new();
        for segment in path {
            let serde_path_to_error::Segment::Map { key } = segment else { break };
            keys.push(key.clone());
            if !matches!(self.shape.find(&keys), Some(Shape::Section(_) | Shape::Open(_))) {
                break;
            }
        }
        keys
    }

    /// The message about a value that cannot be read. It contains the library's message only if that concerns the
    /// value's form.
    fn wrong(&self, path: &[String], message: &str) -> String {
        let value = path.iter().try_fold(&Value::Table(self.values.clone()), |table, key| table.get(key)).cloned();
        let value = value.map(|value| value.to_string()).unwrap_or_default();
        let shape = self.shape.find(path).unwrap_or(&Shape::Text);
        let of_kind = ["invalid type", "unknown variant", "invalid length", "missing field", "unknown field"];
        let expected = if of_kind.iter().any(|begin| message.starts_with(begin)) {
            shape.expected()
        } else if message.starts_with("invalid value") {
            let from = if value.starts_with('-') { "Write a whole number from 0." } else { "Write a smaller number." };
            format!("It is out of range. {from}")
        } else if message.contains("IP address syntax") || message.contains("prefix") {
            "Write ranges of addresses, such as [\"10.0.0.0/8\", \"2001:db8::/32\"].".to_owned()
        } else if message.contains("socket address syntax") {
            "Write an address and a port, such as 127.0.0.1:12111.".to_owned()
        } else {
            format!("{}.", message.trim_end_matches('.'))
        };
        match self.origin(path) {
            Origin::Variable(name) => format!("{name} is {value}. {expected}"),
            Origin::CommandLine(option) => format!("{option} is {value}. {expected}"),
            origin => format!("{origin}: {} is {value}. {expected}", named(path)),
        }
    }

    /// The source of the value at this path; for a section, of a value in it.
    pub(super) fn origin(&self, path: &[String]) -> Origin {
        let path = path.join(".");
        let below = format!("{path}.");
        let found = self.origins.get(&path);
        let within = || self.origins.iter().find(|(key, _)| key.starts_with(&below)).map(|(_, origin)| origin);
        found.or_else(within).cloned().unwrap_or(Origin::Default)
    }

    /// Records a mistake about a value that could be read, with its source.
    pub(super) fn check(&mut self, path: &str, problem: Option<String>) {
        let Some(problem) = problem else { return };
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        let origin = self.origin(&path);
        let problem = if origin == Origin::Default { problem } else { format!("{origin}: {problem}") };
        self.note(Some(&origin), problem);
    }

    /// Every setting with its value and its source.
    pub(super) fn every(&self) -> Vec<(String, String, Origin)> {
        let leaves = self.shape.leaves();
        let row = |path: &Vec<String>| {
            let value = path.iter().try_fold(&Value::Table(self.values.clone()), |table, key| table.get(key)).cloned();
            let value = value.map(|value| value.to_string().replace('\n', " ")).unwrap_or_default();
            (path.join("."), value, self.origin(path))
        };
        let of_product =
            |(path, value, origin): (_, _, Option<Origin>)| (path, value, origin.unwrap_or(Origin::Default));
        leaves.iter().map(|(path, _)| row(path)).chain(self.product.every().into_iter().map(of_product)).collect()
    }
}

/// ` in [auth]`, or an empty text without a section.
fn place(section: &[String]) -> String {
    if section.is_empty() { String::new() } else { format!(" in [{}]", section.join(".")) }
}

/// `signup_disabled in [auth]`.
fn named(path: &[String]) -> String {
    path.split_last().map(|(key, section)| format!("{key}{}", place(section))).unwrap_or_default()
}

/// The value without its position in the file.
fn plain(value: &Spanned<DeValue<'_>>) -> Value {
    match value.get_ref() {
        DeValue::Table(table) => {
            let pairs = table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value)));
            Value::Table(pairs.collect())
        }
        DeValue::Array(items) => Value::Array(items.iter().map(plain).collect()),
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(yes) => Value::Boolean(*yes),
        DeValue::Integer(number) => {
            let read = i64::from_str_radix(&number.as_str().replace('_', ""), number.radix());
            read.map_or_else(|_| Value::String(number.as_str().to_owned()), Value::Integer)
        }
        DeValue::Float(number) => {
            let text = number.as_str();
            text.replace('_', "").parse().map_or_else(|_| Value::String(text.to_owned()), Value::Float)
        }
        DeValue::Datetime(time) => Value::Datetime(*time),
    }
}

#[cfg(test)]
mod tests;
