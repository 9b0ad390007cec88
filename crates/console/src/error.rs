//! What a browser shows when it goes wrong.

use askama::Template;

use crate::Brand;

/// A page instead of the one that was asked for.
#[derive(Clone, Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// Whose page it is.
    pub brand: Brand,
    /// What went wrong.
    pub trouble: Trouble,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no such page, or it is not the reader's: 404.
    NotFound,
    /// Something of ours failed: 500.
    Internal {
        /// Finds it in the log.
        trace_id: String,
    },
    /// Something we depend on is away for the moment: 503.
    Unavailable {
        /// When to try again.
        retry_after_seconds: Option<u64>,
    },
    /// Too much was asked for from the same place: 429.
    TooMany {
        /// When to try again.
        retry_after_seconds: Option<u64>,
    },
}

impl Trouble {
    /// The HTTP status to serve the page with.
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Internal { .. } => 500,
            Self::Unavailable { .. } => 503,
            Self::TooMany { .. } => 429,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "There is nothing here",
            Self::Internal { .. } => "Something went wrong on our side",
            Self::Unavailable { .. } => "We will be right back",
            Self::TooMany { .. } => "That was a little too often",
        }
    }
}

impl ErrorPage {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
