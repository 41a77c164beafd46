//! The image that the toolbox is built on: by digest where an image registry answers, else from packages.

use super::context::BOOTSTRAP;
use super::engine::{Engine, EngineError, OnLine};
use super::lock::LockedBase;
use crate::gateway::guard;
use crate::gateway::process::{self, Ending, Job};
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// How long a registry may take to send the base image (30 MB).
const PULL_LIMIT: Duration = Duration::from_secs(180);

/// A base image's two possible names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseNames {
    /// By digest, from an image registry.
    pub pulled: String,
    /// Made from Debian packages on this machine.
    pub bootstrapped: String,
}

/// The names for one lock.
#[must_use]
pub fn names(base: &LockedBase) -> BaseNames {
    let repository = base.image.split(':').next().unwrap_or(&base.image);
    BaseNames {
        pulled: format!("{repository}@{}", base.digest),
        bootstrapped: format!("lakehouse-base:{}", base.suite),
    }
}

/// Makes sure that a base image is in the engine; gives its name.
///
/// # Errors
/// [`EngineError`] when it can neither be pulled nor made.
pub fn ensure(
    engine: &Engine,
    base: &LockedBase,
    deadline: Instant,
    on_line: &OnLine,
) -> Result<String, EngineError> {
    let names = names(base);
    for name in [&names.pulled, &names.bootstrapped] {
        if is_there(engine, name)? {
            return Ok(name.clone());
        }
    }
    on_line(&format!("lakehouse-step: pull {}", base.image));
    let limit = deadline.min(Instant::now() + PULL_LIMIT);
    match engine.long(
        "pull the base image",
        &["pull", "--quiet", &names.pulled],
        Vec::new(),
        limit,
        None,
    ) {
        Ok(_) => return Ok(names.pulled),
        Err(EngineError::Interrupted) => return Err(EngineError::Interrupted),
        Err(error) => tracing::info!("{error}: it is made from Debian packages instead"),
    }
    on_line("lakehouse-step: bootstrap the base image from Debian packages");
    bootstrap(engine, base, &names.bootstrapped, deadline, on_line)?;
    Ok(names.bootstrapped)
}

fn is_there(engine: &Engine, name: &str) -> Result<bool, EngineError> {
    match engine.ask(
        "look for the base image",
        &["image", "inspect", "--format", "{{.Id}}", name],
    ) {
        Ok(_) => Ok(true),
        Err(EngineError::Failed { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn bootstrap(
    engine: &Engine,
    base: &LockedBase,
    name: &str,
    deadline: Instant,
    on_line: &OnLine,
) -> Result<(), EngineError> {
    let job = Job {
        program: "/bin/sh".into(),
        args: ["-s", "--", &base.suite, name].map(OsString::from).to_vec(),
        env: engine.env.clone(),
        stdin: BOOTSTRAP.as_bytes().to_vec(),
        guarded: true,
        deadline,
        grace: Duration::from_secs(5),
        stop: None,
        on_line: Some(on_line.clone()),
        listener: None,
    };
    let failed = |said: String| EngineError::Failed {
        purpose: "make the base image from Debian packages".into(),
        said,
    };
    let ended = process::run(&job, &engine.interrupt).map_err(|error| failed(error.to_string()))?;
    match ended.ending {
        Ending::Exited(0) => Ok(()),
        Ending::Interrupted => Err(EngineError::Interrupted),
        Ending::Exited(guard::NOT_STARTED) => Err(failed("there is no /bin/sh".into())),
        _ => Err(failed(super::engine::last_lines(
            &engine.redactor.words(&ended.stderr, &[]),
            15,
        ))),
    }
}
