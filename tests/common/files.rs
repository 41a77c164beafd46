//! Releases of our own: small files under the official paths, the lock that names them, and a server that gives them,
//! rightly or wrongly.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// What the server gives for a path.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The bytes, with their length.
    Whole(Vec<u8>),
    /// The bytes, with a length that is larger, then the end of the connection.
    Cut(Vec<u8>, usize),
    /// The bytes in chunks, without the last one.
    CutChunks(Vec<u8>),
    /// This status and nothing else.
    Status(u16),
    /// On to another address.
    Redirect(String),
    /// Nothing, for as long as the other side waits.
    Silence,
    /// The end of the connection, and no answer.
    HangUp,
}

/// A server on a port of its own. It sees what it is asked, and ends with the test.
pub struct FileServer {
    pub address: String,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FileServer {
    pub fn new() -> Self {
        Self::with(None)
    }

    /// A server that speaks TLS, and the certificate (PEM) of the authority that vouches for it.
    pub fn of_own_authority() -> (Self, String) {
        use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        let pem = authority.self_signed(&authority_key).unwrap().pem();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let own = own.signed_by(&key, &issuer).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.der().clone()], key.into())
            .unwrap();
        (Self::with(Some(Arc::new(config))), pem)
    }

    fn with(tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap().to_string(),
            answers: Arc::default(),
            asked: Arc::default(),
        };
        let (answers, asked) = (Arc::clone(&server.answers), Arc::clone(&server.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, asked, tls) = (Arc::clone(&answers), Arc::clone(&asked), tls.clone());
                std::thread::spawn(move || match tls {
                    None => serve(stream, &answers, &asked),
                    Some(tls) => {
                        let connection = rustls::ServerConnection::new(tls).unwrap();
                        serve(rustls::StreamOwned::new(connection, stream), &answers, &asked);
                    }
                });
            }
        });
        server
    }

    /// A server with these files under their paths.
    pub fn of(release: &Release) -> Self {
        let server = Self::new();
        for file in release.files.values() {
            server.set(&file.path, Answer::Whole(file.bytes.clone()));
        }
        server
    }

    pub fn set(&self, path: &str, answer: Answer) -> &Self {
        self.answers.lock().unwrap().insert(format!("/{path}"), answer);
        self
    }

    /// `METHOD PATH AUTHORIZATION` of each question, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

fn serve(stream: impl Read + Write, answers: &Mutex<BTreeMap<String, Answer>>, asked: &Mutex<Vec<String>>) {
    let mut stream = BufReader::new(stream);
    let mut lines = stream.by_ref().lines();
    let Some(Ok(first)) = lines.next() else { return };
    let headers: Vec<String> = lines
        .by_ref()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let authorization = headers
        .iter()
        .find_map(|line| {
            line.to_lowercase()
                .starts_with("authorization:")
                .then(|| line[14..].trim())
        })
        .unwrap_or_default();
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    asked
        .lock()
        .unwrap()
        .push(format!("{method} {path} {authorization}"));
    let answer = answers
        .lock()
        .unwrap()
        .get(path)
        .cloned()
        .unwrap_or(Answer::Status(404));
    if matches!(answer, Answer::HangUp) {
        return;
    }
    let body = method != "HEAD";
    // The connection stays open until the other side gives up.
    if matches!(answer, Answer::Silence) {
        let _ = stream.read(&mut [0]);
        return;
    }
    let stream = stream.get_mut();
    let mut send = |head: &str, bytes: &[u8]| {
        let _ = write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\n\r\n");
        if body {
            let _ = stream.write_all(bytes);
        }
        let _ = stream.flush();
    };
    match answer {
        Answer::Whole(bytes) => send(&format!("200 OK\r\nContent-Length: {}", bytes.len()), &bytes),
        Answer::Cut(bytes, announced) => send(&format!("200 OK\r\nContent-Length: {announced}"), &bytes),
        Answer::CutChunks(bytes) => {
            let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
            chunk.extend_from_slice(&bytes);
            chunk.extend_from_slice(b"\r\n");
            send("200 OK\r\nTransfer-Encoding: chunked", &chunk);
        }
        Answer::Status(status) => send(&format!("{status} Whatever\r\nContent-Length: 0"), b""),
        Answer::Redirect(to) => send(&format!("302 Found\r\nLocation: {to}\r\nContent-Length: 0"), b""),
        Answer::Silence | Answer::HangUp => {}
    }
}

/// One file of ours.
#[derive(Clone)]
pub struct OurFile {
    pub path: String,
    pub bytes: Vec<u8>,
}

/// Four tools of ours that say the right versions, for both processors alike.
pub struct Release {
    pub files: BTreeMap<(String, String), OurFile>,
    versions: BTreeMap<String, String>,
}

