//! `lakehouse toolbox …`: the image that holds the tools.

use super::place::{build, choose_recipe, recipes};
use super::{Progress, Run, Workplace, failures};
use crate::clients::versions;
use crate::gateway::docker::image::{self, Image, Recipe};
use crate::gateway::docker::{Engine, EngineError};
use crate::gateway::environment::{self, Identity};
use crate::gateway::read_only::ReadOnly;
use crate::gateway::redact::Redactor;
use crate::gateway::{Gateway, Tool};
use crate::model::settings::{RunOptions, Sourced};
use crate::report::{Code, ExecMode, Failure, ToolboxReport};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The engine and the recipes of the image.
pub struct Toolbox {
    /// The engine.
    pub engine: Engine,
    /// What the image can be made of, the preferred source first; never empty.
    pub recipes: Vec<Recipe>,
    /// The names of all images of this version, whatever source was asked for.
    keep: Vec<String>,
}

impl Toolbox {
    /// Reaches the engine.
    ///
    /// # Errors
    /// A [`Failure`] that says what is wrong with it.
    pub fn open(run: &Run, options: &RunOptions) -> Result<Self, Failure> {
        let redactor = Arc::new(Redactor::new(environment::secrets(&run.env)));
        let engine = Engine::probe(run.env.clone(), redactor, run.interrupt.clone())
            .map_err(|error| failures::of_engine("reach the container engine", &error))?;
        let failed = |error: EngineError| failures::of_engine("read what the toolbox is made of", &error);
        let recipes = recipes(&engine, options).map_err(failed)?;
        let all = Recipe::all(&engine, &options.toolbox_mirrors).map_err(failed)?;
        let keep = all.iter().flat_map(Recipe::names).collect();
        Ok(Self {
            engine,
            recipes,
            keep,
        })
    }

    /// The image, if it is there.
    ///
    /// # Errors
    /// A [`Failure`] when the engine can't say.
    pub fn find(&self) -> Result<Option<(&Recipe, Image)>, Failure> {
        let found = image::find(&self.engine, &self.recipes);
        found
            .map(|found| found.map(|(number, image)| (&self.recipes[number], image)))
            .map_err(|error| failures::of_engine("look for the toolbox image", &error))
    }

    /// What stands, without changing anything.
    ///
    /// # Errors
    /// A [`Failure`] when the engine can't say.
    pub fn info(&self) -> Result<ToolboxReport, Failure> {
        Ok(match self.find()? {
            Some((recipe, image)) => report("info", "ready", recipe, Some(&image)),
            None => report("info", "absent", &self.recipes[0], None),
        })
    }

    /// Builds the image if it is not there.
    ///
    /// # Errors
    /// A [`Failure`] with the builder's last lines.
    pub fn build(&self, run: &Run, progress: &Arc<dyn Progress>) -> Result<ToolboxReport, Failure> {
        if let Some((recipe, image)) = self.find()? {
            return Ok(report("build", "ready", recipe, Some(&image)));
        }
        let recipe = choose_recipe(run, &self.engine, &self.recipes, progress)?;
        let image = build(run, &self.engine, recipe, progress)?;
        Ok(report("build", "built", recipe, Some(&image)))
    }

    /// Runs each tool and holds its version against the lock; gives the place too, which has the journal.
    pub fn verify(
        &self,
        run: &Run,
        options: &RunOptions,
        progress: &Arc<dyn Progress>,
    ) -> (Result<ToolboxReport, Failure>, Option<Workplace>) {
        let (recipe, image) = match self.find() {
            Ok(Some(found)) => found,
            Ok(None) => return (Err(absent()), None),
            Err(failure) => return (Err(failure), None),
        };
        let mut options = options.clone();
        options.exec = Some(Sourced::default_of(ExecMode::Docker));
        options.toolbox_image = None;
        options.toolbox_network = None;
        let mut place = match Workplace::open(run, &options, Identity::default(), None, progress) {
            Ok(place) => place,
            Err(unopened) => return (Err(unopened.failure), None),
        };
        let found = found_versions(&ReadOnly(&place.gateway), run);
        place.close();
        let result = found.and_then(|found| {
            place.exec.tools.clone_from(&found);
            judged(recipe, &image, found)
        });
        (result, Some(place))
    }

