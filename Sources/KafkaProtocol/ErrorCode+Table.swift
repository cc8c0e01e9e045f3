// The codes and classes of Kafka 4.3.1 (org.apache.kafka.common.protocol.Errors).

extension ErrorCode {
    /// Success.
    public static var none: ErrorCode { ErrorCode(rawValue: 0) }
    /// `UNKNOWN_SERVER_ERROR`
    public static var unknownServerError: ErrorCode { ErrorCode(rawValue: -1) }
    /// `OFFSET_OUT_OF_RANGE`
    public static var offsetOutOfRange: ErrorCode { ErrorCode(rawValue: 1) }
    /// `CORRUPT_MESSAGE`
    public static var corruptMessage: ErrorCode { ErrorCode(rawValue: 2) }
    /// `UNKNOWN_TOPIC_OR_PARTITION`
    public static var unknownTopicOrPartition: ErrorCode { ErrorCode(rawValue: 3) }
    /// `INVALID_FETCH_SIZE`
    public static var invalidFetchSize: ErrorCode { ErrorCode(rawValue: 4) }
    /// `LEADER_NOT_AVAILABLE`
    public static var leaderNotAvailable: ErrorCode { ErrorCode(rawValue: 5) }
    /// `NOT_LEADER_OR_FOLLOWER`
    public static var notLeaderOrFollower: ErrorCode { ErrorCode(rawValue: 6) }
    /// `REQUEST_TIMED_OUT`
    public static var requestTimedOut: ErrorCode { ErrorCode(rawValue: 7) }
    /// `BROKER_NOT_AVAILABLE`
    public static var brokerNotAvailable: ErrorCode { ErrorCode(rawValue: 8) }
    /// `REPLICA_NOT_AVAILABLE`
    public static var replicaNotAvailable: ErrorCode { ErrorCode(rawValue: 9) }
    /// `MESSAGE_TOO_LARGE`
    public static var messageTooLarge: ErrorCode { ErrorCode(rawValue: 10) }
    /// `STALE_CONTROLLER_EPOCH`
    public static var staleControllerEpoch: ErrorCode { ErrorCode(rawValue: 11) }
    /// `OFFSET_METADATA_TOO_LARGE`
    public static var offsetMetadataTooLarge: ErrorCode { ErrorCode(rawValue: 12) }
    /// `NETWORK_EXCEPTION`
    public static var networkException: ErrorCode { ErrorCode(rawValue: 13) }
    /// `COORDINATOR_LOAD_IN_PROGRESS`
    public static var coordinatorLoadInProgress: ErrorCode { ErrorCode(rawValue: 14) }
    /// `COORDINATOR_NOT_AVAILABLE`
    public static var coordinatorNotAvailable: ErrorCode { ErrorCode(rawValue: 15) }
    /// `NOT_COORDINATOR`
    public static var notCoordinator: ErrorCode { ErrorCode(rawValue: 16) }
    /// `INVALID_TOPIC_EXCEPTION`
    public static var invalidTopicException: ErrorCode { ErrorCode(rawValue: 17) }
    /// `RECORD_LIST_TOO_LARGE`
    public static var recordListTooLarge: ErrorCode { ErrorCode(rawValue: 18) }
    /// `NOT_ENOUGH_REPLICAS`
    public static var notEnoughReplicas: ErrorCode { ErrorCode(rawValue: 19) }
    /// `NOT_ENOUGH_REPLICAS_AFTER_APPEND`
    public static var notEnoughReplicasAfterAppend: ErrorCode { ErrorCode(rawValue: 20) }
    /// `INVALID_REQUIRED_ACKS`
    public static var invalidRequiredAcks: ErrorCode { ErrorCode(rawValue: 21) }
    /// `ILLEGAL_GENERATION`
    public static var illegalGeneration: ErrorCode { ErrorCode(rawValue: 22) }
    /// `INCONSISTENT_GROUP_PROTOCOL`
    public static var inconsistentGroupProtocol: ErrorCode { ErrorCode(rawValue: 23) }
    /// `INVALID_GROUP_ID`
    public static var invalidGroupId: ErrorCode { ErrorCode(rawValue: 24) }
    /// `UNKNOWN_MEMBER_ID`
    public static var unknownMemberId: ErrorCode { ErrorCode(rawValue: 25) }
    /// `INVALID_SESSION_TIMEOUT`
    public static var invalidSessionTimeout: ErrorCode { ErrorCode(rawValue: 26) }
    /// `REBALANCE_IN_PROGRESS`
    public static var rebalanceInProgress: ErrorCode { ErrorCode(rawValue: 27) }
    /// `INVALID_COMMIT_OFFSET_SIZE`
    public static var invalidCommitOffsetSize: ErrorCode { ErrorCode(rawValue: 28) }
    /// `TOPIC_AUTHORIZATION_FAILED`
    public static var topicAuthorizationFailed: ErrorCode { ErrorCode(rawValue: 29) }
    /// `GROUP_AUTHORIZATION_FAILED`
    public static var groupAuthorizationFailed: ErrorCode { ErrorCode(rawValue: 30) }
    /// `CLUSTER_AUTHORIZATION_FAILED`
    public static var clusterAuthorizationFailed: ErrorCode { ErrorCode(rawValue: 31) }
    /// `INVALID_TIMESTAMP`
    public static var invalidTimestamp: ErrorCode { ErrorCode(rawValue: 32) }
    /// `UNSUPPORTED_SASL_MECHANISM`
    public static var unsupportedSaslMechanism: ErrorCode { ErrorCode(rawValue: 33) }
    /// `ILLEGAL_SASL_STATE`
    public static var illegalSaslState: ErrorCode { ErrorCode(rawValue: 34) }
    /// `UNSUPPORTED_VERSION`
    public static var unsupportedVersion: ErrorCode { ErrorCode(rawValue: 35) }
    /// `TOPIC_ALREADY_EXISTS`
    public static var topicAlreadyExists: ErrorCode { ErrorCode(rawValue: 36) }
    /// `INVALID_PARTITIONS`
    public static var invalidPartitions: ErrorCode { ErrorCode(rawValue: 37) }
    /// `INVALID_REPLICATION_FACTOR`
    public static var invalidReplicationFactor: ErrorCode { ErrorCode(rawValue: 38) }
    /// `INVALID_REPLICA_ASSIGNMENT`
    public static var invalidReplicaAssignment: ErrorCode { ErrorCode(rawValue: 39) }
    /// `INVALID_CONFIG`
    public static var invalidConfig: ErrorCode { ErrorCode(rawValue: 40) }
    /// `NOT_CONTROLLER`
    public static var notController: ErrorCode { ErrorCode(rawValue: 41) }
    /// `INVALID_REQUEST`
    public static var invalidRequest: ErrorCode { ErrorCode(rawValue: 42) }
    /// `UNSUPPORTED_FOR_MESSAGE_FORMAT`
    public static var unsupportedForMessageFormat: ErrorCode { ErrorCode(rawValue: 43) }
    /// `POLICY_VIOLATION`
    public static var policyViolation: ErrorCode { ErrorCode(rawValue: 44) }
    /// `OUT_OF_ORDER_SEQUENCE_NUMBER`
    public static var outOfOrderSequenceNumber: ErrorCode { ErrorCode(rawValue: 45) }
    /// `DUPLICATE_SEQUENCE_NUMBER`
    public static var duplicateSequenceNumber: ErrorCode { ErrorCode(rawValue: 46) }
    /// `INVALID_PRODUCER_EPOCH`
    public static var invalidProducerEpoch: ErrorCode { ErrorCode(rawValue: 47) }
    /// `INVALID_TXN_STATE`
    public static var invalidTxnState: ErrorCode { ErrorCode(rawValue: 48) }
    /// `INVALID_PRODUCER_ID_MAPPING`
    public static var invalidProducerIdMapping: ErrorCode { ErrorCode(rawValue: 49) }
    /// `INVALID_TRANSACTION_TIMEOUT`
    public static var invalidTransactionTimeout: ErrorCode { ErrorCode(rawValue: 50) }
    /// `CONCURRENT_TRANSACTIONS`
    public static var concurrentTransactions: ErrorCode { ErrorCode(rawValue: 51) }
    /// `TRANSACTION_COORDINATOR_FENCED`
    public static var transactionCoordinatorFenced: ErrorCode { ErrorCode(rawValue: 52) }
    /// `TRANSACTIONAL_ID_AUTHORIZATION_FAILED`
    public static var transactionalIdAuthorizationFailed: ErrorCode { ErrorCode(rawValue: 53) }
    /// `SECURITY_DISABLED`
    public static var securityDisabled: ErrorCode { ErrorCode(rawValue: 54) }
    /// `OPERATION_NOT_ATTEMPTED`
    public static var operationNotAttempted: ErrorCode { ErrorCode(rawValue: 55) }
    /// `KAFKA_STORAGE_ERROR`
    public static var kafkaStorageError: ErrorCode { ErrorCode(rawValue: 56) }
    /// `LOG_DIR_NOT_FOUND`
    public static var logDirNotFound: ErrorCode { ErrorCode(rawValue: 57) }
    /// `SASL_AUTHENTICATION_FAILED`
    public static var saslAuthenticationFailed: ErrorCode { ErrorCode(rawValue: 58) }
    /// `UNKNOWN_PRODUCER_ID`
    public static var unknownProducerId: ErrorCode { ErrorCode(rawValue: 59) }
    /// `REASSIGNMENT_IN_PROGRESS`
    public static var reassignmentInProgress: ErrorCode { ErrorCode(rawValue: 60) }
    /// `DELEGATION_TOKEN_AUTH_DISABLED`
    public static var delegationTokenAuthDisabled: ErrorCode { ErrorCode(rawValue: 61) }
    /// `DELEGATION_TOKEN_NOT_FOUND`
    public static var delegationTokenNotFound: ErrorCode { ErrorCode(rawValue: 62) }
    /// `DELEGATION_TOKEN_OWNER_MISMATCH`
    public static var delegationTokenOwnerMismatch: ErrorCode { ErrorCode(rawValue: 63) }
    /// `DELEGATION_TOKEN_REQUEST_NOT_ALLOWED`
    public static var delegationTokenRequestNotAllowed: ErrorCode { ErrorCode(rawValue: 64) }
    /// `DELEGATION_TOKEN_AUTHORIZATION_FAILED`
    public static var delegationTokenAuthorizationFailed: ErrorCode { ErrorCode(rawValue: 65) }
    /// `DELEGATION_TOKEN_EXPIRED`
    public static var delegationTokenExpired: ErrorCode { ErrorCode(rawValue: 66) }
    /// `INVALID_PRINCIPAL_TYPE`
    public static var invalidPrincipalType: ErrorCode { ErrorCode(rawValue: 67) }
    /// `NON_EMPTY_GROUP`
    public static var nonEmptyGroup: ErrorCode { ErrorCode(rawValue: 68) }
    /// `GROUP_ID_NOT_FOUND`
    public static var groupIdNotFound: ErrorCode { ErrorCode(rawValue: 69) }
    /// `FETCH_SESSION_ID_NOT_FOUND`
    public static var fetchSessionIdNotFound: ErrorCode { ErrorCode(rawValue: 70) }
    /// `INVALID_FETCH_SESSION_EPOCH`
    public static var invalidFetchSessionEpoch: ErrorCode { ErrorCode(rawValue: 71) }
    /// `LISTENER_NOT_FOUND`
    public static var listenerNotFound: ErrorCode { ErrorCode(rawValue: 72) }
    /// `TOPIC_DELETION_DISABLED`
    public static var topicDeletionDisabled: ErrorCode { ErrorCode(rawValue: 73) }
    /// `FENCED_LEADER_EPOCH`
    public static var fencedLeaderEpoch: ErrorCode { ErrorCode(rawValue: 74) }
    /// `UNKNOWN_LEADER_EPOCH`
    public static var unknownLeaderEpoch: ErrorCode { ErrorCode(rawValue: 75) }
    /// `UNSUPPORTED_COMPRESSION_TYPE`
    public static var unsupportedCompressionType: ErrorCode { ErrorCode(rawValue: 76) }
    /// `STALE_BROKER_EPOCH`
    public static var staleBrokerEpoch: ErrorCode { ErrorCode(rawValue: 77) }
    /// `OFFSET_NOT_AVAILABLE`
    public static var offsetNotAvailable: ErrorCode { ErrorCode(rawValue: 78) }
    /// `MEMBER_ID_REQUIRED`
    public static var memberIdRequired: ErrorCode { ErrorCode(rawValue: 79) }
    /// `PREFERRED_LEADER_NOT_AVAILABLE`
    public static var preferredLeaderNotAvailable: ErrorCode { ErrorCode(rawValue: 80) }
    /// `GROUP_MAX_SIZE_REACHED`
    public static var groupMaxSizeReached: ErrorCode { ErrorCode(rawValue: 81) }
    /// `FENCED_INSTANCE_ID`
    public static var fencedInstanceId: ErrorCode { ErrorCode(rawValue: 82) }
    /// `ELIGIBLE_LEADERS_NOT_AVAILABLE`
    public static var eligibleLeadersNotAvailable: ErrorCode { ErrorCode(rawValue: 83) }
    /// `ELECTION_NOT_NEEDED`
    public static var electionNotNeeded: ErrorCode { ErrorCode(rawValue: 84) }
    /// `NO_REASSIGNMENT_IN_PROGRESS`
    public static var noReassignmentInProgress: ErrorCode { ErrorCode(rawValue: 85) }
    /// `GROUP_SUBSCRIBED_TO_TOPIC`
    public static var groupSubscribedToTopic: ErrorCode { ErrorCode(rawValue: 86) }
    /// `INVALID_RECORD`
    public static var invalidRecord: ErrorCode { ErrorCode(rawValue: 87) }
    /// `UNSTABLE_OFFSET_COMMIT`
    public static var unstableOffsetCommit: ErrorCode { ErrorCode(rawValue: 88) }
    /// `THROTTLING_QUOTA_EXCEEDED`
    public static var throttlingQuotaExceeded: ErrorCode { ErrorCode(rawValue: 89) }
    /// `PRODUCER_FENCED`
    public static var producerFenced: ErrorCode { ErrorCode(rawValue: 90) }
    /// `RESOURCE_NOT_FOUND`
    public static var resourceNotFound: ErrorCode { ErrorCode(rawValue: 91) }
    /// `DUPLICATE_RESOURCE`
    public static var duplicateResource: ErrorCode { ErrorCode(rawValue: 92) }
    /// `UNACCEPTABLE_CREDENTIAL`
    public static var unacceptableCredential: ErrorCode { ErrorCode(rawValue: 93) }
    /// `INCONSISTENT_VOTER_SET`
    public static var inconsistentVoterSet: ErrorCode { ErrorCode(rawValue: 94) }
    /// `INVALID_UPDATE_VERSION`
    public static var invalidUpdateVersion: ErrorCode { ErrorCode(rawValue: 95) }
    /// `FEATURE_UPDATE_FAILED`
    public static var featureUpdateFailed: ErrorCode { ErrorCode(rawValue: 96) }
    /// `PRINCIPAL_DESERIALIZATION_FAILURE`
    public static var principalDeserializationFailure: ErrorCode { ErrorCode(rawValue: 97) }
    /// `SNAPSHOT_NOT_FOUND`
    public static var snapshotNotFound: ErrorCode { ErrorCode(rawValue: 98) }
    /// `POSITION_OUT_OF_RANGE`
    public static var positionOutOfRange: ErrorCode { ErrorCode(rawValue: 99) }
    /// `UNKNOWN_TOPIC_ID`
    public static var unknownTopicId: ErrorCode { ErrorCode(rawValue: 100) }
    /// `DUPLICATE_BROKER_REGISTRATION`
    public static var duplicateBrokerRegistration: ErrorCode { ErrorCode(rawValue: 101) }
    /// `BROKER_ID_NOT_REGISTERED`
    public static var brokerIdNotRegistered: ErrorCode { ErrorCode(rawValue: 102) }
    /// `INCONSISTENT_TOPIC_ID`
    public static var inconsistentTopicId: ErrorCode { ErrorCode(rawValue: 103) }
    /// `INCONSISTENT_CLUSTER_ID`
    public static var inconsistentClusterId: ErrorCode { ErrorCode(rawValue: 104) }
    /// `TRANSACTIONAL_ID_NOT_FOUND`
    public static var transactionalIdNotFound: ErrorCode { ErrorCode(rawValue: 105) }
    /// `FETCH_SESSION_TOPIC_ID_ERROR`
    public static var fetchSessionTopicIdError: ErrorCode { ErrorCode(rawValue: 106) }
    /// `INELIGIBLE_REPLICA`
    public static var ineligibleReplica: ErrorCode { ErrorCode(rawValue: 107) }
    /// `NEW_LEADER_ELECTED`
    public static var newLeaderElected: ErrorCode { ErrorCode(rawValue: 108) }
    /// `OFFSET_MOVED_TO_TIERED_STORAGE`
    public static var offsetMovedToTieredStorage: ErrorCode { ErrorCode(rawValue: 109) }
    /// `FENCED_MEMBER_EPOCH`
    public static var fencedMemberEpoch: ErrorCode { ErrorCode(rawValue: 110) }
    /// `UNRELEASED_INSTANCE_ID`
    public static var unreleasedInstanceId: ErrorCode { ErrorCode(rawValue: 111) }
    /// `UNSUPPORTED_ASSIGNOR`
    public static var unsupportedAssignor: ErrorCode { ErrorCode(rawValue: 112) }
    /// `STALE_MEMBER_EPOCH`
    public static var staleMemberEpoch: ErrorCode { ErrorCode(rawValue: 113) }
    /// `MISMATCHED_ENDPOINT_TYPE`
    public static var mismatchedEndpointType: ErrorCode { ErrorCode(rawValue: 114) }
    /// `UNSUPPORTED_ENDPOINT_TYPE`
    public static var unsupportedEndpointType: ErrorCode { ErrorCode(rawValue: 115) }
    /// `UNKNOWN_CONTROLLER_ID`
    public static var unknownControllerId: ErrorCode { ErrorCode(rawValue: 116) }
    /// `UNKNOWN_SUBSCRIPTION_ID`
    public static var unknownSubscriptionId: ErrorCode { ErrorCode(rawValue: 117) }
    /// `TELEMETRY_TOO_LARGE`
    public static var telemetryTooLarge: ErrorCode { ErrorCode(rawValue: 118) }
    /// `INVALID_REGISTRATION`
    public static var invalidRegistration: ErrorCode { ErrorCode(rawValue: 119) }
    /// `TRANSACTION_ABORTABLE`
    public static var transactionAbortable: ErrorCode { ErrorCode(rawValue: 120) }
    /// `INVALID_RECORD_STATE`
    public static var invalidRecordState: ErrorCode { ErrorCode(rawValue: 121) }
    /// `SHARE_SESSION_NOT_FOUND`
    public static var shareSessionNotFound: ErrorCode { ErrorCode(rawValue: 122) }
    /// `INVALID_SHARE_SESSION_EPOCH`
    public static var invalidShareSessionEpoch: ErrorCode { ErrorCode(rawValue: 123) }
    /// `FENCED_STATE_EPOCH`
    public static var fencedStateEpoch: ErrorCode { ErrorCode(rawValue: 124) }
    /// `INVALID_VOTER_KEY`
    public static var invalidVoterKey: ErrorCode { ErrorCode(rawValue: 125) }
    /// `DUPLICATE_VOTER`
    public static var duplicateVoter: ErrorCode { ErrorCode(rawValue: 126) }
    /// `VOTER_NOT_FOUND`
    public static var voterNotFound: ErrorCode { ErrorCode(rawValue: 127) }
    /// `INVALID_REGULAR_EXPRESSION`
    public static var invalidRegularExpression: ErrorCode { ErrorCode(rawValue: 128) }
    /// `REBOOTSTRAP_REQUIRED`
    public static var rebootstrapRequired: ErrorCode { ErrorCode(rawValue: 129) }
    /// `STREAMS_INVALID_TOPOLOGY`
    public static var streamsInvalidTopology: ErrorCode { ErrorCode(rawValue: 130) }
    /// `STREAMS_INVALID_TOPOLOGY_EPOCH`
    public static var streamsInvalidTopologyEpoch: ErrorCode { ErrorCode(rawValue: 131) }
    /// `STREAMS_TOPOLOGY_FENCED`
    public static var streamsTopologyFenced: ErrorCode { ErrorCode(rawValue: 132) }
    /// `SHARE_SESSION_LIMIT_REACHED`
    public static var shareSessionLimitReached: ErrorCode { ErrorCode(rawValue: 133) }

