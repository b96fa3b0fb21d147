//! The views of `information_schema`: the SQL standard's picture of the database, restricted to what the role may see.
//!
//! Columns have the types below the standard's domains: `name`, `varchar`, `int4`.

use super::View;

pub(super) const VIEWS: &[View] = &[
    ("information_schema_catalog_name", "r", "SELECT current_database() AS catalog_name"),
    (
        "enabled_roles",
        "r",
        "SELECT rolname AS role_name FROM pg_authid WHERE pg_has_role(oid, 'USAGE'::text)",
    ),
    (
        "schemata",
        "r",
        "SELECT current_database() AS catalog_name, n.nspname AS schema_name, u.rolname AS schema_owner, \
         NULL::name AS default_character_set_catalog, NULL::name AS default_character_set_schema, \
         NULL::name AS default_character_set_name, NULL::varchar AS sql_path \
         FROM pg_namespace n JOIN pg_authid u ON u.oid = n.nspowner \
         WHERE pg_has_role(n.nspowner, 'USAGE'::text) OR has_schema_privilege(n.oid, 'CREATE, USAGE'::text)",
    ),
    (
        "tables",
        "r",
        "SELECT current_database() AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, \
         CASE WHEN c.relpersistence = 't' THEN 'LOCAL TEMPORARY' WHEN c.relkind IN ('r', 'p') THEN 'BASE TABLE' \
         WHEN c.relkind = 'v' THEN 'VIEW' WHEN c.relkind = 'f' THEN 'FOREIGN' END::varchar AS table_type, \
         NULL::name AS self_referencing_column_name, NULL::varchar AS reference_generation, \
         NULL::name AS user_defined_type_catalog, NULL::name AS user_defined_type_schema, \
         NULL::name AS user_defined_type_name, \
         CASE WHEN c.relkind IN ('r', 'p') THEN 'YES' ELSE 'NO' END::varchar(3) AS is_insertable_into, \
         CASE WHEN c.reloftype <> 0 THEN 'YES' ELSE 'NO' END::varchar(3) AS is_typed, \
         NULL::varchar AS commit_action \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'v', 'f', 'p') AND (pg_has_role(c.relowner, 'USAGE'::text) \
         OR has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'::text) \
         OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'::text))",
    ),
    // What `columns` is made of; a stored query has a limit.
    (
        "_pg_columns",
        "r",
        "SELECT c.oid AS relation, n.nspname AS table_schema, c.relname AS table_name, c.relkind, a.attname, \
         a.attnum, a.atttypmod AS modifier, a.attnotnull, a.attidentity, a.attgenerated, a.attcollation, \
         t.oid AS type, t.typname, t.typelem <> 0 AND t.typlen = -1 AS is_array, tn.nspname AS type_schema \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid \
         JOIN pg_namespace tn ON tn.oid = t.typnamespace \
         WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'f', 'p') \
         AND (pg_has_role(c.relowner, 'USAGE'::text) \
         OR has_column_privilege(c.oid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES'::text))",
    ),
    (
        "columns",
        "r",
        "SELECT current_database() AS table_catalog, a.table_schema, a.table_name, a.attname AS column_name, \
         a.attnum::int4 AS ordinal_position, \
         CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END::varchar AS column_default, \
         CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END::varchar(3) AS is_nullable, \
         CASE WHEN a.is_array THEN 'ARRAY' WHEN a.type_schema = 'pg_catalog' THEN format_type(a.type, NULL) \
         ELSE 'USER-DEFINED' END::varchar AS data_type, \
         CASE WHEN a.modifier <> -1 AND a.type IN (1042, 1043) THEN a.modifier - 4 END AS character_maximum_length, \
         CASE WHEN a.type = 25 OR a.type IN (1042, 1043) AND a.modifier = -1 THEN 1073741824 \
         WHEN a.type IN (1042, 1043) THEN (a.modifier - 4) * 4 END AS character_octet_length, \
         CASE a.type WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 700 THEN 24 WHEN 701 THEN 53 \
         WHEN 1700 THEN CASE WHEN a.modifier <> -1 THEN (a.modifier - 4) / 65536 END END AS numeric_precision, \
         CASE WHEN a.type IN (21, 23, 20, 700, 701) THEN 2 WHEN a.type = 1700 THEN 10 END \
         AS numeric_precision_radix, \
         CASE WHEN a.type IN (21, 23, 20) THEN 0 \
         WHEN a.type = 1700 AND a.modifier <> -1 THEN (a.modifier - 4) % 2048 END AS numeric_scale, \
         CASE WHEN a.type = 1082 THEN 0 \
         WHEN a.type IN (1083, 1114, 1184, 1266) THEN CASE WHEN a.modifier < 0 THEN 6 ELSE a.modifier END \
         WHEN a.type = 1186 THEN CASE WHEN a.modifier < 0 OR a.modifier % 65536 = 65535 THEN 6 \
         ELSE a.modifier % 65536 END END AS datetime_precision, \
         CASE WHEN a.type = 1186 THEN nullif(upper(trim(regexp_replace(format_type(a.type, a.modifier), \
         'interval|[(][0-9]*[)]', '', 'g'))), '') END::varchar AS interval_type, NULL::int4 AS interval_precision, \
         NULL::name AS character_set_catalog, NULL::name AS character_set_schema, \
         NULL::name AS character_set_name, \
         CASE WHEN k.oid IS NOT NULL THEN current_database() END AS collation_catalog, \
         CASE WHEN k.oid IS NOT NULL THEN k.collnamespace::regnamespace::text::name END AS collation_schema, \
         k.collname AS collation_name, \
         NULL::name AS domain_catalog, NULL::name AS domain_schema, NULL::name AS domain_name, \
         current_database() AS udt_catalog, a.type_schema AS udt_schema, a.typname AS udt_name, \
         NULL::name AS scope_catalog, NULL::name AS scope_schema, NULL::name AS scope_name, \
         NULL::int4 AS maximum_cardinality, a.attnum::text::name AS dtd_identifier, \
         'NO'::varchar(3) AS is_self_referencing, \
         CASE WHEN a.attidentity <> '' THEN 'YES' ELSE 'NO' END::varchar(3) AS is_identity, \
         CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END::varchar AS identity_generation, \
         s.seqstart::varchar AS identity_start, s.seqincrement::varchar AS identity_increment, \
         s.seqmax::varchar AS identity_maximum, s.seqmin::varchar AS identity_minimum, \
         CASE WHEN s.seqcycle THEN 'YES' ELSE 'NO' END::varchar(3) AS identity_cycle, \
         CASE WHEN a.attgenerated <> '' THEN 'ALWAYS' ELSE 'NEVER' END::varchar AS is_generated, \
         CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END::varchar AS generation_expression, \
         CASE WHEN a.relkind IN ('r', 'p') THEN 'YES' ELSE 'NO' END::varchar(3) AS is_updatable \
         FROM information_schema._pg_columns a \
         LEFT JOIN pg_attrdef d ON d.adrelid = a.relation AND d.adnum = a.attnum \
         LEFT JOIN pg_collation k ON k.oid = a.attcollation AND k.oid <> 100 \
         LEFT JOIN (pg_depend p JOIN pg_sequence s ON s.seqrelid = p.objid AND p.classid = 1259) \
         ON p.refclassid = 1259 AND p.refobjid = a.relation AND p.refobjsubid = a.attnum AND p.deptype = 'i'",
    ),
    (
        "table_constraints",
        "r",
        "SELECT current_database() AS constraint_catalog, kn.nspname AS constraint_schema, \
         k.conname AS constraint_name, current_database() AS table_catalog, n.nspname AS table_schema, \
         c.relname AS table_name, \
         CASE k.contype WHEN 'c' THEN 'CHECK' WHEN 'n' THEN 'CHECK' WHEN 'f' THEN 'FOREIGN KEY' \
         WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' END::varchar AS constraint_type, \
         CASE WHEN k.condeferrable THEN 'YES' ELSE 'NO' END::varchar(3) AS is_deferrable, \
         CASE WHEN k.condeferred THEN 'YES' ELSE 'NO' END::varchar(3) AS initially_deferred, \
         CASE WHEN k.conenforced THEN 'YES' ELSE 'NO' END::varchar(3) AS enforced, \
         CASE WHEN k.contype = 'u' THEN (SELECT CASE WHEN x.indnullsnotdistinct THEN 'NO' ELSE 'YES' END \
         FROM pg_index x WHERE x.indexrelid = k.conindid) END::varchar(3) AS nulls_distinct \
         FROM pg_constraint k JOIN pg_namespace kn ON kn.oid = k.connamespace \
         JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE k.contype IN ('c', 'n', 'f', 'p', 'u') AND c.relkind IN ('r', 'p') \
         AND (pg_has_role(c.relowner, 'USAGE'::text) \
         OR has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'::text) \
         OR has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES'::text))",
    ),
    (
        "check_constraints",
        "r",
        "SELECT current_database() AS constraint_catalog, n.nspname AS constraint_schema, \
         k.conname AS constraint_name, \
         CASE WHEN k.contype = 'n' THEN (SELECT quote_ident(a.attname) || ' IS NOT NULL' FROM pg_attribute a \
         WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1]) \
         ELSE substring(pg_get_constraintdef(k.oid), 8, length(pg_get_constraintdef(k.oid)) - 8) \
         END::varchar AS check_clause \
         FROM pg_constraint k LEFT JOIN pg_namespace n ON n.oid = k.connamespace \
         LEFT JOIN pg_class c ON c.oid = k.conrelid \
         WHERE k.contype IN ('c', 'n') AND pg_has_role(c.relowner, 'USAGE'::text)",
    ),
    (
        "key_column_usage",
        "r",
        "SELECT current_database() AS constraint_catalog, kn.nspname AS constraint_schema, \
         k.conname AS constraint_name, current_database() AS table_catalog, n.nspname AS table_schema, \
         c.relname AS table_name, a.attname AS column_name, p.place::int4 AS ordinal_position, \
         CASE WHEN k.contype = 'f' THEN (SELECT q.place FROM pg_constraint target, \
         unnest(target.conkey) WITH ORDINALITY AS q(number, place) \
         WHERE target.conindid = k.conindid AND target.contype IN ('p', 'u') \
         AND q.number = k.confkey[p.place::int4]) END::int4 AS position_in_unique_constraint \
         FROM pg_constraint k JOIN pg_namespace kn ON kn.oid = k.connamespace \
         JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS p(number, place) \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.number \
         WHERE k.contype IN ('p', 'u', 'f') AND c.relkind IN ('r', 'p') \
         AND (pg_has_role(c.relowner, 'USAGE'::text) \
         OR has_column_privilege(c.oid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES'::text))",
    ),
    (
        "constraint_column_usage",
        "r",
        "SELECT current_database() AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, \
         a.attname AS column_name, current_database() AS constraint_catalog, kn.nspname AS constraint_schema, \
         k.conname AS constraint_name \
         FROM pg_constraint k JOIN pg_namespace kn ON kn.oid = k.connamespace \
         JOIN pg_class c ON c.oid = CASE WHEN k.contype = 'f' THEN k.confrelid ELSE k.conrelid END \
         JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_attribute a ON a.attrelid = c.oid \
         AND a.attnum = ANY (CASE WHEN k.contype = 'f' THEN k.confkey ELSE k.conkey END) \
         WHERE k.contype IN ('c', 'n', 'p', 'u', 'f') AND c.relkind IN ('r', 'p') \
         AND NOT a.attisdropped AND pg_has_role(c.relowner, 'USAGE'::text)",
    ),
    (
        "referential_constraints",
        "r",
        "SELECT current_database() AS constraint_catalog, n.nspname AS constraint_schema, \
         k.conname AS constraint_name, \
         CASE WHEN target.oid IS NOT NULL THEN current_database() END AS unique_constraint_catalog, \
         tn.nspname AS unique_constraint_schema, target.conname AS unique_constraint_name, \
         CASE k.confmatchtype WHEN 'f' THEN 'FULL' WHEN 'p' THEN 'PARTIAL' WHEN 's' THEN 'NONE' \
         END::varchar AS match_option, \
         CASE k.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' \
         WHEN 'r' THEN 'RESTRICT' WHEN 'a' THEN 'NO ACTION' END::varchar AS update_rule, \
         CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' \
         WHEN 'r' THEN 'RESTRICT' WHEN 'a' THEN 'NO ACTION' END::varchar AS delete_rule \
         FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace \
         JOIN pg_class c ON c.oid = k.conrelid \
         LEFT JOIN pg_constraint target ON target.conindid = k.conindid AND target.contype IN ('p', 'u') \
         LEFT JOIN pg_namespace tn ON tn.oid = target.connamespace \
         WHERE k.contype = 'f' AND (pg_has_role(c.relowner, 'USAGE'::text) \
         OR has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'::text))",
    ),
    (
        "views",
        "r",
        "SELECT current_database() AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, \
         CASE WHEN pg_has_role(c.relowner, 'USAGE'::text) THEN pg_get_viewdef(c.oid) END::varchar \
         AS view_definition, \
         CASE WHEN 'check_option=cascaded' = ANY (c.reloptions) THEN 'CASCADED' \
         WHEN 'check_option=local' = ANY (c.reloptions) THEN 'LOCAL' ELSE 'NONE' END::varchar AS check_option, \
         'NO'::varchar(3) AS is_updatable, 'NO'::varchar(3) AS is_insertable_into, \
         'NO'::varchar(3) AS is_trigger_updatable, 'NO'::varchar(3) AS is_trigger_deletable, \
         'NO'::varchar(3) AS is_trigger_insertable_into \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'v' AND (pg_has_role(c.relowner, 'USAGE'::text) \
         OR has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'::text) \
         OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'::text))",
    ),
    (
        "sequences",
        "r",
        "SELECT current_database() AS sequence_catalog, n.nspname AS sequence_schema, \
         c.relname AS sequence_name, format_type(s.seqtypid, NULL)::varchar AS data_type, \
         CASE s.seqtypid WHEN 21 THEN 16 WHEN 23 THEN 32 ELSE 64 END::int4 AS numeric_precision, \
         2::int4 AS numeric_precision_radix, 0::int4 AS numeric_scale, s.seqstart::varchar AS start_value, \
         s.seqmin::varchar AS minimum_value, s.seqmax::varchar AS maximum_value, \
         s.seqincrement::varchar AS increment, \
         CASE WHEN s.seqcycle THEN 'YES' ELSE 'NO' END::varchar(3) AS cycle_option \
         FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 1259 AND d.objid = c.oid AND d.deptype = 'i') \
         AND (pg_has_role(c.relowner, 'USAGE'::text) \
         OR has_sequence_privilege(c.oid, 'SELECT, UPDATE, USAGE'::text))",
    ),
    (
        "table_privileges",
        "r",
        "SELECT g.rolname AS grantor, \
         CASE WHEN x.grantee = 0 THEN 'PUBLIC'::name ELSE e.rolname END AS grantee, \
         current_database() AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, \
         x.privilege_type::varchar AS privilege_type, \
         CASE WHEN x.is_grantable OR pg_has_role(x.grantee, c.relowner, 'USAGE'::text) THEN 'YES' ELSE 'NO' \
         END::varchar(3) AS is_grantable, \
         CASE WHEN x.privilege_type = 'SELECT' THEN 'YES' ELSE 'NO' END::varchar(3) AS with_hierarchy \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         CROSS JOIN LATERAL aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS x \
         JOIN pg_authid g ON g.oid = x.grantor LEFT JOIN pg_authid e ON e.oid = x.grantee \
         WHERE c.relkind IN ('r', 'v', 'f', 'p') AND x.privilege_type <> 'MAINTAIN' \
         AND (pg_has_role(g.oid, 'USAGE'::text) OR x.grantee = 0 OR pg_has_role(e.oid, 'USAGE'::text))",
    ),
];
