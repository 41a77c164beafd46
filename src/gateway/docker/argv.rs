//! The engine's command lines, as pure functions that tests read as text.

use super::mounts::{HOME, Mount};
use std::time::Duration;

/// A tool that asks on the terminal. Its answer goes into files, since the terminal shows all else; what it left is
/// read by [`heard`]. `--foreground`: in a process group of its own it could not read the terminal.
const TALK_SCRIPT: &str = r#"base=$0 grace=$1 limit=$2; shift 2; umask 077; trap : INT
if ! command -v "$1" >/dev/null 2>&1; then echo missing >"$base.end"; exit 127; fi
timeout --foreground -k "$grace" "$limit" "$@" >"$base.out" 2>"$base.err"; echo $? >"$base.end""#;

/// What such a tool left, told as the tool would have: stdout, stderr, and the proof of its end.
const HEARD_SCRIPT: &str = r#"[ -r "$1.end" ] || exit 1
cat "$1.out"; cat "$1.err" >&2; printf '\n%s %s\n' "$0" "$(cat "$1.end")" >&2; rm -f "$1".*"#;

/// How a session container is made.
pub struct SessionArgs<'a> {
    /// The container's name.
    pub name: &'a str,
    /// The run's ID, as a label.
    pub run: &'a str,
    /// The image's ID.
    pub image: &'a str,
    /// `uid:gid`.
    pub user: &'a str,
    /// The network to join, if not the usual one.
    pub network: Option<&'a str>,
    /// What it sees of this machine.
    pub mounts: &'a [Mount],
    /// Whether the engine maps users and must not do so here.
    pub own_users: bool,
}

/// What the session container runs: it shows the nonce, then lives until the pipe from us ends.
const SESSION_SCRIPT: &str = "cat /run/lakehouse-nonce 2>/dev/null; echo; exec cat >/dev/null";

/// What stands before each tool: its process ID in a file, so that it can be stopped, and a limit inside the
/// container, so that it ends even when nobody is left to stop it.
const TOOL_SCRIPT: &str =
    r#"echo $$ >"$0"; grace=$1 limit=$2; shift 2; exec timeout -k "$grace" "$limit" "$@""#;

/// What stands around it: proof on stderr that the tool ran to this end, with its exit code. Without that line the
/// engine failed, whatever code its client gave (the client has 1, 126, 127 and 137 for its own troubles as well).
const PROOF_SCRIPT: &str = r#"proof=$0 script=$1; shift
if ! command -v "$4" >/dev/null 2>&1; then printf '\n%s missing\n' "$proof" >&2; exit 127; fi
/bin/sh -c "$script" "$@"; code=$?; printf '\n%s %d\n' "$proof" "$code" >&2; exit "$code""#;

/// `docker run …` for the session container.
#[must_use]
pub fn session(session: &SessionArgs<'_>) -> Vec<String> {
    let tmpfs_home = format!("{HOME}:mode=0700,{}", owner(session.user));
    let label = format!("io.ingext.lakehouse.run={}", session.run);
    let home = format!("HOME={HOME}");
    let mut args = words(&[
        "run",
        "--interactive",
        "--rm",
        "--init",
        "--pull",
        "never",
        "--log-driver",
        "none",
        "--name",
        session.name,
        "--label",
        &label,
        "--user",
        session.user,
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
        "--read-only",
        "--pids-limit",
        "1024",
        "--tmpfs",
        "/tmp:mode=1777",
        "--tmpfs",
        &tmpfs_home,
        "--env",
        &home,
        "--workdir",
        HOME,
    ]);
    if session.own_users {
        args.extend(words(&["--userns", "host"]));
    }
    if let Some(network) = session.network {
        args.extend(words(&["--network", network]));
    }
    for mount in session.mounts {
        args.extend(["--mount".to_owned(), mount.as_arg()]);
    }
    args.extend(words(&[
        "--entrypoint",
        "/bin/sh",
        session.image,
        "-c",
        SESSION_SCRIPT,
    ]));
    args
}

