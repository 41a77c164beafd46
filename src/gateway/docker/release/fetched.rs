//! A download that is what the lock says: hashed each time that it is read.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// A file that is what the lock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub(super) tool: String,
    pub(super) path: PathBuf,
    pub(super) sha256: String,
}

impl Fetched {
    /// The tool that it is of.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// Its path in the build context, by which the release's Dockerfile knows it.
    #[must_use]
    pub fn name_in_context(&self) -> String {
        let end = match self.tool.as_str() {
            "aws" => ".zip",
            "kubectl" => "",
            _ => ".tar.gz",
        };
        format!("release/{}{end}", self.tool)
    }

    /// Its size and its bytes, hashed as they are read.
    pub(in crate::gateway::docker) fn open(&self) -> std::io::Result<(u64, Hashing)> {
        // A link, or a pipe, that somebody put there is not ours.
        let file = File::options()
            .read(true)
            .custom_flags(i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0))
            .open(&self.path)?;
        let data = file.metadata()?;
        if !data.is_file() {
            return Err(std::io::Error::other("not a file"));
        }
        let reader = Hashing {
            file: BufReader::with_capacity(128 * 1024, file),
            hash: Sha256::new(),
            sha256: self.sha256.clone(),
        };
        Ok((data.len(), reader))
    }
}

/// A reader that knows what it has read.
pub(in crate::gateway::docker) struct Hashing {
    file: BufReader<File>,
    hash: Sha256,
    sha256: String,
}

impl Hashing {
    /// Whether all that was read is the file of the lock.
    pub(in crate::gateway::docker) fn verified(self) -> std::io::Result<()> {
        if hex(self.hash) == self.sha256 {
            Ok(())
        } else {
            Err(std::io::Error::other(
                "a kept download has changed since it was checked",
            ))
        }
    }
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

/// A hash in lower-case hexadecimal digits.
pub(super) fn hex(hash: Sha256) -> String {
    use std::fmt::Write as _;
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
