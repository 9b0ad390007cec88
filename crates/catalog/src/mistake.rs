//! Errors in a file, for its author.

use std::{error, fmt};

/// An error in a file: `products/voice/product.toml:31: plan "free": calls = -1 — write "unlimited"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Name of the file, as the caller gave it.
    pub file: String,
    /// Line in the file, from 1.
    pub line: usize,
    /// Place in the product, the value there, and what was expected.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// All errors of a file in the order of its lines; never empty. Prints one per line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// `None` without errors.
    pub(crate) fn new(mut mistakes: Vec<Mistake>) -> Option<Self> {
        mistakes.sort_by_key(|mistake| mistake.line);
        (!mistakes.is_empty()).then_some(Self(mistakes))
    }

    /// A single error.
    pub(crate) fn one(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }

    /// The errors, in the order of their lines.
    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Mistakes {
    type Item = &'a Mistake;
    type IntoIter = std::slice::Iter<'a, Mistake>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl error::Error for Mistakes {}
