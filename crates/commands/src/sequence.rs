//! Sequences: their definition, and the functions that count with them.
//!
//! A sequence is a table of one row (`last_value`, `log_cnt`, `is_called`) that is changed in place, whatever becomes
//! of the transaction, under the lock of its page.

use std::rc::Rc;

use access_api::StoredRelation;
use access_heap::OnlyRow;
use catalog::tables::*;
use catalog::{Catalog, CatalogView, Relation, RelationKind};
use common::{BlockNumber, OffsetNumber, Oid, RelationFile, TupleId};
use error::{Error, Result, error};
use nodes::DataType;
use parser::ast::{
    AlterSequenceStatement, CreateSequenceStatement, QualifiedName, RelationName, SequenceOption,
};
use storage_lock::{LockMode, LockTag, Scope, Wait};
use tuple::TupleHeader;
use types::{Value, oid};

use crate::depend::{self, AUTOMATIC, INTERNAL, Object};
use crate::environment::Environment;
use crate::new_relation::{
    self, NewColumn, NewRelation, already_exists, change_class, create_file, new_relation_oid, persistence,
};

/// The one row's address.
const ROW: TupleId = TupleId { block: BlockNumber(0), offset: OffsetNumber(1) };

/// What a sequence's row says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct State {
    last_value: i64,
    /// Values beyond it that the log has already given away.
    log_cnt: i64,
    is_called: bool,
}

/// Values that a log record gives away ahead.
const LOGGED_AHEAD: i128 = 32;

/// CREATE SEQUENCE.
pub(crate) fn create_statement(
    environment: &mut Environment<'_>,
    statement: &CreateSequenceStatement,
) -> Result<()> {
    let schema = environment.creation_schema(&statement.name)?;
    let name = &statement.name.name;
    if environment.catalog.relation_by_name(schema, name)?.is_some() {
        if statement.if_not_exists {
            environment.notice(error!(DUPLICATE_TABLE, "relation \"{name}\" already exists, skipping"));
            return Ok(());
        }
        return Err(already_exists(name));
    }
    let persistence = persistence(statement.persistence, "sequences")?;
    let sequence = create(environment, name, schema, persistence, None, &statement.options)?;
    own(environment, sequence, &statement.options)
}

/// ALTER SEQUENCE.
pub(crate) fn alter_statement(
    environment: &mut Environment<'_>,
    statement: &AlterSequenceStatement,
) -> Result<()> {
    let Some(relation) = environment.find_relation(&statement.name, LockMode::ShareRowExclusive)? else {
        if statement.if_exists {
            let name = &statement.name.name;
            environment.notice(error!(SUCCESSFUL_COMPLETION, "relation \"{name}\" does not exist, skipping"));
            return Ok(());
        }
        return Err(environment.no_such_relation(&statement.name));
    };
    if relation.kind != RelationKind::Sequence {
        return Err(error!(WRONG_OBJECT_TYPE, "\"{}\" is not a sequence", relation.name));
    }
    environment.check_owner(&relation)?;
    alter(environment, &relation, &statement.options)?;
    own(environment, relation.oid, &statement.options)
}

/// Changes parameters, and the row if the parameters say so.
pub(crate) fn alter(
    environment: &mut Environment<'_>,
    relation: &Relation,
    options: &[SequenceOption],
) -> Result<()> {
    let catalog = environment.catalog;
    catalog.next_command()?;
    let keys = [Value::Oid(relation.oid)];
    let found = catalog.find::<PgSequence>(PgSequence::BY_SEQRELID, &keys)?.into_iter().next();
    let Some((address, old)) = found else { return Err(no_parameters(relation)) };
    let state = read(catalog, relation)?;
    let (row, state) = parameters(environment, Some((&old, state)), relation.oid, None, options)?;
    catalog.update(address, &row)?;
    if let Some(state) = state {
        rewrite(environment, relation.oid, state)?;
    }
    catalog.next_command()
}

/// A new file with this row, so that a rollback brings the old one back.
fn rewrite(environment: &Environment<'_>, sequence: Oid, state: State) -> Result<()> {
    let catalog = environment.catalog;
    let relation = environment.current(sequence)?;
    environment.lock_relation(sequence, LockMode::AccessExclusive)?;
    let file = new_relation_oid(catalog)?;
    let made = create_file(catalog, file)?;
    catalog.session().note_dropped(relation.storage.file);
    change_class(catalog, sequence, |row| row.relfilenode = file)?;
    store(catalog, &StoredRelation { file: made, ..relation.storage }, state)
}

