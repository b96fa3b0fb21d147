//! The first content of a cluster: all catalogs, made from their declarations and those of types, functions and operators.
//!
//! Rows are collected by catalog, stored in bulk, and indexed by building each index at once. Then `template1` is copied.

use std::collections::BTreeMap;
use std::rc::Rc;

use access_btree::{Builder, Key};
use access_heap::{BulkInsert, insert_batch};
use catalog::declaration::{CatalogDeclaration, CatalogRow, IndexKind};
use catalog::field::{AclItems, Int2Array, Name, NodeTree, RegProc, Xid};
use catalog::tables::*;
use catalog::{
    Catalog, PG_CATALOG, PG_TOAST, PUBLIC, SharedInvalidations, catalog_index, catalog_storage, index_key,
    operator_class,
};
use common::{ForkNumber, Oid, TupleId};
use error::Result;
use expression::FunctionDeclaration;
use expression::Registry;
use expression::function::{ParallelSafety, Volatility};
use expression::operator::{CastContext, CastMethod};
use nodes::{DataType, Expression};
use storage_buffer::BufferPool;
use transaction::Session;
use types::io::{BuiltInCatalog, Context};
use types::oid::{TYPES, TypeDescription, type_description};
use types::{FormatSettings, Value, oid};

const SUPERUSER: Oid = Oid(10);
const TEMPLATE1: Oid = Oid(1);
/// The schema `information_schema`.
pub(crate) const INFORMATION_SCHEMA: Oid = Oid(13_000);
/// The role that owns each database's `public` schema: whoever owns the database.
const DATABASE_OWNER: Oid = Oid(6171);
/// Has what members of the next three have.
pub const MONITOR: Oid = Oid(3373);
/// Members see where settings come from.
pub const READ_ALL_SETTINGS: Oid = Oid(3374);
/// Members see what all sessions do.
pub const READ_ALL_STATS: Oid = Oid(3375);
const STAT_SCAN_TABLES: Oid = Oid(3377);
/// Members may signal the sessions of others, but not those of superusers.
pub const SIGNAL_BACKEND: Oid = Oid(4200);
pub const CHECKPOINT: Oid = Oid(4544);
pub const READ_SERVER_FILES: Oid = Oid(4569);
pub const WRITE_SERVER_FILES: Oid = Oid(4570);
pub const EXECUTE_SERVER_PROGRAM: Oid = Oid(4571);
pub(crate) const READ_ALL_DATA: Oid = Oid(6181);
pub(crate) const WRITE_ALL_DATA: Oid = Oid(6182);
pub(crate) const MAINTAIN: Oid = Oid(6337);
/// Roles to be granted to those who may do one thing that else only superusers do.
const PREDEFINED_ROLES: &[(Oid, &str)] = &[
    (MONITOR, "pg_monitor"),
    (READ_ALL_SETTINGS, "pg_read_all_settings"),
    (READ_ALL_STATS, "pg_read_all_stats"),
    (STAT_SCAN_TABLES, "pg_stat_scan_tables"),
    (SIGNAL_BACKEND, "pg_signal_backend"),
    (CHECKPOINT, "pg_checkpoint"),
    (Oid(4550), "pg_use_reserved_connections"),
    (READ_SERVER_FILES, "pg_read_server_files"),
    (WRITE_SERVER_FILES, "pg_write_server_files"),
    (EXECUTE_SERVER_PROGRAM, "pg_execute_server_program"),
    (READ_ALL_DATA, "pg_read_all_data"),
    (WRITE_ALL_DATA, "pg_write_all_data"),
    (MAINTAIN, "pg_maintain"),
];
const DEFAULT_TABLESPACE: Oid = Oid(1663);
const HEAP: Oid = Oid(2);
const BTREE: Oid = Oid(403);
const INTERNAL_LANGUAGE: Oid = Oid(12);

/// Rows by catalog.
#[derive(Default)]
struct Content {
    rows: BTreeMap<Oid, Vec<Vec<Value>>>,
}

impl Content {
    fn add<T: CatalogRow>(&mut self, row: T) {
        self.rows.entry(T::DECLARATION.oid).or_default().push(row.to_values());
    }
}

