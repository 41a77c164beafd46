//! How the run behaves: what every command has.

use super::lookup::Lookup;
use super::{UsageError, World};
use crate::model::{
    BadInput, ColorChoice, LogLevel, OutputFormat, RunOptions, Source, Sourced, ToolboxSource,
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
        toolbox_source: toolbox_source(lookup)?,
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

fn toolbox_source(lookup: &Lookup<'_>) -> Result<Sourced<ToolboxSource>, UsageError> {
    let Some(given) = lookup.given("toolbox-source", None)? else {
        return Ok(Sourced::default_of(ToolboxSource::Registry));
    };
    if given.text == "release" {
        let why = BadInput::new(
            "registry in this version (release comes with the next one)",
            "registry",
        );
        return Err(given.refuse(&why));
    }
    given.parse()
}
