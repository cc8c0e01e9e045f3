extension Program {
    /// The program `kafka-connect-fakebroker`.
    package static let fakeBroker = Command(
        "kafka-connect-fakebroker",
        abstract: "A Kafka broker in memory, for trying connectors, with faults on request.",
        discussion: """
            One broker that speaks enough of Kafka's protocol for workers of kafka-connect, alone or in a cluster, and for
            other clients: topics, idempotent producing, fetching with waits, consumer groups of the classic protocol,
            committed offsets. There are no transactions, no replicas, no TLS and no authentication. Nothing is written to
            disk: when the program ends, all is gone. It is not for data that anybody needs.

            Once it can be connected to, its address is printed on standard output, as HOST:PORT. What happens is told on
            standard error. SIGTERM and SIGINT end it.

            Records are kept in memory up to a limit for each partition. Beyond it the oldest are dropped, and the partition
            begins at a later offset, as after a retention time of Kafka's. Of a topic with cleanup.policy=compact those are
            dropped that have a newer record of the same key; where that does not make room, producing is refused with
            KAFKA_STORAGE_ERROR.

            Topics come into being when a client asks for them or creates them, with any replication factor: each partition
            has one replica.
            """,
        options: [
            Option(
                "port", short: "p", value: "port", help: "The port to listen on; 0 for any that is free. Default: 9092."
            ),
            Option(
                "address", value: "ip",
                help: "The address to listen on, which is also the one that clients are told. Default: 127.0.0.1."),
            Option(
                "partitions", value: "count",
                help: "Partitions of a topic that does not ask for a number of its own. Default: 1."),
            Option(
                "retention", value: "size",
                help: """
                    Bytes of record batches that a partition keeps, such as 512KiB or 64MiB. A topic's own retention.bytes \
                    counts where it is less. Default: 64MiB.
                    """),
            Option(
                "max-partitions", value: "count",
                help: "Partitions of all topics together. More are refused with POLICY_VIOLATION. Default: 1000."),
            Option(
                "max-connections", value: "count",
                help: "Clients' connections at a time. Others are closed at once. Default: 256."),
            Option(
                "max-request", value: "size",
                help: "A request that is longer has its connection closed. Default: 16MiB."),
            Option("no-auto-create", help: "A topic exists only once it was created."),
            Option(
                "fault", value: "fault",
                help: """
                    A fault to provoke, as told under FAULTS. May be given more than once; the first that is due is taken.
                    """),
            Option("verbose", short: "v", help: "Tell of each request."),
        ],
        topics: [faults],
        exitStatuses: [
            .success, .usage,
            ExitStatus(code: 2, meaning: "The address cannot be listened on."),
        ])

    private static let faults = Topic(
        "FAULTS",
        text: """
            A fault is API:ACTION, or API:ACTION,WORD,... with one or more of the words below. API is the name of a request
            in Kafka's protocol, such as Produce, Fetch, Metadata, Heartbeat or OffsetCommit, or * for any. Requests are
            counted one by one in the order of their coming, so that the same clients meet the same faults. Each fault that is
            carried out is a line on standard error.
            """,
        entries: [
            .init(
                "error=NAME",
                """
                The request is not carried out, and answered with this error of Kafka's, such as NOT_LEADER_OR_FOLLOWER, in \
                each of its parts.
                """),
            .init(
                "delay=TIME",
                """
                The request is carried out at once, its answer held back so long: 500ms, 5s, 2m. With another action, that \
                one is held back.
                """),
            .init("cut", "The request is not carried out, and its connection closed."),
            .init(
                "lose",
                "The request is carried out, and its connection closed in place of the answer: the client cannot know."),
            .init("hang", "The request is not carried out and never answered; the connection stays open."),
            .init(
                "garbage",
                """
                The request is not carried out, and answered with hostile bytes: in turn a body of noise, a length of \
                2 GiB, a negative length, an answer to another request, an answer that breaks off, and noise alone. \
                With garbage=KIND it is always the same: body, long, negative, stranger, short or noise.
                """),
            .init("topic=NAME", "Counts only requests that name this topic."),
            .init("client=ID", "Counts only requests of this client.id."),
            .init("after=N", "The first N requests that count go well."),
            .init("every=N", "Of those that follow, each Nth has the fault. Default: 1."),
            .init("count=N", "The fault happens N times at most. Without it there is no end."),
        ])
}
