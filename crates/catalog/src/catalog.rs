//! One session's catalog: cached look-ups, changes with their invalidations, and relations put together.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use access_api::{Access, StoredRelation};
use access_heap::{ColumnReader, HeapScan};
use access_toast::ToastTable;
use common::{Counter, ForkNumber, Oid, TupleId};
use error::{Error, Result};
use hashbrown::{Equivalent, HashMap};
use storage_buffer::BufferPool;
use transaction::Session;
use types::{Batch, Column, Value};

use crate::assemble;
use crate::changes::{PendingChanges, SharedTableChanges};
use crate::declaration::{CatalogDeclaration, CatalogRow};
use crate::invalidation::{Invalidation, News, SharedInvalidations};
use crate::relation::Relation;
use crate::store;
use crate::tables::*;
use crate::view::CatalogView;

type FixedMap<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// A catalog, one of its indexes, and the stored form of the key values.
#[derive(PartialEq, Eq, Hash)]
struct LookupKey {
    catalog: Oid,
    index: usize,
    values: Vec<u8>,
}

/// A [`LookupKey`] to look for, with values that are kept elsewhere. Both hash alike.
#[derive(Hash)]
struct WantedKey<'a> {
    catalog: Oid,
    index: usize,
    values: &'a [u8],
}

impl Equivalent<LookupKey> for WantedKey<'_> {
    fn equivalent(&self, key: &LookupKey) -> bool {
        self.catalog == key.catalog && self.index == key.index && *self.values == *key.values
    }
}

/// The catalog as one session sees it.
pub struct Catalog {
    session: Rc<Session>,
    pool: &'static BufferPool,
    shared: SharedInvalidations,
    position: Cell<u64>,
    /// Answers of look-ups: `Rc<[Rc<T>]>`.
    rows: RefCell<FixedMap<LookupKey, Rc<dyn Any>>>,
    /// Where the values of a key are put together.
    key_values: RefCell<Vec<u8>>,
    relations: RefCell<FixedMap<Oid, Rc<Relation>>>,
    /// Changes of this transaction that others are told of when it commits.
    pending: RefCell<Vec<Invalidation>>,
    /// How many of them were applied here.
    applied: Cell<usize>,
    search_path: RefCell<Rc<[Oid]>>,
    /// Rows that this transaction changed, by table, and where they are counted at its end.
    changes: PendingChanges,
    shared_changes: Option<SharedTableChanges>,
    counts_changes: Cell<bool>,
    /// Moves whenever anything was forgotten: plans made before may be wrong.
    generation: Cell<u64>,
}

impl Catalog {
    pub fn new(session: Rc<Session>, pool: &'static BufferPool, shared: SharedInvalidations) -> Catalog {
        Catalog {
            session,
            pool,
            shared,
            position: Cell::new(shared.position()),
            rows: RefCell::default(),
            key_values: RefCell::default(),
            relations: RefCell::default(),
            pending: RefCell::default(),
            applied: Cell::new(0),
            search_path: RefCell::new(Rc::new([PG_CATALOG])),
            changes: PendingChanges::default(),
            shared_changes: None,
            counts_changes: Cell::new(true),
            generation: Cell::new(0),
        }
    }

    /// Changed rows are counted there from now on.
    pub fn counting(self, shared: SharedTableChanges) -> Catalog {
        Catalog { shared_changes: Some(shared), ..self }
    }

    /// From now on transactions tell others of what they changed, or not.
    pub fn count_changes(&self, counts: bool) {
        self.counts_changes.set(counts);
    }

    /// Where changed rows are counted.
    pub fn shared_changes(&self) -> Option<SharedTableChanges> {
        self.shared_changes
    }

