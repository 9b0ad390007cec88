//! `docs/quickstart.md` as its reader runs it: the blocks of code are taken from the page, with the addresses of the test's server.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use freehold_testing::packages;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::{
    nginx::free_address,
    server::{CEILING, Home, Program, eventually},
};

/// The page, with the addresses of this test in place of its own.
struct Page {
    text: String,
}

impl Page {
    fn read(site: &str, receiver: u16) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/quickstart.md");
        let text = fs::read_to_string(file).unwrap();
        let text = text.replace("http://127.0.0.1:8080", site);
        let text = text.replace("http://127.0.0.1:9000/", &format!("http://127.0.0.1:{receiver}/"));
        let text = text.replace("listen(9000,", &format!("listen({receiver},"));
        Self { text: text.replace("(\"127.0.0.1\", 9000)", &format!("(\"127.0.0.1\", {receiver})")) }
    }

    /// The blocks of one language in a section, in order.
    fn blocks(&self, section: &str, language: &str) -> Vec<&str> {
        let (_, rest) = self.text.split_once(&format!("\n## {section}\n")).unwrap();
        let section = rest.split("\n## ").next().unwrap();
        let begin = format!("```{language}\n");
        let pieces = section.split(&begin).skip(1);
        pieces.map(|piece| piece.split("```").next().unwrap()).collect()
    }

    /// The block that follows the mention of a file.
    fn file(&self, name: &str, language: &str) -> &str {
        let (_, rest) = self.text.split_once(&format!("`{name}`")).unwrap();
        let (_, rest) = rest.split_once(&format!("```{language}\n")).unwrap();
        rest.split("```").next().unwrap()
    }
}

/// A folder with the application of the page's reader.
struct Application {
    folder: PathBuf,
    /// The environment that `freehold keys supabase` prints, and the secret of the webhook endpoint.
    variables: Vec<(String, String)>,
}

impl Application {
    fn create(home: &Home) -> Self {
        let folder = home.path().join("application");
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        for (set, package) in
            [("supabase-client", "@supabase"), ("supabase-client", "ws"), ("webhook-verifiers", "standardwebhooks")]
        {
            let package_folder = packages(set).join("node_modules").join(package);
            assert!(package_folder.is_dir(), "{} is missing: run `make test`", package_folder.display());
            std::os::unix::fs::symlink(package_folder, folder.join("node_modules").join(package)).unwrap();
        }
        // The page asks for Node.js 22, which has a WebSocket; the client requires one, although the page does not use it.
        let websocket = "import WebSocket from \"ws\";\nglobalThis.WebSocket ??= WebSocket;\n";
        fs::write(folder.join("websocket.mjs"), websocket).unwrap();
        Self { folder, variables: Vec::new() }
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null()).kill_on_drop(true);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a program to its end and returns what it printed.
    async fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program, arguments).output();
        let ended = tokio::time::timeout(CEILING, output).await.unwrap().unwrap();
        let printed = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(
            ended.status.success(),
            "{program} {arguments:?}:\n{printed}{}",
            String::from_utf8_lossy(&ended.stderr)
        );
        printed
    }

    /// Starts the receiver of webhooks and waits until it listens.
    async fn receive(&self, program: &str, file: &str, port: u16) -> (Child, Lines<BufReader<ChildStdout>>) {
        let mut child = self.command(program, &[file]).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        eventually("the receiver listens", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok())
            .await;
        (child, lines)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_quickstart_works_as_it_is_written() {
    let home = Home::new();
    let program = Program::at(&home).without("FREEHOLD_AUTH_AUTOCONFIRM");
    let server = program.start().await;
    let port = free_address().port();
    let page = Page::read(&server.site, port);
    let mut application = Application::create(&home);

    // Every command of the section, one after the other in one shell.
    let script = page.blocks("With curl", "sh").concat();
    assert!(script.matches("curl ").count() >= 8, "{script}");
    fs::write(application.folder.join("quickstart.sh"), script).unwrap();
    let printed = application.run("sh", &["-eu", "quickstart.sh"]).await;
    for part in ["Analytical Engines", "\"reserved\": 0", "http://127.0.0.1:", "/c/pay/", "api_key.created"] {
        assert!(printed.contains(part), "{part} is not in {printed}");
    }
    let secret = printed.lines().find(|line| line.starts_with("whsec_")).unwrap().to_owned();
    application.variables.push(("SECRET".to_owned(), secret));

    // The server has chosen its port itself, so its command does not know the address.
    let keys = program.clone().with("FREEHOLD_SITE_URL", &server.site).run(&["keys", "supabase"]).await;
    assert_eq!(keys.code, Some(0), "{}", keys.output);
    let public = keys.output.lines().filter(|line| !line.contains("SERVICE_ROLE") && !line.contains("SECRET"));
    fs::write(application.folder.join(".env"), public.collect::<Vec<_>>().join("\n")).unwrap();
    for (name, language) in
        [("sign-in.mjs", "js"), ("receiver.mjs", "js"), ("sign_in.py", "python"), ("receiver.py", "python")]
    {
        fs::write(application.folder.join(name), page.file(name, language)).unwrap();
    }
    let printed = application.run("node", &["--import", "./websocket.mjs", "--env-file=.env", "sign-in.mjs"]).await;
    assert!(
        printed.contains("Analytical Engines: owner, plan free") && printed.contains("workflows: 0 of "),
        "{printed}"
    );

    // Each receiver prints the event of the key that the Python program creates, and refuses a request without a signature.
    for (runtime, receiver) in [("node", "receiver.mjs"), ("python3", "receiver.py")] {
        let (mut child, mut lines) = application.receive(runtime, receiver, port).await;
        let forged = reqwest::Client::new().post(format!("http://127.0.0.1:{port}/")).body("{}").send().await.unwrap();
        assert_eq!(forged.status(), 400, "{receiver}");
        let printed = application.run("python3", &["sign_in.py"]).await;
        assert!(
            printed.contains("('Analytical Engines', 'owner', 'free')") && printed.contains("workflows 0 of"),
            "{printed}"
        );
        let event = tokio::time::timeout(CEILING, lines.next_line()).await.unwrap().unwrap().unwrap();
        assert!(event.starts_with("api_key.created "), "{receiver}: {event}");
        child.kill().await.unwrap();
    }
    server.stop().await;
}
