//! A page's link in the navigation. It is here so that a product can list its pages; the page kit shows them.

use freehold_core::Permission;

/// A link of the navigation, which a page adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NavItem {
    /// Path of the page: `/members`. Paths below it belong to the page, too.
    pub path: &'static str,
    /// Label of the link: `Members`.
    pub label: &'static str,
    /// Where the link stands.
    pub group: Group,
    /// The permission without which the link is not shown; none: every member sees it.
    pub needs: Option<Permission>,
}

/// A group of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The home page and the product's own pages, without a heading.
    Product,
    /// Pages about the organization: members, keys, billing.
    Organization,
    /// Pages about the signed-in user; in the account menu, too, also for users without an organization.
    Account,
}

impl Group {
    /// All groups, in their order.
    pub const ALL: [Self; 3] = [Self::Product, Self::Organization, Self::Account];

    /// Heading of the group; empty for none.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Product => "",
            Self::Organization => "Organization",
            Self::Account => "You",
        }
    }
}
