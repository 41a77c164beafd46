//! One question to one tool: run it, look at its end, parse what it printed.

use crate::clients::aws::classify::classify_aws;
use crate::clients::eksctl::words::classify_eksctl;
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::go_network::is_cut;
use crate::clients::helm_words::classify_helm;
use crate::clients::kube::classify_kube;
use crate::gateway::spec::Effect;
use crate::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError, Tool};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// A question, and the IAM action that it needs.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The command.
    pub spec: CommandSpec,
    /// For example `acm:ListCertificates`; empty where AWS is not asked.
    pub action: &'static str,
}

impl Ask {
    /// A reading question to aws, answered in JSON.
    pub fn aws<A: Into<String>>(
        purpose: &str,
        action: &'static str,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        let json = ["--output".to_owned(), "json".to_owned()];
        let args = args.into_iter().map(Into::into).chain(json);
        Self {
            spec: CommandSpec::read(Tool::Aws, purpose, args),
            action,
        }
    }

    /// A changing command of aws, answered in JSON or by nothing but its exit code.
    pub fn aws_write<A: Into<String>>(
        purpose: &str,
        action: &'static str,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        let mut ask = Self::aws(purpose, action, args);
        ask.spec.effect = Effect::Write;
        ask
    }

    /// The same with `document` on its standard input; where aws takes a file, the argument is [`STDIN`].
    #[must_use]
    pub fn document(mut self, document: impl Into<Vec<u8>>) -> Self {
        self.spec.stdin = Some(document.into());
        self
    }

    /// A reading question to a tool about itself.
    pub fn tool<A: Into<String>>(tool: Tool, purpose: &str, args: impl IntoIterator<Item = A>) -> Self {
        Self {
            spec: CommandSpec::read(tool, purpose, args),
            action: "",
        }
    }

    /// A command of a tool that changes something. It is asked once, whatever comes of it.
    pub fn write<A: Into<String>>(tool: Tool, purpose: &str, args: impl IntoIterator<Item = A>) -> Self {
        let mut ask = Self::tool(tool, purpose, args);
        ask.spec.effect = Effect::Write;
        ask
    }

    /// The error of this question, with nothing said.
    #[must_use]
    pub fn error(&self, class: ErrorClass) -> CallError {
        CallError {
            purpose: self.spec.purpose.clone(),
            action: self.action,
            class,
            code: None,
            said: String::new(),
        }
    }
}

/// How aws is told to read a document from its standard input (tried: aws 2.23.6, alone and by `docker exec -i` as
/// another user than root).
pub const STDIN: &str = "file:///dev/stdin";

/// How long to leave AWS alone after it asked to slow down. aws itself has then tried three times within about a
/// second (botocore's standard mode, `retries/standard.py`).
const SLOW_DOWN: Duration = Duration::from_secs(2);

/// Asks, and parses the answer. A reading question that was throttled through all of aws's own tries is asked
/// once more: many questions at once are what a burst limit refuses. So is one of another tool whose connection was cut.
/// Nothing else is asked twice, and never a person.
///
/// # Errors
/// [`CallError`] where there is no answer; its class says why.
pub fn ask<T>(
    gateway: &dyn Gateway,
    ask: &Ask,
    parse: impl Fn(&[u8]) -> Result<T, ParseFailure>,
) -> Result<T, CallError> {
    ask_both(gateway, ask, |stdout, _| parse(stdout))
}

/// The same for an answer that stands partly on stderr.
///
/// # Errors
/// As [`ask`].
pub fn ask_both<T>(
    gateway: &dyn Gateway,
    ask: &Ask,
    parse: impl Fn(&[u8], &str) -> Result<T, ParseFailure>,
) -> Result<T, CallError> {
    match once(gateway, ask, &parse) {
        Err(error)
            if passes(ask, &error)
                && ask.spec.effect == Effect::Read
                && !ask.spec.terminal
                && gateway.pause(SLOW_DOWN) =>
        {
            once(gateway, ask, &parse)
        }
        answer => answer,
    }
}

/// Whether the same question may be answered a moment later. aws tries a lost connection anew by itself; the tools that
/// are written in Go don't.
fn passes(ask: &Ask, error: &CallError) -> bool {
    let is_cut = matches!(error.class, ErrorClass::Unreachable(_))
        && ask.spec.tool != Tool::Aws
        && is_cut(&error.said.to_lowercase());
    error.class == ErrorClass::Throttled || is_cut
}

fn once<T>(
    gateway: &dyn Gateway,
    ask: &Ask,
    parse: &impl Fn(&[u8], &str) -> Result<T, ParseFailure>,
) -> Result<T, CallError> {
    let output = gateway
        .run(&ask.spec)
        .map_err(|error| from_gateway(ask, &error))?;
    if output.exit != 0 {
        let (class, code) = match ask.spec.tool {
            Tool::Aws => classify_aws(output.exit, &output.stderr),
            // Only a command that asks a cluster fails in the words of one; a chart registry has words of its own.
            Tool::Kubectl if of_cluster(ask) => of_api_server(classify_kube(&output.stderr)),
            Tool::Helm if of_cluster(ask) => of_api_server(classify_helm(&output.stderr)),
            Tool::Eksctl => classify_eksctl(&String::from_utf8_lossy(&output.stdout), &output.stderr),
            Tool::Kubectl | Tool::Helm => (ErrorClass::Other, None),
        };
        return Err(CallError {
            code,
            said: said(gateway, ask.spec.tool, output),
            ..ask.error(class)
        });
    }
    // What the tool said beside an answer that can't be read (a warning, a proxy's page) often says why.
    parse(&output.stdout, &output.stderr).map_err(|failure| CallError {
        said: match output.stderr.trim() {
            "" => failure.to_string(),
            said => format!("{failure}\n{said}"),
        },
        ..ask.error(ErrorClass::BadOutput)
    })
}

