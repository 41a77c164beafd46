//! The toolbox image: found by the hash of everything that it is made of, or built.

mod builder;
mod known;

use super::base;
use super::context;
use super::engine::{Engine, EngineError, OnLine};
use super::lock::{Lock, LockedSource, RELEASE};
use super::release::{Downloads, Trouble, Unreached, cache::Cache, http::Limits};
use super::{lock, room};
use crate::gateway::environment::PROXIES;
use crate::model::ToolboxMirrors;
use std::time::Instant;

pub use known::{inspect, others, users};

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
    /// The source that it was made from, where it is ours.
    pub source: Option<String>,
}

/// What a toolbox image is made of on this machine.
pub struct Recipe {
    /// `registry` or `release`.
    pub source_name: String,
    /// Its part of the lock.
    pub source: LockedSource,
    mirrors: ToolboxMirrors,
    ca: Vec<u8>,
    arch: &'static str,
}

impl Recipe {
    /// The recipe of the compiled-in lock for this engine.
    ///
    /// # Errors
    /// When the lock or the host's CA bundle can't be read.
    pub fn new(engine: &Engine, source_name: &str, mirrors: &ToolboxMirrors) -> Result<Self, EngineError> {
        let lock = Lock::compiled_in().map_err(EngineError::Lock)?;
        Self::of(&lock, engine, source_name, mirrors)
    }

    /// The recipe of a lock.
    ///
    /// # Errors
    /// As [`Recipe::new`].
    pub fn of(
        lock: &Lock,
        engine: &Engine,
        source_name: &str,
        mirrors: &ToolboxMirrors,
    ) -> Result<Self, EngineError> {
        let ca = context::host_ca(&engine.env).map_err(|said| EngineError::Failed {
            purpose: "read this machine's certificates".into(),
            said,
        })?;
        Ok(Self {
            source_name: source_name.to_owned(),
            source: lock.source(source_name).map_err(EngineError::Lock)?.clone(),
            mirrors: mirrors.clone(),
            ca,
            arch: engine.info.arch().unwrap_or("amd64"),
        })
    }

    /// The recipes of all sources of this version, the preferred one first.
    ///
    /// # Errors
    /// As [`Recipe::new`].
    pub fn all(engine: &Engine, mirrors: &ToolboxMirrors) -> Result<Vec<Self>, EngineError> {
        [RELEASE, lock::REGISTRY]
            .iter()
            .map(|source| Self::new(engine, source, mirrors))
            .collect()
    }

    /// The image's name on a base.
    fn name_on(&self, base: &str) -> String {
        let locked = self.source.normalized();
        format!(
            "{REPOSITORY}:{}",
            context::fingerprint(&self.source_name, &locked, base, self.arch, &self.ca)
        )
    }

    /// The names that the image can have, the pulled base first.
    #[must_use]
    pub fn names(&self) -> [String; 2] {
        let names = base::names(&self.source.base);
        [self.name_on(&names.pulled), self.name_on(&names.bootstrapped)]
    }

    /// The tools whose official host, or mirror, does not answer.
    ///
    /// # Errors
    /// [`EngineError`] when the run was asked to stop.
    pub fn unreached(&self, engine: &Engine, deadline: Instant) -> Result<Vec<Unreached>, EngineError> {
        self.downloads(engine, deadline)
            .unreached(&self.source, self.arch)
            .map_err(EngineError::of_download)
    }

    fn downloads<'a>(&'a self, engine: &'a Engine, deadline: Instant) -> Downloads<'a> {
        Downloads {
            env: &engine.env,
            ca: &self.ca,
            mirrors: &self.mirrors,
            redactor: &engine.redactor,
            interrupt: &engine.interrupt,
            deadline,
            limits: Limits::default(),
        }
    }

