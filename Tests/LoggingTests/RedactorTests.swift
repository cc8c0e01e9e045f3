import Logging
import Testing

struct RedactorTests {
    @Test func `every occurrence goes and the rest stays`() {
        let redactor = Redactor()
        redactor.register("pass")
        #expect(redactor.redact("pass,pas,passpass!") == "[hidden],pas,[hidden][hidden]!")
        #expect(redactor.redact("nothing – here") == "nothing – here")
    }

    @Test func `the longer of two secrets wins`() {
        let redactor = Redactor()
        redactor.register("secret")
        redactor.register("secret-of-two")
        #expect(redactor.redact("a secret-of-two, a secret-of") == "a [hidden], a [hidden]-of")
    }

    @Test func `the spelling in JSON is hidden as well`() {
        let redactor = Redactor()
        redactor.register("a\"b\\c\u{1}")
        #expect(redactor.redact(#"{"password":"a\"b\\c\u0001"}"#) == #"{"password":"[hidden]"}"#)
        #expect(redactor.redact("a\"b\\c\u{1}") == "[hidden]")
    }

    @Test func `short secrets are left alone`() {
        let redactor = Redactor()
        redactor.register("abc")
        redactor.register("")
        #expect(redactor.redact("abcdef") == "abcdef")
    }

    @Test func `secrets that are held are hidden as long as somebody holds them`() {
        let redactor = Redactor()
        redactor.register("for-good")
        var first: SecretHold? = redactor.hold(["for-good", "a\"b-1", "shared"])
        var second: SecretHold? = redactor.hold(["shared", #"a\"b-1"#])
        #expect(first?.redact(#"for-good a"b-1 shared"#) == "[hidden] [hidden] [hidden]")
        first = nil
        #expect(second?.redact(#"for-good a"b-1 shared"#) == #"[hidden] a"b-1 [hidden]"#)
        #expect(redactor.redact(#"a\"b-1"#) == "[hidden]", "the spelling of one is another's own")
        second = nil
        #expect(redactor.redact("for-good shared") == "[hidden] shared")
    }

    @Test func `a secret registered twice stays until both are gone`() {
        let redactor = Redactor()
        redactor.register("token-1")
        redactor.register("token-1")
        redactor.unregister("token-1")
        #expect(redactor.redact("token-1") == "[hidden]")
        redactor.unregister("token-1")
        redactor.unregister("token-1")
        #expect(redactor.redact("token-1") == "token-1")
    }
}
