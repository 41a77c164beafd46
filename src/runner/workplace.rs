//! Where the tools of a run are, with the recorder in front: on this machine, or in the toolbox container.

use super::hand_in::{HandIn, check_login, hand_in};
use super::place::{self, Chosen, Place};
use super::{Progress, Run, failures};
use crate::clients::picture::Answers;
use crate::gateway::docker::Engine;
use crate::gateway::docker::image::Image;
use crate::gateway::docker::session::Session;
use crate::gateway::environment::{self, Identity, SourceKeys};
use crate::gateway::journal::{Journal, JournalMark};
use crate::gateway::local::Local;
use crate::gateway::recorder::Recorder;
use crate::gateway::redact::Redactor;
use crate::model::AwsProfileFacts;
use crate::model::settings::RunOptions;
use crate::report::{ExecMode, ExecRecord, Failure};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The place of one run.
pub struct Workplace {
    /// The door to the tools.
    pub gateway: Recorder<Place>,
    /// What preflight and plan were told.
    pub answers: Answers<'static>,
    /// What the report says of it; tools' versions are added by the checks.
    pub exec: ExecRecord,
}

/// A place that could not be opened, and what is known of it all the same.
pub struct Unopened {
    /// Why.
    pub failure: Failure,
    /// As far as it came.
    pub exec: ExecRecord,
    /// The journal, which has no record.
    pub journal: Option<JournalMark>,
}

impl Workplace {
    /// Opens the place that the options name; `facts` are those of the profile, where AWS will be asked.
    ///
    /// # Errors
    /// [`Unopened`]: no engine, no toolbox, no credentials, or an interrupt.
    pub fn open(
        run: &Run,
        options: &RunOptions,
        identity: Identity,
        facts: Option<&AwsProfileFacts>,
        progress: &Arc<dyn Progress>,
    ) -> Result<Self, Box<Unopened>> {
        let journal = if run.leaves_evidence {
            Run::state_folder().and_then(|folder| {
                Journal::create(&folder, &run.id).map_err(|error| format!("{}: {error}", folder.display()))
            })
        } else {
            Err("this command keeps none".to_owned())
        };
        if let Ok(journal) = &journal {
            run.hold(journal);
        }
        let mut exec = record(ExecMode::Local);
        let mut opening = Opening {
            run,
            options,
            progress,
            folder: run.folder(),
            exec: &mut exec,
            redactor: redactor(run, None),
        };
        match opening.place(identity, facts) {
            Ok(place) => {
                let redactor = opening.redactor;
                let (id, stop) = (run.id.clone(), run.interrupt.clone());
                let gateway = Recorder::new(place, exec.mode, id, journal, redactor, stop, run.deadline)
                    .told_to(Arc::clone(progress));
                Ok(Self {
                    gateway,
                    answers: Answers::default(),
                    exec,
                })
            }
            Err(failure) => {
                let journal = journal.ok().map(|journal| journal.mark());
                Err(Box::new(Unopened {
                    failure,
                    exec,
                    journal,
                }))
            }
        }
    }

    /// A session container for a person's shell, in docker mode whatever the options say.
    ///
    /// # Errors
    /// A [`Failure`] as of [`Workplace::open`].
    pub fn shell(
        run: &Run,
        options: &RunOptions,
        identity: Identity,
        facts: &AwsProfileFacts,
        progress: &Arc<dyn Progress>,
    ) -> Result<Session, Failure> {
        let mut engine = Engine::probe(run.env.clone(), redactor(run, None), run.interrupt.clone())
            .map_err(|error| failures::of_engine("reach the container engine", &error))?;
        let handed = hand_in(
            run,
            identity,
            Some(facts),
            ExecMode::Docker,
            &engine.redactor,
            None,
        )?;
        engine.redactor = redactor(run, handed.identity.keys.as_ref());
        let image = place::toolbox_image(run, options, &engine, progress)?;
        check_login(&image, handed.identity.profile.as_deref(), Some(facts))?;
        place::open_session(run, options, &engine, &image, handed, None)
            .map_err(|error| failures::of_engine("start the toolbox container", &error))
    }

    /// Ends the container, if there is one, and takes the run's private files away.
    pub fn close(&self) {
        match self.gateway.inner() {
            Place::Local(local, _) => local.close(),
            Place::Docker(session) => session.close(),
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

/// A place being opened: what is known of it so far stays known when the next step fails.
struct Opening<'a> {
    run: &'a Run,
    options: &'a RunOptions,
    progress: &'a Arc<dyn Progress>,
    folder: Option<&'a Path>,
    exec: &'a mut ExecRecord,
    redactor: Arc<Redactor>,
}

impl Opening<'_> {
    fn place(&mut self, identity: Identity, facts: Option<&AwsProfileFacts>) -> Result<Place, Failure> {
        let run = self.run;
        match place::choose_mode(run, self.options, &self.redactor, self.progress) {
            Chosen::Local => {
                let handed = self.handed(identity, facts, ExecMode::Local)?;
                let local = Local::new(
                    handed.local_env(&run.env),
                    Arc::clone(&self.redactor),
                    run.interrupt.clone(),
                );
                Ok(Place::Local(Box::new(local), handed.copy))
            }
            Chosen::Docker(probed) => {
                *self.exec = record(ExecMode::Docker);
                self.exec.engine = Some("docker".to_owned());
                let engine =
                    (*probed).map_err(|error| failures::of_engine("reach the container engine", &error))?;
                self.session(engine, identity, facts)
            }
        }
    }

    fn session(
        &mut self,
        mut engine: Engine,
        identity: Identity,
        facts: Option<&AwsProfileFacts>,
    ) -> Result<Place, Failure> {
        self.exec.engine_version = Some(engine.info.server_version.clone());
        let handed = self.handed(identity, facts, ExecMode::Docker)?;
        engine.redactor = Arc::clone(&self.redactor);
        let image = place::toolbox_image(self.run, self.options, &engine, self.progress)?;
        self.image(&image);
        check_login(&image, handed.identity.profile.as_deref(), facts)?;
        place::open_session(self.run, self.options, &engine, &image, handed, self.folder)
            .map(|session| Place::Docker(Box::new(session)))
            .map_err(|error| failures::of_engine("start the toolbox container", &error))
    }

    fn handed(
        &mut self,
        identity: Identity,
        facts: Option<&AwsProfileFacts>,
        mode: ExecMode,
    ) -> Result<HandIn, Failure> {
        let handed = hand_in(self.run, identity, facts, mode, &self.redactor, self.folder)?;
        // Keys that were just handed in are secrets of everything that comes after.
        self.redactor = redactor(self.run, handed.identity.keys.as_ref());
        Ok(handed)
    }

    fn image(&mut self, image: &Image) {
        self.exec.image = Some(image.name.clone());
        self.exec.image_digest = Some(image.digest.clone());
        self.exec.image_source.clone_from(&image.source);
    }
}

/// A redactor that knows the secrets of the environment and of handed-in keys.
fn redactor(run: &Run, keys: Option<&SourceKeys>) -> Arc<Redactor> {
    let handed_in = keys
        .into_iter()
        .flat_map(|keys| keys.session_token.iter().chain([&keys.secret_access_key]))
        .cloned();
    Arc::new(Redactor::new(
        environment::secrets(&run.env).into_iter().chain(handed_in),
    ))
}

const fn record(mode: ExecMode) -> ExecRecord {
    ExecRecord {
        mode,
        engine: None,
        engine_version: None,
        image: None,
        image_source: None,
        image_digest: None,
        tools: BTreeMap::new(),
    }
}
