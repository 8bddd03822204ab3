//! What a running server cannot change: its port is open, its routes are mounted, its database is open.

use figment::Figment;

use super::{Config, file, names};

/// Which settings differ that take a restart, by their keys.
pub fn takes_restart(started: &Figment, now: &Figment) -> Vec<&'static str> {
    // Not Rocket's: the server reads these again, or they only say where settings are.
    const OURS: [&str; 4] = ["databases", "miandeng", "profile", "config"];
    let differs = |key: &&str| started.find_value(key).ok() != now.find_value(key).ok();
    let rockets = names::TOP.into_iter().filter(|key| !OURS.contains(key)).filter(differs);
    let database = (file::database_url(started) != file::database_url(now)).then_some(file::DATABASE_URL);
    rockets.chain(database).collect()
}

impl Config {
    /// Keeps the paths at which a running server has its routes. Answers the keys of those that differ.
    pub fn keep_mounts(&mut self, running: &Self) -> Vec<&'static str> {
        let mut kept = Vec::new();
        if self.base_path != running.base_path {
            // What comes without `return_to` ends below it.
            self.base_path.clone_from(&running.base_path);
            self.home.clone_from(&running.home);
            kept.push("miandeng.base_path");
        }
        if self.admin_path != running.admin_path {
            self.admin_path.clone_from(&running.admin_path);
            kept.push("miandeng.admin_path");
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use figment::providers::{Format, Toml};

    use super::*;

    #[test]
    fn what_takes_a_restart_is_named_and_nothing_else() {
        let figment = |toml: &str| Figment::from(Toml::string(toml));
        let started = figment("port = 8000\n[miandeng]\ntitle = \"a\"\n[databases.miandeng]\nurl = \"a.db\"");
        let differs = |toml: &str| takes_restart(&started, &figment(toml));
        assert_eq!(differs("port = 8000\nmiandeng.title = \"b\"\ndatabases.miandeng.url = \"a.db\""), [""; 0]);
        let other = "port = 8001\ntls.certs = \"x\"\ndatabases.miandeng.url = \"b.db\"";
        assert_eq!(differs(other), ["port", "tls", "databases.miandeng.url"]);
    }
}