impl Release {
    pub fn new() -> Self {
        let versions: BTreeMap<String, String> = [
            ("aws", "2.99.1"),
            ("eksctl", "0.99.2"),
            ("helm", "3.99.3"),
            ("kubectl", "1.99.4"),
        ]
        .map(|(tool, version)| (tool.to_owned(), version.to_owned()))
        .into();
        let mut files = BTreeMap::new();
        for arch in ["amd64", "arm64"] {
            for (tool, version) in &versions {
                let (path, bytes) = file(tool, version, arch);
                files.insert((tool.clone(), arch.to_owned()), OurFile { path, bytes });
            }
        }
        Self { files, versions }
    }

    pub fn path(&self, tool: &str, arch: &str) -> &str {
        &self.files[&(tool.to_owned(), arch.to_owned())].path
    }

    /// The lock of this version with our release in place of the official one.
    pub fn lock(&self) -> serde_json::Value {
        let text = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/docker/toolbox/toolbox.lock.json"
        ));
        let mut lock: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
        for ((tool, arch), file) in &self.files {
            let locked = &mut lock["sources"]["release"]["tools"][tool];
            locked["version"] = self.versions[tool].clone().into();
            locked["files"][arch] = serde_json::json!({ "path": file.path, "sha256": sha256(&file.bytes) });
        }
        lock
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// A tool's file by its official path.
fn file(tool: &str, version: &str, arch: &str) -> (String, Vec<u8>) {
    let script = |words: &str| format!("#!/bin/sh\n# {arch}\n{words}\n").into_bytes();
    match tool {
        "aws" => {
            let name = if arch == "amd64" { "x86_64" } else { "aarch64" };
            let install = "while [ $# -gt 0 ]; do case $1 in -i) dir=$2;; -b) bin=$2;; esac; shift 2; done\n\
                           to=$dir/v2/current; mkdir -p \"$to/bin\" \"$bin\"; cp -r \"$(dirname \"$0\")/dist\" \"$to/dist\"\n\
                           ln -s ../dist/aws \"$to/bin/aws\"; ln -s \"$to/bin/aws\" \"$bin/aws\"; ln -s \"$to/dist/aws\" \"$bin/aws_completer\"";
            let aws = format!("echo 'aws-cli/{version} Python/3.14.0 Linux/6.1 exe/x86_64.debian.13'");
            let bytes = zip(&[
                ("aws/install", script(install)),
                ("aws/dist/aws", script(&aws)),
                ("aws/dist/awscli/botocore/cacert.pem", b"none".to_vec()),
                ("aws/dist/awscli/data/ac.index", b"large".to_vec()),
                ("aws/dist/awscli/examples/s3/ls.rst", b"many".to_vec()),
            ]);
            (format!("awscli-exe-linux-{name}-{version}.zip"), bytes)
        }
        "eksctl" => (
            format!("eksctl-io/eksctl/releases/download/v{version}/eksctl_Linux_{arch}.tar.gz"),
            tar_gz("eksctl", &script(&format!("echo {version}"))),
        ),
        "helm" => (
            format!("helm-v{version}-linux-{arch}.tar.gz"),
            tar_gz(
                &format!("linux-{arch}/helm"),
                &script(&format!("printf v{version}")),
            ),
        ),
        _ => (
            format!("release/v{version}/bin/linux/{arch}/kubectl"),
            script(&format!(
                r#"echo '{{"clientVersion": {{"major": "1", "minor": "99", "gitVersion": "v{version}"}}}}'"#
            )),
        ),
    }
}

/// CRC-32 as gzip and zip have it (RFC 1952, section 8).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}

fn u32_of(length: usize) -> u32 {
    u32::try_from(length).unwrap()
}

/// One file in a tar archive, packed by gzip without compression (RFC 1952, RFC 1951 section 3.2.4).
fn tar_gz(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o755);
    archive.append_data(&mut header, name, bytes).unwrap();
    let tar = archive.into_inner().unwrap();
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = tar.chunks(60_000).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap();
        packed.push(u8::from(blocks.peek().is_none()));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend_from_slice(block);
    }
    packed.extend(crc32(&tar).to_le_bytes());
    packed.extend(u32_of(tar.len()).to_le_bytes());
    packed
}

/// Files in a zip archive without compression (PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16).
fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let offset = u32_of(archive.len());
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc32(bytes).to_le_bytes());
        common.extend(u32_of(bytes.len()).to_le_bytes());
        common.extend(u32_of(bytes.len()).to_le_bytes());
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend(name.as_bytes());
        archive.extend(bytes);
        // Made by version 2.0 on Unix; a plain file that may be run.
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        directory.extend([0; 6]);
        directory.extend((0o100_755_u32 << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let start = u32_of(archive.len()).to_le_bytes();
    let size = u32_of(directory.len()).to_le_bytes();
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count);
    archive.extend(count);
    archive.extend(size);
    archive.extend(start);
    archive.extend([0, 0]);
    archive
}
