//! The real program, installing: its tools are small programs that hand each command to an account in memory, in the
//! process of the test.
#![allow(dead_code, missing_docs)] // each test file uses a part of it

use crate::common::World;
use crate::common::fake::{Fake, PREFLIGHT};
use crate::fake_cloud::{CLUSTER, Cloud, Reply};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A tool without an answer of its own: asks the test, and prints what it says. Few programs and no polling: an install
/// has two hundred commands.
const ASKING: &str = r#"
asked=${0%/*}/../asked
q=$asked/$$
mkfifo "$q.end"
exec 3<>"$q.end"
printf '%s\0' "$name" "$@" >"$q.argv"
cat >"$q.in"
echo $$ >"$asked/door"
read -r code <&3
cat "$q.out"
[ -s "$q.err" ] && cat "$q.err" >&2
rm "$q".*
return "$code"
"#;

/// Answers instead of the account, where it gives one.
type Hook = Box<dyn Fn(&[String]) -> Option<Reply> + Send>;

/// A world in which an install meets an empty account.
pub struct Bridge {
    pub fake: Fake,
    pub cloud: Arc<Mutex<Cloud>>,
    door: File,
    answering: Option<JoinHandle<()>>,
}

impl Bridge {
    pub fn new() -> Self {
        Self::hooked(|_| None)
    }

    /// The same; `hook` is asked first.
    pub fn hooked(hook: impl Fn(&[String]) -> Option<Reply> + Send + 'static) -> Self {
        let mut fake = Fake::ready();
        for key in [
            "aws.eks.describe-cluster",
            "aws.s3api.head-bucket",
            "kubectl.version",
        ] {
            fs::remove_file(fake.world.path("answers").join(key)).unwrap();
        }
        for tool in ["aws", "eksctl", "kubectl", "helm"] {
            fake.answer(tool, ASKING);
        }
        for folder in ["asked", "tmp"] {
            fs::create_dir(fake.world.path(folder)).unwrap();
        }
        let tmp = fake.world.path("tmp").display().to_string();
        fake.world.set("TMPDIR", tmp).set("USER", "ann");
        let made = Command::new("mkfifo").arg(fake.world.path("asked/door")).status();
        assert!(made.unwrap().success());
        // Open for writing too: it has no end while the test goes on.
        let mut door = OpenOptions::new();
        let door = door
            .read(true)
            .write(true)
            .open(fake.world.path("asked/door"))
            .unwrap();
        let cloud = Arc::new(Mutex::new(Cloud::default()));
        let answering = Answering {
            asked: fake.world.path("asked"),
            cloud: Arc::clone(&cloud),
            hook: Box::new(hook),
        };
        Self {
            fake,
            cloud,
            door: door.try_clone().unwrap(),
            answering: Some(std::thread::spawn(move || answering.go_on(door))),
        }
    }

    pub fn world(&self) -> &World {
        &self.fake.world
    }

    /// The folder of the only run.
    pub fn folder(&self) -> PathBuf {
        self.world().journal().parent().unwrap().to_owned()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.door.write_all(b"\n").unwrap();
        // A test that failed already must not fail twice.
        let answered = self.answering.take().unwrap().join();
        assert!(
            answered.is_ok() || std::thread::panicking(),
            "the account has no answer"
        );
    }
}

/// The words of an install of the three phases that the account in memory knows.
pub fn install<'a>(more: &'a [&'a str]) -> Vec<&'a str> {
    let words = PREFLIGHT.iter().map(|word| match *word {
        "preflight" => "install",
        word => word,
    });
    let fixed = ["--cluster", CLUSTER, "--phase", "compute", "--write-env", "false"];
    words.chain(fixed).chain(more.iter().copied()).collect()
}

struct Answering {
    asked: PathBuf,
    cloud: Arc<Mutex<Cloud>>,
    hook: Hook,
}

impl Answering {
    /// Answers who knocks, until an empty line comes.
    fn go_on(&self, door: File) {
        for line in BufReader::new(door).lines() {
            let line = line.unwrap();
            if line.is_empty() {
                return;
            }
            self.one(&self.asked.join(line));
        }
    }

    fn one(&self, of: &Path) {
        let at = |end: &str| of.with_extension(end);
        // The tool of a run that was killed may be gone, and its files may be another's soon.
        let Ok(words) = fs::read(at("argv")) else { return };
        let words = String::from_utf8(words).unwrap();
        let words: Vec<String> = words.split_terminator('\0').map(str::to_owned).collect();
        let stdin = Some(fs::read(at("in")).unwrap()).filter(|bytes| !bytes.is_empty());
        let reply = (self.hook)(&words).unwrap_or_else(|| {
            let mut cloud = self.cloud.lock().unwrap();
            let reply = cloud.answer(&words, stdin.as_deref());
            // Nothing is waited for: the waits of the real program are real.
            cloud.stacks.values_mut().for_each(|stack| stack.coming = 0);
            reply
        });
        fs::write(at("out"), reply.stdout).unwrap();
        fs::write(at("err"), reply.stderr).unwrap();
        let mut end = OpenOptions::new();
        let end = end
            .write(true)
            .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
        if let Ok(mut end) = end.open(at("end")) {
            let _ = writeln!(end, "{}", reply.exit);
        }
    }
}