/// Fills a new cluster. The session is of database `template1`, in a transaction, which the caller commits. The log forgets its
/// records meanwhile: the caller makes everything durable afterwards.
/// # Errors
/// Those of writing.
pub fn bootstrap(
    session: &Rc<Session>,
    pool: &'static BufferPool,
    invalidations: SharedInvalidations,
    registry: &Registry,
    superuser: &str,
    password: Option<&str>,
) -> Result<()> {
    let catalog = Catalog::new(session.clone(), pool, invalidations);
    let mut content = Content::default();
    relations(&mut content, superuser);
    TYPES.iter().for_each(|known| content.add(type_row(known)));
    functions(&mut content, registry)?;
    operators(&mut content, registry);
    cluster(&mut content, superuser, password);
    for declared in CATALOGS {
        let rows = content.rows.remove(&declared.oid).unwrap_or_default();
        fill(&catalog, declared, &rows)?;
    }
    catalog.next_command()?;
    crate::system_views::create(&catalog, superuser)?;
    for database in [Oid(4), Oid(5)] {
        let place = |database| (DEFAULT_TABLESPACE, database);
        recovery::copy_database_to_files(pool, place(TEMPLATE1), place(database))?;
    }
    Ok(())
}

/// Stores a catalog's rows and builds its indexes.
fn fill(catalog: &Catalog, declared: &CatalogDeclaration, rows: &[Vec<Value>]) -> Result<()> {
    let (access, pool) = (catalog.access(), catalog.pool());
    let storage = catalog_storage(declared.is_shared, declared.oid, catalog.database());
    pool.create(storage.file, ForkNumber::Main)?;
    if declared.toast.is_valid() {
        let stored = |oid| catalog_storage(declared.is_shared, oid, catalog.database());
        let toast = access_toast::ToastTable::new(stored(declared.toast), stored(declared.toast_index));
        pool.create(toast.heap.file, ForkNumber::Main)?;
        pool.create(toast.index.relation.file, ForkNumber::Main)?;
        access_btree::create(access, &toast.index)?;
    }
    let mut encoded: Vec<Vec<u8>> = Vec::with_capacity(rows.len());
    for row in rows {
        let mut bytes = Vec::new();
        tuple::encode(row.as_slice(), &mut bytes);
        encoded.push(bytes);
    }
    let mut slices: Vec<&mut [u8]> = encoded.iter_mut().map(Vec::as_mut_slice).collect();
    let mut places: Vec<TupleId> = Vec::with_capacity(rows.len());
    insert_batch(access, &storage, &mut slices, &mut BulkInsert::new(access), &mut places)?;
    for index in declared.indexes {
        let description = catalog_index(declared, index, catalog.database());
        pool.create(description.relation.file, ForkNumber::Main)?;
        access_btree::create(access, &description)?;
        let mut keys: Vec<Key> =
            rows.iter().zip(&places).map(|(row, place)| index_key(declared, index, row, *place)).collect();
        keys.sort_by(|a, b| {
            let values = a.values.iter().zip(&b.values).zip(&description.columns);
            values
                .map(|((a, b), column)| access_btree::compare_in_column(column, a, b))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| a.address.cmp(&b.address))
        });
        let mut builder = Builder::new(access, &description);
        keys.iter().try_for_each(|key| builder.add(key))?;
        builder.finish()?;
    }
    Ok(())
}

