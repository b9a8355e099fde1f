// An adapter of the shelf without a model.

import { type Adapter, readAdapter } from "@lowrank/adapter-format";
import type { Store } from "../../storage/store.ts";
import { loadRe2 } from "../later/re2.ts";
import { AdapterFilesError } from "./errors.ts";
import { storedEntry, storedFolder } from "./shelf-folder.ts";

/** The adapter as data. Throws NotOnShelfError, and what `readAdapter` does. */
export async function readStored(store: Store, id: string): Promise<Adapter> {
  const { name } = await storedEntry(store, id);
  const folder = await storedFolder(store, id);
  const [config, weights] = [folder.get("adapter_config.json"), folder.get("adapter_model.safetensors")];
  if (config === undefined || weights === undefined) throw new AdapterFilesError(name, "half of its files are gone");
  await loadRe2();
  return readAdapter({ config: new TextDecoder().decode(config), weights, name });
}
