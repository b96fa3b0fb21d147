//! `pg_buffercache`: what the buffer cache holds.

use std::collections::HashMap;

use error::{Result, error};
use storage_buffer::BufferView;
use types::Value;

use super::Viewer;

/// Usage counts go from 0 to this.
const MOST_USED: usize = 5;

fn views(viewer: &Viewer<'_>, function: &str) -> Result<Vec<BufferView>> {
    if viewer.has_role(commands::bootstrap::MONITOR)? {
        return Ok(viewer.state.pool.view().collect());
    }
    Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied for function {function}"))
}

/// One row for each buffer, numbered from 1.
/// # Errors
/// 42501 for roles without the privileges of `pg_monitor`.
pub(crate) fn buffers(viewer: &Viewer<'_>) -> Result<Vec<Vec<Value>>> {
    let views: HashMap<u32, BufferView> =
        views(viewer, "pg_buffercache_pages")?.into_iter().map(|view| (view.buffer, view)).collect();
    let row = |buffer: u32| {
        let mut row = vec![Value::Int4(buffer as i32 + 1)];
        match views.get(&buffer) {
            Some(view) => row.extend([
                Value::Oid(view.tag.file.relation),
                Value::Oid(view.tag.file.tablespace),
                Value::Oid(view.tag.file.database),
                Value::Int2(view.tag.fork as i16),
                Value::Int8(view.tag.block.0.into()),
                Value::Bool(view.is_dirty),
                Value::Int2(view.usage as i16),
                Value::Int4(view.pins as i32),
            ]),
            None => row.extend(std::iter::repeat_n(Value::Null, 8)),
        }
        row
    };
    Ok((0..viewer.state.pool.capacity() as u32).map(row).collect())
}

/// `pg_buffercache_summary`.
/// # Errors
/// As [`buffers`].
pub(crate) fn buffer_summary(viewer: &Viewer<'_>) -> Result<Vec<Vec<Value>>> {
    let views = views(viewer, "pg_buffercache_summary")?;
    let count =
        |is_meant: fn(&&BufferView) -> bool| Value::Int4(views.iter().filter(is_meant).count() as i32);
    let usage: u64 = views.iter().map(|view| u64::from(view.usage)).sum();
    Ok(vec![vec![
        Value::Int4(views.len() as i32),
        Value::Int4((viewer.state.pool.capacity() - views.len()) as i32),
        count(|view| view.is_dirty),
        count(|view| view.pins > 0),
        if views.is_empty() { Value::Null } else { Value::Float8(usage as f64 / views.len() as f64) },
    ]])
}

/// `pg_buffercache_usage_counts`; unused buffers count as never used.
/// # Errors
/// As [`buffers`].
pub(crate) fn buffer_usage(viewer: &Viewer<'_>) -> Result<Vec<Vec<Value>>> {
    let views = views(viewer, "pg_buffercache_usage_counts")?;
    let mut counts = [[0i32; 3]; MOST_USED + 1];
    counts[0][0] = (viewer.state.pool.capacity() - views.len()) as i32;
    for view in &views {
        let of = &mut counts[(view.usage as usize).min(MOST_USED)];
        of[0] += 1;
        of[1] += i32::from(view.is_dirty);
        of[2] += i32::from(view.pins > 0);
    }
    let rows = counts.iter().enumerate();
    Ok(rows
        .map(|(usage, of)| {
            std::iter::once(Value::Int4(usage as i32))
                .chain(of.iter().map(|count| Value::Int4(*count)))
                .collect()
        })
        .collect())
}