/// `pg_class` row of a relation without anything special about it.
pub(crate) fn class_row(relation: Oid, name: &str, namespace: Oid, kind: u8) -> PgClass {
    PgClass {
        oid: relation,
        relname: name.into(),
        relnamespace: namespace,
        reltype: Oid::INVALID,
        reloftype: Oid::INVALID,
        relowner: SUPERUSER,
        relam: match kind {
            b'r' | b't' | b'm' => HEAP,
            b'i' => BTREE,
            _ => Oid::INVALID,
        },
        relfilenode: relation,
        reltablespace: Oid::INVALID,
        relpages: 0,
        reltuples: if kind == b'r' || kind == b'i' { -1.0 } else { 0.0 },
        relallvisible: 0,
        relallfrozen: 0,
        reltoastrelid: Oid::INVALID,
        relhasindex: false,
        relisshared: false,
        relpersistence: b'p',
        relkind: kind,
        relnatts: 0,
        relchecks: 0,
        relhasrules: false,
        relhastriggers: false,
        relhassubclass: false,
        relrowsecurity: false,
        relforcerowsecurity: false,
        relispopulated: true,
        relreplident: if kind == b'r' { b'd' } else { b'n' },
        relispartition: false,
        relrewrite: Oid::INVALID,
        relfrozenxid: Xid(0),
        relminmxid: Xid(0),
        relacl: None,
        reloptions: None,
        relpartbound: None,
    }
}

/// `pg_attribute` row of a column of a built-in type.
pub(crate) fn attribute_row(relation: Oid, name: &str, number: i16, data_type: Oid) -> PgAttribute {
    let known = type_description(data_type);
    PgAttribute {
        attrelid: relation,
        attname: name.into(),
        atttypid: data_type,
        attlen: known.map_or(-1, |known| known.length),
        attnum: number,
        atttypmod: -1,
        attndims: i16::from(known.is_some_and(|known| known.is_array() && known.length == -1)),
        attbyval: known.is_some_and(|known| known.by_value),
        attalign: known.map_or(b'i', |known| known.align),
        attstorage: known.map_or(b'x', |known| known.storage),
        attcompression: 0,
        attnotnull: false,
        atthasdef: false,
        atthasmissing: false,
        attidentity: 0,
        attgenerated: 0,
        attisdropped: false,
        attislocal: true,
        attinhcount: 0,
        attcollation: known.map_or(Oid::INVALID, |known| known.collation),
        attstattarget: None,
        attacl: None,
        attoptions: None,
        attfdwoptions: None,
        attmissingval: None,
    }
}

/// The columns that every table has besides its own.
pub(crate) const SYSTEM_COLUMNS: [(&str, i16, Oid); 6] = [
    ("ctid", -1, oid::TID),
    ("xmin", -2, oid::XID),
    ("cmin", -3, oid::CID),
    ("xmax", -4, oid::XID),
    ("cmax", -5, oid::CID),
    ("tableoid", -6, oid::OID),
];

/// What an object's owner may do, and everybody, as items of an access control list.
pub(crate) fn initial_privileges(owner: &str, own: &str, everybody: &str) -> Vec<String> {
    let owner = parser::quote_identifier(owner);
    let mut items = vec![format!("{owner}={own}/{owner}")];
    if !everybody.is_empty() {
        items.push(format!("={everybody}/{owner}"));
    }
    items
}

fn relations(content: &mut Content, superuser: &str) {
    for declared in CATALOGS {
        let everybody = if PRIVATE.contains(&declared.oid) { "" } else { "r" };
        let acl = AclItems(initial_privileges(superuser, "arwdDxtm", everybody));
        content.add(PgInitPrivs {
            objoid: declared.oid,
            classoid: PgClass::OID,
            objsubid: 0,
            privtype: b'i',
            initprivs: acl.clone(),
        });
        content.add(PgClass {
            reltype: declared.row_type,
            relnatts: declared.columns.len() as i16,
            relhasindex: !declared.indexes.is_empty(),
            relisshared: declared.is_shared,
            reltablespace: tablespace_of(declared),
            reltoastrelid: declared.toast,
            relacl: Some(acl),
            ..class_row(declared.oid, declared.name, PG_CATALOG, b'r')
        });
        for (at, column) in declared.columns.iter().enumerate() {
            content.add(PgAttribute {
                attnotnull: !column.is_nullable,
                ..attribute_row(declared.oid, column.name, at as i16 + 1, column.data_type)
            });
        }
        for (name, number, data_type) in SYSTEM_COLUMNS {
            content.add(PgAttribute {
                attnotnull: true,
                ..attribute_row(declared.oid, name, number, data_type)
            });
        }
        content.add(row_type(declared.row_type, declared.name, declared.oid));
        if declared.toast.is_valid() {
            toast_relations(content, declared);
        }
        for index in declared.indexes {
            let positions: Vec<usize> = index.columns.iter().map(|name| declared.position(name)).collect();
            content.add(PgClass {
                relnatts: positions.len() as i16,
                relisshared: declared.is_shared,
                reltablespace: tablespace_of(declared),
                ..class_row(index.oid, index.name, PG_CATALOG, b'i')
            });
            for (at, name) in index.columns.iter().enumerate() {
                let data_type = declared.columns[positions[at]].data_type;
                content.add(attribute_row(index.oid, name, at as i16 + 1, data_type));
            }
            let keys: Vec<i16> = positions.iter().map(|at| *at as i16 + 1).collect();
            let types = positions.iter().map(|at| declared.columns[*at].data_type);
            content.add(index_row(index.oid, declared.oid, &keys, types, index.kind));
            if index.constraint.is_valid() {
                let kind = if index.kind == IndexKind::Primary { b'p' } else { b'u' };
                content.add(PgConstraint {
                    conindid: index.oid,
                    conkey: Some(Int2Array(keys)),
                    ..constraint_row(index.constraint, index.name, PG_CATALOG, kind, declared.oid)
                });
            }
        }
    }
}

