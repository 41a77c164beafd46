//! What a failed download of a tool means, and what mends it.

use crate::gateway::docker::release::{DownloadError, Trouble};
use crate::model::MIRROR_VARIABLES;
use crate::report::Code;

/// Its code: wrong is what may be an attack or a mistake of a mirror's, failed what may go by itself.
pub(super) fn code(trouble: &Trouble) -> Code {
    match trouble {
        Trouble::Elsewhere { .. } | Trouble::WrongHash { .. } => Code::ToolboxDownloadWrong,
        Trouble::Cache { full: true, .. } => Code::ToolboxNoRoom,
        Trouble::Interrupted => Code::Interrupted,
        _ => Code::ToolboxDownloadFailed,
    }
}

/// The words of a library or the system, which stand apart.
pub(super) fn said(trouble: &Trouble) -> &str {
    match trouble {
        Trouble::Unreachable { said } | Trouble::Cache { said, .. } => said,
        _ => "",
    }
}

/// What mends it.
pub(super) fn remedy(error: &DownloadError) -> String {
    let variable = MIRROR_VARIABLES
        .iter()
        .find(|(tool, _)| *tool == error.tool)
        .map_or("LAKEHOUSE_TOOLBOX_MIRROR_…", |(_, variable)| variable);
    let whose = if error.mirror {
        format!("the mirror of {variable}")
    } else {
        error.host.clone()
    };
    let other = "or use `--toolbox-source registry`";
    match &error.trouble {
        Trouble::WrongHash { .. } => format!(
            "Do not go on with this file: it was thrown away. Ask who answers for {whose} (and for a proxy on the way) why \
             its {} {} differs; only then run the command again, {other}.",
            error.tool, error.version
        ),
        Trouble::Elsewhere { .. } => format!(
            "Nothing was fetched from there. Ask who answers for {whose} (and for a proxy on the way) why it sends away; name \
             a mirror that has the file itself by {variable}, {other}."
        ),
        Trouble::Cache { full: true, path, .. } => format!(
            "Free some room on the disk of {path} (the downloads take 0.4 GB), or name another by XDG_CACHE_HOME; then \
             `lakehouse toolbox build`."
        ),
        Trouble::Cache { path, .. } => format!(
            "Make {path} a folder that this user can write to, or name another by XDG_CACHE_HOME; then `lakehouse toolbox build`."
        ),
        Trouble::Deadline => {
            "Give the run more time with `--timeout`, then `lakehouse toolbox build`.".to_owned()
        }
        Trouble::Status(_) | Trouble::RedirectLoop { .. } | Trouble::TooLarge { .. } if error.mirror => {
            format!(
                "Mend the mirror: below its URL it must have the files under their official paths (docker/toolbox/README.md); or \
             `unset {variable}`, {other}."
            )
        }
        Trouble::Status(_) | Trouble::RedirectLoop { .. } | Trouble::TooLarge { .. } => format!(
            "Look whether a proxy answers in place of {whose} (HTTPS_PROXY); name a mirror by {variable}, {other}."
        ),
        Trouble::Interrupted => Code::Interrupted.remedy().to_owned(),
        Trouble::Unreachable { .. } | Trouble::Cut { .. } | Trouble::Silent { .. } => format!(
            "Run `lakehouse toolbox build` again (files that came whole are kept); check the network, HTTPS_PROXY and, behind \
             a proxy with a certificate of its own, SSL_CERT_FILE; name a mirror by {variable}, {other}."
        ),
    }
}
