import ConnectABI

/// A connector of the library.
final class ConnectorInstance: Instance {
    private let functions: kc_connector

    init(_ bench: Bench, _ context: HostContext) {
        let functions = bench.kcClass.pointee.connector.map {
            Library.functions(UnsafeRawPointer($0), zero: kc_connector())
        }
        self.functions = functions ?? kc_connector()
        super.init(
            bench,
            Functions(
                create: self.functions.create, start: self.functions.start, stop: self.functions.stop,
                interrupt: self.functions.interrupt, destroy: self.functions.destroy), context)
    }

    /// Asks for the configurations of tasks, and copies them.
    func taskConfigs(_ most: Int32) -> [[ConfigPair]] {
        var table = kc_table()
        let answer = repeated("task_configs") {
            run("task_configs") { functions.task_configs?(handle, most, &table, $0) ?? kc_status(KC_FATAL) }
        }
        guard answer.isOK else {
            if answer.isFatal {
                session.problem("connector: task_configs failed: \(answer.text)")
            } else if !session.isOutOfTime {
                session.problem("connector: task_configs wants to be asked again and again: \(answer.described)")
            }
            return []
        }
        return session.call("the look at what task_configs gave") { copy(table, most) }
    }

    private func copy(_ table: kc_table, _ most: Int32) -> [[ConfigPair]] {
        if let problem = TableCheck.problem(table, of: kc_config.self) {
            session.problem("connector: the table of task_configs \(problem)")
        }
        if table.count > most {
            session.problem("connector: task_configs gives \(table.count) configurations where max_tasks is \(most)")
        }
        return TableCheck.items(table, as: kc_config.self).map { config in
            if let problem = TableCheck.problem(config.pairs, of: kc_pair.self) {
                session.problem("connector: the pairs of a task configuration: the table \(problem)")
            }
            var pairs: [ConfigPair] = []
            for pair in TableCheck.items(config.pairs, as: kc_pair.self) {
                if let problem = StringCheck.problem(pair.key, mayBeNull: false) {
                    session.problem("connector: a key of a task configuration \(problem)")
                    continue
                }
                let key = StringCheck.text(pair.key)
                if let problem = StringCheck.problem(pair.value) {
                    session.problem("connector: the value of \(key) in a task configuration \(problem)")
                }
                if pairs.contains(where: { $0.key == key }) {
                    session.problem("connector: a task configuration has \(key) twice")
                }
                if pair.value.bytes != nil { pairs.append(ConfigPair(key: key, value: StringCheck.text(pair.value))) }
            }
            return pairs
        }
    }

    var canReconfigure: Bool { functions.reconfigure != nil }

    func reconfigure(_ config: [ConfigPair]) -> Answer {
        let memory = memory("reconfigure")
        let lent = memory.config(config)
        return run("reconfigure", lent: [memory]) {
            functions.reconfigure?(handle, lent, $0) ?? kc_status(KC_FATAL)
        }
    }

    /// - Parameter key: nil for all keys.
    func validate(_ config: [ConfigPair], key: String?) {
        guard let validate = functions.validate else { return }
        var table = kc_table()
        let memory = memory("validate")
        let (lent, name) = (memory.config(config), memory.string(key))
        let answer = run("validate", lent: [memory]) { validate(handle, lent, name, &table, $0) }
        guard answer.isOK else { return }
        session.call("the look at what validate gave") { checkFound(table) }
    }

    private func checkFound(_ table: kc_table) {
        if let problem = TableCheck.problem(table, of: kc_validation.self) {
            session.problem("connector: the table of validate \(problem)")
        }
        for found in TableCheck.items(table, as: kc_validation.self) {
            if let problem = StringCheck.problem(found.key, mayBeNull: false) {
                session.problem("connector: a key that validate names \(problem)")
            }
            for (what, texts) in [("errors", found.errors), ("recommended values", found.recommended)] {
                if let problem = TableCheck.problem(texts, of: kc_string.self) {
                    session.problem("connector: the table of \(what) of validate \(problem)")
                }
                for text in TableCheck.items(texts, as: kc_string.self) {
                    if let problem = StringCheck.problem(text) {
                        session.problem("connector: one of the \(what) of validate \(problem)")
                    }
                }
            }
        }
    }

    /// Whether a question about the configuration is answered as it may be.
    func askSupport(_ config: [ConfigPair]) {
        let questions = [
            ("exactly_once_support", functions.exactly_once_support),
            ("can_define_transaction_boundaries", functions.can_define_transaction_boundaries),
        ]
        for (name, function) in questions {
            guard let function else { continue }
            var value: Int32 = -99
            let memory = memory(name)
            let lent = memory.config(config)
            let answer = run(name, lent: [memory]) { function(handle, lent, &value, $0) }
            if answer.isOK, ![Int32(KC_UNSPECIFIED), Int32(KC_SUPPORTED), Int32(KC_UNSUPPORTED)].contains(value) {
                session.problem("connector: \(name) answers KC_OK and \(value == -99 ? "sets no answer" : "\(value)")")
            }
        }
    }

    /// Offsets that somebody changes; the connector may refuse any.
    func alterOffsets(_ config: [ConfigPair], _ source: [(SampleValue, SampleValue)], _ sink: [Int64?]) {
        if let alter = functions.alter_source_offsets {
            let memory = memory("alter_source_offsets")
            let offsets = source.map {
                kc_source_offset(partition: $0.0.value(in: memory), offset: $0.1.value(in: memory))
            }
            let (lent, array) = (memory.config(config), memory.array(offsets))
            checkHandled("alter_source_offsets", memory) { alter(handle, lent, array, Int32(offsets.count), $0, $1) }
        }
        if let alter = functions.alter_sink_offsets {
            let memory = memory("alter_sink_offsets")
            let offsets = sink.map { offset in
                kc_topic_offset(
                    topic: memory.string(SinkBatch.topic), partition: 0,
                    flags: offset == nil ? 0 : UInt32(KC_OFFSET_PRESENT), offset: offset ?? 0)
            }
            let (lent, array) = (memory.config(config), memory.array(offsets))
            checkHandled("alter_sink_offsets", memory) { alter(handle, lent, array, Int32(offsets.count), $0, $1) }
        }
    }

    private func checkHandled(
        _ call: String, _ memory: LentMemory,
        _ body: (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<kc_reply>) -> kc_status
    ) {
        var handled: Int32 = -99
        let answer = run(call, lent: [memory]) { body(&handled, $0) }
        if answer.isOK, handled != 0, handled != 1 {
            session.problem("connector: \(call) answers KC_OK and leaves *handled at something else than 0 or 1")
        }
    }
}
