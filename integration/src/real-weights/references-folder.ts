// Folder of what transformers computed with real weights (scripts/python/make_real_references.py).

import { join } from "node:path";

export const referencesFolder = join(import.meta.dirname, "../../../fixtures/real");
