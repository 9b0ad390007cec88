//! The page kit: what every HTML page of the server and of a product is built with. A page is a struct of plain data
//! with a template, beside the handler that fills it:
//!
//! ```text
//! #[derive(Template)]
//! #[template(path = "members.html")]           // {% extends "app.html" %}
//! struct MembersPage { shell: Shell, members: Vec<MemberRow> }
//!
//! async fn members(State(backbone): State<Backbone>, page: MemberPage) -> Answer<Response> {
//!     let members = member_list(…page.caller…).await?;
//!     page.shell.show(&MembersPage { shell: page.shell.clone(), members })
//! }
//! ```
//!
//! - [`Shell`] is around every page: the brand, the signed-in user, their organizations, navigation, theme and flash message. As
//!   an extractor it is for pages that visitors see, too; [`UserPage`] is for pages of signed-in users, [`MemberPage`]
//!   for pages of an organization, [`SharedPage`] for the other pages that an operator may see in a user's place. They
//!   redirect visitors to the sign-in page, which leads back.
//! - [`Form`] and [`MemberForm`] are the same for the `POST` of a form: they check its token, so no handler can forget
//!   to. The template writes it with the macro `token` of `kit.html`.
//! - [`UserPage::done`] goes to another page, which shows a message once.
//! - [`NavItem`] is a link of the navigation; a page adds its own to the list that is given to [`Site::new`].
//! - Templates extend `layout.html` (public pages) or `app.html` (signed-in pages, with the navigation) and import
//!   `kit.html`, which has the components as macros. Their data is in [`mod@component`] and [`chart`].
//!
//! Pages work without a script, at 390 px and by keyboard. The content security policy forbids inline scripts, inline
//! styles and style attributes; what depends on the product is in `/assets/brand.css`.

mod brand;
pub mod chart;
pub mod component;
mod context;
mod flash;
mod form;
mod navigation;
mod path;
mod routes;
mod shell;
mod theme;
pub mod times;
mod viewer;

pub use brand::{Brand, MARK, STYLESHEET, brand_css, logo};
pub use component::{Banner, Choice, Confirm, Empty, Pager, Progress, Tone, grouped};
pub use context::{MemberPage, PageRefused, Refusal, SharedPage, UserPage, sign_in_path};
pub use flash::Flash;
pub use form::{Form, MemberForm, form_read};
pub use freehold_web::{Group, NavItem};
pub use navigation::{NavEntry, NavGroup, Site};
pub use path::own_path;
pub use routes::routes;
pub use shell::{OperatorBanner, Shell, html};
pub use theme::Theme;
pub use viewer::{Organization, Viewer};
