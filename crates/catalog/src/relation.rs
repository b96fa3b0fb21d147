//! A relation with everything that planning and running statements needs of it, put together from several catalogs.

use std::rc::Rc;

use access_api::StoredRelation;
use common::{AttributeNumber, Oid};
use nodes::DataType;
use nodes::query::RangeColumn;
use types::{PhysicalType, Value};

/// What kind of relation it is, by the letter in `pg_class.relkind`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RelationKind {
    Table,
    Index,
    Sequence,
    Toast,
    View,
    MaterializedView,
    Composite,
    ForeignTable,
    PartitionedTable,
    PartitionedIndex,
}

impl RelationKind {
    pub fn from_letter(letter: u8) -> Option<RelationKind> {
        Some(match letter {
            b'r' => RelationKind::Table,
            b'i' => RelationKind::Index,
            b'S' => RelationKind::Sequence,
            b't' => RelationKind::Toast,
            b'v' => RelationKind::View,
            b'm' => RelationKind::MaterializedView,
            b'c' => RelationKind::Composite,
            b'f' => RelationKind::ForeignTable,
            b'p' => RelationKind::PartitionedTable,
            b'I' => RelationKind::PartitionedIndex,
            _ => return None,
        })
    }

    pub fn letter(self) -> u8 {
        match self {
            RelationKind::Table => b'r',
            RelationKind::Index => b'i',
            RelationKind::Sequence => b'S',
            RelationKind::Toast => b't',
            RelationKind::View => b'v',
            RelationKind::MaterializedView => b'm',
            RelationKind::Composite => b'c',
            RelationKind::ForeignTable => b'f',
            RelationKind::PartitionedTable => b'p',
            RelationKind::PartitionedIndex => b'I',
        }
    }
}

/// A relation. Made anew when anything about it changes.
#[derive(Clone, Debug)]
pub struct Relation {
    pub oid: Oid,
    pub name: Rc<str>,
    pub namespace: Oid,
    pub owner: Oid,
    pub kind: RelationKind,
    /// `p` permanent, `u` unlogged, `t` temporary.
    pub persistence: u8,
    /// The type of its rows; `INVALID` for indexes and the like.
    pub row_type: Oid,
    pub access_method: Oid,
    /// Files; not meaningful for views.
    pub storage: StoredRelation,
    pub toast: Oid,
    pub columns: Vec<RelationColumn>,
    /// The columns as an entry of a range table has them.
    pub range_columns: Rc<[RangeColumn]>,
    /// Its indexes, primary key first.
    pub indexes: Vec<Rc<Index>>,
    pub checks: Vec<CheckConstraint>,
    /// The query of a view, as stored.
    pub view_query: Option<Rc<str>>,
    pub acl: Option<Vec<String>>,
    pub options: Vec<String>,
    pub estimated_pages: i32,
    /// -1 when it was never counted.
    pub estimated_rows: f32,
    pub all_visible_pages: i32,
}

#[derive(Clone, Debug)]
pub struct RelationColumn {
    pub name: Rc<str>,
    pub number: AttributeNumber,
    pub data_type: Oid,
    pub modifier: i32,
    pub collation: Oid,
    pub physical: PhysicalType,
    pub length: i16,
    /// `p`, `x`, `e` or `m`: how big values are stored.
    pub storage: u8,
    pub not_null: bool,
    pub dropped: bool,
    /// The stored default or generation expression.
    pub default: Option<Rc<str>>,
    /// `a` always, `d` by default, 0 for no identity column.
    pub identity: u8,
    /// `s` stored, `v` virtual, 0 for a plain column.
    pub generated: u8,
    /// What rows have that are older than the column.
    pub missing: Value,
}

#[derive(Clone, Debug)]
pub struct CheckConstraint {
    pub name: Rc<str>,
    /// The stored condition.
    pub condition: Rc<str>,
    pub is_enforced: bool,
}

/// An index, as its table knows it.
#[derive(Clone, Debug)]
pub struct Index {
    pub oid: Oid,
    pub name: Rc<str>,
    pub table: Oid,
    pub storage: StoredRelation,
    pub access_method: Oid,
    /// Table columns, 0 for an expression; key columns first.
    pub columns: Vec<AttributeNumber>,
    pub key_count: usize,
    pub is_unique: bool,
    pub is_primary: bool,
    pub nulls_not_distinct: bool,
    pub is_immediate: bool,
    /// May be used by queries.
    pub is_valid: bool,
    /// Must be kept up by changes.
    pub is_ready: bool,
    /// By key column.
    pub operator_classes: Vec<Oid>,
    pub families: Vec<Oid>,
    /// The type that each key column's class works on.
    pub input_types: Vec<Oid>,
    pub physical: Vec<PhysicalType>,
    pub collations: Vec<Oid>,
    /// By key column: bit 0 descending, bit 1 nulls first.
    pub options: Vec<i16>,
    /// Stored expressions for the columns that are 0, in order.
    pub expressions: Vec<Rc<str>>,
    /// Stored condition of a partial index.
    pub predicate: Option<Rc<str>>,
    pub estimated_pages: i32,
    pub estimated_rows: f32,
}

impl RelationColumn {
    fn range_column(&self) -> RangeColumn {
        let data_type = DataType { oid: self.data_type, modifier: self.modifier, collation: self.collation };
        RangeColumn { name: self.name.clone(), data_type, dropped: self.dropped }
    }
}

impl Relation {
    /// Columns as an entry of a range table has them.
    pub fn range_columns(columns: &[RelationColumn]) -> Rc<[RangeColumn]> {
        columns.iter().map(RelationColumn::range_column).collect()
    }

    pub fn column(&self, name: &str) -> Option<&RelationColumn> {
        self.columns.iter().find(|column| !column.dropped && &*column.name == name)
    }

    /// The columns that were not dropped.
    pub fn live_columns(&self) -> impl Iterator<Item = &RelationColumn> {
        self.columns.iter().filter(|column| !column.dropped)
    }

    /// What is needed to read its rows.
    pub fn layout(&self) -> tuple::RowLayout {
        let attribute = |column: &RelationColumn| tuple::AttributeLayout {
            physical: column.physical,
            missing: column.missing.clone(),
            dropped: column.dropped,
        };
        tuple::RowLayout { attributes: self.columns.iter().map(attribute).collect() }
    }
}