/// One tool's command in the session container.
pub struct ExecArgs<'a> {
    /// The container's name.
    pub container: &'a str,
    /// The word that proves an end.
    pub proof: &'a str,
    /// Where the tool's process ID is kept.
    pub pid_file: &'a str,
    /// When the tool is asked to stop.
    pub limit: Duration,
    /// How long it may take to stop by itself, before it is killed.
    pub grace: Duration,
    /// Names of its variables; their values come from the client's own environment.
    pub env: &'a [String],
    /// Whether it reads an input.
    pub has_input: bool,
    /// The tool and its arguments.
    pub argv: &'a [String],
}

/// `docker exec …` for one tool.
#[must_use]
pub fn exec(tool: &ExecArgs<'_>) -> Vec<String> {
    let mut line = vec!["exec".to_owned()];
    if tool.has_input {
        line.push("--interactive".to_owned());
    }
    for name in tool.env {
        line.extend(["--env".to_owned(), name.clone()]);
    }
    // `timeout` reads 0 as "no limit".
    let seconds = |duration: Duration| format!("{:.3}", duration.as_secs_f64().max(0.001));
    let (grace, limit) = (seconds(tool.grace), seconds(tool.limit));
    line.extend(words(&[
        tool.container,
        "/bin/sh",
        "-c",
        PROOF_SCRIPT,
        tool.proof,
        TOOL_SCRIPT,
        tool.pid_file,
        &grace,
        &limit,
    ]));
    line.extend(tool.argv.iter().cloned());
    line
}

/// What writes its standard input into a file that nobody else may read, whole or not at all.
const KEEP_SCRIPT: &str = r#"umask 077; cat >"$0.new" && mv -f "$0.new" "$0""#;

/// The command in the container that writes its standard input to `path`.
#[must_use]
pub fn keep(path: &str) -> Vec<String> {
    words(&["/bin/sh", "-c", KEEP_SCRIPT, path])
}

/// `docker exec …` for a tool that asks on the terminal; what it leaves begins with `base`.
#[must_use]
pub fn talk(tool: &ExecArgs<'_>, base: &str) -> Vec<String> {
    let mut line = words(&["exec", "--interactive", "--tty"]);
    for name in tool.env {
        line.extend(["--env".to_owned(), name.clone()]);
    }
    let seconds = |duration: Duration| format!("{:.3}", duration.as_secs_f64().max(0.001));
    let (grace, limit) = (seconds(tool.grace), seconds(tool.limit));
    line.extend(words(&[
        tool.container,
        "/bin/sh",
        "-c",
        TALK_SCRIPT,
        base,
        &grace,
        &limit,
    ]));
    line.extend(tool.argv.iter().cloned());
    line
}

/// `docker exec …` that tells what a tool of [`talk`] left.
#[must_use]
pub fn heard(container: &str, proof: &str, base: &str) -> Vec<String> {
    words(&["exec", container, "/bin/sh", "-c", HEARD_SCRIPT, proof, base])
}

/// `docker exec …` that asks the tool behind a pid file to stop.
#[must_use]
pub fn interrupt(container: &str, pid_file: &str) -> Vec<String> {
    words(&[
        "exec",
        container,
        "/bin/sh",
        "-c",
        r#"kill -INT "$(cat "$0")""#,
        pid_file,
    ])
}

/// `docker exec …` for a person's shell.
#[must_use]
pub fn shell(container: &str, env: &[String], terminal: bool) -> Vec<String> {
    let mut args = words(&["exec", "--interactive"]);
    if terminal {
        args.push("--tty".to_owned());
    }
    for name in env {
        args.extend(["--env".to_owned(), name.clone()]);
    }
    args.extend(words(&[container, "/bin/sh"]));
    args
}

/// How a tool ended, by the proof on its stderr; none when there is none. Takes the proof out of the text.
#[must_use]
pub fn proven_end(stderr: &mut Vec<u8>, proof: &str) -> Option<ProvenEnd> {
    let mark = format!("\n{proof} ").into_bytes();
    let at = stderr.windows(mark.len()).rposition(|window| window == mark)?;
    let rest = stderr.split_off(at);
    let word = std::str::from_utf8(rest.get(mark.len()..)?)
        .ok()?
        .lines()
        .next()?
        .to_owned();
    match word.as_str() {
        "missing" => Some(ProvenEnd::Missing),
        code => code.parse().ok().map(ProvenEnd::Exited),
    }
}

