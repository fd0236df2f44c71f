//! What the child reports of its confinement, and what anybody can see of it from outside.

use std::{fs, path::Path};

use distri_runtime::tool_host::{Confinement, ConfinementLevel, HostError, LandlockLevel, probe};
use serde_json::json;

use crate::fixture::{spec, start, start_with, tools};

#[tokio::test]
async fn every_layer_is_on_here() {
    let (host, _) = start(tools("a: () => 1")).await;
    assert_eq!(
        host.confinement(),
        &Confinement {
            namespaces: true,
            landlock: LandlockLevel::Full,
            seccomp: true,
            limits: true,
            undumpable: true,
        }
    );
    assert_eq!(host.confinement().level(), ConfinementLevel::Isolated);
    let probed = probe(&spec(tools("")).command).await.unwrap();
    assert_eq!(&probed, host.confinement());
}

#[tokio::test]
async fn the_demanded_level_is_reached() {
    let mut spec = spec(tools("a: () => 1"));
    spec.minimum = ConfinementLevel::Isolated;
    let (mut host, _) = start_with(spec).await.unwrap();
    assert_eq!(host.call("a", json!({})).await.unwrap(), json!(1));
}

#[test]
fn levels_need_the_layers_below() {
    let all = Confinement {
        namespaces: true,
        landlock: LandlockLevel::Full,
        seccomp: true,
        limits: true,
        undumpable: true,
    };
    for (confinement, level) in [
        (Confinement::none(), ConfinementLevel::Open),
        (
            Confinement {
                seccomp: false,
                ..all.clone()
            },
            ConfinementLevel::Open,
        ),
        (
            Confinement {
                landlock: LandlockLevel::Partial,
                ..all.clone()
            },
            ConfinementLevel::Filtered,
        ),
        (
            Confinement {
                namespaces: false,
                ..all.clone()
            },
            ConfinementLevel::Ruled,
        ),
        (all, ConfinementLevel::Isolated),
    ] {
        assert_eq!(confinement.level(), level);
    }
    let error = HostError::Confinement {
        actual: ConfinementLevel::Filtered,
        minimum: ConfinementLevel::Isolated,
    };
    assert_eq!(
        error.to_string(),
        "the tool host is confined at level `filtered`, and `isolated` is demanded"
    );
}

#[tokio::test]
async fn nothing_of_a_value_shows_from_outside() {
    let (mut host, _) = start(tools("a: () => process.env.SENDGRID_API_KEY.length")).await;
    assert_eq!(host.call("a", json!({})).await.unwrap(), json!(15));
    let proc = Path::new("/proc").join(host.child_id().unwrap().to_string());
    assert_eq!(fs::read(proc.join("environ")).unwrap_or_default(), b"");
    let command = fs::read(proc.join("cmdline")).unwrap();
    assert!(!command.windows(6).any(|it| it == b"canary"));
    let status = fs::read_to_string(proc.join("status")).unwrap();
    for line in ["NoNewPrivs:\t1\n", "Threads:\t1\n", "Seccomp:\t2\n"] {
        assert!(status.contains(line), "{line} in {status}");
    }
    for (name, own) in [
        ("net", true),
        ("mnt", true),
        ("ipc", true),
        ("user", true),
        ("uts", true),
    ] {
        let of = |pid: &Path| fs::read_link(pid.join("ns").join(name)).unwrap();
        assert_eq!(of(&proc) != of(Path::new("/proc/self")), own, "{name}");
    }
    // The socket, and `/dev/null` twice.
    assert_eq!(fs::read_dir(proc.join("fd")).unwrap().count(), 3);
}

#[tokio::test]
async fn a_child_killed_from_outside_is_replaced() {
    let (mut host, services) = start(tools(
        "a: () => 1, hang: async () => { console.log('hanging'); await new Promise(() => {}) }",
    ))
    .await;
    let kill = |id: u32| {
        let pid = rustix::process::Pid::from_raw(id.try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    };
    // Between calls nobody notices.
    let id = host.child_id().unwrap();
    kill(id);
    let ended = || fs::read_to_string(format!("/proc/{id}/stat")).unwrap().contains(") Z ");
    while !ended() {
        std::thread::yield_now();
    }
    assert_eq!(host.call("a", json!({})).await.unwrap(), json!(1));
    // During a call it is an error of that call.
    let id = host.child_id().unwrap();
    let (result, ()) = tokio::join!(host.call("hang", json!({})), async {
        while services.lines().is_empty() {
            tokio::task::yield_now().await;
        }
        kill(id);
    });
    assert_eq!(
        result.unwrap_err().to_string(),
        "the tool host died during the call: it was killed"
    );
    assert_eq!(host.call("a", json!({})).await.unwrap(), json!(1));
}

#[tokio::test]
async fn nothing_of_a_dropped_host_remains() {
    let (host, _) = start(tools("a: () => 1")).await;
    let proc = Path::new("/proc").join(host.child_id().unwrap().to_string());
    assert!(proc.exists());
    drop(host);
    assert!(!proc.exists(), "not even a zombie");
}
