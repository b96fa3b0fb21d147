//! The one table of resource managers.

use error::Result;
use recovery::{LogManager, RedoContext, ResourceManager, ResourceManagers, StorageManager};
use storage_wal::{Record, ResourceManagerId};

macro_rules! managers {
    ($($name:ident, $title:literal, $module:ident;)*) => {$(
        struct $name;

        impl ResourceManager for $name {
            fn id(&self) -> ResourceManagerId {
                $module::MANAGER
            }

            fn name(&self) -> &'static str {
                $title
            }

            fn redo(&self, context: &RedoContext, record: &Record) -> Result<()> {
                $module::redo(context.pool, record)
            }

            fn describe(&self, record: &Record) -> String {
                $module::describe(record)
            }
        }
    )*};
}

managers! {
    Transactions, "Transaction", transaction;
    Heap, "Heap", access_heap;
    Btree, "Btree", access_btree;
}

/// All resource managers of this server.
/// # Errors
/// XX000 if two have the same number.
pub fn resource_managers() -> Result<ResourceManagers> {
    ResourceManagers::new(&[&LogManager, &StorageManager, &Transactions, &Heap, &Btree])
}
