//! The text form: a line for each node and property, indented by depth.

use storage_buffer::BufferUse;

use super::node::{Item, Node, Property};
use super::{Measured, Options};

pub(super) fn render(root: &Node, options: &Options, measured: &Measured) -> Vec<String> {
    let mut lines = Vec::new();
    node(root, options, 0, true, &mut lines);
    if options.buffers && measured.planning_buffers != BufferUse::default() {
        lines.push("Planning:".into());
        lines.push(format!("  {}", buffers(measured.planning_buffers)));
    }
    if options.summary {
        lines.push(format!("Planning Time: {:.3} ms", milliseconds(measured.planning)));
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
    let part = |name: &str, counts: [(&str, u64); 2]| {
        let shown: Vec<String> = counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| format!(" {what}={count}"))
            .collect();
        (!shown.is_empty()).then(|| format!("{name}{}", shown.concat()))
    };
    let shared = part("shared", [("hit", used.hit), ("read", used.read)]);
    let temporary = part("temp", [("read", used.temporary_read), ("written", used.temporary_written)]);
    let parts: Vec<String> = shared.into_iter().chain(temporary).collect();
    format!("Buffers: {}", parts.join(", "))
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
