//! A request and its response.

use std::{future::Future, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header},
};
use serde_json::Value;
use tower::ServiceExt;

use super::{
    Person,
    documented::{Documented, Exchange},
    served::near,
};

/// A request being built.
#[derive(Clone)]
pub struct Ask {
    router: Router,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    peer: SocketAddr,
    documented: Arc<Documented>,
}

/// The response.
#[derive(Debug)]
pub struct Answer {
    /// The request, for messages.
    asked: String,
    /// The status of the response.
    pub status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Ask {
    pub(super) fn new(router: Router, documented: Arc<Documented>, method: Method, path: &str) -> Self {
        let (headers, body) = (HeaderMap::new(), Vec::new());
        Self { router, method, path: path.to_owned(), headers, body, peer: near(), documented }
    }

    /// Sends it to another path.
    pub fn at_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Uses another method.
    pub fn with_method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Adds this query to the path.
    pub fn query(mut self, query: &str) -> Self {
        self.path = format!("{}?{query}", self.path);
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.insert(name, HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }

    /// Removes a header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// With an API key.
    pub fn key(self, key: &str) -> Self {
        self.header("x-api-key", key)
    }

    /// With an access token.
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// As this user in their organization.
    pub fn person(self, person: &Person) -> Self {
        self.token(&person.token).header("x-organization-id", &person.organization)
    }

    /// As a browser.
    pub fn browser(self) -> Self {
        self.header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    }

    /// As newer Supabase clients, which expect another error format.
    pub fn supabase(self) -> Self {
        self.header("x-supabase-api-version", "2024-01-01")
    }

    /// With an Idempotency-Key.
    pub fn idempotent(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.header(header::CONTENT_TYPE.as_str(), "application/json").bytes(body.to_string())
    }

    /// With these bytes as the body.
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With a form whose values are encoded already.
    pub fn form(self, body: &str) -> Self {
        self.header(header::CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded").bytes(body)
    }

    /// From another machine.
    pub fn from(mut self, peer: &str) -> Self {
        self.peer = peer.parse().unwrap();
        self
    }

    /// Sends it.
    #[track_caller]
    pub fn send(self) -> impl Future<Output = Answer> + Send {
        let asked = format!("{} {}", self.method, self.path.chars().take(200).collect::<String>());
        let (method, path) = (self.method.clone(), self.path.clone());
        let sent = Bytes::from(self.body);
        let request = Request::builder().method(self.method).uri(&self.path).body(Body::from(sent.clone()));
        let mut request = request.unwrap_or_else(|error| panic!("{asked}: {error}"));
        let sent_type = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok().map(str::to_owned));
        *request.headers_mut() = self.headers;
        request.extensions_mut().insert(ConnectInfo(self.peer));
        async move {
            let response = self.router.oneshot(request).await.unwrap_or_else(|never| match never {});
            let (parts, body) = response.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let answer = Answer { asked, status: parts.status.as_u16(), headers: parts.headers, body };
            let problem = self.documented.problem(&Exchange {
                method: &method,
                path: &path,
                sent: (sent_type.as_deref().unwrap_or_default(), &sent),
                status: answer.status,
                answered: (answer.header("content-type"), &answer.body),
            });
            assert_eq!(problem, None, "{answer} is not as the OpenAPI document says");
            answer
        }
    }
}

impl Answer {
    /// The status of the response.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The header's text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The cookies of the response, as a browser sends them back; without those that it deletes.
    pub fn cookies(&self) -> String {
        let set = self.headers.get_all("set-cookie").into_iter().map(|value| value.to_str().unwrap());
        let kept: Vec<&str> =
            set.filter(|cookie| !cookie.contains("Max-Age=0")).filter_map(|cookie| cookie.split(';').next()).collect();
        kept.join("; ")
    }

    /// The body.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// Whether the body contains the text, whatever its type.
    pub fn holds(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// The body, which is text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body, which is JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{self}: {error}"))
    }

    /// A text of the body, by its JSON pointer.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> String {
        let body = self.json();
        let found = body.pointer(pointer).unwrap_or_else(|| panic!("{self} has no {pointer}"));
        found.as_str().map_or_else(|| found.to_string(), str::to_owned)
    }

    /// The error code, in the problem format or in one of Supabase's.
    #[track_caller]
    pub fn code(&self) -> String {
        let body = self.json();
        let code = body.get("error_code").or(body.get("code")).and_then(Value::as_str);
        code.unwrap_or_else(|| panic!("{self} has no code")).to_owned()
    }

    /// Returns the response if it has this status; panics otherwise.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// Returns the response if it is this error; panics otherwise.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{self}");
        self
    }

    /// The ids of a list.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        let body = self.json();
        let list = body["data"].as_array().unwrap_or_else(|| panic!("{self} is no list"));
        list.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} answered {} {}", self.asked, self.status, body.chars().take(2_000).collect::<String>())
    }
}
