//! The choices behind a run's place: which mode, whose keys, which image, and the session on it.

use super::failures;
use super::hand_in::HandIn;
use super::{Progress, Run};
use crate::gateway::docker::image::{self, Image, Recipe};
use crate::gateway::docker::session::{Session, SessionPlan};
use crate::gateway::docker::{Engine, EngineError, mounts};
use crate::gateway::environment;
use crate::gateway::local::Local;
use crate::gateway::redact::Redactor;
use crate::gateway::settings_copy::SettingsCopy;
use crate::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError, Tool};
use crate::model::settings::RunOptions;
use crate::report::{Code, ExecMode, Failure};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

/// One of the two places.
pub enum Place {
    /// This machine, with the copies of the AWS files that its tools read.
    Local(Local, SettingsCopy),
    /// The toolbox container.
    Docker(Box<Session>),
}

impl Gateway for Place {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        match self {
            Self::Local(local, _) => local.run(spec),
            Self::Docker(session) => session.run(spec),
        }
    }
}

/// What was chosen to run the tools.
pub(super) enum Chosen {
    Local,
    Docker(Result<Engine, EngineError>),
}

/// The mode that was asked for; else local, or docker where a tool is missing here and an engine answers.
pub(super) fn choose_mode(
    run: &Run,
    options: &RunOptions,
    redactor: &Arc<Redactor>,
    progress: &Arc<dyn Progress>,
) -> Chosen {
    let probe = || Engine::probe(run.env.clone(), Arc::clone(redactor), run.interrupt.clone());
    match options.exec.as_ref().map(|exec| exec.value) {
        Some(ExecMode::Local) => Chosen::Local,
        Some(ExecMode::Docker) => Chosen::Docker(probe()),
        None => {
            let path = run.env.get(OsStr::new("PATH"));
            let missing: Vec<&str> = Tool::ALL
                .iter()
                .map(|tool| tool.program())
                .filter(|program| which::which_in(program, path, ".").is_err())
                .collect();
            if missing.is_empty() {
                return Chosen::Local;
            }
            match probe() {
                Ok(engine) => {
                    progress.note(&format!(
                        "{} not installed here: the tools run in the toolbox container (`--exec local` runs them here)",
                        missing.join(", ")
                    ));
                    Chosen::Docker(Ok(engine))
                }
                Err(_) => Chosen::Local,
            }
        }
    }
}

/// The toolbox image: the one that was named, or the one of the lock, built if it is not there.
pub(super) fn toolbox_image(
    run: &Run,
    options: &RunOptions,
    engine: &Engine,
    progress: &Arc<dyn Progress>,
) -> Result<Image, Failure> {
    let purpose = "find the toolbox image";
    if let Some(named) = &options.toolbox_image {
        let name = named.value.as_str();
        return image::inspect(engine, name)
            .map_err(|error| failures::of_engine(purpose, &error))?
            .ok_or_else(|| Failure {
                code: Code::ToolboxMissing,
                purpose: purpose.to_owned(),
                message: format!("The engine has no image {name}."),
                remediation: Some(if name.contains('@') {
                    format!("`docker pull {name}`, or leave `--toolbox-image` out.")
                } else {
                    "`docker image ls --no-trunc` shows the IDs that there are; or leave `--toolbox-image` out.".to_owned()
                }),
                tool_output: None,
            });
    }
    let recipe = Recipe::new(engine, options.toolbox_source.value.name())
        .map_err(|error| failures::of_engine(purpose, &error))?;
    match recipe
        .find(engine)
        .map_err(|error| failures::of_engine(purpose, &error))?
    {
        Some(image) => Ok(image),
        None => build(run, engine, &recipe, progress),
    }
}

/// Builds the toolbox image and shows how it goes.
///
/// # Errors
/// A [`Failure`] with the builder's last lines.
pub fn build(
    run: &Run,
    engine: &Engine,
    recipe: &Recipe,
    progress: &Arc<dyn Progress>,
) -> Result<Image, Failure> {
    progress.step("building the toolbox image (once for each version; about ten minutes)");
    let shown = Arc::clone(progress);
    let on_line: crate::gateway::docker::engine::OnLine = Arc::new(move |line| shown.line(line));
    let built = recipe.build(engine, run.deadline, &on_line);
    progress.done();
    built.map_err(|error| failures::of_engine("build the toolbox image", &error))
}

pub(super) fn open_session(
    run: &Run,
    options: &RunOptions,
    engine: &Engine,
    image: &Image,
    handed: HandIn,
    run_folder: Option<&Path>,
) -> Result<Session, EngineError> {
    let failed = |said: String| EngineError::Failed {
        purpose: "start the toolbox container".to_owned(),
        said,
    };
    let mut mounts = mounts::aws_settings(&run.env, &handed.identity).map_err(failed)?;
    handed.mount(&mut mounts);
    // The nonce stands beside the journal: some engines see a user's home and not the temporary folder.
    let temporary;
    let folder = if let Some(folder) = run_folder {
        folder
    } else {
        temporary = tempfile::tempdir().map_err(|error| failed(format!("no temporary folder: {error}")))?;
        temporary.path()
    };
    let plan = SessionPlan {
        run: &run.id,
        image: &image.id,
        user: container_user(engine),
        network: options
            .toolbox_network
            .as_ref()
            .map(|network| network.value.as_str()),
        mounts,
        env: environment::container(&run.env, &handed.identity),
        copy: handed.copy,
        folder,
    };
    Session::start(engine, plan)
}

/// The caller's own IDs, so that files keep their owner; in a rootless engine that is root inside. Root with a user's
/// settings (`sudo`) takes that user's: without any capability even root may not read another's files.
#[must_use]
pub fn container_user(engine: &Engine) -> String {
    use std::os::unix::fs::MetadataExt;
    if engine.info.is_rootless() {
        return "0:0".to_owned();
    }
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    let home = engine.env.get(OsStr::new("HOME")).filter(|_| uid.is_root());
    match home.and_then(|home| std::fs::metadata(Path::new(home).join(".aws")).ok()) {
        Some(settings) => format!("{}:{}", settings.uid(), settings.gid()),
        None => format!("{}:{}", uid.as_raw(), gid.as_raw()),
    }
}
