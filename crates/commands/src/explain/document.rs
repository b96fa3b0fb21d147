//! What the forms for machines show: the members of the plan and of what was measured around it, nested as they are written.

use storage_buffer::BufferUse;
use storage_wal::WalUse;

use super::node::{Item, Node, Property};
use super::text::milliseconds;
use super::{Measured, Options};

/// Counters that no statement moves yet.
const UNUSED_BLOCKS: [&str; 4] =
    ["Local Hit Blocks", "Local Read Blocks", "Local Dirtied Blocks", "Local Written Blocks"];

pub(super) enum Document {
    Text(String),
    /// A number or boolean, as it is written.
    Plain(String),
    Texts(Vec<String>),
    Object(Vec<(String, Document)>),
    /// The members of a list, each by this name.
    List(&'static str, Vec<Document>),
}

impl Document {
    fn number(number: impl ToString) -> Document {
        Document::Plain(number.to_string())
    }
}

type Members = Vec<(String, Document)>;

/// The members of the one query.
pub(super) fn build(root: &Node, options: &Options, measured: &Measured) -> Members {
    let mut members = vec![member("Plan", node(root, options))];
    if options.settings {
        let settings = measured.settings.iter();
        let settings = settings.map(|(name, value)| (name.clone(), Document::Text(value.clone())));
        members.push(member("Settings", Document::Object(settings.collect())));
    }
    if measured.query_id != 0 && options.verbose {
        members.push(member("Query Identifier", Document::number(measured.query_id)));
    }
    if let (true, Some(used)) = (options.buffers, measured.planning_buffers) {
        members.push(member("Planning", Document::Object(buffers(used))));
    }
    if options.summary {
        members.push(member("Planning Time", time(milliseconds(measured.planning))));
    }
    if let Some(execution) = measured.execution {
        members.push(member("Triggers", Document::List("Trigger", Vec::new())));
        if let (Some(form), Some(serialized)) = (options.serialize, &measured.serialized) {
            let mut parts = Vec::new();
            if options.timing {
                parts.push(member("Time", time(milliseconds(serialized.took))));
            }
            parts.push(member("Output Volume", Document::number(serialized.kilobytes())));
            parts.push(member("Format", Document::Text(form.name().into())));
            if options.buffers {
                parts.extend(buffers(serialized.buffers));
            }
            members.push(member("Serialization", Document::Object(parts)));
        }
        if options.summary {
            members.push(member("Execution Time", time(milliseconds(execution))));
        }
    }
    members
}

fn member(name: &str, value: Document) -> (String, Document) {
    (name.to_string(), value)
}

fn time(milliseconds: f64) -> Document {
    Document::Plain(format!("{milliseconds:.3}"))
}

fn buffers(used: BufferUse) -> Members {
    let counted = [
        ("Shared Hit Blocks", used.hit),
        ("Shared Read Blocks", used.read),
        ("Shared Dirtied Blocks", used.dirtied),
        ("Shared Written Blocks", used.written),
    ];
    let temporary =
        [("Temp Read Blocks", used.temporary_read), ("Temp Written Blocks", used.temporary_written)];
    let counted = counted.into_iter().chain(UNUSED_BLOCKS.map(|name| (name, 0))).chain(temporary);
    counted.map(|(name, pages)| member(name, Document::number(pages))).collect()
}

fn log(used: WalUse) -> Members {
    let counted = [
        ("WAL Records", used.records),
        ("WAL FPI", used.images),
        ("WAL Bytes", used.bytes),
        // Inserters wait for room without counting it.
        ("WAL Buffers Full", 0),
    ];
    counted.map(|(name, number)| member(name, Document::number(number))).into()
}

fn node(shown: &Node, options: &Options) -> Document {
    let mut members = Vec::new();
    for (at, (name, item)) in shown.identity.iter().enumerate() {
        members.push(member(name, value(item)));
        if at == 0 {
            if !shown.relationship.is_empty() {
                members.push(member("Parent Relationship", Document::Text(shown.relationship.into())));
            }
            if let Some(label) = &shown.label {
                members.push(member("Subplan Name", Document::Text(label.clone())));
            }
            members.push(member("Parallel Aware", Document::number(false)));
            members.push(member("Async Capable", Document::number(false)));
        }
    }
    if options.costs {
        let estimate = &shown.estimate;
        members.push(member("Startup Cost", Document::Plain(format!("{:.2}", estimate.startup_cost))));
        members.push(member("Total Cost", Document::Plain(format!("{:.2}", estimate.total_cost))));
        members.push(member("Plan Rows", Document::Plain(format!("{:.0}", estimate.rows))));
        members.push(member("Plan Width", Document::number(estimate.width)));
    }
    if let Some(report) = &shown.report {
        let report = report.unwrap_or_default();
        let loops = report.loops.max(1) as f64;
        if options.timing {
            members.push(member("Actual Startup Time", time(milliseconds(report.startup) / loops)));
            members.push(member("Actual Total Time", time(milliseconds(report.total) / loops)));
        }
        members.push(member("Actual Rows", Document::Plain(format!("{:.2}", report.rows as f64 / loops))));
        members.push(member("Actual Loops", Document::number(report.loops)));
    }
    members.push(member("Disabled", Document::number(false)));
    if options.verbose && !shown.output.is_empty() {
        members.push(member("Output", Document::Texts(shown.output.clone())));
    }
    for property in shown.properties.iter().chain(&shown.measured) {
        match property {
            Property::Named(name, item) | Property::Structured(name, item) => {
                members.push(member(name, value(item)));
            }
            Property::Line(_) => {}
        }
    }
    if let Some(report) = &shown.report {
        let report = report.unwrap_or_default();
        if options.buffers {
            members.extend(buffers(report.buffers));
        }
        if options.wal {
            members.extend(log(report.log));
        }
    }
    if !shown.children.is_empty() {
        let children = shown.children.iter().map(|child| node(child, options)).collect();
        members.push(member("Plans", Document::List("Plan", children)));
    }
    Document::Object(members)
}

fn value(item: &Item) -> Document {
    match item {
        Item::Text(text) => Document::Text(text.clone()),
        Item::List(items) => Document::Texts(items.clone()),
        Item::Number(number) => Document::Plain(number.clone()),
    }
}
