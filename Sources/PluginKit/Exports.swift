// SPDX-License-Identifier: MIT

// A plugin imports PluginKit alone; the domain's value types (money, formats, identities) are part of what it sees.
@_exported public import Domain
