//! Official downloads of the tools: fetched by this process, held against the lock, kept, and only then given to a build.
//!
//! The engine and its builder see files, never an address: a mirror's credentials can stand in no argv, no log of the
//! engine and no history of an image.

pub mod cache;
mod error;
mod fetched;
pub mod http;
mod proxy;
mod reach;

pub use error::{DownloadError, Trouble};
pub use fetched::Fetched;
pub use reach::Unreached;

use super::lock::{LockedFile, LockedSource, LockedTool};
use crate::gateway::environment::Env;
use crate::gateway::interrupt::Interrupt;
use crate::gateway::redact::Redactor;
use crate::model::ToolboxMirrors;
use http::{Address, Http, Limits};
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// The most that one file may measure, in bytes: seven times the largest of today (aws, 70 MB).
const FILE_LIMIT: u64 = 512 * 1024 * 1024;
/// How much is handed on at once.
const CHUNK: usize = 128 * 1024;
/// After how many bytes it is told how far a download is.
const SHOW_EVERY: u64 = 2_000_000;
/// How often a waiting download looks at the stop flag and the clock.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What downloads need of the run.
pub struct Downloads<'a> {
    /// The environment: proxies, the cache's folder, `SSL_CERT_FILE`.
    pub env: &'a Env,
    /// Certificates of this machine beyond the system's own, as PEM.
    pub ca: &'a [u8],
    /// Base URLs that stand for the official ones.
    pub mirrors: &'a ToolboxMirrors,
    /// Takes secrets out of a library's words.
    pub redactor: &'a Redactor,
    /// The run's stop flag.
    pub interrupt: &'a Interrupt,
    /// When the run must have ended.
    pub deadline: Instant,
    /// How long a host may say nothing.
    pub limits: Limits,
}

/// One file to fetch.
struct Wanted<'a> {
    tool: &'a str,
    locked: &'a LockedTool,
    file: &'a LockedFile,
    address: Address,
}

