//! Telling statements from texts, and taking apart those that are wanted.

use std::collections::HashMap;

use super::Table;

/// So much of a statement is looked at to see whether it is wanted.
const BEGINNING: usize = 96;

/// Splits lines into statements, as Postgres' own lexer does: nothing in a text, a name or a comment ends one.
#[derive(Default)]
pub(super) struct Scanner {
    state: State,
    /// The statement so far; while it is skipped, its beginning.
    text: String,
    first_line: u64,
    passed_by: bool,
    /// The two letters before the next one.
    before: [char; 2],
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Plain,
    /// In `'…'`; with backslashes that mean something in `E'…'`.
    Text { escapes: bool },
    /// In `"…"`.
    Name,
    /// In `$tag$…$tag$`.
    Dollar(String),
    /// In `/* … */`, so deep.
    Comment(u32),
}

impl Scanner {
    /// Forgets what was begun; its text, if something was.
    pub(super) fn forget(&mut self) -> Option<String> {
        let open = self.state != State::Plain || !self.text.trim().is_empty() || self.passed_by;
        let text = std::mem::take(self).text;
        open.then_some(text)
    }

    /// Takes a line, and gives the statements that end in it, each with the line in which it began.
    pub(super) fn line(&mut self, line: &str, number: u64) -> Vec<(u64, String)> {
        let between = self.state == State::Plain && self.text.trim().is_empty() && !self.passed_by;
        if between {
            self.text.clear();
            self.first_line = number;
            // A command for psql itself.
            if line.starts_with('\\') {
                return Vec::new();
            }
        }
        let mut ended = Vec::new();
        let mut rest = line;
        while !rest.is_empty() {
            let was_comment = matches!(self.state, State::Comment(_));
            let (taken, ends) = self.step(rest);
            let (piece, behind) = rest.split_at(taken);
            let commented = was_comment || matches!(self.state, State::Comment(_)) || piece.starts_with("--");
            if ends {
                ended.push((self.first_line, std::mem::take(&mut self.text)));
                self.passed_by = false;
                self.first_line = number;
            } else if !self.passed_by && !commented {
                self.text.push_str(piece);
            }
            // A comment is as good as a space.
            let letters = piece.chars().map(|letter| if commented { ' ' } else { letter });
            self.before = letters.fold(self.before, |[_, last], letter| [last, letter]);
            rest = behind;
        }
        self.before = [self.before[1], '\n'];
        if !self.passed_by {
            self.text.push('\n');
            if self.text.trim_start().len() >= BEGINNING && !is_wanted(&self.text) {
                // Its beginning says what it was.
                self.text = self.text.trim_start().chars().take(BEGINNING).collect();
                self.passed_by = true;
            }
        }
        ended
    }

    /// How many bytes belong together, and whether they end the statement.
    fn step(&mut self, rest: &str) -> (usize, bool) {
        let first = rest.chars().next().map_or(0, char::len_utf8);
        match &mut self.state {
            State::Plain => return self.step_plain(rest, first),
            State::Text { escapes } => {
                if *escapes && rest.starts_with('\\') {
                    return (first + rest[first..].chars().next().map_or(0, char::len_utf8), false);
                }
                if rest.starts_with("''") {
                    return (2, false);
                }
                if rest.starts_with('\'') {
                    self.state = State::Plain;
                }
            }
            State::Name => {
                if rest.starts_with('"') {
                    self.state = State::Plain;
                }
            }
            State::Dollar(tag) => {
                let length = tag.len();
                if rest.starts_with(tag.as_str()) {
                    self.state = State::Plain;
                    return (length, false);
                }
            }
            State::Comment(depth) => {
                if rest.starts_with("/*") {
                    *depth += 1;
                    return (2, false);
                }
                if rest.starts_with("*/") {
                    *depth -= 1;
                    if *depth == 0 {
                        self.state = State::Plain;
                        self.text.push(' ');
                    }
                    return (2, false);
                }
            }
        }
        (first, false)
    }

