//! The same pages when users sign in at a Supabase project: these pages sign them in there with a password. The
//! application does everything else that a project offers (providers, links, second factors), and the pages say so.

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use freehold_core::{Error, Result, Secret};
use freehold_identity::{
    access_token::{Aal, Claims},
    project::client::{ProjectSession, project_recover, project_sign_in, project_sign_up},
    user::email_normalize,
};
use freehold_web::{Answer, Backbone, Query, project_cookies};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    super::{bare, html_with_status},
    Visit, Wanted,
    arrival::{Arrival, is_for_cookie, secret, target_or_home},
    page, sentence, show, visit, with_policy,
};
use crate::{Carried, ForgotPage, NoticePage, SignInPage, SignInWays, SignUpPage};

#[derive(Deserialize)]
struct PasswordForm {
    email: String,
    password: String,
    redirect_to: Option<String>,
}

#[derive(Deserialize)]
struct MailForm {
    email: String,
    redirect_to: Option<String>,
}

/// The middleware that replaces all sign-in pages when users sign in at a Supabase project.
pub async fn project_pages(State(backbone): State<Backbone>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let inside = ["/sign-in", "/sign-up"]
        .iter()
        .any(|page| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if backbone.identity.tokens.project.is_none() || !inside {
        return next.run(request).await;
    }
    answer(&backbone, request).await.into_response()
}

async fn answer(backbone: &Backbone, request: Request) -> Answer<Response> {
    if !backbone.identity.tokens.project()?.signs_in_on_pages() {
        return at_application(backbone);
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let reads = matches!(method, Method::GET | Method::HEAD);
    match (reads, path.as_str()) {
        (true, "/sign-in") => {
            let carried = carried(request).await?;
            show(backbone, StatusCode::OK, &sign_in_page(backbone, carried))
        }
        (true, "/sign-up") => {
            let carried = carried(request).await?;
            sign_up_show(backbone, StatusCode::OK, &sign_up_page(backbone, carried))
        }
        (true, "/sign-in/forgot") => {
            let carried = carried(request).await?;
            let page = ForgotPage { shell: bare(backbone), email: String::new(), carried, error: None };
            html_with_status(StatusCode::OK, page.render())
        }
        (false, "/sign-in/password") => password_use(backbone, request).await,
        (false, "/sign-up") => sign_up(backbone, request).await,
        (false, "/sign-in/forgot") => forgot(backbone, request).await,
        _ => elsewhere(backbone),
    }
}

async fn carried(request: Request) -> Result<Carried, freehold_web::Problem> {
    let (mut parts, _): (Parts, _) = request.into_parts();
    let Query(wanted) =
        <Query<Wanted> as axum::extract::FromRequestParts<()>>::from_request_parts(&mut parts, &()).await?;
    Ok(Carried { redirect_to: wanted.redirect_to, organization: wanted.organization })
}

/// The sign-in page with e-mail address and password only.
pub(crate) fn sign_in_page(backbone: &Backbone, carried: Carried) -> SignInPage {
    let ways = SignInWays { password: true, mail: false, sign_up: true, providers: Vec::new() };
    SignInPage { ways, ..page(backbone, carried) }
}

fn sign_up_page(backbone: &Backbone, carried: Carried) -> SignUpPage {
    SignUpPage {
        shell: bare(backbone),
        closed: false,
        email: String::new(),
        min_length: backbone.identity.settings().auth.password_min_length,
        carried,
        error: None,
    }
}

fn sign_up_show(backbone: &Backbone, status: StatusCode, page: &SignUpPage) -> Answer<Response> {
    Ok(with_policy(html_with_status(status, page.render())?, &page.content_security_policy(&backbone.site_url)))
}

async fn password_use(backbone: &Backbone, request: Request) -> Answer<Response> {
    let (visit, form): (Visit, PasswordForm) = read(backbone, request).await?;
    let PasswordForm { email, password, redirect_to } = form;
    let signed_in = async {
        let password = secret(password)?;
        project_sign_in(backbone.identity.tokens.project()?, &email_normalize(&email)?, &password).await
    };
    let arrived = match signed_in.await {
        Ok(session) => arrive(backbone, &visit, &session, "signin", redirect_to.as_deref()).await,
        Err(error) => Err(error),
    };
    match arrived {
        Ok(response) => Ok(response),
        Err(error) => {
            let (status, said) = sentence(error)?;
            let page = SignInPage { email, error: Some(said), ..sign_in_page(backbone, visit.carried(redirect_to)) };
            show(backbone, status, &page)
        }
    }
}

async fn sign_up(backbone: &Backbone, request: Request) -> Answer<Response> {
    let (visit, form): (Visit, PasswordForm) = read(backbone, request).await?;
    let PasswordForm { email, password, redirect_to } = form;
    let signed_up = async {
        let password: Secret = secret(password)?;
        project_sign_up(backbone.identity.tokens.project()?, &email_normalize(&email)?, &password).await
    };
    let arrived = match signed_up.await {
        Ok(None) => {
            let link = (visit.carried(redirect_to).link("/sign-in"), "Sign in");
            let text = format!("We sent a link to {email}. Follow it to confirm your address, then sign in here.");
            return notice(backbone, StatusCode::OK, "Check your mail", text, Some(link));
        }
        Ok(Some(session)) => arrive(backbone, &visit, &session, "signup", redirect_to.as_deref()).await,
        Err(error) => Err(error),
    };
    match arrived {
        Ok(response) => Ok(response),
        Err(error) => {
            let (status, said) = sentence(error)?;
            let page = SignUpPage { email, error: Some(said), ..sign_up_page(backbone, visit.carried(redirect_to)) };
            sign_up_show(backbone, status, &page)
        }
    }
}

async fn forgot(backbone: &Backbone, request: Request) -> Answer<Response> {
    let (visit, form): (Visit, MailForm) = read(backbone, request).await?;
    let MailForm { email, redirect_to } = form;
    let sent = async { project_recover(backbone.identity.tokens.project()?, &email_normalize(&email)?).await };
    match sent.await {
        Ok(()) => {
            let link = (visit.carried(redirect_to).link("/sign-in"), "Back to sign-in");
            let text = format!(
                "If there is an account with the address {email}, a mail is on its way. Follow its link to choose a new \
                 password, then sign in here."
            );
            notice(backbone, StatusCode::OK, "Check your mail", text, Some(link))
        }
        Err(error) => {
            let (status, said) = sentence(error)?;
            let carried = visit.carried(redirect_to);
            let page = ForgotPage { shell: bare(backbone), email, carried, error: Some(said) };
            html_with_status(status, page.render())
        }
    }
}

async fn read<T: DeserializeOwned>(backbone: &Backbone, request: Request) -> Result<(Visit, T)> {
    visit(backbone, request).await
}

/// Continues after a sign-in at the project.
async fn arrive(
    backbone: &Backbone,
    visit: &Visit,
    session: &ProjectSession,
    kind: &str,
    redirect_to: Option<&str>,
) -> Result<Response> {
    let claims: std::sync::Arc<Claims> = backbone.person_claims(session.access_token.expose()).await?;
    if session.has_factor() && claims.aal == Aal::One {
        let at = application_url(backbone).map(|url| format!(" at {url}")).unwrap_or_default();
        let message = format!(
            "This account has a second factor, which this page cannot ask for. Sign in with the application{at}."
        );
        return Err(Error::new(freehold_core::codes::VALIDATION_FAILED, message));
    }
    let target = target_or_home(backbone, redirect_to);
    let place = if is_for_cookie(backbone, visit, &target) {
        target
    } else {
        Arrival::of_project(session, kind).place(&target)
    };
    let mut answer = Redirect::to(&place).into_response();
    if visit.from_here {
        for cookie in project_cookies(backbone, &claims, session)? {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(answer)
}

/// URL where the application signs its users in; none: the settings name none.
fn application_url(backbone: &Backbone) -> Option<&str> {
    backbone.identity.tokens.project.as_ref()?.sign_in_url()
}

/// The page when these pages cannot sign users in.
pub(crate) fn at_application(backbone: &Backbone) -> Answer<Response> {
    let name = &backbone.product.name;
    let link = application_url(backbone).map(|url| (url.to_owned(), "Go to sign-in"));
    let text = if link.is_some() {
        format!("{name} signs its users in with its own application. This page cannot do it.")
    } else {
        format!(
            "{name} signs its users in with its own application. Open it to sign in. For operators: set \
             SUPABASE_PUBLISHABLE_KEY (or SUPABASE_ANON_KEY) to sign users in on this page, and SUPABASE_SIGN_IN_URL to link to \
             the sign-in page of the application."
        )
    };
    notice(backbone, StatusCode::OK, "Sign in with the application", text, link)
}

/// The page for sign-in methods that only the application offers.
fn elsewhere(backbone: &Backbone) -> Answer<Response> {
    let text = "This page signs users in with an e-mail address and a password. Use the application to sign in with a link, a \
                code, a provider or a second factor."
        .to_owned();
    let link = application_url(backbone).map(|url| (url.to_owned(), "Go to the application"));
    let link = link.unwrap_or_else(|| ("/sign-in".to_owned(), "Sign in with a password"));
    notice(backbone, StatusCode::UNPROCESSABLE_ENTITY, "Sign in another way", text, Some(link))
}

fn notice(
    backbone: &Backbone,
    status: StatusCode,
    title: &'static str,
    text: String,
    link: Option<(String, &'static str)>,
) -> Answer<Response> {
    html_with_status(status, NoticePage { shell: bare(backbone), title, text, link }.render())
}
