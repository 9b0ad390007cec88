//! The section "Deploy" of the README, followed literally with a Postgres as a provider offers it. Only names of places
//! that do not exist on this machine are replaced.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::{
    certificates::{Authority, encrypt},
    client::Client,
    installed::{Installed, VERSIONS},
    nginx::free_address,
    server::{Home, Program, eventually},
};

const README: &str = include_str!("../../../../README.md");

/// The code blocks of a language in the section.
fn block(language: &str) -> &'static str {
    let section = README.split_once("\n## Deploy\n").expect("README has a section Deploy").1;
    let section = section.split("\n## ").next().unwrap();
    let (_, rest) = section.split_once(&format!("```{language}\n")).unwrap_or_else(|| panic!("a block of {language}"));
    assert!(!rest.contains(&format!("```{language}\n")), "one block of {language}");
    rest.split_once("```").unwrap().0
}

/// The values of an environment file.
fn environment(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().map(|line| line.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.into(), value.trim_matches('\'').into())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_section_deploy_of_the_readme_ends_with_a_server_that_the_doctor_passes() {
    for version in VERSIONS {
        let home = Home::new();
        let postgres = Installed::start(&home, version).await;
        let authority = Authority::new();
        let encrypted = encrypt(&home, &postgres, &authority).await;
        let etc = home.path().join("etc");
        fs::create_dir(&etc).unwrap();
        fs::write(etc.join("database-ca.pem"), &authority.pem).unwrap();
        let (server_port, proxy_port) = (free_address().port(), free_address().port());
        let put_in = |text: &str| {
            let tls = "sslmode=verify-full&sslrootcert=/etc/freehold/database-ca.pem";
            let text = if encrypted { text.to_owned() } else { text.replace(tls, "sslmode=disable") };
            text.replace("db.example.org:5432", &format!("localhost:{}", postgres.port()))
                .replace("/etc/freehold", etc.to_str().unwrap())
                .replace("/var/lib/freehold", home.data().to_str().unwrap())
                .replace("127.0.0.1:8080", &format!("127.0.0.1:{server_port}"))
                .replace("listen 443 ssl", &format!("listen 127.0.0.1:{proxy_port} ssl"))
                .replace(&"0".repeat(64), &"5eed".repeat(16))
        };

        create_logins(&postgres).await;
        fs::write(etc.join("environment"), put_in(block("ini"))).unwrap();
        fs::write(etc.join("freehold.toml"), put_in(block("toml"))).unwrap();
        let said = migrate(&home, &put_in(block("sh"))).await;
        assert!(said.contains(" applied, 0 were there before") && said.contains(" 0 failures"), "{version}: {said}");

        let unit = put_in(block("systemd"));
        let value = |name: &str| unit.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap();
        assert_eq!(value("ExecStart"), "/usr/local/bin/freehold serve");
        let file = value("EnvironmentFile");
        verify_unit(&home, &unit);
        let mut program = Program::at(&home).without("FREEHOLD_AUTH_AUTOCONFIRM");
        for (name, value) in environment(&put_in(block("ini"))) {
            assert!(fs::read_to_string(file).unwrap().contains(&name));
            program = program.with(&name, &value);
        }
        let server = program.start().await;
        Client::new().get(format!("{}/healthz", server.site)).await.unwrap().expect(200);
        let database = postgres.admin("postgres").await;
        let logins = "select string_agg(distinct usename, ' ') from pg_stat_activity
                      where datname = 'freehold' and pid <> pg_backend_pid() and application_name = 'freehold'";
        let logins: Option<String> = database.query_one(logins, &[]).await.unwrap().get(0);
        assert_eq!(logins.as_deref(), Some("freehold_web"), "the server needs no other login");

        through_the_proxy(&home, &put_in(block("nginx")), &authority, proxy_port).await;
        server.stop().await;
        postgres.stop().await;
    }
}

/// Runs the SQL block as an administrator who is not a superuser.
async fn create_logins(postgres: &Installed) {
    let root = postgres.admin("postgres").await;
    root.batch_execute("create role administrator login createrole createdb password 'secret'").await.unwrap();
    root.batch_execute("set session authorization administrator").await.unwrap();
    for statement in block("sql").split(';').filter(|statement| !statement.trim().is_empty()) {
        root.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
}

/// Runs the migration script, with the program in its `PATH`. Returns the output.
async fn migrate(home: &Home, script: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_freehold")).parent().unwrap();
    let path = format!("{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", folder.display());
    let mut shell = tokio::process::Command::new("/bin/sh");
    shell.args(["-c", &format!("set -e\n{script}")]).current_dir(home.path()).env_clear().env("PATH", path);
    let run = shell.output().await.unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    said
}

/// Sends a request to the server through the proxy of the block, if the proxy is installed on this machine.
async fn through_the_proxy(home: &Home, block: &str, authority: &Authority, port: u16) {
    let Some(proxy) = Nginx::start(home, block, authority) else {
        println!("nginx is not installed; its block was not run");
        return;
    };
    let site = format!("https://127.0.0.1:{port}");
    let client = reqwest::Client::builder().danger_accept_invalid_certs(true).build().unwrap();
    eventually("the proxy passes requests on", async || {
        client.get(format!("{site}/readyz")).send().await.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
    let mailbox = client.get(format!("{site}/dev/mail")).send().await.unwrap();
    assert_eq!(mailbox.status(), 404, "nobody reads mails from outside");
    drop(proxy);
}

/// Checks the unit with systemd, if that is installed.
fn verify_unit(home: &Home, unit: &str) {
    let file = home.path().join("freehold.service");
    fs::write(&file, unit.replace("/usr/local/bin/freehold", env!("CARGO_BIN_EXE_freehold"))).unwrap();
    let Ok(verified) = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&file).output() else {
        println!("systemd is not installed; the unit was not verified");
        return;
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    let about: Vec<&str> = said.lines().filter(|line| line.contains("freehold.service")).collect();
    assert_eq!(about, Vec::<&str>::new(), "systemd says");
}

/// A proxy with the configuration of the README, ended when dropped.
struct Nginx(Child);

impl Nginx {
    fn start(home: &Home, block: &str, authority: &Authority) -> Option<Self> {
        let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].map(Path::new).into_iter().find(|path| path.exists())?;
        let (certificate, key) = authority.certificate("app.example.org");
        fs::write(home.path().join("etc/site.pem"), certificate).unwrap();
        fs::write(home.path().join("etc/site.key"), key).unwrap();
        let place = home.path().join("nginx");
        fs::create_dir(&place).unwrap();
        let config = format!(
            "daemon off;\npid {0}/pid;\nerror_log {0}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\nclient_body_temp_path {0}/body;\n\
             proxy_temp_path {0}/proxy;\nfastcgi_temp_path {0}/fastcgi;\nuwsgi_temp_path {0}/uwsgi;\nscgi_temp_path {0}/scgi;\n{block}\n}}\n",
            place.display()
        );
        fs::write(place.join("nginx.conf"), config).unwrap();
        let mut command = Command::new(program);
        command.arg("-c").arg(place.join("nginx.conf")).stdin(Stdio::null());
        Some(Self(command.spawn().unwrap()))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // In order, so that its worker processes end with it.
        crate::server::signal("TERM", self.0.id());
        let _ = self.0.wait();
    }
}
