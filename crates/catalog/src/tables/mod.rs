//! The system catalogs, one file each, and the list of all of them.

use common::Oid;

use crate::declaration::{CatalogDeclaration, CatalogRow};

mod pg_aggregate;
mod pg_am;
mod pg_amop;
mod pg_amproc;
mod pg_attrdef;
mod pg_attribute;
mod pg_auth_members;
mod pg_authid;
mod pg_cast;
mod pg_class;
mod pg_collation;
mod pg_constraint;
mod pg_conversion;
mod pg_database;
mod pg_db_role_setting;
mod pg_default_acl;
mod pg_depend;
mod pg_description;
mod pg_enum;
mod pg_event_trigger;
mod pg_extension;
mod pg_foreign_data_wrapper;
mod pg_foreign_server;
mod pg_foreign_table;
mod pg_index;
mod pg_inherits;
mod pg_init_privs;
mod pg_language;
mod pg_largeobject;
mod pg_largeobject_metadata;
mod pg_namespace;
mod pg_opclass;
mod pg_operator;
mod pg_opfamily;
mod pg_parameter_acl;
mod pg_partitioned_table;
mod pg_policy;
mod pg_proc;
mod pg_publication;
mod pg_publication_namespace;
mod pg_publication_rel;
mod pg_range;
mod pg_replication_origin;
mod pg_rewrite;
mod pg_seclabel;
mod pg_sequence;
mod pg_shdepend;
mod pg_shdescription;
mod pg_shseclabel;
mod pg_statistic;
mod pg_statistic_ext;
mod pg_statistic_ext_data;
mod pg_subscription;
mod pg_subscription_rel;
mod pg_tablespace;
mod pg_transform;
mod pg_trigger;
mod pg_ts_config;
mod pg_ts_config_map;
mod pg_ts_dict;
mod pg_ts_parser;
mod pg_ts_template;
mod pg_type;
mod pg_user_mapping;

pub use pg_aggregate::PgAggregate;
pub use pg_am::PgAm;
pub use pg_amop::PgAmop;
pub use pg_amproc::PgAmproc;
pub use pg_attrdef::PgAttrdef;
pub use pg_attribute::PgAttribute;
pub use pg_auth_members::PgAuthMembers;
pub use pg_authid::PgAuthid;
pub use pg_cast::PgCast;
pub use pg_class::PgClass;
pub use pg_collation::PgCollation;
pub use pg_constraint::PgConstraint;
pub use pg_conversion::PgConversion;
pub use pg_database::PgDatabase;
pub use pg_db_role_setting::PgDbRoleSetting;
pub use pg_default_acl::PgDefaultAcl;
pub use pg_depend::PgDepend;
pub use pg_description::PgDescription;
pub use pg_enum::PgEnum;
pub use pg_event_trigger::PgEventTrigger;
pub use pg_extension::PgExtension;
pub use pg_foreign_data_wrapper::PgForeignDataWrapper;
pub use pg_foreign_server::PgForeignServer;
pub use pg_foreign_table::PgForeignTable;
pub use pg_index::PgIndex;
pub use pg_inherits::PgInherits;
pub use pg_init_privs::PgInitPrivs;
pub use pg_language::PgLanguage;
pub use pg_largeobject::PgLargeobject;
pub use pg_largeobject_metadata::PgLargeobjectMetadata;
pub use pg_namespace::PgNamespace;
pub use pg_opclass::PgOpclass;
pub use pg_operator::PgOperator;
pub use pg_opfamily::PgOpfamily;
pub use pg_parameter_acl::PgParameterAcl;
pub use pg_partitioned_table::PgPartitionedTable;
pub use pg_policy::PgPolicy;
pub use pg_proc::PgProc;
pub use pg_publication::PgPublication;
pub use pg_publication_namespace::PgPublicationNamespace;
pub use pg_publication_rel::PgPublicationRel;
pub use pg_range::PgRange;
pub use pg_replication_origin::PgReplicationOrigin;
pub use pg_rewrite::PgRewrite;
pub use pg_seclabel::PgSeclabel;
pub use pg_sequence::PgSequence;
pub use pg_shdepend::PgShdepend;
pub use pg_shdescription::PgShdescription;
pub use pg_shseclabel::PgShseclabel;
pub use pg_statistic::PgStatistic;
pub use pg_statistic_ext::PgStatisticExt;
pub use pg_statistic_ext_data::PgStatisticExtData;
pub use pg_subscription::PgSubscription;
pub use pg_subscription_rel::PgSubscriptionRel;
pub use pg_tablespace::PgTablespace;
pub use pg_transform::PgTransform;
pub use pg_trigger::PgTrigger;
pub use pg_ts_config::PgTsConfig;
pub use pg_ts_config_map::PgTsConfigMap;
pub use pg_ts_dict::PgTsDict;
pub use pg_ts_parser::PgTsParser;
pub use pg_ts_template::PgTsTemplate;
pub use pg_type::PgType;
pub use pg_user_mapping::PgUserMapping;

