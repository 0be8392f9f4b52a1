//! What the figures come from: this program and this machine, as far as they tell.

use std::env::consts;
use std::fs;

use souwen::bench::report::Machine;

/// Version and commit of the program.
pub(super) fn souwen() -> String {
    let version = env!("CARGO_PKG_VERSION");
    match env!("SOUWEN_COMMIT") {
        _ if cfg!(debug_assertions) => format!("{version} (debug build)"),
        "" => version.to_owned(),
        commit => format!("{version} ({commit})"),
    }
}

/// The machine.
pub(super) fn describe() -> Machine {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Machine { cpu: cpu(), cores, os: format!("{}, {}", system(), consts::ARCH) }
}

/// The most memory that the process has held so far, in bytes. Only Linux tells without code that is not safe.
pub(super) fn peak_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = value(&status, "VmHWM")?.strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    Some(kibibytes << 10)
}

#[cfg(target_os = "linux")]
fn cpu() -> Option<String> {
    let described = fs::read_to_string("/proc/cpuinfo").ok()?;
    value(&described, "model name").map(str::to_owned)
}

#[cfg(target_os = "macos")]
fn cpu() -> Option<String> {
    let output = std::process::Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|cpu| !cpu.is_empty())
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn cpu() -> Option<String> {
    // set by Windows
    std::env::var("PROCESSOR_IDENTIFIER").ok()
}

/// The system, with its version where that is easily told.
fn system() -> String {
    match fs::read_to_string("/proc/sys/kernel/osrelease") {
        Ok(release) => format!("Linux {}", release.trim()),
        Err(_) => consts::OS.to_owned(),
    }
}

/// The value in the first line `key : value`.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| *name == key).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_a_key_counts() {
        let text = "processor\t: 0\nmodel name\t: Abacus: 9\n\nmodel name\t: other\nVmHWM:\t  12 kB\n";
        assert_eq!(value(text, "model name"), Some("Abacus: 9"));
        assert_eq!(value(text, "VmHWM"), Some("12 kB"));
        assert_eq!(value(text, "model"), None);
    }
}
