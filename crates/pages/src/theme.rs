//! Light or dark.

use axum::http::{HeaderMap, HeaderValue};
use freehold_core::Result;
use freehold_web::{Backbone, Cookie, SameSite, cookie_read};

/// Name of the cookie.
const NAME: &str = "freehold_theme";
/// A year, in seconds.
const KEPT: u32 = 365 * 24 * 60 * 60;

/// The theme that the visitor chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// That of the visitor's system.
    #[default]
    System,
    /// Light colours, whatever the device prefers.
    Light,
    /// Dark colours, whatever the device prefers.
    Dark,
}

impl Theme {
    /// All themes, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Name of the theme: `system`, `light` or `dark`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Label of the theme in the menu.
    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The theme of this name; the system's for any other text.
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or_default()
    }

    /// The theme of a request.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        cookie_read(headers, NAME).map_or(Self::System, Self::of)
    }

    /// The cookie that keeps the theme.
    pub(crate) fn cookie(self, backbone: &Backbone) -> Result<HeaderValue> {
        let (value, seconds) = match self {
            Self::System => ("", 0),
            _ => (self.name(), KEPT),
        };
        Cookie { name: NAME, value, path: "/", same_site: SameSite::Lax, seconds: Some(seconds) }.header(backbone)
    }
}
