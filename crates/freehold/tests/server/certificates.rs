//! Certificates of a test authority, for a Postgres and for a proxy.

use std::{fs, os::unix::fs::MetadataExt};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    installed::Installed,
    server::{Home, eventually},
};

/// A certificate authority for tests.
pub(crate) struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "authority of a test");
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = pem("CERTIFICATE", params.self_signed(&key).unwrap().der());
        Self { issuer: rcgen::Issuer::new(params, key), pem }
    }

    /// Returns a certificate for this name, and its key.
    pub(crate) fn certificate(&self, name: &str) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (pem("CERTIFICATE", certificate.der()), pem("PRIVATE KEY", &key.serialize_der()))
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// Gives the server a certificate for `localhost`, and refuses connections without TLS. Returns false if this build of
/// Postgres has no TLS.
pub(crate) async fn encrypt(home: &Home, postgres: &Installed, authority: &Authority) -> bool {
    let (certificate, key) = authority.certificate("localhost");
    let cluster = fs::canonicalize(home.path().join("postgres/cluster")).unwrap();
    let owner = fs::metadata(&cluster).unwrap();
    for (name, text) in [("server.crt", certificate), ("server.key", key)] {
        let file = cluster.join(name);
        fs::write(&file, text).unwrap();
        std::os::unix::fs::chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    let admin = postgres.admin("postgres").await;
    if let Err(error) = admin.batch_execute("alter system set ssl = on").await {
        let cause = error.as_db_error().map(|cause| cause.message().to_owned());
        assert_eq!(cause.as_deref(), Some("SSL is not supported by this build"));
        return false;
    }
    let rules = cluster.join("pg_hba.conf");
    let text = fs::read_to_string(&rules).unwrap();
    let over_tls =
        |line: &str| if line.starts_with("host ") { line.replacen("host ", "hostssl ", 1) } else { line.to_owned() };
    let text: Vec<String> = text.lines().map(over_tls).collect();
    fs::write(&rules, text.join("\n") + "\n").unwrap();
    admin.batch_execute("select pg_reload_conf()").await.unwrap();
    eventually("the server speaks TLS", async || {
        let row = admin.query_one("select current_setting('ssl') = 'on'", &[]).await.unwrap();
        row.get(0)
    })
    .await;
    true
}
