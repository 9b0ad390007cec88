//! The backbone's HTML pages, built with the page kit (`freehold_pages`). A page is a struct of plain data with a template of the same name: `HomePage` is in `home.rs` and
//! `templates/home.html`. Only [`fn@routes`] uses the database and the router: it fills the struct and calls `render`.
//!
//! Pages load only the kit's stylesheets and images and, on one page, [`WELCOME_SCRIPT`]. They have no inline script, no inline
//! style and no style attribute, so they work under the strict [`CONTENT_SECURITY_POLICY`].
//!
//! Read in this order: [`Shell`] is around every page. [`FrontPage`], [`PlansPage`], [`DocsPage`],
//! [`EventsPage`] and [`ErrorsPage`] only show information, [`DevPage`] is for developers. [`HomePage`] is the home page
//! of a signed-in user, [`AccountPage`] their account. [`SignInPage`], [`SignUpPage`], [`ForgotPage`], [`NewPasswordPage`],
//! [`FactorPage`], [`ConfirmPage`], [`HalfConfirmedPage`], [`LinkExpiredPage`], [`ImpersonationPage`], [`NoticePage`] and [`WelcomePage`]
//! belong to sign-in, [`InvitationPage`] to invitations. [`BillingPage`] shows what an organization pays,
//! [`BillingConfirmPage`] asks before that changes, and [`BillingLeavePage`] leads to Stripe. [`MailboxPage`] and
//! [`MailPage`] are the local mailbox, [`MailTemplatesPage`] shows every mail, [`StripeInboxPage`] lists the events
//! from Stripe. [`ErrorPage`] shows errors.

mod account;
mod ask;
mod assets;
mod billing;
mod confirm;
mod dev;
mod docs;
mod error;
mod errors;
mod factor;
mod form_policy;
mod front;
mod half_confirmed;
mod home;
mod impersonation;
mod invitation;
mod keys;
mod link_expired;
mod mail;
mod mail_templates;
mod mailbox;
mod members;
mod new_password;
mod notice;
mod plans;
mod prose;
mod routes;
mod sign_in;
mod sign_up;
mod stripe_inbox;
mod webhooks;
mod welcome;

pub use account::{AccountFactor, AccountPage, AccountSession};
pub use ask::{AskPage, SecretPage};
pub use assets::WELCOME_SCRIPT;
pub use billing::{
    BillingAccount, BillingButton, BillingConfirmPage, BillingContent, BillingCost, BillingInvoice, BillingLeavePage,
    BillingNextPayment, BillingPage, BillingPlan, PayBy,
};
pub use confirm::{ConfirmPage, Purpose};
pub use dev::{DevPage, Part, Standing, Step};
pub use docs::{DocsPage, EventEntry, EventsPage, SearchEntry};
pub use error::{ErrorPage, Trouble};
pub use errors::{ErrorCode, ErrorsPage};
pub use factor::FactorPage;
pub use freehold_pages::{Brand, MARK, STYLESHEET, Shell};
pub use freehold_web::frame::CONTENT_SECURITY_POLICY;
pub use front::FrontPage;
pub use half_confirmed::HalfConfirmedPage;
pub use home::{Hint, HomeEvent, HomePage, QuickAction};
pub use impersonation::ImpersonationPage;
pub use invitation::{InvitationOffer, InvitationPage, InvitationReader, InvitationState};
pub use keys::{KeyArea, KeyEditPage, KeyLine, KeyNewPage, KeyRotatePage, KeyUsagePage, KeysPage};
pub use link_expired::LinkExpiredPage;
pub use mail::MailPage;
pub use mail_templates::{MailBrandChoice, MailTemplate, MailTemplatesPage};
pub use mailbox::{MailboxPage, ReceivedMail};
pub use members::{InvitationLine, InviteForm, MemberLine, MembersPage, RoleArea, RoleLine, RolePage};
pub use new_password::{ForgotPage, NewPasswordPage};
pub use notice::NoticePage;
pub use plans::{ChoosePlan, PlanCard, PlanLimit, PlanLinks, PlanPrice, PlansPage};
pub use routes::{Local, NAVIGATION, error_pages, project_pages, routes};
pub use sign_in::{Carried, MailPurpose, ProviderButton, SignInPage, SignInStep, SignInWays};
pub use sign_up::SignUpPage;
pub use stripe_inbox::{StripeAccountPage, StripeEventLine, StripeEventPage, StripeInboxPage};
pub use webhooks::{DeliveryLine, EndpointLine, WebhookNewPage, WebhookPage, WebhooksPage};
pub use welcome::WelcomePage;
