//! A tool in the session container that asks the person at the terminal.

use super::{ENGINE_SLACK, Session, gone};
use crate::gateway::docker::argv::{self, ExecArgs, ProvenEnd};
use crate::gateway::process::{self, Ending, Job};
use crate::gateway::terminal::{self, Talk};
use crate::gateway::{CommandOutput, CommandSpec, GatewayError};
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// How long a tool may take to end after a person's Ctrl-C: `timeout` counts from there, and a busy machine's aws
/// takes its seconds to leave.
const TALK_GRACE: Duration = Duration::from_secs(10);

impl Session {
    /// A tool that asks on the terminal, then what it left.
    pub(super) fn talk(&self, spec: &CommandSpec, base: &str) -> Result<CommandOutput, GatewayError> {
        let start = Instant::now();
        let words = spec.argv();
        let line = argv::talk(
            &ExecArgs {
                container: &self.name,
                proof: &self.proof,
                pid_file: base,
                limit: spec.timeout,
                grace: TALK_GRACE,
                env: &self.names,
                has_input: true,
                argv: &words,
            },
            base,
        );
        let talk = Talk {
            program: self.engine.client.clone(),
            args: line,
            env: self.client_env.clone(),
            kept: false,
            deadline: start + spec.timeout + TALK_GRACE + ENGINE_SLACK,
        };
        let engine = |error: std::io::Error| GatewayError::Engine {
            said: error.to_string(),
        };
        if terminal::run(&talk, &self.engine.interrupt)
            .map_err(engine)?
            .ending
            == Ending::Interrupted
        {
            return Err(GatewayError::Interrupted);
        }
        let job = Job {
            program: self.engine.client.clone(),
            args: argv::heard(&self.name, &self.proof, base)
                .into_iter()
                .map(OsString::from)
                .collect(),
            env: self.client_env.clone(),
            stdin: Vec::new(),
            guarded: false,
            deadline: Instant::now() + ENGINE_SLACK,
            grace: Duration::from_secs(1),
            stop: None,
            on_line: None,
            listener: None,
        };
        let mut heard = process::run(&job, &self.engine.interrupt).map_err(engine)?;
        let proven = argv::proven_end(&mut heard.stderr, &self.proof);
        let said = self.engine.redactor.words(&heard.stderr, &spec.secrets);
        let took = start.elapsed();
        match proven {
            Some(ProvenEnd::Missing) => Err(GatewayError::ToolMissing { tool: spec.tool }),
            Some(ProvenEnd::Exited(124 | 137)) if took >= spec.timeout => Err(GatewayError::TimedOut {
                tool: spec.tool,
                limit: spec.timeout,
            }),
            Some(ProvenEnd::Exited(code)) => {
                terminal::output(spec, Ending::Exited(code), heard.stdout, said, took)
            }
            None => Err(gone(said)),
        }
    }
}