/// Starts a sequence again, for TRUNCATE ... RESTART IDENTITY.
pub(crate) fn restart(environment: &Environment<'_>, sequence: Oid) -> Result<()> {
    let row = environment.catalog.row::<PgSequence>(PgSequence::BY_SEQRELID, &[Value::Oid(sequence)])?;
    let Some(row) = row else { return Ok(()) };
    rewrite(environment, sequence, State { last_value: row.seqstart, log_cnt: 0, is_called: false })
}

/// Makes a sequence; `data_type` is that of the column it is for.
pub(crate) fn create(
    environment: &Environment<'_>,
    name: &str,
    schema: Oid,
    persistence: u8,
    data_type: Option<Oid>,
    options: &[SequenceOption],
) -> Result<Oid> {
    let catalog = environment.catalog;
    let column = |name: &str, data_type: Oid| NewColumn {
        not_null: true,
        ..NewColumn::new(name, DataType { oid: data_type, modifier: -1, collation: Oid::INVALID })
    };
    let sequence = new_relation::create(
        environment,
        &NewRelation {
            name: name.into(),
            schema,
            kind: RelationKind::Sequence,
            persistence,
            columns: vec![
                column("last_value", oid::INT8),
                column("log_cnt", oid::INT8),
                column("is_called", oid::BOOL),
            ],
            options: None,
            check_count: 0,
        },
    )?;
    let (row, state) = parameters(environment, None, sequence, data_type, options)?;
    catalog.insert(&row)?;
    let relation = environment.current(sequence)?;
    store(
        catalog,
        &relation.storage,
        state.unwrap_or(State { last_value: row.seqstart, log_cnt: 0, is_called: false }),
    )?;
    Ok(sequence)
}

/// Ties a sequence to a column: it goes with it.
pub(crate) fn tie(
    catalog: &Catalog,
    sequence: Oid,
    table: Oid,
    column: i16,
    is_identity: bool,
) -> Result<()> {
    let kind = if is_identity { INTERNAL } else { AUTOMATIC };
    depend::depend(catalog, Object::relation(sequence), Object::column(table, column), kind)
}

/// OWNED BY.
fn own(environment: &mut Environment<'_>, sequence: Oid, options: &[SequenceOption]) -> Result<()> {
    let Some(column) = options.iter().find_map(|option| match option {
        SequenceOption::OwnedBy { column, .. } => Some(column),
        _ => None,
    }) else {
        return Ok(());
    };
    let catalog = environment.catalog;
    catalog.next_command()?;
    let object = Object::relation(sequence);
    let current = depend::references(catalog, object)?;
    if current.iter().any(|(_, kind)| *kind == INTERNAL) {
        return Err(Error::unsupported("cannot change ownership of identity sequence"));
    }
    let target = match column.parts.split_last() {
        Some((last, [])) if last == "none" => None,
        Some((last, table @ [.., _])) => {
            let table = QualifiedName { parts: table.to_vec(), location: column.location };
            let name: RelationName = crate::name::relation_name(&table);
            let relation = environment.relation(&name, LockMode::AccessShare)?;
            let column = crate::constraint::column_of(&relation, last)?;
            Some((relation.oid, column.number.0))
        }
        _ => {
            return Err(error!(SYNTAX_ERROR, "invalid OWNED BY option")
                .hint("Specify OWNED BY table.column or OWNED BY NONE."));
        }
    };
    depend::forget(catalog, object, Some(PgClass::OID))?;
    if let Some((table, column)) = target {
        tie(catalog, sequence, table, column, false)?;
    }
    Ok(())
}

fn number(text: &str) -> Result<i64> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits
        .parse()
        .map_err(|_| error!(NUMERIC_VALUE_OUT_OF_RANGE, "value \"{text}\" is out of range for type bigint"))
}

