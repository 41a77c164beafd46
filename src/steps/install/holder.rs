//! Who holds: a process of a user on a machine, and whether it still lives.

use crate::gateway::journal::sha256_hex;

/// The Lease in the cluster by which one run keeps others away.
pub const LEASE: &str = "lakehouse-install";
/// Its namespace: every cluster has it, and no installation takes it away.
pub const LEASE_NAMESPACE: &str = "kube-system";
/// The Lease's annotation with the time since which only runs of one user on one machine have held it, each after the
/// one before had died: what was begun since then, and is of ours, nobody is at work on any more.
pub const HELD_SINCE: &str = "lakehouse.ingext.io/held-since";

/// The process that holds. As text it is `USER@MACHINE/PID/START/RUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The user's name, or `uid-N`.
    pub user: String,
    /// Names this machine, container or not, without telling its name: 12 hexadecimal digits.
    pub machine: String,
    /// The process.
    pub pid: u32,
    /// When it was started: the boot and the clock ticks since; `-` where that is not known.
    pub start: String,
    /// The run.
    pub run: String,
}

impl Holder {
    /// This process, as the run `run` of the user that the environment names.
    #[must_use]
    pub fn of_process(run: &str, user: Option<&str>, uid: u32) -> Self {
        let pid = std::process::id();
        let user = user
            .filter(|user| is_plain(user))
            .map_or_else(|| format!("uid-{uid}"), str::to_owned);
        Self {
            user,
            machine: machine(),
            pid,
            start: start_of(pid).unwrap_or_else(|| "-".to_owned()),
            run: run.to_owned(),
        }
    }

    /// As the Lease's `holderIdentity`.
    #[must_use]
    pub fn identity(&self) -> String {
        let Self {
            user,
            machine,
            pid,
            start,
            run,
        } = self;
        format!("{user}@{machine}/{pid}/{start}/{run}")
    }

    /// Reads [`Self::identity`]; nothing where it is not of its form: the text comes from the cluster.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (user, rest) = text.split_once('@')?;
        let parts: Vec<&str> = rest.split('/').collect();
        let [machine, pid, start, run] = parts.as_slice() else {
            return None;
        };
        let formed = [user, machine, start, run].into_iter().all(is_plain);
        let pid = pid.parse().ok().filter(|pid| *pid > 0)?;
        formed.then(|| Self {
            user: user.to_owned(),
            machine: (*machine).to_owned(),
            pid,
            start: (*start).to_owned(),
            run: (*run).to_owned(),
        })
    }

    /// For people, seen by `me`.
    #[must_use]
    pub fn shown(&self, me: &Self) -> String {
        let place = if self.machine == me.machine {
            "on this machine"
        } else {
            "on another machine"
        };
        format!(
            "process {} of the user `{}` {place}, run {}",
            self.pid, self.user, self.run
        )
    }
}

/// Whether `holder` is this very process.
#[must_use]
pub fn is_this_process(holder: &Holder) -> bool {
    let pid = std::process::id();
    holder.pid == pid
        && holder.machine == machine()
        && start_of(pid).is_none_or(|start| start == holder.start)
}

/// Whether `holder` is of this machine, and its process has ended.
#[must_use]
pub fn is_dead_here(holder: &Holder) -> bool {
    holder.machine == machine() && !lives(holder)
}

/// Whether the process of `holder`, which is of this machine, still lives. What can't be looked at lives.
#[must_use]
pub fn lives(holder: &Holder) -> bool {
    // Without a look at ourselves no look at others says anything.
    if holder.start == "-" || start_of(std::process::id()).is_none() {
        return true;
    }
    start_of(holder.pid).is_some_and(|start| start == holder.start)
}

/// Boot and clock ticks of a process that lives; nothing where there is none, or it has ended and nobody took notice.
fn start_of(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name stands in parentheses, and may hold any letter.
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    // proc_pid_stat(5): `state` is field 3, `starttime` field 22.
    if matches!(*fields.first()?, "Z" | "X") {
        return None;
    }
    let ticks = fields.get(19)?;
    let boot = read("/proc/sys/kernel/random/boot_id");
    Some(format!("{}.{ticks}", boot.get(..8).unwrap_or("boot")))
}

/// Machine, its name, and the process numbers' own space: two containers of one machine know nothing of each other's.
fn machine() -> String {
    let id = read("/etc/machine-id");
    let id = if id.is_empty() {
        read("/proc/sys/kernel/random/boot_id")
    } else {
        id
    };
    let name = read("/proc/sys/kernel/hostname");
    let space = std::fs::read_link("/proc/self/ns/pid")
        .map_or_else(|_| String::new(), |link| link.display().to_string());
    let hash = sha256_hex(format!("{id}|{name}|{space}").as_bytes());
    hash.get(..12).unwrap_or(&hash).to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !text.is_empty() && text.len() <= 64 && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me() -> Holder {
        Holder::of_process("20261124T030000Z-abcdef", Some("ann"), 1000)
    }

    #[test]
    fn this_process_lives_and_one_that_took_its_number_is_another() {
        let me = me();
        assert!(lives(&me));
        if me.start != "-" {
            let gone = Holder {
                start: format!("{}1", me.start),
                ..me.clone()
            };
            assert!(!lives(&gone), "the same number, started at another time");
        }
        let unknown = Holder {
            start: "-".to_owned(),
            ..me
        };
        assert!(lives(&unknown), "what is not known is not dead");
    }

    #[test]
    fn the_identity_reads_back_and_a_foreign_one_is_none() {
        let me = me();
        assert_eq!(Holder::parse(&me.identity()), Some(me.clone()));
        for text in [
            "",
            "kube-controller-manager_1234",
            "a@b/0/c/d",
            "a@b/1/c",
            "a@b/1/c/d/e",
            "a b@c/1/d/e",
            "a@b/1/\u{1b}[31m/d",
        ] {
            assert_eq!(Holder::parse(text), None, "{text:?}");
        }
        let odd = Holder::of_process("r", Some("an n/é"), 7);
        assert_eq!(odd.user, "uid-7");
    }
}
