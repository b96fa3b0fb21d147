//! The text form: a line for each node and property, indented by depth.

use storage_buffer::BufferUse;
use storage_wal::WalUse;

use super::node::{Item, Node, Property};
use super::{Measured, Options};

pub(super) fn render(root: &Node, options: &Options, measured: &Measured) -> Vec<String> {
    let mut lines = Vec::new();
    node(root, options, 0, true, &mut lines);
    if options.settings && !measured.settings.is_empty() {
        let settings: Vec<String> =
            measured.settings.iter().map(|(name, value)| format!("{name} = '{value}'")).collect();
        lines.push(format!("Settings: {}", settings.join(", ")));
    }
    if options.verbose && measured.query_id != 0 {
        lines.push(format!("Query Identifier: {}", measured.query_id));
    }
    if let (true, Some(used)) = (options.buffers, measured.planning_buffers)
        && used != BufferUse::default()
    {
        lines.push("Planning:".into());
        lines.push(format!("  {}", buffers(used)));
    }
    if options.summary {
        lines.push(format!("Planning Time: {:.3} ms", milliseconds(measured.planning)));
    }
    if let (Some(form), Some(serialized)) = (options.serialize, &measured.serialized) {
        let time = match options.timing {
            true => format!(" time={:.3} ms ", milliseconds(serialized.took)),
            false => String::new(),
        };
        let (size, form) = (serialized.kilobytes(), form.name());
        lines.push(format!("Serialization:{time} output={size}kB  format={form}"));
        if options.buffers && serialized.buffers != BufferUse::default() {
            lines.push(format!("  {}", buffers(serialized.buffers)));
        }
    }
    if options.summary {
        if let Some(execution) = measured.execution {
            lines.push(format!("Execution Time: {:.3} ms", milliseconds(execution)));
        }
    }
    lines
}

pub(super) fn milliseconds(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn buffers(used: BufferUse) -> String {
    let shared =
        [("hit", used.hit), ("read", used.read), ("dirtied", used.dirtied), ("written", used.written)];
    let temporary = [("read", used.temporary_read), ("written", used.temporary_written)];
    let parts = [("shared", nonzero(&shared)), ("temp", nonzero(&temporary))];
    let parts = parts.into_iter().filter(|(_, counted)| !counted.is_empty());
    let parts: Vec<String> = parts.map(|(name, counted)| format!("{name}{counted}")).collect();
    format!("Buffers: {}", parts.join(", "))
}

fn log(used: WalUse) -> String {
    let counted = [("records", used.records), ("fpi", used.images), ("bytes", used.bytes)];
    format!("WAL:{}", nonzero(&counted))
}

fn nonzero(counted: &[(&str, u64)]) -> String {
    let counted = counted.iter().filter(|(_, number)| *number > 0);
    counted.map(|(name, number)| format!(" {name}={number}")).collect()
}

/// A node whose first line begins at `indent`; the arrow of a child stands before it.
fn node(shown: &Node, options: &Options, indent: usize, is_root: bool, lines: &mut Vec<String>) {
    let mut indent = indent;
    if let Some(label) = &shown.label {
        lines.push(format!("{:indent$}{label}", ""));
        indent += 2;
    }
    let arrow = if is_root { "" } else { "->  " };
    lines.push(format!("{:indent$}{arrow}{}{}", "", shown.title, numbers(shown, options)));
    let inner = if is_root { indent + 2 } else { indent + 6 };
    let mut put = |text: String| lines.push(format!("{:inner$}{text}", ""));
    if options.verbose && !shown.output.is_empty() {
        put(format!("Output: {}", shown.output.join(", ")));
    }
    for property in shown.properties.iter().chain(&shown.measured) {
        match property {
            Property::Named(name, item) => put(format!("{name}: {}", plain(item))),
            Property::Line(text) => put(text.clone()),
            Property::Structured(..) => {}
        }
    }
    if let (true, Some(Some(report))) = (options.buffers, &shown.report)
        && report.buffers != BufferUse::default()
    {
        put(buffers(report.buffers));
    }
    if let (true, Some(Some(report))) = (options.wal, &shown.report)
        && report.log != WalUse::default()
    {
        put(log(report.log));
    }
    for child in &shown.children {
        node(child, options, inner, false, lines);
    }
}

fn numbers(shown: &Node, options: &Options) -> String {
    let mut text = String::new();
    if options.costs {
        let estimate = &shown.estimate;
        text.push_str(&format!(
            "  (cost={:.2}..{:.2} rows={:.0} width={})",
            estimate.startup_cost, estimate.total_cost, estimate.rows, estimate.width
        ));
    }
    match &shown.report {
        None => {}
        Some(Some(report)) if report.loops > 0 => {
            let loops = report.loops as f64;
            let rows = report.rows as f64 / loops;
            if options.timing {
                text.push_str(&format!(
                    " (actual time={:.3}..{:.3} rows={rows:.2} loops={})",
                    milliseconds(report.startup) / loops,
                    milliseconds(report.total) / loops,
                    report.loops
                ));
            } else {
                text.push_str(&format!(" (actual rows={rows:.2} loops={})", report.loops));
            }
        }
        Some(_) => text.push_str(" (never executed)"),
    }
    text
}

fn plain(item: &Item) -> String {
    match item {
        Item::Text(text) | Item::Number(text) => text.clone(),
        Item::List(items) => items.join(", "),
    }
}
