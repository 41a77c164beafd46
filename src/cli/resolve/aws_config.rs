//! The AWS config and credentials files, read as botocore reads them (`botocore/configloader.py`).

use super::{World, aws_chain};
use crate::model::{AwsProfileFacts, SsoFacts};
use configparser::ini::{Ini, IniDefault};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// More than any AWS file has; what is larger is not one.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

pub(super) type Section = BTreeMap<String, String>;

/// The profiles and sign-on sessions of both files.
#[derive(Debug, Default)]
pub(super) struct AwsConfig {
    profiles: BTreeMap<String, Section>,
    sso_sessions: BTreeMap<String, Section>,
    /// Profiles whose keys stand in the credentials file.
    shared_keys: BTreeSet<String>,
    /// Why a file could not be read, if one could not.
    pub(super) problem: Option<String>,
}

impl AwsConfig {
    /// Reads both files. One that is absent is empty; one that can't be read is told of only where its word
    /// would be needed: the AWS tools themselves report it better.
    pub(super) fn load(world: &World) -> Self {
        let mut config = Self::default();
        if let Some(path) = world.aws_file("AWS_CONFIG_FILE", "config") {
            for (name, values) in config.sections(&path) {
                config.add(&name, values);
            }
        }
        if let Some(path) = world.aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials") {
            for (name, values) in config.sections(&path) {
                if values.contains_key("aws_access_key_id") {
                    config.shared_keys.insert(name.clone());
                }
                config.profiles.entry(name).or_default().extend(values);
            }
        }
        config
    }

    /// `[default]`, `[profile NAME]`, `[sso-session NAME]`; names are split as a shell would.
    fn add(&mut self, heading: &str, values: Section) {
        if heading == "default" {
            self.profiles
                .entry("default".to_owned())
                .or_default()
                .extend(values);
            return;
        }
        match shlex::split(heading).unwrap_or_default().as_slice() {
            [kind, name] if kind == "profile" => {
                self.profiles.insert(name.clone(), values);
            }
            [kind, name] if kind == "sso-session" => {
                self.sso_sessions.insert(name.clone(), values);
            }
            _ => {}
        }
    }

    fn sections(&mut self, path: &Path) -> Vec<(String, Section)> {
        match read(path) {
            Ok(sections) => sections,
            Err(problem) => {
                self.problem = Some(format!("{} {problem}", path.display()));
                Vec::new()
            }
        }
    }

    /// What the files say of `profile`. A region that is none by its form is left to the caller as text.
    pub(super) fn facts(&self, profile: &str) -> AwsProfileFacts {
        let mut facts = AwsProfileFacts {
            name: profile.to_owned(),
            found: self.profiles.contains_key(profile),
            region: self.region_text(profile).and_then(|text| text.parse().ok()),
            ca_bundle: self
                .profile(profile)
                .and_then(|section| section.get("ca_bundle").map(PathBuf::from)),
            known: self.profiles.keys().cloned().collect(),
            ..AwsProfileFacts::default()
        };
        aws_chain::follow(self, &mut facts);
        facts
    }

    /// The profile's region as it stands in the file.
    pub(super) fn region_text(&self, profile: &str) -> Option<&str> {
        self.profiles
            .get(profile)?
            .get("region")
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// The profile's lines, of both files.
    pub(super) fn profile(&self, name: &str) -> Option<&Section> {
        self.profiles.get(name)
    }

    /// Whether the credentials file has keys for the profile.
    pub(super) fn has_shared_keys(&self, name: &str) -> bool {
        self.shared_keys.contains(name)
    }

    /// How the profile of these lines signs on, if it does; its token is not looked at.
    pub(super) fn sso(&self, section: &Section) -> Option<SsoFacts> {
        let session = section.get("sso_session").cloned();
        let of_session = session
            .as_ref()
            .and_then(|name| self.sso_sessions.get(name)?.get("sso_start_url"));
        let start_url = section.get("sso_start_url").or(of_session).cloned();
        (session.is_some() || start_url.is_some()).then_some(SsoFacts {
            session,
            start_url,
            ..SsoFacts::default()
        })
    }
}

fn read(path: &Path) -> Result<Vec<(String, Section)>, String> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("could not be read ({error})")),
    };
    // A pipe would hang, and be empty for the tools that read it next.
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Err("is not a file that AWS settings stand in".to_owned());
    }
    let text = fs::read_to_string(path).map_err(|error| format!("could not be read ({error})"))?;
    // As Python's RawConfigParser has it: names by case, no comments behind values, deeper lines go on.
    let mut defaults = IniDefault::default();
    defaults.case_sensitive = true;
    defaults.multiline = true;
    defaults.enable_inline_comments = false;
    defaults.default_section = String::from("\0");
    let mut ini = Ini::new_from_defaults(defaults);
    let sections = ini
        .read(text)
        .map_err(|error| format!("could not be understood ({error})"))?;
    // Keys are lower case for Python's parser, however they are written.
    let values = |section: BTreeMap<String, Option<String>>| {
        section
            .into_iter()
            .map(|(key, value)| (key.to_lowercase(), value.unwrap_or_default()))
            .collect()
    };
    let plain = |values: std::collections::HashMap<String, Option<String>>| values.into_iter().collect();
    Ok(sections
        .into_iter()
        .map(|(name, section)| (name, values(plain(section))))
        .collect())
}
