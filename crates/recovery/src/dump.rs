//! One line per record, for `waldump`.

use storage_wal::Record;

use crate::manager::ResourceManagers;

/// Manager, lengths, transaction, position, description and pages of a record.
pub fn describe_record(managers: &ResourceManagers, record: &Record) -> String {
    let images: usize = record.blocks().iter().map(|block| block.image_size()).sum();
    let (name, description) = match managers.get(record.manager()) {
        Some(manager) => (manager.name().to_string(), manager.describe(record)),
        None => (format!("custom{:03}", record.manager().0), format!("UNKNOWN ({})", record.kind())),
    };
    let mut line = format!(
        "rmgr: {name:<11} len (rec/tot): {:6}/{:6}, tx: {:10}, lsn: {:X}/{:08X}, desc: {description}",
        record.size_bytes() - images,
        record.size_bytes(),
        record.xid().0,
        record.start().0 >> 32,
        record.start().0 as u32,
    );
    for block in record.blocks() {
        let fork = match block.fork.suffix() {
            "" => String::new(),
            suffix => format!(" fork {}", &suffix[1..]),
        };
        let file = block.file;
        line += &format!(
            ", blkref #{}: rel {}/{}/{}{fork} blk {}",
            block.reference, file.tablespace, file.database, file.relation, block.block
        );
        if block.has_image {
            line += if block.apply_image { " FPW" } else { " FPW for WAL verification" };
        }
    }
    line
}
