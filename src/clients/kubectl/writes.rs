//! Writing into a cluster: objects by standard input, never by argv.

use super::{ABSENT_WORDS, Kubectl, Resource};
use crate::clients::call::{Ask, ask, formed};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::form::{is_dns_name, is_word};
use crate::gateway::Tool;
use std::time::Duration;

/// Who is told to have set the fields (`metadata.managedFields`).
pub const FIELD_MANAGER: &str = "lakehouse";
/// How long a writing command may take: discovery, validation and some objects, each with kubectl's own limit.
const WRITE_LIMIT: Duration = Duration::from_secs(90);
/// What is printed of an object that was written: never its content, which may be a secret.
const WRITTEN: &str =
    r#"jsonpath={.kind}{"\t"}{.metadata.name}{"\t"}{.metadata.uid}{"\t"}{.metadata.resourceVersion}{"\n"}"#;

/// Objects to write, YAML or JSON.
#[derive(Clone, Copy)]
pub struct Manifest<'a> {
    /// The text.
    pub text: &'a str,
    /// The secrets in it.
    pub secrets: &'a [String],
}

/// An object as the API server took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its uid: another object of the same name has another.
    pub uid: String,
    /// Its version, for the next [`Kubectl::replace`].
    pub resource_version: String,
}

impl Kubectl<'_> {
    /// Applies objects; gives what was applied, `kind.group/name` each. Server-side: the API server merges by who owns
    /// which field, so that a second run changes nothing, what others set beside ours stays, and a field of ours that
    /// somebody else set is a conflict, not overwritten. Client-side apply keeps a copy of the whole object, secrets
    /// included, in an annotation. Conflicts are never forced.
    ///
    /// # Errors
    /// [`CallError`]; [`ErrorClass::Conflict`] where a field is somebody else's. Some of several objects may stand.
    pub fn apply(&self, purpose: &str, objects: &Manifest<'_>) -> Result<Vec<String>, CallError> {
        let args = [
            "apply",
            "--server-side",
            "--field-manager",
            FIELD_MANAGER,
            "-f",
            "-",
            "-o",
            "name",
        ];
        self.write(purpose, &args, objects, parse_names)
    }

    /// Creates one object.
    ///
    /// # Errors
    /// [`CallError`]; [`ErrorClass::Exists`] where one of its name stands.
    pub fn create(&self, purpose: &str, object: &Manifest<'_>) -> Result<Written, CallError> {
        let args = [
            "create",
            "--field-manager",
            FIELD_MANAGER,
            "-f",
            "-",
            "-o",
            WRITTEN,
        ];
        self.write(purpose, &args, object, parse_written)
    }

    /// Replaces one object, whose `metadata.resourceVersion` is that of the one that was read.
    ///
    /// # Errors
    /// [`CallError`]; [`ErrorClass::Conflict`] where it was changed since, [`ErrorClass::Absent`] where it is gone.
    pub fn replace(&self, purpose: &str, object: &Manifest<'_>) -> Result<Written, CallError> {
        let args = [
            "replace",
            "--field-manager",
            FIELD_MANAGER,
            "-f",
            "-",
            "-o",
            WRITTEN,
        ];
        self.write(purpose, &args, object, parse_written)
    }

    /// Deletes one object and waits until it is gone; false where the API server says that there was none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn delete(&self, resource: Resource, namespace: Option<&str>, name: &str) -> Result<bool, CallError> {
        let purpose = format!("delete the {} `{name}`", resource.kind);
        let mut args = vec!["delete", resource.name, name];
        args.extend(namespace.iter().flat_map(|namespace| ["-n", namespace]));
        args.extend(["--wait=true", "--timeout", "60s", "-o", "name"]);
        let nothing = Manifest {
            text: "",
            secrets: &[],
        };
        match self.write(&purpose, &args, &nothing, |_| Ok(())) {
            Ok(()) => Ok(true),
            Err(error)
                if error.class == ErrorClass::Absent
                    && resource.says_absent(&error.said, namespace, name) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn write<T>(
        &self,
        purpose: &str,
        args: &[&str],
        objects: &Manifest<'_>,
        parse: impl Fn(&[u8]) -> Result<T, ParseFailure>,
    ) -> Result<T, CallError> {
        let args = args.iter().copied().chain(self.access_flags());
        let mut question = Ask::write(Tool::Kubectl, purpose, args);
        question.spec.timeout = WRITE_LIMIT;
        question.spec.secrets = objects.secrets.to_vec();
        question.spec.stdin = (!objects.text.is_empty()).then(|| objects.text.as_bytes().to_vec());
        ask(self.gateway, &question, parse)
    }
}

impl Resource {
    /// Whether these are the API server's own words for there being no such object. Of an object in a namespace that
    /// is absent, kubectl names the namespace instead.
    #[must_use]
    pub fn says_absent(self, said: &str, namespace: Option<&str>, name: &str) -> bool {
        let object = format!("{} \"{name}\" not found", self.name);
        let place = namespace.map(|namespace| format!("namespaces \"{namespace}\" not found"));
        said.lines()
            .filter_map(|line| line.trim().strip_prefix(ABSENT_WORDS))
            .any(|rest| rest == object || Some(rest) == place.as_deref())
    }
}

/// Reads `-o name`: `deployment.apps/x` a line.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_names(bytes: &[u8]) -> Result<Vec<String>, ParseFailure> {
    let text = std::str::from_utf8(bytes).map_err(|_| ParseFailure::Form("name"))?;
    if text.trim().is_empty() {
        return Err(ParseFailure::Empty);
    }
    if !text.ends_with('\n') {
        return Err(ParseFailure::Cut);
    }
    let is_name = |text: &str| {
        text.split_once('/')
            .is_some_and(|(kind, name)| is_dns_name(kind) && is_object_name(name))
    };
    text.lines()
        .map(|line| formed(line.to_owned(), is_name, "name"))
        .collect()
}

/// Reads what [`Kubectl::create`] and [`Kubectl::replace`] print.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_written(bytes: &[u8]) -> Result<Written, ParseFailure> {
    let text = std::str::from_utf8(bytes).map_err(|_| ParseFailure::Form("object"))?;
    if text.trim().is_empty() {
        return Err(ParseFailure::Empty);
    }
    let line = text.strip_suffix('\n').ok_or(ParseFailure::Cut)?;
    let fields: Vec<&str> = line.split('\t').collect();
    let [kind, name, uid, version] = fields.as_slice() else {
        return Err(ParseFailure::Form("object"));
    };
    Ok(Written {
        kind: formed((*kind).to_owned(), |kind| is_word(kind, 63), "kind")?,
        name: formed((*name).to_owned(), is_object_name, "metadata.name")?,
        uid: formed((*uid).to_owned(), |uid| is_word(uid, 64), "metadata.uid")?,
        resource_version: formed(
            (*version).to_owned(),
            |it| is_word(it, 64),
            "metadata.resourceVersion",
        )?,
    })
}

/// An object's name: a DNS name, or one with `:` (roles).
fn is_object_name(text: &str) -> bool {
    !text.is_empty() && text.split(':').all(|part| part.is_empty() || is_dns_name(part))
}
