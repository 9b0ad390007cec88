//! The links of the navigation. A page is in it because it added itself to the list; nothing else names it.

use std::sync::Arc;

use axum::http::request::Parts;
use freehold_core::Caller;
use freehold_web::{Group, NavItem};

/// What all pages of the server share.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The links of the navigation, in their order.
    pub navigation: Vec<NavItem>,
}

/// A group of links in the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavGroup {
    /// Which group it is; its name is the heading.
    pub group: Group,
    /// The links that the user may follow.
    pub entries: Vec<NavEntry>,
}

/// A link of the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavEntry {
    /// Path of the page.
    pub path: String,
    /// Label of the link.
    pub label: String,
    /// Whether the link is that of the page shown.
    pub current: bool,
}

impl Site {
    /// A site with these links. The router carries it as `Extension<Arc<Site>>`.
    pub fn new(navigation: impl IntoIterator<Item = NavItem>) -> Arc<Self> {
        Arc::new(Self { navigation: navigation.into_iter().collect() })
    }

    /// The site of a request.
    pub fn of(parts: &Parts) -> Arc<Self> {
        parts.extensions.get::<Arc<Self>>().cloned().unwrap_or_default()
    }

    /// Whether this path is a page of the navigation, or below one: these pages use the session's cookie.
    pub fn has(&self, path: &str) -> bool {
        self.navigation.iter().any(|item| is_below(path, item.path))
    }

    /// The links for a caller, in groups; without one only those of the account.
    pub(crate) fn groups(&self, caller: Option<&Caller>, path: &str) -> Vec<NavGroup> {
        let shown = |item: &&NavItem| match (item.group, caller) {
            // These pages are the user's own, and show nothing to an operator in their place.
            (Group::Account, caller) => caller.is_none_or(|caller| caller.impersonator().is_none()),
            (_, None) => item.path == "/home",
            (_, Some(caller)) => item.needs.is_none_or(|permission| caller.allow(permission).is_ok()),
        };
        let group = |group: Group| NavGroup {
            group,
            entries: (self.navigation.iter().filter(|item| item.group == group).filter(shown))
                .map(|item| NavEntry {
                    path: item.path.to_owned(),
                    label: item.label.to_owned(),
                    current: is_below(path, item.path),
                })
                .collect(),
        };
        Group::ALL.map(group).into_iter().filter(|group| !group.entries.is_empty()).collect()
    }
}

impl NavGroup {
    /// Heading of the group; empty for none.
    pub fn heading(&self) -> &'static str {
        self.group.heading()
    }
}

fn is_below(path: &str, page: &str) -> bool {
    path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_below_a_link_belong_to_it() {
        let item = |path, label| NavItem { path, label, group: Group::Organization, needs: None };
        let site = Site::new([item("/keys", "API keys"), item("/members", "Members")]);
        for (path, known) in
            [("/keys", true), ("/keys/7/revoke", true), ("/keysx", false), ("/", false), ("//members", false)]
        {
            assert_eq!(site.has(path), known, "{path}");
        }
        assert!(site.groups(None, "/keys").is_empty(), "links of an organization without one");
    }
}
