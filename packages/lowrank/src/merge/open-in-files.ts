// Opens a base and its adapter for merging; the base's matrices stay in their files.

import { inferenceContext } from "@lowrank/contracts";
import { WeightsInFiles } from "@lowrank/models/internal";
import { embeddingSettingsIn } from "../embed/embedding-settings.ts";
import type { Notices } from "../notices.ts";
import { attachTo } from "../open/attaching.ts";
import { loadBase } from "../open/load-base.ts";
import { checkHead, type ModelSources, type OpenedBase, readWithBase, shaped } from "../open/open-base.ts";

/** A model that can be inspected and merged, but cannot compute. */
export interface OpenedInFiles extends OpenedBase {
  /** What `planMerge` merges: the attached adapter, or one that can only be merged. */
  readonly toMerge: NonNullable<OpenedBase["handle" | "adapter"]>;
  readonly adapter: NonNullable<OpenedBase["adapter"]>;
  readonly weights: WeightsInFiles;
}

/** Like `openBase` with an adapter; the caller also closes `weights`. */
export async function openInFiles(
  sources: ModelSources & { readonly adapter: NonNullable<ModelSources["adapter"]> },
  request: { readonly allowDifferentBase?: boolean | undefined },
  notices: Notices,
): Promise<OpenedInFiles> {
  const adapterSource = await sources.adapter();
  const { adapter, source } = await readWithBase(adapterSource, sources, { warn: notices.warn, mergeOnly: true });
  const setup = await adapterSource.setup();
  const weights = new WeightsInFiles();
  const owned: { dispose(): void }[] = [];
  try {
    const base = await loadBase(source, { leftIn: weights }, { adapter, notices });
    owned.push(base);
    const model = await weights.whileRead(() => shaped(base, { adapter }, notices));
    if (model !== base) owned.push(model);
    const attach = () => weights.whileRead(() => attachTo(model, adapter, request, notices));
    const handle = adapter.mergeOnly ? undefined : await attach();
    if (handle !== undefined) owned.push(handle);
    checkHead(model, adapter, source.path);
    return {
      model,
      source,
      path: source.path,
      folder: source.folder,
      adapter,
      setup,
      handle,
      weights,
      toMerge: handle ?? adapter,
      embedding: embeddingSettingsIn(adapter.metadata),
      files: adapterSource.tokenizer ?? source.files,
      tokenizerFolder: adapterSource.tokenizer,
      adapterPath: adapterSource.name,
      context: inferenceContext(),
      dispose: () => disposeAll(owned),
    };
  } catch (error) {
    disposeAll(owned);
    await weights.close();
    throw error;
  }
}

/** In reverse order: a handle belongs to its model. */
function disposeAll(owned: readonly { dispose(): void }[]): void {
  for (const one of [...owned].reverse()) one.dispose();
}