    /// Counts something of a table or index; everybody sees it when the transaction ends.
    pub fn count(&self, relation: &StoredRelation, counter: Counter, more: u64) {
        self.changes.count(relation, counter, more);
    }

    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    pub fn pool(&self) -> &'static BufferPool {
        self.pool
    }

    pub fn access(&self) -> Access<'_> {
        Access { session: &self.session, pool: self.pool }
    }

    pub fn database(&self) -> Oid {
        self.session.database()
    }

    /// Moves whenever anything that was remembered may have become wrong.
    pub fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// Sets the schemas in which names are looked for.
    pub fn set_search_path(&self, path: Rc<[Oid]>) {
        if **self.search_path.borrow() != *path {
            *self.search_path.borrow_mut() = path;
            self.generation.set(self.generation.get() + 1);
        }
    }

    // Looking up.

    /// The rows whose first columns of an index equal `keys`, remembered until the catalog changes.
    /// # Errors
    /// Those of reading.
    pub fn rows<T: CatalogRow>(&self, index: usize, keys: &[Value]) -> Result<Rc<[Rc<T>]>> {
        let catalog = T::DECLARATION.oid;
        let key = {
            let mut values = self.key_values.borrow_mut();
            values.clear();
            keys.iter().for_each(|key| tuple::put_value(&mut values, key));
            if let Some(known) = self.rows.borrow().get(&WantedKey { catalog, index, values: &values })
                && let Some(rows) = known.downcast_ref::<Rc<[Rc<T>]>>()
            {
                return Ok(rows.clone());
            }
            LookupKey { catalog, index, values: values.clone() }
        };
        let found = store::find::<T>(self.access(), index, keys, &self.session.latest_snapshot())?;
        let rows: Rc<[Rc<T>]> = found.into_iter().map(|(_, row)| Rc::new(row)).collect();
        self.rows.borrow_mut().insert(key, Rc::new(rows.clone()));
        Ok(rows)
    }

    /// The first of [`Catalog::rows`].
    pub fn row<T: CatalogRow>(&self, index: usize, keys: &[Value]) -> Result<Option<Rc<T>>> {
        Ok(self.rows::<T>(index, keys)?.first().cloned())
    }

    /// The rows with their addresses, as they are now; for changing them.
    pub fn find<T: CatalogRow>(&self, index: usize, keys: &[Value]) -> Result<Vec<(TupleId, T)>> {
        store::find::<T>(self.access(), index, keys, &self.session.latest_snapshot())
    }

    /// All rows, as they are now.
    pub fn all<T: CatalogRow>(&self) -> Result<Vec<(TupleId, T)>> {
        store::all::<T>(self.access(), self.session.latest_snapshot())
    }

    // Values outside of their rows.

    /// The TOAST table of this number.
    /// # Errors
    /// XX001 when there is none.
    pub fn toast_table(&self, toast: Oid) -> Result<ToastTable> {
        let database = self.database();
        if let Some(declared) = CATALOGS.iter().find(|declared| declared.toast == toast)
            && let Some(table) = store::catalog_toast(declared, database)
        {
            return Ok(table);
        }
        let missing = || Error::corrupted(format!("TOAST table {toast} does not exist"));
        let relation = self.relation(toast)?.ok_or_else(missing)?;
        let index = relation.indexes.first().ok_or_else(missing)?;
        Ok(ToastTable::new(relation.storage, index.storage))
    }

    /// Fetches the values that a reader found outside of their rows, and puts them into the columns. No page is locked.
    /// # Errors
    /// XX001 for a value that is not there, and those of reading.
    pub fn fill_external(&self, reader: &mut ColumnReader, columns: &mut [Column]) -> Result<()> {
        let pending = &mut reader.pending;
        let Some(first) = pending.first() else { return Ok(()) };
        let table = self.toast_table(first.pointer.toast_relation)?;
        store::fill_external(self.access(), &table, pending, columns)
    }

    /// The next rows of a scan, whole. False at the end.
    /// # Errors
    /// Those of reading.
    pub fn next_batch(
        &self,
        scan: &mut HeapScan,
        reader: &mut ColumnReader,
        batch: &mut Batch,
    ) -> Result<bool> {
        let found = scan.next_batch(self.access(), reader, batch)?;
        self.fill_external(reader, &mut batch.columns)?;
        Ok(found)
    }

    // Changing.

    /// A new object identifier for a row of a catalog whose index `oid_index` is by identifier.
    pub fn new_oid<T: CatalogRow>(&self, oid_index: usize) -> Result<Oid> {
        store::new_oid::<T>(self.access(), oid_index)
    }

    /// # Errors
    /// 23505, and those of writing.
    pub fn insert<T: CatalogRow>(&self, row: &T) -> Result<()> {
        let values = row.to_values();
        store::insert(self.access(), T::DECLARATION, &values)?;
        self.count_own::<T>(Counter::Inserted);
        self.changed(T::DECLARATION, &values);
        Ok(())
    }

    pub fn update<T: CatalogRow>(&self, address: TupleId, row: &T) -> Result<()> {
        let values = row.to_values();
        store::update(self.access(), T::DECLARATION, address, &values)?;
        self.count_own::<T>(Counter::Updated);
        self.changed(T::DECLARATION, &values);
        Ok(())
    }

    pub fn delete<T: CatalogRow>(&self, address: TupleId, row: &T) -> Result<()> {
        store::delete(self.access(), T::DECLARATION, address)?;
        self.count_own::<T>(Counter::Deleted);
        self.changed(T::DECLARATION, &row.to_values());
        Ok(())
    }

    fn count_own<T: CatalogRow>(&self, counter: Counter) {
        let catalog = T::DECLARATION;
        self.count(&store::catalog_storage(catalog.is_shared, catalog.oid, self.database()), counter, 1);
    }

    /// Changes fixed-width columns in place, at once and without regard to transactions: statistics.
    pub fn overwrite<T: CatalogRow>(&self, address: TupleId, row: &T) -> Result<()> {
        let values = row.to_values();
        store::overwrite(self.access(), T::DECLARATION, address, &values)?;
        self.changed(T::DECLARATION, &values);
        Ok(())
    }

    /// Makes everybody who remembers a relation forget it.
    pub fn invalidate_relation(&self, relation: Oid) {
        let database = self.database();
        self.pending.borrow_mut().push(Invalidation { database, catalog: PgClass::OID, relation });
    }

    fn changed(&self, catalog: &CatalogDeclaration, values: &[Value]) {
        let database = if catalog.is_shared { Oid::INVALID } else { self.database() };
        let note = |relation| {
            self.pending.borrow_mut().push(Invalidation { database, catalog: catalog.oid, relation });
        };
        let columns: &[&str] = match catalog.oid {
            PgClass::OID => &["oid"],
            PgAttribute::OID => &["attrelid"],
            PgAttrdef::OID => &["adrelid"],
            PgIndex::OID => &["indrelid", "indexrelid"],
            PgConstraint::OID => &["conrelid"],
            PgRewrite::OID => &["ev_class"],
            _ => &[],
        };
        if columns.is_empty() {
            note(Oid::INVALID);
        }
        for column in columns {
            note(values[catalog.position(column)].as_oid().unwrap_or(Oid::INVALID));
        }
    }

    // Forgetting.

    /// Makes the changes so far visible to the next command.
    /// # Errors
    /// 54000 after four billion commands.
    pub fn next_command(&self) -> Result<()> {
        self.session.next_command()?;
        let pending = self.pending.borrow();
        let fresh = &pending[self.applied.replace(pending.len()).min(pending.len())..];
        self.forget(fresh);
        Ok(())
    }

    /// Learns what other sessions have changed. Called before names are looked up and after a relation is locked.
    pub fn accept_invalidations(&self) {
        let mut position = self.position.get();
        match self.shared.receive(&mut position) {
            News::Nothing => return,
            News::Messages(messages) => {
                let database = self.database();
                let concerned: Vec<Invalidation> = messages
                    .into_iter()
                    .filter(|message| message.database == database || !message.database.is_valid())
                    .collect();
                self.forget(&concerned);
            }
            News::Everything => self.forget_everything(),
        }
        self.position.set(position);
    }

    fn flush_counters(&self, committed: bool) {
        let shared = self.shared_changes.filter(|_| self.counts_changes.get());
        self.changes.flush(shared, self.database(), committed, self.session.started_us());
    }

    /// The transaction committed: others learn of its changes. Before its locks are released.
    pub fn announce_commit(&self) {
        self.flush_counters(true);
        let mut pending = self.pending.take();
        self.applied.set(0);
        self.forget(&pending);
        let mut seen = std::collections::HashSet::new();
        pending.retain(|message| seen.insert(*message));
        self.shared.send(&pending);
    }

    /// The transaction was rolled back: what was remembered of its changes is wrong.
    pub fn forget_rollback(&self) {
        self.flush_counters(false);
        let pending = self.pending.take();
        self.applied.set(0);
        self.forget(&pending);
    }

    /// A subtransaction was rolled back.
    pub fn forget_partial_rollback(&self) {
        self.forget(&self.pending.borrow());
    }

    fn forget(&self, messages: &[Invalidation]) {
        if messages.is_empty() {
            return;
        }
        self.generation.set(self.generation.get() + 1);
        self.rows
            .borrow_mut()
            .retain(|key, _| !messages.iter().any(|message| message.catalog == key.catalog));
        let mut relations = self.relations.borrow_mut();
        for message in messages {
            relations.remove(&message.relation);
        }
        // An index is part of what is known of its table.
        relations.retain(|_, relation| {
            !relation.indexes.iter().any(|index| messages.iter().any(|message| message.relation == index.oid))
        });
    }

    pub fn forget_everything(&self) {
        self.generation.set(self.generation.get() + 1);
        self.rows.borrow_mut().clear();
        self.relations.borrow_mut().clear();
    }
}