/// The parameters after the options, and the row's new state if they set one.
fn parameters(
    environment: &Environment<'_>,
    old: Option<(&PgSequence, State)>,
    sequence: Oid,
    data_type: Option<Oid>,
    options: &[SequenceOption],
) -> Result<(PgSequence, Option<State>)> {
    let catalog = environment.catalog;
    let mut row = match old {
        Some((old, _)) => old.clone(),
        None => PgSequence {
            seqrelid: sequence,
            seqtypid: data_type.unwrap_or(oid::INT8),
            seqstart: 0,
            seqincrement: 1,
            seqmax: 0,
            seqmin: 0,
            seqcache: 1,
            seqcycle: false,
        },
    };
    let old_range = range_of(row.seqtypid);
    let mut new_type = old.is_none();
    let (mut start, mut maximum, mut minimum, mut restart) = (None, None, None, None);
    for option in options {
        match option {
            SequenceOption::As { type_name, .. } => {
                let found = analyzer::resolve_type_name(type_name, environment.source, catalog)?.oid;
                if range_of(found).is_none() {
                    let what = if data_type.is_some() { "identity column" } else { "sequence" };
                    return Err(error!(
                        INVALID_PARAMETER_VALUE,
                        "{what} type must be smallint, integer, or bigint"
                    ));
                }
                // Bounds that were the old type's become the new one's.
                if let (Some(_), Some((low, high))) = (old, old_range) {
                    if row.seqmax == high {
                        maximum = Some(None)
                    }
                    if row.seqmin == low {
                        minimum = Some(None)
                    }
                }
                row.seqtypid = found;
                new_type = true;
            }
            SequenceOption::Cache { value, .. } => {
                row.seqcache = number(value)?;
                if row.seqcache <= 0 {
                    return Err(error!(
                        INVALID_PARAMETER_VALUE,
                        "CACHE ({}) must be greater than zero", row.seqcache
                    ));
                }
            }
            SequenceOption::Cycle { is_cycled, .. } => row.seqcycle = *is_cycled,
            SequenceOption::Increment { value, .. } => {
                row.seqincrement = number(value)?;
                if row.seqincrement == 0 {
                    return Err(error!(INVALID_PARAMETER_VALUE, "INCREMENT must not be zero"));
                }
            }
            SequenceOption::MaxValue { value, .. } => {
                maximum = Some(value.as_deref().map(number).transpose()?);
            }
            SequenceOption::MinValue { value, .. } => {
                minimum = Some(value.as_deref().map(number).transpose()?);
            }
            SequenceOption::Restart { value, .. } => {
                restart = Some(value.as_deref().map(number).transpose()?);
            }
            SequenceOption::Start { value, .. } => start = Some(number(value)?),
            SequenceOption::Logged { .. }
            | SequenceOption::OwnedBy { .. }
            | SequenceOption::SequenceName { .. } => {}
        }
    }
    let Some((low, high)) = range_of(row.seqtypid) else {
        return Err(error!(
            INVALID_PARAMETER_VALUE,
            "identity column type must be smallint, integer, or bigint"
        ));
    };
    let ascending = row.seqincrement > 0;
    let type_name = analyzer::type_format::format_type(catalog, row.seqtypid, -1)?;
    match maximum {
        Some(Some(value)) => row.seqmax = value,
        Some(None) => row.seqmax = if ascending { high } else { -1 },
        None if old.is_none() => row.seqmax = if ascending { high } else { -1 },
        None => {}
    }
    match minimum {
        Some(Some(value)) => row.seqmin = value,
        Some(None) => row.seqmin = if ascending { 1 } else { low },
        None if old.is_none() => row.seqmin = if ascending { 1 } else { low },
        None => {}
    }
    if new_type || maximum.is_some() {
        check_range("MAXVALUE", row.seqmax, (low, high), &type_name)?;
    }
    if new_type || minimum.is_some() {
        check_range("MINVALUE", row.seqmin, (low, high), &type_name)?;
    }
    if row.seqmin >= row.seqmax {
        return Err(error!(
            INVALID_PARAMETER_VALUE,
            "MINVALUE ({}) must be less than MAXVALUE ({})", row.seqmin, row.seqmax
        ));
    }
    match start {
        Some(value) => row.seqstart = value,
        None if old.is_none() => row.seqstart = if ascending { row.seqmin } else { row.seqmax },
        None => {}
    }
    check_within("START", row.seqstart, &row)?;
    let mut state =
        old.map_or(State { last_value: row.seqstart, log_cnt: 0, is_called: false }, |(_, state)| state);
    // What was promised was counted in old steps.
    state.log_cnt = 0;
    if let Some(value) = restart {
        state = State { last_value: value.unwrap_or(row.seqstart), log_cnt: 0, is_called: false };
    }
    check_within("RESTART", state.last_value, &row)?;
    let changed = old.is_none_or(|(_, old)| old != state);
    Ok((row, changed.then_some(state)))
}