    /// Name and class of every code but 0.
    static let table: [Int16: (name: String, kind: Kind)] = [
        -1: ("UNKNOWN_SERVER_ERROR", .other),
        1: ("OFFSET_OUT_OF_RANGE", .other),
        2: ("CORRUPT_MESSAGE", .retriable),
        3: ("UNKNOWN_TOPIC_OR_PARTITION", .refreshesMetadata),
        4: ("INVALID_FETCH_SIZE", .other),
        5: ("LEADER_NOT_AVAILABLE", .refreshesMetadata),
        6: ("NOT_LEADER_OR_FOLLOWER", .refreshesMetadata),
        7: ("REQUEST_TIMED_OUT", .retriable),
        8: ("BROKER_NOT_AVAILABLE", .other),
        9: ("REPLICA_NOT_AVAILABLE", .refreshesMetadata),
        10: ("MESSAGE_TOO_LARGE", .other),
        11: ("STALE_CONTROLLER_EPOCH", .other),
        12: ("OFFSET_METADATA_TOO_LARGE", .other),
        13: ("NETWORK_EXCEPTION", .refreshesMetadata),
        14: ("COORDINATOR_LOAD_IN_PROGRESS", .retriable),
        15: ("COORDINATOR_NOT_AVAILABLE", .findsCoordinator),
        16: ("NOT_COORDINATOR", .findsCoordinator),
        17: ("INVALID_TOPIC_EXCEPTION", .other),
        18: ("RECORD_LIST_TOO_LARGE", .other),
        19: ("NOT_ENOUGH_REPLICAS", .retriable),
        20: ("NOT_ENOUGH_REPLICAS_AFTER_APPEND", .retriable),
        21: ("INVALID_REQUIRED_ACKS", .other),
        22: ("ILLEGAL_GENERATION", .applicationRecoverable),
        23: ("INCONSISTENT_GROUP_PROTOCOL", .other),
        24: ("INVALID_GROUP_ID", .other),
        25: ("UNKNOWN_MEMBER_ID", .applicationRecoverable),
        26: ("INVALID_SESSION_TIMEOUT", .other),
        27: ("REBALANCE_IN_PROGRESS", .other),
        28: ("INVALID_COMMIT_OFFSET_SIZE", .other),
        29: ("TOPIC_AUTHORIZATION_FAILED", .authorization),
        30: ("GROUP_AUTHORIZATION_FAILED", .authorization),
        31: ("CLUSTER_AUTHORIZATION_FAILED", .authorization),
        32: ("INVALID_TIMESTAMP", .other),
        33: ("UNSUPPORTED_SASL_MECHANISM", .other),
        34: ("ILLEGAL_SASL_STATE", .other),
        35: ("UNSUPPORTED_VERSION", .other),
        36: ("TOPIC_ALREADY_EXISTS", .other),
        37: ("INVALID_PARTITIONS", .other),
        38: ("INVALID_REPLICATION_FACTOR", .other),
        39: ("INVALID_REPLICA_ASSIGNMENT", .other),
        40: ("INVALID_CONFIG", .other),
        41: ("NOT_CONTROLLER", .retriable),
        42: ("INVALID_REQUEST", .other),
        43: ("UNSUPPORTED_FOR_MESSAGE_FORMAT", .other),
        44: ("POLICY_VIOLATION", .other),
        45: ("OUT_OF_ORDER_SEQUENCE_NUMBER", .other),
        46: ("DUPLICATE_SEQUENCE_NUMBER", .other),
        47: ("INVALID_PRODUCER_EPOCH", .applicationRecoverable),
        48: ("INVALID_TXN_STATE", .other),
        49: ("INVALID_PRODUCER_ID_MAPPING", .applicationRecoverable),
        50: ("INVALID_TRANSACTION_TIMEOUT", .other),
        51: ("CONCURRENT_TRANSACTIONS", .retriable),
        52: ("TRANSACTION_COORDINATOR_FENCED", .other),
        53: ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", .authorization),
        54: ("SECURITY_DISABLED", .other),
        55: ("OPERATION_NOT_ATTEMPTED", .other),
        56: ("KAFKA_STORAGE_ERROR", .refreshesMetadata),
        57: ("LOG_DIR_NOT_FOUND", .other),
        58: ("SASL_AUTHENTICATION_FAILED", .other),
        59: ("UNKNOWN_PRODUCER_ID", .other),
        60: ("REASSIGNMENT_IN_PROGRESS", .other),
        61: ("DELEGATION_TOKEN_AUTH_DISABLED", .other),
        62: ("DELEGATION_TOKEN_NOT_FOUND", .other),
        63: ("DELEGATION_TOKEN_OWNER_MISMATCH", .other),
        64: ("DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", .other),
        65: ("DELEGATION_TOKEN_AUTHORIZATION_FAILED", .authorization),
        66: ("DELEGATION_TOKEN_EXPIRED", .other),
        67: ("INVALID_PRINCIPAL_TYPE", .other),
        68: ("NON_EMPTY_GROUP", .other),
        69: ("GROUP_ID_NOT_FOUND", .other),
        70: ("FETCH_SESSION_ID_NOT_FOUND", .retriable),
        71: ("INVALID_FETCH_SESSION_EPOCH", .retriable),
        72: ("LISTENER_NOT_FOUND", .refreshesMetadata),
        73: ("TOPIC_DELETION_DISABLED", .other),
        74: ("FENCED_LEADER_EPOCH", .refreshesMetadata),
        75: ("UNKNOWN_LEADER_EPOCH", .retriable),
        76: ("UNSUPPORTED_COMPRESSION_TYPE", .other),
        77: ("STALE_BROKER_EPOCH", .other),
        78: ("OFFSET_NOT_AVAILABLE", .retriable),
        79: ("MEMBER_ID_REQUIRED", .other),
        80: ("PREFERRED_LEADER_NOT_AVAILABLE", .refreshesMetadata),
        81: ("GROUP_MAX_SIZE_REACHED", .other),
        82: ("FENCED_INSTANCE_ID", .applicationRecoverable),
        83: ("ELIGIBLE_LEADERS_NOT_AVAILABLE", .refreshesMetadata),
        84: ("ELECTION_NOT_NEEDED", .refreshesMetadata),
        85: ("NO_REASSIGNMENT_IN_PROGRESS", .other),
        86: ("GROUP_SUBSCRIBED_TO_TOPIC", .other),
        87: ("INVALID_RECORD", .other),
        88: ("UNSTABLE_OFFSET_COMMIT", .retriable),
        89: ("THROTTLING_QUOTA_EXCEEDED", .retriable),
        90: ("PRODUCER_FENCED", .applicationRecoverable),
        91: ("RESOURCE_NOT_FOUND", .other),
        92: ("DUPLICATE_RESOURCE", .other),
        93: ("UNACCEPTABLE_CREDENTIAL", .other),
        94: ("INCONSISTENT_VOTER_SET", .other),
        95: ("INVALID_UPDATE_VERSION", .other),
        96: ("FEATURE_UPDATE_FAILED", .other),
        97: ("PRINCIPAL_DESERIALIZATION_FAILURE", .other),
        98: ("SNAPSHOT_NOT_FOUND", .other),
        99: ("POSITION_OUT_OF_RANGE", .other),
        100: ("UNKNOWN_TOPIC_ID", .refreshesMetadata),
        101: ("DUPLICATE_BROKER_REGISTRATION", .other),
        102: ("BROKER_ID_NOT_REGISTERED", .other),
        103: ("INCONSISTENT_TOPIC_ID", .refreshesMetadata),
        104: ("INCONSISTENT_CLUSTER_ID", .other),
        105: ("TRANSACTIONAL_ID_NOT_FOUND", .other),
        106: ("FETCH_SESSION_TOPIC_ID_ERROR", .retriable),
        107: ("INELIGIBLE_REPLICA", .other),
        108: ("NEW_LEADER_ELECTED", .other),
        109: ("OFFSET_MOVED_TO_TIERED_STORAGE", .other),
        110: ("FENCED_MEMBER_EPOCH", .other),
        111: ("UNRELEASED_INSTANCE_ID", .other),
        112: ("UNSUPPORTED_ASSIGNOR", .other),
        113: ("STALE_MEMBER_EPOCH", .other),
        114: ("MISMATCHED_ENDPOINT_TYPE", .other),
        115: ("UNSUPPORTED_ENDPOINT_TYPE", .other),
        116: ("UNKNOWN_CONTROLLER_ID", .other),
        117: ("UNKNOWN_SUBSCRIPTION_ID", .other),
        118: ("TELEMETRY_TOO_LARGE", .other),
        119: ("INVALID_REGISTRATION", .other),
        120: ("TRANSACTION_ABORTABLE", .other),
        121: ("INVALID_RECORD_STATE", .other),
        122: ("SHARE_SESSION_NOT_FOUND", .retriable),
        123: ("INVALID_SHARE_SESSION_EPOCH", .retriable),
        124: ("FENCED_STATE_EPOCH", .other),
        125: ("INVALID_VOTER_KEY", .other),
        126: ("DUPLICATE_VOTER", .other),
        127: ("VOTER_NOT_FOUND", .other),
        128: ("INVALID_REGULAR_EXPRESSION", .other),
        129: ("REBOOTSTRAP_REQUIRED", .other),
        130: ("STREAMS_INVALID_TOPOLOGY", .other),
        131: ("STREAMS_INVALID_TOPOLOGY_EPOCH", .other),
        132: ("STREAMS_TOPOLOGY_FENCED", .other),
        133: ("SHARE_SESSION_LIMIT_REACHED", .retriable),
    ]
}