/// The schema of the system's own objects.
pub const PG_CATALOG: Oid = Oid(11);
/// The schema of TOAST tables.
pub const PG_TOAST: Oid = Oid(99);
/// The schema that users begin with.
pub const PUBLIC: Oid = Oid(2200);

fn name(text: &str) -> Value {
    Value::text(text)
}

impl CatalogView for Catalog {
    fn relation(&self, oid: Oid) -> Result<Option<Rc<Relation>>> {
        if let Some(known) = self.relations.borrow().get(&oid) {
            return Ok(Some(known.clone()));
        }
        let Some(relation) = assemble::relation(self, oid)? else { return Ok(None) };
        let relation = Rc::new(relation);
        self.changes.know_file(&relation.storage);
        relation.indexes.iter().for_each(|index| self.changes.know_file(&index.storage));
        self.relations.borrow_mut().insert(oid, relation.clone());
        Ok(Some(relation))
    }

    fn relation_by_name(&self, namespace: Oid, relation: &str) -> Result<Option<Oid>> {
        let keys = [name(relation), Value::Oid(namespace)];
        Ok(self.row::<PgClass>(PgClass::BY_RELNAME_NSP, &keys)?.map(|row| row.oid))
    }

    fn namespace_by_name(&self, namespace: &str) -> Result<Option<Oid>> {
        Ok(self.row::<PgNamespace>(PgNamespace::BY_NSPNAME, &[name(namespace)])?.map(|row| row.oid))
    }

