//! Where the tools of a run are: on this machine, or in the toolbox container, which is built if it is not there.

use super::failures;
use super::{Progress, Run};
use crate::gateway::docker::image::{self, Image, Recipe};
use crate::gateway::docker::session::{Session, SessionPlan};
use crate::gateway::docker::{Engine, EngineError, mounts};
use crate::gateway::environment::{self, Identity};
use crate::gateway::journal::{Journal, JournalMark};
use crate::gateway::local::Local;
use crate::gateway::recorder::Recorder;
use crate::gateway::redact::Redactor;
use crate::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError, Tool, credential_process};
use crate::model::settings::RunOptions;
use crate::report::{Code, ExecMode, ExecRecord, Failure};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

/// One of the two places.
pub enum Place {
    /// This machine.
    Local(Local),
    /// The toolbox container.
    Docker(Box<Session>),
}

impl Gateway for Place {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        match self {
            Self::Local(local) => local.run(spec),
            Self::Docker(session) => session.run(spec),
        }
    }
}

/// The place of one run, with its recorder in front.
pub struct Workplace {
    /// The door to the tools.
    pub gateway: Recorder<Place>,
    /// What the report says of it; tools' versions are added by the checks.
    pub exec: ExecRecord,
}

impl Workplace {
    /// Opens the place that the options name.
    ///
    /// # Errors
    /// A [`Failure`] with its code: no engine, no toolbox, no credentials, or an interrupt.
    pub fn open(
        run: &Run,
        options: &RunOptions,
        identity: Identity,
        host_process: Option<&str>,
        progress: &Arc<dyn Progress>,
    ) -> Result<Self, Failure> {
        let redactor = Arc::new(Redactor::new(environment::secrets(&run.env)));
        let journal = Run::state_folder().and_then(|folder| {
            Journal::create(&folder, &run.id).map_err(|error| format!("{}: {error}", folder.display()))
        });
        let folder = journal
            .as_ref()
            .ok()
            .and_then(|journal| journal.path().parent())
            .map(Path::to_path_buf);
        let mode = choose_mode(run, options, &redactor, progress);
        let (place, exec, secrets) = match mode {
            Chosen::Local => {
                let local = Local::new(
                    environment::local(&run.env, &identity),
                    Arc::clone(&redactor),
                    run.interrupt.clone(),
                );
                (Place::Local(local), local_record(), Vec::new())
            }
            Chosen::Docker(probed) => {
                let engine =
                    probed.map_err(|error| failures::of_engine("reach the container engine", &error))?;
                let identity = with_host_keys(run, identity, host_process, &redactor)?;
                let secrets = identity.keys.as_ref().map_or_else(Vec::new, |keys| {
                    keys.session_token
                        .iter()
                        .chain([&keys.secret_access_key])
                        .cloned()
                        .collect()
                });
                let image = toolbox_image(run, options, &engine, progress)?;
                let session = open_session(run, options, &engine, &image, &identity, folder.as_deref())
                    .map_err(|error| failures::of_engine("start the toolbox container", &error))?;
                (
                    Place::Docker(Box::new(session)),
                    docker_record(&engine, &image),
                    secrets,
                )
            }
        };
        let redactor = Redactor::new(environment::secrets(&run.env).into_iter().chain(secrets));
        let gateway = Recorder::new(
            place,
            exec.mode,
            run.id.clone(),
            journal,
            redactor,
            run.interrupt.clone(),
            run.deadline,
        );
        Ok(Self { gateway, exec })
    }

    /// A session container for a person's shell, in docker mode whatever the options say.
    ///
    /// # Errors
    /// As [`Workplace::open`].
    pub fn shell(
        run: &Run,
        options: &RunOptions,
        identity: &Identity,
        progress: &Arc<dyn Progress>,
    ) -> Result<Session, Failure> {
        let redactor = Arc::new(Redactor::new(environment::secrets(&run.env)));
        let engine = Engine::probe(run.env.clone(), redactor, run.interrupt.clone())
            .map_err(|error| failures::of_engine("reach the container engine", &error))?;
        let image = toolbox_image(run, options, &engine, progress)?;
        open_session(run, options, &engine, &image, identity, None)
            .map_err(|error| failures::of_engine("start the toolbox container", &error))
    }

    /// Ends the container, if there is one.
    pub fn close(&self) {
        if let Place::Docker(session) = self.gateway.inner() {
            session.close();
        }
    }

    /// Where the journal stands; none when it could not be made.
    #[must_use]
    pub fn journal_mark(&self) -> Option<JournalMark> {
        self.gateway.journal().ok().map(Journal::mark)
    }

    /// Why the journal is not whole, if it is not.
    #[must_use]
    pub fn journal_trouble(&self) -> Option<String> {
        match self.gateway.journal() {
            Err(said) => Some(said.clone()),
            Ok(journal) => journal.healthy().err(),
        }
    }
}

enum Chosen {
    Local,
    Docker(Result<Engine, EngineError>),
}

/// The mode that was asked for; else local, or docker where a tool is missing here and an engine answers.
fn choose_mode(
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

fn with_host_keys(
    run: &Run,
    identity: Identity,
    host_process: Option<&str>,
    redactor: &Redactor,
) -> Result<Identity, Failure> {
    let Some(command_line) = host_process else {
        return Ok(identity);
    };
    let env = environment::local(&run.env, &identity);
    let keys = credential_process::run(command_line, &env, redactor, &run.interrupt)
        .map_err(|error| failures::of_credentials(&error))?;
    Ok(Identity {
        keys: Some(keys),
        ..identity
    })
}

/// The toolbox image: the one that was named, or the one of the lock, built if it is not there.
fn toolbox_image(
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

fn open_session(
    run: &Run,
    options: &RunOptions,
    engine: &Engine,
    image: &Image,
    identity: &Identity,
    run_folder: Option<&Path>,
) -> Result<Session, EngineError> {
    let failed = |said: String| EngineError::Failed {
        purpose: "start the toolbox container".to_owned(),
        said,
    };
    let mounts = mounts::aws_settings(&run.env, identity).map_err(failed)?;
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
        env: environment::container(&run.env, identity),
        folder,
    };
    Session::start(engine, plan)
}

/// The caller's own IDs, so that files keep their owner; in a rootless engine that is root inside.
#[must_use]
pub fn container_user(engine: &Engine) -> String {
    if engine.info.is_rootless() {
        return "0:0".to_owned();
    }
    format!(
        "{}:{}",
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw()
    )
}

const fn local_record() -> ExecRecord {
    ExecRecord {
        mode: ExecMode::Local,
        engine: None,
        engine_version: None,
        image: None,
        image_digest: None,
        tools: BTreeMap::new(),
    }
}

fn docker_record(engine: &Engine, image: &Image) -> ExecRecord {
    ExecRecord {
        mode: ExecMode::Docker,
        engine: Some("docker".to_owned()),
        engine_version: Some(engine.info.server_version.clone()),
        image: Some(image.name.clone()),
        image_digest: Some(image.digest.clone()),
        tools: BTreeMap::new(),
    }
}
