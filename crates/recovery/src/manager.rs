//! Resource managers: who replays and describes which records.

use error::{Error, Result};
use storage_buffer::BufferPool;
use storage_file::Files;
use storage_page::PageMut;
use storage_wal::{BlockReference, Record, ResourceManagerId, Wal};

/// What redo works on.
#[derive(Clone, Copy)]
pub struct RedoContext {
    pub pool: &'static BufferPool,
    pub files: &'static Files,
    pub wal: &'static Wal,
}

/// Replays and describes the records of one layer.
pub trait ResourceManager: Sync {
    fn id(&self) -> ResourceManagerId;

    /// As `waldump` shows it.
    fn name(&self) -> &'static str;

    /// Makes the record's change where it is missing (Rule 1).
    fn redo(&self, context: &RedoContext, record: &Record) -> Result<()>;

    /// The kind's name and what the record says, as `INSERT off: 1`.
    fn describe(&self, record: &Record) -> String;

    /// Blanks what may differ between a page and its image: hints, unused room. LSN and checksum are blanked already.
    fn mask(&self, page: &mut PageMut<'_>, block: &BlockReference) {
        let _ = (page, block);
    }

    /// Called when replay begins and when it has ended.
    fn prepare(&self, context: &RedoContext) -> Result<()> {
        let _ = context;
        Ok(())
    }

    fn finish(&self, context: &RedoContext) -> Result<()> {
        let _ = context;
        Ok(())
    }
}

/// The table, by number.
pub struct ResourceManagers {
    table: Vec<Option<&'static dyn ResourceManager>>,
}

impl ResourceManagers {
    /// # Errors
    /// XX000 if two have the same number.
    pub fn new(managers: &[&'static dyn ResourceManager]) -> Result<ResourceManagers> {
        let mut table: Vec<Option<&'static dyn ResourceManager>> = vec![None; 256];
        for manager in managers {
            let place = &mut table[manager.id().0 as usize];
            if place.is_some() {
                return Err(Error::internal(format!("two resource managers have number {}", manager.id().0)));
            }
            *place = Some(*manager);
        }
        Ok(ResourceManagers { table })
    }

    pub fn get(&self, id: ResourceManagerId) -> Option<&'static dyn ResourceManager> {
        self.table[id.0 as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = &'static dyn ResourceManager> + '_ {
        self.table.iter().flatten().copied()
    }
}
