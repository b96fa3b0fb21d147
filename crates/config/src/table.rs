//! The settings: one row each, from which parsing, SET, SHOW, `pg_settings` and reload are derived.
//!
//! Names, types, units, ranges, contexts and descriptions are PostgreSQL 18's; a default differs where the design says so.

use crate::declaration::{Context, Kind, Setting, Unit};

macro_rules! settings {
    ($($category:literal { $($id:ident $name:literal $context:ident $kind:ident $arguments:tt $description:literal;)* })*) => {
        /// A setting's place in [`TABLE`].
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum Id { $($($id,)*)* }

        pub const TABLE: &[Setting] = &[$($(Setting {
            id: Id::$id,
            name: $name,
            category: $category,
            context: Context::$context,
            kind: settings!(@kind $kind $arguments),
            description: $description,
        },)*)*];
    };
    (@kind $kind:ident ($default:expr)) => { Kind::$kind($default) };
    (@kind $kind:ident { $($fields:tt)* }) => { Kind::$kind { $($fields)* } };
}

settings! {
    "Client Connection Defaults / Locale and Formatting" {
        DateStyle "DateStyle" User Text("ISO, MDY")
            "Sets the display format for date and time values.";
        IntervalStyle "IntervalStyle" User Choice { default: "postgres", values: &["postgres", "postgres_verbose", "sql_standard", "iso_8601"] }
            "Sets the display format for interval values.";
        TimeZone "TimeZone" User Text("UTC")
            "Sets the time zone for displaying and interpreting time stamps.";
        ClientEncoding "client_encoding" User Text("UTF8")
            "Sets the client's character set encoding.";
        ExtraFloatDigits "extra_float_digits" User Integer { default: 1, min: -15, max: 3, unit: Unit::None }
            "Sets the number of digits displayed for floating-point values.";
        LcMessages "lc_messages" Superuser Text("C")
            "Sets the language in which messages are displayed.";
    }
    "Client Connection Defaults / Statement Behavior" {
        ByteaOutput "bytea_output" User Choice { default: "hex", values: &["escape", "hex"] }
            "Sets the output format for bytea.";
        CheckFunctionBodies "check_function_bodies" User Bool(true)
            "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE.";
        ClientMinMessages "client_min_messages" User Choice { default: "notice", values: &["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"] }
            "Sets the message levels that are sent to the client.";
        DefaultTableAccessMethod "default_table_access_method" User Text("heap")
            "Sets the default table access method for new tables.";
        DefaultTablespace "default_tablespace" User Text("")
            "Sets the default tablespace to create tables and indexes in.";
        DefaultTransactionDeferrable "default_transaction_deferrable" User Bool(false)
            "Sets the default deferrable status of new transactions.";
        DefaultTransactionIsolation "default_transaction_isolation" User Choice { default: "read committed", values: &["serializable", "repeatable read", "read committed", "read uncommitted"] }
            "Sets the transaction isolation level of each new transaction.";
        DefaultTransactionReadOnly "default_transaction_read_only" User Bool(false)
            "Sets the default read-only status of new transactions.";
        IdleInTransactionSessionTimeout "idle_in_transaction_session_timeout" User Integer { default: 0, min: 0, max: 2147483647, unit: Unit::Millisecond }
            "Sets the maximum allowed idle time between queries, when in a transaction.";
        IdleSessionTimeout "idle_session_timeout" User Integer { default: 0, min: 0, max: 2147483647, unit: Unit::Millisecond }
            "Sets the maximum allowed idle time between queries, when not in a transaction.";
        LockTimeout "lock_timeout" User Integer { default: 0, min: 0, max: 2147483647, unit: Unit::Millisecond }
            "Sets the maximum allowed duration of any wait for a lock.";
        RowSecurity "row_security" User Bool(true)
            "Enables row security.";
        SearchPath "search_path" User Text("\"$user\", public")
            "Sets the schema search order for names that are not schema-qualified.";
        SessionReplicationRole "session_replication_role" Superuser Choice { default: "origin", values: &["origin", "replica", "local"] }
            "Sets the session's behavior for triggers and rewrite rules.";
        StatementTimeout "statement_timeout" User Integer { default: 0, min: 0, max: 2147483647, unit: Unit::Millisecond }
            "Sets the maximum allowed duration of any statement.";
        TransactionDeferrable "transaction_deferrable" User Bool(false)
            "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.";
        TransactionIsolation "transaction_isolation" User Choice { default: "read committed", values: &["serializable", "repeatable read", "read committed", "read uncommitted"] }
            "Sets the current transaction's isolation level.";
        TransactionReadOnly "transaction_read_only" User Bool(false)
            "Sets the current transaction's read-only status.";
        TransactionTimeout "transaction_timeout" User Integer { default: 0, min: 0, max: 2147483647, unit: Unit::Millisecond }
            "Sets the maximum allowed duration of any transaction within a session (not a prepared transaction).";
        Xmloption "xmloption" User Choice { default: "content", values: &["content", "document"] }
            "Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.";
    }
    "Connections and Authentication / Authentication" {
        AuthDelay "auth_delay.milliseconds" Sighup Integer { default: 100, min: 0, max: 2147483, unit: Unit::Millisecond }
            "Milliseconds to delay the next attempt after an authentication failure; doubled with each further one.";
        AuthenticationTimeout "authentication_timeout" Sighup Integer { default: 60, min: 1, max: 600, unit: Unit::Second }
            "Sets the maximum allowed time to complete client authentication.";
        PasswordEncryption "password_encryption" User Choice { default: "scram-sha-256", values: &["scram-sha-256"] }
            "Chooses the algorithm for encrypting passwords.";
        ScramIterations "scram_iterations" User Integer { default: 4096, min: 1, max: 2147483647, unit: Unit::None }
            "Sets the iteration count for SCRAM secret generation.";
    }
    "Connections and Authentication / Connection Settings" {
        ClientWatchTime "client_watch_time" User Real { default: 0.2, min: 0.0, max: 10.0, unit: Unit::Millisecond }
            "Sets for how long a session looks out for its client's next message before it sleeps, if nobody else wants the processor.";
        ListenAddresses "listen_addresses" Postmaster Text("localhost")
            "Sets the host name or IP address(es) to listen to.";
        MaxConnections "max_connections" Postmaster Integer { default: 100, min: 1, max: 262143, unit: Unit::None }
            "Sets the maximum number of concurrent connections.";
        Port "port" Postmaster Integer { default: 5432, min: 1, max: 65535, unit: Unit::None }
            "Sets the TCP port the server listens on.";
        ReadyBackends "ready_backends" Sighup Integer { default: 4, min: 0, max: 1000, unit: Unit::None }
            "Sets the number of processes that are forked ahead of their clients.";
        ReservedConnections "reserved_connections" Postmaster Integer { default: 0, min: 0, max: 262143, unit: Unit::None }
            "Sets the number of connection slots reserved for roles with privileges of pg_use_reserved_connections.";
        Sandbox "sandbox" Postmaster Bool(true)
            "Lets processes of the server start no programs, open no sockets, and read no files outside of the data directory.";
        SuperuserReservedConnections "superuser_reserved_connections" Postmaster Integer { default: 3, min: 0, max: 262143, unit: Unit::None }
            "Sets the number of connection slots reserved for superusers.";
        UnixSocketDirectories "unix_socket_directories" Postmaster Text("/tmp")
            "Sets the directories where Unix-domain sockets will be created.";
        UnixSocketPermissions "unix_socket_permissions" Postmaster Integer { default: 511, min: 0, max: 511, unit: Unit::None }
            "Sets the access permissions of the Unix-domain socket.";
    }
    "Connections and Authentication / SSL" {
        Ssl "ssl" Sighup Bool(false)
            "Enables SSL connections.";
        SslCertFile "ssl_cert_file" Sighup Text("server.crt")
            "Location of the SSL server certificate file.";
        SslCiphers "ssl_ciphers" Sighup Text("HIGH:MEDIUM:+3DES:!aNULL")
            "Sets the list of allowed TLSv1.2 (and lower) ciphers.";
        SslGroups "ssl_groups" Sighup Text("X25519:prime256v1")
            "Sets the group(s) to use for Diffie-Hellman key exchange.";
        SslKeyFile "ssl_key_file" Sighup Text("server.key")
            "Location of the SSL server private key file.";
        SslMaxProtocolVersion "ssl_max_protocol_version" Sighup Choice { default: "", values: &["", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] }
            "Sets the maximum SSL/TLS protocol version to use.";
        SslMinProtocolVersion "ssl_min_protocol_version" Sighup Choice { default: "TLSv1.2", values: &["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] }
            "Sets the minimum SSL/TLS protocol version to use.";
        SslPreferServerCiphers "ssl_prefer_server_ciphers" Sighup Bool(true)
            "Give priority to server ciphersuite order.";
        SslTls13Ciphers "ssl_tls13_ciphers" Sighup Text("")
            "Sets the list of allowed TLSv1.3 cipher suites.";
    }
    "Connections and Authentication / TCP Settings" {
        ClientConnectionCheckInterval "client_connection_check_interval" User Integer { default: 0, min: 0, max: 2147483647, unit: Unit::Millisecond }
            "Sets the time interval between checks for disconnection while running queries.";
        TcpKeepalivesCount "tcp_keepalives_count" User Integer { default: 0, min: 0, max: 2147483647, unit: Unit::None }
            "Maximum number of TCP keepalive retransmits.";
        TcpKeepalivesIdle "tcp_keepalives_idle" User Integer { default: 0, min: 0, max: 2147483647, unit: Unit::Second }
            "Time between issuing TCP keepalives.";
        TcpKeepalivesInterval "tcp_keepalives_interval" User Integer { default: 0, min: 0, max: 2147483647, unit: Unit::Second }
            "Time between TCP keepalive retransmits.";
        TcpUserTimeout "tcp_user_timeout" User Integer { default: 0, min: 0, max: 2147483647, unit: Unit::Millisecond }
            "TCP user timeout.";
    }
    "Customized Options" {
        AutoExplainLogAnalyze "auto_explain.log_analyze" Superuser Bool(false)
            "Use EXPLAIN ANALYZE for plan logging.";
        AutoExplainLogBuffers "auto_explain.log_buffers" Superuser Bool(false)
            "Log buffers usage.";
        AutoExplainLogFormat "auto_explain.log_format" Superuser Choice { default: "text", values: &["text", "xml", "json", "yaml"] }
            "EXPLAIN format to be used for plan logging.";
        AutoExplainLogLevel "auto_explain.log_level" Superuser Choice { default: "log", values: &["debug5", "debug4", "debug3", "debug2", "debug1", "info", "notice", "warning", "log"] }
            "Log level for the plan.";
        AutoExplainLogMinDuration "auto_explain.log_min_duration" Superuser Integer { default: -1, min: -1, max: 2147483647, unit: Unit::Millisecond }
            "Sets the minimum execution time above which plans will be logged.";
        AutoExplainLogNestedStatements "auto_explain.log_nested_statements" Superuser Bool(false)
            "Log nested statements.";
        AutoExplainLogParameterMaxLength "auto_explain.log_parameter_max_length" Superuser Integer { default: -1, min: -1, max: 2147483647, unit: Unit::Byte }
            "Sets the maximum length of query parameter values to log.";
        AutoExplainLogSettings "auto_explain.log_settings" Superuser Bool(false)
            "Log modified configuration parameters affecting query planning.";
        AutoExplainLogTiming "auto_explain.log_timing" Superuser Bool(true)
            "Collect timing data, not just row counts.";
        AutoExplainLogVerbose "auto_explain.log_verbose" Superuser Bool(false)
            "Use EXPLAIN VERBOSE for plan logging.";
        AutoExplainLogWal "auto_explain.log_wal" Superuser Bool(false)
            "Log WAL usage.";
        AutoExplainSampleRate "auto_explain.sample_rate" Superuser Real { default: 1.0, min: 0.0, max: 1.0, unit: Unit::None }
            "Fraction of queries to process.";
        PgStatStatementsMax "pg_stat_statements.max" Postmaster Integer { default: 5000, min: 100, max: 1073741823, unit: Unit::None }
            "Sets the maximum number of statements tracked by pg_stat_statements.";
        PgStatStatementsSave "pg_stat_statements.save" Sighup Bool(true)
            "Save pg_stat_statements statistics across server shutdowns.";
        PgStatStatementsTrack "pg_stat_statements.track" Superuser Choice { default: "top", values: &["none", "top", "all"] }
            "Selects which statements are tracked by pg_stat_statements.";
        PgStatStatementsTrackPlanning "pg_stat_statements.track_planning" Superuser Bool(false)
            "Selects whether planning duration is tracked by pg_stat_statements.";
        PgStatStatementsTrackUtility "pg_stat_statements.track_utility" Superuser Bool(true)
            "Selects whether utility commands are tracked by pg_stat_statements.";
    }
    "Developer Options" {
        AllowCoreDumps "allow_core_dumps" Postmaster Bool(false)
            "Lets processes that crash leave core dumps, and debuggers attach; shared memory and passwords are left out of dumps.";
        IgnoreChecksumFailure "ignore_checksum_failure" Superuser Bool(false)
            "Continues processing after a checksum failure.";
        WalConsistencyChecking "wal_consistency_checking" Superuser Text("")
            "Sets the WAL resource managers for which WAL consistency checks are done.";
        ZeroDamagedPages "zero_damaged_pages" Superuser Bool(false)
            "Continues processing past damaged page headers.";
    }
    "Error Handling" {
        ExitOnError "exit_on_error" User Bool(false)
            "Terminate session on any error.";
        RestartAfterCrash "restart_after_crash" Sighup Bool(true)
            "Reinitialize server after backend crash.";
    }
    "File Locations" {
        ConfigFile "config_file" Postmaster Text("")
            "Sets the server's main configuration file.";
        DataDirectory "data_directory" Postmaster Text("")
            "Sets the server's data directory.";
        HbaFile "hba_file" Postmaster Text("")
            "Sets the server's \"hba\" configuration file.";
        IdentFile "ident_file" Postmaster Text("")
            "Sets the server's \"ident\" configuration file.";
    }
    "Lock Management" {
        DeadlockTimeout "deadlock_timeout" Superuser Integer { default: 1000, min: 1, max: 2147483647, unit: Unit::Millisecond }
            "Sets the time to wait on a lock before checking for deadlock.";
        MaxLocksPerTransaction "max_locks_per_transaction" Postmaster Integer { default: 64, min: 10, max: 2147483647, unit: Unit::None }
            "Sets the maximum number of locks per transaction.";
    }
    "Preset Options" {
        BlockSize "block_size" Internal Integer { default: 8192, min: 8192, max: 8192, unit: Unit::None }
            "Shows the size of a disk block.";
        DataChecksums "data_checksums" Internal Bool(true)
            "Shows whether data checksums are turned on for this cluster.";
        DataDirectoryMode "data_directory_mode" Internal Integer { default: 448, min: 0, max: 511, unit: Unit::None }
            "Shows the mode of the data directory.";
        InHotStandby "in_hot_standby" Internal Bool(false)
            "Shows whether hot standby is currently active.";
        IntegerDatetimes "integer_datetimes" Internal Bool(true)
            "Shows whether datetimes are integer based.";
        MaxFunctionArgs "max_function_args" Internal Integer { default: 100, min: 100, max: 100, unit: Unit::None }
            "Shows the maximum number of function arguments.";
        MaxIdentifierLength "max_identifier_length" Internal Integer { default: 63, min: 63, max: 63, unit: Unit::None }
            "Shows the maximum identifier length.";
        MaxIndexKeys "max_index_keys" Internal Integer { default: 32, min: 32, max: 32, unit: Unit::None }
            "Shows the maximum number of index keys.";
        SegmentSize "segment_size" Internal Integer { default: 131072, min: 131072, max: 131072, unit: Unit::Page }
            "Shows the number of pages per disk file.";
        ServerEncoding "server_encoding" Internal Text("UTF8")
            "Shows the server (database) character set encoding.";
        ServerVersion "server_version" Internal Text("18.4")
            "Shows the server version.";
        ServerVersionNum "server_version_num" Internal Integer { default: 180004, min: 180004, max: 180004, unit: Unit::None }
            "Shows the server version as an integer.";
        SslLibrary "ssl_library" Internal Text("rustls")
            "Shows the name of the SSL library.";
        WalBlockSize "wal_block_size" Internal Integer { default: 8192, min: 8192, max: 8192, unit: Unit::None }
            "Shows the block size in the write ahead log.";
        WalSegmentSize "wal_segment_size" Internal Integer { default: 16777216, min: 1048576, max: 1073741824, unit: Unit::Byte }
            "Shows the size of write ahead log segments.";
        DebugAssertions "debug_assertions" Internal Bool(cfg!(debug_assertions))
            "Shows whether the running server has assertion checks enabled.";
        HugePagesStatus "huge_pages_status" Internal Choice { default: "unknown", values: &["off", "on", "unknown"] }
            "Indicates the status of huge pages.";
        SharedMemorySize "shared_memory_size" Internal Integer { default: 0, min: 0, max: 2147483647, unit: Unit::Megabyte }
            "Shows the size of the server's main shared memory area (rounded up to the nearest MB).";
    }
    "Query Tuning / Other Planner Options" {
        Jit "jit" User Bool(true)
            "Allow JIT compilation.";
        CursorTupleFraction "cursor_tuple_fraction" User Real { default: 0.1, min: 0.0, max: 1.0, unit: Unit::None }
            "Sets the planner's estimate of the fraction of a cursor's rows that will be retrieved.";
        DefaultStatisticsTarget "default_statistics_target" User Integer { default: 100, min: 1, max: 10000, unit: Unit::None }
            "Sets the default statistics target.";
        FromCollapseLimit "from_collapse_limit" User Integer { default: 8, min: 1, max: 2147483647, unit: Unit::None }
            "Sets the FROM-list size beyond which subqueries are not collapsed.";
        JoinCollapseLimit "join_collapse_limit" User Integer { default: 8, min: 1, max: 2147483647, unit: Unit::None }
            "Sets the FROM-list size beyond which JOIN constructs are not flattened.";
        PlanCacheMode "plan_cache_mode" User Choice { default: "auto", values: &["auto", "force_generic_plan", "force_custom_plan"] }
            "Controls the planner's selection of custom or generic plan.";
    }
    "Query Tuning / Planner Cost Constants" {
        CpuIndexTupleCost "cpu_index_tuple_cost" User Real { default: 0.005, min: 0.0, max: 1.79769e+308, unit: Unit::None }
            "Sets the planner's estimate of the cost of processing each index entry during an index scan.";
        CpuOperatorCost "cpu_operator_cost" User Real { default: 0.0025, min: 0.0, max: 1.79769e+308, unit: Unit::None }
            "Sets the planner's estimate of the cost of processing each operator or function call.";
        CpuTupleCost "cpu_tuple_cost" User Real { default: 0.01, min: 0.0, max: 1.79769e+308, unit: Unit::None }
            "Sets the planner's estimate of the cost of processing each tuple (row).";
        EffectiveCacheSize "effective_cache_size" User Integer { default: 524288, min: 1, max: 2147483647, unit: Unit::Page }
            "Sets the planner's assumption about the total size of the data caches.";
        MinParallelIndexScanSize "min_parallel_index_scan_size" User Integer { default: 64, min: 0, max: 715827882, unit: Unit::Page }
            "Sets the minimum amount of index data for a parallel scan.";
        MinParallelTableScanSize "min_parallel_table_scan_size" User Integer { default: 1024, min: 0, max: 715827882, unit: Unit::Page }
            "Sets the minimum amount of table data for a parallel scan.";
        ParallelSetupCost "parallel_setup_cost" User Real { default: 1000.0, min: 0.0, max: 1.79769e+308, unit: Unit::None }
            "Sets the planner's estimate of the cost of starting up worker processes for parallel query.";
        ParallelTupleCost "parallel_tuple_cost" User Real { default: 0.1, min: 0.0, max: 1.79769e+308, unit: Unit::None }
            "Sets the planner's estimate of the cost of passing each tuple (row) from worker to leader backend.";
        RandomPageCost "random_page_cost" User Real { default: 4.0, min: 0.0, max: 1.79769e+308, unit: Unit::None }
            "Sets the planner's estimate of the cost of a nonsequentially fetched disk page.";
        SeqPageCost "seq_page_cost" User Real { default: 1.0, min: 0.0, max: 1.79769e+308, unit: Unit::None }
            "Sets the planner's estimate of the cost of a sequentially fetched disk page.";
    }
    "Query Tuning / Planner Method Configuration" {
        EnableBitmapscan "enable_bitmapscan" User Bool(true)
            "Enables the planner's use of bitmap-scan plans.";
        EnableHashagg "enable_hashagg" User Bool(true)
            "Enables the planner's use of hashed aggregation plans.";
        EnableHashjoin "enable_hashjoin" User Bool(true)
            "Enables the planner's use of hash join plans.";
        EnableIncrementalSort "enable_incremental_sort" User Bool(true)
            "Enables the planner's use of incremental sort steps.";
        EnableIndexonlyscan "enable_indexonlyscan" User Bool(true)
            "Enables the planner's use of index-only-scan plans.";
        EnableIndexscan "enable_indexscan" User Bool(true)
            "Enables the planner's use of index-scan plans.";
        EnableMaterial "enable_material" User Bool(true)
            "Enables the planner's use of materialization.";
        EnableMemoize "enable_memoize" User Bool(true)
            "Enables the planner's use of memoization.";
        EnableMergejoin "enable_mergejoin" User Bool(true)
            "Enables the planner's use of merge join plans.";
        EnableNestloop "enable_nestloop" User Bool(true)
            "Enables the planner's use of nested-loop join plans.";
        EnableSeqscan "enable_seqscan" User Bool(true)
            "Enables the planner's use of sequential-scan plans.";
        EnableSort "enable_sort" User Bool(true)
            "Enables the planner's use of explicit sort steps.";
        EnableTidscan "enable_tidscan" User Bool(true)
            "Enables the planner's use of TID scan plans.";
    }
    "Replication / Sending Servers" {
        WalKeepSize "wal_keep_size" Sighup Integer { default: 0, min: 0, max: 2147483647, unit: Unit::Megabyte }
            "Sets the size of WAL files held for standby servers.";
    }
    "Reporting and Logging / Process Title" {
        ClusterName "cluster_name" Postmaster Text("")
            "Sets the name of the cluster, which is included in the process title.";
        UpdateProcessTitle "update_process_title" Superuser Bool(true)
            "Updates the process title to show the active SQL command.";
    }
    "Reporting and Logging / What to Log" {
        ApplicationName "application_name" User Text("")
            "Sets the application name to be reported in statistics and logs.";
        LogAutovacuumMinDuration "log_autovacuum_min_duration" Sighup Integer { default: 600000, min: -1, max: 2147483647, unit: Unit::Millisecond }
            "Sets the minimum execution time above which autovacuum actions will be logged.";
        LogCheckpoints "log_checkpoints" Sighup Bool(true)
            "Logs each checkpoint.";
        LogConnections "log_connections" SuperuserBackend Text("")
            "Logs specified aspects of connection establishment and setup.";
        LogDisconnections "log_disconnections" SuperuserBackend Bool(false)
            "Logs end of a session, including duration.";
        LogDuration "log_duration" Superuser Bool(false)
            "Logs the duration of each completed SQL statement.";
        LogErrorVerbosity "log_error_verbosity" Superuser Choice { default: "default", values: &["terse", "default", "verbose"] }
            "Sets the verbosity of logged messages.";
        LogLinePrefix "log_line_prefix" Sighup Text("%m [%p] ")
            "Controls information prefixed to each log line.";
        LogLockWaits "log_lock_waits" Superuser Bool(false)
            "Logs long lock waits.";
        LogParameterMaxLength "log_parameter_max_length" Superuser Integer { default: -1, min: -1, max: 1073741823, unit: Unit::Byte }
            "Sets the maximum length in bytes of data logged for bind parameter values when logging statements.";
        LogParameterMaxLengthOnError "log_parameter_max_length_on_error" User Integer { default: 0, min: -1, max: 1073741823, unit: Unit::Byte }
            "Sets the maximum length in bytes of data logged for bind parameter values when logging statements, on error.";
        LogStatement "log_statement" Superuser Choice { default: "none", values: &["none", "ddl", "mod", "all"] }
            "Sets the type of statements logged.";
        LogTempFiles "log_temp_files" Superuser Integer { default: -1, min: -1, max: 2147483647, unit: Unit::Kilobyte }
            "Log the use of temporary files larger than this number of kilobytes.";
        LogTimezone "log_timezone" Sighup Text("UTC")
            "Sets the time zone to use in log messages.";
    }
    "Reporting and Logging / When to Log" {
        LogMinDurationSample "log_min_duration_sample" Superuser Integer { default: -1, min: -1, max: 2147483647, unit: Unit::Millisecond }
            "Sets the minimum execution time above which a sample of statements will be logged. Sampling is determined by \"log_statement_sample_rate\".";
        LogMinDurationStatement "log_min_duration_statement" Superuser Integer { default: -1, min: -1, max: 2147483647, unit: Unit::Millisecond }
            "Sets the minimum execution time above which all statements will be logged.";
        LogMinErrorStatement "log_min_error_statement" Superuser Choice { default: "error", values: &["debug5", "debug4", "debug3", "debug2", "debug1", "info", "notice", "warning", "error", "log", "fatal", "panic"] }
            "Causes all statements generating error at or above this level to be logged.";
        LogMinMessages "log_min_messages" Superuser Choice { default: "warning", values: &["debug5", "debug4", "debug3", "debug2", "debug1", "info", "notice", "warning", "error", "log", "fatal", "panic"] }
            "Sets the message levels that are logged.";
        LogStatementSampleRate "log_statement_sample_rate" Superuser Real { default: 1.0, min: 0.0, max: 1.0, unit: Unit::None }
            "Fraction of statements exceeding \"log_min_duration_sample\" to be logged.";
        LogTransactionSampleRate "log_transaction_sample_rate" Superuser Real { default: 0.0, min: 0.0, max: 1.0, unit: Unit::None }
            "Sets the fraction of transactions from which to log all statements.";
    }
    "Reporting and Logging / Where to Log" {
        LogDestination "log_destination" Sighup Text("stderr")
            "Sets the destination for server log output.";
        LogDirectory "log_directory" Sighup Text("log")
            "Sets the destination directory for log files.";
        LogFileMode "log_file_mode" Sighup Integer { default: 384, min: 0, max: 511, unit: Unit::None }
            "Sets the file permissions for log files.";
        LogFilename "log_filename" Sighup Text("postgresql-%Y-%m-%d_%H%M%S.log")
            "Sets the file name pattern for log files.";
        LogRotationAge "log_rotation_age" Sighup Integer { default: 1440, min: 0, max: 35791394, unit: Unit::Minute }
            "Sets the amount of time to wait before forcing log file rotation.";
        LogRotationSize "log_rotation_size" Sighup Integer { default: 10240, min: 0, max: 2147483647, unit: Unit::Kilobyte }
            "Sets the maximum size a log file can reach before being rotated.";
        LogTruncateOnRotation "log_truncate_on_rotation" Sighup Bool(false)
            "Truncate existing log files of same name during log rotation.";
        LoggingCollector "logging_collector" Postmaster Bool(false)
            "Start a subprocess to capture stderr, csvlog and/or jsonlog into log files.";
    }
    "Resource Usage / Background Writer" {
        BgwriterDelay "bgwriter_delay" Sighup Integer { default: 200, min: 10, max: 10000, unit: Unit::Millisecond }
            "Background writer sleep time between rounds.";
        BgwriterLruMaxpages "bgwriter_lru_maxpages" Sighup Integer { default: 100, min: 0, max: 1073741823, unit: Unit::None }
            "Background writer maximum number of LRU pages to flush per round.";
        BgwriterLruMultiplier "bgwriter_lru_multiplier" Sighup Real { default: 2.0, min: 0.0, max: 10.0, unit: Unit::None }
            "Multiple of the average buffer usage to free per round.";
    }
    "Resource Usage / Disk" {
        TempFileLimit "temp_file_limit" Superuser Integer { default: -1, min: -1, max: 2147483647, unit: Unit::Kilobyte }
            "Limits the total size of all temporary files used by each process.";
    }
    "Resource Usage / I/O" {
        EffectiveIoConcurrency "effective_io_concurrency" User Integer { default: 16, min: 0, max: 1000, unit: Unit::None }
            "Number of simultaneous requests that can be handled efficiently by the disk subsystem.";
    }
    "Resource Usage / Kernel Resources" {
        MaxFilesPerProcess "max_files_per_process" Postmaster Integer { default: 1000, min: 64, max: 2147483647, unit: Unit::None }
            "Sets the maximum number of files each server process is allowed to open simultaneously.";
    }
    "Resource Usage / Memory" {
        AutovacuumWorkMem "autovacuum_work_mem" Sighup Integer { default: -1, min: -1, max: 2147483647, unit: Unit::Kilobyte }
            "Sets the maximum memory to be used by each autovacuum worker process.";
        HashMemMultiplier "hash_mem_multiplier" User Real { default: 2.0, min: 1.0, max: 1000.0, unit: Unit::None }
            "Multiple of \"work_mem\" to use for hash tables.";
        HugePages "huge_pages" Postmaster Choice { default: "try", values: &["off", "on", "try"] }
            "Use of huge pages on Linux or Windows.";
        LargeCodePages "large_code_pages" Postmaster Bool(true)
            "Keeps the program's code on large memory pages where the kernel offers them; tools like perf cannot name its functions then.";
        MaintenanceWorkMem "maintenance_work_mem" User Integer { default: 65536, min: 64, max: 2147483647, unit: Unit::Kilobyte }
            "Sets the maximum memory to be used for maintenance operations.";
        MaxPreparedTransactions "max_prepared_transactions" Postmaster Integer { default: 0, min: 0, max: 0, unit: Unit::None }
            "Sets the maximum number of simultaneously prepared transactions.";
        MaxStackDepth "max_stack_depth" Superuser Integer { default: 2048, min: 100, max: 2147483647, unit: Unit::Kilobyte }
            "Sets the maximum stack depth, in kilobytes.";
        SharedBuffers "shared_buffers" Postmaster Integer { default: 16384, min: 16, max: 1073741823, unit: Unit::Page }
            "Sets the number of shared memory buffers used by the server.";
        TempBuffers "temp_buffers" User Integer { default: 1024, min: 100, max: 1073741823, unit: Unit::Page }
            "Sets the maximum number of temporary buffers used by each session.";
        WorkMem "work_mem" User Integer { default: 4096, min: 64, max: 2147483647, unit: Unit::Kilobyte }
            "Sets the maximum memory to be used for query workspaces.";
    }
    "Resource Usage / Worker Processes" {
        MaxParallelWorkers "max_parallel_workers" User Integer { default: 8, min: 0, max: 1024, unit: Unit::None }
            "Sets the maximum number of parallel workers that can be active at one time.";
        MaxParallelWorkersPerGather "max_parallel_workers_per_gather" User Integer { default: 2, min: 0, max: 1024, unit: Unit::None }
            "Sets the maximum number of parallel processes per executor node.";
        MaxWorkerProcesses "max_worker_processes" Postmaster Integer { default: 8, min: 0, max: 262143, unit: Unit::None }
            "Maximum number of concurrent worker processes.";
    }
    "Statistics / Cumulative Query and Index Statistics" {
        StatsFetchConsistency "stats_fetch_consistency" User Choice { default: "cache", values: &["none", "cache", "snapshot"] }
            "Sets the consistency of accesses to statistics data.";
        TrackActivities "track_activities" Superuser Bool(true)
            "Collects information about executing commands.";
        TrackActivityQuerySize "track_activity_query_size" Postmaster Integer { default: 1024, min: 100, max: 1048576, unit: Unit::Byte }
            "Sets the size reserved for pg_stat_activity.query, in bytes.";
        TrackCostDelayTiming "track_cost_delay_timing" Superuser Bool(false)
            "Collects timing statistics for cost-based vacuum delay.";
        TrackCounts "track_counts" Superuser Bool(true)
            "Collects statistics on database activity.";
        TrackIoTiming "track_io_timing" Superuser Bool(false)
            "Collects timing statistics for database I/O activity.";
        TrackWalIoTiming "track_wal_io_timing" Superuser Bool(false)
            "Collects timing statistics for WAL I/O activity.";
    }
    "Statistics / Monitoring" {
        ComputeQueryId "compute_query_id" Superuser Choice { default: "auto", values: &["auto", "regress", "on", "off"] }
            "Enables in-core computation of query identifiers.";
    }
    "Vacuuming / Automatic Vacuuming" {
        Autovacuum "autovacuum" Sighup Bool(true)
            "Starts the autovacuum subprocess.";
        AutovacuumAnalyzeScaleFactor "autovacuum_analyze_scale_factor" Sighup Real { default: 0.1, min: 0.0, max: 100.0, unit: Unit::None }
            "Number of tuple inserts, updates, or deletes prior to analyze as a fraction of reltuples.";
        AutovacuumAnalyzeThreshold "autovacuum_analyze_threshold" Sighup Integer { default: 50, min: 0, max: 2147483647, unit: Unit::None }
            "Minimum number of tuple inserts, updates, or deletes prior to analyze.";
        AutovacuumMaxWorkers "autovacuum_max_workers" Sighup Integer { default: 3, min: 1, max: 262143, unit: Unit::None }
            "Sets the maximum number of simultaneously running autovacuum worker processes.";
        AutovacuumNaptime "autovacuum_naptime" Sighup Integer { default: 60, min: 1, max: 2147483, unit: Unit::Second }
            "Time to sleep between autovacuum runs.";
        AutovacuumVacuumCostDelay "autovacuum_vacuum_cost_delay" Sighup Real { default: 2.0, min: -1.0, max: 100.0, unit: Unit::Millisecond }
            "Vacuum cost delay in milliseconds, for autovacuum.";
        AutovacuumVacuumCostLimit "autovacuum_vacuum_cost_limit" Sighup Integer { default: -1, min: -1, max: 10000, unit: Unit::None }
            "Vacuum cost amount available before napping, for autovacuum.";
        AutovacuumVacuumInsertScaleFactor "autovacuum_vacuum_insert_scale_factor" Sighup Real { default: 0.2, min: 0.0, max: 100.0, unit: Unit::None }
            "Number of tuple inserts prior to vacuum as a fraction of reltuples.";
        AutovacuumVacuumInsertThreshold "autovacuum_vacuum_insert_threshold" Sighup Integer { default: 1000, min: -1, max: 2147483647, unit: Unit::None }
            "Minimum number of tuple inserts prior to vacuum.";
        AutovacuumVacuumMaxThreshold "autovacuum_vacuum_max_threshold" Sighup Integer { default: 100000000, min: -1, max: 2147483647, unit: Unit::None }
            "Maximum number of tuple updates or deletes prior to vacuum.";
        AutovacuumVacuumScaleFactor "autovacuum_vacuum_scale_factor" Sighup Real { default: 0.2, min: 0.0, max: 100.0, unit: Unit::None }
            "Number of tuple updates or deletes prior to vacuum as a fraction of reltuples.";
        AutovacuumVacuumThreshold "autovacuum_vacuum_threshold" Sighup Integer { default: 50, min: 0, max: 2147483647, unit: Unit::None }
            "Minimum number of tuple updates or deletes prior to vacuum.";
        AutovacuumWorkerSlots "autovacuum_worker_slots" Postmaster Integer { default: 16, min: 1, max: 262143, unit: Unit::None }
            "Sets the number of backend slots to allocate for autovacuum workers.";
    }
    "Vacuuming / Cost-Based Vacuum Delay" {
        VacuumCostDelay "vacuum_cost_delay" User Real { default: 0.0, min: 0.0, max: 100.0, unit: Unit::Millisecond }
            "Vacuum cost delay in milliseconds.";
        VacuumCostLimit "vacuum_cost_limit" User Integer { default: 200, min: 1, max: 10000, unit: Unit::None }
            "Vacuum cost amount available before napping.";
        VacuumCostPageDirty "vacuum_cost_page_dirty" User Integer { default: 20, min: 0, max: 10000, unit: Unit::None }
            "Vacuum cost for a page dirtied by vacuum.";
        VacuumCostPageHit "vacuum_cost_page_hit" User Integer { default: 1, min: 0, max: 10000, unit: Unit::None }
            "Vacuum cost for a page found in the buffer cache.";
        VacuumCostPageMiss "vacuum_cost_page_miss" User Integer { default: 2, min: 0, max: 10000, unit: Unit::None }
            "Vacuum cost for a page not found in the buffer cache.";
    }
    "Vacuuming / Default Behavior" {
        VacuumTruncate "vacuum_truncate" User Bool(true)
            "Enables vacuum to truncate empty pages at the end of the table.";
    }
    "Version and Platform Compatibility / Other Platforms and Clients" {
        AllowAlterSystem "allow_alter_system" Sighup Bool(true)
            "Allows running the ALTER SYSTEM command.";
        TransformNullEquals "transform_null_equals" User Bool(false)
            "Treats \"expr=NULL\" as \"expr IS NULL\".";
    }
    "Version and Platform Compatibility / Previous PostgreSQL Versions" {
        EscapeStringWarning "escape_string_warning" User Bool(true)
            "Warn about backslash escapes in ordinary string literals.";
        QuoteAllIdentifiers "quote_all_identifiers" User Bool(false)
            "When generating SQL fragments, quote all identifiers.";
        StandardConformingStrings "standard_conforming_strings" User Bool(true)
            "Causes '...' strings to treat backslashes literally.";
        SynchronizeSeqscans "synchronize_seqscans" User Bool(true)
            "Enables synchronized sequential scans.";
    }
    "Write-Ahead Log / Archiving" {
        ArchiveCommand "archive_command" Sighup Text("")
            "Sets the shell command that will be called to archive a WAL file.";
        ArchiveLibrary "archive_library" Sighup Text("")
            "Sets the library that will be called to archive a WAL file.";
        ArchiveMode "archive_mode" Postmaster Choice { default: "off", values: &["always", "on", "off"] }
            "Allows archiving of WAL files using \"archive_command\".";
        ArchiveTimeout "archive_timeout" Sighup Integer { default: 0, min: 0, max: 1073741823, unit: Unit::Second }
            "Sets the amount of time to wait before forcing a switch to the next WAL file.";
    }
    "Write-Ahead Log / Checkpoints" {
        CheckpointCompletionTarget "checkpoint_completion_target" Sighup Real { default: 0.9, min: 0.0, max: 1.0, unit: Unit::None }
            "Time spent flushing dirty buffers during checkpoint, as fraction of checkpoint interval.";
        CheckpointTimeout "checkpoint_timeout" Sighup Integer { default: 300, min: 30, max: 86400, unit: Unit::Second }
            "Sets the maximum time between automatic WAL checkpoints.";
        CheckpointWarning "checkpoint_warning" Sighup Integer { default: 30, min: 0, max: 2147483647, unit: Unit::Second }
            "Sets the maximum time before warning if checkpoints triggered by WAL volume happen too frequently.";
        MaxWalSize "max_wal_size" Sighup Integer { default: 1024, min: 2, max: 2147483647, unit: Unit::Megabyte }
            "Sets the WAL size that triggers a checkpoint.";
        MinWalSize "min_wal_size" Sighup Integer { default: 80, min: 2, max: 2147483647, unit: Unit::Megabyte }
            "Sets the minimum size to shrink the WAL to.";
    }
    "Write-Ahead Log / Settings" {
        CommitDelay "commit_delay" Superuser Integer { default: 0, min: 0, max: 100000, unit: Unit::None }
            "Sets the delay in microseconds between transaction commit and flushing WAL to disk.";
        CommitSiblings "commit_siblings" User Integer { default: 5, min: 0, max: 1000, unit: Unit::None }
            "Sets the minimum number of concurrent open transactions required before performing \"commit_delay\".";
        Fsync "fsync" Sighup Bool(true)
            "Forces synchronization of updates to disk.";
        FullPageWrites "full_page_writes" Sighup Bool(true)
            "Writes full pages to WAL when first modified after a checkpoint.";
        SynchronousCommit "synchronous_commit" User Choice { default: "on", values: &["local", "remote_write", "remote_apply", "on", "off"] }
            "Sets the current transaction's synchronization level.";
        WalBuffers "wal_buffers" Postmaster Integer { default: -1, min: -1, max: 262143, unit: Unit::Page }
            "Sets the number of disk-page buffers in shared memory for WAL.";
        WalCompression "wal_compression" Superuser Choice { default: "lz4", values: &["lz4", "on", "off"] }
            "Compresses full-page writes written in WAL file with specified method.";
        WalLevel "wal_level" Postmaster Choice { default: "replica", values: &["minimal", "replica", "logical"] }
            "Sets the level of information written to the WAL.";
        WalWriterDelay "wal_writer_delay" Sighup Integer { default: 200, min: 1, max: 10000, unit: Unit::Millisecond }
            "Time between WAL flushes performed in the WAL writer.";
        WalWriterFlushAfter "wal_writer_flush_after" Sighup Integer { default: 128, min: 0, max: 2147483647, unit: Unit::Page }
            "Amount of WAL written out by WAL writer that triggers a flush.";
        WalRecycle "wal_recycle" Superuser Bool(true)
            "Recycles WAL files by renaming them.";
    }
}