    fn step_plain(&mut self, rest: &str, first: usize) -> (usize, bool) {
        if rest.starts_with("--") {
            return (rest.len(), false);
        }
        if rest.starts_with("/*") {
            self.state = State::Comment(1);
            return (2, false);
        }
        match rest.as_bytes()[0] {
            b';' => return (1, true),
            b'"' => self.state = State::Name,
            b'\'' => {
                let [earlier, last] = self.before;
                self.state = State::Text { escapes: (last == 'E' || last == 'e') && !is_of_word(earlier) };
            }
            b'$' if !is_of_word(self.before[1]) => {
                if let Some(tag) = dollar_tag(rest) {
                    let length = tag.len();
                    self.state = State::Dollar(tag.to_owned());
                    return (length, false);
                }
            }
            _ => {}
        }
        (first, false)
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

/// `$tag$` or `$$` at the beginning.
fn dollar_tag(rest: &str) -> Option<&str> {
    let end = rest[1..].find('$')? + 2;
    let tag = &rest[1..end - 1];
    let good = tag.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !tag.starts_with(|letter: char| letter.is_ascii_digit());
    good.then(|| &rest[..end])
}

/// Whether this is the beginning of what has to be read to its end.
fn is_wanted(text: &str) -> bool {
    let mut reader = Reader(text);
    if reader.word("copy") {
        return true;
    }
    let mut reader = Reader(text);
    if reader.word("insert") {
        return reader.word("into") && matches!(reader.table(), Named::Wanted(_));
    }
    reader.create() && matches!(reader.table(), Named::Wanted(_))
}

/// A statement, as far as it matters.
pub(super) enum Statement {
    /// One that says nothing of rows.
    Nothing,
    /// The encoding of the dump.
    Encoding(String),
    /// A table that is wanted, with its columns.
    Create(Table, Vec<String>),
    /// Rows of a table that is wanted follow.
    Copy((Table, Vec<String>)),
    /// Rows of another table follow.
    CopyOther(String),
    /// Rows of a table that is wanted follow, in a form that cannot be read.
    StrangeCopy,
    /// Rows of a table that is wanted.
    Insert(Table, Vec<String>, Vec<Vec<Option<String>>>),
    /// Rows of another table.
    InsertOther(String),
}

impl Statement {
    /// Whether it begins as one of those that dumps have.
    pub(super) fn is_sql(text: &str) -> bool {
        const WORDS: [&str; 16] = [
            "alter", "begin", "comment", "commit", "copy", "create", "delete", "do", "drop", "grant", "insert",
            "reset", "revoke", "select", "set", "truncate",
        ];
        WORDS.into_iter().any(|word| Reader(text).word(word))
    }

    /// Reads it. `created` are the columns of tables, for rows that do not name theirs.
    pub(super) fn read(text: &str, created: &HashMap<Table, Vec<String>>) -> Result<Self, &'static str> {
        let mut reader = Reader(text);
        if reader.word("copy") {
            return Ok(copy(reader, created));
        }
        if reader.word("set") {
            let named = reader.word("client_encoding") && (reader.sign('=') || reader.word("to"));
            let value = named.then(|| reader.0.trim().trim_matches('\'').to_owned());
            return Ok(value.map_or(Self::Nothing, Self::Encoding));
        }
        if reader.create() {
            let Named::Wanted(table) = reader.table() else { return Ok(Self::Nothing) };
            return Ok(reader.columns().map_or(Self::Nothing, |names| Self::Create(table, names)));
        }
        if !(reader.word("insert") && reader.word("into")) {
            return Ok(Self::Nothing);
        }
        let table = match reader.table() {
            Named::Wanted(table) => table,
            Named::Another(name) => return Ok(Self::InsertOther(name)),
            Named::Nothing => return Ok(Self::Nothing),
        };
        let names = reader.names().or_else(|| created.get(&table).cloned());
        let names = names.ok_or("the INSERT does not name its columns. Dump with --column-inserts")?;
        if reader.word("overriding") && !((reader.word("system") || reader.word("user")) && reader.word("value")) {
            return Err("the INSERT is not as pg_dump writes one");
        }
        if !reader.word("values") {
            return Err("the INSERT is not as pg_dump writes one");
        }
        let mut rows = Vec::new();
        loop {
            let row = reader.row().ok_or("the values of the INSERT could not be read")?;
            if row.len() != names.len() {
                return Err("a row has another number of values than there are columns");
            }
            rows.push(row);
            if !reader.sign(',') {
                return Ok(Self::Insert(table, names, rows));
            }
        }
    }
}

fn copy(mut reader: Reader<'_>, created: &HashMap<Table, Vec<String>>) -> Statement {
    let table = reader.table();
    let names = reader.names();
    if !(reader.word("from") && reader.word("stdin")) {
        return Statement::Nothing;
    }
    match table {
        Named::Wanted(table) => match names.or_else(|| created.get(&table).cloned()) {
            Some(names) if reader.is_over() => Statement::Copy((table, names)),
            _ => Statement::StrangeCopy,
        },
        Named::Another(name) => Statement::CopyOther(name),
        Named::Nothing => Statement::CopyOther(String::new()),
    }
}

/// What a statement names where a table is expected.
enum Named {
    /// One of those that are imported.
    Wanted(Table),
    /// Another one.
    Another(String),
    /// None.
    Nothing,
}

/// What is left to read of a statement.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn is_over(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// Passes by this word, if it comes next, in whatever case.
    fn word(&mut self, word: &str) -> bool {
        let rest = self.0.trim_start();
        let Some(found) = rest.get(..word.len()).filter(|found| found.eq_ignore_ascii_case(word)) else { return false };
        let behind = &rest[found.len()..];
        if behind.starts_with(is_of_word) {
            return false;
        }
        self.0 = behind;
        true
    }

