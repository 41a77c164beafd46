//! What the product asks of AWS, action by action: the one list that the permission check simulates and that
//! `lakehouse policy` prints. No I/O.

mod list;
mod policy;
mod resource;

pub use list::groups;
pub use policy::{PolicyDocument, Statement};
pub use resource::{Resource, Scope, partition_of};

/// What a permission is needed for; one may be needed for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The preflight's own questions.
    Preflight,
    /// The install, which begins with a preflight.
    Install,
    /// The removal of what install made.
    Cleanup,
}

impl Need {
    /// The words of `--for`, in the order of the documentation.
    pub const WORDS: &'static [&'static str] = &["preflight", "install", "cleanup"];

    /// The word, as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Install => "install",
            Self::Cleanup => "cleanup",
        }
    }

    /// Whether a policy for this has to hold a permission that `needs` says: install begins with a preflight.
    #[must_use]
    pub fn holds(self, needs: &[Self]) -> bool {
        needs.contains(&self) || (self == Self::Install && needs.contains(&Self::Preflight))
    }
}

impl std::str::FromStr for Need {
    type Err = super::BadInput;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "preflight" => Ok(Self::Preflight),
            "install" => Ok(Self::Install),
            "cleanup" => Ok(Self::Cleanup),
            _ => Err(super::BadInput::new(
                "one of preflight, install, cleanup",
                "install",
            )),
        }
    }
}

/// A condition of a policy's statement.
#[derive(Debug, PartialEq, Eq)]
pub struct When {
    /// `StringEquals` and the like.
    pub operator: &'static str,
    /// The context key.
    pub key: &'static str,
    /// The values, with placeholders as in [`Resource`].
    pub values: &'static [&'static str],
}

/// Actions that are needed for one reason, on the same resources.
#[derive(Debug)]
pub struct Group {
    /// The statement's Sid; groups of one Sid have the same condition and grant, and without a grant the same
    /// resources.
    pub sid: &'static str,
    /// Why, one phrase after "to".
    pub why: &'static str,
    /// What it is needed for.
    pub needs: &'static [Need],
    /// What each action is needed on; all of them.
    pub on: &'static [Resource],
    /// The condition under which the policy allows it.
    pub when: Option<&'static When>,
    /// What the policy grants in place of the single actions, where the exact need is another program's and only
    /// its own wildcard is documented.
    pub grant: Option<&'static str>,
    /// The actions, `service:Action`, sorted.
    pub actions: &'static [&'static str],
}

impl Group {
    /// The usual group: no condition, and each action granted by its name.
    const fn new(
        sid: &'static str,
        why: &'static str,
        needs: &'static [Need],
        on: &'static [Resource],
        actions: &'static [&'static str],
    ) -> Self {
        Self {
            sid,
            why,
            needs,
            on,
            when: None,
            grant: None,
            actions,
        }
    }

    const fn only(mut self, when: &'static When) -> Self {
        self.when = Some(when);
        self
    }

    const fn granted(mut self, grant: &'static str) -> Self {
        self.grant = Some(grant);
        self
    }
}

/// The groups of which a policy for `need` is made.
pub fn groups_for(need: Need) -> impl Iterator<Item = &'static Group> {
    groups().filter(move |group| need.holds(group.needs))
}
