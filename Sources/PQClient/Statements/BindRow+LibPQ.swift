// SPDX-License-Identifier: MIT

import CLibPQ

extension BindRow {
    /// Lends the arrays libpq's parameter functions take; they end with the call.
    func withLibPQArrays<R>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<CInt>?, UnsafePointer<CInt>?) -> R
    ) -> R {
        let count = self.entries.count
        guard count > 0 else { return body(nil, nil, nil) }
        return unsafe self.bytes.withUnsafeBytes { raw in
            unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                unsafe withUnsafeTemporaryAllocation(of: CInt.self, capacity: count * 2) { numbers in
                    for (index, entry) in self.entries.enumerated() {
                        // An empty string is a pointer to no bytes, not a null pointer, which would be NULL.
                        let base = unsafe raw.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
                        let value =
                            entry.length < 0
                            ? nil : unsafe base?.advanced(by: entry.offset).assumingMemoryBound(to: CChar.self)
                        unsafe values.initializeElement(at: index, to: value)
                        unsafe numbers.initializeElement(at: index, to: CInt(max(0, entry.length)))
                        unsafe numbers.initializeElement(at: count + index, to: 1)
                    }
                    let lengths = unsafe numbers.baseAddress.map { unsafe UnsafePointer($0) }
                    let formats = unsafe lengths.map { unsafe $0 + count }
                    let pointers = unsafe values.baseAddress.map { unsafe UnsafePointer($0) }
                    return unsafe body(pointers, lengths, formats)
                }
            }
        }
    }
}
