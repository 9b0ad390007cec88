//! Creates the app from its configuration.

use std::{collections::BTreeMap, sync::Arc};

use freehold_billing::{Billing, CheckoutTerms, catalog_sync::CustomPrices, stripe::Client};
use freehold_catalog::{Product, SignIn};
use freehold_core::{Error, Random, Result, Secret};
use freehold_db::Db;
use freehold_files::Files;
use freehold_identity::{
    AuthSettings, Identity, Settings as IdentitySettings, SupabaseSettings,
    hooks::{Hooks, Invited, Newcomer},
};
use freehold_jobs::Nudge;
use freehold_metering::plan::Entitlements;
use freehold_module::{Infra, Module, Settings, mails};
use freehold_outbound::Outbound;
use freehold_tenancy::invitation::invitation_awaits;
use freehold_vault::Vault;

use crate::{App, Parts, SystemCallers, provision::newcomer_settle};

/// What an app is created from.
pub struct Materials {
    /// A migrated database. Its clock and its source of ids are those of the app.
    pub db: Db,
    /// Encrypts secrets.
    pub vault: Vault,
    /// The random source.
    pub random: Random,
    /// The URL at which users reach the server, without a slash at the end.
    pub site_url: String,
    /// The settings of sign-in.
    pub auth: AuthSettings,
    /// The settings of a Supabase project.
    pub supabase: SupabaseSettings,
    /// The client for addresses that customers entered.
    pub outbound: Outbound,
    /// The settings of the modules.
    pub module_settings: Settings,
    /// The file store and its limits.
    pub files: Files,
    /// The connection to Stripe; none: billing is switched off, and no limit applies.
    pub money: Option<Money>,
}

/// The connection to Stripe or a sandbox.
pub struct Money {
    /// Client of Stripe's API.
    pub stripe: Client,
    /// The secrets that its webhooks are signed with.
    pub webhook_secrets: Vec<Secret>,
    /// Origins to which its pages may lead back, besides the site's.
    pub return_origins: Vec<String>,
    /// The plans of custom prices: `price_1Abc = "enterprise/year"`.
    pub prices: BTreeMap<String, String>,
    /// How many organizations without a payment a user may own; none: any number.
    pub unpaid_organizations: Option<u32>,
    /// Promotion codes and tax rates at checkout.
    pub checkout: CheckoutTerms,
}

impl App {
    /// Creates an app of these modules. `changed` is called when an organization's plan or standing has changed, so
    /// that cached callers are forgotten, those of `system_callers` too.
    ///
    /// # Errors
    /// When the database cannot be read, or a setting names something that does not exist.
    pub async fn load(
        materials: Materials,
        product: Arc<Product>,
        modules: Arc<[Module<Self>]>,
        system_callers: SystemCallers,
        changed: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Self> {
        let Materials { db, vault, random, site_url, auth, supabase, outbound, module_settings, files, money } =
            materials;
        let (clock, ids) = (db.clock().clone(), db.ids().clone());
        let entitlements = Entitlements::load(&db, product.clone()).await?;
        // Without billing no limit applies.
        let entitlements = Arc::new(if money.is_some() { entitlements } else { entitlements.without_limits() });
        let mails = mails(&modules);
        let infra = Infra {
            db,
            clock,
            ids,
            random,
            vault,
            mails,
            settings: module_settings,
            outbound,
            nudge: Nudge::default(),
        };
        let billing = match money {
            Some(money) => Some(Billing::new(billing_parts(
                &infra,
                money,
                product.clone(),
                entitlements.clone(),
                &site_url,
                changed,
            )?)),
            None => None,
        };
        let settings = sign_in_settings(&product, &site_url, auth, supabase);
        let Infra { db, random, vault, outbound, .. } = infra.clone();
        let identity = Identity::load(db, vault, random, settings, outbound).await?;
        Ok(Self(Arc::new_cyclic(|app| {
            let identity = identity.with_hooks(Hooks { newcomer: newcomers(app.clone()), invited: invitations() });
            let areas = modules.iter().flat_map(|module| module.areas).copied().collect();
            let actions = modules.iter().flat_map(|module| module.actions).copied().collect();
            Parts {
                infra,
                product,
                entitlements,
                identity,
                billing,
                files,
                site_url,
                modules,
                areas,
                actions,
                system_callers,
            }
        })))
    }
}

fn billing_parts(
    infra: &Infra,
    money: Money,
    product: Arc<Product>,
    entitlements: Arc<Entitlements>,
    site_url: &str,
    changed: Arc<dyn Fn() + Send + Sync>,
) -> Result<freehold_billing::Parts> {
    let Infra { db, clock, ids, random, vault, nudge, .. } = infra.clone();
    let custom_prices = CustomPrices::of(&money.prices, &product).map_err(|said| Error::internal(said))?;
    Ok(freehold_billing::Parts {
        db,
        clock,
        ids,
        random,
        stripe: money.stripe,
        webhook_secrets: money.webhook_secrets,
        return_origins: money.return_origins,
        custom_prices,
        unpaid_organizations: money.unpaid_organizations,
        vault,
        checkout: money.checkout,
        product,
        entitlements,
        site_url: site_url.to_owned(),
        nudge,
        changed,
    })
}

fn sign_in_settings(
    product: &Product,
    site_url: &str,
    auth: AuthSettings,
    supabase: SupabaseSettings,
) -> IdentitySettings {
    IdentitySettings {
        site_url: site_url.to_owned(),
        product_name: product.name.clone(),
        password: product.sign_in.contains(&SignIn::Password),
        magic_link: product.sign_in.contains(&SignIn::MagicLink),
        auth,
        supabase,
    }
}

/// The provisioning hook, which runs at a user's first sign-in. The app contains it, so it refers to the app weakly.
fn newcomers(app: std::sync::Weak<Parts>) -> Arc<Newcomer> {
    Arc::new(move |tx, user| {
        let app = app.upgrade().map(App);
        Box::pin(async move {
            let app = app.ok_or_else(|| Error::internal("the app was dropped while a user signed in"))?;
            newcomer_settle(&app, tx, user).await
        })
    })
}

/// The hook that says whether an address was invited.
fn invitations() -> Arc<Invited> {
    Arc::new(move |tx, email, tenant| Box::pin(async move { invitation_awaits(tx, email, tenant).await }))
}
