// The editor: what JavaScript adds to a form that can be sent without it. One module per concern; this one starts them.

import { find } from "./dom.js";
import { enhanceChecks } from "./editor-checks.js";
import { enhanceCounts } from "./editor-counts.js";
import { enhanceImages } from "./editor-images.js";
import { enhanceKeeping } from "./editor-keeping.js";
import { enhancePlaces } from "./editor-places.js";
import { enhancePreview } from "./editor-preview.js";
import { enhanceSaving } from "./editor-saving.js";
import { enhanceTabs } from "./editor-tabs.js";
import { enhanceToolbar } from "./editor-toolbar.js";

const form = find("[data-editor]");

for (const enhance of [
  enhanceTabs, enhanceToolbar, enhanceCounts, enhancePlaces, enhanceImages, enhancePreview, enhanceChecks, enhanceKeeping, enhanceSaving,
]) enhance(form);
