//! How the run behaves: what every command has.

use super::lookup::Lookup;
use super::{UsageError, World};
use crate::model::{
    ColorChoice, LogLevel, MIRROR_VARIABLES, OutputFormat, RunOptions, Source, Sourced, ToolboxMirrors,
    without_credentials,
};

/// The options of a run. Of the env file only `LAKEHOUSE_READ_ONLY` and `LAKEHOUSE_OUTPUT` are read.
pub(super) fn options(lookup: &Lookup<'_>) -> Result<RunOptions, UsageError> {
    Ok(RunOptions {
        exec: lookup.get("exec", None)?,
        read_only: lookup.switch("read-only", Some("LAKEHOUSE_READ_ONLY"), false)?,
        timeout: lookup.get("timeout", None)?,
        output: lookup
            .get("output", Some("LAKEHOUSE_OUTPUT"))?
            .unwrap_or_else(|| {
                let text = lookup.world.stdout_is_terminal;
                Sourced::default_of(if text {
                    OutputFormat::Text
                } else {
                    OutputFormat::Json
                })
            }),
        events: lookup.get("events", None)?,
        quiet: lookup.switch("quiet", None, false)?.value,
        color: match lookup.get("color", None)? {
            Some(color) => color,
            None => color_of(lookup.world)?,
        },
        log_level: lookup
            .get("log-level", None)?
            .unwrap_or(Sourced::default_of(LogLevel::Info)),
        toolbox_image: lookup.get("toolbox-image", None)?,
        toolbox_network: lookup.get("toolbox-network", None)?,
        toolbox_source: lookup.get("toolbox-source", None)?,
        toolbox_mirrors: toolbox_mirrors(lookup.world)?,
    })
}

/// `NO_COLOR` (no-color.org) before `CLICOLOR_FORCE` (bixense.com/clicolors): who asks for none gets none.
fn color_of(world: &World) -> Result<Sourced<ColorChoice>, UsageError> {
    let from = |name: &str| Source::Environment(name.to_owned());
    if world.var("NO_COLOR")?.is_some() {
        return Ok(Sourced::new(ColorChoice::Never, from("NO_COLOR")));
    }
    if world.var("CLICOLOR_FORCE")?.is_some_and(|value| value != "0") {
        return Ok(Sourced::new(ColorChoice::Always, from("CLICOLOR_FORCE")));
    }
    Ok(Sourced::default_of(ColorChoice::Auto))
}

/// The mirrors of the four tools: from the environment alone, as all that says where programs come from. A value that is
/// refused is shown without what may be a password.
fn toolbox_mirrors(world: &World) -> Result<ToolboxMirrors, UsageError> {
    let mut mirrors = ToolboxMirrors::new();
    for (tool, name) in MIRROR_VARIABLES {
        let Some(value) = world.env.get(name).filter(|value| !value.is_empty()) else {
            continue;
        };
        let text = value.to_string_lossy();
        match text.parse() {
            Ok(mirror) => {
                mirrors.insert(tool.to_owned(), mirror);
            }
            Err(why) => return Err(UsageError::value(name, &without_credentials(&text), &why)),
        }
    }
    Ok(mirrors)
}
