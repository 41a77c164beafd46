//! The choices behind a run's place: which mode, whose keys, which image, and the session on it.

use super::failures;
use super::hand_in::HandIn;
use super::{Progress, Run};
use crate::gateway::docker::image::{self, Image, Recipe};
use crate::gateway::docker::lock::RELEASE;
use crate::gateway::docker::session::{Session, SessionPlan};
use crate::gateway::docker::{Engine, EngineError, mounts};
use crate::gateway::environment;
use crate::gateway::local::Local;
use crate::gateway::redact::Redactor;
use crate::gateway::settings_copy::SettingsCopy;
use crate::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError, PrivateFile, Tool};
use crate::model::settings::RunOptions;
use crate::report::{Code, ExecMode, Failure};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

/// One of the two places.
pub enum Place {
    /// This machine, with the copies of the AWS files that its tools read.
    Local(Box<Local>, SettingsCopy),
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

    fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        match self {
            Self::Local(local, _) => local.keep(file),
            Self::Docker(session) => session.keep(file),
        }
    }
}

/// What was chosen to run the tools.
pub(super) enum Chosen {
    Local,
    Docker(Box<Result<Engine, EngineError>>),
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
        Some(ExecMode::Docker) => Chosen::Docker(Box::new(probe())),
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
                    Chosen::Docker(Box::new(Ok(engine)))
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
    note_proxies(run, progress);
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
    let recipes = recipes(engine, options).map_err(|error| failures::of_engine(purpose, &error))?;
    match image::find(engine, &recipes).map_err(|error| failures::of_engine(purpose, &error))? {
        Some((_, image)) => Ok(image),
        None => build(
            run,
            engine,
            choose_recipe(run, engine, &recipes, progress)?,
            progress,
        ),
    }
}

/// A proxy on this machine's loopback serves this machine alone: what fails in the container for it should not surprise.
fn note_proxies(run: &Run, progress: &Arc<dyn Progress>) {
    let unseen = environment::loopback_proxies(&run.env);
    if !unseen.is_empty() {
        progress.note(&format!(
            "{} names a proxy on this machine's loopback, which a container does not see: name it by this machine's own \
             address, or use `--exec local`",
            unseen.join(", ")
        ));
    }
}

/// The recipes whose images will do, the preferred one first: the one that was asked for by name, or all.
///
/// # Errors
/// What is wrong with the lock or this machine's certificates.
pub fn recipes(engine: &Engine, options: &RunOptions) -> Result<Vec<Recipe>, EngineError> {
    match &options.toolbox_source {
        Some(source) => Ok(vec![Recipe::new(
            engine,
            source.value.name(),
            &options.toolbox_mirrors,
        )?]),
        None => Recipe::all(engine, &options.toolbox_mirrors),
    }
}

/// The recipe to build by, where no image is there: the preferred one, if all its hosts answer. Only silence leads to the
/// next one: a host that answers wrongly is an error, whatever else could be built.
///
/// # Errors
/// A [`Failure`] when the run was asked to stop.
pub fn choose_recipe<'a>(
    run: &Run,
    engine: &Engine,
    recipes: &'a [Recipe],
    progress: &Arc<dyn Progress>,
) -> Result<&'a Recipe, Failure> {
    let (preferred, other) = match recipes {
        [preferred, other, ..] => (preferred, other),
        [only] => return Ok(only),
        // There is no source to choose from: a lock without sources is refused when it is read.
        [] => {
            let none = EngineError::Lock("the toolbox's lock has no source".to_owned());
            return Err(failures::of_engine("find the toolbox image", &none));
        }
    };
    let silent = preferred
        .unreached(engine, run.deadline)
        .map_err(|error| failures::of_engine("ask where the tools can be downloaded", &error))?;
    if silent.is_empty() {
        return Ok(preferred);
    }
    let hosts: Vec<String> = silent
        .iter()
        .map(|one| format!("{} ({})", one.host, one.tool))
        .collect();
    progress.note(&format!(
        "no answer from {}: the toolbox is built from package registries instead (`--toolbox-source release` insists on \
         the official downloads, LAKEHOUSE_TOOLBOX_MIRROR_… names mirrors of them)",
        hosts.join(", ")
    ));
    Ok(other)
}

/// Builds the toolbox image and shows how it goes.
///
/// # Errors
/// A [`Failure`] with the builder's last lines, or the tool whose download went wrong.
pub fn build(
    run: &Run,
    engine: &Engine,
    recipe: &Recipe,
    progress: &Arc<dyn Progress>,
) -> Result<Image, Failure> {
    let (from, minutes) = if recipe.source_name == RELEASE {
        ("the official downloads", "two")
    } else {
        ("package registries", "ten")
    };
    progress.step(&format!(
        "building the toolbox image from {from} (once for each version; about {minutes} minutes)"
    ));
    // Every line, whoever prints it: the script that makes the base image runs beside the engine's client, and may
    // name a mirror's URL with its password.
    let (shown, redactor) = (Arc::clone(progress), Arc::clone(&engine.redactor));
    let on_line: crate::gateway::docker::engine::OnLine =
        Arc::new(move |line| shown.line(&redactor.redact(line, &[])));
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