fn tablespace_of(declared: &CatalogDeclaration) -> Oid {
    if declared.is_shared { Oid(1664) } else { Oid::INVALID }
}

/// The rows of a catalog's TOAST table and that one's index.
fn toast_relations(content: &mut Content, declared: &CatalogDeclaration) {
    let name = format!("pg_toast_{}", declared.oid);
    let columns = crate::toast::COLUMNS;
    let keys = &columns[..2];
    content.add(PgClass {
        relnatts: columns.len() as i16,
        reltuples: -1.0,
        relhasindex: true,
        relisshared: declared.is_shared,
        reltablespace: tablespace_of(declared),
        ..class_row(declared.toast, &name, PG_TOAST, b't')
    });
    content.add(PgClass {
        relnatts: keys.len() as i16,
        relisshared: declared.is_shared,
        reltablespace: tablespace_of(declared),
        ..class_row(declared.toast_index, &format!("{name}_index"), PG_TOAST, b'i')
    });
    let all = columns.iter().map(|column| (declared.toast, column));
    for (relation, (name, data_type)) in all.chain(keys.iter().map(|column| (declared.toast_index, column))) {
        let number = columns.iter().position(|(known, _)| known == name).unwrap_or(0) as i16 + 1;
        let attstorage = b'p';
        content.add(PgAttribute { attstorage, ..attribute_row(relation, name, number, *data_type) });
    }
    for (name, number, data_type) in SYSTEM_COLUMNS {
        content
            .add(PgAttribute { attnotnull: true, ..attribute_row(declared.toast, name, number, data_type) });
    }
    let types = keys.iter().map(|(_, data_type)| *data_type);
    content.add(index_row(declared.toast_index, declared.toast, &[1, 2], types, IndexKind::Primary));
}

/// `pg_index` row of an index of the system's own.
fn index_row(
    index: Oid,
    table: Oid,
    keys: &[i16],
    types: impl Iterator<Item = Oid> + Clone,
    kind: IndexKind,
) -> PgIndex {
    PgIndex {
        indexrelid: index,
        indrelid: table,
        indnatts: keys.len() as i16,
        indnkeyatts: keys.len() as i16,
        indisunique: kind != IndexKind::Plain,
        indnullsnotdistinct: false,
        indisprimary: kind == IndexKind::Primary,
        indisexclusion: false,
        indimmediate: true,
        indisclustered: false,
        indisvalid: true,
        indcheckxmin: false,
        indisready: true,
        indislive: true,
        indisreplident: false,
        indkey: keys.to_vec(),
        indcollation: types.clone().map(collation_of).collect(),
        indclass: types.map(|data_type| operator_class(data_type).0).collect(),
        indoption: vec![0; keys.len()],
        indexprs: None,
        indpred: None,
    }
}

fn collation_of(data_type: Oid) -> Oid {
    type_description(data_type).map_or(Oid::INVALID, |known| known.collation)
}

