//! What is shown of a plan node, whatever the form.

use executor::NodeReport;
use nodes::plan::Estimate;

/// A node as it is shown: projections and filters belong to the node below them.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The first line of the text form.
    pub title: String,
    /// `InitPlan 1`, `CTE name`, `SubPlan 2`.
    pub label: Option<String>,
    /// Outer, Inner, Member, InitPlan, SubPlan; empty for the root.
    pub relationship: &'static str,
    /// The members of the other forms that say what the title says.
    pub identity: Vec<(&'static str, Item)>,
    pub estimate: Estimate,
    /// `None` unless the statement was run; `Some(None)` if this node was not.
    pub report: Option<Option<NodeReport>>,
    /// The columns, for VERBOSE.
    pub output: Vec<String>,
    pub properties: Vec<Property>,
    /// What follows the filter.
    pub measured: Vec<Property>,
    pub children: Vec<Node>,
}

#[derive(Debug)]
pub(super) enum Property {
    Named(&'static str, Item),
    /// Only in the text form.
    Line(String),
    /// Only in other forms.
    Structured(&'static str, Item),
}

#[derive(Debug)]
pub(super) enum Item {
    Text(String),
    List(Vec<String>),
    Number(String),
}

impl Item {
    pub fn text(text: impl Into<String>) -> Item {
        Item::Text(text.into())
    }

    pub fn number(number: impl std::fmt::Display) -> Item {
        Item::Number(number.to_string())
    }
}

impl Node {
    pub fn new(title: impl Into<String>, kind: &str) -> Node {
        Node { title: title.into(), identity: vec![("Node Type", Item::text(kind))], ..Node::default() }
    }

    pub fn property(&mut self, name: &'static str, text: String) {
        self.properties.push(Property::Named(name, Item::Text(text)));
    }

    /// Rows that a condition dropped, per run.
    pub fn removed(&mut self, name: &'static str, rows: u64, loops: u64) {
        if rows == 0 {
            self.properties.push(Property::Structured(name, Item::number(0)));
        } else {
            let each = rows as f64 / loops.max(1) as f64;
            self.properties.push(Property::Named(name, Item::number(format!("{each:.0}"))));
        }
    }
}
