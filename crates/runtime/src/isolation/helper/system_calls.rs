//! The system call filter: what no other layer takes from the command.
//!
//! A list of refusals, not of permissions: the command is any program. Everything here is a way out that neither
//! namespaces nor missing capabilities close; what they close is not repeated.

use std::collections::BTreeMap;
use std::io;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter, sock_filter,
};

/// Applies it to this process and all that it starts.
pub(super) fn restrict() -> io::Result<()> {
    let refused = refused().map_err(io::Error::other)?;
    apply_filter(&absent()).map_err(io::Error::other)?;
    apply_filter(&refused).map_err(io::Error::other)
}

/// Refused whatever the arguments are.
const REFUSED: &[i64] = &[
    // Every system call again, from a queue that no filter sees.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Keys: those of the user's session, and requests that the kernel answers by a program outside. One kind of them
    // looks up a name in the DNS.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Namespaces of others, and parts of the kernel that a program without rights needs for nothing.
    libc::SYS_setns,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
];

type Result<T> = std::result::Result<T, seccompiler::BackendError>;

/// Answered with EPERM.
fn refused() -> Result<BpfProgram> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_socket, sockets()?);
    rules.insert(libc::SYS_socketpair, socket_pairs()?);
    // A user namespace would have all capabilities. `clone3` keeps its flags in memory: see below.
    for call in [libc::SYS_clone, libc::SYS_unshare] {
        let flag = u64::from(libc::CLONE_NEWUSER.unsigned_abs());
        rules.insert(call, vec![when(&[(0, SeccompCmpOp::MaskedEq(flag), flag)])?]);
    }
    // Typing into the user's terminal, which the shell reads afterwards. The kernel looks at 32 bits of the number, and
    // a filter that looks at 64 is passed by setting one above (CVE-2019-10063).
    let typing = [libc::TIOCSTI, libc::TIOCLINUX];
    let typing = typing.map(|request| when(&[(1, SeccompCmpOp::Eq, request)]));
    rules.insert(libc::SYS_ioctl, typing.into_iter().collect::<Result<_>>()?);

    let arch = std::env::consts::ARCH.try_into()?;
    // Another architecture's calls have other numbers; the filter kills a program that makes one.
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?.try_into()
}

/// All but IPv4, IPv6 and the kernel's own routing tables.
///
/// Unix sockets by path are not of the network, and the user's agents and the machine's services listen on them.
fn sockets() -> Result<Vec<SeccompRule>> {
    let [inet, inet6, netlink] = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK].map(number);
    Ok(vec![
        when(&[
            (0, SeccompCmpOp::Ne, inet),
            (0, SeccompCmpOp::Ne, inet6),
            (0, SeccompCmpOp::Ne, netlink),
        ])?,
        when(&[
            (0, SeccompCmpOp::Eq, netlink),
            (2, SeccompCmpOp::Ne, number(libc::NETLINK_ROUTE)),
        ])?,
    ])
}

/// All but two kinds, connected for good. Datagrams (which `SOCK_RAW` means too) can be sent to any path.
fn socket_pairs() -> Result<Vec<SeccompRule>> {
    const KINDS: u64 = 0xf;
    let connected = [libc::SOCK_STREAM, libc::SOCK_SEQPACKET].map(number);
    let others = (0..=KINDS).filter(|kind| !connected.contains(kind));
    let others = others.map(|kind| when(&[(1, SeccompCmpOp::MaskedEq(KINDS), kind)]));
    let foreign = when(&[(0, SeccompCmpOp::Ne, number(libc::AF_UNIX))]);
    others.chain([foreign]).collect()
}

/// All of these hold for the call's arguments, of which the kernel looks at 32 bits.
fn when(conditions: &[(u8, SeccompCmpOp, u64)]) -> Result<SeccompRule> {
    let conditions = conditions
        .iter()
        .map(|(argument, is, value)| SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, is.clone(), *value));
    SeccompRule::new(conditions.collect::<Result<_>>()?)
}

fn number(constant: i32) -> u64 {
    u64::from(constant.unsigned_abs())
}

/// Answered with ENOSYS, as by a kernel that does not have them: the C library then uses `clone`, whose flags a filter
/// can see. The numbers of the x32 interface, which differ by one bit, would pass the other filter.
///
/// By hand, because the library compares numbers of calls only for equality (`seccomp(2)`, `struct seccomp_data`).
fn absent() -> BpfProgram {
    const X32: u32 = 0x4000_0000;
    let clone3 = libc::SYS_clone3 as u32;
    let statement = |code: u32, k| sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    };
    let jump = |condition: u32, k, jt| sock_filter {
        code: (libc::BPF_JMP | condition | libc::BPF_K) as u16,
        jt,
        jf: 0,
        k,
    };
    vec![
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0),
        jump(libc::BPF_JGE, X32, 2),
        jump(libc::BPF_JEQ, clone3, 1),
        statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW),
        statement(
            libc::BPF_RET | libc::BPF_K,
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs(),
        ),
    ]
}
