//! One value by its order of authority: flag, `LAKEHOUSE_…` variable, env file.

use super::{UsageError, World};
use crate::model::env_file::EnvFile;
use crate::model::{BadInput, Source, Sourced};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

/// A text that somebody gave, and where.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The text.
    pub(super) text: String,
    /// Whose it is.
    pub(super) source: Source,
    /// The place as an error names it: `--bucket`, `LAKEHOUSE_BUCKET`, `FILE:3: S3_BUCKET`.
    pub(super) place: String,
}

impl Given {
    /// The checked value.
    pub(super) fn parse<T: FromStr<Err = BadInput>>(&self) -> Result<Sourced<T>, UsageError> {
        self.parse_with(str::parse)
    }

    /// The value as `check` has it.
    pub(super) fn parse_with<T>(
        &self,
        check: impl FnOnce(&str) -> Result<T, BadInput>,
    ) -> Result<Sourced<T>, UsageError> {
        match check(&self.text) {
            Ok(value) => Ok(Sourced::new(value, self.source.clone())),
            Err(why) => Err(self.refuse(&why)),
        }
    }

    /// The refusal of this text.
    pub(super) fn refuse(&self, why: &BadInput) -> UsageError {
        UsageError::value(&self.place, &self.text, why)
    }
}

/// Where values are looked for.
pub(super) struct Lookup<'a> {
    /// The flags that were given, by name without `--`.
    pub(super) flags: &'a BTreeMap<String, String>,
    /// The environment.
    pub(super) world: &'a World,
    /// The env file and its place, where there is one.
    pub(super) file: Option<(PathBuf, EnvFile)>,
}

impl Lookup<'_> {
    /// What was given for `flag`, or for `key` in the env file.
    pub(super) fn given(&self, flag: &str, key: Option<&str>) -> Result<Option<Given>, UsageError> {
        if let Some(text) = self.flags.get(flag) {
            return Ok(Some(Given {
                text: text.clone(),
                source: Source::Flag,
                place: format!("--{flag}"),
            }));
        }
        // No standing approval: what is approved is this plan, by who sees it.
        if flag != "approve" {
            let variable = format!("LAKEHOUSE_{}", flag.replace('-', "_").to_ascii_uppercase());
            if let Some(given) = self.variable(&variable)? {
                return Ok(Some(given));
            }
        }
        Ok(key.and_then(|key| self.in_file(key)))
    }

    /// What the environment variable `name` says.
    pub(super) fn variable(&self, name: &str) -> Result<Option<Given>, UsageError> {
        let given = |text: &str| Given {
            text: text.to_owned(),
            source: Source::Environment(name.to_owned()),
            place: name.to_owned(),
        };
        Ok(self.world.var(name)?.map(given))
    }

    /// What the env file says of `key`.
    pub(super) fn in_file(&self, key: &str) -> Option<Given> {
        let (path, file) = self.file.as_ref()?;
        let (text, line) = file.get(key)?;
        let shown = path.strip_prefix(&self.world.cwd).unwrap_or(path);
        let place = format!("{}:{line}: {key}", shown.display());
        Some(Given {
            text: text.to_owned(),
            source: Source::EnvFile,
            place,
        })
    }

    /// The checked value of `flag`, `key` in the env file.
    pub(super) fn get<T: FromStr<Err = BadInput>>(
        &self,
        flag: &str,
        key: Option<&str>,
    ) -> Result<Option<Sourced<T>>, UsageError> {
        self.given(flag, key)?.map(|given| given.parse()).transpose()
    }

    /// A switch, which is `otherwise` where nobody set it.
    pub(super) fn switch(
        &self,
        flag: &str,
        key: Option<&str>,
        otherwise: bool,
    ) -> Result<Sourced<bool>, UsageError> {
        let Some(given) = self.given(flag, key)? else {
            return Ok(Sourced::default_of(otherwise));
        };
        given.parse_with(|text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            // The contract has LAKEHOUSE_READ_ONLY=1; on the command line a word is exact.
            "1" if given.source != Source::Flag => Ok(true),
            "0" if given.source != Source::Flag => Ok(false),
            _ => Err(switch_rule()),
        })
    }
}

/// The rule of every switch.
pub(super) fn switch_rule() -> BadInput {
    BadInput::new("true or false", "true")
}