fn range_of(data_type: Oid) -> Option<(i64, i64)> {
    match data_type {
        oid::INT2 => Some((i64::from(i16::MIN), i64::from(i16::MAX))),
        oid::INT4 => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        oid::INT8 => Some((i64::MIN, i64::MAX)),
        _ => None,
    }
}

fn check_range(what: &str, value: i64, range: (i64, i64), type_name: &str) -> Result<()> {
    if (range.0..=range.1).contains(&value) {
        return Ok(());
    }
    Err(error!(
        INVALID_PARAMETER_VALUE,
        "{what} ({value}) is out of range for sequence data type {type_name}"
    ))
}

fn check_within(what: &str, value: i64, row: &PgSequence) -> Result<()> {
    let problem = match value {
        _ if value < row.seqmin => format!("cannot be less than MINVALUE ({})", row.seqmin),
        _ if value > row.seqmax => format!("cannot be greater than MAXVALUE ({})", row.seqmax),
        _ => return Ok(()),
    };
    Err(error!(INVALID_PARAMETER_VALUE, "{what} value ({value}) {problem}"))
}

fn no_parameters(relation: &Relation) -> Error {
    Error::internal(format!("cache lookup failed for sequence {}", relation.oid))
}

// The row.

fn encoded(state: State) -> Vec<u8> {
    let State { last_value, log_cnt, is_called } = state;
    let values = [Value::Int8(last_value), Value::Int8(log_cnt), Value::Bool(is_called)];
    let mut bytes = Vec::new();
    tuple::encode(values.as_slice(), &mut bytes);
    bytes
}

fn decoded(row: &[u8]) -> Option<State> {
    let (last_value, rest) = row.get(TupleHeader::new(row).data_offset()..)?.split_first_chunk()?;
    let (log_cnt, rest) = rest.split_first_chunk()?;
    let (last_value, log_cnt) = (i64::from_le_bytes(*last_value), i64::from_le_bytes(*log_cnt));
    Some(State { last_value, log_cnt, is_called: *rest.first()? != 0 })
}

fn no_row(name: &str) -> Error {
    Error::corrupted(format!("bad sequence \"{name}\": it has no row"))
}

/// Writes the row of a new file.
fn store(catalog: &Catalog, storage: &StoredRelation, state: State) -> Result<()> {
    let access = catalog.access();
    access_heap::insert(access, storage, &mut encoded(state), None)?;
    let row = encoded(state);
    access_heap::change_only_row(access, storage, &mut |_, _| {
        Ok(OnlyRow { row: row.clone(), logged: Some(row.clone()) })
    })
}

fn read(catalog: &Catalog, relation: &Relation) -> Result<State> {
    let found =
        access_heap::fetch_any(catalog.access(), &relation.storage, ROW, |row, _| Ok(decoded(row.bytes)))?;
    found.flatten().ok_or_else(|| no_row(&relation.name))
}

/// Locks the sequence and reads what is known of it.
fn open(catalog: &Catalog, sequence: Oid) -> Result<(Rc<Relation>, Rc<PgSequence>)> {
    let scope = Scope::Transaction { level: catalog.session().level() };
    let table = LockTag::relation(catalog.database(), sequence);
    catalog.session().locks().acquire(table, LockMode::RowExclusive, scope, Wait::Block)?;
    catalog.accept_invalidations();
    let relation = sequence_relation(catalog, sequence)?;
    let row = catalog.row::<PgSequence>(PgSequence::BY_SEQRELID, &[Value::Oid(sequence)])?;
    let row = row.ok_or_else(|| no_parameters(&relation))?;
    Ok((relation, row))
}

fn sequence_relation(catalog: &Catalog, sequence: Oid) -> Result<Rc<Relation>> {
    let relation = catalog.relation(sequence)?;
    let relation =
        relation.ok_or_else(|| error!(UNDEFINED_TABLE, "could not open relation with OID {sequence}"))?;
    if relation.kind != RelationKind::Sequence {
        return Err(error!(WRONG_OBJECT_TYPE, "\"{}\" is not a sequence", relation.name));
    }
    Ok(relation)
}

/// Values that a session got: one for now, and those after it that `CACHE` lets it keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Values {
    next: i64,
    /// How many are left, `next` included.
    count: i64,
    increment: i64,
    /// The sequence's file: another one means that the sequence was reset.
    file: RelationFile,
}

impl Values {
    /// Takes a value that was got before; `None` when all are used up or the sequence was reset.
    /// # Errors
    /// 42809 for another relation.
    pub fn take(&mut self, catalog: &Catalog, sequence: Oid) -> Result<Option<i64>> {
        if self.count == 0 || open(catalog, sequence)?.0.storage.file != self.file {
            return Ok(None);
        }
        Ok(Some(self.pop()))
    }

