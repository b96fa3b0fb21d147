//! From a plan to what is shown of it.
//!
//! Projections and filters are part of the node below them, and the table of a hash join is a node of its own, as PostgreSQL
//! shows them. Names of columns are made from the leaves upwards.

use std::collections::HashMap;
use std::rc::Rc;

use analyzer::ValueText;
use analyzer::deparse::{PlanNames, deparse_in_plan};
use catalog::CatalogView;
use common::{AttributeNumber, Oid};
use error::Result;
use executor::{Instruments, NodeReport};
use nodes::Expression;
use nodes::plan::*;
use nodes::query::{Command, Frame, FrameBound, FrameExclusion, FrameMode, JoinKind};
use parser::quote_identifier;

use super::Options;
use super::label::{self, Aliases};
use super::node::{Item, Node, Property};

pub(super) fn build(
    statement: &PlannedStatement,
    options: &Options,
    instruments: Option<&Instruments>,
    catalog: &dyn CatalogView,
    values: &dyn ValueText,
) -> Result<Node> {
    let mut aliases = Aliases::default();
    let target = match &statement.plan.node {
        PlanNode::ModifyTable(modify) => {
            aliases.reserve(&modify.alias);
            Some(&*modify.alias).filter(|_| modify.operation != Command::Insert)
        }
        _ => None,
    };
    aliases.add(&statement.plan, target);
    statement.subplans.iter().for_each(|plan| aliases.add(plan, None));
    let targets = usize::from(
        matches!(&statement.plan.node, PlanNode::ModifyTable(modify) if modify.operation == Command::Insert),
    );
    let prefix = options.verbose || aliases.count() + targets > 1;
    let mut parameters = HashMap::new();
    for initial in &statement.initial {
        parameters.insert(initial.parameter, format!("(InitPlan {}).col1", initial.subplan + 1));
    }
    let mut builder =
        Builder { statement, options, instruments, catalog, values, aliases, prefix, parameters };
    let mut initial = Vec::new();
    for (number, plan) in statement.subplans.iter().enumerate() {
        if statement.initial.iter().any(|initial| initial.subplan == number) {
            let mut node = builder.node(plan, "InitPlan")?.0;
            node.label = Some(format!("InitPlan {}", number + 1));
            initial.push(node);
        } else if let Some(name) = builder.common_table(number) {
            let mut node = builder.node(plan, "InitPlan")?.0;
            node.label = Some(format!("CTE {}", quote_identifier(&name)));
            initial.push(node);
        }
    }
    let mut root = builder.node(&statement.plan, "")?.0;
    initial.append(&mut root.children);
    root.children = initial;
    Ok(root)
}

/// What the columns of a node are called.
#[derive(Clone, Default)]
struct Names {
    /// In the node's own conditions.
    own: Vec<String>,
    /// In the nodes above.
    above: Vec<String>,
    /// With the table's name in any case, for what is taken from outside.
    qualified: Vec<String>,
}

struct Builder<'a> {
    statement: &'a PlannedStatement,
    options: &'a Options,
    instruments: Option<&'a Instruments>,
    catalog: &'a dyn CatalogView,
    values: &'a dyn ValueText,
    aliases: Aliases,
    /// Columns are shown with their table's name.
    prefix: bool,
    parameters: HashMap<usize, String>,
}

