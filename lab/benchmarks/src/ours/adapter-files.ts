// Reading an adapter's folder and putting it on a model; writing it.

import { rmSync } from "node:fs";
import { mkdtemp, open, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAdapterFolder, writeAdapterFolder } from "@lowrank/adapter-format/node";
import { attachAdapter } from "@lowrank/inject";
import { serve } from "../harness/serve.ts";
import { receivedSettings } from "../settings.ts";
import { addAdapter, loadRandomModel, startEngine } from "./adapted-model.ts";

const settings = receivedSettings();
const versions = await startEngine();
const model = await loadRandomModel(settings);
const handle = addAdapter(model, settings);
const work = await mkdtemp(join(tmpdir(), "lowrank-bench-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
const stored = join(work, "adapter");
await writeAdapterFolder(stored, await handle.toAdapter());

const bytes = await readFile(join(stored, "adapter_model.safetensors"));

await serve({
  versions,
  steps: {
    async load() {
      const adapter = await readAdapterFolder(stored);
      const loaded = attachAdapter(model, adapter, { name: "loaded", baseFingerprint: model.fingerprint });
      return () => loaded.dispose();
    },
    async save() {
      await writeAdapterFolder(join(work, "saved"), await handle.toAdapter(), { overwrite: true });
      return undefined;
    },
    // Parts of saving, for the profile.
    async takeOut() {
      await handle.toAdapter();
      return undefined;
    },
    writeBytes: () => writeBytes(false),
    writeAndSync: () => writeBytes(true),
  },
});

/** Writes as many bytes, to measure the disk's part of the time. */
async function writeBytes(isSynced: boolean): Promise<undefined> {
  const file = await open(join(work, "bytes"), "w");
  await file.writeFile(bytes);
  if (isSynced) await file.sync();
  await file.close();
  return undefined;
}
