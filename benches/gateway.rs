//! What the gateway costs: a command through it against the same `docker exec` by hand, in one session container.
//!
//! `cargo bench --bench gateway -- [--runs N]` prints a line a tool on stderr and one JSON array on stdout. It
//! needs an engine with the toolbox image (`lakehouse toolbox build`); `scripts/bench` sees to that.

use lakehouse::gateway::docker::engine::Engine;
use lakehouse::gateway::docker::image::{self, Recipe};
use lakehouse::gateway::docker::mounts;
use lakehouse::gateway::docker::session::{Session, SessionPlan};
use lakehouse::gateway::environment::{self, Env, Identity};
use lakehouse::gateway::interrupt::Interrupt;
use lakehouse::gateway::journal::Journal;
use lakehouse::gateway::read_only::ReadOnly;
use lakehouse::gateway::recorder::Recorder;
use lakehouse::gateway::redact::Redactor;
use lakehouse::gateway::settings_copy::SettingsCopy;
use lakehouse::gateway::{CommandSpec, Gateway, Tool};
use lakehouse::model::ToolboxMirrors;
use lakehouse::report::ExecMode;
use lakehouse::runner::Run;
use lakehouse::runner::place::container_user;
use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pairs that are run before any is counted.
const WARM_UP: usize = 2;
/// Without `--runs`.
const RUNS: usize = 50;

