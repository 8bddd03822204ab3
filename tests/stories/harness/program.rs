//! The program as another process, in an operator's folder.

use std::{
    io::Read,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

use miandeng::{
    clock::Clock,
    simulator::{Company, Running, Simulator},
};

use super::{Home, PUBLIC_URL, Phone, Server, Settings, phone, prepare};

const PROGRAM: &str = env!("CARGO_BIN_EXE_miandeng");
/// For a process to say something, or to end.
pub const LONGEST: Duration = Duration::from_secs(30);

/// In a folder of its own, with the settings there and no variables of this machine.
pub fn program(folder: &Path, arguments: &[&str]) -> Command {
    program_at(Path::new(PROGRAM), folder, arguments)
}

pub fn program_at(program: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    in_folder(command, folder)
}

/// By a shell that first changes something that the program inherits.
pub fn program_after(first: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{first}; exec \"$0\" \"$@\""), PROGRAM]).args(arguments);
    in_folder(command, folder)
}

fn in_folder(mut command: Command, folder: &Path) -> Command {
    command.current_dir(folder).stdin(Stdio::null());
    let other = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("rocket_") || name.starts_with("miandeng_") || name.ends_with("_proxy")
    };
    for (name, _) in std::env::vars().filter(|(name, _)| other(name)) {
        command.env_remove(name);
    }
    for language in ["LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(language);
    }
    command
}

/// Runs a command to its end. A command that does not end is killed, and fails the story instead of hanging it.
#[track_caller]
pub fn ends(mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let streams: [Box<dyn Read + Send>; 2] =
        [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
    let (reads, ended) = mpsc::channel::<()>();
    let [stdout, stderr] = streams.map(|mut stream| {
        let reads = reads.clone();
        std::thread::spawn(move || {
            let mut all = Vec::new();
            let _ = stream.read_to_end(&mut all);
            drop(reads);
            all
        })
    });
    drop(reads);
    let goes_on = ended.recv_timeout(4 * LONGEST) == Err(mpsc::RecvTimeoutError::Timeout);
    if goes_on {
        child.kill().expect("it can be killed");
    }
    let status = child.wait().expect("it has ended");
    let [stdout, stderr] = [stdout, stderr].map(|stream| stream.join().expect("what it wrote"));
    assert!(!goes_on, "it does not end: {}{}", text(&stdout), text(&stderr));
    Output { status, stdout, stderr }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder with settings for the program's processes, and a simulated DingTalk in this one.
pub struct Site {
    pub simulator: Simulator,
    home: Home,
    http: reqwest::Client,
    dingtalk: Running,
}

impl Site {
    /// The least settings; there is no database file yet.
    pub async fn fresh() -> Self {
        Self::with(|dingtalk| Settings::least(0, PUBLIC_URL, dingtalk)).await
    }

    /// `settings` gets DingTalk's address.
    pub async fn with(settings: impl FnOnce(&str) -> Settings) -> Self {
        Self::of(Company::sample(), settings).await
    }

    /// The same with other organisations.
    pub async fn of(company: Company, settings: impl FnOnce(&str) -> Settings) -> Self {
        prepare();
        let simulator = Simulator::new(Clock::standing(), company);
        let dingtalk = simulator.start("127.0.0.1".parse().unwrap(), 0).await.unwrap();
        let home = Home::new("data.db");
        let mut settings = settings(dingtalk.url());
        if super::postgres::wanted() && settings.database == "data.db" {
            settings.database = home.url();
        }
        std::fs::write(home.path().join("Rocket.toml"), settings.text()).unwrap();
        Self { simulator, home, http: phone::http(), dingtalk }
    }

    /// 张三 is in the table.
    pub async fn new() -> Self {
        let site = Self::fresh().await;
        site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
        site
    }

    pub fn dingtalk_url(&self) -> &str {
        self.dingtalk.url()
    }

    pub fn path(&self) -> &Path {
        self.home.path()
    }

    pub fn db_url(&self) -> String {
        self.home.url()
    }

    #[track_caller]
    pub fn db_file(&self) -> PathBuf {
        self.home.file()
    }

    pub fn runs(&self, arguments: &[&str]) -> String {
        let output = ends(program(self.path(), arguments));
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    pub fn serves(&self) -> Server {
        Server::listening(program(self.path(), &["serve"]))
    }

    pub fn phone(&self, server: &Server, userid: &str) -> Phone {
        Phone::new(server.url().to_owned(), self.simulator.clone(), self.http.clone(), userid)
    }
}

/// The program failed: exit code 1 and one line.
#[track_caller]
pub fn one_line(output: &Output) -> String {
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert_eq!(message.trim_end().lines().count(), 1, "{message}");
    assert!(message.starts_with("miandeng: "), "{message}");
    message.trim_end().to_owned()
}

/// It was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
