//! Whose policies a caller's are.

use crate::clients::form::arn_fields;

/// A user or role that a simulation can be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Its ARN, path included.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Whether it is a role; else a user.
    pub is_role: bool,
}

impl Principal {
    /// `role` or `user`, as IAM's commands have it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        if self.is_role { "role" } else { "user" }
    }

    /// The permission set's name, where IAM Identity Center made the role: `AWSReservedSSO_NAME_HASH`.
    #[must_use]
    pub fn permission_set(&self) -> Option<&str> {
        let rest = self
            .name
            .strip_prefix("AWSReservedSSO_")
            .filter(|_| self.is_role)?;
        rest.rsplit_once('_').map(|(name, _)| name)
    }
}

/// Who an ARN of `sts get-caller-identity` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A user: the ARN is its own.
    Principal(Principal),
    /// A session of a role, whose ARN has to be asked for.
    Session {
        /// The role's name.
        role: String,
    },
    /// Nobody that IAM simulates, and why.
    Nobody(&'static str),
}

/// Reads the caller's ARN.
#[must_use]
pub fn who(arn: &str) -> Who {
    let odd = Who::Nobody("the caller is of a kind that is not known to lakehouse");
    let Some([_, service, _, _, resource]) = arn_fields(arn) else {
        return odd;
    };
    let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
    match (service, kind) {
        ("iam", "root") => Who::Nobody(
            "the caller is the account's root user, whose rights IAM does not simulate: only an organization's policies limit it",
        ),
        ("iam", "user") => match rest.rsplit('/').next().filter(|name| is_name(name)) {
            Some(name) => Who::Principal(Principal {
                arn: arn.to_owned(),
                name: name.to_owned(),
                is_role: false,
            }),
            None => odd,
        },
        ("sts", "assumed-role") => match rest.split('/').next().filter(|name| is_name(name)) {
            Some(name) => Who::Session {
                role: name.to_owned(),
            },
            None => odd,
        },
        ("sts", "federated-user") => Who::Nobody(
            "the caller is a federated user, whose rights are cut from those of a user that its ARN does not name",
        ),
        _ => odd,
    }
}

/// A name as IAM gives them (M:iam `roleNameType`), and no option of a command line.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && !text.starts_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}
