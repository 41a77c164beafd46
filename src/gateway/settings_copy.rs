//! Copies of the AWS files in which some lines lead elsewhere: to keys that were handed in, or to a file that was
//! mounted. A profile's own lines can't be outweighed by variables (`credential_process`, `credential_source`,
//! `web_identity_token_file`), and everything else of it must stay: its endpoint, its role, its session's length.
//!
//! A copy holds no keys: a profile that has keys in these files needs no copy.

use super::environment::SOURCE_KEYS;
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The name of the profile that is added where a role takes its keys from the environment.
const ADDED_PROFILE: &str = "lakehouse-source-keys";
/// Lines of the copied files that are left out.
const KEYS: [&str; 3] = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];

/// What a profile's line is to say instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `credential_process`: its keys were handed in.
    Process,
    /// `credential_source = Environment`: the keys were handed in.
    EnvironmentSource,
    /// `web_identity_token_file`: where the file stands for the tools.
    WebIdentity(String),
}

/// Which of the two files; they name profiles differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsFile {
    /// `config`: `[profile NAME]`, `[default]`.
    Config,
    /// `credentials`: `[NAME]`.
    Credentials,
}

impl AwsFile {
    /// The variable that names it.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Config => "AWS_CONFIG_FILE",
            Self::Credentials => "AWS_SHARED_CREDENTIALS_FILE",
        }
    }

    /// Its usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Credentials => "credentials",
        }
    }

    fn is_profile(self, heading: &str, profile: &str) -> bool {
        match self {
            Self::Credentials => heading == profile,
            Self::Config if profile == "default" && heading == "default" => true,
            Self::Config => matches!(
                shlex::split(heading).unwrap_or_default().as_slice(),
                [kind, name] if kind == "profile" && name == profile
            ),
        }
    }
}

impl Change {
    const fn key(&self) -> &'static str {
        match self {
            Self::Process => "credential_process",
            Self::EnvironmentSource => "credential_source",
            Self::WebIdentity(_) => "web_identity_token_file",
        }
    }

    fn line(&self) -> String {
        match self {
            Self::Process => format!("credential_process = {}", source_command()),
            Self::EnvironmentSource => format!("source_profile = {ADDED_PROFILE}"),
            Self::WebIdentity(path) => format!("web_identity_token_file = {path}"),
        }
    }
}

/// Prints the handed-in keys; aws splits it into words, the Go SDK gives it to a shell: it is the same to both.
fn source_command() -> String {
    format!("printenv {SOURCE_KEYS}")
}

/// `text` with `change` made in the lines of `profile`; none where they don't have the line.
#[must_use]
pub fn changed(text: &str, file: AwsFile, profile: &str, change: &Change) -> Option<String> {
    let (mut copy, mut found) = (String::new(), false);
    let (mut inside, mut option_indent, mut dropping) = (false, None::<usize>, false);
    for line in text.lines() {
        let trimmed = line.trim();
        let indent = line.len() - line.trim_start().len();
        let is_blank = trimmed.is_empty() || trimmed.starts_with(['#', ';']);
        // Python's parser: a line deeper than its option goes on with the option's value.
        if is_blank || option_indent.is_some_and(|option| indent > option) {
            if !dropping || is_blank {
                copy.push_str(line);
                copy.push('\n');
            }
            continue;
        }
        dropping = false;
        if let Some(heading) = trimmed.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')) {
            inside = file.is_profile(heading.0.trim(), profile);
            option_indent = None;
        } else {
            option_indent = Some(indent);
            let key = trimmed
                .split(['=', ':'])
                .next()
                .unwrap_or_default()
                .trim()
                .to_lowercase();
            if KEYS.contains(&key.as_str()) {
                dropping = true;
                continue;
            }
            if inside && key == change.key() {
                dropping = true;
                found = true;
                let _ = writeln!(copy, "{}{}", &line[..indent], change.line());
                continue;
            }
        }
        copy.push_str(line);
        copy.push('\n');
    }
    if !found {
        return None;
    }
    if *change == Change::EnvironmentSource {
        let heading = match file {
            AwsFile::Config => format!("profile {ADDED_PROFILE}"),
            AwsFile::Credentials => ADDED_PROFILE.to_owned(),
        };
        let _ = writeln!(copy, "\n[{heading}]\ncredential_process = {}", source_command());
    }
    Some(copy)
}

/// Copies that were made for a run; they go with this value.
#[derive(Debug, Default)]
pub struct SettingsCopy {
    files: Vec<(AwsFile, PathBuf)>,
    /// Where the run has no folder.
    own_folder: Option<tempfile::TempDir>,
}

