import Testing

@testable import KafkaProtocol

@Suite struct ErrorCodeTests {
    @Test func everyCodeOfTheReleaseIsKnown() {
        for code in Int16(-1)...133 {
            #expect(!ErrorCode(rawValue: code).name.hasPrefix("UNKNOWN_\(code)"))
        }
    }

    @Test func classesDecideWhatToDo() {
        #expect(ErrorCode.none.kind == .none && !ErrorCode.none.isRetriable)
        #expect(ErrorCode.notLeaderOrFollower.refreshesMetadata && ErrorCode.notLeaderOrFollower.isRetriable)
        #expect(ErrorCode.notCoordinator.findsCoordinator && ErrorCode.notCoordinator.isRetriable)
        #expect(ErrorCode.requestTimedOut.kind == .retriable)
        #expect(ErrorCode.topicAuthorizationFailed.isAuthorization && !ErrorCode.topicAuthorizationFailed.isRetriable)
        #expect(ErrorCode.illegalGeneration.kind == .applicationRecoverable)
        #expect(ErrorCode.messageTooLarge.kind == .other)
    }

    @Test func codesOfNewerBrokersAreFinalAndNamed() {
        let code = ErrorCode(rawValue: 999)
        #expect(code.kind == .other && code.description == "UNKNOWN_999 (999)")
        #expect(ErrorCode.notCoordinator.description == "NOT_COORDINATOR (16)")
    }
}
