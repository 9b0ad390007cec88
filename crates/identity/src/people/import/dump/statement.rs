//! Telling statements from texts, and parsing those that are needed.

use std::collections::HashMap;

use super::{
    Table,
    reader::{Named, Reader, escape, is_of_word},
};

/// Number of characters of a statement that decide whether it is needed.
const BEGINNING: usize = 96;

/// Splits lines into statements as Postgres' lexer does: nothing inside a text, a name or a comment ends one.
#[derive(Default)]
pub(super) struct Scanner {
    state: State,
    /// The statement so far; for a statement that is skipped, only its beginning.
    text: String,
    first_line: u64,
    passed_by: bool,
    /// The two characters before the next one.
    before: [char; 2],
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Plain,
    /// In `'…'`; in `E'…'`, backslashes are escapes.
    Text { escapes: bool },
    /// In `"…"`.
    Name,
    /// In `$tag$…$tag$`.
    Dollar(String),
    /// In `/* … */`, nested this deep.
    Comment(u32),
}

impl Scanner {
    /// Drops an unfinished statement and returns its text, if there is one.
    pub(super) fn forget(&mut self) -> Option<String> {
        let open = self.state != State::Plain || !self.text.trim().is_empty() || self.passed_by;
        let text = std::mem::take(self).text;
        open.then_some(text)
    }

    /// Reads a line and returns the statements that end in it, each with the line in which it began.
    pub(super) fn line(&mut self, line: &str, number: u64) -> Vec<(u64, String)> {
        let between = self.state == State::Plain && self.text.trim().is_empty() && !self.passed_by;
        if between {
            self.text.clear();
            self.first_line = number;
            // A psql command.
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
            // A comment counts as a space.
            let letters = piece.chars().map(|letter| if commented { ' ' } else { letter });
            self.before = letters.fold(self.before, |[_, last], letter| [last, letter]);
            rest = behind;
        }
        self.before = [self.before[1], '\n'];
        if !self.passed_by {
            self.text.push('\n');
            if self.text.trim_start().len() >= BEGINNING && !is_wanted(&self.text) {
                // The beginning is enough to know what kind of statement it was.
                self.text = self.text.trim_start().chars().take(BEGINNING).collect();
                self.passed_by = true;
            }
        }
        ended
    }

    /// The number of bytes that form the next token, and whether the token ends the statement.
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

/// `$tag$` or `$$` at the start of the text.
fn dollar_tag(rest: &str) -> Option<&str> {
    let end = rest[1..].find('$')? + 2;
    let tag = &rest[1..end - 1];
    let good = tag.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !tag.starts_with(|letter: char| letter.is_ascii_digit());
    good.then(|| &rest[..end])
}

/// Whether a statement with this beginning must be read to its end.
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

/// A parsed statement.
pub(super) enum Statement {
    /// A statement without rows.
    Nothing,
    /// The encoding of the dump.
    Encoding(String),
    /// A table that is imported, with its columns.
    Create(Table, Vec<String>),
    /// Rows of a table that is imported follow.
    Copy((Table, Vec<String>)),
    /// Rows of another table follow.
    CopyOther(String),
    /// Rows of a table that is imported follow, in a format that cannot be read.
    StrangeCopy,
    /// Rows of a table that is imported.
    Insert(Table, Vec<String>, Vec<Vec<Option<String>>>),
    /// Rows of another table.
    InsertOther(String),
}

impl Statement {
    /// Whether it begins like one of the statements that dumps have.
    pub(super) fn is_sql(text: &str) -> bool {
        const WORDS: [&str; 16] = [
            "alter", "begin", "comment", "commit", "copy", "create", "delete", "do", "drop", "grant", "insert",
            "reset", "revoke", "select", "set", "truncate",
        ];
        WORDS.into_iter().any(|word| Reader(text).word(word))
    }

    /// Parses a statement. `created` has the columns of tables, for rows that do not name theirs.
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

/// The values of a row of a `COPY`: separated by tabs, `\N` for null.
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