impl Builder<'_> {
    fn print(&self, expression: &Expression, columns: &[String]) -> Result<String> {
        let names = PlanNames { columns, parameters: &self.parameters };
        deparse_in_plan(expression, names, self.catalog, self.values)
    }

    fn print_all(&self, parts: &[Expression], columns: &[String]) -> Result<String> {
        match parts {
            [one] => self.print(one, columns),
            several => self.print(&Expression::And(several.to_vec()), columns),
        }
    }

    fn report(&self, plan: &Plan) -> Option<Option<NodeReport>> {
        self.instruments.map(|instruments| instruments.report(plan))
    }

    fn counts(&self, plan: &Plan) -> Option<NodeReport> {
        self.report(plan).flatten()
    }

    /// The name of the WITH query that a subplan is.
    fn common_table(&self, number: usize) -> Option<String> {
        fn find(plan: &Plan, number: usize) -> Option<String> {
            match &plan.node {
                PlanNode::CommonTableScan { entry, subplan } if *subplan == number => {
                    Some(entry.name.clone())
                }
                _ => label::inputs(plan).into_iter().find_map(|input| find(input, number)),
            }
        }
        find(&self.statement.plan, number)
            .or_else(|| self.statement.subplans.iter().find_map(|plan| find(plan, number)))
    }

    /// The parameters of a node's subplans; to be called before its expressions are printed.
    fn note_subplans<'e>(
        &mut self,
        expressions: impl IntoIterator<Item = &'e Expression>,
        names: &Names,
    ) -> Result<Vec<usize>> {
        let mut found: Vec<SubPlan> = Vec::new();
        for expression in expressions {
            expression.any(&mut |part| {
                if let Expression::SubPlan(plan) = part {
                    found.push((**plan).clone());
                }
                false
            });
        }
        let mut numbers = Vec::new();
        for plan in found {
            for (parameter, outer) in &plan.parameters {
                let text = self.print(outer, &names.qualified)?;
                self.parameters.insert(*parameter, text);
            }
            if !numbers.contains(&plan.plan) {
                numbers.push(plan.plan);
            }
        }
        Ok(numbers)
    }

    fn add_subplans(&mut self, node: &mut Node, numbers: Vec<usize>) -> Result<()> {
        for number in numbers {
            let statement = self.statement;
            let mut child = self.node(&statement.subplans[number], "SubPlan")?.0;
            child.label = Some(format!("SubPlan {}", number + 1));
            node.children.push(child);
        }
        Ok(())
    }

    fn node(&mut self, plan: &Plan, relationship: &'static str) -> Result<(Node, Names)> {
        let (mut node, names) = self.bare(plan, relationship)?;
        node.relationship = relationship;
        node.estimate = plan.estimate;
        node.report = self.report(plan);
        if let Some(storage) = self.counts(plan).and_then(|report| report.counts.storage) {
            let place = if storage.on_disk { "Disk" } else { "Memory" };
            node.measured.extend([
                Property::Line(format!("Storage: {place}  Maximum Storage: {}kB", storage.kilobytes)),
                Property::Structured("Storage", Item::text(place)),
                Property::Structured("Maximum Storage", Item::number(storage.kilobytes)),
            ]);
        }
        Ok((node, names))
    }

    fn filter(&mut self, node: &mut Node, plan: &Plan, filter: &Expression, names: &Names) -> Result<()> {
        let subplans = self.note_subplans([filter], names)?;
        let text = self.print(filter, &names.own)?;
        node.property("Filter", text);
        if let Some(report) = self.counts(plan) {
            node.removed("Rows Removed by Filter", report.counts.removed_by_filter, report.loops);
        }
        self.add_subplans(node, subplans)
    }

    fn bare(&mut self, plan: &Plan, relationship: &'static str) -> Result<(Node, Names)> {
        match &plan.node {
            PlanNode::Project { input, expressions } => {
                let (mut node, names) = self.node(input, relationship)?;
                let subplans = self.note_subplans(expressions, &names)?;
                let names = self.computed(expressions, &names)?;
                node.output = names.own.clone();
                self.add_subplans(&mut node, subplans)?;
                Ok((node, names))
            }
            PlanNode::Filter { input, condition, one_time: true } => {
                let (child, names) = self.node(input, "Outer")?;
                let mut node = Node::new("Result", "Result");
                let subplans = self.note_subplans([condition], &names)?;
                let text = self.print(condition, &names.own)?;
                node.property("One-Time Filter", text);
                self.add_subplans(&mut node, subplans)?;
                node.output = child.output.clone();
                node.children.push(child);
                Ok((node, Names { own: names.above.clone(), ..names }))
            }
            PlanNode::Filter { input, condition, one_time: false } => {
                let (mut node, names) = self.node(input, relationship)?;
                self.filter(&mut node, plan, condition, &names)?;
                Ok((node, names))
            }
            PlanNode::Result { expressions, condition } => {
                let mut node = Node::new("Result", "Result");
                let none = Names::default();
                let subplans = self.note_subplans(expressions.iter().chain(condition), &none)?;
                if let Some(condition) = condition {
                    let text = self.print(condition, &[])?;
                    node.property("One-Time Filter", text);
                }
                let names = self.computed(expressions, &none)?;
                node.output = names.own.clone();
                self.add_subplans(&mut node, subplans)?;
                Ok((node, names))
            }
            PlanNode::SequentialScan(scan) => {
                let (mut node, names) = self.scan(plan, scan, "Seq Scan", "")?;
                if let Some(filter) = &scan.filter {
                    self.filter(&mut node, plan, filter, &names)?;
                }
                Ok((node, names))
            }
            PlanNode::TidScan { scan, addresses } => {
                let (mut node, names) = self.scan(plan, scan, "Tid Scan", "")?;
                let mut parts = Vec::new();
                for address in addresses {
                    parts.push(format!("(ctid = {})", self.print(address, &[])?));
                }
                node.property("TID Cond", parts.join(" OR "));
                if let Some(filter) = &scan.filter {
                    self.filter(&mut node, plan, filter, &names)?;
                }
                Ok((node, names))
            }
            PlanNode::IndexScan(scan) => self.index_scan(plan, scan),
            PlanNode::ValuesScan { entry, .. } => {
                let alias = self.aliases.of(plan);
                let title = format!("Values Scan on {}", quote_identifier(&alias));
                Ok(self.entry(title, "Values Scan", &alias, &entry.columns))
            }
            PlanNode::FunctionScan { entry, functions, .. } => {
                let alias = self.aliases.of(plan);
                let mut name = None;
                if let [Expression::Function(call)] = &functions[..] {
                    name = self.catalog.function(call.function)?.map(|row| row.proname.to_string());
                }
                let shown = name.map_or_else(String::new, |name| quote_identifier(&name).into_owned());
                let title = match shown.is_empty() {
                    true => format!("Function Scan on {}", quote_identifier(&alias)),
                    false => format!("Function Scan on {}", label::named(&shown, &alias)),
                };
                let (mut node, names) = self.entry(title, "Function Scan", &alias, &entry.columns);
                if self.options.verbose {
                    let mut calls = Vec::new();
                    for function in functions {
                        calls.push(self.print(function, &[])?);
                    }
                    node.property("Function Call", calls.join(", "));
                }
                Ok((node, names))
            }
            PlanNode::CommonTableScan { entry, .. } => self.named_scan(plan, entry, "CTE Scan"),
            PlanNode::WorkTableScan { entry, .. } => self.named_scan(plan, entry, "WorkTable Scan"),
            PlanNode::NestedLoop { kind, left, right, parameters, condition } => {
                let (outer, left_names) = self.node(left, "Outer")?;
                for (parameter, value) in parameters {
                    let text = self.print(value, &left_names.qualified)?;
                    self.parameters.insert(*parameter, text);
                }
                let (inner, right_names) = self.node(right, "Inner")?;
                let mut node = self.join("Nested Loop", "Nested Loop", *kind);
                let names = joined(*kind, &left_names, &right_names);
                self.join_condition(&mut node, plan, condition.as_ref(), &left_names, &right_names)?;
                node.output = names.above.clone();
                node.children.extend([outer, inner]);
                Ok((node, names))
            }
            PlanNode::HashJoin(join) => self.hash_join(plan, join),
            PlanNode::MergeJoin(join) => {
                let (outer, left_names) = self.node(&join.left, "Outer")?;
                let (inner, right_names) = self.node(&join.right, "Inner")?;
                let mut node = self.join("Merge", "Merge Join", join.kind);
                let keys = self.join_keys(&join.keys, &left_names, &right_names)?;
                node.property("Merge Cond", keys);
                self.join_condition(&mut node, plan, join.condition.as_ref(), &left_names, &right_names)?;
                let names = joined(join.kind, &left_names, &right_names);
                node.output = names.above.clone();
                node.children.extend([outer, inner]);
                Ok((node, names))
            }
            PlanNode::Sort { input, keys, .. } => {
                let (child, names) = self.node(input, "Outer")?;
                let mut node = Node::new("Sort", "Sort");
                let keys = keys.iter().map(|key| sort_key(key, &names.above)).collect();
                node.properties.push(Property::Named("Sort Key", Item::List(keys)));
                if let Some(sort) = self.counts(plan).and_then(|report| report.counts.sort) {
                    let place = if sort.on_disk { "Disk" } else { "Memory" };
                    let line = format!("Sort Method: {}  {place}: {}kB", sort.method, sort.kilobytes);
                    node.measured.extend([
                        Property::Line(line),
                        Property::Structured("Sort Method", Item::text(sort.method)),
                        Property::Structured("Sort Space Used", Item::number(sort.kilobytes)),
                        Property::Structured("Sort Space Type", Item::text(place)),
                    ]);
                }
                Ok(through(node, child, names))
            }
            PlanNode::Aggregate(aggregate) => self.aggregate(plan, aggregate),
            PlanNode::WindowAggregate { input, name, partition_by, order_by, frame, functions } => {
                let (child, names) = self.node(input, "Outer")?;
                let mut node = Node::new("WindowAgg", "WindowAgg");
                let mut parts = Vec::new();
                if !partition_by.is_empty() {
                    let columns: Vec<&str> =
                        partition_by.iter().map(|column| names.above[*column].as_str()).collect();
                    parts.push(format!("PARTITION BY {}", columns.join(", ")));
                }
                if !order_by.is_empty() {
                    let keys: Vec<String> = order_by.iter().map(|key| sort_key(key, &names.above)).collect();
                    parts.push(format!("ORDER BY {}", keys.join(", ")));
                }
                parts.extend(self.frame(frame)?);
                let name = quote_identifier(name).into_owned();
                node.property("Window", format!("{name} AS ({})", parts.join(" ")));
                let mut calls = Vec::new();
                for call in functions {
                    calls.push(Expression::Window(Box::new(call.clone())));
                }
                let mut own = self.computed(&calls, &names)?;
                for list in [&mut own.own, &mut own.above, &mut own.qualified] {
                    list.iter_mut()
                        .for_each(|text| *text = text.replace("OVER (?)", &format!("OVER {name}")));
                }
                let mut all = names;
                all.own = all.above.clone();
                all.own.extend(own.own);
                all.above.extend(own.above);
                all.qualified.extend(own.qualified);
                node.output = all.own.clone();
                node.children.push(child);
                Ok((node, all))
            }
            PlanNode::ProjectSet { input, expressions } => {
                let (child, names) = self.node(input, "Outer")?;
                let mut node = Node::new("ProjectSet", "ProjectSet");
                let names = self.computed(expressions, &above(names))?;
                node.output = names.own.clone();
                node.children.push(child);
                Ok((node, names))
            }
            PlanNode::Unique { input, .. } => self.simple(input, "Unique"),
            PlanNode::Limit { input, .. } => self.simple(input, "Limit"),
            PlanNode::Materialize { input } => self.simple(input, "Materialize"),
            PlanNode::Memoize { input, .. } => self.simple(input, "Memoize"),
            PlanNode::LockRows { input, .. } => self.simple(input, "LockRows"),
            PlanNode::Append { inputs } => {
                let mut node = Node::new("Append", "Append");
                let mut first = None;
                for input in inputs {
                    let (child, names) = self.node(input, "Member")?;
                    node.children.push(child);
                    first.get_or_insert(names);
                }
                Ok((node, above(first.unwrap_or_default())))
            }
            PlanNode::SetOperation { kind, all, left, right } => {
                let words = label::set_words(*kind, *all);
                let mut node = Node::new(format!("HashSetOp {words}"), "SetOp");
                node.identity.push(("Strategy", Item::text("Hashed")));
                node.identity.push(("Command", Item::text(words)));
                let (outer, names) = self.node(left, "Outer")?;
                let (inner, _) = self.node(right, "Inner")?;
                node.children.extend([outer, inner]);
                Ok((node, above(names)))
            }
            PlanNode::RecursiveUnion { start, step, .. } => {
                let mut node = Node::new("Recursive Union", "Recursive Union");
                let (outer, names) = self.node(start, "Outer")?;
                let (inner, _) = self.node(step, "Inner")?;
                node.children.extend([outer, inner]);
                Ok((node, above(names)))
            }
            PlanNode::ModifyTable(modify) => self.modification(modify),
        }
    }

    fn simple(&mut self, input: &Plan, title: &str) -> Result<(Node, Names)> {
        let (child, names) = self.node(input, "Outer")?;
        Ok(through(Node::new(title, title), child, names))
    }

    /// Names for expressions over columns: a column keeps its name, anything else is enclosed above.
    fn computed(&self, expressions: &[Expression], names: &Names) -> Result<Names> {
        let mut made = Names::default();
        for expression in expressions {
            if let Expression::Column(column) = expression {
                let of = |list: &[String]| list.get(column.index).cloned().unwrap_or_default();
                made.own.push(of(&names.own));
                made.above.push(of(&names.above));
                made.qualified.push(of(&names.qualified));
                continue;
            }
            let text = self.print(expression, &names.own)?;
            let qualified = self.print(expression, &names.qualified)?;
            made.above.push(format!("({text})"));
            made.own.push(text);
            made.qualified.push(format!("({qualified})"));
        }
        Ok(made)
    }

    fn relation_name(&self, relation: Oid) -> Result<(String, String)> {
        let Some(found) = self.catalog.relation(relation)? else {
            return Ok((relation.to_string(), String::new()));
        };
        let schema = self.catalog.namespace(found.namespace)?;
        Ok((found.name.to_string(), schema.map_or_else(String::new, |row| row.nspname.to_string())))
    }

    fn columns_named(&self, alias: &str, columns: Vec<String>) -> Names {
        let qualified: Vec<String> =
            columns.iter().map(|column| format!("{}.{column}", quote_identifier(alias))).collect();
        Names {
            own: if self.options.verbose { qualified.clone() } else { columns.clone() },
            above: if self.prefix { qualified.clone() } else { columns },
            qualified,
        }
    }

    fn scan(&self, plan: &Plan, scan: &Scan, kind: &str, through: &str) -> Result<(Node, Names)> {
        let alias = self.aliases.of(plan);
        let (name, schema) = self.relation_name(scan.relation)?;
        let quoted = quote_identifier(&name);
        let table = if self.options.verbose {
            format!("{}.{}", quote_identifier(&schema), label::named(&quoted, &alias))
        } else {
            label::named(&quoted, &alias)
        };
        let mut node = Node::new(format!("{kind}{through} on {table}"), kind);
        node.identity.push(("Relation Name", Item::text(name)));
        if self.options.verbose {
            node.identity.push(("Schema", Item::text(schema)));
        }
        node.identity.push(("Alias", Item::text(alias.clone())));
        let relation = self.catalog.relation(scan.relation)?;
        let column = |attribute: &AttributeNumber| match *attribute {
            attribute if attribute.is_user() => relation
                .as_ref()
                .and_then(|found| found.columns.get(attribute.index()))
                .map_or_else(String::new, |found| quote_identifier(&found.name).into_owned()),
            AttributeNumber::CTID => "ctid".into(),
            AttributeNumber::XMIN => "xmin".into(),
            AttributeNumber::CMIN => "cmin".into(),
            AttributeNumber::XMAX => "xmax".into(),
            AttributeNumber::CMAX => "cmax".into(),
            _ => "tableoid".into(),
        };
        let names = self.columns_named(&alias, scan.attributes.iter().map(column).collect());
        node.output = names.own.clone();
        Ok((node, names))
    }

    fn index_scan(&mut self, plan: &Plan, scan: &IndexScan) -> Result<(Node, Names)> {
        let kind = if scan.index_only { "Index Only Scan" } else { "Index Scan" };
        let relation = self.catalog.relation(scan.scan.relation)?;
        let index = relation
            .as_ref()
            .and_then(|relation| relation.indexes.iter().find(|index| index.oid == scan.index))
            .map_or_else(|| scan.index.to_string(), |index| index.name.to_string());
        let direction = if scan.backward { " Backward" } else { "" };
        let through = format!("{direction} using {}", quote_identifier(&index));
        let (mut node, names) = self.scan(plan, &scan.scan, kind, &through)?;
        node.identity.insert(1, ("Index Name", Item::text(index)));
        let word = if scan.backward { "Backward" } else { "Forward" };
        node.identity.insert(1, ("Scan Direction", Item::text(word)));
        if !scan.recheck.is_empty() {
            let subplans = self.note_subplans(&scan.recheck, &names)?;
            let text = self.print_all(&scan.recheck, &names.own)?;
            node.property("Index Cond", text);
            self.add_subplans(&mut node, subplans)?;
        }
        if let Some(filter) = &scan.scan.filter {
            self.filter(&mut node, plan, filter, &names)?;
        }
        if let Some(report) = self.counts(plan) {
            let loops = report.loops.max(1);
            if let Some(fetches) = report.counts.heap_fetches {
                node.measured.push(Property::Named("Heap Fetches", Item::number(fetches)));
            }
            if let Some(searches) = report.counts.index_searches {
                let each = searches.div_ceil(loops);
                node.measured.push(Property::Named("Index Searches", Item::number(each)));
            }
        }
        Ok((node, names))
    }

    fn entry(&self, title: String, kind: &str, alias: &str, columns: &[Rc<str>]) -> (Node, Names) {
        let mut node = Node::new(title, kind);
        node.identity.push(("Alias", Item::text(alias)));
        let columns = columns.iter().map(|column| quote_identifier(column).into_owned()).collect();
        let names = self.columns_named(alias, columns);
        node.output = names.own.clone();
        (node, names)
    }

    fn named_scan(&self, plan: &Plan, entry: &EntryNames, kind: &str) -> Result<(Node, Names)> {
        let alias = self.aliases.of(plan);
        let title = format!("{kind} on {}", label::named(&quote_identifier(&entry.name), &alias));
        let (mut node, names) = self.entry(title, kind, &alias, &entry.columns);
        node.identity.insert(1, ("CTE Name", Item::text(entry.name.clone())));
        Ok((node, names))
    }

    fn join(&self, word: &str, kind_word: &str, kind: JoinKind) -> Node {
        let how = label::join_word(kind);
        let title = match (how, word) {
            ("", _) => kind_word.to_string(),
            (how, word) => format!("{word} {how} Join"),
        };
        let mut node = Node::new(title, kind_word);
        node.identity.push(("Join Type", Item::text(if how.is_empty() { "Inner" } else { how })));
        node
    }

    fn join_keys(&self, keys: &[JoinKey], left: &Names, right: &Names) -> Result<String> {
        let mut parts = Vec::new();
        for key in keys {
            let left = self.print(&key.left, &left.above)?;
            let right = self.print(&key.right, &right.above)?;
            parts.push(format!("({left} = {right})"));
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => format!("({})", parts.join(" AND ")),
        })
    }

    fn join_condition(
        &mut self,
        node: &mut Node,
        plan: &Plan,
        condition: Option<&Expression>,
        left: &Names,
        right: &Names,
    ) -> Result<()> {
        let Some(condition) = condition else { return Ok(()) };
        let both = above(joined(JoinKind::Inner, left, right));
        let subplans = self.note_subplans([condition], &both)?;
        let text = self.print(condition, &both.own)?;
        node.property("Join Filter", text);
        if let Some(report) = self.counts(plan) {
            node.removed("Rows Removed by Join Filter", report.counts.removed_by_join, report.loops);
        }
        self.add_subplans(node, subplans)
    }

    fn hash_join(&mut self, plan: &Plan, join: &HashJoin) -> Result<(Node, Names)> {
        let (outer, left_names) = self.node(&join.left, "Outer")?;
        let (child, right_names) = self.node(&join.right, "Outer")?;
        let mut node = self.join("Hash", "Hash Join", join.kind);
        if !join.keys.is_empty() {
            let keys = self.join_keys(&join.keys, &left_names, &right_names)?;
            node.property("Hash Cond", keys);
        }
        self.join_condition(&mut node, plan, join.condition.as_ref(), &left_names, &right_names)?;
        let mut hash = Node::new("Hash", "Hash");
        hash.relationship = "Inner";
        hash.output = right_names.above.clone();
        let side = join.right.estimate;
        hash.estimate = Estimate { startup_cost: side.total_cost, ..side };
        hash.report =
            child.report.map(|report| report.map(|report| NodeReport { startup: report.total, ..report }));
        if let Some(used) = self.counts(plan).and_then(|report| report.counts.hash) {
            let line = format!(
                "Buckets: {}  Batches: {}  Memory Usage: {}kB",
                used.buckets, used.batches, used.kilobytes
            );
            hash.measured.extend([
                Property::Line(line),
                Property::Structured("Hash Buckets", Item::number(used.buckets)),
                Property::Structured("Hash Batches", Item::number(used.batches)),
                Property::Structured("Peak Memory Usage", Item::number(used.kilobytes)),
            ]);
        }
        hash.children.push(child);
        let names = joined(join.kind, &left_names, &right_names);
        node.output = names.above.clone();
        node.children.extend([outer, hash]);
        Ok((node, names))
    }

    /// A frame that is not the usual one.
    fn frame(&self, frame: &Frame) -> Result<Option<String>> {
        let is_usual = (frame.mode, frame.exclusion) == (FrameMode::Range, FrameExclusion::None)
            && (&frame.start, &frame.end) == (&FrameBound::UnboundedPreceding, &FrameBound::CurrentRow);
        if is_usual {
            return Ok(None);
        }
        let bound = |bound: &FrameBound| -> Result<String> {
            Ok(match bound {
                FrameBound::UnboundedPreceding => "UNBOUNDED PRECEDING".into(),
                FrameBound::Preceding(offset) => format!("{} PRECEDING", self.print(offset, &[])?),
                FrameBound::CurrentRow => "CURRENT ROW".into(),
                FrameBound::Following(offset) => format!("{} FOLLOWING", self.print(offset, &[])?),
                FrameBound::UnboundedFollowing => "UNBOUNDED FOLLOWING".into(),
            })
        };
        let mode = match frame.mode {
            FrameMode::Rows => "ROWS",
            FrameMode::Range => "RANGE",
            FrameMode::Groups => "GROUPS",
        };
        let extent = match &frame.end {
            FrameBound::CurrentRow => format!("{mode} {}", bound(&frame.start)?),
            end => format!("{mode} BETWEEN {} AND {}", bound(&frame.start)?, bound(end)?),
        };
        let exclusion = match frame.exclusion {
            FrameExclusion::None => "",
            FrameExclusion::CurrentRow => " EXCLUDE CURRENT ROW",
            FrameExclusion::Group => " EXCLUDE GROUP",
            FrameExclusion::Ties => " EXCLUDE TIES",
        };
        Ok(Some(extent + exclusion))
    }

    fn aggregate(&mut self, plan: &Plan, aggregate: &Aggregate) -> Result<(Node, Names)> {
        let (child, names) = self.node(&aggregate.input, "Outer")?;
        let sets = &aggregate.grouping_sets;
        let is_mixed = !sets.is_empty() && sets.iter().any(Vec::is_empty) && sets.len() > 1;
        let (word, strategy) = label::aggregate_words(aggregate.strategy, is_mixed);
        let mut node = Node::new(word, "Aggregate");
        node.identity.push(("Strategy", Item::text(strategy)));
        node.identity.push(("Partial Mode", Item::text("Simple")));
        let input = above(names);
        let keys: Vec<String> =
            aggregate.group_by.iter().map(|column| input.above[*column].clone()).collect();
        if sets.is_empty() {
            if !keys.is_empty() {
                node.properties.push(Property::Named("Group Key", Item::List(keys.clone())));
            }
        } else {
            for set in sets {
                let members: Vec<String> = set.iter().map(|at| keys[*at].clone()).collect();
                match members.is_empty() {
                    true => node.property("Group Key", "()".into()),
                    false => node.properties.push(Property::Named("Hash Key", Item::List(members))),
                }
            }
        }
        let calls: Vec<Expression> =
            aggregate.aggregates.iter().map(|call| Expression::Aggregate(Box::new(call.clone()))).collect();
        let subplans = self.note_subplans(&calls, &input)?;
        let computed = self.computed(&calls, &input)?;
        let pick = |list: &[String]| -> Vec<String> {
            aggregate.group_by.iter().map(|column| list[*column].clone()).collect()
        };
        let mut all =
            Names { own: pick(&input.above), above: pick(&input.above), qualified: pick(&input.qualified) };
        all.own.extend(computed.own);
        all.above.extend(computed.above);
        all.qualified.extend(computed.qualified);
        if let Some(used) = self.counts(plan).and_then(|report| report.counts.hash) {
            let mut line = format!("Batches: {}  Memory Usage: {}kB", used.batches, used.kilobytes);
            if used.disk_kilobytes > 0 {
                line.push_str(&format!("  Disk Usage: {}kB", used.disk_kilobytes));
            }
            node.measured.extend([
                Property::Line(line),
                Property::Structured("HashAgg Batches", Item::number(used.batches)),
                Property::Structured("Peak Memory Usage", Item::number(used.kilobytes)),
                Property::Structured("Disk Usage", Item::number(used.disk_kilobytes)),
            ]);
        }
        node.output = all.own.clone();
        self.add_subplans(&mut node, subplans)?;
        node.children.push(child);
        Ok((node, all))
    }

    fn modification(&mut self, modify: &ModifyTable) -> Result<(Node, Names)> {
        let word = match modify.operation {
            Command::Insert => "Insert",
            Command::Update => "Update",
            _ => "Delete",
        };
        let (name, schema) = self.relation_name(modify.relation)?;
        let mut table = label::named(&quote_identifier(&name), &modify.alias);
        if self.options.verbose {
            table = format!("{}.{table}", quote_identifier(&schema));
        }
        let mut node = Node::new(format!("{word} on {table}"), "ModifyTable");
        node.identity.push(("Operation", Item::text(word)));
        node.identity.push(("Relation Name", Item::text(name)));
        node.identity.push(("Alias", Item::text(&*modify.alias)));
        let (child, input) = self.node(&modify.input, "Outer")?;
        let relation = self.catalog.relation(modify.relation)?;
        let columns: Vec<String> = relation.as_ref().map_or_else(Vec::new, |relation| {
            relation.columns.iter().map(|column| quote_identifier(&column.name).into_owned()).collect()
        });
        let own = above(self.columns_named(&modify.alias, columns));
        let over = joined(JoinKind::Inner, &own, &input);
        let names = self.computed(&modify.returning, &above(over))?;
        node.output = names.own.clone();
        if let Some(conflict) = &modify.on_conflict {
            let update = conflict.source.update.is_some();
            node.property("Conflict Resolution", if update { "UPDATE" } else { "NOTHING" }.into());
            let indexes = relation.iter().flat_map(|relation| &relation.indexes);
            let arbiters: Vec<String> = indexes
                .filter(|index| conflict.source.arbiters.contains(&index.oid))
                .map(|index| index.name.to_string())
                .collect();
            if !arbiters.is_empty() {
                node.properties.push(Property::Named("Conflict Arbiter Indexes", Item::List(arbiters)));
            }
            if let Some(filter) = &conflict.filter {
                let mut both = own.qualified.clone();
                both.extend(
                    own.qualified
                        .iter()
                        .map(|column| column.replacen(&*quote_identifier(&modify.alias), "excluded", 1)),
                );
                let text = self.print(filter, &both)?;
                node.property("Conflict Filter", text);
            }
        }
        node.children.push(child);
        Ok((node, names))
    }
}

/// A node that hands its input's columns on.
fn through(mut node: Node, child: Node, names: Names) -> (Node, Names) {
    let names = above(names);
    node.output = names.own.clone();
    node.children.push(child);
    (node, names)
}

/// Names as a node above uses them for its own.
fn above(names: Names) -> Names {
    Names { own: names.above.clone(), ..names }
}

fn joined(kind: JoinKind, left: &Names, right: &Names) -> Names {
    let mut names = above(left.clone());
    if !matches!(kind, JoinKind::Semi | JoinKind::Anti) {
        names.own.extend(right.above.iter().cloned());
        names.above.extend(right.above.iter().cloned());
        names.qualified.extend(right.qualified.iter().cloned());
    }
    names
}

fn sort_key(key: &SortKey, names: &[String]) -> String {
    let mut text = names.get(key.column).cloned().unwrap_or_default();
    if key.descending {
        text.push_str(" DESC");
    }
    if key.nulls_first != key.descending {
        text.push_str(if key.nulls_first { " NULLS FIRST" } else { " NULLS LAST" });
    }
    text
}