    /// Builds the image, its base first.
    ///
    /// # Errors
    /// [`EngineError`] with the builder's last lines; nothing has the image's name then.
    pub fn build(&self, engine: &Engine, deadline: Instant, on_line: &OnLine) -> Result<Image, EngineError> {
        room::check(&engine.info, &self.source_name, room::needed(&self.source_name))
            .map_err(EngineError::NoRoom)?;
        // The downloads come first: they are what a wrong address or a wrong file stops at once.
        let context = self.context(engine, deadline, on_line)?;
        let base = base::ensure(engine, &self.source.base, deadline, on_line)?;
        let name = self.name_on(&base);
        let args = self.build_args(engine, &base, &name);
        let mut engine = engine.clone();
        if let Some(mirror) = engine.env.get(std::ffi::OsStr::new(APT_MIRROR)).cloned() {
            engine.env.insert("APT_MIRROR".into(), mirror);
        }
        let before = builder::containers(&engine);
        let purpose = "build the toolbox image";
        let shown = Some(on_line.clone());
        let built = match &context {
            Context::Bytes(bytes) => engine.long(purpose, &args, bytes.clone(), deadline, shown),
            Context::File(file) => engine.long_from(purpose, &args, file.path(), deadline, shown),
        };
        if built.is_err() {
            // The builder removes its container a moment after its client has gone: nothing of ours is left.
            builder::wait_for_builder(&engine, &before);
        }
        built?;
        self.found(&engine, &name)?.ok_or_else(|| EngineError::Failed {
            purpose: "find the toolbox image that was built".into(),
            said: format!("the engine has no image {name}"),
        })
    }

    fn found(&self, engine: &Engine, name: &str) -> Result<Option<Image>, EngineError> {
        Ok(inspect(engine, name)?.map(|image| Image {
            source: Some(self.source_name.clone()),
            ..image
        }))
    }

    /// What the builder gets. With downloads it is a file, which goes by itself.
    fn context(&self, engine: &Engine, deadline: Instant, on_line: &OnLine) -> Result<Context, EngineError> {
        let failed = |error: std::io::Error| EngineError::Failed {
            purpose: "pack the toolbox's files".into(),
            said: error.to_string(),
        };
        if self.source_name != RELEASE {
            let mut bytes = Vec::new();
            context::archive(&mut bytes, &self.source_name, &self.ca, &[]).map_err(failed)?;
            return Ok(Context::Bytes(bytes));
        }
        let files = self
            .downloads(engine, deadline)
            .fetch(&self.source, self.arch, &|line| on_line(line))
            .map_err(EngineError::of_download)?;
        let file = Cache::open(&engine.env)
            .and_then(|cache| cache.temporary())
            .map_err(|trouble| match trouble {
                Trouble::Cache { said, .. } => failed(std::io::Error::other(said)),
                other => failed(std::io::Error::other(other.to_string())),
            })?;
        let out = std::io::BufWriter::new(file.as_file());
        context::archive(out, &self.source_name, &self.ca, &files).map_err(failed)?;
        Ok(Context::File(file))
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
        let go: &[&str] = if self.source_name == RELEASE {
            &[]
        } else {
            &MIRRORS
        };
        for name in go.iter().copied().chain(PROXIES) {
            if engine.env.contains_key(std::ffi::OsStr::new(name)) {
                args.extend(["--build-arg".to_owned(), name.to_owned()]);
            }
        }
        args.push("-".to_owned());
        args
    }
}

/// A build's context.
enum Context {
    Bytes(Vec<u8>),
    File(tempfile::NamedTempFile),
}

/// The first of these recipes whose image is there, by its place, and the image.
///
/// # Errors
/// [`EngineError`] when the engine can't say.
pub fn find(engine: &Engine, recipes: &[Recipe]) -> Result<Option<(usize, Image)>, EngineError> {
    // One question tells which of the names are there; an image's details take a second.
    let listed = engine.ask(
        "look for the toolbox image",
        &["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", REPOSITORY],
    )?;
    let listed = String::from_utf8_lossy(&listed);
    for (number, recipe) in recipes.iter().enumerate() {
        let names = recipe.names();
        let there = |name: &&String| listed.lines().any(|line| line == name.as_str());
        if let Some(name) = names.iter().find(there) {
            return Ok(recipe.found(engine, name)?.map(|image| (number, image)));
        }
    }
    Ok(None)
}

/// The Debian archive to take packages from; the base image's script reads it under this name too.
const APT_MIRROR: &str = "LAKEHOUSE_APT_MIRROR";

/// Settings of mirrors that a build takes, besides the proxies', from the environment.
const MIRRORS: [&str; 4] = ["GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE"];
