//! The OpenAPI document as the tools of others read it: two linters without a word, three generators whose clients are checked
//! strictly and call the running server.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reqwest::Method;
use serde_json::json;
use tokio::process::Command;

use crate::{
    client::Client,
    server::{CEILING, Home, Program},
};

/// The tools, and a folder for what they make.
struct Workbench {
    packages: PathBuf,
    folder: PathBuf,
}

impl Workbench {
    /// With the document of the server and the programs that use the clients.
    async fn prepare(home: &Home, site: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let packages = fs::canonicalize(root.join("../../.freehold/api-clients"));
        let packages = packages.expect("the generators of clients are missing: run `make test`");
        let folder = home.path().join("clients");
        fs::create_dir(&folder).unwrap();
        for file in ["use.ts", "use.py", "tsconfig.json", "spectral.yaml"] {
            fs::copy(root.join("tests/server/api_clients").join(file), folder.join(file)).unwrap();
        }
        // The compiler looks for packages beside the sources.
        std::os::unix::fs::symlink(packages.join("node_modules"), folder.join("node_modules")).unwrap();
        let document = Client::new().get(format!("{site}/api/v1/openapi.json")).await.unwrap().expect(200);
        fs::write(folder.join("openapi.json"), document.to_string()).unwrap();
        Self { packages, folder }
    }

    /// Runs a package of npm.
    async fn npm(&self, program: &str, arguments: &[&str]) -> String {
        self.run(&self.packages.join("node_modules/.bin").join(program), arguments, &[]).await
    }

    /// Runs a module of Python.
    async fn python(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        // The scripts of packages name the folder that they were unpacked in.
        self.run(&self.packages.join("python/bin/python"), arguments, variables).await
    }

    /// Runs a program in the folder; what it said. It has to end well.
    async fn run(&self, program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let mut command = Command::new(program);
        command.args(arguments).envs(variables.iter().copied()).current_dir(&self.folder).kill_on_drop(true);
        // No tool asks on the network whether there is a newer one.
        command.env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true").env("REDOCLY_TELEMETRY", "off").env("NO_COLOR", "1");
        let ended = tokio::time::timeout(CEILING, command.output()).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{} {arguments:?}:\n{said}", program.display());
        said
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn linters_find_nothing_and_generated_clients_call_the_server() {
    let home = Home::begun().await;
    let server = Program::at(&home).start().await;
    let bench = Workbench::prepare(&home, &server.site).await;
    let client = Client::new();
    let person = json!({ "email": "clients@example.test", "password": "correct horse battery" });
    let request = client.request(Method::POST, format!("{}/auth/v1/signup", server.site)).json(&person);
    let session = client.send(request).await.unwrap().expect(200);
    let token = session["access_token"].as_str().unwrap();
    let variables = [("FREEHOLD_URL", server.site.as_str()), ("FREEHOLD_TOKEN", token)];

    let said =
        bench.npm("redocly", &["lint", "openapi.json", "--extends", "recommended", "--format", "codeframe"]).await;
    assert!(!said.contains("warning") && !said.contains("error"), "{said}");
    bench.npm("spectral", &["lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint", "openapi.json"]).await;

    bench.npm("openapi-typescript", &["openapi.json", "--output", "schema.d.ts"]).await;
    let plugins = ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"];
    bench.npm("openapi-ts", &[&["-i", "openapi.json", "-o", "hey", "-p"][..], &plugins[..]].concat()).await;
    bench.npm("tsc", &["--project", "."]).await;
    let said = bench.run(Path::new("node"), &["built/use.js"], &variables).await;
    assert!(said.contains("all of it"), "{said}");

    let made = ["generate", "--path", "openapi.json", "--output-path", "client", "--meta", "none"];
    bench.python(&[&["-m", "openapi_python_client"][..], &made[..]].concat(), &[]).await;
    // Its own client.py does not pass, whatever the document is: findings/openapi-python-client-strict.sh.
    let settings = "[mypy]\nstrict = True\n[mypy-client.client]\nignore_errors = True\n";
    fs::write(bench.folder.join("mypy.ini"), settings).unwrap();
    bench.python(&["-m", "mypy", "client", "use.py"], &[]).await;
    let said = bench.python(&["use.py"], &variables).await;
    assert!(said.contains("all of it"), "{said}");
    server.stop().await;
}
