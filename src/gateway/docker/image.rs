//! The toolbox image: found by the hash of everything that it is made of, or built.

use super::base;
use super::context;
use super::engine::{Engine, EngineError, OnLine};
use super::lock::{Lock, LockedSource};
use crate::gateway::environment::PROXIES;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// The repository that all toolbox images stand in.
pub const REPOSITORY: &str = "lakehouse-toolbox";

/// An image in the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The name that it was asked for by.
    pub name: String,
    /// Its ID, `sha256:…`.
    pub id: String,
    /// Its repository digest, where it was pulled; else its ID.
    pub digest: String,
    /// Unpacked size in bytes.
    pub size: u64,
}

/// What a toolbox image is made of on this machine.
pub struct Recipe {
    /// `registry`.
    pub source_name: String,
    /// Its part of the lock.
    pub source: LockedSource,
    ca: Vec<u8>,
    arch: &'static str,
}

impl Recipe {
    /// The recipe for this engine.
    ///
    /// # Errors
    /// When the lock or the host's CA bundle can't be read.
    pub fn new(engine: &Engine, source_name: &str) -> Result<Self, EngineError> {
        let failed = |said: String| EngineError::Failed {
            purpose: "read what the toolbox is made of".into(),
            said,
        };
        let lock = Lock::compiled_in().map_err(failed)?;
        let source = lock.source(source_name).map_err(failed)?.clone();
        let ca = context::host_ca(&engine.env).map_err(failed)?;
        let arch = engine.info.arch().unwrap_or("amd64");
        Ok(Self {
            source_name: source_name.to_owned(),
            source,
            ca,
            arch,
        })
    }

    /// The image's name on a base.
    fn name_on(&self, base: &str) -> String {
        format!(
            "{REPOSITORY}:{}",
            context::fingerprint(&self.source_name, base, self.arch, &self.ca)
        )
    }

    /// The names that the image can have, the pulled base first.
    #[must_use]
    pub fn names(&self) -> [String; 2] {
        let names = base::names(&self.source.base);
        [self.name_on(&names.pulled), self.name_on(&names.bootstrapped)]
    }

    /// The image, if it is there.
    ///
    /// # Errors
    /// [`EngineError`] when the engine can't say.
    pub fn find(&self, engine: &Engine) -> Result<Option<Image>, EngineError> {
        // One question tells which of the two names is there; its details take a second.
        let listed = engine.ask(
            "look for the toolbox image",
            &["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", REPOSITORY],
        )?;
        let listed = String::from_utf8_lossy(&listed);
        match self
            .names()
            .iter()
            .find(|name| listed.lines().any(|line| line == name.as_str()))
        {
            Some(name) => inspect(engine, name),
            None => Ok(None),
        }
    }

    /// Builds the image, its base first.
    ///
    /// # Errors
    /// [`EngineError`] with the builder's last lines; nothing has the image's name then.
    pub fn build(&self, engine: &Engine, deadline: Instant, on_line: &OnLine) -> Result<Image, EngineError> {
        let base = base::ensure(engine, &self.source.base, deadline, on_line)?;
        let name = self.name_on(&base);
        let archive = context::archive(&self.ca).map_err(|error| EngineError::Failed {
            purpose: "pack the toolbox's files".into(),
            said: error.to_string(),
        })?;
        let args = self.build_args(engine, &base, &name);
        let mut engine = engine.clone();
        if let Some(mirror) = engine.env.get(std::ffi::OsStr::new(APT_MIRROR)).cloned() {
            engine.env.insert("APT_MIRROR".into(), mirror);
        }
        let before = containers(&engine);
        let built = engine.long(
            "build the toolbox image",
            &args,
            archive,
            deadline,
            Some(on_line.clone()),
        );
        if built.is_err() {
            // The builder removes its container a moment after its client has gone: nothing of ours is left.
            wait_for_builder(&engine, &before);
        }
        built?;
        inspect(&engine, &name)?.ok_or_else(|| EngineError::Failed {
            purpose: "find the toolbox image that was built".into(),
            said: format!("the engine has no image {name}"),
        })
    }

