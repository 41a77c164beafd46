//! A finished run of the fake tools, and what can be done to its evidence.

use super::fake::{Fake, PREFLIGHT};
use super::{Finished, World};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

pub fn hex(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A world with one finished run, and where that run is kept.
pub struct Kept {
    pub fake: Fake,
    pub id: String,
    pub folder: PathBuf,
    pub stdout: String,
}

impl Kept {
    pub fn new() -> Self {
        let fake = Fake::ready();
        let done = fake.world.run(&PREFLIGHT);
        let report = done.expect(0).report();
        let id = report["run"]["id"].as_str().unwrap().to_owned();
        let folder = fake.world.path("state/lakehouse/runs").join(&id);
        let stdout = done.stdout;
        Self {
            fake,
            id,
            folder,
            stdout,
        }
    }

    pub fn world(&self) -> &World {
        &self.fake.world
    }

    pub fn journal(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    pub fn report(&self) -> PathBuf {
        self.folder.join("report.json")
    }

    pub fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.journal()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    pub fn write(&self, lines: &[String]) {
        let ends = lines.iter().flat_map(|line| [line.as_str(), "\n"]);
        fs::write(self.journal(), ends.collect::<String>()).unwrap();
    }

    /// Changes the lines by `how` and writes them back.
    pub fn tamper(&self, how: impl FnOnce(&mut Vec<String>)) {
        let mut lines = self.lines();
        how(&mut lines);
        self.write(&lines);
    }

    pub fn verify(&self) -> Finished {
        self.world().run(&["evidence", "verify", &self.id])
    }
}

/// The line with a rightly computed `hash`, and that hash.
pub fn sealed(line: &str) -> (String, String) {
    let (body, _) = line.rsplit_once(",\"hash\":\"").unwrap();
    let hash = hex(&format!("{body}}}"));
    (format!("{body},\"hash\":\"{hash}\"}}"), hash)
}

/// Every line's `prev` and `hash` anew from line `from` (from 0) on.
pub fn chained(lines: &mut [String], run: &str, from: usize) {
    let mut prev = hex(&format!("lakehouse journal 1 {run}"));
    for (number, line) in lines.iter_mut().enumerate() {
        if number >= from {
            let (body, _) = line.rsplit_once(",\"prev\":\"").unwrap();
            (*line, prev) = sealed(&format!("{body},\"prev\":\"{prev}\",\"hash\":\"\"}}"));
        } else {
            prev = sealed(line).1;
        }
    }
}

pub fn verification(report: &Value) -> &Value {
    &report["evidence"]["verification"]
}

pub fn kinds(report: &Value) -> Vec<String> {
    let findings = verification(report)["findings"].as_array().unwrap();
    let text = |finding: &Value| {
        let line = finding["line"]
            .as_u64()
            .map_or("-".to_owned(), |line| line.to_string());
        format!("{line} {}", finding["kind"].as_str().unwrap())
    };
    findings.iter().map(text).collect()
}
