//! What the tests of whole commands share: running the program in a world of its own, and reading what it left.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod chain;
pub mod engine;
pub mod fake;
pub mod files;
pub mod install;
pub mod kept;
pub mod pty;
pub mod rehearsal;
pub mod user;

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A folder of its own for one test: HOME, the current folder, and the state folder stand in it.
pub struct World {
    pub folder: tempfile::TempDir,
    env: BTreeMap<String, String>,
}

/// What a finished program left behind.
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("lakehouse-test-")
            .tempdir()
            .unwrap();
        let text = |path: &str| folder.path().join(path).display().to_string();
        let mut env: BTreeMap<String, String> = BTreeMap::new();
        for name in [
            "PATH",
            "DOCKER_HOST",
            "SSL_CERT_FILE",
            "AWS_CA_BUNDLE",
            "GOPROXY",
            "LAKEHOUSE_APT_MIRROR",
            "APT_MIRROR",
        ] {
            if let Ok(value) = std::env::var(name) {
                env.insert(name.to_owned(), value);
            }
        }
        env.insert("HOME".into(), text("home"));
        env.insert("XDG_STATE_HOME".into(), text("state"));
        env.insert("AWS_EC2_METADATA_DISABLED".into(), "true".into());
        for name in ["home", "state", "work"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, env }
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    pub fn unset(&mut self, name: &str) -> &mut Self {
        self.env.remove(name);
        self
    }

    /// Every variable of this world.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.env
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str)
    }

    /// PATH without whatever tools this machine may have.
    pub fn set_path_without_host_tools(&mut self) -> &mut Self {
        let bin = self.path("bin");
        for program in ["sh", "sleep", "touch", "env", "dirname", "basename"] {
            if let Ok(found) = which::which(program) {
                let _ = std::os::unix::fs::symlink(found, bin.join(program));
            }
        }
        self.set("PATH", bin.display().to_string())
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lakehouse"));
        command
            .args(args)
            .env_clear()
            .envs(&self.env)
            .current_dir(self.path("work"))
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Finished {
        let output = self.command(args).output().unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts the program and gives it back running, with its output going to pipes.
    pub fn start(&self, args: &[&str]) -> Running {
        let child = self
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running(child)
    }

    /// The only journal of this world.
    pub fn journal(&self) -> PathBuf {
        let runs = self.path("state/lakehouse/runs");
        let mut found: Vec<PathBuf> = std::fs::read_dir(&runs)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(found.len(), 1, "one run: {found:?}");
        found.remove(0).join("journal.jsonl")
    }
}

impl Finished {
    /// The one JSON document, which must be valid by the program's own schema.
    #[track_caller]
    pub fn report(&self) -> Value {
        let report: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "stdout is not one JSON document: {error}\n{}\n{}",
                self.stdout, self.stderr
            )
        });
        assert_valid(&report);
        report
    }

    #[track_caller]
    pub fn expect(&self, code: i32) -> &Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// A program that still runs; killed if the test ends without it.
pub struct Running(pub Child);

impl Running {
    pub fn signal(&self, signal: &str) {
        let done = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(self.0.id().to_string())
            .status()
            .unwrap();
        assert!(done.success());
    }

    pub fn wait(mut self, limit: Duration) -> (ExitStatus, String, String) {
        let mut out = self.0.stdout.take().unwrap();
        let mut err = self.0.stderr.take().unwrap();
        let read = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = out.read_to_string(&mut text);
            text
        });
        let read_err = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = err.read_to_string(&mut text);
            text
        });
        let status = until(limit, || self.0.try_wait().unwrap()).expect("the program ends in time");
        (status, read.join().unwrap(), read_err.join().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Looks until there is an answer or the limit is over.
pub fn until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = look() {
            return Some(answer);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Holds a report against `lakehouse schema`.
#[track_caller]
pub fn assert_valid(report: &Value) {
    let schema = Command::new(env!("CARGO_BIN_EXE_lakehouse"))
        .arg("schema")
        .output()
        .unwrap();
    let mut schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(report)
        .map(|error| format!("{}: {error}", error.instance_path))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
}

/// Closes every object of a schema that has keys of its own: what users get stays open, so that keys can be added, but
/// a misspelt key must fail here. Maps have a schema of their values already.
pub fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            // A schema, not the map of an object that has a key of this name: there the keys are schemas.
            if map.get("type").is_some_and(|t| t.is_string() || t.is_array())
                && map.contains_key("properties")
            {
                assert!(
                    !["allOf", "anyOf", "oneOf"]
                        .iter()
                        .any(|key| map.contains_key(*key)),
                    "a flattened object needs unevaluatedProperties: {map:#?}"
                );
                map.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

/// The records of a journal, each held against the one before; gives the last hash too.
#[track_caller]
pub fn verified_journal(path: &Path, run: &str) -> (Vec<Value>, String) {
    use sha2::{Digest, Sha256};
    use std::fmt::Write as _;
    let hex = |text: &str| {
        Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    };
    let mut prev = hex(&format!("lakehouse journal 1 {run}"));
    let text = std::fs::read_to_string(path).unwrap();
    let records = text
        .lines()
        .map(|line| {
            let (body, hash) = line.rsplit_once(",\"hash\":\"").unwrap();
            let hash = hash.strip_suffix("\"}").unwrap();
            assert_eq!(hex(&format!("{body}}}")), hash, "the line's own hash");
            let record: Value = serde_json::from_str(line).unwrap();
            assert_eq!(record["prev"], prev.as_str(), "the chain");
            hash.clone_into(&mut prev);
            record
        })
        .collect();
    (records, prev)
}

/// Codes of the blockers of a preflight report.
pub fn blockers(report: &Value) -> Vec<&str> {
    report["preflight"]["blockers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["code"].as_str().unwrap())
        .collect()
}

/// Codes of its warnings.
pub fn warnings(report: &Value) -> Vec<&str> {
    report["preflight"]["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["code"].as_str().unwrap())
        .collect()
}

/// A check of a preflight report by its ID.
#[track_caller]
pub fn check<'a>(report: &'a Value, id: &str) -> &'a Value {
    let checks = report["preflight"]["checks"].as_array().unwrap();
    checks
        .iter()
        .find(|check| check["id"] == id)
        .unwrap_or_else(|| panic!("no check {id} in {checks:#?}"))
}

/// Whether a process still runs whose command line holds `mark`.
pub fn runs(mark: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let path = entry.path();
        let dead = std::fs::read_to_string(path.join("stat")).is_ok_and(|stat| {
            stat.rsplit_once(')')
                .is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
        });
        !dead
            && std::fs::read(path.join("cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(mark))
    })
}
