//! Which env file is meant, and what it says.

use super::lookup::{Given, Lookup};
use super::rules::path_rule;
use super::{UsageError, World};
use crate::model::{BadInput, Namespace, Source, Sourced};
use crate::render::env_file;
use std::fs;
use std::path::{Path, PathBuf};

/// The env file of a run, and the namespace that came with finding it.
pub(super) struct Located {
    /// The file, there or not.
    pub(super) path: Sourced<PathBuf>,
    /// The namespace.
    pub(super) namespace: Sourced<Namespace>,
}

/// Finds the env file, reads it into `lookup` and settles the namespace.
pub(super) fn locate(lookup: &mut Lookup<'_>) -> Result<Located, UsageError> {
    let world = lookup.world;
    world.needs_folder()?;
    let given = lookup.given("namespace", None)?;
    let named: Option<Sourced<Namespace>> = given.as_ref().map(Given::parse).transpose()?;
    let output_env = lookup.given("output-env", None)?;
    // With a name from the file's name, what the file says must be that name.
    let (path, from_name) = match (output_env, &named) {
        (Some(given), _) => (given_path(&given, world)?, None),
        (None, Some(namespace)) => (file_of(world, &namespace.value, namespace.source.clone()), None),
        (None, None) => match the_only_one(world)? {
            Some((path, namespace)) => (Sourced::new(path, Source::EnvFile), Some(namespace)),
            None => (file_of(world, &ingext()?, Source::Default), None),
        },
    };
    read(lookup, &path.value)?;
    let said = lookup.in_file("NAMESPACE");
    let namespace = match (named, from_name) {
        (Some(named), _) => {
            let place = given.map(|given| given.place).unwrap_or_default();
            agree(said.as_ref(), &named.value, &format!("as {place} says"))?;
            named
        }
        (None, Some(namespace)) => {
            agree(said.as_ref(), &namespace, "as the file's name says")?;
            Sourced::new(namespace, Source::EnvFile)
        }
        (None, None) => match said {
            Some(said) => said.parse()?,
            None => Sourced::default_of(ingext()?),
        },
    };
    Ok(Located { path, namespace })
}

fn ingext() -> Result<Namespace, UsageError> {
    "ingext"
        .parse()
        .map_err(|why| UsageError::value("--namespace", "ingext", &why))
}

fn file_of(world: &World, namespace: &Namespace, source: Source) -> Sourced<PathBuf> {
    Sourced::new(world.at(format!("lakehouse_{namespace}.env")), source)
}

fn given_path(given: &Given, world: &World) -> Result<Sourced<PathBuf>, UsageError> {
    let text = &given.text;
    let good = !text.is_empty()
        && text.len() <= 4095
        && !text.chars().any(char::is_control)
        && !text.ends_with('/')
        && text.split('/').all(|part| part.len() <= 255);
    if !good {
        return Err(given.refuse(&path_rule()));
    }
    let path = world.at(text);
    // Said here, where the flag is known: the file's own reader would name a path that nobody typed (`.`).
    if path.is_dir() {
        return Err(given.refuse(&BadInput::new(
            "a file, and this is a folder",
            "lakehouse_ingext.env",
        )));
    }
    // Asked now: found out after the checks, their result would have no place to go.
    if !path.parent().is_some_and(Path::is_dir) {
        return Err(given.refuse(&BadInput::new(
            "a file in a folder that exists",
            "lakehouse_ingext.env",
        )));
    }
    Ok(Sourced::new(path, given.source.clone()))
}

fn read(lookup: &mut Lookup<'_>, path: &Path) -> Result<(), UsageError> {
    let file = env_file::read(path, lookup.world.uid).map_err(|mut error| {
        if let Ok(short) = error.path.strip_prefix(&lookup.world.cwd) {
            error.path = short.to_owned();
        }
        UsageError::new(format!("env file {error}"))
    })?;
    lookup.file = file.map(|file| (path.to_owned(), file));
    Ok(())
}

/// The only `lakehouse_*.env` of the folder with its namespace; several can't be told apart.
fn the_only_one(world: &World) -> Result<Option<(PathBuf, Namespace)>, UsageError> {
    // A folder that can't be listed has no file that could be found; the default's own read tells of it.
    let entries = fs::read_dir(&world.cwd).into_iter().flatten().flatten();
    let namespace_of = |name: &str| Some(name.strip_prefix("lakehouse_")?.strip_suffix(".env")?.to_owned());
    let mut names: Vec<String> = entries
        .filter_map(|entry| namespace_of(&entry.file_name().to_string_lossy()))
        .collect();
    names.sort();
    match names.as_slice() {
        [] => Ok(None),
        [only] => {
            let file = format!("lakehouse_{only}.env");
            let namespace = only.parse().map_err(|why| {
                UsageError::value(&format!("env file {file}: the namespace in its name"), only, &why)
            })?;
            Ok(Some((world.at(file), namespace)))
        }
        [first, ..] => {
            let mut list: Vec<String> = names
                .iter()
                .take(8)
                .map(|name| format!("lakehouse_{name}.env"))
                .collect();
            if names.len() > list.len() {
                list.push("…".to_owned());
            }
            Err(UsageError::new(format!(
                "--namespace: several env files are here ({}): must be the namespace of one of them, for example \
                 --namespace {first}",
                list.join(", ")
            )))
        }
    }
}

fn agree(said: Option<&Given>, namespace: &Namespace, why: &str) -> Result<(), UsageError> {
    match said {
        Some(said) if said.text != namespace.as_str() => {
            Err(said.refuse(&BadInput::new(format!("{namespace}, {why}"), namespace.as_str())))
        }
        _ => Ok(()),
    }
}
