//! The JSON form: an array with one object, laid out as PostgreSQL does.

use storage_buffer::BufferUse;

use super::node::{Item, Node, Property};
use super::text::milliseconds;
use super::{Measured, Options};

/// Counters that no statement moves yet.
const UNUSED_BLOCKS: [&str; 6] = [
    "Shared Dirtied Blocks",
    "Shared Written Blocks",
    "Local Hit Blocks",
    "Local Read Blocks",
    "Local Dirtied Blocks",
    "Local Written Blocks",
];

pub(super) fn render(root: &Node, options: &Options, measured: &Measured) -> String {
    let mut members = vec![("Plan", node(root, options, 2))];
    if options.buffers && measured.execution.is_some() {
        members.push(("Planning", object(&buffers(measured.planning_buffers), 2)));
    }
    if options.summary {
        members.push(("Planning Time", format!("{:.3}", milliseconds(measured.planning))));
    }
    if let Some(execution) = measured.execution {
        members.push(("Triggers", "[\n    ]".into()));
        if options.summary {
            members.push(("Execution Time", format!("{:.3}", milliseconds(execution))));
        }
    }
    format!("[\n  {}\n]", object(&members, 1))
}

fn object(members: &[(&str, String)], depth: usize) -> String {
    let indent = 2 * depth + 2;
    let lines: Vec<String> =
        members.iter().map(|(name, value)| format!("{:indent$}\"{name}\": {value}", "")).collect();
    format!("{{\n{}\n{:width$}}}", lines.join(",\n"), "", width = 2 * depth)
}

fn buffers(used: BufferUse) -> Vec<(&'static str, String)> {
    let mut members =
        vec![("Shared Hit Blocks", used.hit.to_string()), ("Shared Read Blocks", used.read.to_string())];
    members.extend(UNUSED_BLOCKS.map(|name| (name, "0".to_string())));
    members.push(("Temp Read Blocks", used.temporary_read.to_string()));
    members.push(("Temp Written Blocks", used.temporary_written.to_string()));
    members
}

fn node(shown: &Node, options: &Options, depth: usize) -> String {
    let mut members: Vec<(&str, String)> = Vec::new();
    for (at, (name, item)) in shown.identity.iter().enumerate() {
        members.push((name, value(item)));
        if at == 0 {
            if !shown.relationship.is_empty() {
                members.push(("Parent Relationship", quoted(shown.relationship)));
            }
            if let Some(label) = &shown.label {
                members.push(("Subplan Name", quoted(label)));
            }
            members.push(("Parallel Aware", "false".into()));
            members.push(("Async Capable", "false".into()));
        }
    }
    if options.costs {
        let estimate = &shown.estimate;
        members.push(("Startup Cost", format!("{:.2}", estimate.startup_cost)));
        members.push(("Total Cost", format!("{:.2}", estimate.total_cost)));
        members.push(("Plan Rows", format!("{:.0}", estimate.rows)));
        members.push(("Plan Width", estimate.width.to_string()));
    }
    if let Some(report) = &shown.report {
        let report = report.unwrap_or_default();
        let loops = report.loops.max(1) as f64;
        if options.timing {
            members.push(("Actual Startup Time", format!("{:.3}", milliseconds(report.startup) / loops)));
            members.push(("Actual Total Time", format!("{:.3}", milliseconds(report.total) / loops)));
        }
        members.push(("Actual Rows", format!("{:.2}", report.rows as f64 / loops)));
        members.push(("Actual Loops", report.loops.to_string()));
    }
    members.push(("Disabled", "false".into()));
    if options.verbose && !shown.output.is_empty() {
        members.push(("Output", list(&shown.output)));
    }
    for property in shown.properties.iter().chain(&shown.measured) {
        match property {
            Property::Named(name, item) | Property::Structured(name, item) => {
                members.push((name, value(item)));
            }
            Property::Line(_) => {}
        }
    }
    if let (true, Some(report)) = (options.buffers, &shown.report) {
        members.extend(buffers(report.unwrap_or_default().buffers));
    }
    if !shown.children.is_empty() {
        let indent = 2 * depth + 4;
        let children: Vec<String> = shown
            .children
            .iter()
            .map(|child| format!("{:indent$}{}", "", node(child, options, depth + 2)))
            .collect();
        let plans = format!("[\n{}\n{:width$}]", children.join(",\n"), "", width = 2 * depth + 2);
        members.push(("Plans", plans));
    }
    object(&members, depth)
}

fn value(item: &Item) -> String {
    match item {
        Item::Text(text) => quoted(text),
        Item::List(items) => list(items),
        Item::Number(number) => number.clone(),
    }
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
