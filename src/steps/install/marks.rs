//! Whose a thing is, by its tags.

use crate::clients::aws::tags::Tags;
use crate::model::{CREATED_BY, InstallationId, USED_BY};

/// Whose a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This installation made it.
    Ours,
    /// Another installation of the lakehouse made it: another namespace of the cluster, or another cluster.
    OtherInstallation,
    /// Somebody else's: no mark of creation.
    Foreign,
}

/// Whose the thing with these tags is, as installation `id` sees it.
#[must_use]
pub fn owner(tags: &Tags, id: &InstallationId) -> Owner {
    match tags.get(CREATED_BY) {
        Some(mark) if mark == id.as_str() => Owner::Ours,
        Some(mark) if is_id(mark) => Owner::OtherInstallation,
        _ => Owner::Foreign,
    }
}

/// The tags of a thing that was there before, with the mark of use, where it is not marked yet. A thing that another
/// installation marked keeps that mark: there is room for one, and one is enough to keep it.
#[must_use]
pub fn with_use(tags: &Tags, id: &InstallationId) -> Option<Tags> {
    if tags.contains_key(USED_BY) {
        return None;
    }
    let mut marked = tags.clone();
    marked.insert(USED_BY.to_owned(), id.to_string());
    Some(marked)
}

/// An installation's id: `lh-` and 16 hexadecimal digits.
fn is_id(text: &str) -> bool {
    text.strip_prefix("lh-")
        .is_some_and(|hex| hex.len() == 16 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
