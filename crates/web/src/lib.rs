//! What all axum routers share: authentication, reading of requests, and error responses.
//!
//! Read in this order: [`Backbone`] is the state of every handler, [`Product`] a product built on it, [`Authenticated`]
//! and [`SignedIn`] authenticate requests, [`Application`] those of the product's application, [`Json`], [`Query`] and
//! [`Path`] read and check them, [`Creation`] makes creations safe to retry, [`Problem`] is the error response,
//! [`frame`](frame::frame) wraps every request.

mod application;
mod authenticated;
mod backbone;
mod body;
mod cookie;
mod credentials;
pub mod demo;
pub mod elsewhere;
mod etag;
pub mod frame;
mod idempotency;
mod impersonation;
mod key_uses;
mod limits;
mod maybe_visitor;
mod module;
mod navigation;
mod operator;
mod peer;
mod problem;
mod product;
mod project_visit;
pub mod purposes;
mod query;
mod refusal;
mod resolve;
mod resolver;
mod running;
mod shutdown;
mod ticket;
mod time_limit;
mod visitor;
mod webhook;

pub use application::{Application, MemberOrApplication, Operator};
pub use authenticated::{Authenticated, SignedIn, bearer, caller_anew, client, plan_rate_take, realm, user_rate_take};
pub use backbone::{Backbone, Outage, Parts, ServerState};
pub use body::{Json, MaybeJson, RawBody, RawJson, length_check, read_json};
pub use cookie::{Cookie, SameSite, cookie_read};
pub use credentials::credentials;
pub use etag::{IfMatch, Versioned};
pub use idempotency::{Attempt, Creation, Fresh, StreamKey, forget_old};
pub use limits::limits;
pub use maybe_visitor::MaybeVisitor;
pub use module::module;
pub use navigation::{Group, NavItem};
pub use operator::{OperatorVisit, SignedInOperator};
pub use peer::TrustedProxies;
pub use problem::{Answer, Problem};
pub use product::{FirstStep, Product, Surface};
pub use project_visit::{project_cookies, project_cookies_removed, project_visit_end};
pub use query::{Paging, Path, Query, read_form, read_query};
pub use resolve::{Credential, KeyVerdict};
pub use resolver::Resolver;
pub use running::Running;
pub use shutdown::Shutdown;
pub use ticket::{ticket_open, ticket_seal, verifier_generate};
pub use time_limit::TimeLimit;
pub use visitor::Visitor;
pub use webhook::{webhook_room, webhook_secrets};