    fn namespace(&self, oid: Oid) -> Result<Option<Rc<PgNamespace>>> {
        self.row(PgNamespace::BY_OID, &[Value::Oid(oid)])
    }

    fn search_path(&self) -> Result<Rc<[Oid]>> {
        Ok(self.search_path.borrow().clone())
    }

    fn data_type(&self, oid: Oid) -> Result<Option<Rc<PgType>>> {
        self.row(PgType::BY_OID, &[Value::Oid(oid)])
    }

    fn type_by_name(&self, namespace: Oid, type_name: &str) -> Result<Option<Rc<PgType>>> {
        self.row(PgType::BY_TYPNAME_NSP, &[name(type_name), Value::Oid(namespace)])
    }

    fn function(&self, oid: Oid) -> Result<Option<Rc<PgProc>>> {
        self.row(PgProc::BY_OID, &[Value::Oid(oid)])
    }

    fn functions_by_name(&self, function: &str) -> Result<Rc<[Rc<PgProc>]>> {
        self.rows(PgProc::BY_PRONAME_ARGS_NSP, &[name(function)])
    }

    fn aggregate(&self, function: Oid) -> Result<Option<Rc<PgAggregate>>> {
        self.row(PgAggregate::BY_FNOID, &[Value::Oid(function)])
    }