/// How a tool in the container ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvenEnd {
    /// It is not in the image.
    Missing,
    /// With this code, `timeout`'s own codes included.
    Exited(i32),
}

fn owner(user: &str) -> String {
    let (uid, gid) = user.split_once(':').unwrap_or((user, user));
    format!("uid={uid},gid={gid}")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_gets_no_right_that_it_does_not_need() {
        let mounts = [Mount {
            source: "/h/.aws".into(),
            target: format!("{HOME}/.aws"),
            writable: false,
        }];
        let args = session(&SessionArgs {
            name: "lakehouse-r1",
            run: "r1",
            image: "sha256:abc",
            user: "1000:1000",
            network: Some("rehearsal"),
            mounts: &mounts,
            own_users: false,
        });
        assert_eq!(
            args.join(" "),
            "run --interactive --rm --init --pull never --log-driver none --name lakehouse-r1 --label io.ingext.lakehouse.run=r1 \
             --user 1000:1000 --cap-drop ALL --security-opt no-new-privileges --read-only --pids-limit 1024 \
             --tmpfs /tmp:mode=1777 --tmpfs /home/lakehouse:mode=0700,uid=1000,gid=1000 --env HOME=/home/lakehouse \
             --workdir /home/lakehouse --network rehearsal \
             --mount type=bind,source=/h/.aws,target=/home/lakehouse/.aws,readonly \
             --entrypoint /bin/sh sha256:abc -c cat /run/lakehouse-nonce 2>/dev/null; echo; exec cat >/dev/null"
        );
    }

    fn tool<'a>(env: &'a [String], argv: &'a [String], limit: Duration, has_input: bool) -> Vec<String> {
        let grace = Duration::from_secs(2);
        exec(&ExecArgs {
            container: "c",
            proof: "proof-1",
            pid_file: "/tmp/1.pid",
            limit,
            grace,
            env,
            has_input,
            argv,
        })
    }

    #[test]
    fn values_of_the_environment_never_stand_in_argv() {
        let argv = ["aws".to_owned(), "sts".to_owned(), "$(reboot)".to_owned()];
        let line = tool(&["AWS_PROFILE".to_owned()], &argv, Duration::from_secs(60), false);
        assert_eq!(line[..4].join(" "), "exec --env AWS_PROFILE c");
        assert_eq!(line[7], "proof-1");
        assert_eq!(
            line[9..],
            ["/tmp/1.pid", "2.000", "60.000", "aws", "sts", "$(reboot)"]
        );
    }

    #[test]
    fn a_private_files_content_is_no_word_of_the_command() {
        let line = tool(
            &[],
            &keep("/home/lakehouse/kubeconfig.json"),
            Duration::from_secs(30),
            true,
        );
        assert_eq!(line[1], "--interactive");
        assert_eq!(
            line[11..].join(" "),
            r#"/bin/sh -c umask 077; cat >"$0.new" && mv -f "$0.new" "$0" /home/lakehouse/kubeconfig.json"#
        );
    }

    #[test]
    fn an_end_is_proven_by_the_last_line_or_not_at_all() {
        let end = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            let end = proven_end(&mut bytes, "proof-1");
            (end, String::from_utf8(bytes).unwrap())
        };
        assert_eq!(
            end("words\nproof-1 254\n"),
            (Some(ProvenEnd::Exited(254)), "words".to_owned())
        );
        assert_eq!(
            end("\nproof-1 missing\n"),
            (Some(ProvenEnd::Missing), String::new())
        );
        for lost in [
            "",
            "Error response from daemon",
            "\nproof-1",
            "\nproof-1 ",
            "\nproof-2 0\n",
            "\nproof-1 x\n",
        ] {
            assert_eq!(end(lost).0, None, "{lost}");
        }
    }

    #[test]
    fn a_limit_of_nothing_is_not_no_limit() {
        let line = tool(&[], &[], Duration::ZERO, true);
        assert_eq!((line[1].as_str(), line[10].as_str()), ("--interactive", "0.001"));
    }
}