    /// Passes by this sign, if it comes next.
    fn sign(&mut self, sign: char) -> bool {
        let rest = self.0.trim_start().strip_prefix(sign);
        if let Some(rest) = rest {
            self.0 = rest;
        }
        rest.is_some()
    }

    /// A name, in quotes or not.
    fn name(&mut self) -> Option<String> {
        let rest = self.0.trim_start();
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut name = String::new();
            let mut letters = quoted.char_indices();
            while let Some((at, letter)) = letters.next() {
                if letter != '"' {
                    name.push(letter);
                } else if quoted[at + 1..].starts_with('"') {
                    name.push('"');
                    letters.next();
                } else {
                    self.0 = &quoted[at + 1..];
                    return Some(name);
                }
            }
            return None;
        }
        let end = rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len());
        if end == 0 {
            return None;
        }
        self.0 = &rest[end..];
        Some(rest[..end].to_lowercase())
    }

    /// A table with its schema.
    fn table(&mut self) -> Named {
        let Some(schema) = self.name() else { return Named::Nothing };
        if !self.sign('.') {
            return Named::Another(schema);
        }
        let Some(name) = self.name() else { return Named::Nothing };
        let found = Table::ALL.into_iter().find(|table| table.name() == name);
        found.filter(|_| schema == "auth").map_or_else(|| Named::Another(format!("{schema}.{name}")), Named::Wanted)
    }

    /// `CREATE TABLE`, with what may stand in it.
    fn create(&mut self) -> bool {
        if !self.word("create") {
            return false;
        }
        let _ = self.word("unlogged");
        if !self.word("table") {
            return false;
        }
        if self.word("if") {
            let _ = self.word("not") && self.word("exists");
        }
        true
    }

    /// The names of the columns of a `CREATE TABLE`, without its constraints.
    fn columns(&mut self) -> Option<Vec<String>> {
        const NO_COLUMNS: [&str; 7] = ["constraint", "primary", "unique", "check", "foreign", "exclude", "like"];
        if !self.sign('(') {
            return None;
        }
        let mut names = Vec::new();
        loop {
            let is_quoted = self.0.trim_start().starts_with('"');
            let name = self.name()?;
            if is_quoted || !NO_COLUMNS.contains(&name.as_str()) {
                names.push(name);
            }
            // The rest of the column, in which commas stand in brackets and texts only.
            let (mut depth, mut quote) = (0_u32, None);
            let end = self.0.find(|letter| {
                match (quote, letter) {
                    (Some(open), _) if open == letter => quote = None,
                    (Some(_), _) => {}
                    (None, '\'' | '"') => quote = Some(letter),
                    (None, '(') => depth += 1,
                    (None, ')') if depth > 0 => depth -= 1,
                    (None, ',' | ')') if depth == 0 => return true,
                    _ => {}
                }
                false
            })?;
            let is_last = self.0[end..].starts_with(')');
            self.0 = &self.0[end + 1..];
            if is_last {
                return Some(names);
            }
        }
    }

    /// `(id, "email")`.
    fn names(&mut self) -> Option<Vec<String>> {
        if !self.sign('(') {
            return None;
        }
        let mut names = vec![self.name()?];
        while self.sign(',') {
            names.push(self.name()?);
        }
        self.sign(')').then_some(names)
    }

    /// `('a', null, 1)`.
    fn row(&mut self) -> Option<Vec<Option<String>>> {
        if !self.sign('(') {
            return None;
        }
        let mut values = Vec::new();
        self.value_into(&mut values)?;
        while self.sign(',') {
            self.value_into(&mut values)?;
        }
        self.sign(')').then_some(values)
    }

    /// Reads a value, of which none is `null`, behind the others.
    fn value_into(&mut self, values: &mut Vec<Option<String>>) -> Option<()> {
        let rest = self.0.trim_start();
        let escaped = rest.strip_prefix(['E', 'e']).and_then(|rest| rest.strip_prefix('\''));
        let found = match (escaped, rest.strip_prefix('\'')) {
            (Some(text), _) => Some(self.text(text, true)?),
            (None, Some(text)) => Some(self.text(text, false)?),
            (None, None) => {
                let end = rest.find([',', ')', ':', ' ', '\n']).filter(|end| *end > 0)?;
                let word = &rest[..end];
                self.0 = &rest[end..];
                // Nothing that is worked out: pg_dump writes constants.
                if !word.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-._".contains(letter)) {
                    return None;
                }
                (!["null", "default"].iter().any(|nothing| word.eq_ignore_ascii_case(nothing))).then(|| word.to_owned())
            }
        };
        self.cast()?;
        values.push(found);
        Some(())
    }

    /// The rest of a text behind its first quote.
    fn text(&mut self, rest: &str, escapes: bool) -> Option<String> {
        let start = self.0.len() - rest.len();
        let mut text = String::new();
        let mut letters = rest.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\'' if letters.peek().is_some_and(|(_, next)| *next == '\'') => {
                    text.push('\'');
                    letters.next();
                }
                '\'' => {
                    self.0 = &self.0[start + at + 1..];
                    return Some(text);
                }
                '\\' if escapes => {
                    let (_, next) = letters.next()?;
                    text.push(escape(next)?);
                }
                _ => text.push(letter),
            }
        }
        None
    }

    /// `::jsonb`, `::timestamp with time zone`, `::character varying(255)`: what the column is anyway.
    fn cast(&mut self) -> Option<()> {
        while let Some(rest) = self.0.trim_start().strip_prefix("::") {
            let mut depth = 0;
            let end = rest.find(|letter| {
                match letter {
                    '(' => depth += 1,
                    ')' if depth > 0 => depth -= 1,
                    ')' | ',' => return true,
                    _ => {}
                }
                false
            })?;
            self.0 = &rest[end..];
        }
        Some(())
    }
}

fn escape(letter: char) -> Option<char> {
    Some(match letter {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        // Bytes by their number: pg_dump writes none.
        '0'..='9' | 'x' | 'u' | 'U' => return None,
        other => other,
    })
}

/// The values of a row of a `COPY`: apart by tabs, `\N` for null.
pub(super) fn copy_row(line: &str) -> Result<Vec<Option<String>>, &'static str> {
    line.split('\t').map(copy_value).collect()
}

fn copy_value(value: &str) -> Result<Option<String>, &'static str> {
    if value == "\\N" {
        return Ok(None);
    }
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            let next = letters.next().ok_or("a value ends in a backslash")?;
            text.push(escape(next).ok_or("a value holds bytes by their number")?);
        } else {
            text.push(letter);
        }
    }
    Ok(Some(text))
}
