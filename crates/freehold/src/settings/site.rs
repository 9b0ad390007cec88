//! The URL at which users reach the server: `site_url`.

use url::{Host, Url};

/// The origin, without a slash at the end, or an error message. Links in mails, forms and the issuer of tokens begin
/// with it, and pages are served at the root of a host, so it has no path.
pub(super) fn read(text: &str) -> Result<String, String> {
    const FORM: &str = "Write the scheme and the host alone, such as https://app.example.org.";
    let text = text.trim();
    if !["http://", "https://"].iter().any(|scheme| text.to_ascii_lowercase().starts_with(scheme)) {
        return Err(format!("site_url has to begin with http:// or https://. {FORM}"));
    }
    let url = Url::parse(text).map_err(|error| format!("site_url is no address of the web: {error}. {FORM}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("site_url names a user, which would stand in every mail. {FORM}"));
    }
    let more = match (url.path(), url.query(), url.fragment()) {
        (_, Some(_), _) => "a query",
        (_, _, Some(_)) => "a fragment",
        ("/", None, None) => {
            let host = url.host_str().unwrap_or_default();
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            return Ok(format!("{}://{host}{port}", url.scheme()));
        }
        (path, ..) => {
            return Err(format!(
                "site_url has the path {path}, and Freehold's pages are at the root of a host. Give it a host of its own: {FORM}"
            ));
        }
    };
    Err(format!("site_url has {more}. {FORM}"))
}

/// Whether this URL can only mean this machine.
pub fn is_near(url: &str) -> bool {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_scheme_and_a_host() {
        for (text, expected) in [
            ("https://app.example.org", "https://app.example.org"),
            ("https://App.example.org/", "https://app.example.org"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("HTTPS://app.example.org:443", "https://app.example.org"),
        ] {
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
        for (text, said) in [
            ("https://app.example.org/backbone", "has the path /backbone"),
            ("https://app.example.org/backbone/", "has the path"),
            ("https://app.example.org//", "has the path"),
            ("https://app.example.org?y=1", "has a query"),
            ("https://app.example.org/?", "has a query"),
            ("https://app.example.org/#top", "has a fragment"),
            ("https://ada:pw@app.example.org", "names a user"),
            ("app.example.org", "begin with"),
            ("ftp://app.example.org", "begin with"),
            ("https://", "no address"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(said) && !error.contains("pw"), "{text}: {error}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_near() {
        for url in ["http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:8080", "https://app.localhost"] {
            assert!(is_near(url), "{url}");
        }
        for url in ["https://app.example.org", "http://127.example.com", "http://10.0.0.1", "http://0.0.0.0:8080", ""] {
            assert!(!is_near(url), "{url}");
        }
    }
}
