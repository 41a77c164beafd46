//! Whether the hosts of a release answer at all, asked before a source is chosen that nobody named.

use super::http::{Address, Http, Limits};
use super::{DownloadError, Downloads, LOOK_EVERY, Trouble};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// How long a host may take to answer a question that has no body.
const LIMIT: Duration = Duration::from_secs(5);

/// A host that did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// The tool that it is for.
    pub tool: String,
    /// The host.
    pub host: String,
}

/// Statuses by which a proxy or a network's own door says that the host is not behind it.
const OF_THE_WAY: [u16; 5] = [407, 502, 503, 504, 511];

pub(super) fn unreached(
    downloads: &Downloads<'_>,
    asked: Vec<(String, Address)>,
) -> Result<Vec<Unreached>, Box<DownloadError>> {
    let limits = Limits {
        connect: LIMIT,
        silence: LIMIT,
    };
    let http = Arc::new(Http::new(downloads.env, downloads.ca, limits));
    let (sender, answers) = channel();
    for (number, (_, address)) in asked.iter().enumerate() {
        let (http, address, sender) = (Arc::clone(&http), address.clone(), sender.clone());
        std::thread::spawn(move || {
            let answered = http
                .status(&address)
                .is_ok_and(|status| !OF_THE_WAY.contains(&status));
            let _ = sender.send((number, answered));
        });
    }
    drop(sender);
    let mut answering = vec![false; asked.len()];
    let until = (Instant::now() + LIMIT + Duration::from_secs(1)).min(downloads.deadline);
    let mut open = asked.len();
    while open > 0 && Instant::now() < until {
        if downloads.interrupt.is_set() {
            return Err(Box::new(DownloadError {
                tool: String::new(),
                version: String::new(),
                host: String::new(),
                mirror: false,
                trouble: Trouble::Interrupted,
            }));
        }
        match answers.recv_timeout(LOOK_EVERY) {
            Ok((number, answered)) => {
                answering[number] = answered;
                open -= 1;
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(asked
        .into_iter()
        .zip(answering)
        .filter(|(_, answered)| !answered)
        .map(|((tool, address), _)| Unreached {
            tool,
            host: address.host(),
        })
        .collect())
}
