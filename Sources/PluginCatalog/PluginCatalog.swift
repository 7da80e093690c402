// SPDX-License-Identifier: MIT

import FacebookPlugin
import InstagramPlugin
import MockPlugin
public import PluginKit
import TikTokPlugin
import XPlugin

/// The plugins that are compiled into the binary.
public enum PluginCatalog {
    /// Every plugin, in the order in which they are shown.
    public static let all: [any CompiledPlugin.Type] = [
        FacebookPlugin.self, InstagramPlugin.self, MockPlugin.self, TikTokPlugin.self, XPlugin.self,
    ]
}
