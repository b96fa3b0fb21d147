//! What is counted of relations, of databases and of the server, for the statistics views.
//!
//! Only the names; who counts and where the numbers are kept is in the catalog's shared counters and the server's state.

macro_rules! counters {
    ($($(#[$comment:meta])* $name:ident,)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(usize)]
        pub enum Counter { $($(#[$comment])* $name,)* }
    };
}

counters! {
    // Of a relation. Times are microseconds since 1970, durations microseconds.
    Scans,
    LastScan,
    /// Rows that a sequential scan gave, or entries of an index.
    Returned,
    /// Rows that an index led to.
    Fetched,
    Inserted,
    Updated,
    Deleted,
    HotUpdated,
    /// Updates whose new version went to another page.
    NewPageUpdated,
    /// Rows that are thought to be there; a difference may be negative, so it wraps.
    Live,
    Vacuums,
    Autovacuums,
    Analyzes,
    Autoanalyzes,
    LastVacuum,
    LastAutovacuum,
    LastAnalyze,
    LastAutoanalyze,
    VacuumTime,
    AutovacuumTime,
    AnalyzeTime,
    AutoanalyzeTime,
    // Of a database, beside the sums of those above.
    Commits,
    Rollbacks,
    PagesRead,
    PagesHit,
    /// Microseconds.
    ReadTime,
    WriteTime,
    TemporaryFiles,
    TemporaryBytes,
    Sessions,
    Reset,
    // Kept elsewhere.
    Dead,
    ChangedSinceAnalyze,
    InsertedSinceVacuum,
    Processes,
    CheckpointsTimed,
    CheckpointsRequested,
    CheckpointsDone,
    CheckpointBuffers,
    CheckpointWriteTime,
    CheckpointSyncTime,
    CheckpointsReset,
    PagesCleaned,
    CleaningStopped,
    BackgroundWriterReset,
    BuffersAllocated,
}

impl Counter {
    /// How many are kept by relation and database.
    pub const STORED: usize = Counter::Dead as usize;
}
