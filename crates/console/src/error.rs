//! The error pages for browsers.

use askama::Template;

use crate::Shell;

/// A page in place of the requested one.
#[derive(Clone, Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The error, in words for the visitor.
    pub trouble: Trouble,
}

/// An error that a browser shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// 404: the page does not exist, or the user may not see it.
    NotFound,
    /// 4xx: the server does not do what a form or link asked for.
    Refused {
        /// HTTP status of the answer.
        status: u16,
        /// The reason, as a problem document states it.
        message: String,
    },
    /// 500: an internal error.
    Internal {
        /// Id of the request in the log.
        trace_id: String,
    },
    /// 503: a service that the server depends on does not answer.
    Unavailable {
        /// Seconds until the next try; none when unknown.
        retry_after_seconds: Option<u64>,
    },
    /// 429: too many requests from the same network.
    TooMany {
        /// Seconds until the next try; none when unknown.
        retry_after_seconds: Option<u64>,
    },
}

impl Trouble {
    /// HTTP status of the page.
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Refused { status, .. } => *status,
            Self::Internal { .. } => 500,
            Self::Unavailable { .. } => 503,
            Self::TooMany { .. } => 429,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "Page not found",
            Self::Refused { .. } => "That is not possible",
            Self::Internal { .. } => "Something went wrong on our side",
            Self::Unavailable { .. } => "Temporarily unavailable",
            Self::TooMany { .. } => "Too many requests",
        }
    }
}

impl ErrorPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}