/// `pg_constraint` row of a constraint of a table.
pub(crate) fn constraint_row(
    constraint: Oid,
    name: &str,
    namespace: Oid,
    kind: u8,
    relation: Oid,
) -> PgConstraint {
    PgConstraint {
        oid: constraint,
        conname: name.into(),
        connamespace: namespace,
        contype: kind,
        condeferrable: false,
        condeferred: false,
        conenforced: true,
        convalidated: true,
        conrelid: relation,
        contypid: Oid::INVALID,
        conindid: Oid::INVALID,
        conparentid: Oid::INVALID,
        confrelid: Oid::INVALID,
        confupdtype: b' ',
        confdeltype: b' ',
        confmatchtype: b' ',
        conislocal: true,
        coninhcount: 0,
        connoinherit: kind != b'c' && kind != b'n',
        conperiod: false,
        conkey: None,
        confkey: None,
        conpfeqop: None,
        conppeqop: None,
        conffeqop: None,
        confdelsetcols: None,
        conexclop: None,
        conbin: None,
    }
}

/// The type of a relation's rows.
pub(crate) fn row_type(type_oid: Oid, name: &str, relation: Oid) -> PgType {
    let record = type_description(oid::RECORD);
    PgType {
        oid: type_oid,
        typname: name.into(),
        typnamespace: PG_CATALOG,
        typowner: SUPERUSER,
        typlen: -1,
        typbyval: false,
        typtype: b'c',
        typcategory: b'C',
        typispreferred: false,
        typisdefined: true,
        typdelim: b',',
        typrelid: relation,
        typsubscript: RegProc(Oid::INVALID),
        typelem: Oid::INVALID,
        typarray: Oid::INVALID,
        typinput: RegProc(record.map_or(Oid::INVALID, |record| record.input)),
        typoutput: RegProc(record.map_or(Oid::INVALID, |record| record.output)),
        typreceive: RegProc(record.map_or(Oid::INVALID, |record| record.receive)),
        typsend: RegProc(record.map_or(Oid::INVALID, |record| record.send)),
        typmodin: RegProc(Oid::INVALID),
        typmodout: RegProc(Oid::INVALID),
        typanalyze: RegProc(Oid::INVALID),
        typalign: b'd',
        typstorage: b'x',
        typnotnull: false,
        typbasetype: Oid::INVALID,
        typtypmod: -1,
        typndims: 0,
        typcollation: Oid::INVALID,
        typdefaultbin: None,
        typdefault: None,
        typacl: None,
    }
}

fn type_row(known: &TypeDescription) -> PgType {
    PgType {
        typlen: known.length,
        typbyval: known.by_value,
        typtype: known.kind,
        typcategory: known.category,
        typispreferred: known.is_preferred,
        typdelim: known.delimiter,
        typrelid: Oid::INVALID,
        typsubscript: RegProc(known.subscript),
        typelem: known.element,
        typarray: known.array,
        typinput: RegProc(known.input),
        typoutput: RegProc(known.output),
        typreceive: RegProc(known.receive),
        typsend: RegProc(known.send),
        typmodin: RegProc(known.modifier_in),
        typmodout: RegProc(known.modifier_out),
        typalign: known.align,
        typstorage: known.storage,
        typcollation: known.collation,
        ..row_type(known.oid, known.name, Oid::INVALID)
    }
}

/// The defaults of a function's last arguments, as constants of their types.
fn stored_defaults(function: &FunctionDeclaration) -> Result<Option<NodeTree>> {
    if function.defaults.is_empty() {
        return Ok(None);
    }
    let settings = FormatSettings::default();
    let context = Context { settings: &settings, catalog: &BuiltInCatalog };
    let types = &function.arguments[function.arguments.len() - function.defaults.len()..];
    let mut constants = Vec::new();
    for (data_type, text) in types.iter().zip(function.defaults) {
        let value = match *text {
            "NULL" => Value::Null,
            text => types::io::input(*data_type, -1, text, &context)?,
        };
        constants.push(Expression::constant(value, DataType::new(*data_type)));
    }
    Ok(Some(NodeTree(nodes::text::write_expressions(&constants))))
}