/// The code of a failure to reach a cluster's API server, which gives none of its own then.
pub const API_SERVER: &str = "ApiServer";

fn of_api_server((class, code): (ErrorClass, Option<String>)) -> (ErrorClass, Option<String>) {
    match class {
        ErrorClass::Unreachable(_) => (class, code.or_else(|| Some(API_SERVER.to_owned()))),
        _ => (class, code),
    }
}

fn of_cluster(ask: &Ask) -> bool {
    ask.spec.args.iter().any(|word| word == "--kubeconfig")
}

/// The tool's words about its failure. eksctl has its reasons on stdout, where its log goes.
fn said(gateway: &dyn Gateway, tool: Tool, output: CommandOutput) -> String {
    match tool {
        Tool::Eksctl => {
            let log = crate::clients::eksctl::words::reasons(&String::from_utf8_lossy(&output.stdout));
            let both = format!("{}\n{}", gateway.words(&log), output.stderr);
            both.trim().to_owned()
        }
        Tool::Aws | Tool::Kubectl | Tool::Helm => output.stderr,
    }
}

/// The gateway's failure as this question's.
#[must_use]
pub fn from_gateway(ask: &Ask, error: &GatewayError) -> CallError {
    let class = match error {
        GatewayError::ToolMissing { .. } => ErrorClass::MissingTool,
        GatewayError::TimedOut { .. } => ErrorClass::TimedOut,
        GatewayError::Interrupted => ErrorClass::Interrupted,
        GatewayError::Refused { .. } => ErrorClass::Refused,
        GatewayError::Engine { .. } => ErrorClass::Engine,
        GatewayError::Killed { .. } | GatewayError::NotStarted { .. } => ErrorClass::Killed,
        GatewayError::TooMuchOutput { .. } => ErrorClass::TooMuchOutput,
        GatewayError::NotKept { .. } => ErrorClass::NotKept,
        GatewayError::Journal { .. } => ErrorClass::Other,
    };
    CallError {
        said: error.to_string(),
        ..ask.error(class)
    }
}

/// Reads one whole JSON document.
///
/// # Errors
/// [`ParseFailure`] where the bytes are empty, cut short, of another shape, or followed by more.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ParseFailure> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ParseFailure::Empty);
    }
    // serde's own words may quote the text, and the text is untrusted: only the kind and the place are kept.
    serde_json::from_slice(bytes).map_err(|error| {
        ParseFailure::Json(format!(
            "{:?} at line {} column {}",
            error.classify(),
            error.line(),
            error.column()
        ))
    })
}

/// The marks of a list that goes on, as AWS's services and the CLI itself write them.
#[derive(Deserialize)]
struct More {
    #[serde(rename = "IsTruncated")]
    truncated: Option<bool>,
    #[serde(rename = "NextMarker")]
    marker: Option<String>,
    #[serde(rename = "NextToken")]
    token: Option<String>,
    #[serde(rename = "nextToken")]
    camel_token: Option<String>,
}

/// Reads one JSON document that is a list, whole: what a cut one does not name may exist all the same.
///
/// # Errors
/// As [`json`], and [`ParseFailure::Cut`] where the answer says that more follows.
pub fn json_list<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ParseFailure> {
    let list = json(bytes)?;
    let more: More = json(bytes)?;
    let tokens = [more.marker, more.token, more.camel_token];
    if more.truncated == Some(true) || tokens.iter().flatten().any(|token| !token.is_empty()) {
        return Err(ParseFailure::Cut);
    }
    Ok(list)
}

/// Reads the answer of a changing command of which nothing is wanted: nothing, or one JSON object.
///
/// # Errors
/// [`ParseFailure`] where something else was printed: whether the change was made is then not known.
pub fn done(bytes: &[u8]) -> Result<(), ParseFailure> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    json::<serde_json::Map<String, serde_json::Value>>(bytes).map(drop)
}

/// The answer, or nothing where AWS itself says by one of `codes` that the thing asked for is not there. Any other
/// "not found" (a proxy's 404, a bucket that is gone) says nothing about it, and is an error.
///
/// # Errors
/// The call's own.
pub fn or_absent<T>(answer: Result<T, CallError>, codes: &[&str]) -> Result<Option<T>, CallError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.class != ErrorClass::Absent => Err(error),
        Err(error) if error.code.as_deref().is_some_and(|code| codes.contains(&code)) => Ok(None),
        Err(error) => Err(CallError {
            class: ErrorClass::Other,
            ..error
        }),
    }
}

/// Gives `text` back where it has its form.
///
/// # Errors
/// [`ParseFailure::Form`] with the field's name.
pub fn formed(
    text: String,
    fits: impl Fn(&str) -> bool,
    field: &'static str,
) -> Result<String, ParseFailure> {
    if fits(&text) {
        Ok(text)
    } else {
        Err(ParseFailure::Form(field))
    }
}