/// Catalogs that not everybody may read: passwords, samples of data, secrets of connections.
pub const PRIVATE: [Oid; 6] = [
    PgAuthid::OID,
    PgStatistic::OID,
    PgStatisticExtData::OID,
    PgSubscription::OID,
    PgUserMapping::OID,
    PgLargeobject::OID,
];

/// Every system catalog, by name.
pub static CATALOGS: &[&CatalogDeclaration] = &[
    PgAggregate::DECLARATION,
    PgAm::DECLARATION,
    PgAmop::DECLARATION,
    PgAmproc::DECLARATION,
    PgAttrdef::DECLARATION,
    PgAttribute::DECLARATION,
    PgAuthMembers::DECLARATION,
    PgAuthid::DECLARATION,
    PgCast::DECLARATION,
    PgClass::DECLARATION,
    PgCollation::DECLARATION,
    PgConstraint::DECLARATION,
    PgConversion::DECLARATION,
    PgDatabase::DECLARATION,
    PgDbRoleSetting::DECLARATION,
    PgDefaultAcl::DECLARATION,
    PgDepend::DECLARATION,
    PgDescription::DECLARATION,
    PgEnum::DECLARATION,
    PgEventTrigger::DECLARATION,
    PgExtension::DECLARATION,
    PgForeignDataWrapper::DECLARATION,
    PgForeignServer::DECLARATION,
    PgForeignTable::DECLARATION,
    PgIndex::DECLARATION,
    PgInherits::DECLARATION,
    PgInitPrivs::DECLARATION,
    PgLanguage::DECLARATION,
    PgLargeobject::DECLARATION,
    PgLargeobjectMetadata::DECLARATION,
    PgNamespace::DECLARATION,
    PgOpclass::DECLARATION,
    PgOperator::DECLARATION,
    PgOpfamily::DECLARATION,
    PgParameterAcl::DECLARATION,
    PgPartitionedTable::DECLARATION,
    PgPolicy::DECLARATION,
    PgProc::DECLARATION,
    PgPublication::DECLARATION,
    PgPublicationNamespace::DECLARATION,
    PgPublicationRel::DECLARATION,
    PgRange::DECLARATION,
    PgReplicationOrigin::DECLARATION,
    PgRewrite::DECLARATION,
    PgSeclabel::DECLARATION,
    PgSequence::DECLARATION,
    PgShdepend::DECLARATION,
    PgShdescription::DECLARATION,
    PgShseclabel::DECLARATION,
    PgStatistic::DECLARATION,
    PgStatisticExt::DECLARATION,
    PgStatisticExtData::DECLARATION,
    PgSubscription::DECLARATION,
    PgSubscriptionRel::DECLARATION,
    PgTablespace::DECLARATION,
    PgTransform::DECLARATION,
    PgTrigger::DECLARATION,
    PgTsConfig::DECLARATION,
    PgTsConfigMap::DECLARATION,
    PgTsDict::DECLARATION,
    PgTsParser::DECLARATION,
    PgTsTemplate::DECLARATION,
    PgType::DECLARATION,
    PgUserMapping::DECLARATION,
];
