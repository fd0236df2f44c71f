//! What another process has used of the machine, as proc(5) says.

use std::time::Duration;

/// The processor time of a process so far: fields 14 and 15 of its `stat`, in ticks of 10 ms.
pub(crate) fn cpu(pid: u32) -> Result<Duration, String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|error| error.to_string())?;
    let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |it| it.1).split(' ').collect();
    let ticks = fields
        .iter()
        .skip(11)
        .take(2)
        .filter_map(|it| it.parse::<u64>().ok())
        .sum::<u64>();
    Ok(Duration::from_millis(ticks * 10))
}

/// The most memory that a process has had at once, in MiB.
pub(crate) fn peak_memory(pid: u32) -> Result<u64, String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| error.to_string())?;
    let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let kibibytes = peak
        .and_then(|it| it.trim().strip_suffix(" kB"))
        .and_then(|it| it.trim().parse::<u64>().ok());
    Ok(kibibytes.ok_or("the kernel says nothing of memory")? >> 10)
}
