//! An nginx in front of several servers, as an operator configures it.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
};

use freehold_testing::program;

use crate::server::eventually;

/// A running nginx, ended when dropped. It distributes requests over the servers in turn, over connections that it
/// keeps open, and never sends a POST request twice.
pub(crate) struct Nginx {
    folder: tempfile::TempDir,
    process: Child,
    /// `http://127.0.0.1:PORT`.
    pub(crate) site: String,
}

impl Nginx {
    /// Starts an nginx in front of the servers at these addresses.
    pub(crate) async fn before(servers: &[SocketAddr]) -> Self {
        let folder = tempfile::Builder::new().prefix("freehold-nginx-").tempdir_in("/tmp").unwrap();
        let (place, address) = (folder.path().display(), free_address());
        let servers: Vec<String> = servers.iter().map(|server| format!("server {server} max_fails=0;")).collect();
        let servers = servers.join(" ");
        let config = format!(
            "user root;\nworker_processes 1;\ndaemon off;\npid {place}/pid;\nerror_log {place}/errors;\n\
             events {{ worker_connections 1024; }}\n\
             http {{\n\
             access_log off;\n\
             client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;\n\
             uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;\n\
             upstream freehold {{ {servers} keepalive 32; }}\n\
             server {{\n\
             listen {address};\n\
             location / {{\n\
             proxy_pass http://freehold; proxy_http_version 1.1; proxy_set_header Connection \"\";\n\
             proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
             proxy_buffering off;\n\
             }} }} }}\n"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let process = Command::new(program("nginx", "nginx-light"))
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .args(["-e", "errors"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let nginx = Self { folder, process, site: format!("http://{address}") };
        let health = format!("{}/healthz", nginx.site);
        eventually("nginx serves", async || reqwest::get(&health).await.is_ok_and(|answer| answer.status() == 200))
            .await;
        nginx
    }

    /// The errors in its log.
    pub(crate) fn errors(&self) -> String {
        fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // In order, so that its worker processes end with it.
        let _ = Command::new("/bin/kill").args(["-s", "TERM", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

/// An address of this machine on which no program listens.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