impl SettingsCopy {
    /// Copies each of `originals` that has the line into `folder`, else into one of its own. A copy is readable for
    /// all: it holds no keys, the folder is its owner's alone, and the container's user may be another.
    ///
    /// # Errors
    /// The system's words where a file can't be read or written, or where neither has the line.
    pub fn make(
        originals: &[(AwsFile, PathBuf)],
        profile: &str,
        change: &Change,
        folder: Option<&Path>,
    ) -> Result<Self, String> {
        let mut made = Self::default();
        let folder = if let Some(folder) = folder {
            folder.to_path_buf()
        } else {
            let own = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
            let path = own.path().to_path_buf();
            made.own_folder = Some(own);
            path
        };
        for (file, original) in originals {
            let text = match std::fs::read_to_string(original) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(format!("{}: {error}", original.display())),
            };
            let Some(copy) = changed(&text, *file, profile, change) else {
                continue;
            };
            let path = folder.join(format!("aws-{}", file.name()));
            made.files.push((*file, path.clone()));
            std::fs::write(&path, copy)
                .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)))
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        if made.files.is_empty() {
            return Err(format!("no line `{}` stands where it was read", change.key()));
        }
        Ok(made)
    }

    /// The copies, by the file that they stand for.
    #[must_use]
    pub fn files(&self) -> &[(AwsFile, PathBuf)] {
        &self.files
    }
}

impl Drop for SettingsCopy {
    fn drop(&mut self) {
        for (_, path) in &self.files {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "# mine\n[default]\nregion = us-east-2\n[profile \"my corp\"]\n  region: eu-west-1\n  \
        Credential_Process : /opt/keys\n     --deep\n  endpoint_url = http://x\n  s3 =\n    addressing_style = path\n\
        [profile other]\ncredential_process = /opt/keys\naws_secret_access_key = hidden\n";

    #[test]
    fn only_the_line_of_the_profile_changes_and_what_goes_on_behind_it_goes() {
        let copy = changed(CONFIG, AwsFile::Config, "my corp", &Change::Process).unwrap();
        assert_eq!(
            copy,
            "# mine\n[default]\nregion = us-east-2\n[profile \"my corp\"]\n  region: eu-west-1\n  credential_process = \
             printenv LAKEHOUSE_SOURCE_KEYS\n  endpoint_url = http://x\n  s3 =\n    addressing_style = path\n[profile \
             other]\ncredential_process = /opt/keys\n"
        );
    }

    #[test]
    fn a_role_of_the_environment_gets_a_source_profile() {
        let text = "[profile r]\nrole_arn = a\ncredential_source = Environment\nmfa_serial = m\n";
        assert_eq!(
            changed(text, AwsFile::Config, "r", &Change::EnvironmentSource).unwrap(),
            "[profile r]\nrole_arn = a\nsource_profile = lakehouse-source-keys\nmfa_serial = m\n\n[profile \
             lakehouse-source-keys]\ncredential_process = printenv LAKEHOUSE_SOURCE_KEYS\n"
        );
        let copy = changed(
            &text.replace("profile ", ""),
            AwsFile::Credentials,
            "r",
            &Change::EnvironmentSource,
        );
        assert!(copy.unwrap().contains("\n[lakehouse-source-keys]\n"));
    }

    #[test]
    fn another_profiles_line_is_not_taken() {
        for profile in ["default", "corp", "my", "nobody"] {
            assert_eq!(
                changed(CONFIG, AwsFile::Config, profile, &Change::Process),
                None,
                "{profile}"
            );
        }
        assert_eq!(
            changed(CONFIG, AwsFile::Credentials, "other", &Change::Process),
            None
        );
    }

    #[test]
    fn a_copy_holds_no_keys_and_goes_with_its_value() {
        let folder = tempfile::tempdir().unwrap();
        let original = folder.path().join("config");
        std::fs::write(&original, CONFIG).unwrap();
        let originals = [
            (AwsFile::Config, original.clone()),
            (AwsFile::Credentials, folder.path().join("none")),
        ];
        let copy = SettingsCopy::make(&originals, "other", &Change::Process, Some(folder.path())).unwrap();
        let path = copy.files()[0].1.clone();
        assert!(!std::fs::read_to_string(&path).unwrap().contains("hidden"));
        drop(copy);
        assert!(!path.exists() && original.exists());
        let line = SettingsCopy::make(&originals, "gone", &Change::Process, None).unwrap_err();
        assert!(line.contains("credential_process"), "{line}");
    }
}
