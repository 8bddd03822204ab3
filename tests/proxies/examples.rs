//! The examples of `docs/examples/`, which read the identity as the documentation shows it, behind the real gate. Go, Spring
//! Boot, Grafana and Jenkins are not here: the page says which of them anybody has run.

use std::fs;

use miandeng::users::Change;

use super::{
    programs::Program,
    recipe::{Proxy, Recipe},
    site::{Visitor, address_of, miandeng},
};

const WANTED: &str = "张三 (zhangsan): 研发部/后端组 · 财务";

/// Django as an operator's own project has it around the example.
const DJANGO: &str = r#"
import sys
import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import path

apps = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
settings.configure(
    SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF="__main__", INSTALLED_APPS=apps,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db"}},
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "miandeng.MiandengMiddleware",
    ],
    AUTHENTICATION_BACKENDS=["miandeng.MiandengBackend"],
)
django.setup()
call_command("migrate", verbosity=0)
import miandeng

def whoami(request):
    user = request.user
    return HttpResponse(f"{user.first_name} ({user.username}): {' · '.join(miandeng.groups(request))}")

urlpatterns = [path("", whoami)]
call_command("runserver", sys.argv[1], use_reloader=False)
"#;

fn example(name: &str) -> String {
    let path = format!("{}/docs/examples/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the program tells 张三 behind nginx.
async fn answer(program: Program) -> String {
    let miandeng = miandeng().await;
    let change = Change { department: Some("研发部/后端组;财务".into()), ..Change::default() };
    miandeng.db_change("zhangsan", change).await;
    let proxy = Recipe::of(Proxy::Nginx).start(&address_of(&miandeng), &program.address).await;
    let mut visitor = Visitor::of(&proxy.address);
    visitor.signs_in(&miandeng.simulator, "zhangsan").await;
    visitor.navigates("GET", "/").await.text()
}

#[tokio::test]
#[ignore = "needs nginx and PHP; CI runs it"]
async fn php_reads_the_identity_as_the_page_says() {
    let whoami = example("whoami.php");
    let program = Program::start(&[("whoami.php", &whoami)], |command, address, _| {
        command.args(["php", "-S", address, "whoami.php"]);
    })
    .await;
    assert_eq!(answer(program).await, WANTED);
}

#[tokio::test]
#[ignore = "needs nginx and Node.js; CI runs it"]
async fn node_reads_the_identity_as_the_page_says() {
    let whoami = example("whoami.mjs");
    let program = Program::start(&[], |command, address, folder| {
        let host = address.split(':').next().unwrap();
        let placed = whoami.replace("\"127.0.0.1\"", &format!("{host:?}"));
        assert_ne!(placed, whoami);
        fs::write(folder.join("whoami.mjs"), placed).unwrap();
        command.args(["node", "whoami.mjs"]);
    })
    .await;
    assert_eq!(answer(program).await, WANTED);
}

#[tokio::test]
#[ignore = "needs nginx and Django; CI runs it"]
async fn django_reads_the_identity_as_the_page_says() {
    let example = example("miandeng.py");
    let files = [("miandeng.py", example.as_str()), ("project.py", DJANGO)];
    let program = Program::start(&files, |command, address, _| {
        // Debian's, which sees Debian's Django.
        command.args(["/usr/bin/python3", "project.py", address]);
    })
    .await;
    assert_eq!(answer(program).await, WANTED);
}
