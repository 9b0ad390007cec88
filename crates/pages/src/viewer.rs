//! The signed-in user and their organizations, as every page shows them.

use std::sync::Arc;

use freehold_app::logo::logo_path;
use freehold_core::{Caller, PlaceRequest, Result, TenantId, codes};
use freehold_identity::user::{User, user_find};
use freehold_tenancy::member::{Membership, membership_find, membership_list};
use freehold_web::{Backbone, OperatorVisit, Visitor};

/// Most organizations in the switcher, besides the current one.
const ORGANIZATIONS: i64 = 100;

/// The signed-in user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Name of the user; none: they gave none.
    pub name: Option<String>,
    /// E-mail address of the user; empty for users without one.
    pub email: String,
    /// Their organizations, the last selected first, at most 100 and the current one.
    pub organizations: Vec<Organization>,
    /// Token that every form sends; see `Visitor::form_token`.
    pub token: String,
}

/// An organization of the signed-in user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Id of the organization.
    pub id: String,
    /// Name of the organization.
    pub name: String,
    /// The user's role: `viewer`, `member`, `admin`, `owner` or the name of a custom role.
    pub role: String,
    /// Path of the organization's logo; none: it has none.
    pub logo: Option<String>,
    /// Whether the page shows this organization.
    pub current: bool,
}

impl Viewer {
    /// What the account menu calls the user: their name, or their address.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(if self.email.is_empty() { "Account" } else { &self.email })
    }

    /// The letter on the account menu.
    pub fn initial(&self) -> String {
        let letter = self.label().chars().find(|letter| letter.is_alphanumeric());
        letter.map_or_else(|| "?".to_owned(), |letter| letter.to_uppercase().collect())
    }
}

/// What is known of the signed-in user.
pub(crate) struct Known {
    pub(crate) visitor: Visitor,
    pub(crate) user: Arc<User>,
    pub(crate) caller: Option<Arc<Caller>>,
    memberships: Vec<Membership>,
}

impl Known {
    /// Reads the user and their organizations; none when the user was deleted.
    pub(crate) async fn load(backbone: &Backbone, visitor: Visitor, wanted: Option<TenantId>) -> Result<Option<Self>> {
        let mut tx = backbone.db.system("read own account").begin().await?;
        let Some(user) = user_find(&mut tx, visitor.user).await? else { return Ok(None) };
        let first = PlaceRequest::new(Some(ORGANIZATIONS), None)?;
        let mut memberships = membership_list(&mut tx, visitor.user, first).await?.data;
        drop(tx);
        let caller = match visitor.caller(backbone, wanted).await {
            Ok(caller) => Some(caller),
            Err(error) if error.is(codes::NOT_FOUND) && wanted.is_none() => None,
            Err(error) => return Err(error),
        };
        let current = caller.as_ref().map(|caller| caller.tenant());
        if let Some(current) = current.filter(|id| memberships.iter().all(|each| each.tenant_id != *id)) {
            let mut tx = backbone.db.system("read own account").begin().await?;
            memberships.extend(membership_find(&mut tx, visitor.user, current).await?);
        }
        Ok(Some(Self { visitor, user: Arc::new(user), caller, memberships }))
    }

    /// The same for an operator who works in an organization as one of its members; none when the member was deleted.
    pub(crate) async fn of_operator(backbone: &Backbone, visit: OperatorVisit) -> Result<Option<Self>> {
        let OperatorVisit { visitor, caller } = visit;
        let mut tx = backbone.db.system("read the member as whom an operator works").begin().await?;
        let Some(user) = user_find(&mut tx, visitor.user).await? else { return Ok(None) };
        let membership = membership_find(&mut tx, visitor.user, caller.tenant()).await?;
        Ok(Some(Self { visitor, user: Arc::new(user), caller: Some(caller), memberships: Vec::from_iter(membership) }))
    }

    /// Whether the current organization is not the one that requests without a name act on.
    pub(crate) fn pinned(&self) -> bool {
        let selected = self.memberships.first().map(|each| each.tenant_id);
        self.caller.as_ref().is_some_and(|caller| Some(caller.tenant()) != selected)
    }

    pub(crate) fn viewer(&self, backbone: &Backbone) -> Viewer {
        let current = self.caller.as_ref().map(|caller| caller.tenant());
        let organization = |each: &Membership| Organization {
            id: each.tenant_id.to_string(),
            name: each.name.clone(),
            role: each.role_name.as_ref().unwrap_or(&each.role).clone(),
            logo: logo_path(each.tenant_id, each.logo_file),
            current: Some(each.tenant_id) == current,
        };
        Viewer {
            name: user_name(&self.user),
            email: self.user.email.clone(),
            organizations: self.memberships.iter().map(organization).collect(),
            token: self.visitor.form_token(backbone),
        }
    }
}

/// The name in the metadata that a user can change: `name`, or what Supabase's providers call it.
fn user_name(user: &User) -> Option<String> {
    let text = |key: &str| user.user_metadata.get(key)?.as_str().map(str::trim).filter(|name| !name.is_empty());
    let name = text("name").or_else(|| text("full_name"))?;
    Some(name.chars().filter(|letter| !letter.is_control()).take(80).collect())
}
