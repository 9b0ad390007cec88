//! Parsing a statement: words, signs, names and values, each consumed as it is read.

use super::Table;

/// Whether the character may be part of a word.
pub(super) fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

/// The table that a statement names.
pub(super) enum Named {
    /// A table that is imported.
    Wanted(Table),
    /// Another table.
    Another(String),
    /// No table.
    Nothing,
}

/// The rest of a statement that is still to be read.
pub(super) struct Reader<'a>(pub(super) &'a str);

impl Reader<'_> {
    pub(super) fn is_over(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// Consumes this word if it comes next, ignoring case.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let rest = self.0.trim_start();
        let Some(found) = rest.get(..word.len()).filter(|found| found.eq_ignore_ascii_case(word)) else { return false };
        let behind = &rest[found.len()..];
        if behind.starts_with(is_of_word) {
            return false;
        }
        self.0 = behind;
        true
    }

    /// Consumes this sign if it comes next.
    pub(super) fn sign(&mut self, sign: char) -> bool {
        let rest = self.0.trim_start().strip_prefix(sign);
        if let Some(rest) = rest {
            self.0 = rest;
        }
        rest.is_some()
    }

    /// Reads a name, quoted or not.
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

    /// Reads a table name with its schema.
    pub(super) fn table(&mut self) -> Named {
        let Some(schema) = self.name() else { return Named::Nothing };
        if !self.sign('.') {
            return Named::Another(schema);
        }
        let Some(name) = self.name() else { return Named::Nothing };
        let found = Table::ALL.into_iter().find(|table| table.name() == name);
        found.filter(|_| schema == "auth").map_or_else(|| Named::Another(format!("{schema}.{name}")), Named::Wanted)
    }

    /// Reads `CREATE TABLE` with its options.
    pub(super) fn create(&mut self) -> bool {
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

    /// Reads the column names of a `CREATE TABLE`, without its constraints.
    pub(super) fn columns(&mut self) -> Option<Vec<String>> {
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
            // Skips the rest of the column; commas occur there only in brackets and texts.
            let (mut depth, mut quote) = (0_u32, None);
            let end = self.0.find(|letter| {
                match (quote, letter) {
                    (Some(open), _) if open == letter => quote = None,
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

    /// Reads `(id, "email")`.
    pub(super) fn names(&mut self) -> Option<Vec<String>> {
        if !self.sign('(') {
            return None;
        }
        let mut names = vec![self.name()?];
        while self.sign(',') {
            names.push(self.name()?);
        }
        self.sign(')').then_some(names)
    }

    /// Reads `('a', null, 1)`.
    pub(super) fn row(&mut self) -> Option<Vec<Option<String>>> {
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

    /// Reads a value and appends it; `null` becomes none.
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
                // No expressions: pg_dump writes constants.
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

    /// Reads the rest of a text after its opening quote.
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

    /// Skips `::jsonb`, `::timestamp with time zone`, `::character varying(255)`: the column has that type anyway.
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

/// The character that a backslash escape stands for; none: the escape gives a byte by its number.
pub(super) fn escape(letter: char) -> Option<char> {
    Some(match letter {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        // Escapes of bytes by number: pg_dump writes none.
        '0'..='9' | 'x' | 'u' | 'U' => return None,
        other => other,
    })
}
