//! What a process can wait for: `pg_stat_activity`'s `wait_event_type` and `wait_event`, as in PostgreSQL 18's `pg_wait_events`.
//!
//! One line an event; a number from this table stands in the process slot while its owner sleeps.

macro_rules! wait_events {
    ($($variant:ident = $class:literal, $name:literal;)*) => {
        /// A reason to sleep. [`WaitEvent::None`] is "running".
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u32)]
        pub enum WaitEvent {
            None = 0,
            $($variant,)*
        }

        impl WaitEvent {
            /// All events but `None`, in the order of their numbers, which start at 1.
            pub const ALL: &[WaitEvent] = &[$(WaitEvent::$variant,)*];

            /// `wait_event_type` and `wait_event`; `None` while running.
            pub fn names(self) -> Option<(&'static str, &'static str)> {
                match self {
                    WaitEvent::None => None,
                    $(WaitEvent::$variant => Some(($class, $name)),)*
                }
            }
        }
    };
}

impl WaitEvent {
    /// The event of this number; an unknown one is `None`.
    pub fn from_number(number: u32) -> WaitEvent {
        let index = (number as usize).wrapping_sub(1);
        WaitEvent::ALL.get(index).copied().unwrap_or(WaitEvent::None)
    }
}

wait_events! {
    ActivityArchiverMain = "Activity", "ArchiverMain";
    ActivityAutovacuumMain = "Activity", "AutovacuumMain";
    ActivityBgwriterHibernate = "Activity", "BgwriterHibernate";
    ActivityBgwriterMain = "Activity", "BgwriterMain";
    ActivityCheckpointerMain = "Activity", "CheckpointerMain";
    ActivityCheckpointerShutdown = "Activity", "CheckpointerShutdown";
    ActivityIoWorkerMain = "Activity", "IoWorkerMain";
    ActivityLogicalApplyMain = "Activity", "LogicalApplyMain";
    ActivityLogicalLauncherMain = "Activity", "LogicalLauncherMain";
    ActivityLogicalParallelApplyMain = "Activity", "LogicalParallelApplyMain";
    ActivityRecoveryWalStream = "Activity", "RecoveryWalStream";
    ActivityReplicationSlotsyncMain = "Activity", "ReplicationSlotsyncMain";
    ActivityReplicationSlotsyncShutdown = "Activity", "ReplicationSlotsyncShutdown";
    ActivityStatisticsMain = "Activity", "StatisticsMain";
    ActivitySysloggerMain = "Activity", "SysloggerMain";
    ActivityWalReceiverMain = "Activity", "WalReceiverMain";
    ActivityWalSenderMain = "Activity", "WalSenderMain";
    ActivityWalSummarizerWal = "Activity", "WalSummarizerWal";
    ActivityWalWriterMain = "Activity", "WalWriterMain";
    BufferPinBufferPin = "BufferPin", "BufferPin";
    ClientClientRead = "Client", "ClientRead";
    ClientClientWrite = "Client", "ClientWrite";
    ClientGssOpenServer = "Client", "GssOpenServer";
    ClientLibpqwalreceiverConnect = "Client", "LibpqwalreceiverConnect";
    ClientLibpqwalreceiverReceive = "Client", "LibpqwalreceiverReceive";
    ClientSslOpenServer = "Client", "SslOpenServer";
    ClientWaitForStandbyConfirmation = "Client", "WaitForStandbyConfirmation";
    ClientWalSenderWaitForWal = "Client", "WalSenderWaitForWal";
    ClientWalSenderWriteData = "Client", "WalSenderWriteData";
    ExtensionExtension = "Extension", "Extension";
    IoAioIoCompletion = "IO", "AioIoCompletion";
    IoAioIoUringExecution = "IO", "AioIoUringExecution";
    IoAioIoUringSubmit = "IO", "AioIoUringSubmit";
    IoBasebackupRead = "IO", "BasebackupRead";
    IoBasebackupSync = "IO", "BasebackupSync";
    IoBasebackupWrite = "IO", "BasebackupWrite";
    IoBuffileRead = "IO", "BuffileRead";
    IoBuffileTruncate = "IO", "BuffileTruncate";
    IoBuffileWrite = "IO", "BuffileWrite";
    IoControlFileRead = "IO", "ControlFileRead";
    IoControlFileSync = "IO", "ControlFileSync";
    IoControlFileSyncUpdate = "IO", "ControlFileSyncUpdate";
    IoControlFileWrite = "IO", "ControlFileWrite";
    IoControlFileWriteUpdate = "IO", "ControlFileWriteUpdate";
    IoCopyFileCopy = "IO", "CopyFileCopy";
    IoCopyFileRead = "IO", "CopyFileRead";
    IoCopyFileWrite = "IO", "CopyFileWrite";
    IoDataFileExtend = "IO", "DataFileExtend";
    IoDataFileFlush = "IO", "DataFileFlush";
    IoDataFileImmediateSync = "IO", "DataFileImmediateSync";
    IoDataFilePrefetch = "IO", "DataFilePrefetch";
    IoDataFileRead = "IO", "DataFileRead";
    IoDataFileSync = "IO", "DataFileSync";
    IoDataFileTruncate = "IO", "DataFileTruncate";
    IoDataFileWrite = "IO", "DataFileWrite";
    IoDsmAllocate = "IO", "DsmAllocate";
    IoDsmFillZeroWrite = "IO", "DsmFillZeroWrite";
    IoLockFileAddtodatadirRead = "IO", "LockFileAddtodatadirRead";
    IoLockFileAddtodatadirSync = "IO", "LockFileAddtodatadirSync";
    IoLockFileAddtodatadirWrite = "IO", "LockFileAddtodatadirWrite";
    IoLockFileCreateRead = "IO", "LockFileCreateRead";
    IoLockFileCreateSync = "IO", "LockFileCreateSync";
    IoLockFileCreateWrite = "IO", "LockFileCreateWrite";
    IoLockFileRecheckdatadirRead = "IO", "LockFileRecheckdatadirRead";
    IoLogicalRewriteCheckpointSync = "IO", "LogicalRewriteCheckpointSync";
    IoLogicalRewriteMappingSync = "IO", "LogicalRewriteMappingSync";
    IoLogicalRewriteMappingWrite = "IO", "LogicalRewriteMappingWrite";
    IoLogicalRewriteSync = "IO", "LogicalRewriteSync";
    IoLogicalRewriteTruncate = "IO", "LogicalRewriteTruncate";
    IoLogicalRewriteWrite = "IO", "LogicalRewriteWrite";
    IoRelationMapRead = "IO", "RelationMapRead";
    IoRelationMapReplace = "IO", "RelationMapReplace";
    IoRelationMapWrite = "IO", "RelationMapWrite";
    IoReorderBufferRead = "IO", "ReorderBufferRead";
    IoReorderBufferWrite = "IO", "ReorderBufferWrite";
    IoReorderLogicalMappingRead = "IO", "ReorderLogicalMappingRead";
    IoReplicationSlotRead = "IO", "ReplicationSlotRead";
    IoReplicationSlotRestoreSync = "IO", "ReplicationSlotRestoreSync";
    IoReplicationSlotSync = "IO", "ReplicationSlotSync";
    IoReplicationSlotWrite = "IO", "ReplicationSlotWrite";
    IoSlruFlushSync = "IO", "SlruFlushSync";
    IoSlruRead = "IO", "SlruRead";
    IoSlruSync = "IO", "SlruSync";
    IoSlruWrite = "IO", "SlruWrite";
    IoSnapbuildRead = "IO", "SnapbuildRead";
    IoSnapbuildSync = "IO", "SnapbuildSync";
    IoSnapbuildWrite = "IO", "SnapbuildWrite";
    IoTimelineHistoryFileSync = "IO", "TimelineHistoryFileSync";
    IoTimelineHistoryFileWrite = "IO", "TimelineHistoryFileWrite";
    IoTimelineHistoryRead = "IO", "TimelineHistoryRead";
    IoTimelineHistorySync = "IO", "TimelineHistorySync";
    IoTimelineHistoryWrite = "IO", "TimelineHistoryWrite";
    IoTwophaseFileRead = "IO", "TwophaseFileRead";
    IoTwophaseFileSync = "IO", "TwophaseFileSync";
    IoTwophaseFileWrite = "IO", "TwophaseFileWrite";
    IoVersionFileSync = "IO", "VersionFileSync";
    IoVersionFileWrite = "IO", "VersionFileWrite";
    IoWalBootstrapSync = "IO", "WalBootstrapSync";
    IoWalBootstrapWrite = "IO", "WalBootstrapWrite";
    IoWalCopyRead = "IO", "WalCopyRead";
    IoWalCopySync = "IO", "WalCopySync";
    IoWalCopyWrite = "IO", "WalCopyWrite";
    IoWalInitSync = "IO", "WalInitSync";
    IoWalInitWrite = "IO", "WalInitWrite";
    IoWalRead = "IO", "WalRead";
    IoWalSummaryRead = "IO", "WalSummaryRead";
    IoWalSummaryWrite = "IO", "WalSummaryWrite";
    IoWalSync = "IO", "WalSync";
    IoWalSyncMethodAssign = "IO", "WalSyncMethodAssign";
    IoWalWrite = "IO", "WalWrite";
    IoWalsenderTimelineHistoryRead = "IO", "WalsenderTimelineHistoryRead";
    IpcAppendReady = "IPC", "AppendReady";
    IpcArchiveCleanupCommand = "IPC", "ArchiveCleanupCommand";
    IpcArchiveCommand = "IPC", "ArchiveCommand";
    IpcBackendTermination = "IPC", "BackendTermination";
    IpcBackupWaitWalArchive = "IPC", "BackupWaitWalArchive";
    IpcBgworkerShutdown = "IPC", "BgworkerShutdown";
    IpcBgworkerStartup = "IPC", "BgworkerStartup";
    IpcBtreePage = "IPC", "BtreePage";
    IpcBufferIo = "IPC", "BufferIo";
    IpcCheckpointDelayComplete = "IPC", "CheckpointDelayComplete";
    IpcCheckpointDelayStart = "IPC", "CheckpointDelayStart";
    IpcCheckpointDone = "IPC", "CheckpointDone";
    IpcCheckpointStart = "IPC", "CheckpointStart";
    IpcExecuteGather = "IPC", "ExecuteGather";
    IpcHashBatchAllocate = "IPC", "HashBatchAllocate";
    IpcHashBatchElect = "IPC", "HashBatchElect";
    IpcHashBatchLoad = "IPC", "HashBatchLoad";
    IpcHashBuildAllocate = "IPC", "HashBuildAllocate";
    IpcHashBuildElect = "IPC", "HashBuildElect";
    IpcHashBuildHashInner = "IPC", "HashBuildHashInner";
    IpcHashBuildHashOuter = "IPC", "HashBuildHashOuter";
    IpcHashGrowBatchesDecide = "IPC", "HashGrowBatchesDecide";
    IpcHashGrowBatchesElect = "IPC", "HashGrowBatchesElect";
    IpcHashGrowBatchesFinish = "IPC", "HashGrowBatchesFinish";
    IpcHashGrowBatchesReallocate = "IPC", "HashGrowBatchesReallocate";
    IpcHashGrowBatchesRepartition = "IPC", "HashGrowBatchesRepartition";
    IpcHashGrowBucketsElect = "IPC", "HashGrowBucketsElect";
    IpcHashGrowBucketsReallocate = "IPC", "HashGrowBucketsReallocate";
    IpcHashGrowBucketsReinsert = "IPC", "HashGrowBucketsReinsert";
    IpcLogicalApplySendData = "IPC", "LogicalApplySendData";
    IpcLogicalParallelApplyStateChange = "IPC", "LogicalParallelApplyStateChange";
    IpcLogicalSyncData = "IPC", "LogicalSyncData";
    IpcLogicalSyncStateChange = "IPC", "LogicalSyncStateChange";
    IpcMessageQueueInternal = "IPC", "MessageQueueInternal";
    IpcMessageQueuePutMessage = "IPC", "MessageQueuePutMessage";
    IpcMessageQueueReceive = "IPC", "MessageQueueReceive";
    IpcMessageQueueSend = "IPC", "MessageQueueSend";
    IpcMultixactCreation = "IPC", "MultixactCreation";
    IpcParallelBitmapScan = "IPC", "ParallelBitmapScan";
    IpcParallelCreateIndexScan = "IPC", "ParallelCreateIndexScan";
    IpcParallelFinish = "IPC", "ParallelFinish";
    IpcProcSignalBarrier = "IPC", "ProcSignalBarrier";
    IpcProcarrayGroupUpdate = "IPC", "ProcarrayGroupUpdate";
    IpcPromote = "IPC", "Promote";
    IpcRecoveryConflictSnapshot = "IPC", "RecoveryConflictSnapshot";
    IpcRecoveryConflictTablespace = "IPC", "RecoveryConflictTablespace";
    IpcRecoveryEndCommand = "IPC", "RecoveryEndCommand";
    IpcRecoveryPause = "IPC", "RecoveryPause";
    IpcReplicationOriginDrop = "IPC", "ReplicationOriginDrop";
    IpcReplicationSlotDrop = "IPC", "ReplicationSlotDrop";
    IpcRestoreCommand = "IPC", "RestoreCommand";
    IpcSafeSnapshot = "IPC", "SafeSnapshot";
    IpcSyncRep = "IPC", "SyncRep";
    IpcWalReceiverExit = "IPC", "WalReceiverExit";
    IpcWalReceiverWaitStart = "IPC", "WalReceiverWaitStart";
    IpcWalSummaryReady = "IPC", "WalSummaryReady";
    IpcXactGroupUpdate = "IPC", "XactGroupUpdate";
    LwlockAddinShmemInit = "LWLock", "AddinShmemInit";
    LwlockAioUringCompletion = "LWLock", "AioUringCompletion";
    LwlockAioWorkerSubmissionQueue = "LWLock", "AioWorkerSubmissionQueue";
    LwlockAutoFile = "LWLock", "AutoFile";
    LwlockAutovacuum = "LWLock", "Autovacuum";
    LwlockAutovacuumSchedule = "LWLock", "AutovacuumSchedule";
    LwlockBackgroundWorker = "LWLock", "BackgroundWorker";
    LwlockBtreeVacuum = "LWLock", "BtreeVacuum";
    LwlockBufferContent = "LWLock", "BufferContent";
    LwlockBufferMapping = "LWLock", "BufferMapping";
    LwlockCheckpointerComm = "LWLock", "CheckpointerComm";
    LwlockCommitTs = "LWLock", "CommitTs";
    LwlockCommitTsBuffer = "LWLock", "CommitTsBuffer";
    LwlockCommitTsSLRU = "LWLock", "CommitTsSLRU";
    LwlockControlFile = "LWLock", "ControlFile";
    LwlockDSMRegistry = "LWLock", "DSMRegistry";
    LwlockDSMRegistryDSA = "LWLock", "DSMRegistryDSA";
    LwlockDSMRegistryHash = "LWLock", "DSMRegistryHash";
    LwlockDynamicSharedMemoryControl = "LWLock", "DynamicSharedMemoryControl";
    LwlockInjectionPoint = "LWLock", "InjectionPoint";
    LwlockLockFastPath = "LWLock", "LockFastPath";
    LwlockLockManager = "LWLock", "LockManager";
    LwlockLogicalRepLauncherDSA = "LWLock", "LogicalRepLauncherDSA";
    LwlockLogicalRepLauncherHash = "LWLock", "LogicalRepLauncherHash";
    LwlockLogicalRepWorker = "LWLock", "LogicalRepWorker";
    LwlockMultiXactGen = "LWLock", "MultiXactGen";
    LwlockMultiXactMemberBuffer = "LWLock", "MultiXactMemberBuffer";
    LwlockMultiXactMemberSLRU = "LWLock", "MultiXactMemberSLRU";
    LwlockMultiXactOffsetBuffer = "LWLock", "MultiXactOffsetBuffer";
    LwlockMultiXactOffsetSLRU = "LWLock", "MultiXactOffsetSLRU";
    LwlockMultiXactTruncation = "LWLock", "MultiXactTruncation";
    LwlockNotifyBuffer = "LWLock", "NotifyBuffer";
    LwlockNotifyQueue = "LWLock", "NotifyQueue";
    LwlockNotifyQueueTail = "LWLock", "NotifyQueueTail";
    LwlockNotifySLRU = "LWLock", "NotifySLRU";
    LwlockOidGen = "LWLock", "OidGen";
    LwlockParallelAppend = "LWLock", "ParallelAppend";
    LwlockParallelBtreeScan = "LWLock", "ParallelBtreeScan";
    LwlockParallelHashJoin = "LWLock", "ParallelHashJoin";
    LwlockParallelQueryDSA = "LWLock", "ParallelQueryDSA";
    LwlockParallelVacuumDSA = "LWLock", "ParallelVacuumDSA";
    LwlockPerSessionDSA = "LWLock", "PerSessionDSA";
    LwlockPerSessionRecordType = "LWLock", "PerSessionRecordType";
    LwlockPerSessionRecordTypmod = "LWLock", "PerSessionRecordTypmod";
    LwlockPerXactPredicateList = "LWLock", "PerXactPredicateList";
    LwlockPgStatsDSA = "LWLock", "PgStatsDSA";
    LwlockPgStatsData = "LWLock", "PgStatsData";
    LwlockPgStatsHash = "LWLock", "PgStatsHash";
    LwlockPredicateLockManager = "LWLock", "PredicateLockManager";
    LwlockProcArray = "LWLock", "ProcArray";
    LwlockRelCacheInit = "LWLock", "RelCacheInit";
    LwlockRelationMapping = "LWLock", "RelationMapping";
    LwlockReplicationOrigin = "LWLock", "ReplicationOrigin";
    LwlockReplicationOriginState = "LWLock", "ReplicationOriginState";
    LwlockReplicationSlotAllocation = "LWLock", "ReplicationSlotAllocation";
    LwlockReplicationSlotControl = "LWLock", "ReplicationSlotControl";
    LwlockReplicationSlotIO = "LWLock", "ReplicationSlotIO";
    LwlockSInvalRead = "LWLock", "SInvalRead";
    LwlockSInvalWrite = "LWLock", "SInvalWrite";
    LwlockSerialBuffer = "LWLock", "SerialBuffer";
    LwlockSerialControl = "LWLock", "SerialControl";
    LwlockSerialSLRU = "LWLock", "SerialSLRU";
    LwlockSerializableFinishedList = "LWLock", "SerializableFinishedList";
    LwlockSerializablePredicateList = "LWLock", "SerializablePredicateList";
    LwlockSerializableXactHash = "LWLock", "SerializableXactHash";
    LwlockSharedTidBitmap = "LWLock", "SharedTidBitmap";
    LwlockSharedTupleStore = "LWLock", "SharedTupleStore";
    LwlockShmemIndex = "LWLock", "ShmemIndex";
    LwlockSubtransBuffer = "LWLock", "SubtransBuffer";
    LwlockSubtransSLRU = "LWLock", "SubtransSLRU";
    LwlockSyncRep = "LWLock", "SyncRep";
    LwlockSyncScan = "LWLock", "SyncScan";
    LwlockTablespaceCreate = "LWLock", "TablespaceCreate";
    LwlockTwoPhaseState = "LWLock", "TwoPhaseState";
    LwlockWALBufMapping = "LWLock", "WALBufMapping";
    LwlockWALInsert = "LWLock", "WALInsert";
    LwlockWALSummarizer = "LWLock", "WALSummarizer";
    LwlockWALWrite = "LWLock", "WALWrite";
    LwlockWaitEventCustom = "LWLock", "WaitEventCustom";
    LwlockWrapLimitsVacuum = "LWLock", "WrapLimitsVacuum";
    LwlockXactBuffer = "LWLock", "XactBuffer";
    LwlockXactSLRU = "LWLock", "XactSLRU";
    LwlockXactTruncation = "LWLock", "XactTruncation";
    LwlockXidGen = "LWLock", "XidGen";
    LockAdvisory = "Lock", "advisory";
    LockApplytransaction = "Lock", "applytransaction";
    LockExtend = "Lock", "extend";
    LockFrozenid = "Lock", "frozenid";
    LockObject = "Lock", "object";
    LockPage = "Lock", "page";
    LockRelation = "Lock", "relation";
    LockSpectoken = "Lock", "spectoken";
    LockTransactionid = "Lock", "transactionid";
    LockTuple = "Lock", "tuple";
    LockUserlock = "Lock", "userlock";
    LockVirtualxid = "Lock", "virtualxid";
    TimeoutBaseBackupThrottle = "Timeout", "BaseBackupThrottle";
    TimeoutCheckpointWriteDelay = "Timeout", "CheckpointWriteDelay";
    TimeoutPgSleep = "Timeout", "PgSleep";
    TimeoutRecoveryApplyDelay = "Timeout", "RecoveryApplyDelay";
    TimeoutRecoveryRetrieveRetryInterval = "Timeout", "RecoveryRetrieveRetryInterval";
    TimeoutRegisterSyncRequest = "Timeout", "RegisterSyncRequest";
    TimeoutSpinDelay = "Timeout", "SpinDelay";
    TimeoutVacuumDelay = "Timeout", "VacuumDelay";
    TimeoutVacuumTruncate = "Timeout", "VacuumTruncate";
    TimeoutWalSummarizerError = "Timeout", "WalSummarizerError";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers, which travel through shared memory, lead back to their events.
    #[test]
    fn numbers_lead_back() {
        for event in WaitEvent::ALL {
            assert_eq!(WaitEvent::from_number(*event as u32), *event);
        }
        assert_eq!(WaitEvent::from_number(u32::MAX), WaitEvent::None);
    }
}