    fn pop(&mut self) -> i64 {
        let value = self.next;
        self.count -= 1;
        self.next = self.next.wrapping_add(self.increment);
        value
    }
}

/// `nextval`: the value, and further ones for the session to keep.
///
/// What is logged lies ahead of what is given, so that only every 33rd call writes to the log.
/// # Errors
/// 2200H at the end of a sequence that does not cycle.
pub fn next_value(catalog: &Catalog, sequence: Oid) -> Result<(i64, Values)> {
    let (relation, row) = open(catalog, sequence)?;
    let increment = row.seqincrement;
    let mut values = Values { next: 0, count: 0, increment, file: relation.storage.file };
    access_heap::change_only_row(catalog.access(), &relation.storage, &mut |old, must_log| {
        let state = decoded(old).ok_or_else(|| no_row(&relation.name))?;
        let first = following(&row, state, &relation.name)?;
        let bound = if increment > 0 { row.seqmax } else { row.seqmin };
        // Steps that are possible after the first value.
        let room = (i128::from(bound) - i128::from(first)) / i128::from(increment);
        let kept = i128::from(row.seqcache - 1).min(room);
        let value = |steps: i128| (i128::from(first) + steps * i128::from(increment)) as i64;
        let is_promised = state.is_called && state.log_cnt >= row.seqcache && !must_log;
        let ahead = if is_promised {
            i128::from(state.log_cnt - row.seqcache)
        } else {
            LOGGED_AHEAD.min(room - kept)
        };
        (values.next, values.count) = (first, kept as i64 + 1);
        let new = State { last_value: value(kept), log_cnt: ahead as i64, is_called: true };
        let promise = State { last_value: value(kept + ahead), log_cnt: 0, is_called: true };
        Ok(OnlyRow { row: encoded(new), logged: (!is_promised).then(|| encoded(promise)) })
    })?;
    Ok((values.pop(), values))
}

fn following(row: &PgSequence, state: State, name: &str) -> Result<i64> {
    if !state.is_called {
        return Ok(state.last_value);
    }
    let next = state.last_value.checked_add(row.seqincrement);
    match next.filter(|next| (row.seqmin..=row.seqmax).contains(next)) {
        Some(next) => Ok(next),
        None if row.seqcycle => Ok(if row.seqincrement > 0 { row.seqmin } else { row.seqmax }),
        None => {
            let (what, bound) =
                if row.seqincrement > 0 { ("maximum", row.seqmax) } else { ("minimum", row.seqmin) };
            Err(error!(
                SEQUENCE_GENERATOR_LIMIT_EXCEEDED,
                "nextval: reached {what} value of sequence \"{name}\" ({bound})"
            ))
        }
    }
}

/// The value that the sequence gave last, to whomever; nothing if it gave none yet.
///
/// What the session itself got last (`currval`) the session remembers.
/// # Errors
/// 42809 for another relation.
pub fn current_value(catalog: &Catalog, sequence: Oid) -> Result<Option<i64>> {
    let relation = sequence_relation(catalog, sequence)?;
    let state = read(catalog, &relation)?;
    Ok(state.is_called.then_some(state.last_value))
}

/// A sequence's last value, and whether it was given out.
/// # Errors
/// 42809 for another relation.
pub fn data(catalog: &Catalog, sequence: Oid) -> Result<(i64, bool)> {
    let relation = sequence_relation(catalog, sequence)?;
    let state = read(catalog, &relation)?;
    Ok((state.last_value, state.is_called))
}

/// `setval`.
/// # Errors
/// 22003 for a value out of bounds.
pub fn set_value(catalog: &Catalog, sequence: Oid, value: i64, is_called: bool) -> Result<()> {
    let (relation, row) = open(catalog, sequence)?;
    if !(row.seqmin..=row.seqmax).contains(&value) {
        return Err(error!(
            NUMERIC_VALUE_OUT_OF_RANGE,
            "setval: value {value} is out of bounds for sequence \"{}\" ({}..{})",
            relation.name,
            row.seqmin,
            row.seqmax
        ));
    }
    let row = encoded(State { last_value: value, log_cnt: 0, is_called });
    access_heap::change_only_row(catalog.access(), &relation.storage, &mut |_, _| {
        Ok(OnlyRow { row: row.clone(), logged: Some(row.clone()) })
    })
}