    fn build_args(&self, engine: &Engine, base: &str, name: &str) -> Vec<String> {
        // A guard may end the client in mid-build: the builder must then remove its container.
        let mut args: Vec<String> = ["build", "--force-rm", "--tag", name].map(str::to_owned).to_vec();
        let mut set =
            |key: &str, value: &str| args.extend(["--build-arg".to_owned(), format!("{key}={value}")]);
        set("BASE_IMAGE", base);
        set("TOOLBOX_ARCH", self.arch);
        for (tool, locked) in &self.source.tools {
            let tool = if tool == "aws" {
                "AWSCLI".to_owned()
            } else {
                tool.to_uppercase()
            };
            set(&format!("{tool}_VERSION"), &locked.version);
            if let Some(package) = &locked.package {
                set(&format!("{tool}_PACKAGE"), package);
            }
        }
        if engine.env.contains_key(std::ffi::OsStr::new(APT_MIRROR)) {
            args.extend(["--build-arg".to_owned(), "APT_MIRROR".to_owned()]);
        }
        // By name only: a mirror's or proxy's URL may hold a password, and argv is for everyone to read.
        for name in MIRRORS.into_iter().chain(PROXIES) {
            if engine.env.contains_key(std::ffi::OsStr::new(name)) {
                args.extend(["--build-arg".to_owned(), name.to_owned()]);
            }
        }
        args.push("-".to_owned());
        args
    }
}

/// IDs and images of all containers; nothing where the engine does not say.
fn containers(engine: &Engine) -> Vec<String> {
    let listed = engine.undisturbed().ask_within(
        Duration::from_secs(2),
        "list the containers",
        &["ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Image}}"],
    );
    String::from_utf8_lossy(&listed.unwrap_or_default())
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Waits until no container of a build that began after `before` is left. The builder's containers run on images
/// that have no name yet.
fn wait_for_builder(engine: &Engine, before: &[String]) {
    let until = Instant::now() + Duration::from_secs(4);
    let is_builders = |line: &String| {
        let image = line
            .split(' ')
            .nth(1)
            .unwrap_or_default()
            .trim_start_matches("sha256:");
        !before.contains(line) && image.len() >= 12 && image.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    while Instant::now() < until && containers(engine).iter().any(is_builders) {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The Debian archive to take packages from; the base image's script reads it under this name too.
const APT_MIRROR: &str = "LAKEHOUSE_APT_MIRROR";

/// Settings of mirrors that a build takes, besides the proxies', from the environment.
const MIRRORS: [&str; 4] = ["GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    #[serde(default)]
    repo_digests: Option<Vec<String>>,
    size: u64,
}

/// An image by name or ID, if the engine has it.
///
/// # Errors
/// [`EngineError`] when the engine can't say.
pub fn inspect(engine: &Engine, name: &str) -> Result<Option<Image>, EngineError> {
    let stdout = match engine.ask(
        "look for the image",
        &["image", "inspect", "--format", "{{json .}}", name],
    ) {
        Ok(stdout) => stdout,
        // The client has one exit code for all; only these words of the engine's mean that it is not there.
        Err(EngineError::Failed { said, .. }) if said.to_lowercase().contains("no such image") => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let found: Inspected = serde_json::from_slice(&stdout).map_err(|error| EngineError::Failed {
        purpose: "read what the engine says of the image".into(),
        said: error.to_string(),
    })?;
    let digest = found
        .repo_digests
        .unwrap_or_default()
        .into_iter()
        .next()
        .unwrap_or_else(|| found.id.clone());
    Ok(Some(Image {
        name: name.to_owned(),
        id: found.id,
        digest,
        size: found.size,
    }))
}

/// Whether a name is one that a build of ours gives: a tag of sixteen hexadecimal digits.
fn is_ours(name: &str) -> bool {
    let tag = name
        .strip_prefix(REPOSITORY)
        .and_then(|rest| rest.strip_prefix(':'))
        .unwrap_or_default();
    tag.len() == 16 && tag.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Toolbox images that are not `keep`, by name. Tags that somebody gave by hand are not ours to remove.
///
/// # Errors
/// [`EngineError`] when the engine can't say.
pub fn others(engine: &Engine, keep: &[String]) -> Result<Vec<String>, EngineError> {
    let stdout = engine.ask(
        "list the toolbox images",
        &["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", REPOSITORY],
    )?;
    Ok(String::from_utf8_lossy(&stdout)
        .lines()
        .filter(|name| is_ours(name) && !keep.iter().any(|kept| kept == name))
        .map(str::to_owned)
        .collect())
}
