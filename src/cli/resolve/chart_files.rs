//! The two files about charts: the user's own values (`--set-values`), and a lock in place of the compiled one
//! (`LAKEHOUSE_CHARTS_LOCK`). Never named by an env file: charts are what the cluster runs.

use super::UsageError;
use super::lookup::{Given, Lookup};
use super::rules::values_rule;
use crate::model::set_values::LARGEST;
use crate::model::{BadInput, ChartLock, EventsTo, SetValues, Sourced, shown};
use std::fs::File;
use std::io::Read;

/// The variable that names a lock of charts.
const LOCK: &str = "LAKEHOUSE_CHARTS_LOCK";
/// The most that a lock may have.
const LARGEST_LOCK: usize = 256 * 1024;

/// Whether the flag's text can be a file's path; the file is not looked at.
pub(super) fn check(lookup: &Lookup<'_>) -> Result<(), UsageError> {
    lookup
        .given("set-values", None)?
        .map_or(Ok(()), |given| is_path(&given))
}

/// The user's own values, read and checked.
pub(super) fn set_values(lookup: &Lookup<'_>) -> Result<Option<Sourced<SetValues>>, UsageError> {
    let Some(given) = lookup.given("set-values", None)? else {
        return Ok(None);
    };
    let text = read(lookup, &given, LARGEST, "values.yaml")?;
    let values = SetValues::read(&text).map_err(|why| wrong(&given, &why))?;
    Ok(Some(Sourced::new(values, given.source)))
}

/// The lock that the variable names, held against the same rules as the compiled one.
pub(super) fn charts(lookup: &Lookup<'_>) -> Result<Option<Sourced<&'static ChartLock>>, UsageError> {
    let Some(given) = lookup.variable(LOCK)? else {
        return Ok(None);
    };
    let text = read(lookup, &given, LARGEST_LOCK, "charts.lock.json")?;
    let lock = ChartLock::in_place(&text).map_err(|why| wrong(&given, &format!("breaks a rule: {why}")))?;
    // Read once, and needed to the end of the process, as the compiled one is.
    Ok(Some(Sourced::new(Box::leak(Box::new(lock)), given.source)))
}

/// The path has the form of `--events`, beside its `-`.
fn is_path(given: &Given) -> Result<(), UsageError> {
    match given.text.parse::<EventsTo>() {
        Ok(_) => Ok(()),
        Err(_) => Err(given.refuse(&values_rule())),
    }
}

/// The file's text. It may be a pipe (`<(…)` of a shell), so it is read once, and no further than it may be long.
fn read(lookup: &Lookup<'_>, given: &Given, most: usize, example: &str) -> Result<String, UsageError> {
    is_path(given)?;
    let refuse = |rule: &str| given.refuse(&BadInput::new(rule, example));
    let file = File::open(lookup.world.at(&given.text))
        .map_err(|error| refuse(&format!("a file that can be read ({})", error.kind())))?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| refuse(&format!("a file that can be read ({})", error.kind())))?;
    if bytes.len() > most {
        return Err(refuse(&format!("a file of at most {} KiB", most / 1024)));
    }
    String::from_utf8(bytes).map_err(|_| refuse("a file of UTF-8 text"))
}

fn wrong(given: &Given, why: &str) -> UsageError {
    UsageError::new(format!("{} {}: the file {why}", given.place, shown(&given.text)))
}
