// The weights of the base's folder, without which there is nothing to export.

import { type FolderWeights, openFolderWeights, weightFileNames } from "@lowrank/safetensors";
import { SourceFolderError } from "./errors.ts";
import type { SourceFolder } from "./exportable-model.ts";

/** Opens headers only; the caller closes the collection. Throws SourceFolderError, SafetensorsError. */
export async function openCheckpoint(folder: SourceFolder): Promise<FolderWeights> {
  const weights = await openFolderWeights(folder);
  if (weights !== undefined) return weights;
  const { single, index } = weightFileNames;
  throw new SourceFolderError(
    folder.name,
    `it has neither ${single} nor ${index}, so there is no base to export. ` +
      "Name a folder with safetensors weights, as transformers' save_pretrained writes it.",
  );
}