fn functions(content: &mut Content, registry: &Registry) -> Result<()> {
    for function in registry.functions() {
        let outputs = function.columns;
        let all_types = (!outputs.is_empty()).then(|| {
            let inputs = function.arguments.iter().copied();
            catalog::field::OidArray(inputs.chain(outputs.iter().map(|(_, data_type)| *data_type)).collect())
        });
        let modes = (!outputs.is_empty()).then(|| {
            let inputs = function.arguments.iter().map(|_| b'i');
            catalog::field::CharArray(inputs.chain(outputs.iter().map(|_| b'o')).collect())
        });
        let names: Vec<String> = function
            .argument_names
            .iter()
            .map(|name| (*name).to_string())
            .chain(outputs.iter().map(|(name, _)| (*name).to_string()))
            .collect();
        content.add(PgProc {
            oid: function.oid,
            proname: function.name.into(),
            pronamespace: PG_CATALOG,
            proowner: SUPERUSER,
            prolang: INTERNAL_LANGUAGE,
            procost: function.cost,
            prorows: function.rows,
            provariadic: function.variadic,
            prosupport: RegProc(Oid::INVALID),
            prokind: function.kind(),
            prosecdef: false,
            proleakproof: function.is_leakproof,
            proisstrict: function.is_strict,
            proretset: function.returns_set(),
            provolatile: match function.volatility {
                Volatility::Immutable => b'i',
                Volatility::Stable => b's',
                Volatility::Volatile => b'v',
            },
            proparallel: match function.parallel {
                ParallelSafety::Safe => b's',
                ParallelSafety::Restricted => b'r',
                ParallelSafety::Unsafe => b'u',
            },
            pronargs: function.arguments.len() as i16,
            pronargdefaults: function.defaults.len() as i16,
            prorettype: function.result,
            proargtypes: function.arguments.to_vec(),
            proallargtypes: all_types,
            proargmodes: modes,
            proargnames: (!names.is_empty()).then_some(names),
            proargdefaults: stored_defaults(function)?,
            protrftypes: None,
            prosrc: function.symbol.to_string(),
            probin: None,
            prosqlbody: None,
            proconfig: None,
            proacl: None,
        });
    }
    for aggregate in registry.aggregates() {
        content.add(PgAggregate {
            aggfnoid: RegProc(aggregate.function),
            aggkind: aggregate.kind,
            aggnumdirectargs: 0,
            aggtransfn: RegProc(Oid::INVALID),
            aggfinalfn: RegProc(Oid::INVALID),
            aggcombinefn: RegProc(Oid::INVALID),
            aggserialfn: RegProc(Oid::INVALID),
            aggdeserialfn: RegProc(Oid::INVALID),
            aggmtransfn: RegProc(Oid::INVALID),
            aggminvtransfn: RegProc(Oid::INVALID),
            aggmfinalfn: RegProc(Oid::INVALID),
            aggfinalextra: false,
            aggmfinalextra: false,
            aggfinalmodify: b'r',
            aggmfinalmodify: b'r',
            aggsortop: aggregate.sort_operator,
            aggtranstype: aggregate.transition_type,
            aggtransspace: 0,
            aggmtranstype: Oid::INVALID,
            aggmtransspace: 0,
            agginitval: aggregate.initial_value.map(str::to_string),
            aggminitval: None,
        });
    }
    Ok(())
}