impl Downloads<'_> {
    /// Fetches each tool's file for `arch`, or takes it from the cache where it still is what the lock says.
    ///
    /// # Errors
    /// The first tool's [`DownloadError`]; nothing of a file that is not what it should be is kept.
    pub fn fetch(
        &self,
        source: &LockedSource,
        arch: &str,
        on_line: &dyn Fn(&str),
    ) -> Result<Vec<Fetched>, Box<DownloadError>> {
        let mut http = None;
        let mut fetched = Vec::new();
        for (tool, locked) in &source.tools {
            let wanted = self.wanted(tool, locked, arch)?;
            fetched.push(self.fetch_one(&wanted, &mut http, on_line)?);
        }
        Ok(fetched)
    }

    /// The tools whose host does not answer, asked all at once.
    ///
    /// # Errors
    /// [`DownloadError`] for a lock without a file for `arch`, or when the run was asked to stop.
    pub fn unreached(&self, source: &LockedSource, arch: &str) -> Result<Vec<Unreached>, Box<DownloadError>> {
        let mut asked = Vec::new();
        for (tool, locked) in &source.tools {
            asked.push((tool.clone(), self.wanted(tool, locked, arch)?.address));
        }
        reach::unreached(self, asked)
    }

    fn wanted<'a>(
        &self,
        tool: &'a str,
        locked: &'a LockedTool,
        arch: &str,
    ) -> Result<Wanted<'a>, Box<DownloadError>> {
        let mirror = self.mirrors.get(tool);
        let missing = |said: &str| {
            Box::new(DownloadError {
                tool: tool.to_owned(),
                version: locked.version.clone(),
                host: String::new(),
                mirror: mirror.is_some(),
                trouble: Trouble::Unreachable {
                    said: said.to_owned(),
                },
            })
        };
        let file = locked
            .files
            .get(arch)
            .ok_or_else(|| missing("the lock has no file for this architecture"))?;
        let address = Address::of(locked.url.as_deref(), &locked.redirects_to, mirror, &file.path)
            .ok_or_else(|| missing("the lock has no address"))?;
        Ok(Wanted {
            tool,
            locked,
            file,
            address,
        })
    }

    fn fetch_one(
        &self,
        wanted: &Wanted<'_>,
        http: &mut Option<Arc<Http>>,
        on_line: &dyn Fn(&str),
    ) -> Result<Fetched, Box<DownloadError>> {
        let failed = |trouble: Trouble| {
            Box::new(DownloadError {
                tool: wanted.tool.to_owned(),
                version: wanted.locked.version.clone(),
                host: wanted.address.host(),
                mirror: wanted.address.is_mirror(),
                trouble,
            })
        };
        let cache = cache::Cache::open(self.env).map_err(&failed)?;
        if let Some(kept) = cache.find(wanted.tool, &wanted.file.sha256).map_err(&failed)? {
            on_line(&format!(
                "lakehouse-step: {} {} is kept from an earlier download",
                wanted.tool, wanted.locked.version
            ));
            return Ok(kept);
        }
        on_line(&format!(
            "lakehouse-step: download {} {} from {}",
            wanted.tool,
            wanted.locked.version,
            wanted.address.host()
        ));
        // The system's certificates are read once, and only where something is fetched.
        let http = http.get_or_insert_with(|| Arc::new(Http::new(self.env, self.ca, self.limits)));
        let http = Arc::clone(http);
        let mut part = cache.begin().map_err(&failed)?;
        let on_bytes = |got: u64, expected: Option<u64>| {
            let of = expected.map_or_else(String::new, |expected| format!(" of {}", expected / 1_000_000));
            on_line(&format!("{}: {}{of} MB", wanted.tool, got / 1_000_000));
        };
        self.receive(&start(http, wanted.address.clone()), &mut part, &on_bytes)
            .map_err(|trouble| failed(self.redacted(trouble)))?;
        part.keep(wanted.tool, &wanted.file.sha256).map_err(&failed)
    }

    /// Takes what the thread sends until its end, the run's, or a silence that is too long.
    fn receive(
        &self,
        events: &Receiver<Event>,
        part: &mut cache::Part,
        on_bytes: &dyn Fn(u64, Option<u64>),
    ) -> Result<(), Trouble> {
        let (mut got, mut expected) = (0_u64, None);
        let mut heard = Instant::now();
        loop {
            if self.interrupt.is_set() {
                return Err(Trouble::Interrupted);
            }
            if Instant::now() >= self.deadline {
                return Err(Trouble::Deadline);
            }
            match events.recv_timeout(LOOK_EVERY) {
                Ok(Event::Opened(length)) if length.is_some_and(|length| length > FILE_LIMIT) => {
                    return Err(Trouble::TooLarge { limit: FILE_LIMIT });
                }
                Ok(Event::Opened(length)) => expected = length,
                Ok(Event::Chunk(bytes)) => {
                    got += bytes.len() as u64;
                    if got > FILE_LIMIT {
                        return Err(Trouble::TooLarge { limit: FILE_LIMIT });
                    }
                    part.write_all(&bytes).map_err(|error| part.trouble(&error))?;
                    if got / SHOW_EVERY > (got - bytes.len() as u64) / SHOW_EVERY {
                        on_bytes(got, expected);
                    }
                }
                Ok(Event::End) if expected.is_some_and(|expected| expected != got) => {
                    return Err(Trouble::Cut { got, expected });
                }
                Ok(Event::End) => return Ok(()),
                Ok(Event::Failed(trouble)) => return Err(trouble),
                Err(RecvTimeoutError::Timeout) if heard.elapsed() >= self.limits.silence => {
                    return Err(Trouble::Silent {
                        seconds: self.limits.silence.as_secs(),
                    });
                }
                Err(RecvTimeoutError::Timeout) => continue,
                Ok(Event::Broken) | Err(RecvTimeoutError::Disconnected) => {
                    return Err(Trouble::Cut { got, expected });
                }
            }
            heard = Instant::now();
        }
    }

    /// The trouble with a library's words redacted.
    fn redacted(&self, trouble: Trouble) -> Trouble {
        match trouble {
            Trouble::Unreachable { said } => Trouble::Unreachable {
                said: self.redactor.words(said.as_bytes(), &[]),
            },
            other => other,
        }
    }
}

/// What the thread that reads from a host tells.
enum Event {
    Opened(Option<u64>),
    Chunk(Vec<u8>),
    End,
    Broken,
    Failed(Trouble),
}

/// Reads in a thread of its own: a read that hangs must not hold the run up. It ends when nobody listens any more.
fn start(http: Arc<Http>, address: Address) -> Receiver<Event> {
    let (events, seen) = sync_channel(4);
    std::thread::spawn(move || {
        let _ = read_all(&http, &address, &events);
    });
    seen
}

fn read_all(
    http: &Http,
    address: &Address,
    events: &SyncSender<Event>,
) -> Result<(), std::sync::mpsc::SendError<Event>> {
    let (length, mut body) = match http.get(address) {
        Ok(answer) => answer,
        Err(trouble) => return events.send(Event::Failed(trouble)),
    };
    events.send(Event::Opened(length))?;
    let mut buffer = vec![0; CHUNK];
    loop {
        match body.read(&mut buffer) {
            Ok(0) => return events.send(Event::End),
            Ok(count) => events.send(Event::Chunk(buffer[..count].to_vec()))?,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) if http::is_silence(&error) => {
                return events.send(Event::Failed(Trouble::Silent {
                    seconds: http.limits().silence.as_secs(),
                }));
            }
            Err(error) => {
                tracing::debug!("a download broke off: {:?}", error.kind());
                return events.send(Event::Broken);
            }
        }
    }
}
