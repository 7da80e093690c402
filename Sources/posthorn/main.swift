// SPDX-License-Identifier: MIT

import App
import PluginCatalog

await PosthornMain.run(plugins: PluginCatalog.all)