    /// Removes the toolbox images of other locks; those of this one stay, of both sources, and what a container uses.
    ///
    /// # Errors
    /// A [`Failure`] with the engine's words; images before it are gone.
    pub fn prune(&self, progress: &Arc<dyn Progress>) -> Result<ToolboxReport, Failure> {
        let failed = |error: EngineError| failures::of_engine("remove old toolbox images", &error);
        let found = self.find()?;
        let mut report = match &found {
            Some((recipe, image)) => report("prune", "pruned", recipe, Some(image)),
            None => report("prune", "pruned", &self.recipes[0], None),
        };
        for name in image::others(&self.engine, &self.keep).map_err(failed)? {
            let users = image::users(&self.engine, &name).map_err(failed)?;
            if !users.is_empty() {
                progress.note(&format!(
                    "{name} stays: {} on it (`lakehouse toolbox prune` again when it has ended)",
                    containers(&users)
                ));
                report.in_use.push(name);
                continue;
            }
            self.engine
                .ask("remove an old toolbox image", &["image", "rm", &name])
                .map_err(failed)?;
            report.removed.push(name);
        }
        Ok(report)
    }
}

fn containers(names: &[String]) -> String {
    match names {
        [one] => format!("the container {one} stands"),
        many => format!("the containers {} stand", many.join(", ")),
    }
}

/// Holds what the tools say against the lock.
fn judged(recipe: &Recipe, image: &Image, found: BTreeMap<String, String>) -> Result<ToolboxReport, Failure> {
    let locked = recipe.source.versions();
    let wrong: Vec<String> = locked
        .iter()
        .filter(|(tool, version)| found.get(*tool) != Some(version))
        .map(|(tool, version)| {
            format!(
                "{tool} {}, locked {version}",
                found.get(tool).map_or("unknown", String::as_str)
            )
        })
        .collect();
    if wrong.is_empty() {
        let mut report = report("verify", "verified", recipe, Some(image));
        report.found = found;
        return Ok(report);
    }
    Err(Failure {
        code: Code::ToolboxMissing,
        purpose: VERIFY.to_owned(),
        message: format!("The toolbox is not what its lock says: {}.", wrong.join("; ")),
        remediation: Some(format!(
            "`docker image rm {}`, then `lakehouse toolbox build`",
            image.name
        )),
        tool_output: None,
    })
}

fn report(action: &str, status: &str, recipe: &Recipe, image: Option<&Image>) -> ToolboxReport {
    ToolboxReport {
        action: action.to_owned(),
        status: status.to_owned(),
        image: image.map_or_else(|| recipe.names()[0].clone(), |image| image.name.clone()),
        image_digest: image.map(|image| image.digest.clone()),
        size_bytes: image.map(|image| image.size),
        source: recipe.source_name.clone(),
        locked: recipe.source.versions(),
        found: BTreeMap::new(),
        removed: Vec::new(),
        in_use: Vec::new(),
    }
}

/// What `verify` does, as a failure says it.
const VERIFY: &str = "verify the toolbox";

fn absent() -> Failure {
    Failure {
        code: Code::ToolboxMissing,
        purpose: VERIFY.to_owned(),
        message: "The toolbox image of this version is not there.".to_owned(),
        remediation: Some("`lakehouse toolbox build`".to_owned()),
        tool_output: None,
    }
}

/// What each tool says of itself, asked side by side.
fn found_versions(gateway: &dyn Gateway, run: &Run) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = Tool::ALL
            .iter()
            .map(|tool| scope.spawn(move || (*tool, versions::installed(gateway, *tool))))
            .collect();
        asked
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect()
    });
    for (tool, answer) in answers {
        match answer {
            Ok(version) => {
                found.insert(tool.program().to_owned(), version.to_string());
            }
            Err(_) if run.interrupt.is_set() => {
                return Err(failures::of_engine(VERIFY, &EngineError::Interrupted));
            }
            Err(error) => tracing::warn!("{}: {error}", tool.program()),
        }
    }
    Ok(found)
}
