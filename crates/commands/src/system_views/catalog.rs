//! The views of `pg_catalog`.

use super::View;

pub(super) const VIEWS: &[View] = &[
    (
        "pg_roles",
        "r",
        "SELECT a.rolname, a.rolsuper, a.rolinherit, a.rolcreaterole, a.rolcreatedb, a.rolcanlogin, \
         a.rolreplication, a.rolconnlimit, '********'::text AS rolpassword, a.rolvaliduntil, a.rolbypassrls, \
         s.setconfig AS rolconfig, a.oid \
         FROM pg_authid a LEFT JOIN pg_db_role_setting s ON s.setrole = a.oid AND s.setdatabase = 0",
    ),
    (
        "pg_shadow",
        "",
        "SELECT a.rolname AS usename, a.oid AS usesysid, a.rolcreatedb AS usecreatedb, a.rolsuper AS usesuper, \
         a.rolreplication AS userepl, a.rolbypassrls AS usebypassrls, a.rolpassword AS passwd, \
         a.rolvaliduntil AS valuntil, s.setconfig AS useconfig \
         FROM pg_authid a LEFT JOIN pg_db_role_setting s ON s.setrole = a.oid AND s.setdatabase = 0 \
         WHERE a.rolcanlogin",
    ),
    (
        "pg_user",
        "r",
        "SELECT usename, usesysid, usecreatedb, usesuper, userepl, usebypassrls, '********'::text AS passwd, \
         valuntil, useconfig FROM pg_shadow",
    ),
    (
        "pg_group",
        "r",
        "SELECT rolname AS groname, oid AS grosysid, \
         ARRAY(SELECT m.member FROM pg_auth_members m WHERE m.roleid = pg_authid.oid) AS grolist \
         FROM pg_authid WHERE NOT rolcanlogin",
    ),
    (
        "pg_tables",
        "r",
        "SELECT n.nspname AS schemaname, c.relname AS tablename, pg_get_userbyid(c.relowner) AS tableowner, \
         t.spcname AS tablespace, c.relhasindex AS hasindexes, c.relhasrules AS hasrules, \
         c.relhastriggers AS hastriggers, c.relrowsecurity AS rowsecurity \
         FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace WHERE c.relkind IN ('r', 'p')",
    ),
    (
        "pg_views",
        "r",
        "SELECT n.nspname AS schemaname, c.relname AS viewname, pg_get_userbyid(c.relowner) AS viewowner, \
         pg_get_viewdef(c.oid) AS definition \
         FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v'",
    ),
    (
        "pg_matviews",
        "r",
        "SELECT n.nspname AS schemaname, c.relname AS matviewname, pg_get_userbyid(c.relowner) AS matviewowner, \
         t.spcname AS tablespace, c.relhasindex AS hasindexes, c.relispopulated AS ispopulated, \
         pg_get_viewdef(c.oid) AS definition \
         FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace WHERE c.relkind = 'm'",
    ),
    (
        "pg_indexes",
        "r",
        "SELECT n.nspname AS schemaname, c.relname AS tablename, i.relname AS indexname, \
         t.spcname AS tablespace, pg_get_indexdef(i.oid) AS indexdef \
         FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
         LEFT JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_tablespace t ON t.oid = i.reltablespace \
         WHERE c.relkind IN ('r', 'm', 'p') AND i.relkind IN ('i', 'I')",
    ),
    (
        "pg_sequences",
        "r",
        "SELECT n.nspname AS schemaname, c.relname AS sequencename, \
         pg_get_userbyid(c.relowner) AS sequenceowner, s.seqtypid::regtype AS data_type, \
         s.seqstart AS start_value, s.seqmin AS min_value, s.seqmax AS max_value, \
         s.seqincrement AS increment_by, s.seqcycle AS cycle, s.seqcache AS cache_size, \
         CASE WHEN has_sequence_privilege(c.oid, 'SELECT,USAGE'::text) \
         THEN pg_sequence_last_value(c.oid::regclass) END AS last_value \
         FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid \
         LEFT JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S'",
    ),
    (
        "pg_rules",
        "r",
        "SELECT n.nspname AS schemaname, c.relname AS tablename, r.rulename, pg_get_ruledef(r.oid) AS definition \
         FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class \
         LEFT JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.rulename <> '_RETURN'",
    ),
    (
        "pg_stats",
        "r",
        "SELECT n.nspname AS schemaname, c.relname AS tablename, a.attname, s.stainherit AS inherited, \
         s.stanullfrac AS null_frac, s.stawidth AS avg_width, s.stadistinct AS n_distinct, \
         CASE 1 WHEN s.stakind1 THEN s.stavalues1 WHEN s.stakind2 THEN s.stavalues2 \
         WHEN s.stakind3 THEN s.stavalues3 WHEN s.stakind4 THEN s.stavalues4 \
         WHEN s.stakind5 THEN s.stavalues5 END AS most_common_vals, \
         CASE 1 WHEN s.stakind1 THEN s.stanumbers1 WHEN s.stakind2 THEN s.stanumbers2 \
         WHEN s.stakind3 THEN s.stanumbers3 WHEN s.stakind4 THEN s.stanumbers4 \
         WHEN s.stakind5 THEN s.stanumbers5 END AS most_common_freqs, \
         CASE 2 WHEN s.stakind1 THEN s.stavalues1 WHEN s.stakind2 THEN s.stavalues2 \
         WHEN s.stakind3 THEN s.stavalues3 WHEN s.stakind4 THEN s.stavalues4 \
         WHEN s.stakind5 THEN s.stavalues5 END AS histogram_bounds, \
         CASE 3 WHEN s.stakind1 THEN s.stanumbers1[1] WHEN s.stakind2 THEN s.stanumbers2[1] \
         WHEN s.stakind3 THEN s.stanumbers3[1] WHEN s.stakind4 THEN s.stanumbers4[1] \
         WHEN s.stakind5 THEN s.stanumbers5[1] END AS correlation, \
         CASE 4 WHEN s.stakind1 THEN s.stavalues1 WHEN s.stakind2 THEN s.stavalues2 \
         WHEN s.stakind3 THEN s.stavalues3 WHEN s.stakind4 THEN s.stavalues4 \
         WHEN s.stakind5 THEN s.stavalues5 END AS most_common_elems, \
         CASE 4 WHEN s.stakind1 THEN s.stanumbers1 WHEN s.stakind2 THEN s.stanumbers2 \
         WHEN s.stakind3 THEN s.stanumbers3 WHEN s.stakind4 THEN s.stanumbers4 \
         WHEN s.stakind5 THEN s.stanumbers5 END AS most_common_elem_freqs, \
         CASE 5 WHEN s.stakind1 THEN s.stanumbers1 WHEN s.stakind2 THEN s.stanumbers2 \
         WHEN s.stakind3 THEN s.stanumbers3 WHEN s.stakind4 THEN s.stanumbers4 \
         WHEN s.stakind5 THEN s.stanumbers5 END AS elem_count_histogram, \
         CASE 6 WHEN s.stakind1 THEN s.stavalues1 WHEN s.stakind2 THEN s.stavalues2 \
         WHEN s.stakind3 THEN s.stavalues3 WHEN s.stakind4 THEN s.stavalues4 \
         WHEN s.stakind5 THEN s.stavalues5 END AS range_length_histogram, \
         CASE 6 WHEN s.stakind1 THEN s.stanumbers1[1] WHEN s.stakind2 THEN s.stanumbers2[1] \
         WHEN s.stakind3 THEN s.stanumbers3[1] WHEN s.stakind4 THEN s.stanumbers4[1] \
         WHEN s.stakind5 THEN s.stanumbers5[1] END AS range_empty_frac, \
         CASE 7 WHEN s.stakind1 THEN s.stavalues1 WHEN s.stakind2 THEN s.stavalues2 \
         WHEN s.stakind3 THEN s.stavalues3 WHEN s.stakind4 THEN s.stavalues4 \
         WHEN s.stakind5 THEN s.stavalues5 END AS range_bounds_histogram \
         FROM pg_statistic s JOIN pg_class c ON c.oid = s.starelid \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = s.staattnum \
         LEFT JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE NOT a.attisdropped AND has_column_privilege(c.oid, a.attnum, 'select'::text)",
    ),
    ("pg_settings", "rw", "SELECT * FROM pg_show_all_settings()"),
    ("pg_file_settings", "", "SELECT * FROM pg_show_all_file_settings()"),
    ("pg_locks", "r", "SELECT * FROM pg_lock_status()"),
    (
        "pg_stat_activity",
        "r",
        "SELECT s.datid, d.datname, s.pid, s.leader_pid, s.usesysid, u.rolname AS usename, s.application_name, \
         s.client_addr, s.client_hostname, s.client_port, s.backend_start, s.xact_start, s.query_start, \
         s.state_change, s.wait_event_type, s.wait_event, s.state, s.backend_xid, s.backend_xmin, s.query_id, \
         s.query, s.backend_type \
         FROM pg_stat_get_activity(NULL) s LEFT JOIN pg_database d ON d.oid = s.datid \
         LEFT JOIN pg_authid u ON u.oid = s.usesysid",
    ),
    (
        "pg_stat_ssl",
        "r",
        "SELECT pid, ssl, sslversion AS version, sslcipher AS cipher, sslbits AS bits, ssl_client_dn AS client_dn, \
         ssl_client_serial AS client_serial, ssl_issuer_dn AS issuer_dn \
         FROM pg_stat_get_activity(NULL) WHERE client_port IS NOT NULL",
    ),
    (
        "pg_stat_all_tables",
        "r",
        "SELECT c.oid AS relid, n.nspname AS schemaname, c.relname, pg_stat_get_numscans(c.oid) AS seq_scan, \
         pg_stat_get_lastscan(c.oid) AS last_seq_scan, pg_stat_get_tuples_returned(c.oid) AS seq_tup_read, \
         sum(pg_stat_get_numscans(i.indexrelid))::bigint AS idx_scan, \
         max(pg_stat_get_lastscan(i.indexrelid)) AS last_idx_scan, \
         sum(pg_stat_get_tuples_fetched(i.indexrelid))::bigint + pg_stat_get_tuples_fetched(c.oid) AS idx_tup_fetch, \
         pg_stat_get_tuples_inserted(c.oid) AS n_tup_ins, pg_stat_get_tuples_updated(c.oid) AS n_tup_upd, \
         pg_stat_get_tuples_deleted(c.oid) AS n_tup_del, pg_stat_get_tuples_hot_updated(c.oid) AS n_tup_hot_upd, \
         pg_stat_get_tuples_newpage_updated(c.oid) AS n_tup_newpage_upd, \
         pg_stat_get_live_tuples(c.oid) AS n_live_tup, pg_stat_get_dead_tuples(c.oid) AS n_dead_tup, \
         pg_stat_get_mod_since_analyze(c.oid) AS n_mod_since_analyze, \
         pg_stat_get_ins_since_vacuum(c.oid) AS n_ins_since_vacuum, \
         pg_stat_get_last_vacuum_time(c.oid) AS last_vacuum, \
         pg_stat_get_last_autovacuum_time(c.oid) AS last_autovacuum, \
         pg_stat_get_last_analyze_time(c.oid) AS last_analyze, \
         pg_stat_get_last_autoanalyze_time(c.oid) AS last_autoanalyze, \
         pg_stat_get_vacuum_count(c.oid) AS vacuum_count, pg_stat_get_autovacuum_count(c.oid) AS autovacuum_count, \
         pg_stat_get_analyze_count(c.oid) AS analyze_count, \
         pg_stat_get_autoanalyze_count(c.oid) AS autoanalyze_count, \
         pg_stat_get_total_vacuum_time(c.oid) AS total_vacuum_time, \
         pg_stat_get_total_autovacuum_time(c.oid) AS total_autovacuum_time, \
         pg_stat_get_total_analyze_time(c.oid) AS total_analyze_time, \
         pg_stat_get_total_autoanalyze_time(c.oid) AS total_autoanalyze_time \
         FROM pg_class c LEFT JOIN pg_index i ON c.oid = i.indrelid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 't', 'm', 'p') GROUP BY c.oid, n.nspname, c.relname",
    ),
    (
        "pg_stat_user_tables",
        "r",
        "SELECT * FROM pg_stat_all_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND schemaname !~ '^pg_toast'",
    ),
    (
        "pg_stat_sys_tables",
        "r",
        "SELECT * FROM pg_stat_all_tables WHERE schemaname IN ('pg_catalog', 'information_schema') OR schemaname ~ '^pg_toast'",
    ),
    (
        "pg_stat_all_indexes",
        "r",
        "SELECT c.oid AS relid, i.oid AS indexrelid, n.nspname AS schemaname, c.relname, i.relname AS indexrelname, \
         pg_stat_get_numscans(i.oid) AS idx_scan, pg_stat_get_lastscan(i.oid) AS last_idx_scan, \
         pg_stat_get_tuples_returned(i.oid) AS idx_tup_read, pg_stat_get_tuples_fetched(i.oid) AS idx_tup_fetch \
         FROM pg_class c JOIN pg_index x ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
         LEFT JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 't', 'm')",
    ),
    (
        "pg_stat_user_indexes",
        "r",
        "SELECT * FROM pg_stat_all_indexes WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND schemaname !~ '^pg_toast'",
    ),
    (
        "pg_stat_sys_indexes",
        "r",
        "SELECT * FROM pg_stat_all_indexes WHERE schemaname IN ('pg_catalog', 'information_schema') OR schemaname ~ '^pg_toast'",
    ),
    (
        "pg_stat_database",
        "r",
        "SELECT oid AS datid, datname, CASE WHEN oid = 0::oid THEN 0 ELSE pg_stat_get_db_numbackends(oid) END AS numbackends, \
         pg_stat_get_db_xact_commit(oid) AS xact_commit, pg_stat_get_db_xact_rollback(oid) AS xact_rollback, \
         pg_stat_get_db_blocks_fetched(oid) - pg_stat_get_db_blocks_hit(oid) AS blks_read, \
         pg_stat_get_db_blocks_hit(oid) AS blks_hit, pg_stat_get_db_tuples_returned(oid) AS tup_returned, \
         pg_stat_get_db_tuples_fetched(oid) AS tup_fetched, pg_stat_get_db_tuples_inserted(oid) AS tup_inserted, \
         pg_stat_get_db_tuples_updated(oid) AS tup_updated, pg_stat_get_db_tuples_deleted(oid) AS tup_deleted, \
         0::bigint AS conflicts, pg_stat_get_db_temp_files(oid) AS temp_files, \
         pg_stat_get_db_temp_bytes(oid) AS temp_bytes, NULL::bigint AS deadlocks, \
         NULL::bigint AS checksum_failures, NULL::timestamptz AS checksum_last_failure, \
         NULL::float8 AS blk_read_time, NULL::float8 AS blk_write_time, NULL::float8 AS session_time, \
         NULL::float8 AS active_time, NULL::float8 AS idle_in_transaction_time, \
         pg_stat_get_db_sessions(oid) AS sessions, NULL::bigint AS sessions_abandoned, \
         NULL::bigint AS sessions_fatal, NULL::bigint AS sessions_killed, \
         0::bigint AS parallel_workers_to_launch, 0::bigint AS parallel_workers_launched, \
         pg_stat_get_db_stat_reset_time(oid) AS stats_reset \
         FROM (SELECT 0::oid AS oid, NULL::name AS datname UNION ALL SELECT oid, datname FROM pg_database) d",
    ),
    (
        "pg_stat_checkpointer",
        "r",
        "SELECT pg_stat_get_checkpointer_num_timed() AS num_timed, \
         pg_stat_get_checkpointer_num_requested() AS num_requested, \
         pg_stat_get_checkpointer_num_performed() AS num_done, 0::bigint AS restartpoints_timed, \
         0::bigint AS restartpoints_req, 0::bigint AS restartpoints_done, \
         pg_stat_get_checkpointer_write_time() AS write_time, pg_stat_get_checkpointer_sync_time() AS sync_time, \
         pg_stat_get_checkpointer_buffers_written() AS buffers_written, 0::bigint AS slru_written, \
         pg_postmaster_start_time() AS stats_reset",
    ),
    ("pg_stat_wal", "r", "SELECT * FROM pg_stat_get_wal()"),
    ("pg_prepared_statements", "r", "SELECT * FROM pg_prepared_statement()"),
    ("pg_cursors", "r", "SELECT * FROM pg_cursor()"),
    ("pg_timezone_names", "r", "SELECT * FROM pg_timezone_names()"),
    ("pg_timezone_abbrevs", "r", "SELECT * FROM pg_timezone_abbrevs_abbrevs() ORDER BY abbrev"),
    ("pg_shmem_allocations", "", "SELECT * FROM pg_get_shmem_allocations()"),
    (
        "pg_available_extensions",
        "r",
        "SELECT e.name, e.default_version, x.extversion AS installed_version, e.comment \
         FROM pg_available_extensions() e LEFT JOIN pg_extension x ON x.extname = e.name",
    ),
    (
        "pg_seclabels",
        "r",
        "SELECT l.objoid, l.classoid, l.objsubid, \
         CASE WHEN l.objsubid <> 0 THEN 'column' WHEN c.relkind IN ('r', 'p') THEN 'table' \
         WHEN c.relkind = 'v' THEN 'view' WHEN c.relkind = 'S' THEN 'sequence' END AS objtype, \
         c.relnamespace AS objnamespace, c.oid::regclass::text AS objname, l.provider, l.label \
         FROM pg_seclabel l JOIN pg_class c ON l.classoid = 1259 AND c.oid = l.objoid \
         UNION ALL SELECT s.objoid, s.classoid, 0, \
         CASE s.classoid WHEN 1262 THEN 'database' WHEN 1213 THEN 'tablespace' ELSE 'role' END, \
         NULL::oid, NULL::text, s.provider, s.label FROM pg_shseclabel s",
    ),
    (
        "pg_user_mappings",
        "r",
        "SELECT m.oid AS umid, s.oid AS srvid, s.srvname, m.umuser, \
         CASE WHEN m.umuser = 0 THEN 'public'::name ELSE a.rolname END AS usename, \
         CASE WHEN pg_has_role(s.srvowner, 'USAGE'::text) THEN m.umoptions END AS umoptions \
         FROM pg_user_mapping m JOIN pg_foreign_server s ON s.oid = m.umserver \
         LEFT JOIN pg_authid a ON a.oid = m.umuser",
    ),
];
