//! Collecting errors.

use std::{cell::RefCell, ops::Range};

use crate::mistake::{Mistake, Mistakes};

/// The text with the errors found so far.
pub(crate) struct Report<'t> {
    file: &'t str,
    text: &'t str,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'t> Report<'t> {
    pub(crate) fn new(file: &'t str, text: &'t str) -> Self {
        Self { file, text, mistakes: RefCell::default() }
    }

    /// Adds an error at this byte of the text.
    pub(crate) fn say(&self, offset: usize, message: String) {
        let before = self.text.as_bytes().iter().take(offset);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        self.mistakes.borrow_mut().push(Mistake { file: self.file.to_owned(), line, message });
    }

    /// Adds the error for a text that is not TOML.
    pub(crate) fn say_syntax(&self, error: &toml::de::Error) {
        let span = error.span().unwrap_or_default();
        let start = span.start;
        let at = Some(self.written(span)).filter(|written| !written.is_empty());
        let at = at.map(|written| format!(" at `{written}`")).unwrap_or_default();
        self.say(start, format!("not TOML{at}: {}", error.message()));
    }

    /// The text at this place, shortened for a message.
    pub(crate) fn written(&self, span: Range<usize>) -> String {
        const MOST: usize = 40;
        let text = self.text.get(span).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        let short: String = line.chars().take(MOST).collect();
        if short.len() < text.len() { format!("{short}…") } else { short }
    }

    /// The product, or else all errors.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Mistakes> {
        match (Mistakes::new(self.mistakes.into_inner()), read) {
            (Some(mistakes), _) => Err(mistakes),
            (None, Some(product)) => Ok(product),
            // This cannot happen, since a reader without a result has reported an error. A message is still better than
            // a panic.
            (None, None) => {
                let message = "could not be read, and no reason was found: please report this file".to_owned();
                Err(Mistakes::one(Mistake { file: self.file.to_owned(), line: 1, message }))
            }
        }
    }
}
