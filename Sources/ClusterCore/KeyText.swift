import ConnectModel

extension String {
    /// What follows a prefix; nil for a text that does not begin with it.
    ///
    /// By bytes, because a connector's name may begin with a mark that combines with the prefix to another character.
    func rest(behind prefix: String) -> Substring.UTF8View? {
        utf8.starts(with: prefix.utf8) ? utf8.dropFirst(prefix.utf8.count) : nil
    }
}

extension TaskID {
    /// Reads how keys of internal topics name a task. Names may contain dashes: the number stands after the last one.
    init?(keyText text: Substring.UTF8View) {
        guard let dash = text.lastIndex(of: UInt8(ascii: "-")),
            let number = Int32(Substring(text[dash...].dropFirst())), number >= 0
        else { return nil }
        self.init(connector: String(Substring(text[..<dash])), number: number)
    }
}