fn operators(content: &mut Content, registry: &Registry) {
    for operator in registry.operators() {
        content.add(PgOperator {
            oid: operator.oid,
            oprname: operator.name.into(),
            oprnamespace: PG_CATALOG,
            oprowner: SUPERUSER,
            oprkind: if operator.left.is_valid() { b'b' } else { b'l' },
            oprcanmerge: operator.can_merge,
            oprcanhash: operator.can_hash,
            oprleft: operator.left,
            oprright: operator.right,
            oprresult: operator.result,
            oprcom: operator.commutator,
            oprnegate: operator.negator,
            oprcode: RegProc(operator.function),
            oprrest: RegProc(Oid::INVALID),
            oprjoin: RegProc(Oid::INVALID),
        });
    }
    for cast in registry.casts() {
        content.add(PgCast {
            oid: cast.oid,
            castsource: cast.source,
            casttarget: cast.target,
            castfunc: cast.function,
            castcontext: match cast.context {
                CastContext::Explicit => b'e',
                CastContext::Assignment => b'a',
                CastContext::Implicit => b'i',
            },
            castmethod: match cast.method {
                CastMethod::Function => b'f',
                CastMethod::InputOutput => b'i',
                CastMethod::Binary => b'b',
            },
        });
    }
    // Only access methods that exist have operator classes.
    for family in registry.families().iter().filter(|family| family.method == BTREE) {
        content.add(PgOpfamily {
            oid: family.oid,
            opfmethod: family.method,
            opfname: family.name.into(),
            opfnamespace: PG_CATALOG,
            opfowner: SUPERUSER,
        });
    }
    let is_known =
        |family: Oid| registry.families().iter().any(|known| known.oid == family && known.method == BTREE);
    for class in registry.classes().iter().filter(|class| class.method == BTREE) {
        content.add(PgOpclass {
            oid: class.oid,
            opcmethod: class.method,
            opcname: class.name.into(),
            opcnamespace: PG_CATALOG,
            opcowner: SUPERUSER,
            opcfamily: class.family,
            opcintype: class.input,
            opcdefault: class.is_default,
            opckeytype: class.key,
        });
    }
    for member in registry.family_operators().iter().filter(|member| is_known(member.family)) {
        content.add(PgAmop {
            oid: member.oid,
            amopfamily: member.family,
            amoplefttype: member.left,
            amoprighttype: member.right,
            amopstrategy: member.strategy,
            amoppurpose: b's',
            amopopr: member.operator,
            amopmethod: member.method,
            amopsortfamily: Oid::INVALID,
        });
    }
    for member in registry.family_functions().iter().filter(|member| is_known(member.family)) {
        content.add(PgAmproc {
            oid: member.oid,
            amprocfamily: member.family,
            amproclefttype: member.left,
            amprocrighttype: member.right,
            amprocnum: member.number,
            amproc: RegProc(member.function),
        });
    }
}

