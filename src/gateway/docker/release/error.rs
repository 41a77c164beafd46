//! Why a file of a release could not be had: always with the tool that it was for.

/// A download that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{tool} {version}{}: {trouble}", at(host, *mirror))]
pub struct DownloadError {
    /// The tool.
    pub tool: String,
    /// Its locked version.
    pub version: String,
    /// The host that was asked first, without user or path; empty where none was.
    pub host: String,
    /// Whether that is a mirror of the user's.
    pub mirror: bool,
    /// What went wrong.
    pub trouble: Trouble,
}

fn at(host: &str, mirror: bool) -> String {
    match (host, mirror) {
        ("", _) => String::new(),
        (host, true) => format!(" from the mirror {host}"),
        (host, false) => format!(" from {host}"),
    }
}

/// What can go wrong with a download.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No connection: name, network, proxy or certificate.
    #[error("the host did not answer")]
    Unreachable {
        /// The library's words, redacted.
        said: String,
    },
    /// The host answered, and not with the file.
    #[error("the host answered with HTTP status {0}")]
    Status(u16),
    /// The answer ended before the file did.
    #[error("the download was cut after {got} bytes{}", of_expected(*expected))]
    Cut {
        /// How much came.
        got: u64,
        /// How much was announced.
        expected: Option<u64>,
    },
    /// Nothing came for too long.
    #[error("the host said nothing for {seconds} seconds")]
    Silent {
        /// How long.
        seconds: u64,
    },
    /// More than any release measures.
    #[error("the file is larger than {limit} bytes, which no release of it is")]
    TooLarge {
        /// The most that is taken.
        limit: u64,
    },
    /// The host sent to a host that is not one of the tool's.
    #[error("the host sends to {to}, which is no host of this tool's")]
    Elsewhere {
        /// Scheme and host that it named.
        to: String,
    },
    /// One redirect after another.
    #[error("the host sends from one address to the next, more than {most} times")]
    RedirectLoop {
        /// How many are followed.
        most: usize,
    },
    /// The file is another than the lock's.
    #[error("the file is not the one of the lock: its SHA-256 is {got}, the lock has {expected}")]
    WrongHash {
        /// The lock's.
        expected: String,
        /// The file's.
        got: String,
    },
    /// The folder for downloads can't be used.
    #[error("the folder for downloads {path} can't be used")]
    Cache {
        /// The folder.
        path: String,
        /// The system's words.
        said: String,
        /// Whether the disk is full.
        full: bool,
    },
    /// The run's own limit was reached.
    #[error("the run's time limit was reached in the middle of the download")]
    Deadline,
    /// The run was asked to stop.
    #[error("the run was interrupted")]
    Interrupted,
}

fn of_expected(expected: Option<u64>) -> String {
    expected.map_or_else(String::new, |expected| format!(" of {expected}"))
}
