//! What settings say about maintenance: how much memory it may take, and how fast it may go.

use config::{Id, Settings};
use storage_buffer::BufferUse;

/// The memory and the pace of vacuum, as the statement's session or an autovacuum worker has them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Maintenance {
    /// For the addresses of dead rows.
    pub(crate) memory_bytes: usize,
    pub(crate) pace: Pace,
    /// Nobody waits for it: it makes way for whoever wants the table.
    pub(crate) is_auto: bool,
}

/// When so much cost has come together, vacuum pauses.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Pace {
    /// None if it is zero.
    pub delay_ms: f64,
    pub limit: u64,
    /// Costs of a page that is in the cache, that is not, and that was clean before it was changed.
    pub hit: u64,
    pub miss: u64,
    pub dirtied: u64,
    /// Shows how long it paused.
    pub is_timed: bool,
}

impl Maintenance {
    /// For a statement.
    pub fn new(settings: &Settings) -> Maintenance {
        let cost = |id| settings.integer(id) as u64;
        Maintenance {
            memory_bytes: bytes(settings.integer(Id::MaintenanceWorkMem)),
            pace: Pace {
                delay_ms: settings.real(Id::VacuumCostDelay),
                limit: cost(Id::VacuumCostLimit),
                hit: cost(Id::VacuumCostPageHit),
                miss: cost(Id::VacuumCostPageMiss),
                dirtied: cost(Id::VacuumCostPageDirty),
                is_timed: settings.bool(Id::TrackCostDelayTiming),
            },
            is_auto: false,
        }
    }

    /// For an autovacuum worker, whose own settings go before those of statements unless they are -1.
    pub fn automatic(settings: &Settings) -> Maintenance {
        let mut maintenance = Maintenance { is_auto: true, ..Maintenance::new(settings) };
        let memory = settings.integer(Id::AutovacuumWorkMem);
        if memory >= 0 {
            maintenance.memory_bytes = bytes(memory);
        }
        let delay_ms = settings.real(Id::AutovacuumVacuumCostDelay);
        if delay_ms >= 0.0 {
            maintenance.pace.delay_ms = delay_ms;
        }
        let limit = settings.integer(Id::AutovacuumVacuumCostLimit);
        if limit > 0 {
            maintenance.pace.limit = limit as u64;
        }
        maintenance
    }
}

impl Pace {
    pub fn cost(&self, used: BufferUse) -> u64 {
        used.hit * self.hit + used.read * self.miss + used.dirtied * self.dirtied
    }
}

/// Of what is set in kilobytes; as little as anybody may set if less.
fn bytes(kilobytes: i64) -> usize {
    kilobytes.max(64) as usize * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn autovacuum_has_settings_of_its_own() {
        let settings = Settings::new();
        let (statement, automatic) = (Maintenance::new(&settings), Maintenance::automatic(&settings));
        assert_eq!((statement.pace.delay_ms, statement.is_auto), (0.0, false));
        assert_eq!(
            automatic,
            Maintenance { pace: Pace { delay_ms: 2.0, ..statement.pace }, is_auto: true, ..statement }
        );
        let used = BufferUse { hit: 3, read: 5, dirtied: 7, ..BufferUse::default() };
        assert_eq!(statement.pace.cost(used), 3 + 5 * 2 + 7 * 20);
    }
}
