//! What `lakehouse policy` is about: as much as flags, variables and the env file say, and nothing of AWS's files.

use super::env_file::locate;
use super::identity;
use super::lookup::Lookup;
use super::settings::{bucket, cluster, expected_account};
use super::{Action, UsageError};
use crate::cli::args::Command;
use crate::model::permissions::partition_of;
use crate::model::{Need, Scope};
use std::collections::BTreeMap;

/// The flag `--for` has no meaning for another command.
pub(super) fn check_use(
    command: Option<&Command>,
    flags: &BTreeMap<String, String>,
) -> Result<(), UsageError> {
    match flags.get("for") {
        Some(word) if !matches!(command, Some(Command::Policy)) => Err(UsageError::new(format!(
            "--for \"{word}\": belongs to the command policy: lakehouse policy --for {word}"
        ))),
        _ => Ok(()),
    }
}

/// The command with what it is about. Without an account or a region, the policy is for any.
pub(super) fn action(lookup: &mut Lookup<'_>) -> Result<Action, UsageError> {
    let need = match lookup.flags.get("for") {
        Some(word) => word
            .parse()
            .map_err(|why| UsageError::value("--for", word, &why))?,
        None => Need::Install,
    };
    let namespace = locate(lookup)?.namespace.value;
    let region = identity::region(lookup)?.map(|region| region.value);
    let (cluster, bucket) = (cluster(lookup)?.value, bucket(lookup)?.map(|bucket| bucket.value));
    let account = expected_account(lookup)?;
    let scope = Scope::new(
        partition_of(region.as_ref()),
        account.as_ref(),
        region.as_ref(),
        &cluster,
        bucket.as_ref(),
        &namespace,
    );
    Ok(Action::Policy {
        need,
        scope: Box::new(scope),
    })
}