/// Each tool that is timed: one that answers at once, and the one that a preflight waits for.
const COMMANDS: [(Tool, &[&str]); 2] = [(Tool::Helm, &["version"]), (Tool::Aws, &["--version"])];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // Cargo says `--bench` to a benchmark; `cargo test --benches` does not, and tests time nothing.
    if !args.iter().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    match bench(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(args: &[String]) -> Result<(), Box<dyn Error>> {
    let runs = runs(args)?;
    let folder = tempfile::tempdir()?;
    let place = Place::open(folder.path())?;
    let mut results = Vec::new();
    for (tool, words) in COMMANDS {
        let (through, by_hand) = place.pairs(tool, words, runs)?;
        let name = format!("{} {}", tool.program(), words.join(" "));
        let (a, b) = (Spread::of(through), Spread::of(by_hand));
        let ratio = a.median / b.median;
        eprintln!("{name}: gateway {a}; docker exec {b}; ratio of medians {ratio:.3}, {runs} pairs");
        results.push(serde_json::json!({
            "command": name, "runs": runs, "ratio": ratio,
            "gateway": {"medianMs": a.median, "p95Ms": a.p95},
            "byHand": {"medianMs": b.median, "p95Ms": b.p95},
        }));
    }
    println!("{}", serde_json::Value::from(results));
    Ok(())
}

fn runs(args: &[String]) -> Result<usize, String> {
    let Some(at) = args.iter().position(|arg| arg == "--runs") else {
        return Ok(RUNS);
    };
    let given = args.get(at + 1).and_then(|count| count.parse().ok());
    given
        .filter(|count| *count > 0)
        .ok_or_else(|| "--runs takes a number above 0, for example --runs 10".to_owned())
}

/// A session container, and what stands in front of it in a run (`runner::Workplace`, `runner::preflight`).
struct Place {
    gateway: Recorder<Session>,
    client: std::path::PathBuf,
    client_env: Env,
    /// `exec --env NAME … CONTAINER`, as one would type it.
    exec: Vec<String>,
}

impl Place {
    fn open(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let env: Env = std::env::vars_os().collect();
        let interrupt = Interrupt::default();
        let run = Run::begin("bench", env.clone(), interrupt.clone(), None);
        let redactor = || Redactor::new(environment::secrets(&env));
        let engine = Engine::probe(env.clone(), Arc::new(redactor()), interrupt.clone())?;
        let recipes = Recipe::all(&engine, &ToolboxMirrors::new())?;
        let (_, image) =
            image::find(&engine, &recipes)?.ok_or("there is no toolbox image: lakehouse toolbox build")?;
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let identity = Identity {
            profile: text("AWS_PROFILE"),
            region: Some(text("AWS_REGION").unwrap_or_else(|| "us-east-2".to_owned())),
            keys: None,
        };
        let mounts = mounts::aws_settings(&env, &identity)?;
        let mut tools_env = environment::container(&env, &identity);
        tools_env.extend(mounts.env.iter().cloned());
        let network = text("LAKEHOUSE_TOOLBOX_NETWORK");
        let journal = Journal::create(folder, &run.id)?;
        let plan = SessionPlan {
            run: &run.id,
            image: &image.id,
            user: container_user(&engine),
            network: network.as_deref(),
            mounts,
            env: environment::container(&env, &identity),
            copy: SettingsCopy::default(),
            folder,
        };
        let session = Session::start(&engine, plan)?;
        let mut exec = vec!["exec".to_owned()];
        for name in tools_env.keys() {
            exec.extend(["--env".to_owned(), name.to_string_lossy().into_owned()]);
        }
        exec.push(format!("lakehouse-{}", run.id));
        let mut client_env = env.clone();
        client_env.extend(tools_env);
        let gateway = Recorder::new(
            session,
            ExecMode::Docker,
            run.id.clone(),
            Ok(journal),
            Arc::new(redactor()),
            interrupt,
            run.deadline,
        );
        Ok(Self {
            gateway,
            client: engine.client,
            client_env,
            exec,
        })
    }

    /// The two ways one after the other, `runs` times; each way's times in milliseconds.
    fn pairs(&self, tool: Tool, words: &[&str], runs: usize) -> Result<(Vec<f64>, Vec<f64>), Box<dyn Error>> {
        let (mut through, mut by_hand) = (Vec::new(), Vec::new());
        for pair in 0..WARM_UP + runs {
            let a = self.through_the_gateway(tool, words)?;
            let b = self.by_hand(tool, words)?;
            if pair >= WARM_UP {
                through.push(a.as_secs_f64() * 1000.0);
                by_hand.push(b.as_secs_f64() * 1000.0);
            }
        }
        Ok((through, by_hand))
    }

    fn through_the_gateway(&self, tool: Tool, words: &[&str]) -> Result<Duration, Box<dyn Error>> {
        let spec = CommandSpec::read(tool, "time the gateway", words.iter().copied());
        let door = ReadOnly(&self.gateway as &dyn Gateway);
        let start = Instant::now();
        let output = door.run(&spec)?;
        let spent = start.elapsed();
        answered(output.exit == 0 && !output.stdout.is_empty(), spent, tool)
    }

    fn by_hand(&self, tool: Tool, words: &[&str]) -> Result<Duration, Box<dyn Error>> {
        let mut command = Command::new(&self.client);
        command
            .args(&self.exec)
            .arg(tool.program())
            .args(words)
            .env_clear()
            .envs(&self.client_env)
            .stdin(Stdio::null());
        let start = Instant::now();
        let output = command.output()?;
        let spent = start.elapsed();
        answered(output.status.success() && !output.stdout.is_empty(), spent, tool)
    }
}

/// A time counts only where the tool answered.
fn answered(well: bool, spent: Duration, tool: Tool) -> Result<Duration, Box<dyn Error>> {
    if well {
        Ok(spent)
    } else {
        Err(format!("{} did not answer", tool.program()).into())
    }
}

/// The middle and the slow end of some times, in milliseconds.
struct Spread {
    median: f64,
    p95: f64,
}

impl Spread {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let (low, high) = (times[(times.len() - 1) / 2], times[times.len() / 2]);
        // The nearest rank: the least time that 95 of 100 do not exceed.
        let rank = (times.len() * 95).div_ceil(100).max(1);
        Self {
            median: f64::midpoint(low, high),
            p95: times[rank - 1],
        }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "median {:.1} ms, p95 {:.1} ms", self.median, self.p95)
    }
}
