//! What the layers above ask of the catalog.
//!
//! A trait, so that the analyzer and optimizer can be tried on a catalog in memory; the server has one implementation of it.

use std::rc::Rc;

use common::Oid;
use error::Result;

use crate::relation::Relation;
use crate::tables::*;

/// Read access to the catalogs as the current command sees them. Answers are shared and never change.
pub trait CatalogView {
    /// A table, index, sequence or view with its columns.
    fn relation(&self, oid: Oid) -> Result<Option<Rc<Relation>>>;

    fn relation_by_name(&self, namespace: Oid, name: &str) -> Result<Option<Oid>>;

    fn namespace_by_name(&self, name: &str) -> Result<Option<Oid>>;

    /// Row of a schema.
    fn namespace(&self, oid: Oid) -> Result<Option<Rc<PgNamespace>>>;

    /// Schemas in which names without a schema are looked for, in order, `pg_catalog` included.
    fn search_path(&self) -> Result<Rc<[Oid]>>;

    fn data_type(&self, oid: Oid) -> Result<Option<Rc<PgType>>>;

    fn type_by_name(&self, namespace: Oid, name: &str) -> Result<Option<Rc<PgType>>>;

    fn function(&self, oid: Oid) -> Result<Option<Rc<PgProc>>>;

    /// Functions of this name in all schemas.
    fn functions_by_name(&self, name: &str) -> Result<Rc<[Rc<PgProc>]>>;

    fn aggregate(&self, function: Oid) -> Result<Option<Rc<PgAggregate>>>;

    fn operator(&self, oid: Oid) -> Result<Option<Rc<PgOperator>>>;

    /// Operators of this name in all schemas.
    fn operators_by_name(&self, name: &str) -> Result<Rc<[Rc<PgOperator>]>>;

    fn cast(&self, source: Oid, target: Oid) -> Result<Option<Rc<PgCast>>>;

    /// The operator class that an access method uses for a type unless told otherwise.
    fn default_operator_class(&self, method: Oid, data_type: Oid) -> Result<Option<Rc<PgOpclass>>>;

    fn operator_class(&self, oid: Oid) -> Result<Option<Rc<PgOpclass>>>;

    /// The members of an operator family.
    fn family_operators(&self, family: Oid) -> Result<Rc<[Rc<PgAmop>]>>;

    /// The families (with strategies) that an operator belongs to.
    fn operator_families(&self, operator: Oid) -> Result<Rc<[Rc<PgAmop>]>>;

    /// The support functions of an operator family.
    fn family_functions(&self, family: Oid) -> Result<Rc<[Rc<PgAmproc>]>>;

    fn collation_by_name(&self, namespace: Oid, name: &str) -> Result<Option<Oid>>;

    /// What ANALYZE found out about a column, if it did.
    fn statistics(&self, relation: Oid, attribute: i16) -> Result<Option<Rc<PgStatistic>>>;

    /// A role by name; its row without the password.
    fn role_by_name(&self, name: &str) -> Result<Option<Rc<PgAuthid>>>;

    fn role(&self, oid: Oid) -> Result<Option<Rc<PgAuthid>>>;

    /// The number of pages of a table or index now.
    fn pages(&self, relation: Oid) -> Result<u32>;
}
