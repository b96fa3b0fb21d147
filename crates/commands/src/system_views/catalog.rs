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
         pg_stat_get_db_blk_read_time(oid) AS blk_read_time, \
         pg_stat_get_db_blk_write_time(oid) AS blk_write_time, NULL::float8 AS session_time, \
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
         pg_stat_get_checkpointer_stat_reset_time() AS stats_reset",
    ),
    (
        "pg_stat_bgwriter",
        "r",
        "SELECT pg_stat_get_bgwriter_buf_written_clean() AS buffers_clean, \
         pg_stat_get_bgwriter_maxwritten_clean() AS maxwritten_clean, pg_stat_get_buf_alloc() AS buffers_alloc, \
         pg_stat_get_bgwriter_stat_reset_time() AS stats_reset",
    ),
    (
        "pg_stat_progress_vacuum",
        "r",
        "SELECT s.pid, s.datid, d.datname, s.relid, CASE s.param1 WHEN 0 THEN 'initializing' WHEN 1 THEN 'scanning \
         heap' WHEN 2 THEN 'vacuuming indexes' WHEN 3 THEN 'vacuuming heap' WHEN 4 THEN 'cleaning up indexes' WHEN \
         5 THEN 'truncating heap' WHEN 6 THEN 'performing final cleanup' END AS phase, s.param2 AS \
         heap_blks_total, s.param3 AS heap_blks_scanned, s.param4 AS heap_blks_vacuumed, s.param5 AS \
         index_vacuum_count, s.param6 AS max_dead_tuple_bytes, s.param7 AS dead_tuple_bytes, s.param8 AS \
         num_dead_item_ids, s.param9 AS indexes_total, s.param10 AS indexes_processed, s.param11::float8 / \
         1000000::float8 AS delay_time FROM pg_stat_get_progress_info('VACUUM') s LEFT JOIN pg_database d ON \
         s.datid = d.oid",
    ),
    (
        "pg_stat_progress_analyze",
        "r",
        "SELECT s.pid, s.datid, d.datname, s.relid, CASE s.param1 WHEN 0 THEN 'initializing' WHEN 1 THEN \
         'acquiring sample rows' WHEN 2 THEN 'acquiring inherited sample rows' WHEN 3 THEN 'computing statistics' \
         WHEN 4 THEN 'computing extended statistics' WHEN 5 THEN 'finalizing analyze' END AS phase, s.param2 AS \
         sample_blks_total, s.param3 AS sample_blks_scanned, s.param4 AS ext_stats_total, s.param5 AS \
         ext_stats_computed, s.param6 AS child_tables_total, s.param7 AS child_tables_done, s.param8::oid AS \
         current_child_table_relid, s.param9::float8 / 1000000::float8 AS delay_time FROM \
         pg_stat_get_progress_info('ANALYZE') s LEFT JOIN pg_database d ON s.datid = d.oid",
    ),
    (
        "pg_stat_progress_create_index",
        "r",
        "SELECT s.pid, s.datid, d.datname, s.relid, s.param7::oid AS index_relid, CASE s.param1 WHEN 1 THEN \
         'CREATE INDEX' WHEN 2 THEN 'CREATE INDEX CONCURRENTLY' WHEN 3 THEN 'REINDEX' WHEN 4 THEN 'REINDEX \
         CONCURRENTLY' END AS command, CASE s.param10 WHEN 0 THEN 'initializing' WHEN 2 THEN 'building index' || \
         COALESCE(': ' || pg_indexam_progress_phasename(s.param9::oid, s.param11), '') END AS phase, s.param4 AS \
         lockers_total, s.param5 AS lockers_done, s.param6 AS current_locker_pid, s.param16 AS blocks_total, \
         s.param17 AS blocks_done, s.param12 AS tuples_total, s.param13 AS tuples_done, s.param14 AS \
         partitions_total, s.param15 AS partitions_done FROM pg_stat_get_progress_info('CREATE INDEX') s LEFT JOIN \
         pg_database d ON s.datid = d.oid",
    ),
    (
        "pg_stat_progress_copy",
        "r",
        "SELECT s.pid, s.datid, d.datname, s.relid, CASE s.param5 WHEN 1 THEN 'COPY FROM' WHEN 2 THEN 'COPY TO' \
         END AS command, CASE s.param6 WHEN 1 THEN 'FILE' WHEN 2 THEN 'PROGRAM' WHEN 3 THEN 'PIPE' WHEN 4 THEN \
         'CALLBACK' END AS type, s.param1 AS bytes_processed, s.param2 AS bytes_total, s.param3 AS \
         tuples_processed, s.param4 AS tuples_excluded, s.param7 AS tuples_skipped FROM \
         pg_stat_get_progress_info('COPY') s LEFT JOIN pg_database d ON s.datid = d.oid",
    ),
    (
        "pg_stat_progress_cluster",
        "r",
        "SELECT s.pid, s.datid, d.datname, s.relid, CASE s.param1 WHEN 1 THEN 'CLUSTER' WHEN 2 THEN 'VACUUM FULL' \
         END AS command, CASE s.param2 WHEN 0 THEN 'initializing' WHEN 1 THEN 'seq scanning heap' WHEN 2 THEN \
         'index scanning heap' WHEN 3 THEN 'sorting tuples' WHEN 4 THEN 'writing new heap' WHEN 5 THEN 'swapping \
         relation files' WHEN 6 THEN 'rebuilding index' WHEN 7 THEN 'performing final cleanup' END AS phase, \
         s.param3::oid AS cluster_index_relid, s.param4 AS heap_tuples_scanned, s.param5 AS heap_tuples_written, \
         s.param6 AS heap_blks_total, s.param7 AS heap_blks_scanned, s.param8 AS index_rebuild_count FROM \
         pg_stat_get_progress_info('CLUSTER') s LEFT JOIN pg_database d ON s.datid = d.oid",
    ),
    (
        "pg_stat_progress_basebackup",
        "r",
        "SELECT s.pid, CASE s.param1 WHEN 0 THEN 'initializing' WHEN 1 THEN 'waiting for checkpoint to finish' \
         WHEN 2 THEN 'estimating backup size' WHEN 3 THEN 'streaming database files' WHEN 4 THEN 'waiting for wal \
         archiving to finish' WHEN 5 THEN 'transferring wal files' END AS phase, CASE s.param2 WHEN -1 THEN NULL \
         ELSE s.param2 END AS backup_total, s.param3 AS backup_streamed, s.param4 AS tablespaces_total, s.param5 \
         AS tablespaces_streamed FROM pg_stat_get_progress_info('BASEBACKUP') s",
    ),
    ("pg_stat_io", "r", "SELECT * FROM pg_stat_get_io()"),
    ("pg_buffercache", "r", "SELECT * FROM pg_buffercache_pages()"),
    ("pg_hba_file_rules", "", "SELECT * FROM pg_hba_file_rules()"),
    ("pg_ident_file_mappings", "", "SELECT * FROM pg_ident_file_mappings()"),
    ("pg_stat_slru", "r", "SELECT * FROM pg_stat_get_slru()"),
    (
        "pg_statio_all_tables",
        "r",
        "SELECT c.oid AS relid, n.nspname AS schemaname, c.relname, \
         pg_stat_get_blocks_fetched(c.oid) - pg_stat_get_blocks_hit(c.oid) AS heap_blks_read, \
         pg_stat_get_blocks_hit(c.oid) AS heap_blks_hit, i.idx_blks_read, i.idx_blks_hit, \
         pg_stat_get_blocks_fetched(t.oid) - pg_stat_get_blocks_hit(t.oid) AS toast_blks_read, \
         pg_stat_get_blocks_hit(t.oid) AS toast_blks_hit, x.idx_blks_read AS tidx_blks_read, \
         x.idx_blks_hit AS tidx_blks_hit \
         FROM pg_class c LEFT JOIN pg_class t ON c.reltoastrelid = t.oid \
         LEFT JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN (SELECT indrelid, \
         sum(pg_stat_get_blocks_fetched(indexrelid) - pg_stat_get_blocks_hit(indexrelid))::bigint AS idx_blks_read, \
         sum(pg_stat_get_blocks_hit(indexrelid))::bigint AS idx_blks_hit FROM pg_index GROUP BY indrelid) i \
         ON i.indrelid = c.oid \
         LEFT JOIN (SELECT indrelid, \
         sum(pg_stat_get_blocks_fetched(indexrelid) - pg_stat_get_blocks_hit(indexrelid))::bigint AS idx_blks_read, \
         sum(pg_stat_get_blocks_hit(indexrelid))::bigint AS idx_blks_hit FROM pg_index GROUP BY indrelid) x \
         ON x.indrelid = t.oid WHERE c.relkind IN ('r', 't', 'm')",
    ),
    (
        "pg_statio_sys_tables",
        "r",
        "SELECT * FROM pg_statio_all_tables WHERE schemaname IN ('pg_catalog', 'information_schema') OR schemaname ~ '^pg_toast'",
    ),
    (
        "pg_statio_user_tables",
        "r",
        "SELECT * FROM pg_statio_all_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND schemaname !~ '^pg_toast'",
    ),
    (
        "pg_statio_all_indexes",
        "r",
        "SELECT c.oid AS relid, i.oid AS indexrelid, n.nspname AS schemaname, c.relname, i.relname AS indexrelname, \
         pg_stat_get_blocks_fetched(i.oid) - pg_stat_get_blocks_hit(i.oid) AS idx_blks_read, \
         pg_stat_get_blocks_hit(i.oid) AS idx_blks_hit \
         FROM pg_class c JOIN pg_index x ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
         LEFT JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 't', 'm')",
    ),
    (
        "pg_statio_sys_indexes",
        "r",
        "SELECT * FROM pg_statio_all_indexes WHERE schemaname IN ('pg_catalog', 'information_schema') OR schemaname ~ '^pg_toast'",
    ),
    (
        "pg_statio_user_indexes",
        "r",
        "SELECT * FROM pg_statio_all_indexes WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND schemaname !~ '^pg_toast'",
    ),
    (
        "pg_statio_all_sequences",
        "r",
        "SELECT c.oid AS relid, n.nspname AS schemaname, c.relname, \
         pg_stat_get_blocks_fetched(c.oid) - pg_stat_get_blocks_hit(c.oid) AS blks_read, \
         pg_stat_get_blocks_hit(c.oid) AS blks_hit \
         FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S'",
    ),
    (
        "pg_statio_sys_sequences",
        "r",
        "SELECT * FROM pg_statio_all_sequences WHERE schemaname IN ('pg_catalog', 'information_schema') OR schemaname ~ '^pg_toast'",
    ),
    (
        "pg_statio_user_sequences",
        "r",
        "SELECT * FROM pg_statio_all_sequences WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND schemaname !~ '^pg_toast'",
    ),
    ("pg_stat_statements", "r", "SELECT * FROM pg_stat_statements(true)"),
    ("pg_stat_statements_info", "r", "SELECT * FROM pg_stat_statements_info()"),
    ("pg_stat_wal", "r", "SELECT * FROM pg_stat_get_wal()"),
    ("pg_stat_archiver", "r", "SELECT * FROM pg_stat_get_archiver()"),
    (
        "pg_stat_replication",
        "r",
        "SELECT s.pid, s.usesysid, u.rolname AS usename, s.application_name, s.client_addr, s.client_hostname, \
         s.client_port, s.backend_start, s.backend_xmin, w.state, w.sent_lsn, w.write_lsn, w.flush_lsn, w.replay_lsn, \
         w.write_lag, w.flush_lag, w.replay_lag, w.sync_priority, w.sync_state, w.reply_time \
         FROM pg_stat_get_activity(NULL) s JOIN pg_stat_get_wal_senders() w ON s.pid = w.pid \
         LEFT JOIN pg_authid u ON s.usesysid = u.oid",
    ),
    ("pg_stat_wal_receiver", "r", "SELECT * FROM pg_stat_get_wal_receiver() WHERE pid IS NOT NULL"),
    ("pg_stat_recovery_prefetch", "r", "SELECT * FROM pg_stat_get_recovery_prefetch()"),
    (
        "pg_stat_subscription",
        "r",
        "SELECT su.oid AS subid, su.subname, st.worker_type, st.pid, st.leader_pid, st.relid, st.received_lsn, \
         st.last_msg_send_time, st.last_msg_receipt_time, st.latest_end_lsn, st.latest_end_time \
         FROM pg_subscription su LEFT JOIN pg_stat_get_subscription(NULL) st ON st.subid = su.oid",
    ),
    (
        "pg_stat_subscription_stats",
        "r",
        "SELECT ss.subid, s.subname, ss.apply_error_count, ss.sync_error_count, ss.confl_insert_exists, \
         ss.confl_update_origin_differs, ss.confl_update_exists, ss.confl_update_missing, \
         ss.confl_delete_origin_differs, ss.confl_delete_missing, ss.confl_multiple_unique_conflicts, ss.stats_reset \
         FROM pg_subscription s, LATERAL pg_stat_get_subscription_stats(s.oid) ss",
    ),
    (
        "pg_replication_slots",
        "r",
        "SELECT l.slot_name, l.plugin, l.slot_type, l.datoid, d.datname AS database, l.temporary, l.active, l.active_pid, \
         l.xmin, l.catalog_xmin, l.restart_lsn, l.confirmed_flush_lsn, l.wal_status, l.safe_wal_size, l.two_phase, \
         l.two_phase_at, l.inactive_since, l.conflicting, l.invalidation_reason, l.failover, l.synced \
         FROM pg_get_replication_slots() l LEFT JOIN pg_database d ON l.datoid = d.oid",
    ),
    (
        "pg_stat_replication_slots",
        "r",
        "SELECT s.slot_name, s.spill_txns, s.spill_count, s.spill_bytes, s.stream_txns, s.stream_count, s.stream_bytes, \
         s.total_txns, s.total_bytes, s.stats_reset \
         FROM pg_replication_slots r, LATERAL pg_stat_get_replication_slot(r.slot_name::text) s WHERE r.datoid IS NOT NULL",
    ),
    ("pg_replication_origin_status", "", "SELECT * FROM pg_show_replication_origin_status()"),
    (
        "pg_prepared_xacts",
        "r",
        "SELECT p.transaction, p.gid, p.prepared, u.rolname AS owner, d.datname AS database \
         FROM pg_prepared_xact() p LEFT JOIN pg_authid u ON p.ownerid = u.oid LEFT JOIN pg_database d ON p.dbid = d.oid",
    ),
    (
        "pg_stat_gssapi",
        "r",
        "SELECT pid, gss_auth AS gss_authenticated, gss_princ AS principal, gss_enc AS encrypted, \
         gss_delegation AS credentials_delegated FROM pg_stat_get_activity(NULL) WHERE client_port IS NOT NULL",
    ),
    (
        "pg_stat_database_conflicts",
        "r",
        "SELECT oid AS datid, datname, pg_stat_get_db_conflict_tablespace(oid) AS confl_tablespace, \
         pg_stat_get_db_conflict_lock(oid) AS confl_lock, pg_stat_get_db_conflict_snapshot(oid) AS confl_snapshot, \
         pg_stat_get_db_conflict_bufferpin(oid) AS confl_bufferpin, \
         pg_stat_get_db_conflict_startup_deadlock(oid) AS confl_deadlock, \
         pg_stat_get_db_conflict_logicalslot(oid) AS confl_active_logicalslot FROM pg_database",
    ),
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
        "pg_available_extension_versions",
        "r",
        "SELECT e.name, e.version, x.extname IS NOT NULL AS installed, e.superuser, e.trusted, e.relocatable, e.schema, \
         e.requires, e.comment FROM pg_available_extension_versions() e \
         LEFT JOIN pg_extension x ON e.name = x.extname AND e.version = x.extversion",
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
