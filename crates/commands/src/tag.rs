//! Command tags: the word by which clients, process titles and messages know a statement.

use parser::ast::{ObjectType, Statement, TransactionKind};

/// The command tag of a statement, without numbers.
pub fn tag(statement: &Statement) -> &'static str {
    match statement {
        Statement::Select(_) => "SELECT",
        Statement::Insert(_) => "INSERT",
        Statement::Update(_) => "UPDATE",
        Statement::Delete(_) => "DELETE",
        Statement::Merge(_) => "MERGE",
        Statement::CreateTable(_) => "CREATE TABLE",
        Statement::CreateTableAs(_) => "CREATE TABLE AS",
        Statement::CreateIndex(_) => "CREATE INDEX",
        Statement::CreateSequence(_) => "CREATE SEQUENCE",
        Statement::AlterSequence(_) => "ALTER SEQUENCE",
        Statement::CreateSchema(_) => "CREATE SCHEMA",
        Statement::CreateView(_) => "CREATE VIEW",
        Statement::CreateDatabase(_) => "CREATE DATABASE",
        Statement::AlterDatabase(_) => "ALTER DATABASE",
        Statement::DropDatabase(_) => "DROP DATABASE",
        Statement::CreateRole(_) => "CREATE ROLE",
        Statement::AlterRole(_) | Statement::AlterRoleSet(_) => "ALTER ROLE",
        Statement::DropRole(_) => "DROP ROLE",
        Statement::AlterSystem(_) => "ALTER SYSTEM",
        Statement::AlterTable(statement) => of_alter(statement.object_type),
        Statement::Rename(statement) => of_alter(statement.object.object_type),
        Statement::AlterOwner(statement) => of_alter(statement.object.object_type),
        Statement::AlterObjectSchema(statement) => of_alter(statement.object.object_type),
        Statement::Drop(statement) => of_drop(statement.object_type),
        Statement::Grant(statement) if statement.is_grant => "GRANT",
        Statement::Grant(_) => "REVOKE",
        Statement::GrantRole(statement) if statement.is_grant => "GRANT ROLE",
        Statement::GrantRole(_) => "REVOKE ROLE",
        Statement::Comment(_) => "COMMENT",
        Statement::Truncate(_) => "TRUNCATE TABLE",
        Statement::Reindex(_) => "REINDEX",
        Statement::Lock(_) => "LOCK TABLE",
        Statement::Vacuum(statement) if statement.is_vacuum => "VACUUM",
        Statement::Vacuum(_) => "ANALYZE",
        Statement::Checkpoint => "CHECKPOINT",
        Statement::Copy(_) => "COPY",
        Statement::Explain(_) => "EXPLAIN",
        Statement::Prepare(_) => "PREPARE",
        Statement::Execute(_) => "EXECUTE",
        Statement::Deallocate(_) => "DEALLOCATE",
        Statement::DeclareCursor(_) => "DECLARE CURSOR",
        Statement::Fetch(fetch) if fetch.is_move => "MOVE",
        Statement::Fetch(_) => "FETCH",
        Statement::Close(_) => "CLOSE CURSOR",
        Statement::Discard(_) => "DISCARD",
        Statement::Set(_) => "SET",
        Statement::Show(_) => "SHOW",
        Statement::Transaction(control) => match control.kind {
            TransactionKind::Begin(_) => "BEGIN",
            TransactionKind::Start(_) => "START TRANSACTION",
            TransactionKind::Commit { .. } => "COMMIT",
            TransactionKind::Savepoint(_) => "SAVEPOINT",
            TransactionKind::Release(_) => "RELEASE",
            _ => "ROLLBACK",
        },
        _ => "???",
    }
}

fn of_alter(object_type: ObjectType) -> &'static str {
    match object_type {
        ObjectType::Index => "ALTER INDEX",
        ObjectType::View => "ALTER VIEW",
        ObjectType::Sequence => "ALTER SEQUENCE",
        ObjectType::Schema => "ALTER SCHEMA",
        ObjectType::Database => "ALTER DATABASE",
        ObjectType::Role => "ALTER ROLE",
        ObjectType::MaterializedView => "ALTER MATERIALIZED VIEW",
        _ => "ALTER TABLE",
    }
}

fn of_drop(object_type: ObjectType) -> &'static str {
    match object_type {
        ObjectType::Index => "DROP INDEX",
        ObjectType::View => "DROP VIEW",
        ObjectType::Sequence => "DROP SEQUENCE",
        ObjectType::Schema => "DROP SCHEMA",
        _ => "DROP TABLE",
    }
}