fn cluster(content: &mut Content, superuser: &str, password: Option<&str>) {
    let role = |oid: Oid, name: &str| PgAuthid {
        oid,
        rolname: name.into(),
        rolsuper: false,
        rolinherit: true,
        rolcreaterole: false,
        rolcreatedb: false,
        rolcanlogin: false,
        rolreplication: false,
        rolbypassrls: false,
        rolconnlimit: -1,
        rolpassword: None,
        rolvaliduntil: None,
    };
    content.add(PgAuthid {
        rolsuper: true,
        rolcreaterole: true,
        rolcreatedb: true,
        rolcanlogin: true,
        rolreplication: true,
        rolbypassrls: true,
        rolpassword: password.map(str::to_string),
        ..role(SUPERUSER, superuser)
    });
    content.add(role(DATABASE_OWNER, "pg_database_owner"));
    for (oid, name) in PREDEFINED_ROLES {
        content.add(role(*oid, name));
    }
    // The role for monitoring has what the roles for its parts have.
    for (at, part) in [READ_ALL_SETTINGS, READ_ALL_STATS, STAT_SCAN_TABLES].into_iter().enumerate() {
        content.add(PgAuthMembers {
            oid: Oid(10_308 + at as u32),
            roleid: part,
            member: MONITOR,
            grantor: SUPERUSER,
            admin_option: false,
            inherit_option: true,
            set_option: true,
        });
    }
    for (oid, name, owner, owner_name, comment) in [
        (PG_CATALOG, "pg_catalog", SUPERUSER, superuser, "system catalog schema"),
        (PG_TOAST, "pg_toast", SUPERUSER, superuser, "reserved schema for TOAST tables"),
        (PUBLIC, "public", DATABASE_OWNER, "pg_database_owner", "standard public schema"),
        (INFORMATION_SCHEMA, "information_schema", SUPERUSER, superuser, ""),
    ] {
        let acl = (oid != PG_TOAST).then(|| AclItems(initial_privileges(owner_name, "UC", "U")));
        if let Some(acl) = &acl {
            content.add(PgInitPrivs {
                objoid: oid,
                classoid: PgNamespace::OID,
                objsubid: 0,
                privtype: b'i',
                initprivs: acl.clone(),
            });
        }
        if !comment.is_empty() {
            content.add(description(oid, PgNamespace::OID, comment));
        }
        content.add(PgNamespace { oid, nspname: name.into(), nspowner: owner, nspacl: acl });
    }
    for (oid, comment) in [
        (TEMPLATE1, "default template for new databases"),
        (Oid(4), "unmodifiable empty database"),
        (Oid(5), "default administrative connection database"),
    ] {
        content.add(PgShdescription {
            objoid: oid,
            classoid: PgDatabase::OID,
            description: comment.to_string(),
        });
    }
    for (oid, name, is_template, may_connect) in [
        (TEMPLATE1, "template1", true, true),
        (Oid(4), "template0", true, false),
        (Oid(5), "postgres", false, true),
    ] {
        let owner = parser::quote_identifier(superuser);
        // Templates are copied by nobody but their owner and creators of databases.
        let datacl =
            is_template.then(|| AclItems(vec![format!("=c/{owner}"), format!("{owner}=CTc/{owner}")]));
        content.add(PgDatabase { datacl, ..database_row(oid, name, SUPERUSER, is_template, may_connect) });
    }
    for (oid, name) in [(DEFAULT_TABLESPACE, "pg_default"), (Oid(1664), "pg_global")] {
        content.add(PgTablespace {
            oid,
            spcname: name.into(),
            spcowner: SUPERUSER,
            spcacl: None,
            spcoptions: None,
        });
    }
    for (oid, name, handler, kind, comment) in [
        (HEAP, "heap", 3, b't', "heap table access method"),
        (BTREE, "btree", 330, b'i', "b-tree index access method"),
    ] {
        content.add(description(oid, PgAm::OID, comment));
        content.add(PgAm { oid, amname: name.into(), amhandler: RegProc(Oid(handler)), amtype: kind });
    }
    content.add(PgLanguage {
        oid: INTERNAL_LANGUAGE,
        lanname: Name::from("internal"),
        lanowner: SUPERUSER,
        lanispl: false,
        lanpltrusted: false,
        lanplcallfoid: Oid::INVALID,
        laninline: Oid::INVALID,
        lanvalidator: Oid::INVALID,
        lanacl: None,
    });
    for (oid, name, provider) in
        [(Oid(100), "default", b'd'), (Oid(950), "C", b'c'), (Oid(951), "POSIX", b'c')]
    {
        let locale = (provider == b'c').then(|| name.to_string());
        content.add(PgCollation {
            oid,
            collname: name.into(),
            collnamespace: PG_CATALOG,
            collowner: SUPERUSER,
            collprovider: provider,
            collisdeterministic: true,
            collencoding: -1,
            collcollate: locale.clone(),
            collctype: locale,
            colllocale: None,
            collicurules: None,
            collversion: None,
        });
    }
}

/// A comment on an object that is there from the start.
fn description(object: Oid, class: Oid, text: &str) -> PgDescription {
    PgDescription { objoid: object, classoid: class, objsubid: 0, description: text.to_string() }
}

/// `pg_database` row of a database in UTF-8 with collation "C".
pub fn database_row(oid: Oid, name: &str, owner: Oid, is_template: bool, may_connect: bool) -> PgDatabase {
    const UTF8: i32 = 6;
    PgDatabase {
        oid,
        datname: name.into(),
        datdba: owner,
        encoding: UTF8,
        datlocprovider: b'c',
        datistemplate: is_template,
        datallowconn: may_connect,
        dathasloginevt: false,
        datconnlimit: -1,
        datfrozenxid: Xid(0),
        datminmxid: Xid(0),
        dattablespace: DEFAULT_TABLESPACE,
        datcollate: "C".into(),
        datctype: "C".into(),
        datlocale: None,
        daticurules: None,
        datcollversion: None,
        datacl: None,
    }
}
