//! `/activity`, `/members`, `/keys` and `/webhooks`, with nothing but forms and a cookie.

mod activity;
mod keys;
mod members;
mod organization;
mod walk;
mod webhooks;

use crate::{
    harness::app::{Answer, Person, TestApp},
    pages::is_a_page,
};

/// A user's browser.
struct Browser<'a> {
    app: &'a TestApp,
    cookie: String,
    organization: String,
}

impl<'a> Browser<'a> {
    /// Signs in with a code.
    async fn of(app: &'a TestApp, person: &Person) -> Self {
        let email = person.email.replace('@', "%40");
        app.post("/sign-in").browser().form(&format!("email={email}")).send().await.expect(200);
        let code = app.code(&person.email).await;
        let form = format!("email={email}&code={code}&redirect_to=https%3A%2F%2Fapp.example.org%2Fbilling");
        let gone = app.post("/sign-in/code").browser().form(&form).send().await.expect(303);
        let cookie = gone.header("set-cookie").split(';').next().unwrap().to_owned();
        Self { app, cookie, organization: person.organization.clone() }
    }

    /// Asks for a page; `path` may lack the organization.
    async fn get(&self, path: &str) -> Answer {
        let joint = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{joint}organization={}", self.organization);
        self.app.get(&path).browser().header("cookie", &self.cookie).send().await
    }

    /// A page, checked as one.
    async fn page(&self, path: &str) -> Answer {
        let page = self.get(path).await.expect(200);
        is_a_page(&page);
        page
    }

    /// Sends a form with the token of the page at `from`.
    async fn send(&self, from: &str, to: &str, fields: &str) -> Answer {
        let page = self.page(from).await;
        let form = format!("token={}&organization={}&{fields}", field(&page, "token"), self.organization);
        self.post(to, &form).await
    }

    async fn post(&self, to: &str, form: &str) -> Answer {
        self.app.post(to).browser().header("cookie", &self.cookie).form(form).send().await
    }

    /// Sends a form with a file.
    async fn send_file(&self, from: &str, to: &str, file: &[u8]) -> Answer {
        let page = self.page(from).await;
        self.post_file(to, &field(&page, "token"), file).await
    }

    async fn post_file(&self, to: &str, token: &str, file: &[u8]) -> Answer {
        let part = |name: &str, value: &str| {
            format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let mut body = (part("token", token) + &part("organization", &self.organization)).into_bytes();
        body.extend(b"--limit\r\nContent-Disposition: form-data; name=\"image\"; filename=\"x.html\"\r\n\r\n");
        body.extend(file);
        body.extend(b"\r\n--limit--\r\n");
        let ask = self.app.post(to).browser().header("cookie", &self.cookie);
        ask.header("content-type", "multipart/form-data; boundary=limit").bytes(body).send().await
    }

    /// Sends a form that leads to another page; returns that page with its message.
    async fn sent(&self, from: &str, to: &str, fields: &str) -> Answer {
        let gone = self.send(from, to, fields).await.expect(303);
        let flash = gone.header("set-cookie").split(';').next().unwrap().to_owned();
        let cookie = format!("{}; {flash}", self.cookie);
        let page = self.app.get(gone.header("location")).browser().header("cookie", &cookie).send().await.expect(200);
        is_a_page(&page);
        page
    }
}

/// A field of a form on a page.
fn field(page: &Answer, name: &str) -> String {
    let value = page.text().split(&format!("name=\"{name}\" value=\"")).nth(1);
    value.unwrap_or_else(|| panic!("no {name} in {page}")).split('"').next().unwrap().to_owned()
}

/// The secret that a page shows.
fn secret(page: &Answer) -> String {
    let text = page.text().split("<pre class=\"copy\"><code>").nth(1);
    text.unwrap_or_else(|| panic!("no secret in {page}")).split('<').next().unwrap().to_owned()
}
