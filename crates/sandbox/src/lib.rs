//! What a process of the server gives up once it is set up: programs, sockets, and files outside of its cluster.
//!
//! Entry points: [`is_available`] and [`enter`]. The rules are in the README.
#![forbid(unsafe_code)]

mod calls;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use error::{Error, Result};
use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    path_beneath_rules,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// The newest of the kernel's interfaces for paths that is used; older kernels have part of it.
const PATHS: ABI = ABI::V5;

/// Whether the kernel has what [`enter`] needs. Without its part for paths, files outside of the cluster stay within reach.
pub fn is_available() -> bool {
    // Reading the own mode fails where there are no filters at all.
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nSeccomp:"))
        && program().is_ok()
}

/// Gives up, for good, what a process that serves no privileged role has no use for. All below `cluster` can be read and written
/// afterwards, all below `readable` read.
///
/// Descriptors that are open stay usable. The process must have one thread.
/// # Errors
/// When the kernel refuses; the process should end then.
pub fn enter(cluster: &Path, readable: &[&Path]) -> Result<()> {
    confine_paths(cluster, readable).map_err(|cause| failed(&cause))?;
    seccompiler::apply_filter(program()?).map_err(|cause| failed(&cause))
}

fn confine_paths(cluster: &Path, readable: &[&Path]) -> Result<RulesetStatus, landlock::RulesetError> {
    let all = AccessFs::from_all(PATHS);
    let status = Ruleset::default()
        .handle_access(all)?
        .handle_access(AccessNet::from_all(PATHS))?
        .create()?
        .add_rules(path_beneath_rules([cluster, Path::new("/dev/null")], all & !AccessFs::Execute))?
        .add_rules(path_beneath_rules(readable, AccessFs::ReadFile | AccessFs::ReadDir))?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// The filter, assembled by the first who asks: the postmaster, for all that it forks.
fn program() -> Result<&'static BpfProgram> {
    static PROGRAM: OnceLock<BpfProgram> = OnceLock::new();
    match PROGRAM.get() {
        Some(program) => Ok(program),
        None => filter().map(|program| PROGRAM.get_or_init(|| program)),
    }
}

/// Calls that are not on the list fail with EPERM.
fn filter() -> Result<BpfProgram> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        calls::ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    for call in calls::MAPPING {
        let protection = 2;
        let is_no_code = SeccompCondition::new(
            protection,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64),
            0,
        );
        let rule = is_no_code.and_then(|condition| SeccompRule::new(vec![condition]));
        rules.insert(*call, vec![rule.map_err(|cause| failed(&cause))?]);
    }
    let architecture = std::env::consts::ARCH.try_into().map_err(|cause| failed(&cause))?;
    let otherwise = SeccompAction::Errno(libc::EPERM as u32);
    SeccompFilter::new(rules, otherwise, SeccompAction::Allow, architecture)
        .and_then(TryInto::try_into)
        .map_err(|cause| failed(&cause))
}

fn failed(cause: &dyn std::fmt::Display) -> Error {
    Error::internal(format!("could not enter the sandbox: {cause}"))
}