    fn operator(&self, oid: Oid) -> Result<Option<Rc<PgOperator>>> {
        self.row(PgOperator::BY_OID, &[Value::Oid(oid)])
    }

    fn operators_by_name(&self, operator: &str) -> Result<Rc<[Rc<PgOperator>]>> {
        self.rows(PgOperator::BY_OPRNAME_L_R_N, &[name(operator)])
    }

    fn cast(&self, source: Oid, target: Oid) -> Result<Option<Rc<PgCast>>> {
        self.row(PgCast::BY_SOURCE_TARGET, &[Value::Oid(source), Value::Oid(target)])
    }

    fn default_operator_class(&self, method: Oid, data_type: Oid) -> Result<Option<Rc<PgOpclass>>> {
        let classes = self.rows::<PgOpclass>(PgOpclass::BY_AM_NAME_NSP, &[Value::Oid(method)])?;
        Ok(classes.iter().find(|class| class.opcdefault && class.opcintype == data_type).cloned())
    }

    fn operator_class(&self, oid: Oid) -> Result<Option<Rc<PgOpclass>>> {
        self.row(PgOpclass::BY_OID, &[Value::Oid(oid)])
    }

    fn family_operators(&self, family: Oid) -> Result<Rc<[Rc<PgAmop>]>> {
        self.rows(PgAmop::BY_FAM_STRAT, &[Value::Oid(family)])
    }

    fn operator_families(&self, operator: Oid) -> Result<Rc<[Rc<PgAmop>]>> {
        self.rows(PgAmop::BY_OPR_FAM, &[Value::Oid(operator)])
    }

    fn family_functions(&self, family: Oid) -> Result<Rc<[Rc<PgAmproc>]>> {
        self.rows(PgAmproc::BY_FAM_PROC, &[Value::Oid(family)])
    }

    fn collation_by_name(&self, namespace: Oid, collation: &str) -> Result<Option<Oid>> {
        let rows = self.rows::<PgCollation>(PgCollation::BY_NAME_ENC_NSP, &[name(collation)])?;
        Ok(rows.iter().find(|row| row.collnamespace == namespace).map(|row| row.oid))
    }

    fn statistics(&self, relation: Oid, attribute: i16) -> Result<Option<Rc<PgStatistic>>> {
        let keys = [Value::Oid(relation), Value::Int2(attribute)];
        self.row(PgStatistic::BY_RELID_ATT_INH, &keys)
    }

    fn role_by_name(&self, role: &str) -> Result<Option<Rc<PgAuthid>>> {
        self.row(PgAuthid::BY_ROLNAME, &[name(role)])
    }

    fn role(&self, oid: Oid) -> Result<Option<Rc<PgAuthid>>> {
        self.row(PgAuthid::BY_OID, &[Value::Oid(oid)])
    }

    fn pages(&self, relation: Oid) -> Result<u32> {
        let Some(relation) = self.relation(relation)? else { return Ok(0) };
        self.pool.blocks(relation.storage.file, ForkNumber::Main)
    }
}
