//! The capabilities together.

use std::{ops::Deref, sync::Arc};

use freehold_billing::Billing;
use freehold_catalog::Product;
use freehold_core::Area;
use freehold_files::Files;
use freehold_identity::Identity;
use freehold_metering::plan::Entitlements;
use freehold_module::{AuditAction, Infra, Module};
use freehold_tenancy::activity::Declared;

use crate::SystemCallers;

/// What jobs, hooks and handlers get: the capabilities, the product, and what they run on. Cheap to clone.
#[derive(Clone)]
pub struct App(pub(crate) Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// The database, the clock and the like.
    pub infra: Infra,
    /// The product definition from `product.toml`.
    pub product: Arc<Product>,
    /// The entitlements of each plan.
    pub entitlements: Arc<Entitlements>,
    /// Authentication of users and keys.
    pub identity: Identity,
    /// Billing; none where it is disabled and nothing is limited.
    pub billing: Option<Billing>,
    /// The file store and its limits.
    pub files: Files,
    /// The public URL of this server, without a slash at the end.
    pub site_url: String,
    /// All modules, with the product's.
    pub modules: Arc<[Module<App>]>,
    /// The areas for permissions and scopes, including the product's.
    pub areas: Vec<Area>,
    /// The actions that modules record in the audit, with their words.
    pub actions: Vec<AuditAction>,
    /// Callers for work that no request started.
    pub system_callers: SystemCallers,
}

impl App {
    /// URL of the billing page, to which errors with status 402 refer.
    pub fn billing_url(&self) -> String {
        format!("{}/billing", self.site_url)
    }
}

impl Parts {
    /// What the activity feed is made of.
    pub fn declared(&self) -> Declared<'_> {
        Declared { actions: &self.actions, product: &self.product.name }
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Deref for Parts {
    type Target = Infra;
    fn deref(&self) -> &Infra {
        &self.infra
    }
}

impl AsRef<Infra> for App {
    fn as_ref(&self) -> &Infra {
        &self.infra
    }
}

impl AsRef<Identity> for App {
    fn as_ref(&self) -> &Identity {
        &self.identity
    }
}

impl AsRef<Files> for App {
    fn as_ref(&self) -> &Files {
        &self.files
    }
}

impl AsRef<Option<Billing>> for App {
    fn as_ref(&self) -> &Option<Billing> {
        &self.billing
    }
}
