//! How large things are: shared memory by structure, tablespaces.

use std::path::Path;

use catalog::Catalog;
use catalog::tables::PgTablespace;
use common::Oid;
use error::Result;
use shared_memory::SegmentInformation;
use types::Value;

use super::Viewer;

/// `pg_get_shmem_allocations`: a row for each structure, with all its parts; they lie side by side.
pub(crate) fn shared_memory(viewer: &Viewer<'_>) -> Vec<Vec<Value>> {
    let structures = viewer.state.region.segments().chunk_by(|one, next| one.name == next.name);
    structures
        .map(|parts| {
            let sum = |of: fn(&SegmentInformation) -> usize| parts.iter().map(of).sum::<usize>() as i64;
            vec![
                Value::text(parts[0].name),
                Value::Int8(parts[0].offset as i64),
                Value::Int8(sum(|part| part.size_bytes)),
                Value::Int8(sum(|part| part.allocated_bytes)),
            ]
        })
        .collect()
}

/// Bytes of all files of a tablespace; `None` if it is gone.
pub(crate) fn tablespace_size(catalog: &Catalog, tablespace: Oid) -> Result<Option<i64>> {
    if catalog.row::<PgTablespace>(PgTablespace::BY_OID, &[Value::Oid(tablespace)])?.is_none() {
        return Ok(None);
    }
    let directory = match tablespace {
        storage_file::DEFAULT_TABLESPACE => "base".to_string(),
        storage_file::GLOBAL_TABLESPACE => "global".to_string(),
        other => format!("pg_tblspc/{other}"),
    };
    Ok(Some(bytes_under(Path::new(&directory))))
}

/// Files may come and go meanwhile; what cannot be read counts nothing.
fn bytes_under(directory: &Path) -> i64 {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    let sizes = entries.flatten().filter_map(|entry| {
        let data = entry.metadata().ok()?;
        Some(data.len() as i64 + if data.is_dir() { bytes_under(&entry.path()) } else { 0 })
    });
    sizes.sum()
}
